"""A config refuses what it can't mean when it is made, not when the first file is screened."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from media_screen import Config, MediaScreenError
from media_screen.fusion.combination import Weight

HALF = Weight("mine", "picture", 0.5)
WRONG: list[tuple[str, Any]] = [
    ("people", 5),
    ("people", b"people"),
    ("people", ["people"]),
    ("device", "gpu"),
    ("device", "CPU"),
    ("device", None),
    ("device", ["cpu"]),
    ("thorough", "yes"),
    ("thorough", 1),
    ("thorough", None),
    ("detectors", "channel"),
    ("detectors", ["channel"]),
    ("detectors", None),
    ("detectors", (1,)),
    ("detectors", ("",)),
    ("threads", -1),
    ("threads", True),
    ("threads", 1.0),
    ("threads", "2"),
    ("threads", None),
    ("memory", 5),
    ("memory", True),
    ("cache", 5),
    ("originals", 5),
    ("artifact_model", 5),
    ("watch", 5),
    ("watch", ("names.toml",)),
    ("transcript", "true"),
    ("transcript", 0),
    ("fingerprint", 1),
    ("observations", 1),
    ("fingerprint", None),
    ("add_detectors", "mine"),
    ("add_detectors", ["mine"]),
    ("add_detectors", ("",)),
    ("weights", {"mine": 0.5}),
    ("weights", ("mine=picture:0.5",)),
    ("weights", [HALF]),
    ("sensitivity", "most"),
    ("sensitivity", 1),
    ("sensitivity", None),
]
RIGHT: list[tuple[str, Any]] = [
    ("people", Path("people")),
    ("people", "people"),
    ("device", "cuda"),
    ("threads", 8),
    ("detectors", ("channel", "of_a_plugin")),
    ("memory", "m.sqlite"),
    ("artifact_model", Path("mine.onnx")),
    ("add_detectors", ("mine",)),
    ("weights", (HALF,)),
    ("sensitivity", "high"),
]


@pytest.mark.parametrize(("field", "value"), WRONG, ids=[f"{n}={v!r}" for n, v in WRONG])
def test_a_wrong_value_is_refused_and_the_field_named(field: str, value: Any) -> None:
    with pytest.raises(MediaScreenError, match=f"^{field} must be"):
        Config(**{field: value})


@pytest.mark.parametrize(("field", "value"), RIGHT, ids=[f"{n}={v!r}" for n, v in RIGHT])
def test_a_right_value_is_kept(field: str, value: Any) -> None:
    assert getattr(Config(**{field: value}), field) == value


def test_every_field_is_in_the_table() -> None:
    assert {name for name, _ in WRONG} == set(Config.__dataclass_fields__)


def test_a_screener_loads_no_array_library_until_it_screens() -> None:
    code = (
        "import sys; from media_screen import Config, Screener; Screener(Config()); "
        "print('numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"

"""A number that means nothing is refused before anything is done, whichever option it is for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from media_screen.cli.main import main
from tests.places import SAMPLES

NONE = ("nan", "inf", "-inf", "1e400", "x", "")
BELOW_0, FROM_0, FROM_1 = ("-1", *NONE), ("-1", "-0.5", *NONE), ("0", "-1", "0.5", *NONE)

# What each option that takes a number refuses.
REFUSED = {
    "scan --workers": ("1.5", *BELOW_0),
    "scan --time-limit": ("0", "-1", "-0.0", *NONE),
    "scan --memory-limit": ("1.5", *FROM_1),
    "scan --size-limit": ("1.5", *FROM_1),
    "scan --within": ("1e9", *FROM_0),
    "watch --interval": ("1e18", *FROM_1),
    "watch --settle": FROM_0,
    "serve --port": ("65536", "1.5", *BELOW_0),
    "evaluate --workers": ("1.5", *BELOW_0),
}
ARGUMENTS: dict[str, list[object]] = {
    "scan": [SAMPLES / "downloads/not-a-video.mp4", "-o", "out"],
    "watch": [SAMPLES / "downloads", "-o", "out", "--once"],
    "serve": ["results"],
    "evaluate": ["manifest.csv", "--out", "out"],
}
OF_SCAN = ("--workers", "--time-limit", "--memory-limit", "--size-limit", "--within")
REFUSED |= {f"watch {name}": REFUSED[f"scan {name}"] for name in OF_SCAN}


def numbers(group: click.Group, *before: str) -> Iterator[str]:
    """Give the options of all commands that take a number, as they are typed."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from numbers(command, *before, name)
        for option in command.params:
            kinds = (click.types.IntParamType, click.types.FloatParamType)
            if isinstance(option.type, kinds):
                yield " ".join((*before, name, option.opts[-1]))


def test_every_option_that_takes_a_number_is_listed_here() -> None:
    assert set(numbers(main)) == REFUSED.keys()


CASES = [(option, value) for option, values in REFUSED.items() for value in values]


@pytest.mark.parametrize(("option", "value"), CASES, ids=[f"{a} {b}" for a, b in CASES])
def test_a_number_that_means_nothing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str, value: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").mkdir()
    (tmp_path / "results/results.jsonl").touch()
    (tmp_path / "manifest.csv").touch()
    command, name = option.split()
    typed = [command, *(str(one) for one in ARGUMENTS[command]), f"{name}={value}"]
    done = CliRunner().invoke(main, typed)
    assert done.exit_code == 2, done.output
    assert f"Invalid value for '{name}'" in done.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("key", ["time-limit", "settle"])
@pytest.mark.parametrize("value", ["nan", "inf", "-1.0"])
def test_nor_may_it_stand_in_a_file(tmp_path: Path, key: str, value: str) -> None:
    file = tmp_path / "options.toml"
    file.write_text(f"{key} = {value}\n")
    typed = ["watch", SAMPLES / "downloads", "-o", tmp_path / "out", "--once", "--config", file]
    done = CliRunner().invoke(main, [str(one) for one in typed])
    assert done.exit_code == 2 and key in done.output
    assert not (tmp_path / "out").exists()

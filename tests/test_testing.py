"""The checks that other projects import pass for what is right, and fail for what is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from media_screen import Abstention, Config, Evidence, Screener
from media_screen.detectors import DETECTORS
from media_screen.detectors.contract import Need
from media_screen.evidence import LABELS, Axis, Label
from media_screen.testing import (
    check_detector,
    check_screener,
    make_sample,
    make_verdict,
    validate_verdict,
)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sample(tmp_path_factory.mktemp("sample"))


@pytest.mark.parametrize("kind", DETECTORS, ids=lambda kind: kind.name)
def test_own_detectors_pass(kind: type, sample: Path) -> None:
    assert check_detector(kind, sample)


class Fine:
    """Says that there is nothing."""

    name = "fine"
    axis: Axis = "manipulation"
    needs: tuple[Need, ...] = ()

    def examine(self, case: object) -> Iterator[Evidence | Abstention]:
        yield Evidence("fine", "manipulation", 0.0, 0.0, "nothing")


def changed(**attributes: object) -> type:
    return type("Changed", (Fine,), {"__doc__": Fine.__doc__, **attributes})


def yielding(*pieces: object) -> type:
    return changed(examine=lambda self, case: iter(pieces))


class Fickle(Fine):
    """Says something else each time."""

    def __init__(self) -> None:
        self.times = 0.0

    def examine(self, case: object) -> Iterator[Evidence | Abstention]:
        self.times += 1.0
        yield Evidence("fine", "manipulation", self.times, 0.0, "nothing")


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (changed(name="Not a word"), "lower-case word"),
        (changed(needs=("money",)), "needs must be among"),
        (changed(__doc__="no sentence"), "begins with a sentence"),
        (yielding(), "abstains"),
        (yielding(3), "it yielded 3"),
        (yielding(Evidence("other", "manipulation", 0, 0, "x")), "a piece of 'other'"),
        (yielding(Evidence("fine", "identity", 0, 0, "x")), "on the axis 'identity'"),
        (yielding(Evidence("fine", "manipulation", 0, 0, "")), "says why"),
        (yielding(Evidence("fine", "manipulation", 0, 0, "x", person="ada")), "named 'ada'"),
        (Fickle, "asked again"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_detector_that_breaks_the_contract_is_caught(
    kind: type, message: str, sample: Path
) -> None:
    assert check_detector(Fine, sample)
    with pytest.raises(AssertionError, match=message):
        check_detector(kind, sample)


def test_the_screener_keeps_what_it_promises(sample: Path, tmp_path: Path) -> None:
    screener = Screener(Config(device="cpu", detectors=("container", "channel")))
    assert check_screener(screener, sample).post is not None
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    assert check_screener(screener, tmp_path / "broken.mp4").label == "unable_to_evaluate"


@pytest.mark.parametrize("label", LABELS)
def test_made_verdicts_are_valid(label: Label) -> None:
    verdict = make_verdict(label, person=None)
    assert validate_verdict(json.loads(verdict.to_json())) == verdict


def test_records_that_are_none_are_caught() -> None:
    with pytest.raises(AssertionError, match=r"\$: .*'label' is a required property"):
        validate_verdict({"schema": "media_screen.verdict/1"})
    with pytest.raises(AssertionError, match="extra"):
        validate_verdict(make_verdict().to_dict() | {"extra": 1})

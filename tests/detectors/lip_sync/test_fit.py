"""Words for voice and mouth follow from where their values lie among genuine and other voices."""

from __future__ import annotations

import pytest

from media_screen.detectors.lip_sync.fit import WORDS, Tables
from media_screen.weights.calibration import Percentiles

KNOWN = Tables(
    genuine=Percentiles((0.1, 0.9)),
    swapped=Percentiles((-0.2, 0.2)),
    anywhere=Percentiles((0.0, 0.4)),
    speed=Percentiles((0.0, 1.0)),
    raw=Percentiles((0.0, 1.0)),
)


def test_tables_survive_their_record() -> None:
    assert Tables.from_dict(KNOWN.to_dict() | {"command": "x"}) == KNOWN


@pytest.mark.parametrize(
    ("agreement", "best", "speed", "word"),
    [
        pytest.param(0.5, 0.5, 0.0, "fits", id="agrees-however-still"),
        pytest.param(0.05, 0.6, 0.5, "apart", id="agrees-elsewhere"),
        pytest.param(0.15, 0.2, 0.0, "unclear", id="between"),
        pytest.param(0.05, 0.2, 0.01, "still", id="a-picture"),
        pytest.param(0.05, 0.2, 0.5, "against", id="another-voice"),
    ],
)
def test_each_word_has_its_place(agreement: float, best: float, speed: float, word: str) -> None:
    found = KNOWN.fit(agreement=agreement, best=best, speed=speed)
    assert found == word and found in WORDS

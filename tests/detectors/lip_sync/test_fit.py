"""Words for voice and mouth follow from where their values lie among genuine and other voices."""

from __future__ import annotations

import pytest

from media_screen.detectors.lip_sync.fit import WORDS, Tables, below

KNOWN = Tables(
    genuine=(0.1, 0.9), swapped=(-0.2, 0.2), anywhere=(0.0, 0.4), speed=(0.0, 1.0), raw=(0.0, 1.0)
)


def test_a_place_in_a_table_is_a_share() -> None:
    table = (0.0, 1.0, 4.0)
    assert [below(table, value) for value in (-1, 0.5, 4, 9)] == [0.0, 0.25, 1.0, 1.0]


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

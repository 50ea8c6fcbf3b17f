"""Of a long sound some minutes are listened to, spread over it, however long it claims to be."""

from __future__ import annotations

from itertools import pairwise

import pytest

from media_screen.evidence import Span
from media_screen.speech.spread import BEGINNING, LISTENED, STRETCH, Spread

BLOCK = 10.0  # s, as `Media.audio_blocks` gives them


def listened(said: float, real: float, also: tuple[Span, ...] = ()) -> list[float]:
    """Where the blocks begin that are listened to, of a sound of a length that says another."""
    hear = Spread(said, also=also)
    starts = [index * BLOCK for index in range(int(real / BLOCK))]
    return [start for start in starts if hear(Span(start, start + BLOCK))]


def test_ten_minutes_are_listened_to_whole() -> None:
    assert len(listened(LISTENED, LISTENED)) * BLOCK == LISTENED


def test_an_hour_costs_ten_minutes_that_are_spread_over_it() -> None:
    starts = listened(3600.0, 3600.0)
    assert LISTENED - STRETCH <= len(starts) * BLOCK <= LISTENED
    assert starts[-1] > 3600.0 - 300.0
    late = [start for start in starts if start > BEGINNING]
    assert max(b - a for a, b in pairwise(late)) < 300.0


@pytest.mark.parametrize(
    ("said", "real"),
    [
        pytest.param(0.0, 36_000.0, id="unknown"),
        pytest.param(10.0, 36_000.0, id="too-short"),
        pytest.param(600_000.0, 100.0, id="too-long"),
    ],
)
def test_a_false_length_leaves_neither_all_unheard_nor_no_end(said: float, real: float) -> None:
    heard = len(listened(said, real)) * BLOCK
    assert min(real, BEGINNING) <= heard <= LISTENED


def test_where_pictures_were_looked_at_the_sound_is_heard() -> None:
    window = Span(1995.0, 2005.0)
    assert {1990.0, 2000.0} <= set(listened(3600.0, 3600.0, (window,)))

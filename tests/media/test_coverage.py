"""What share of the time was looked at, and what never counts as looked at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_screen.evidence import Span
from media_screen.media.coverage import REACH, covered


def at(*times: float) -> list[Span]:
    return [Span(time, time + 0.04) for time in times]


CASES = [
    pytest.param(at(), [], 20.0, 0.0, id="nothing"),
    pytest.param(at(5.0, 15.0), [], 20.0, 1.0, id="frames-within-reach"),
    pytest.param(at(5.0), [], 20.0, 0.5, id="the-rest-never-reached"),
    pytest.param([Span(0.0, 20.0)], [], 20.0, 1.0, id="one-picture-held"),
    pytest.param(at(0.0), [1.0, 2.0, 3.0], 4.0, 0.13, id="all-but-the-first-undecodable"),
    pytest.param(at(0.0, 10.0), [4.0, 5.0, 6.0], 10.0, 0.4, id="hole-in-the-middle"),
    pytest.param(at(0.0), [], 0.0, 1.0, id="a-picture"),
    pytest.param(at(), [0.0], 0.0, 0.0, id="a-picture-that-can-not-be-decoded"),
]


@pytest.mark.parametrize(("looked", "missed", "length", "share"), CASES)
def test_the_share_that_was_looked_at(
    looked: list[Span], missed: list[float], length: float, share: float
) -> None:
    assert covered(looked, missed, Span(0.0, length)) == pytest.approx(share, abs=0.02)


@given(
    looked=st.lists(st.floats(0, 100), max_size=20),
    missed=st.lists(st.floats(0, 100), max_size=20),
    more=st.floats(0, 100),
)
def test_a_miss_never_adds_and_a_look_never_takes_away(
    looked: list[float], missed: list[float], more: float
) -> None:
    whole = Span(0.0, 100.0)
    share = covered(at(*looked), missed, whole)
    assert 0.0 <= share <= min(1.0, len(looked) * (2 * REACH + 0.05) / 100)
    assert covered(at(*looked), [*missed, more], whole) <= share + 1e-9
    assert covered(at(*looked, more), missed, whole) >= share - 1e-9

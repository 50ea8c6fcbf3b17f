"""A picture is found by how it moves, and in a short stretch also by what it shows."""

from __future__ import annotations

import numpy as np
import pytest

from media_screen.footage.catalogue import align
from media_screen.footage.catalogue.align import Series
from media_screen.footage.catalogue.parts import Query, find_pictures
from tests.footage.making import Scene, enrolled

KNOWN = align.picture_series(enrolled(Scene(1), 12.0))["whole"]


def moving_alike(likeness: float, frames: int) -> Query:
    """A stretch of the footage that moves as it does, and shows something more or less like it."""
    rows = slice(12, 12 + frames)
    shown = KNOWN.values[rows].mean(axis=0)
    other = np.random.default_rng(3).normal(size=shown.shape)
    other -= (other @ shown) / (shown @ shown) * shown
    other *= np.linalg.norm(shown) / np.linalg.norm(other)
    look = likeness * shown + np.sqrt(1 - likeness**2) * other
    series = Series(KNOWN.times[rows], (look + KNOWN.values[rows] - shown).astype(np.float32))
    query = Query(enrolled(Scene(2), 3.0))
    query.series = query.mirrored = {"whole": series}
    return query


@pytest.mark.parametrize(
    ("likeness", "frames", "found"),
    [
        pytest.param(1.0, 10, True, id="the-same"),
        pytest.param(0.7, 10, True, id="captions-and-logos"),
        pytest.param(0.3, 10, False, id="somebody-who-moves-alike"),
        pytest.param(0.3, 16, True, id="longer-than-chance-explains"),
    ],
)
def test_who_moves_alike_for_two_seconds_is_not_the_same(
    likeness: float, frames: int, found: bool
) -> None:
    assert bool(find_pictures(moving_alike(likeness, frames), {"whole": KNOWN})) == found

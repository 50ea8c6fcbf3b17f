"""How much the parts of two faces move alike."""

from __future__ import annotations

import numpy as np
import pytest

from media_screen.arrays import Doubles, Floats
from media_screen.faces.mesh import POINTS
from media_screen.footage.original.movement import (
    INNER_LIPS,
    LOWER_LIP,
    PartMovement,
    curves,
    displaced,
)

TIMES = np.linspace(0, 2, 12)


def meshes(opening: Doubles, *, moved: float = 0.0) -> Floats:
    """Meshes whose lower lip goes down by so many px, all of it moved to the right."""
    rng = np.random.default_rng(0)
    points = np.repeat(rng.uniform(60, 200, (1, POINTS, 3)), len(opening), axis=0)
    points[:, LOWER_LIP, :2] = points[:, 13, :2]
    points[:, LOWER_LIP, 1] += opening
    points[..., 0] += moved
    return np.asarray(points, np.float32)


SPEAKING = 5 + 4 * np.sin(5 * TIMES)


@pytest.mark.parametrize(
    ("other", "least", "most"),
    [
        pytest.param(SPEAKING, 1.0, 1.0, id="the-same-words"),
        pytest.param(SPEAKING + 2, 1.0, 1.0, id="wider-throughout"),
        pytest.param(5 + 4 * np.sin(5 * TIMES + 0.3), 0.9, 0.97, id="a-little-late"),
        pytest.param(5 + 4 * np.cos(9 * TIMES), -0.5, 0.4, id="other-words"),
        pytest.param(np.full(12, 5.0), -0.1, 0.1, id="silent"),
        pytest.param(5 - 4 * np.sin(5 * TIMES), -1.0, -0.9, id="the-opposite"),
    ],
)
def test_mouths_agree_as_they_open(other: Doubles, least: float, most: float) -> None:
    mouth = curves(meshes(SPEAKING), meshes(other))["mouth_open"]
    assert least - 1e-6 <= mouth.agreement <= most + 1e-6


def test_a_part_that_never_moves_says_nothing() -> None:
    still = PartMovement(np.full(5, 0.1), np.full(5, 0.2))
    assert still.swing == pytest.approx(0, abs=1e-9) and still.apart == pytest.approx(0.1)


def test_displaced_is_a_share_of_the_width_of_the_face() -> None:
    one, other = meshes(SPEAKING), meshes(SPEAKING, moved=13.6)
    assert displaced(one, other) == pytest.approx(0.1, rel=1e-3)
    assert displaced(one, one, INNER_LIPS) == 0.0

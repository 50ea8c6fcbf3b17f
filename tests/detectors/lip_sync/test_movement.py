"""Movement is that of the lips, whatever the pose of the head and the rate of the frames."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from media_screen.detectors.lip_sync.movement import FEATURES, frontal, movement
from media_screen.detectors.lip_sync.sight import Sight
from tests.detectors.lip_sync.making import sight, syllables


def turned(points: np.ndarray, degrees: np.ndarray) -> np.ndarray:
    """Turn each frame about the vertical axis, scale it and move it."""
    angle = np.radians(degrees)
    turn = np.zeros((len(points), 3, 3))
    turn[:, 0, 0] = turn[:, 2, 2] = np.cos(angle)
    turn[:, 0, 2], turn[:, 2, 0] = np.sin(angle), -np.sin(angle)
    turn[:, 1, 1] = 1
    return np.asarray(np.einsum("nij,nkj->nki", turn, points - 128) * 1.3 + 140)


def test_a_turning_head_does_not_move_the_lips() -> None:
    still = sight(np.zeros(50))
    turning = replace(still, points=turned(still.points, 25 * np.sin(np.arange(50) / 5)))
    posed = frontal(turning.points)
    assert np.ptp(posed, axis=0).max() < 1e-3
    found = movement(turning)
    assert found is not None and found.opening.std() < 1e-3


def test_opening_is_that_of_the_lips() -> None:
    opening = syllables(4.0)
    found = movement(sight(opening))
    assert found is not None and found.features.shape[1] == FEATURES
    count = min(len(found.opening), len(opening))
    assert np.corrcoef(found.opening[:count], opening[:count])[0, 1] > 0.999


@pytest.mark.parametrize("fps", [12.5, 30.0, 50.0])
def test_every_frame_rate_comes_to_25_a_second(fps: float) -> None:
    slow = np.sin(2 * np.pi * 1.0 * np.arange(round(4 * fps)) / fps) * 5 + 5
    found = movement(sight(slow, start=2.0, fps=fps), span=(2.0, 6.0))
    assert found is not None and len(found.opening) == 100 and found.start == 2.0
    wanted = np.sin(2 * np.pi * np.arange(100) / 25)
    assert np.corrcoef(found.opening[:95], wanted[:95])[0, 1] > 0.99


def test_a_gap_is_not_taken_for_movement() -> None:
    whole = sight(syllables(4.0))
    keep = (whole.times < 1.0) | (whole.times > 2.5)
    cut = Sight(*(getattr(whole, name)[keep] for name in Sight.__dataclass_fields__))
    found = movement(cut)
    assert found is not None
    assert found.valid[:25].all() and not found.valid[35:55].any() and found.valid[70:].all()


def test_without_a_face_there_is_no_movement() -> None:
    seen = sight(np.zeros(20))
    assert movement(replace(seen, scores=np.zeros(20, np.float32))) is None

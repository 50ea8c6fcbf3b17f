"""The shipped lines and network fit each other, and a crop alone says the same as among others."""

from __future__ import annotations

import numpy as np
import pytest

from media_screen.detectors.face_artifact import features, texture
from media_screen.detectors.face_artifact import forged as artifact
from media_screen.detectors.face_artifact.forged import (
    CROPS_OF_TRACK,
    NAMES,
    to_judge,
    traces,
)
from media_screen.faces.align import align
from media_screen.faces.track import evenly
from tests.faces.making import astronaut, detector


@pytest.fixture(scope="module")
def crop() -> np.ndarray:
    (found,) = detector().detect([astronaut()])[0]
    return align(astronaut(), found.landmarks)


def test_there_is_a_measure_for_each_name(crop: np.ndarray) -> None:
    found = artifact.measure([crop, crop])
    assert found.shape == (2, len(NAMES)) and np.isfinite(found).all()
    assert len(NAMES) == len(texture.NAMES) + len(features.NAMES) == len(set(NAMES))


def test_no_crops_give_no_traces() -> None:
    assert len(traces([]).forged) == 0


def test_a_batch_scores_as_each_alone(crop: np.ndarray) -> None:
    crops = [crop, crop[:, ::-1], np.clip(crop * 0.7, 0, 255).astype(np.uint8)] * 5
    together = traces(crops).forged
    alone = [traces([one]).forged[0] for one in crops]
    np.testing.assert_allclose(together, alone, atol=1e-3)


def test_a_photograph_is_told_from_a_drawing_of_it(crop: np.ndarray) -> None:
    import cv2

    _, pencil = cv2.pencilSketch(crop, None, None, 40, 0.07, 0.05)
    photograph, drawing = traces([crop, np.asarray(pencil, np.uint8)]).photographic
    assert photograph > 0 > drawing


def test_short_tracks_do_not_speak_for_a_file() -> None:
    views = {"long": list(range(40)), "half": list(range(20)), "short": list(range(19)), "no": []}
    chosen = to_judge(views)
    assert list(chosen) == ["long", "half"]
    assert chosen["long"] == evenly(range(40), CROPS_OF_TRACK) and chosen["long"][-1] == 39

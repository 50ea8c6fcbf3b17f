"""The shipped lines and network fit each other, and a crop alone says the same as among others."""

from __future__ import annotations

import numpy as np
import pytest

from media_screen.detectors.face_artifact import whole
from media_screen.detectors.face_artifact.forged import CROPS_OF_TRACK, to_judge, traces
from media_screen.faces.align import align
from media_screen.faces.track import evenly
from tests.faces.making import astronaut, detector


@pytest.fixture(scope="module")
def crop() -> np.ndarray:
    (found,) = detector().detect([astronaut()])[0]
    return align(astronaut(), found.landmarks)


def test_there_is_a_measure_for_each_name(crop: np.ndarray) -> None:
    found = whole.whole_net().measure([crop, crop])
    assert found.shape == (2, len(whole.NAMES)) and np.isfinite(found).all()
    assert len(whole.NAMES) == len(set(whole.NAMES))


def test_the_network_sees_the_face_at_the_size_of_the_crop(crop: np.ndarray) -> None:
    (seen,) = whole.view([crop])
    assert seen.shape == (3, whole.SIDE, whole.SIDE) and seen.dtype == np.float32
    np.testing.assert_array_equal(seen[:, 0, 0], crop[whole.TOP, whole.LEFT])


def test_a_face_with_another_resolution_inside_scores_higher(crop: np.ndarray) -> None:
    """What swaps and lip-sync leave: the mean of a few faces, since one may tell the contrary."""
    import cv2

    genuine = [crop, crop[:, ::-1], np.clip(crop * 0.8, 0, 255).astype(np.uint8)]
    forged = []
    for one in genuine:
        soft = cv2.resize(cv2.resize(one[100:226, 66:190], (40, 40)), (124, 126))
        edited = one.copy()
        edited[100:226, 66:190] = soft
        forged.append(edited)
    told = whole.NAMES.index("told")
    before, after = (whole.whole_net().measure(some)[:, told].mean() for some in (genuine, forged))
    assert after > before + 0.5


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

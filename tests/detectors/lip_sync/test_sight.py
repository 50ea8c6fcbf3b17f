"""A face is followed between its sightings, and what is measured of it is of its own regions."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from media_screen.detectors.lip_sync.sight import KINDS, REGIONS, Course, crops_along, measure
from media_screen.faces.mesh import mesh_net
from media_screen.media import Frame
from tests.faces.making import astronaut, detector


def course(*times: float) -> Course:
    points = [np.full((5, 2), 100.0 * time) for time in times]
    return Course(np.array(times), np.array(points, np.float32))


@pytest.mark.parametrize(
    ("time_s", "x"),
    [
        pytest.param(1.1, 110.0, id="between"),
        pytest.param(0.9, 100.0, id="shortly-before"),
        pytest.param(1.3, 120.0, id="shortly-after"),
        pytest.param(0.5, None, id="long-before"),
        pytest.param(2.0, None, id="in-a-gap"),
    ],
)
def test_points_are_interpolated_where_the_face_was_seen(time_s: float, x: float | None) -> None:
    seen = course(1.0, 1.2).at(time_s) if time_s != 2.0 else course(1.0, 1.2, 3.0).at(time_s)
    if x is None:
        assert seen is None
    else:
        assert seen is not None and seen[0, 0] == pytest.approx(x)


def test_each_face_gets_the_crops_of_the_frames_that_show_it() -> None:
    (found,) = detector().detect([astronaut()])
    early = Course(np.array([0.0, 0.2]), np.stack([found[0].landmarks] * 2))
    late = Course(np.array([0.6, 0.8]), np.stack([found[0].landmarks] * 2))
    frames = [Frame(time / 10, astronaut()) for time in range(9)]
    (early_times, crops), (late_times, _) = crops_along(frames, [early, late])
    assert early_times == [0.0, 0.1, 0.2, 0.3] and late_times == [0.5, 0.6, 0.7, 0.8]
    assert crops[0].shape == (256, 256, 3)


def test_a_soft_mouth_shows_in_the_mouth_alone() -> None:
    (found,) = detector().detect([astronaut()])
    seen = Course(np.array([0.0]), found[0].landmarks[None])
    ((times, (crop,)),) = crops_along([Frame(0.0, astronaut())], [seen])
    soft = crop.copy()
    soft[162:206, 92:164] = cv2.GaussianBlur(crop, (0, 0), 3)[162:206, 92:164]
    plain, forged = (measure(times, [one], mesh_net()).texture[0] for one in (crop, soft))
    fine, mouth, eyes = KINDS.index("fine"), *(list(REGIONS).index(n) for n in ("mouth", "eyes"))
    assert forged[mouth, fine] < 0.6 * plain[mouth, fine]
    assert forged[eyes, fine] == pytest.approx(plain[eyes, fine])

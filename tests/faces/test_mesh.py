"""The mesh lies on the face: its eyes and mouth where the aligned crop has them."""

from __future__ import annotations

import numpy as np

from media_screen.faces.align import REFERENCE, align
from media_screen.faces.mesh import mesh_net
from tests.faces.making import astronaut, detector

# Points of the mesh that the five of the crop are close to: middles of the eyes by their corners,
# tip of the nose, corners of the mouth.
NEAR = ((33, 133), (362, 263), (4,), (61,), (291,))


def crop() -> np.ndarray:
    (found,) = detector().detect([astronaut()])
    return align(astronaut(), found[0].landmarks)


def test_eyes_nose_and_mouth_lie_where_the_crop_has_them() -> None:
    mesh = mesh_net().find([crop()])
    assert mesh.points.shape == (1, 468, 3) and mesh.scores[0] > 0.9
    for own, place in zip(NEAR, REFERENCE, strict=True):
        found = mesh.points[0, own, :2].mean(axis=0)
        assert np.linalg.norm(found - place) < 14  # px of 256; eyes are 62 apart


def test_what_is_no_face_has_a_low_score() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (256, 256, 3)).astype(np.uint8)
    assert mesh_net().find([noise]).scores[0] < 0.5


def test_a_batch_gives_what_single_crops_give() -> None:
    crops = [crop(), crop()[:, ::-1].copy()] * 5
    both = mesh_net().find(crops)
    assert both.points.shape == (10, 468, 3)
    single = mesh_net().find(crops[1:2])
    np.testing.assert_allclose(both.points[9], single.points[0], atol=1e-2)


def test_no_crops_give_no_points() -> None:
    assert mesh_net().find([]).points.shape == (0, 468, 3)

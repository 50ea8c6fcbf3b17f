"""The detector finds faces from very small to filling the frame, and no others."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from media_screen.arrays import Image
from media_screen.faces.detect import Detection
from tests.faces.making import astronaut, detector, frames, strangers

# The astronaut's face in the original, px: x0, y0, x1, y1 (read off the picture).
FACE = (178, 63, 270, 178)


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Return intersection over union of two boxes."""
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    area = sum((c[2] - c[0]) * (c[3] - c[1]) for c in (a, b))
    return width * height / (area - width * height)


def scaled(factor: float) -> Image:
    size = round(512 * factor)
    return np.asarray(cv2.resize(astronaut(), (size, size), interpolation=cv2.INTER_AREA))


def in_full_hd(factor: float) -> Image:
    small = scaled(factor)
    canvas = np.full((1080, 1920, 3), 90, dtype=np.uint8)
    canvas[600 : 600 + len(small), 1100 : 1100 + len(small)] = small
    return canvas


@pytest.mark.parametrize(
    ("image", "factor", "corner"),
    [
        pytest.param(scaled(1.0), 1.0, (0, 0), id="as it is, face of 92 px"),
        pytest.param(scaled(0.25), 0.25, (0, 0), id="thumbnail, face of 23 px"),
        pytest.param(scaled(4.0), 4.0, (0, 0), id="2048 px, face of 370 px"),
        pytest.param(in_full_hd(0.4), 0.4, (1100, 600), id="face of 37 px in 1080p"),
        pytest.param(in_full_hd(0.9), 0.9, (1100, 600), id="face of 83 px in 1080p"),
    ],
)
def test_the_face_is_found_where_it_is(
    image: Image, factor: float, corner: tuple[int, int]
) -> None:
    faces = detector().detect([image])[0]
    assert len(faces) == 1
    expected = tuple(value * factor + corner[index % 2] for index, value in enumerate(FACE))
    assert overlap(faces[0].box, expected) > 0.7
    assert faces[0].score >= 0.8


@pytest.mark.parametrize("side", [900, 1500, 2500])
def test_a_close_up_that_fills_the_frame_is_found(side: int) -> None:
    close = cv2.resize(astronaut()[40:200, 150:300], (side, side))
    faces = detector().detect([np.asarray(close, dtype=np.uint8)])[0]
    assert len(faces) == 1
    x0, _, x1, _ = faces[0].box
    assert x1 - x0 > 0.45 * side


def test_landmarks_run_from_left_to_right_and_from_eyes_to_mouth() -> None:
    (found,) = detector().detect([astronaut()])[0]
    left_eye, right_eye, nose, left_mouth, right_mouth = found.landmarks
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_mouth[0] < right_mouth[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])


def test_a_mirrored_picture_gives_the_mirrored_points_in_the_same_order() -> None:
    (found,) = detector().detect([astronaut()])[0]
    (mirrored,) = detector().detect([np.ascontiguousarray(astronaut()[:, ::-1])])[0]
    expected = found.landmarks[[1, 0, 2, 4, 3]] * (-1, 1) + (511, 0)
    assert np.abs(mirrored.landmarks - expected).max() < 6


def test_a_batch_of_mixed_sizes_gives_what_single_pictures_give() -> None:
    images = [scaled(1.0), scaled(0.5), scaled(1.0)[:, ::-1].copy(), in_full_hd(0.4)]
    together = detector().detect(images)
    alone = [detector().detect([image])[0] for image in images]
    for a, b in zip(together, alone, strict=True):
        np.testing.assert_allclose([f.box for f in a], [f.box for f in b], atol=0.01)
        np.testing.assert_allclose([f.landmarks for f in a], [f.landmarks for f in b], atol=0.01)


def test_two_people_side_by_side_are_two_faces() -> None:
    both = np.concatenate([astronaut(), astronaut()[:, ::-1]], axis=1)
    boxes = sorted(face.box for face in detector().detect([both])[0])
    assert len(boxes) == 2
    assert boxes[0][2] < 512 < boxes[1][0]


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(np.zeros((480, 640, 3), dtype=np.uint8), id="black"),
        pytest.param(
            np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8), id="noise"
        ),
        pytest.param(astronaut()[260:, :], id="space suit"),
        pytest.param(np.zeros((1, 1, 3), dtype=np.uint8), id="one pixel"),
    ],
)
def test_nothing_is_found_where_there_is_no_face(image: Image) -> None:
    assert detector().detect([image]) == [[]]


def test_no_pictures_give_no_lists() -> None:
    assert detector().detect([]) == []


# --- in stock pictures ------------------------------------------------------------------------

# Videos in which every frame shows one face.
ONE_FACE = [
    "people/irena-valequist/official/harbour-update-14.mp4",
    "downloads/my-new-channel.mp4",
]


@pytest.mark.parametrize("name", ONE_FACE)
def test_every_frame_of_a_talking_clip_has_its_one_face(name: str) -> None:
    found = detector().detect([image for _, image in frames(name, count=6)])
    assert [len(faces) for faces in found] == [1] * 6


def test_panels_side_by_side_give_a_face_each() -> None:
    ((_, image),) = frames(ONE_FACE[0], count=1)
    (faces,) = detector().detect([np.concatenate([image, image, image], axis=1)])
    assert [int(face.box[0] // image.shape[1]) for face in sorted(faces, key=left)] == [0, 1, 2]


def left(face: Detection) -> float:
    return face.box[0]


def test_tightly_cut_faces_are_found() -> None:
    found = [len(faces) for faces in detector().detect(strangers())]
    assert set(found) <= {0, 1}
    assert sum(found) >= 95  # of 100

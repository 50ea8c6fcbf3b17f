"""Crops are upright, equally framed and full of what they should show; quality reads true."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from media_screen.arrays import Doubles, Floats, Image
from media_screen.faces import align
from media_screen.faces.align import REFERENCE, face_px
from media_screen.faces.align import align as align_face
from tests.faces.making import astronaut, detector


def placing(angle_deg: float, scale: float) -> Doubles:
    """Return the 2 x 3 matrix that turns about the face, scales, and centres it on 1024 x 1024."""
    matrix = cv2.getRotationMatrix2D((224, 120), angle_deg, scale)
    matrix[:, 2] += (512 - 224, 512 - 120)
    return np.asarray(matrix, dtype=np.float64)


def turned(angle_deg: float, scale: float) -> Image:
    matrix = placing(angle_deg, scale)
    size, flags = (1024, 1024), cv2.INTER_AREA
    return np.asarray(cv2.warpAffine(astronaut(), matrix, size, flags=flags), dtype=np.uint8)


def crop_of(image: Image) -> tuple[Image, Floats]:
    (found,) = detector().detect([image])[0]
    return align_face(image, found.landmarks), found.landmarks


def alike(a: Image, b: Image) -> float:
    """Return the correlation of the middle of two crops, without the finest detail."""
    first, second = (
        cv2.GaussianBlur(c, (0, 0), 2)[40:216, 60:196].astype(float).ravel() for c in (a, b)
    )
    return float(np.corrcoef(first, second)[0, 1])


@pytest.mark.parametrize(
    ("angle_deg", "scale"),
    [
        pytest.param(0, 1.0, id="upright"),
        pytest.param(25, 1.0, id="turned left"),
        pytest.param(-25, 1.0, id="turned right"),
        pytest.param(0, 3.0, id="close-up"),
        pytest.param(10, 0.6, id="small"),
    ],
)
def test_turned_and_scaled_pictures_give_the_same_crop(angle_deg: float, scale: float) -> None:
    original, landmarks = crop_of(astronaut())
    matrix = placing(angle_deg, scale)
    moved = landmarks @ matrix[:, :2].T + matrix[:, 2]
    crop = align_face(turned(angle_deg, scale), moved.astype(np.float32))
    assert alike(original, crop) > 0.98


@pytest.mark.parametrize("angle_deg", [-30, -15, 15, 30])
def test_a_leaning_head_is_set_upright(angle_deg: float) -> None:
    crop, _ = crop_of(turned(angle_deg, 1.0))
    (again,) = detector().detect([crop])[0]
    _, _, roll = align.head_pose(again.landmarks)
    assert abs(roll) < 6


def test_the_landmarks_of_the_crop_lie_at_the_reference_points() -> None:
    crop, _ = crop_of(astronaut())
    (again,) = detector().detect([crop])[0]
    assert np.abs(again.landmarks - REFERENCE).max() < 12


def test_the_face_takes_half_of_the_crop() -> None:
    crop, _ = crop_of(astronaut())
    (again,) = detector().detect([crop])[0]
    assert crop.shape == (256, 256, 3)
    assert 0.42 < (again.box[2] - again.box[0]) / 256 < 0.62


@pytest.mark.parametrize("scale", [0.3, 0.45, 1.0])
def test_shrinking_keeps_the_picture_in_place(scale: float) -> None:
    """Large faces are shrunk by area before the warp; half a pixel of shift would show here."""
    y, x = np.mgrid[0:2000, 0:2000].astype(np.float32)
    ramp = np.stack([x, y, x + y], axis=-1) / 16
    landmarks = (REFERENCE - 128) / scale + 1000
    crop = align_face(np.clip(ramp, 0, 255).astype(np.uint8), landmarks.astype(np.float32))
    expected = (1000 + (100 - 128) / scale) / 16
    assert crop[100, 100, 0] == pytest.approx(expected, abs=1.01)
    assert crop[100, 100, 1] == pytest.approx(expected, abs=1.01)


def test_shrinking_does_not_alias() -> None:
    stripes = np.zeros((2048, 2048, 3), dtype=np.uint8)
    stripes[:, ::2] = 255
    landmarks = (REFERENCE - 128) * 6 + 1024
    crop = align_face(stripes, landmarks.astype(np.float32))
    assert crop[64:192, 64:192].std() < 30


def test_what_lies_outside_the_picture_is_black_and_counted() -> None:
    image = np.ascontiguousarray(astronaut()[80:])
    (found,) = detector().detect([image])[0]
    crop = align_face(image, found.landmarks)
    quality = align.measure_quality(crop, found.landmarks, found.score, image_shape=image.shape)
    assert crop[:20].max() == 0
    assert 0.5 < quality.inside < 0.9


def test_equal_landmarks_are_refused() -> None:
    with pytest.raises(ValueError, match="one point"):
        align_face(astronaut(), np.full((5, 2), 7, dtype=np.float32))


def test_windows_hold_what_their_names_say() -> None:
    crop, _ = crop_of(astronaut())
    upper = align.upper_face(crop)
    x, y, side = align.MOUTH_WINDOW
    corners = REFERENCE[3:] - (x, y)
    assert ((corners > 16) & (corners < side - 16)).all()
    assert upper.shape == (116, 176, 3)
    assert (REFERENCE[:3, 1] < 36 + 116).all()
    assert (REFERENCE[3:, 1] > 36 + 116).all()


def test_the_embedder_sees_the_arcface_template() -> None:
    marks = np.zeros((256, 256, 3), dtype=np.uint8)
    for x, y in REFERENCE.round().astype(int):
        cv2.circle(marks, (int(x), int(y)), 4, (255, 255, 255), -1)
    planes = align.embedder_input([marks])
    assert planes.shape == (1, 3, 112, 112)
    for x, y in align.TEMPLATE_112.round().astype(int):
        assert planes[0, 0, y, x] > 128


def model_points(yaw_deg: float, pitch_deg: float, roll_deg: float) -> Floats:
    """Return the mean face's five points as a far camera sees them, 2 px a millimetre."""
    yaw, pitch, roll = np.radians([yaw_deg, pitch_deg, roll_deg])
    about_y = [[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]]
    about_x = [[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]]
    about_z = [[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]]
    turn = np.array(about_z) @ np.array(about_y) @ np.array(about_x)
    return np.asarray((turn @ align.FACE_MM.T).T[:, :2] * 2 + 300, np.float32)


@pytest.mark.parametrize(
    "pose",
    [
        pytest.param((0, 0, 0), id="frontal"),
        pytest.param((35, 0, 0), id="nose to the right"),
        pytest.param((-60, 0, 0), id="nose far to the left"),
        pytest.param((0, 20, 0), id="looking up"),
        pytest.param((0, -20, 0), id="looking down"),
        pytest.param((0, 0, 30), id="leaning clockwise"),
    ],
)
def test_the_pose_of_a_model_head_is_read_back(pose: tuple[float, float, float]) -> None:
    assert align.head_pose(model_points(*pose)) == pytest.approx(pose, abs=0.5)


def test_a_mirrored_face_has_the_mirrored_pose() -> None:
    _, landmarks = crop_of(astronaut())
    _, mirrored = crop_of(np.ascontiguousarray(astronaut()[:, ::-1]))
    yaw, _, roll = align.head_pose(landmarks)
    other_yaw, _, other_roll = align.head_pose(mirrored)
    assert other_yaw == pytest.approx(-yaw, abs=10)
    assert other_roll == pytest.approx(-roll, abs=4)


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_size_follows_the_picture(scale: float) -> None:
    image = turned(0, scale)
    crop, landmarks = crop_of(image)
    quality = align.measure_quality(crop, landmarks, 0.9, image_shape=image.shape)
    assert quality.size_px == pytest.approx(86 * scale, rel=0.15)


def test_blur_lowers_sharpness_step_by_step() -> None:
    crop, _ = crop_of(astronaut())
    blurred = [np.asarray(cv2.GaussianBlur(crop, (0, 0), s), dtype=np.uint8) for s in (1, 2, 4, 8)]
    values = [align.sharpness(c, size_px=100) for c in [crop, *blurred]]
    assert values == sorted(values, reverse=True)
    assert values[0] - values[-1] > 0.2
    assert all(0 <= value <= 1 for value in values)


def test_a_flat_crop_is_not_sharp() -> None:
    assert align.sharpness(np.full((256, 256, 3), 99, dtype=np.uint8), size_px=100) == 0.0


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        pytest.param({"size_px": 20.0}, {"size_px": 80.0}, id="small"),
        pytest.param({"yaw_deg": 60.0}, {"yaw_deg": -10.0}, id="turned away"),
        pytest.param({"sharpness": 0.2}, {"sharpness": 0.6}, id="blurred"),
        pytest.param({"inside": 0.5}, {"inside": 1.0}, id="cut off"),
    ],
)
def test_a_worse_view_weighs_less(worse: dict[str, float], better: dict[str, float]) -> None:
    usual = {
        "size_px": 100.0,
        "sharpness": 0.5,
        "yaw_deg": 0.0,
        "pitch_deg": 0.0,
        "roll_deg": 0.0,
        "inside": 1.0,
        "score": 0.9,
    }
    low, high = (align.Quality(**(usual | change)).weight for change in (worse, better))
    assert 0.01 <= low < high <= 1.0


@pytest.mark.parametrize("enlarged", [0.5, 1.0, 3.0])
def test_the_width_of_a_face_follows_from_its_points(enlarged: float) -> None:
    assert face_px(REFERENCE * np.float32(enlarged)) == pytest.approx(136 * enlarged, rel=0.01)

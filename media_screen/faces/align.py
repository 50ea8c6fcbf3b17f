"""Cuts a face out upright and at a fixed size, with context, and measures how good the view is.

One crop serves every later step: an artifact classifier sees all of it, the embedders and the mouth
crop are fixed windows of it. The five reference points are those of the 112 px template of
ArcFace (Deng et al., CVPR 2019), which SFace uses too, moved into the larger crop.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from media_screen.arrays import Array, Doubles, Floats, Image

# Side of the crop, px.
CROP_SIDE = 256
# The ArcFace template: eyes, nose and mouth corners in a 112 px crop.
TEMPLATE_112 = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ],
    dtype=np.float32,
)
# How far the template is enlarged: the eyes come to lie 62 px apart, and since a face is about 2.2
# times as wide as its eyes are apart, it takes 136 px or 53% of the crop.
TEMPLATE_SCALE = 1.76
# Where the template's corner lies in the crop, px: centred across; eyes at 111 px from the top,
# so that the chin (about 112 px below the eyes) and the crown are both inside.
TEMPLATE_CORNER = (29.44, 20.0)
REFERENCE = (TEMPLATE_112 * TEMPLATE_SCALE + np.array(TEMPLATE_CORNER)).astype(np.float32)

# Width of a face, px, above which a wider one tells the embedder nothing more: it fills the
# 112 px input.
FULL_DETAIL_PX = 80.0
# Width of the face in the crop, px (see TEMPLATE_SCALE).
FACE_WIDTH = 136.0
# Window of the crop that is the ArcFace template: x, y of its corner and its side, px.
TEMPLATE_WINDOW = (TEMPLATE_CORNER[0], TEMPLATE_CORNER[1], 112 * TEMPLATE_SCALE)
# Side of the embedder's input, px.
EMBEDDER_SIDE = 112
# Window around the mouth, px of the crop: half again as wide as the mouth, from under the nose
# to the chin, so that an open mouth stays inside.
MOUTH_WINDOW = (80.0, 138.0, 96.0)
# Window of the crop above the mouth, px: brow, eyes and nose, which lip-sync leaves alone.
UPPER_FACE = (40, 36, 216, 152)

# Width of the face, px, at which sharpness is measured; smaller faces keep their own resolution.
SHARPNESS_WIDTH = 96.0
# Below this width the crop holds too few pixels to blur again.
SHARPNESS_LEAST = 24.0
# Part of the crop that is face and little hair or background, px: left, top, right, bottom.
FACE_WINDOW = (60, 60, 196, 216)
# Taps of the second blur (Crete et al. use 9).
BLUR_TAPS = 9
# Five points of a mean adult face, mm: x to the right of the picture, y down, z away from the
# camera, origin between the eyes. Only the tip of the nose stands out clearly from the plane.
FACE_MM = np.array(
    [
        [-31.5, 0.0, 0.0],
        [31.5, 0.0, 0.0],
        [0.0, 41.0, -30.0],
        [-26.0, 72.6, -5.0],
        [26.0, 72.6, -5.0],
    ],
    dtype=np.float64,
)


@dataclass(frozen=True)
class Quality:
    """Say how good the view of a face is.

    `size_px`: width of the face in the source picture, px, from the distances between the five
    points (2.2 times the distance of the eyes, seen from the front).
    `sharpness`: 0 (blurred) to 1, by re-blurring (Crete et al., 2007), at the source's resolution
    for small faces and at 96 px for larger ones (a face of 24 px reads about 0.2 higher).
    `yaw_deg`: positive when the nose points to the right of the picture, -90 to 90.
    `pitch_deg`: positive when it points up, -90 to 90. `roll_deg`: positive when the head leans
    clockwise as seen, -180 to 180. `inside`: share of the crop that lies in the picture, 0 to 1.
    `score`: that of the detector, 0 to 1.
    """

    size_px: float
    sharpness: float
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    inside: float
    score: float

    @property
    def weight(self) -> float:
        """Return how much this view counts in a mean, 0.01 to 1: small or turned counts less."""
        turned = math.cos(math.radians(self.yaw_deg)) * math.cos(math.radians(self.pitch_deg))
        large = min(1.0, self.size_px / FULL_DETAIL_PX)
        return max(0.01, large * max(0.0, turned) * self.inside * self.sharpness)


def align(image: Image, landmarks: Floats) -> Image:
    """Return the upright 256 x 256 RGB crop of a face; what lies outside the picture is black."""
    import cv2

    matrix = similarity(landmarks, REFERENCE)
    image, matrix = _shrunk(image, matrix)
    crop = cv2.warpAffine(image, matrix, (CROP_SIDE, CROP_SIDE), flags=cv2.INTER_LINEAR)
    return np.asarray(crop, dtype=np.uint8)


def similarity(source: Floats, target: Floats) -> Doubles:
    """Return the 2 x 3 matrix (turn, scale, shift; no mirror) that moves points best."""
    from_points = source.astype(np.float64)
    to_points = target.astype(np.float64)
    from_mean, to_mean = from_points.mean(axis=0), to_points.mean(axis=0)
    # As complex numbers a turn with scale is one factor, and least squares is one division.
    a = (from_points - from_mean) @ np.array([1, 1j])
    b = (to_points - to_mean) @ np.array([1, 1j])
    power = float(np.sum(np.abs(a) ** 2))
    if power == 0.0:
        raise ValueError("the landmarks are one point")
    factor = np.sum(np.conj(a) * b) / power
    turn = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return np.column_stack([turn, to_mean - turn @ from_mean])


def face_px(points: Floats) -> float:
    """Return the width of a face from its five points, px."""
    matrix = similarity(points, REFERENCE)
    return FACE_WIDTH / float(np.hypot(matrix[0, 0], matrix[1, 0]))


def _shrunk(image: Image, matrix: Doubles) -> tuple[Image, Doubles]:
    """Shrink a picture by area when the crop is below half its size: warping would alias."""
    import cv2

    factor = int(1.0 / math.hypot(matrix[0, 0], matrix[1, 0]))
    if factor < 2:
        return image, matrix
    # Only the part under the crop is shrunk: a close-up of a 4K frame is one small region.
    corners = np.array([[0, 0], [CROP_SIDE, 0], [0, CROP_SIDE], [CROP_SIDE, CROP_SIDE]], float)
    places = (corners - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    low = np.clip(np.floor(places.min(axis=0)).astype(int) - factor, 0, None)
    high = np.clip(np.ceil(places.max(axis=0)).astype(int) + factor, 0, image.shape[1::-1])
    size = np.maximum(1, (high - low) // factor)
    high = low + size * factor
    region = image[low[1] : high[1], low[0] : high[0]]
    if region.size == 0:
        return image, matrix
    step = np.array([region.shape[1], region.shape[0]]) / size
    small = cv2.resize(region, (int(size[0]), int(size[1])), interpolation=cv2.INTER_AREA)
    # A pixel's centre is at +0.5: source = low + (small + 0.5) * step - 0.5.
    shift = matrix[:, :2] @ (low + 0.5 * step - 0.5) + matrix[:, 2]
    return np.asarray(small, dtype=np.uint8), np.column_stack([matrix[:, :2] * step, shift])


def window(crops: npt.NDArray[np.uint8], place: tuple[float, float, float], size: int) -> Image:
    """Cut a square (x, y, side in px of the crop) out of each of n crops and scale it."""
    import cv2

    x, y, side = place
    # Pixel centres again, so that a window of the whole crop at its own size changes nothing.
    scale = size / side
    matrix = np.array([[scale, 0, (0.5 - x) * scale - 0.5], [0, scale, (0.5 - y) * scale - 0.5]])
    cut = [cv2.warpAffine(crop, matrix, (size, size), flags=cv2.INTER_LINEAR) for crop in crops]
    return np.asarray(cut, dtype=np.uint8).reshape(-1, size, size, 3)


def embedder_input(crops: Sequence[Image] | Image) -> Floats:
    """Return the embedder's input (n, 3, 112, 112), RGB, 0 to 255, from 256 x 256 crops."""
    windows = window(np.asarray(crops, dtype=np.uint8), TEMPLATE_WINDOW, EMBEDDER_SIDE)
    return np.ascontiguousarray(windows.transpose(0, 3, 1, 2), dtype=np.float32)


def upper_face(crop: Image) -> Image:
    """Return brow, eyes and nose of one crop (116 x 176 px), which lip-sync leaves alone."""
    left, top, right, bottom = UPPER_FACE
    return np.asarray(crop[top:bottom, left:right], dtype=np.uint8)


def measure_quality(
    crop: Image, landmarks: Floats, score: float, *, image_shape: tuple[int, ...]
) -> Quality:
    """Measure how good a view is, from the crop and the points in the source picture."""
    matrix = similarity(landmarks, REFERENCE)
    scale = math.hypot(matrix[0, 0], matrix[1, 0])
    yaw, pitch, roll = head_pose(landmarks)
    return Quality(
        size_px=FACE_WIDTH / scale,
        sharpness=sharpness(crop, size_px=FACE_WIDTH / scale),
        yaw_deg=yaw,
        pitch_deg=pitch,
        roll_deg=roll,
        inside=_inside(matrix, image_shape),
        score=score,
    )


def _inside(matrix: Doubles, image_shape: tuple[int, ...]) -> float:
    """Return the share of the crop's area that the picture covers, on a 16 x 16 grid."""
    axis = (np.arange(16) + 0.5) * (CROP_SIDE / 16)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    places = (grid - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    size = np.array(image_shape[1::-1])
    return float(np.mean(np.all((places >= 0) & (places < size), axis=1)))


def head_pose(landmarks: Floats) -> tuple[float, float, float]:
    """Return yaw, pitch and roll in degrees, seen from far away (weak perspective).

    The five points of FACE_MM are fitted to the landmarks by a turn, a scale and a shift (POS:
    DeMenthon and Davis, IJCV 1995). Errors of 5 to 10 degrees are usual: it sorts views, no more.
    """
    points = landmarks.astype(np.float64) - landmarks.mean(axis=0)
    model = FACE_MM - FACE_MM.mean(axis=0)
    projection = points.T @ np.linalg.pinv(model).T
    left, _, right = np.linalg.svd(projection, full_matrices=False)
    turn = left @ right
    away = np.cross(turn[0], turn[1])
    # The nose points along -z of the model.
    x, y, z = -turn[0, 2], -turn[1, 2], -away[2]
    yaw = math.degrees(math.atan2(x, -z))
    pitch = math.degrees(math.asin(min(1.0, max(-1.0, -y))))
    roll = math.degrees(math.atan2(turn[1, 0], turn[0, 0]))
    return yaw, pitch, roll


def sharpness(crop: Image, *, size_px: float) -> float:
    """Return 0 (blurred) to 1: how much the picture loses when it is blurred again.

    Crete et al., "The blur effect: perception and estimation with a new no-reference perceptual
    blur metric", SPIE 2007: a sharp picture changes much, a blurred one hardly.
    """
    import cv2

    left, top, right, bottom = FACE_WINDOW
    grey: Array = cv2.cvtColor(crop[top:bottom, left:right], cv2.COLOR_RGB2GRAY).astype(np.float32)
    scale = min(SHARPNESS_WIDTH, max(SHARPNESS_LEAST, size_px)) / FACE_WIDTH
    grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return min(_kept(grey), _kept(grey.T))


def _kept(grey: Array) -> float:
    """Return the share of the differences between rows that a blur along the columns removes."""
    import cv2

    blurred = cv2.blur(grey, (1, BLUR_TAPS))
    before = np.abs(np.diff(grey, axis=0))
    after = np.abs(np.diff(blurred, axis=0))
    total = float(before.sum())
    return float(np.maximum(0.0, before - after).sum()) / total if total > 0.0 else 0.0

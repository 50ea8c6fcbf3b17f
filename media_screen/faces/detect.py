"""Finds faces with YuNet at two scales, so that both close-ups and small faces are found.

YuNet (Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence Research
2023) finds faces of about 10 to 300 px in the picture it is given. A fine pass serves the small
ones, a coarse pass the close-ups, and the two lists are merged. A second net places the points.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from media_screen.arrays import Array, Floats, Image
from media_screen.faces.landmarks import LandmarkNet

if TYPE_CHECKING:
    import onnxruntime


WEIGHTS = "face_detector/yunet.onnx"

# Longest side, px, of the picture in the fine pass. In 1080p frames it finds 85% of faces of 29 px
# and all of 43 px; at 960 px 42% and 88% for half the time, at 1920 px all for 1.8 times the time.
FINE_SIDE = 1280
# Longest side, px, in the coarse pass: a face that fills the frame is below YuNet's 300 px there.
COARSE_SIDE = 256
# Width, px, at which YuNet is shown a face that it is known to look for: faces of 10 to 300 px are
# found, and from about 30 on place and score hardly change with the scale.
KNOWN_PX = 32.0
# A detection counts when YuNet is sure, unless the second net (O-Net) is sure of the contrary, or
# when YuNet holds it possible and the second net is sure. Measured on 2,519 frames and pictures,
# faces of 20 px and more: of what YuNet alone scores 0.6 to 0.8 two thirds are hands, furniture or
# blur, and with the second net none that was looked at; above 0.8 it drops one back of a head.
SURE_SCORE = 0.8
POSSIBLE_SCORE = 0.6
SECOND_SURE_SCORE = 0.9
SECOND_LEAST_SCORE = 0.2
# Two boxes that overlap more than this (intersection over union) are one face.
SAME_FACE_IOU = 0.35
# A box that lies inside a better one by more than this share is a part of that face.
INSIDE_SHARE = 0.8
# YuNet's three output grids, px of the net's input for one cell.
STRIDES = (8, 16, 32)
# Pictures in one call of the net. On a CPU one is fastest (measured: 8 take 1.7 times as long a
# picture, the activations fall out of the cache); a GPU needs several to be busy.
BATCH = {"cpu": 1, "cuda": 16}


@dataclass(frozen=True)
class Detection:
    """One found face, in pixels of the picture that was given.

    `box` is (x0, y0, x1, y1) and may reach outside the picture. `landmarks` are (5, 2) points x, y
    in this order, left and right as seen in the picture for an upright face: eye on the left
    (the person's right eye), eye on the right, tip of the nose, corner of the mouth on the left,
    corner of the mouth on the right. `score` is YuNet's, between 0 and 1.
    """

    box: tuple[float, float, float, float]
    landmarks: Floats
    score: float


class FaceDetector:
    """Finds the faces in pictures; without `landmarks` the points are YuNet's own, less exact."""

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        *,
        landmarks: LandmarkNet | None = None,
        fine_side: int = FINE_SIDE,
        coarse_side: int = COARSE_SIDE,
        batch: int = 1,
    ) -> None:
        self._session = session
        self._outputs = [value.name for value in session.get_outputs()]
        self._landmarks = landmarks
        self._batch = batch
        self._score_floor = POSSIBLE_SCORE if landmarks else SURE_SCORE
        self._sides = (fine_side, coarse_side)

    @classmethod
    def load(cls, device: str = "cpu") -> FaceDetector:
        """Open the recorded weights on a device."""
        from media_screen import weights
        from media_screen.weights import nets

        session = nets.session(weights.path(WEIGHTS), device=device)
        return cls(session, landmarks=LandmarkNet.load(device), batch=BATCH[device])

    def detect(self, images: Sequence[Image], *, smallest_px: float = 0.0) -> list[list[Detection]]:
        """Return the faces of each RGB picture (height, width, 3), best score first.

        Faces narrower than `smallest_px` need not be found, which takes less time.
        """
        found: list[list[Floats]] = [[] for _ in images]
        for indices in _same_size(images, self._batch):
            chunk = [images[index] for index in indices]
            for scale in self._scales(chunk[0], smallest_px):
                for index, rows in zip(indices, self._run(chunk, scale), strict=True):
                    found[index].append(rows)
        merged = [_merge(np.concatenate(rows)) for rows in found]
        pairs = zip(images, merged, strict=True)
        return [_detections(self._refined(image, rows)) for image, rows in pairs]

    def _refined(self, image: Image, rows: Floats) -> Floats:
        """Replace the points by exact ones, and drop what the second net takes for no face."""
        if self._landmarks is None or not len(rows):
            return rows
        points, scores = self._landmarks.find(image, rows[:, :4])
        rows = np.concatenate([rows[:, :4], points.reshape(-1, 10), rows[:, 14:]], axis=1)
        sure = (rows[:, 14] >= SURE_SCORE) & (scores >= SECOND_LEAST_SCORE)
        return np.asarray(rows[sure | (scores >= SECOND_SURE_SCORE)])

    def _scales(self, image: Image, smallest_px: float) -> list[float]:
        """Return the scales for a picture; a small one is seen whole at the first."""
        fine, coarse = (min(1.0, side / max(image.shape[:2])) for side in self._sides)
        if smallest_px > 0.0:
            fine = min(fine, max(coarse, KNOWN_PX / smallest_px))
        return [fine, coarse] if coarse < fine else [fine]

    def _run(self, images: Sequence[Image], scale: float) -> list[Floats]:
        """Return one array (faces, 15) for each picture: box, ten landmark values, score."""
        batch = _net_input(images, scale)
        outputs = dict(zip(self._outputs, self._session.run(None, {"input": batch}), strict=True))
        result = []
        for index in range(len(images)):
            grids = [
                _decode(outputs, index, stride, batch.shape[3], self._score_floor)
                for stride in STRIDES
            ]
            rows = np.concatenate(grids)
            rows[:, :14] /= scale
            result.append(rows)
        return result


def _same_size(images: Sequence[Image], most: int) -> Iterator[list[int]]:
    """Yield the indices of at most `most` pictures of one size, for one call of the net."""
    by_shape: dict[tuple[int, ...], list[int]] = {}
    for index, image in enumerate(images):
        by_shape.setdefault(image.shape, []).append(index)
    for indices in by_shape.values():
        for start in range(0, len(indices), most):
            yield indices[start : start + most]


def _net_input(images: Sequence[Image], scale: float) -> Floats:
    """Scale RGB pictures to the net's BGR planes of 0..255, black below and to the right."""
    import cv2

    height, width = (max(1, round(side * scale)) for side in images[0].shape[:2])
    last = STRIDES[-1]
    padded = (-(-height // last) * last, -(-width // last) * last)
    batch = np.zeros((len(images), 3, *padded), dtype=np.float32)
    for slot, image in zip(batch, images, strict=True):
        small: Array = image
        if scale < 1.0:
            small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        slot[:, :height, :width] = small[:, :, ::-1].transpose(2, 0, 1)
    return batch


def _decode(
    outputs: dict[str, Any], index: int, stride: int, width: int, score_floor: float
) -> Floats:
    """Turn one grid of one picture into rows of box corners, landmarks and score."""
    columns = width // stride
    score = np.sqrt(
        np.clip(outputs[f"cls_{stride}"][index, :, 0], 0, 1)
        * np.clip(outputs[f"obj_{stride}"][index, :, 0], 0, 1)
    )
    cells = np.flatnonzero(score >= score_floor)
    corner = np.stack([cells % columns, cells // columns], axis=1).astype(np.float32)
    box = outputs[f"bbox_{stride}"][index, cells]
    centre = (corner + box[:, :2]) * stride
    half = np.exp(box[:, 2:]) * (stride / 2)
    points = (outputs[f"kps_{stride}"][index, cells].reshape(-1, 5, 2) + corner[:, None]) * stride
    rows = [centre - half, centre + half, points.reshape(-1, 10), score[cells, None]]
    return np.concatenate(rows, axis=1).astype(np.float32)


def _merge(rows: Floats) -> Floats:
    """Keep the best box of each face (greedy non-maximum suppression), best score first."""
    rows = rows[np.argsort(-rows[:, 14], kind="stable")]
    kept: list[int] = []
    for index in range(len(rows)):
        if not any(_same_face(rows[best], rows[index]) for best in kept):
            kept.append(index)
    return rows[kept]


def _same_face(better: Floats, other: Floats) -> bool:
    low = np.maximum(better[:2], other[:2])
    high = np.minimum(better[2:4], other[2:4])
    common = float(np.prod(np.maximum(0.0, high - low)))
    area = float(np.prod(better[2:4] - better[:2]))
    other_area = float(np.prod(other[2:4] - other[:2]))
    if common > SAME_FACE_IOU * (area + other_area - common):
        return True
    return common > INSIDE_SHARE * min(area, other_area)


def _detections(rows: Floats) -> list[Detection]:
    return [
        Detection(
            box=(float(row[0]), float(row[1]), float(row[2]), float(row[3])),
            landmarks=row[4:14].reshape(5, 2).copy(),
            score=float(row[14]),
        )
        for row in rows
    ]

"""Tells whether faces stand upright, and else by which quarter turn of the picture they would.

Faces are found in footage that lies on its side or on its head, too, but with points set as if
they stood upright: eyes where the mouth is. What looks at such faces accuses genuine ones. Measured
on 93 frames of 47 genuine clips and their turned copies: the detector's best score in a frame is
.89 to .96 upright, at most .922 turned, and in every frame it is highest upright.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from media_screen.faces.detect import FaceDetector
    from media_screen.faces.track import FaceView

# Detector's score of a face that none reached lying or standing on its head.
SURE = 0.925
# Least score of the best face for which a file is turned: 99 of 100 upright faces reach it.
LIKELY = 0.9
# By how much the mean of the best scores must be higher turned than unturned (least seen: .018).
MARGIN = 0.01
LEANING = 45.0  # degrees; a head that leans farther does not stand upright


def stand_upright(faces: Iterable[FaceView]) -> bool:
    """Tell whether at least one of the faces surely stands upright."""
    return any(face.score >= SURE and abs(face.quality.roll_deg) <= LEANING for face in faces)


def turns_to_upright(detector: FaceDetector, pictures: Sequence[npt.NDArray[np.uint8]]) -> int:
    """Return by how many quarter turns counterclockwise the faces in pictures stand upright.

    0 when they stand as they are, when there are none, and in doubt.
    """
    if not pictures:
        return 0
    scores = np.array([_best_scores(detector, pictures, turns) for turns in range(4)])
    means = scores.mean(axis=1)
    best = int(means.argmax())
    sure = scores[best].max() >= LIKELY and means[best] >= means[0] + MARGIN
    return best if sure else 0


def _best_scores(
    detector: FaceDetector, pictures: Sequence[npt.NDArray[np.uint8]], turns: int
) -> list[float]:
    """Return the score of the best face in each picture, 0 without one."""
    turned = [np.ascontiguousarray(np.rot90(picture, turns)) for picture in pictures]
    return [max((one.score for one in found), default=0.0) for found in detector.detect(turned)]

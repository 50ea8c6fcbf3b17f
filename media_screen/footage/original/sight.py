"""Shows a face of the file, the same face in the original, and where they differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from media_screen.arrays import Floats, Image
from media_screen.faces.align import face_px
from media_screen.footage.original.overlay import band, grey
from media_screen.footage.original.pairs import FramePair

SIDE_PX = 224  # of the pictures
HEADROOM = 2.2  # width of what is shown, in widths of the face
# Difference of the band in which faces are compared, grey levels, that is shown in the strongest
# colour: clearly seen by eye; below the least it is coding.
STRONGEST, LEAST = 40.0, 8.0
QUALITY = 82  # of the JPEG


@dataclass(frozen=True, slots=True)
class Moment:
    """One face at one moment in file and original, and the difference, as JPEG pictures.

    `excess` is the natural log of how much more the face differs than the rest of the frame.
    """

    time_s: float
    original_s: float
    excess: float
    file: bytes
    original: bytes
    difference: bytes


def moment(pair: FramePair, track: int, excess: float) -> Moment:
    """Return how a face looks in a pair of frames, on both sides, and where it differs."""
    mine, theirs = (_around(image, pair.faces[track]) for image in (pair.picture, pair.original))
    heat = _heat(mine, theirs)
    return Moment(
        time_s=pair.time_s,
        original_s=pair.original_s,
        excess=excess,
        file=_jpeg(mine),
        original=_jpeg(theirs),
        difference=_jpeg(heat),
    )


def _around(image: Image, points: Floats) -> Image:
    """Return the square around a face, upright as the picture is."""
    import cv2

    scale = SIDE_PX / (HEADROOM * face_px(points))
    x, y = points.mean(axis=0)
    half = SIDE_PX / 2
    matrix = np.array([[scale, 0, half - scale * x], [0, scale, half - scale * y]])
    side = (SIDE_PX, SIDE_PX)
    cut = cv2.warpAffine(image, matrix, side, flags=cv2.INTER_LINEAR, borderValue=(128,) * 3)
    return np.asarray(cut, np.uint8)


def _heat(mine: Image, theirs: Image) -> Image:
    """Return the original in grey, with what differs in warm colours over it."""
    import cv2

    face = SIDE_PX / HEADROOM
    fine, coarse = face * 0.03, face * 0.12
    levels = [band(grey(image), fine, coarse) for image in (mine, theirs)]
    gain = float((levels[0] * levels[1]).sum() / max(1.0, float((levels[1] ** 2).sum())))
    apart = cv2.GaussianBlur(np.abs(levels[0] - np.clip(gain, 0.5, 2.0) * levels[1]), (0, 0), fine)
    share = np.clip((apart - LEAST) / (STRONGEST - LEAST), 0.0, 1.0)
    colours = cv2.applyColorMap((share * 255).astype(np.uint8), cv2.COLORMAP_HOT)[..., ::-1]
    back = np.repeat((0.45 * grey(theirs))[..., None], 3, axis=2)
    weight = np.sqrt(share)[..., None]
    return np.asarray(back * (1 - weight) + colours * weight, np.uint8)


def _jpeg(image: Image) -> bytes:
    import cv2

    options = [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    done, encoded = cv2.imencode(".jpg", np.ascontiguousarray(image[:, :, ::-1]), options)
    if not done:
        raise ValueError(f"OpenCV could not write a JPEG of {image.shape}")
    return encoded.tobytes()

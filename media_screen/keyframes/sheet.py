"""A contact sheet: the key frames of a file in one picture, each with its time."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from media_screen.arrays import Image

COLUMNS = 4
CELL = (320, 240)  # px, width and height of a picture
LINE = 34  # px of the line with the time below it
GAP = 10  # px between cells
_GROUND, _TEXT = (24, 24, 24), (240, 240, 240)  # RGB
_BLUR = 25  # px; sexual content is not to be made out


def small(image: Image) -> Image:
    """Return a frame as it stands on a sheet."""
    import cv2

    height, width = image.shape[:2]
    scale = min(CELL[0] / width, CELL[1] / height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def contact_sheet(frames: Sequence[tuple[str, Image]], *, blurred: bool = False) -> Image:
    """Return one picture of small frames, each above its words, which are ASCII."""
    import cv2

    columns = min(COLUMNS, len(frames))
    rows = math.ceil(len(frames) / columns)
    height, width = CELL[1] + LINE + GAP, CELL[0] + GAP
    sheet = np.full((rows * height + GAP, columns * width + GAP, 3), _GROUND, np.uint8)
    for place, (words, image) in enumerate(frames):
        top, left = GAP + place // columns * height, GAP + place % columns * width
        shown = cv2.GaussianBlur(image, (0, 0), _BLUR) if blurred else image
        y, x = top + (CELL[1] - image.shape[0]) // 2, left + (CELL[0] - image.shape[1]) // 2
        sheet[y : y + image.shape[0], x : x + image.shape[1]] = shown
        cv2.putText(
            sheet,
            words,
            (left + 4, top + CELL[1] + 24),
            cv2.FONT_HERSHEY_SIMPLEX,
            0.62,
            _TEXT,
            1,
            cv2.LINE_AA,
        )
    return sheet

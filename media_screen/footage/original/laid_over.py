"""Finds what somebody laid over a picture: captions, headlines, logos, a box in a corner.

It has detail that the original has not, or hides what the original has, it is that strong and that
large that no coding makes it, and it is not what the original shows a little beside: that has only
moved. It says nothing of how both pictures lie over one another, and is left out where that is
measured.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from media_screen.arrays import Array, Bytes, Flags, Floats

# All of it in px of a canvas of about 320 lines, and in grey levels.
PATCH_PX = 11  # over which both pictures are compared
STRANGE = 14.0  # root of the mean square of the difference from which it is strong
UNLIKE = 0.5  # correlation up to which a patch shows something else
LEAST_PX = 9  # of both sides of a patch: an edge that lies a little off is thinner
WIDENED_PX = 4  # on each side, for the edges of a patch are compared with what is near
# Share of what is compared up to which something lies over it, where it is not known yet that both
# pictures lie in the same place: with more it is another picture, or it lies elsewhere.
MOST = 0.45
MOVED_PX = 32  # as far as what moves may lie from where the original has it
MOVED_ALIKE = 0.6  # correlation from which it is the same
LEAST_DETAIL = 1.0  # squared: what a plain picture is at least taken to have


Box = tuple[slice, slice]  # rows and columns


def laid_over(file: Floats, original: Floats, where: Flags, *, most: float = MOST) -> Flags:
    """Return what lies over the picture of a file, of the part that is asked about.

    `file` and `original` are bands of frequencies of both pictures (`overlay.band`) on one canvas.
    Where more than the share `most` is strange, nothing is taken to lie over the picture.
    """
    import cv2

    strange = local_detail(file - original) > STRANGE
    together = _averaged(file * original)
    power = _averaged(file * file) * _averaged(original * original)
    alone = np.sqrt(np.maximum(power, 0.0))  # sums that are rounded fall below it
    unlike = together < UNLIKE * alone + LEAST_DETAIL
    found = (strange & unlike & where).astype(np.uint8)
    thick = np.ones((LEAST_PX, LEAST_PX), np.uint8)
    found = np.asarray(cv2.morphologyEx(found, cv2.MORPH_OPEN, thick), np.uint8)
    if not found.any() or found[where].sum() > most * where.sum():
        return np.zeros_like(where)
    for box, patch in patches(found):
        if _moved(file, original, box) and _moved(original, file, box):
            found[box][patch] = 0
    side = 2 * WIDENED_PX + 1
    return np.asarray((cv2.dilate(found, np.ones((side, side), np.uint8)) > 0) & where)


def patches(mask: Flags | Bytes) -> Iterator[tuple[Box, Flags]]:
    """Give the connected patches of a mask: where each lies, and which pixels there are its own."""
    import cv2

    _, numbers, boxes, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    for number, (left, top, width, height, _) in enumerate(boxes.tolist()[1:], start=1):
        box = slice(top, top + height), slice(left, left + width)
        yield box, np.asarray(numbers[box] == number)


def local_detail(picture: Floats) -> Floats:
    """Return how much a band of a picture shows around each pixel: the root of its mean square."""
    return np.sqrt(np.maximum(_averaged(picture * picture), 0.0))  # sums that are rounded


def _moved(one: Floats, other: Floats, box: Box) -> bool:
    """Tell whether what one picture shows in a box is seen near it in the other."""
    import cv2

    down, across = box
    patch = one[box]
    if float(patch.std()) < 1.0:
        return False
    top, left = max(0, down.start - MOVED_PX), max(0, across.start - MOVED_PX)
    around = other[top : down.stop + MOVED_PX, left : across.stop + MOVED_PX]
    alike = cv2.matchTemplate(around, patch, cv2.TM_CCOEFF_NORMED)
    return float(np.nan_to_num(alike, posinf=0.0).max()) >= MOVED_ALIKE


def _averaged(values: Array) -> Floats:
    import cv2

    return np.asarray(cv2.blur(values, (PATCH_PX, PATCH_PX)), np.float32)

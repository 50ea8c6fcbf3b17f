"""Finds what somebody laid over a picture: captions, headlines, logos, a box in a corner.

It has detail that the original has not, or hides what the original has, and it is that strong and
that large that no coding makes it. It says nothing of how both pictures lie over one another, and
is left out where that is measured.
"""

from __future__ import annotations

import numpy as np

from media_screen.arrays import Array, Flags, Floats

PATCH_PX = 11  # over which both pictures are compared, of a canvas of 320 lines
STRANGE = 14.0  # grey levels of the difference, root of its mean square, from which it is strong
UNLIKE = 0.5  # correlation up to which a patch shows something else
LEAST_PX = 9  # of both sides of a patch: an edge that lies a little off is thinner
GROWN_PX = 9  # by which patches are widened in all, for their edges are compared with what is near
# Share of what is compared up to which something lies over it; with more it is another picture, or
# it lies elsewhere.
MOST = 0.6


def laid_over(file: Floats, original: Floats, where: Flags) -> Flags:
    """Return what lies over the picture of a file, of the part that is asked about.

    `file` and `original` are bands of frequencies of both pictures (`overlay.band`), in grey
    levels, on one canvas.
    """
    import cv2

    strange = _averaged((file - original) ** 2) > STRANGE**2
    together = _averaged(file * original)
    power = _averaged(file * file) * _averaged(original * original)
    alone = np.sqrt(np.maximum(power, 0.0))  # sums that are rounded fall below it
    found = (strange & (together < UNLIKE * alone) & where).astype(np.uint8)
    found = cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((LEAST_PX, LEAST_PX), np.uint8))
    over = cv2.dilate(found, np.ones((GROWN_PX, GROWN_PX), np.uint8)) > 0
    if over[where].sum() > MOST * where.sum():
        return np.zeros_like(where)
    return np.asarray(over & where)


def _averaged(values: Array) -> Floats:
    import cv2

    return np.asarray(cv2.blur(values, (PATCH_PX, PATCH_PX)), np.float32)

"""What the networks see of an aligned crop."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from media_screen.arrays import Floats, Image

# Part of the 256 px crop that a network sees, px: side, left and upper edge. The whole outline of
# the face with a little of what surrounds it, since a blend shows where the two meet.
WINDOW = 208
LEFT, TOP = 24, 36
# The side it is shown at, px: most faces of web video are no larger than that.
SIDE = 160


def view(crops: Sequence[Image] | Image) -> Floats:
    """Return a network's input (n, 3, 160, 160), RGB, 0 to 255, from 256 x 256 crops."""
    import cv2

    cut = np.asarray(crops, dtype=np.uint8)[:, TOP : TOP + WINDOW, LEFT : LEFT + WINDOW]
    shown = [cv2.resize(one, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR) for one in cut]
    faces = np.asarray(shown, dtype=np.float32).reshape(-1, SIDE, SIDE, 3)
    return np.ascontiguousarray(faces.transpose(0, 3, 1, 2))

"""Turns what was seen of a mouth into its movement, free of the pose and the looks of the face.

Lips and jaw are brought into one frontal pose by the parts of the face that don't speak, and their
mean over the window is taken away, so that what is left is movement. Beside it stand the lowest
frequencies of the grey mouth (a discrete cosine transform, long used for reading lips: Potamianos
et al., "Recent advances in the automatic recognition of audiovisual speech", Proc. IEEE 2003), in
which teeth and tongue show.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.fft import dctn

from media_screen.arrays import Doubles, Flags, Floats
from media_screen.detectors.lip_sync.sight import Sight

RATE = 25  # movements a second; the usual rate of synchrony networks, and a frame is 40 ms
# Points of the mesh: lips (outer, then inner), jaw, and what stays still in speech: the corners of
# the eyes, the bridge of the nose, forehead and temples.
LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185,
        78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80,
        191)  # fmt: skip
JAW = (172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397)
STILL = (33, 133, 362, 263, 168, 6, 197, 195, 10, 151, 9, 127, 356, 234, 454)
_TOP, _BOTTOM, _LEFT, _RIGHT = 13, 14, 61, 291  # inner lips above each other, corners of the mouth
_OUTER_EYES = (33, 263)
# Lowest frequencies of the mouth that are kept, down and across.
_DOWN, _ACROSS = 8, 5
FEATURES = 3 * len(LIPS) + 2 * len(JAW) + _DOWN * _ACROSS
LEAST_SCORE = 0.5  # of the mesh; under it there is rather no face
# s between two frames over which movement is interpolated; at 12.5 frames a second steps are 0.08.
_GAP = 0.2


@dataclass(frozen=True, eq=False)
class Movement:
    """The movement of one mouth at 25 Hz, from `start` (s) on.

    `features` (n, 186) is what the network sees; `opening` (n,) the distance of the inner lips and
    `width` (n,) that of the corners, in distances of the outer eyes; `valid` (n,) is False where
    the face was not seen.
    """

    start: float
    features: Floats
    opening: Floats
    width: Floats
    valid: Flags

    @property
    def seconds(self) -> float:
        """Return how long the mouth was seen."""
        return float(self.valid.sum()) / RATE

    @property
    def speed(self) -> float:
        """Return how fast the mouth opens and closes, in distances of the outer eyes a second."""
        both = self.valid[1:] & self.valid[:-1]
        steps = np.abs(np.diff(self.opening))[both]
        return RATE * float(steps.mean()) if len(steps) else 0.0


def movement(sight: Sight, *, span: tuple[float, float] | None = None) -> Movement | None:
    """Return the movement of a mouth, or None when fewer than two frames show a face.

    `span` (s) sets where it begins and ends (default: the first and the last frame).
    """
    good = sight.scores >= LEAST_SCORE
    times = sight.times[good]
    if len(times) < 2:
        return None
    posed = frontal(sight.points[good])
    lips = posed[:, LIPS].reshape(len(posed), -1)
    jaw = posed[:, JAW, :2].reshape(len(posed), -1)
    rows = np.concatenate([lips, jaw, _looks(sight.mouths[good])], axis=1)
    opening = np.linalg.norm(posed[:, _TOP] - posed[:, _BOTTOM], axis=1)
    width = np.linalg.norm(posed[:, _LEFT] - posed[:, _RIGHT], axis=1)
    start, end = span or (float(times[0]), float(times[-1]))
    grid = start + np.arange(max(1, round((end - start) * RATE))) / RATE
    columns = np.column_stack([rows - rows.mean(axis=0), opening, width])
    even = np.stack([np.interp(grid, times, column) for column in columns.T], axis=1)
    after = np.clip(np.searchsorted(times, grid), 1, len(times) - 1)
    near = np.minimum(np.abs(times[after] - grid), np.abs(times[after - 1] - grid))
    valid = (near <= _GAP) & ((times[after] - times[after - 1] <= 2 * _GAP) | (near <= 1 / RATE))
    return Movement(
        start,
        np.asarray(even[:, :-2], np.float32),
        np.asarray(even[:, -2], np.float32),
        np.asarray(even[:, -1], np.float32),
        valid,
    )


def frontal(points: Floats) -> Floats:
    """Return the points (n, 468, 3) in one pose, in distances of the outer eyes.

    Each frame is turned, scaled and moved so that its still points fit their mean over all frames
    (Procrustes analysis; Kabsch 1976).
    """
    exact: Doubles = points.astype(np.float64)
    still = exact[:, STILL]
    reference: Doubles = still.mean(axis=0)
    for _ in range(2):  # the mean of turned frames is blurred, that of aligned ones is not
        reference = np.mean(_fitted(still, still, reference), axis=0)
    return np.asarray(_fitted(exact, still, reference) / _eye_distance(reference), np.float32)


def _eye_distance(reference: Doubles) -> float:
    left, right = (reference[STILL.index(index)] for index in _OUTER_EYES)
    return max(float(np.linalg.norm(left - right)), 1e-6)


def _fitted(
    points: Doubles,
    still: Doubles,
    reference: Doubles,
) -> Doubles:
    """Move the points of each frame by what brings its still points onto the reference."""
    centre = still.mean(axis=1, keepdims=True)
    own, wanted = still - centre, reference - reference.mean(axis=0)
    left, sizes, right = np.linalg.svd(own.transpose(0, 2, 1) @ wanted)
    sign = np.ones((len(points), 3))
    sign[:, 2] = np.sign(np.linalg.det(left @ right))  # a turn, never a mirror image
    turn = (left * sign[:, None]) @ right
    scale = (sizes * sign).sum(axis=1) / np.maximum((own**2).sum(axis=(1, 2)), 1e-12)
    return np.asarray(scale[:, None, None] * ((points - centre) @ turn))


def _looks(mouths: npt.NDArray[np.uint8]) -> Floats:
    """Return the lowest frequencies of the grey mouths, at the contrast of the whole window."""
    grey = mouths.astype(np.float32)
    grey = (grey - grey.mean()) / max(float(grey.std()), 4.0)
    rows = dctn(grey, axes=(1, 2), norm="ortho")[:, :_DOWN, :_ACROSS]
    return np.asarray(rows.reshape(len(mouths), -1) / 8.0, np.float32)

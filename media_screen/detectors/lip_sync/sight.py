"""Watches a mouth frame by frame: the points of the face, its texture, and a small grey picture.

A look over a file places the five points of a face a few times a second; between them the points
are interpolated, so a dense window needs no search for faces, and the mesh corrects the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from media_screen.arrays import Doubles, Floats, Image
from media_screen.faces.align import MOUTH_WINDOW, align, window
from media_screen.faces.mesh import MeshNet

if TYPE_CHECKING:
    from media_screen.media import Frame


# s between two placed faces over which the points are interpolated; a look has steps of 0.2 s, and
# with two lost in a row a talking head has moved by less than the mesh corrects.
LONGEST_GAP = 0.65
BEYOND = 0.15  # s before the first and after the last placed face that are watched, too
MOUTH_SIDE = 32  # px of the grey mouth, which is 96 px of the crop: fine enough for lips and teeth
# Part of the 256 px crop that is measured, px: rows and columns from the brow to under the chin.
_ROWS, _COLUMNS = slice(88, 236), slice(56, 200)
# Regions of it, px of the crop: left, top, right, bottom.
REGIONS = {
    "mouth": (92, 162, 164, 206),
    "eyes": (72, 98, 184, 126),
    "cheeks": (66, 130, 94, 168),
    "nose": (110, 124, 146, 154),
    "chin": (100, 208, 156, 230),
}
# What is measured of each: fine and middle detail, change of fine detail since the last frame,
# brightness, and colour (red against grey).
KINDS = ("fine", "middle", "change", "light", "colour")
_FINE, _MIDDLE = 1.2, 3.6  # px, spreads of the blurs between which detail lies


@dataclass(frozen=True, eq=False)
class Course:
    """Where a face is over time: `times` (k,) s, rising, and `landmarks` (k, 5, 2) px."""

    times: Doubles
    landmarks: Floats

    def at(self, time_s: float) -> Floats | None:
        """Return the five points at a time, or None where the face was not seen around it."""
        after = int(np.searchsorted(self.times, time_s))
        if after == 0 or after == len(self.times):
            near = min(after, len(self.times) - 1)
            close = abs(float(self.times[near]) - time_s) <= BEYOND
            return self.landmarks[near] if close else None
        start, end = self.times[after - 1], self.times[after]
        if end - start > LONGEST_GAP:
            return None
        share = (time_s - start) / (end - start)
        mixed = (1 - share) * self.landmarks[after - 1] + share * self.landmarks[after]
        return np.asarray(mixed, np.float32)


@dataclass(frozen=True, eq=False)
class Sight:
    """One face over n frames of a window.

    `times` (n,) s; `points` (n, 468, 3) px of the crop and `scores` (n,) of the mesh; `mouths`
    (n, 32, 32) grey; `texture` (n, regions, kinds) in levels of 0 to 255 (see REGIONS and KINDS).
    """

    times: Doubles
    points: Floats
    scores: Floats
    mouths: Image
    texture: Floats


def crops_along(
    frames: Iterable[Frame], courses: Sequence[Course]
) -> list[tuple[list[float], list[Image]]]:
    """Return for each course the times (s) and the aligned crops of the frames that show it."""
    seen: list[tuple[list[float], list[Image]]] = [([], []) for _ in courses]
    for frame in frames:
        for course, (times, crops) in zip(courses, seen, strict=True):
            landmarks = course.at(frame.time_s)
            if landmarks is not None:
                times.append(frame.time_s)
                crops.append(align(frame.image, landmarks))
    return seen


def measure(times: Sequence[float], crops: Sequence[Image], net: MeshNet) -> Sight:
    """Measure the aligned crops (256 x 256 RGB) of one face in a window."""
    import cv2

    mesh = net.find(crops)
    mouths = window(np.asarray(crops, np.uint8).reshape(-1, 256, 256, 3), MOUTH_WINDOW, MOUTH_SIDE)
    grey = [cv2.cvtColor(mouth, cv2.COLOR_RGB2GRAY) for mouth in mouths]
    return Sight(
        times=np.asarray(times, np.float64),
        points=mesh.points,
        scores=mesh.scores,
        mouths=np.asarray(grey, np.uint8).reshape(-1, MOUTH_SIDE, MOUTH_SIDE),
        texture=_texture(crops),
    )


def _texture(crops: Sequence[Image]) -> Floats:
    import cv2

    rows = np.zeros((len(crops), len(REGIONS), len(KINDS)), np.float32)
    before: Floats | None = None
    for row, crop in zip(rows, crops, strict=True):
        part = np.ascontiguousarray(crop[_ROWS, _COLUMNS])
        grey = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY).astype(np.float32)
        soft = cv2.GaussianBlur(grey, (0, 0), _FINE)
        softer = cv2.GaussianBlur(soft, (0, 0), _MIDDLE)
        fine = np.asarray(grey - soft, np.float32)
        change = np.zeros_like(fine) if before is None else np.abs(fine - before)
        red = part[..., 0].astype(np.float32) - grey
        maps = (np.abs(fine), np.abs(soft - softer), change, grey, red)
        for region, (left, top, right, bottom) in enumerate(REGIONS.values()):
            place = (
                slice(top - _ROWS.start, bottom - _ROWS.start),
                slice(left - _COLUMNS.start, right - _COLUMNS.start),
            )
            row[region] = [float(values[place].mean()) for values in maps]
        before = fine
    if len(rows) > 1:
        rows[0, :, KINDS.index("change")] = rows[1, :, KINDS.index("change")]
    return rows

"""Finds the faces of frames that follow closely, without searching each of them for everything.

All of a frame is searched once a second, after a cut, and where a face is missing that was there.
Of the frames between, only faces as wide as those that are known are looked for, at the scale at
which they are found as well: a new face is found at once when it is as large, else within a second.
"""

from __future__ import annotations

from collections.abc import Sequence

from media_screen.arrays import Image
from media_screen.faces.detect import Detection, FaceDetector

WHOLE_EVERY = 1.0  # s; what is seen for less says little of a person
# Share of the width of the narrowest known face down to which the frames between are searched.
NARROWER = 0.8


class CloseSearch:
    """Finds faces in one stretch of frames; take another for the next."""

    def __init__(self, detector: FaceDetector, *, least_px: float) -> None:
        """Faces narrower than `least_px` may be missing in the frames between."""
        self._detector = detector
        self._least = least_px
        self._whole_s = float("-inf")
        self._known: list[Detection] = []

    def detect(
        self, times: Sequence[float], images: Sequence[Image], cuts: Sequence[bool]
    ) -> list[list[Detection]]:
        """Return the faces of the next frames; `cuts` says which of them begin a shot."""
        found: dict[int, list[Detection]] = {}
        whole, between = self._split(times, cuts)
        self._search(images, whole, found)
        for first, some in zip((None, *whole), between, strict=True):
            known = self._known if first is None else self._large(found[first])
            px = min((_width(one) for one in known), default=float("inf")) * NARROWER
            self._search(images, some, found, smallest_px=px)
            lost = [index for index in some if len(self._large(found[index])) < len(known)]
            self._search(images, lost, found)
            self._known = known
        return [found[index] for index in range(len(images))]

    def _split(
        self, times: Sequence[float], cuts: Sequence[bool]
    ) -> tuple[list[int], list[list[int]]]:
        """Return which frames are searched whole, and those before the first and after each."""
        whole: list[int] = []
        between: list[list[int]] = [[]]
        for index, (time_s, cut) in enumerate(zip(times, cuts, strict=True)):
            if cut or time_s - self._whole_s >= WHOLE_EVERY:
                self._whole_s = time_s
                whole.append(index)
                between.append([])
            else:
                between[-1].append(index)
        return whole, between

    def _search(
        self,
        images: Sequence[Image],
        indices: Sequence[int],
        found: dict[int, list[Detection]],
        *,
        smallest_px: float = 0.0,
    ) -> None:
        pictures = [images[index] for index in indices]
        faces = self._detector.detect(pictures, smallest_px=smallest_px) if pictures else []
        found.update(zip(indices, faces, strict=True))

    def _large(self, faces: Sequence[Detection]) -> list[Detection]:
        return [one for one in faces if _width(one) >= self._least]


def _width(face: Detection) -> float:
    return face.box[2] - face.box[0]

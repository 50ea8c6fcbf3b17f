"""Takes a few faces of every labelled clip, for training: moments spread evenly over its start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from media_screen.arrays import Floats, Image
from media_screen.detectors.face_artifact.forged import is_good

if TYPE_CHECKING:
    from media_screen.faces.align import Quality
    from media_screen.faces.detect import FaceDetector

MOMENTS = 12  # of a clip
LONGEST = 20.0  # s of a clip that moments are taken from
SIDE = 1280  # px, of the picture that faces are looked for in: that of a scan


@dataclass(frozen=True)
class Panel:
    """The part of the pictures that is looked at, as shares of their width and height."""

    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0

    @staticmethod
    def read(text: str) -> Panel:
        """Read "left,top,right,bottom"; empty is the whole picture."""
        return Panel(*map(float, text.split(","))) if text.strip() else Panel()

    def cut(self, picture: Image) -> Image:
        """Return this part of a picture (height, width, 3)."""
        height, width = picture.shape[:2]
        rows = slice(round(self.top * height), round(self.bottom * height))
        columns = slice(round(self.left * width), round(self.right * width))
        return np.ascontiguousarray(picture[rows, columns])


@dataclass(frozen=True, eq=False)
class ClipFace:
    """A face of a clip: its moment, s, the 256 px crop, its five points in it, and its quality."""

    time_s: float
    crop: Image
    points: Floats
    quality: Quality


def find_faces(path: Path, panel: Panel, *, moments: int = MOMENTS) -> list[ClipFace]:
    """Return the largest face at each of some moments; none where the clip can't be read."""
    from media_screen.faces.align import REFERENCE, align, measure_quality, similarity

    faces = []
    for time_s, picture in _moments(path, moments):
        seen = panel.cut(picture)
        found = _detector().detect([seen])[0]
        if not found:
            continue
        face = max(found, key=lambda one: (one.box[2] - one.box[0]) * one.score)
        crop = align(seen, face.landmarks)
        quality = measure_quality(crop, face.landmarks, face.score, image_shape=seen.shape)
        if is_good(quality.size_px, quality.inside):
            matrix = similarity(face.landmarks, REFERENCE)
            points = face.landmarks @ matrix[:, :2].T + matrix[:, 2]
            faces.append(ClipFace(time_s, crop, points.astype(np.float32), quality))
    return faces


@cache
def _detector() -> FaceDetector:
    """Return the detector of this process, opened once, on one thread."""
    from media_screen.faces.detect import FaceDetector
    from media_screen.weights import nets

    nets.limit_threads(1)
    return FaceDetector.load()


def _moments(path: Path, moments: int) -> Iterator[tuple[float, Image]]:
    """Yield times, s, and RGB pictures at evenly spread moments, no larger than a scan looks at."""
    import av

    try:
        with av.open(str(path)) as clip:
            video = clip.streams.video[0]
            video.thread_type = "SLICE"
            seconds = float(clip.duration or 0) / av.time_base or LONGEST
            step = min(seconds, LONGEST) / moments
            due = step / 2
            for frame in clip.decode(video):
                moment = float(frame.time or 0.0) - float(video.start_time or 0) * float(
                    video.time_base or 0
                )
                if moment > LONGEST:
                    break
                if moment + 1e-6 < due:
                    continue
                due += step
                scale = min(1.0, SIDE / max(frame.width, frame.height))
                size = (round(frame.width * scale), round(frame.height * scale))
                shown = frame.reformat(*size, format="rgb24", interpolation="AREA")
                yield moment, shown.to_ndarray()
    except (av.FFmpegError, IndexError, OSError, ValueError):
        return

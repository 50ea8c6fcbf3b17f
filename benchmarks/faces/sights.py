"""Reads the labelled media and collects the faces that the detector finds in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.faces.people import identity_of
from media_screen.arrays import Image
from media_screen.faces import align
from media_screen.faces.detect import FaceDetector
from training.manifest import MediaRow, read_media_rows

# Frames taken from a clip, evenly spaced.
FRAMES = {"real_video": 12, "fake_video": 4}
# Faces below this width, px, are left out of the identity pairs: too small for any embedder.
LEAST_PX = 24.0


@dataclass(frozen=True)
class FaceSight:
    """One face of one frame of one file."""

    path: str
    kind: str
    identity: str
    time_s: float
    score: float
    quality: align.Quality
    centre: tuple[float, float]
    crop: Image


def files_with_faces(media: Path) -> list[MediaRow]:
    """Return the labelled files that show faces."""
    wanted = ("real_video", "fake_video", "real_face", "fake_face")
    return [row for row in read_media_rows(media) if row.kind in wanted]


def read_frames(path: Path, count: int) -> Iterator[tuple[float, Image]]:
    """Yield (time in s, RGB frame) of a picture or of evenly spaced frames of a video."""
    import av
    import cv2

    if path.suffix.lower() in (".jpg", ".jpeg", ".png"):
        still: Any = cv2.imread(str(path))
        yield 0.0, np.ascontiguousarray(still[:, :, ::-1])
        return
    with av.open(str(path)) as container:
        frames = list(container.decode(container.streams.video[0]))
        for index in np.unique(np.linspace(0, len(frames) - 1, count).round().astype(int)):
            frame = frames[index]
            yield float(frame.time or 0.0), frame.to_ndarray(format="rgb24")


def collect(
    media: Path, rows: Sequence[MediaRow], detector: FaceDetector
) -> tuple[list[FaceSight], dict[str, list[int]]]:
    """Return all faces of all frames, and for each kind [frames, frames with a face]."""
    sights: list[FaceSight] = []
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        for time_s, image in read_frames(media / row.path, FRAMES.get(row.kind, 1)):
            found = detector.detect([image])[0]
            counts[row.kind][0] += 1
            counts[row.kind][1] += bool(found)
            for face in found:
                crop = align.align(image, face.landmarks)
                quality = align.measure_quality(
                    crop, face.landmarks, face.score, image_shape=image.shape
                )
                x0, y0, x1, y1 = face.box
                centre = ((x0 + x1) / 2, (y0 + y1) / 2)
                identity = identity_of(row)
                sights.append(
                    FaceSight(
                        row.path,
                        row.kind,
                        identity,
                        time_s,
                        face.score,
                        quality,
                        centre,
                        crop,
                    )
                )
    return sights, dict(counts)


def largest_each_frame(sights: Sequence[FaceSight]) -> list[FaceSight]:
    """Keep the widest face of each frame."""
    best: dict[tuple[str, float], FaceSight] = {}
    for sight in sights:
        key = (sight.path, sight.time_s)
        if key not in best or sight.quality.size_px > best[key].quality.size_px:
            best[key] = sight
    return [sight for sight in best.values() if sight.quality.size_px >= LEAST_PX]

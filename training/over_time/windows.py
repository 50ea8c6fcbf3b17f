"""Cuts windows of consecutive frames of one face out of labelled clips, with points of its mesh.

The store holds one `.npz` for each clip. Stopping and starting again goes on after the last file
that was written.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from media_screen.arrays import Floats, Image
from media_screen.detectors.face_artifact.whole import LEFT, SIDE, TOP
from media_screen.detectors.lip_sync.sight import Course, crops_along
from media_screen.evidence import Span
from media_screen.faces.detect import FaceDetector
from media_screen.faces.mesh import MeshNet
from media_screen.look import WINDOW_FPS
from media_screen.media import Media, MediaError
from media_screen.weights import nets
from training.checkpoint import whole
from training.lip_sync.prepare import follow
from training.manifest import MediaRow, read_media_rows

FRAMES = 32  # of a window: 1.3 s at 25 a second, of which a network sees half
LEAST_FRAMES = 24  # of a shorter one, which goes back from its end
PIXELS = 128  # side of a kept crop, px; it shows what `face_artifact` sees of a face
FASTEST = 27.0  # frames/s; of faster clips frames are left out
SLOWEST_STEP = 0.075  # s; below some 13 frames/s movement is not seen as it is
EVERY = 1.6  # s from window to window
# Windows of a clip, spread evenly, and s of it that are looked at: genuine clips are taught.
MOST_WINDOWS = {"real_video": 8, "fake_video": 4}
SECONDS = {"real_video": 40.0, "fake_video": 12.0}
LEAST_SCORE = 0.5  # median score of the mesh below which there is hardly a face


@dataclass(frozen=True, eq=False)
class Windows:
    """The windows of one clip: `crops` (n, 32, 128, 128, 3) RGB, `points` (n, 32, 468, 2) px."""

    crops: Image
    points: Floats


def prepare(media: Path, store: Path) -> Iterator[str]:
    """Fill a store, genuine clips first, and yield a line for each file that was added."""
    store.mkdir(parents=True, exist_ok=True)
    nets.limit_threads(1)
    for row in sorted(rows_of(media), key=lambda row: row.kind):
        target = place_of(row, store)
        if target.is_file():
            continue
        try:
            found = _cut(media / row.path, row.kind)
        except MediaError as error:
            yield f"{row.path}: {error}"
            continue
        with whole(target) as part, part.open("wb") as stream:
            np.savez(stream, crops=found.crops, points=found.points.astype(np.float16))
        yield f"{row.path}: {len(found.crops)} windows"


def rows_of(media: Path) -> list[MediaRow]:
    """Return the clips that show one face: panels of comparisons are left out."""
    rows = read_media_rows(media)
    return [row for row in rows if row.kind in SECONDS and row.layout != "noface" and not row.panel]


def place_of(row: MediaRow, store: Path) -> Path:
    """Return where the windows of a clip lie."""
    return store / f"{hashlib.sha256(row.path.encode()).hexdigest()[:16]}.npz"


def load(path: Path) -> Windows:
    """Read the windows of a clip back."""
    with np.load(path, allow_pickle=False) as saved:
        return Windows(saved["crops"], saved["points"].astype(np.float32))


def _cut(path: Path, kind: str) -> Windows:
    detector, net = _nets()
    crops, points = [], []
    with Media.open(path, threads=1) as media:
        seen = Span(0.0, min(SECONDS[kind], media.info.duration_s or SECONDS[kind]))
        courses = follow(media.window(seen, fps=WINDOW_FPS), detector)
        for course, start in _spread(courses, MOST_WINDOWS[kind]):
            span = Span(start, start + 2 * FRAMES / FASTEST)
            ((times, found),) = crops_along(media.window(span), [course])
            taken = _steady(times)
            if len(taken) < LEAST_FRAMES:
                continue
            window = np.stack([found[frame] for frame in taken])
            mesh = net.find(window)
            if np.median(mesh.scores) >= LEAST_SCORE:
                crops.append(_filled(_middle(window)))
                points.append(_filled(_moved(mesh.points)))
    return Windows(
        np.array(crops, np.uint8).reshape(-1, FRAMES, PIXELS, PIXELS, 3),
        np.array(points, np.float32).reshape(-1, FRAMES, 468, 2),
    )


def _spread(courses: Sequence[Course], most: int) -> list[tuple[Course, float]]:
    """Return where windows begin, evenly over all that is seen of the face."""
    starts = [
        (course, float(start))
        for course in courses
        for start in np.arange(course.times[0], course.times[-1] - EVERY + 0.3, EVERY)
    ]
    if len(starts) <= most:
        return starts
    return [starts[place] for place in np.linspace(0, len(starts) - 1, most).round().astype(int)]


def _steady(times: Sequence[float]) -> list[int]:
    """Return which frames make up a window, () where they come too slowly."""
    steps = np.diff(times)
    step = float(np.median(steps)) if len(steps) else 0.0
    if step <= 0:
        return []
    every = max(1, round(1 / FASTEST / step))
    taken = list(range(0, len(times), every))[:FRAMES]
    lasting = times[taken[-1]] - times[taken[0]]
    return taken if len(taken) > 1 and lasting / (len(taken) - 1) <= SLOWEST_STEP else []


def _middle(crops: Image) -> Image:
    import cv2

    size = (PIXELS, PIXELS)
    parts = [crop[TOP : TOP + SIDE, LEFT : LEFT + SIDE] for crop in crops]
    return np.stack([cv2.resize(part, size, interpolation=cv2.INTER_AREA) for part in parts])


def _moved(points: Floats) -> Floats:
    corner = np.array([LEFT, TOP], np.float32)
    return np.asarray((points[..., :2] - corner) * (PIXELS / SIDE), np.float32)


def _filled(frames: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Return a window of full length: a shorter one goes back from its end."""
    lacking = FRAMES - len(frames)
    return np.concatenate([frames, frames[-1 - lacking : -1][::-1]]) if lacking else frames


@functools.cache
def _nets() -> tuple[FaceDetector, MeshNet]:
    return FaceDetector.load(), MeshNet.load()

"""Draws examples for the network: a pseudo-fake and its genuine window, degraded alike."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import av
import cv2
import numpy as np

from media_screen.arrays import Floats, Image
from training.over_time.moving import pseudo_fake
from training.over_time.network import FRAMES, SIDE
from training.over_time.windows import PIXELS, Windows

RATE = 25  # frames/s at which pairs are encoded


@dataclass(frozen=True, eq=False)
class PairExample:
    """A pair: `clips` (2, frames, side, side, 3), forged first, levels 0 to 255; and the kind."""

    clips: Floats
    kind: int


@dataclass(frozen=True, eq=False)
class Taught:
    """The windows of a genuine clip, and its collection."""

    windows: Windows
    collection: str


class PairDraw:
    """Draws batches by their number: collections count as the square root of their clips."""

    def __init__(self, taught: Sequence[Taught], *, size: int, seed: int) -> None:
        self._taught = [one for one in taught if len(one.windows.crops)]
        names = [one.collection for one in self._taught]
        weights = np.array([1 / math.sqrt(names.count(name)) for name in names])
        self._weights = weights / weights.sum()
        self._size, self._seed = size, seed

    def seeds(self, step: int) -> list[tuple[int, int]]:
        """Return for a batch which clips are taken, and the seed of each."""
        rng = np.random.default_rng((self._seed, step))
        clips = rng.choice(len(self._taught), self._size, p=self._weights)
        return [(int(clip), int(rng.integers(2**40))) for clip in clips]

    def example(self, drawn: tuple[int, int]) -> PairExample:
        """Make one example; the same draw gives the same example."""
        clip, seed = drawn
        return make_example(self._taught[clip].windows, np.random.default_rng(seed))


def make_example(windows: Windows, rng: np.random.Generator) -> PairExample:
    """Take a stretch of a window, forge it, and degrade both alike."""
    window = int(rng.integers(len(windows.crops)))
    start = int(rng.integers(0, windows.crops.shape[1] - FRAMES + 1))
    frames = np.ascontiguousarray(windows.crops[window, start : start + FRAMES])
    points = windows.points[window, start : start + FRAMES]
    if rng.random() < 0.15:
        frames, points = frames[::-1].copy(), points[::-1].copy()
    forged, genuine, kind = pseudo_fake(rng, frames, points)
    return PairExample(_degraded(rng, (forged, genuine)), kind)


def middle(crops: Image) -> Floats:
    """Return what the network sees of crops (n, frames, 128, 128, 3), undegraded."""
    edge = (PIXELS - SIDE) // 2
    return crops[:, :, edge : edge + SIDE, edge : edge + SIDE].astype(np.float32)


def _degraded(rng: np.random.Generator, pair: Sequence[Image]) -> Floats:
    """Cut, mirror, reduce, encode and relight both of a pair in one way."""
    x, y = rng.integers(0, PIXELS - SIDE + 1, 2)
    mirrored = rng.random() < 0.5
    side = 2 * int(rng.integers(30, SIDE // 2)) if rng.random() < 0.4 else SIDE  # px
    factor = int(rng.integers(16, 36)) if rng.random() < 0.75 else None  # x264's rate factor
    gain, shift = rng.uniform(0.8, 1.2), rng.uniform(-20, 20)
    changed = []
    for frames in pair:
        part: Any = frames[:, y : y + SIDE, x : x + SIDE]
        part = _resized(part[:, :, ::-1] if mirrored else part, side, cv2.INTER_AREA)
        part = part if factor is None else encoded(part, factor)
        part = _resized(part, SIDE, cv2.INTER_CUBIC).astype(np.float32)
        changed.append(np.clip(part * gain + shift, 0, 255))
    return np.asarray(changed, np.float32)


def _resized(frames: Image, side: int, how: int) -> Image:
    size = (side, side)
    return np.stack(
        [cv2.resize(np.ascontiguousarray(frame), size, interpolation=how) for frame in frames]
    )


def encoded(frames: Image, factor: int) -> Image:
    """Return frames (n, side, side, 3) as H.264 leaves them at a rate factor."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as out:
        options = {"crf": str(factor), "preset": "veryfast", "threads": "1"}
        stream = out.add_stream("libx264", rate=RATE, options=options)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        out.mux(stream.encode())
    buffer.seek(0)
    with av.open(buffer) as back:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in back.decode(video=0)])

"""Degrades genuine and forged crops alike, as cameras, platforms and reposts do.

A pseudo-fake and its source are given the same treatment, number by number, so that the treatment
itself can't tell them apart.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from media_screen.arrays import Image

# Share of pictures that are left as they are. The store holds re-encoded copies already, and where
# all is degraded once more, too little is left of a blend to learn from.
UNTOUCHED = 0.35


def degrade(images: list[Image], seed: int, *, grey: float = 0.08) -> list[Image]:
    """Return the pictures with one random chain of changes, the same for all of them."""
    if np.random.default_rng((seed, 1)).random() < UNTOUCHED:
        return images
    return [_degraded(image, np.random.default_rng(seed), grey=grey) for image in images]


def _degraded(image: Any, rng: np.random.Generator, *, grey: float) -> Image:
    import cv2

    if rng.random() < grey:
        image = np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    if rng.random() < 0.5:
        image = _toned(image, rng)
    if rng.random() < 0.45:
        full = image.shape[0]
        side = int(full * 2 ** rng.uniform(-1.5, -0.1))  # down to a third
        small = cv2.resize(image, (side, side), interpolation=int(rng.choice((1, 2, 3))))
        image = small if rng.random() < 0.5 else _compressed(small, rng)
        image = cv2.resize(image, (full, full), interpolation=int(rng.choice((1, 2))))
    if rng.random() < 0.15:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.6))
    if rng.random() < 0.15:
        noise = rng.normal(0, rng.uniform(1, 8), image.shape).astype(np.float32)
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.6:
        image = _compressed(image, rng)
    return np.asarray(image, np.uint8)


def _toned(image: Image, rng: np.random.Generator) -> Image:
    """Change gamma, contrast and white balance through one table for each channel."""
    import cv2

    levels = np.arange(256, dtype=np.float32) / 255
    gamma, contrast = 2 ** rng.uniform(-0.5, 0.5), rng.uniform(0.75, 1.25)
    balance = rng.uniform(0.92, 1.08, 3)
    tables = ((levels[:, None] ** gamma - 0.5) * contrast + 0.5) * balance
    tables = (np.clip(tables, 0, 1) * 255).round().astype(np.uint8)
    return np.asarray(cv2.LUT(image, tables[None]), np.uint8)


def _compressed(image: Image, rng: np.random.Generator) -> Image:
    import cv2

    if rng.random() < 0.4:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 96))]
        return np.asarray(cv2.imdecode(cv2.imencode(".jpg", image, quality)[1], 1), np.uint8)
    return h264(image, crf=int(rng.integers(18, 35)))


def h264(image: Image, *, crf: int) -> Image:
    """Return a picture as H.264 gives it back at a constant rate factor (18 good, 37 poor)."""
    import av

    side = image.shape[0] // 2 * 2
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width = encoder.height = side
    encoder.pix_fmt, encoder.time_base = "yuv420p", Fraction(1)
    encoder.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "crf": str(crf),
        "threads": "1",
    }
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image[:side, :side]), format="rgb24")
    packets = [*encoder.encode(frame), *encoder.encode(None)]
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    frames = [f for packet in packets for f in decoder.decode(packet)] + decoder.decode(None)
    decoded: Any = frames[0].to_ndarray(format="rgb24")
    if side != image.shape[0]:
        import cv2

        decoded = cv2.resize(decoded, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(decoded, np.uint8)

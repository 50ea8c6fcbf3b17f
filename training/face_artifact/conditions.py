"""Looks of genuine faces that are no forgery, and looks that are no photograph.

The first must raise no alarm; the second are out of the network's domain, and it has to say so.
They are made from genuine crops, so each is compared with its own source.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from media_screen.arrays import Image

Condition = Callable[[Image, np.random.Generator], Image]


def plain(image: Image, rng: np.random.Generator) -> Image:
    """Change nothing."""
    return image


def beauty_filter(image: Image, rng: np.random.Generator) -> Image:
    """Smooth the skin and brighten it, as phone filters do."""
    import cv2

    smooth = cv2.bilateralFilter(image, 9, 45, 9)
    return np.asarray(
        cv2.convertScaleAbs(cv2.addWeighted(image, 0.25, smooth, 0.75, 0), None, 1.05, 8)
    )


def make_up(image: Image, rng: np.random.Generator) -> Image:
    """Redden the lips and darken the eyes of the aligned face, softly."""
    import cv2

    lips: Any = np.zeros(image.shape[:2], np.float32)
    cv2.ellipse(lips, (128, 183), (25, 11), 0, 0, 360, 1.0, -1)
    eyes: Any = np.zeros(image.shape[:2], np.float32)
    for x in (97, 159):
        cv2.ellipse(eyes, (x, 107), (19, 9), 0, 0, 360, 1.0, -1)
    lips, eyes = (cv2.GaussianBlur(mask, (9, 9), 0)[..., None] for mask in (lips, eyes))
    changed = image * (1 - lips * 0.35) + np.array((190, 30, 60)) * lips * 0.35
    return np.asarray(np.clip(changed * (1 - eyes * 0.3), 0, 255), np.uint8)


def low_light(image: Image, rng: np.random.Generator) -> Image:
    """Darken to a fifth and brighten again with the noise of a small sensor."""
    dark = (image / 255.0) ** 2.2 * 0.2
    noisy = (
        dark
        + rng.normal(0, 0.006, image.shape)
        + rng.normal(0, 1, image.shape) * np.sqrt(dark) * 0.02
    )
    return np.asarray(np.clip(noisy * 3, 0, 1) ** (1 / 2.2) * 255, np.uint8)


def old_film(image: Image, rng: np.random.Generator) -> Image:
    """Grey, soft, grainy, with a scratch."""
    import cv2

    grey = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (0, 0), 1.2).astype(np.float32)
    grey = (grey - 128) * 1.2 + 128 + rng.normal(0, 9, grey.shape)
    grey[:, rng.integers(40, 216)] += 40
    toned = grey[..., None] * np.array((1.0, 0.96, 0.86))
    return np.asarray(np.clip(toned, 0, 255), np.uint8)


def cartoon(image: Image, rng: np.random.Generator) -> Image:
    """Flat colours and drawn outlines."""
    import cv2

    flat: Any = image
    for _ in range(4):
        flat = cv2.bilateralFilter(flat, 9, 40, 7)
    levels = int(rng.integers(5, 10))
    flat = (flat // (256 // levels) * (256 // levels) + 128 // levels).astype(np.uint8)
    grey = cv2.medianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), 5)
    lines = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 9, 4)
    return np.asarray(cv2.bitwise_and(flat, flat, mask=lines))


def painting(image: Image, rng: np.random.Generator) -> Image:
    """Brush strokes: an edge-preserving filter of a random strength (Gastal and Oliveira 2011)."""
    import cv2

    return np.asarray(cv2.stylization(image, None, rng.uniform(20, 90), rng.uniform(0.25, 0.7)))


def pencil(image: Image, rng: np.random.Generator) -> Image:
    """A drawing in pencil, grey or coloured."""
    import cv2

    grey, colour = cv2.pencilSketch(image, None, None, 40, 0.07, rng.uniform(0.03, 0.07))
    return np.asarray(colour if rng.random() < 0.5 else np.repeat(grey[..., None], 3, axis=2))


PHOTOGRAPHIC: tuple[Condition, ...] = (plain, beauty_filter, make_up, low_light, old_film)
DRAWN: tuple[Condition, ...] = (cartoon, painting, pencil)

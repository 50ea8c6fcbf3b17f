"""Made pairs of pictures: a textured room with a plain face in it, and copies of all kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np

from media_screen.arrays import Floats, Image
from media_screen.evidence import Span
from media_screen.faces.align import REFERENCE
from media_screen.footage.original.overlay import Overlay, without_bars
from media_screen.footage.original.pairs import FramePair, PairedWindow

SIZE = (480, 320)  # px, width and height of the original
# The five points of the face: 80 px wide, in the middle.
FACE: Floats = ((REFERENCE - 128) * (80 / 136) + (240, 150)).astype(np.float32)
Change = Callable[[Image], Image]


def room(seed: int = 0) -> Image:
    """A picture with detail of all sizes everywhere."""
    rng = np.random.default_rng(seed)
    layers = [
        cv2.resize(
            rng.uniform(0, 255, (high, 3 * high // 2, 3)), SIZE, interpolation=cv2.INTER_CUBIC
        )
        for high in (4, 12, 36, 110)
    ]
    return np.asarray(np.clip(np.mean(layers, axis=0) * 1.6 - 76, 0, 255), np.uint8)


def scene(step: int = 0, *, words: int = 0, person: int = 0) -> Image:
    """The room with a face that opens its mouth as the words go; `step` counts frames."""
    image = room()
    rng = np.random.default_rng(100 + person)
    skin = tuple(int(value) for value in rng.integers(120, 200, 3))
    middle = (240, 155)
    cv2.ellipse(image, middle, (42, 58), 0, 0, 360, skin, -1, cv2.LINE_AA)
    marks = rng.integers(-30, 30, (24, 2))
    for right, down in marks.tolist():
        dark = tuple(int(value * 0.8) for value in skin)
        cv2.circle(image, (240 + right, 150 + down), 3, dark, -1, cv2.LINE_AA)
    for point in FACE[:2]:
        cv2.circle(image, tuple(int(v) for v in point), 5, (30, 30, 40), -1, cv2.LINE_AA)
    phase = np.random.default_rng(words).uniform(0, 2 * np.pi, 2)
    opened = 3 + 4 * abs(np.sin(0.9 * step + phase[0])) + 2 * abs(np.sin(2.1 * step + phase[1]))
    mouth = FACE[3:].mean(axis=0)
    place = (int(mouth[0]), int(mouth[1]))
    cv2.ellipse(image, place, (14, round(opened)), 0, 0, 360, (110, 30, 40), -1, cv2.LINE_AA)
    return image


def paired(
    change: Change = lambda image: image,
    *,
    words: int = 0,
    person: int = 0,
    frames: int = 8,
    seed: int = 0,
) -> PairedWindow:
    """A window whose file says other words, shows another person, or was treated otherwise."""
    rng = np.random.default_rng(seed)
    pairs = []
    for step in range(frames):
        mine = change(scene(step, words=words, person=person)).astype(np.float64)
        noisy = np.clip(mine + rng.normal(0, 1.5, mine.shape), 0, 255).astype(np.uint8)
        pairs.append(FramePair(step / 6, step / 6, noisy, scene(step), scene(step + 1), {0: FACE}))
    overlay = Overlay(np.array([[1.0, 0, 0], [0, 1.0, 0]]), SIZE, 0.99)
    box = without_bars([pair.picture for pair in pairs])
    return PairedWindow(Span(0, 2), overlay, 0.0, (SIZE[1], SIZE[0], 3), box, tuple(pairs))


def _recoloured(image: Image) -> Image:
    tinted = 255 * (image / 255.0) ** 1.3 * (1.05, 0.95, 0.85)
    return np.asarray(np.clip(tinted, 0, 255), np.uint8)


def _coded(image: Image) -> Image:
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 35])
    assert done
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _small(image: Image) -> Image:
    small = cv2.resize(image, (240, 160), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, SIZE, interpolation=cv2.INTER_LINEAR), np.uint8)


def _captioned(image: Image) -> Image:
    written: Image = image.copy()
    cv2.putText(written, "watch till the end", (60, 300), 0, 1.1, (0, 0, 0), 7, cv2.LINE_AA)
    cv2.putText(written, "watch till the end", (60, 300), 0, 1.1, (255, 240, 80), 3, cv2.LINE_AA)
    return written


COPIES: Mapping[str, Change] = {
    "as it was": lambda image: image,
    "recoloured": _recoloured,
    "grey": lambda image: np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2),
    "coded": _coded,
    "small": _small,
    "blurred": lambda image: np.asarray(cv2.GaussianBlur(image, (0, 0), 1.2), np.uint8),
    "captioned": _captioned,
}

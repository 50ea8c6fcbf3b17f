"""Makes footage for the tests of fingerprints and catalogue: scenes that move, and sound."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from media_screen.footage.fingerprint import Fingerprint, FingerprintBuilder

RATE = 16_000
Picture = Callable[[np.ndarray], np.ndarray]


class Scene:
    """A textured background with blobs that wander; `place` draws the background, `moves` the rest.

    Two scenes of one place and different moves are two recordings in one studio.
    """

    def __init__(self, place: int, moves: int | None = None) -> None:
        rng = np.random.default_rng(place)
        coarse = rng.uniform(0, 255, (9, 12, 3)).astype(np.float32)
        self._back = cv2.resize(coarse, (240, 180), interpolation=cv2.INTER_CUBIC)
        self._colours = rng.uniform(0, 255, (6, 3))
        self._homes = rng.uniform(0.15, 0.85, (6, 2))
        self._sizes = rng.uniform(0.05, 0.14, 6)
        rng = np.random.default_rng(1000 + (place if moves is None else moves))
        self._paces = rng.uniform(0.15, 0.9, (6, 2, 3))  # Hz
        self._phases = rng.uniform(0, 2 * np.pi, (6, 2, 3))

    def at(self, time_s: float) -> np.ndarray:
        """The picture at a moment, 240 x 180 RGB."""
        image = np.clip(self._back, 0, 255).astype(np.uint8).copy()
        swing = np.sin(2 * np.pi * self._paces * time_s + self._phases).sum(axis=2) * 0.06
        for home, size, colour in zip(self._homes + swing, self._sizes, self._colours, strict=True):
            centre = (int(home[0] * 240 * 8), int(home[1] * 180 * 8))
            cv2.circle(image, centre, int(size * 240 * 8), colour.tolist(), -1, cv2.LINE_AA, 3)
        return np.asarray(image, np.uint8)


def face(time_s: float, *, head: int = 0, words: int = 0) -> np.ndarray:
    """An aligned crop: brow, eyes and nose move with `head`, the mouth opens with `words`."""
    rng = np.random.default_rng(head)
    image = cv2.resize(rng.uniform(60, 200, (8, 8, 3)).astype(np.float32), (256, 256))
    image = np.clip(image, 0, 255).astype(np.uint8)
    look = np.sin(2 * np.pi * rng.uniform(0.2, 0.8, 3) * time_s + rng.uniform(0, 6, 3))
    for x in (97, 159):
        cv2.ellipse(image, (x, 111), (16, 7 + round(3 * look[0])), 0, 0, 360, (250,) * 3, -1)
        cv2.circle(image, (round(x + 7 * look[1]), 111), 6, (10,) * 3, -1, cv2.LINE_AA)
        cv2.line(image, (x - 20, round(92 + 6 * look[2])), (x + 20, 92), (30,) * 3, 5)
    cv2.circle(image, (128, 145), 6, (90, 40, 40), -1)
    said = np.random.default_rng(500 + words)
    paces, phases = said.uniform(0.3, 1.4, 3), said.uniform(0, 6, 3)
    open_ = np.abs(np.sin(2 * np.pi * paces * time_s + phases).sum()) * 8
    wide = 26 + 8 * np.sin(2 * np.pi * paces[0] * 0.7 * time_s + phases[1])
    cv2.ellipse(image, (128, 182), (round(wide), round(3 + open_)), 0, 0, 360, (60, 20, 20), -1)
    return image


def voice(seconds: float, seed: int) -> np.ndarray:
    """Sound like speech: syllables of gliding harmonics, float32 at 16 kHz."""
    rng = np.random.default_rng(seed)
    out = np.zeros(round(seconds * RATE))
    start = 0
    while start < out.size:
        length = min(int(rng.uniform(0.08, 0.3) * RATE), out.size - start)
        time = np.arange(length) / RATE
        pitch = rng.uniform(110, 260) * (1 + rng.uniform(-0.4, 0.4) * time)
        formants = rng.uniform(300, 3200, 3)
        for overtone in range(1, 16):
            gain = np.exp(-np.min(np.abs(formants - overtone * pitch.mean())) / 250)
            out[start : start + length] += gain * np.sin(2 * np.pi * overtone * pitch * time)
        start += length + int(rng.uniform(0.0, 0.08) * RATE)
    out += rng.normal(0, 0.01, out.size)
    return np.asarray(0.3 * out / np.abs(out).max(), np.float32)


def take(
    scene: Scene | None,
    seconds: float,
    *,
    start: float = 0.0,
    fps: float = 5.0,
    speed: float = 1.0,
    change: Picture | None = None,
    sound: np.ndarray | None = None,
    words: int = 0,
    head: int | None = None,
    reference: bool = False,
) -> Fingerprint:
    """Fingerprint a recording of a scene, from `start` on.

    `head` adds a face and says how it moves, `words` what its mouth says.
    """
    builder = FingerprintBuilder(duration_s=seconds / speed, reference=reference)
    for index in range(int(seconds / speed * fps)):
        time_s = index / fps
        if scene is not None:
            image = scene.at(start + time_s * speed)
            builder.add_frame(time_s, image if change is None else change(image))
        if head is not None:
            crop = face(start + time_s * speed, head=head, words=words)
            builder.add_face(time_s, crop, size_px=136)
    if sound is not None:
        for first in range(0, sound.size, 7000):
            builder.add_sound(first / RATE, sound[first : first + 7000])
    return builder.finish()


def enrolled(scene: Scene | None, seconds: float, **options: object) -> Fingerprint:
    """Fingerprint a recording as a reference is: four frames a second, from end to end."""
    return take(scene, seconds, fps=4.0, reference=True, **options)  # type: ignore[arg-type]

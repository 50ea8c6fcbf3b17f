"""Made mouths: a flat face whose lips open as told, seen by no camera."""

from __future__ import annotations

import numpy as np

from media_screen.arrays import Floats
from media_screen.detectors.lip_sync.movement import JAW, LIPS, STILL
from media_screen.detectors.lip_sync.sight import KINDS, MOUTH_SIDE, REGIONS, Sight

UPPER, LOWER = (13, 82, 312, 0, 37, 267), (14, 87, 317, 17, 84, 314)
FPS = 25


def shape() -> np.ndarray:
    """The points of a face that rests, (468, 3) px of the crop, still points spread over it."""
    rng = np.random.default_rng(0)
    points = rng.uniform((70, 70, -20), (186, 210, 20), (468, 3))
    points[33], points[263] = (72, 111, 5), (184, 111, 5)
    points[61], points[291], points[152] = (105, 182, 0), (151, 182, 0), (128, 225, 0)
    points[list(UPPER)] = (128, 180, 0)
    points[list(LOWER)] = (128, 183, 0)
    assert not {*LIPS, *JAW} & set(STILL)
    return points


def sight(opening: np.ndarray, *, start: float = 0.0, fps: float = FPS) -> Sight:
    """What is seen of a mouth that opens by so many px in each frame."""
    count = len(opening)
    points = np.repeat(shape()[None], count, axis=0)
    points[:, LOWER, 1] += opening[:, None]
    points[:, 152, 1] += 0.8 * opening
    mouths = np.full((count, MOUTH_SIDE, MOUTH_SIDE), 120, np.uint8)
    mouths[:, 12:20, 8:24] = (120 - 2 * np.clip(opening, 0, 40)).astype(np.uint8)[:, None, None]
    texture = np.full((count, len(REGIONS), len(KINDS)), 2.0, np.float32)
    return Sight(
        times=start + np.arange(count) / fps,
        points=points.astype(np.float32),
        scores=np.ones(count, np.float32),
        mouths=mouths,
        texture=texture,
    )


def syllables(seconds: float, seed: int = 0) -> np.ndarray:
    """How far a mouth is open over time, px at 25 Hz: syllables of uneven length."""
    rng = np.random.default_rng(seed)
    course = np.zeros(round(seconds * FPS))
    place = 0
    while place < len(course):
        length = int(rng.integers(3, 9))
        arc = rng.uniform(3, 14) * np.sin(np.pi * np.arange(length) / length)
        part = course[place : place + length]
        part[:] = arc[: len(part)]
        place += length + int(rng.integers(0, 4))
    return course


def voice_of(opening: np.ndarray, seed: int = 1) -> Floats:
    """Sound at 16 kHz that is as loud as the mouth is open."""
    loud = np.interp(np.arange(len(opening) * 640) / 640, np.arange(len(opening)), opening)
    noise = np.random.default_rng(seed).normal(0, 0.02, len(loud))
    return np.asarray(noise * (0.02 + loud / max(1.0, opening.max())), np.float32)

"""Sounds for the tests of speech: made speech of the samples, tones and noise."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np

from media_screen.arrays import Floats
from media_screen.media import SAMPLE_RATE, Media
from tests.places import SAMPLES

MESSAGE = SAMPLES / "downloads" / "voice-message.m4a"


@cache
def message() -> np.ndarray:
    """The voice message of the samples, which a package speaks."""
    with Media.open(MESSAGE) as media:
        return np.concatenate([samples for _, samples in media.audio_blocks()])


def blocks(samples: np.ndarray, seconds: float = 10.0) -> Iterator[tuple[float, np.ndarray]]:
    """Cut a sound as `Media.audio_blocks` does."""
    size = round(seconds * SAMPLE_RATE)
    for start in range(0, len(samples), size):
        yield start / SAMPLE_RATE, samples[start : start + size].astype(np.float32)


def noise(seconds: float, level: float = 0.05, seed: int = 0) -> Floats:
    """White noise at an RMS level."""
    random = np.random.default_rng(seed)
    return (random.standard_normal(round(seconds * SAMPLE_RATE)) * level).astype(np.float32)


def chords(seconds: float) -> np.ndarray:
    """Plucked chords: music to anybody."""
    sound = np.zeros(round(seconds * SAMPLE_RATE))
    for start, root in zip(
        np.arange(0, seconds - 0.5, 0.5), [220, 262, 330, 294] * 40, strict=False
    ):
        time = (
            np.arange(min(2 * SAMPLE_RATE, len(sound) - round(start * SAMPLE_RATE))) / SAMPLE_RATE
        )
        tone = sum(
            np.sin(2 * np.pi * root * third * n * time) / n**1.5
            for third in (1, 1.25, 1.5)
            for n in range(1, 7)
        )
        first = round(start * SAMPLE_RATE)
        sound[first : first + len(time)] += tone * np.exp(-2 * time)
    return np.asarray(sound / np.abs(sound).max() * 0.5, np.float32)

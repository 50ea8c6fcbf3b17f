"""Levels follow the sound in time and forget how loud it was recorded."""

from __future__ import annotations

import numpy as np

from media_screen.arrays import Floats
from media_screen.detectors.lip_sync.sound import BANDS, envelope, mel_levels
from tests.speech.making import noise


def test_loudness_does_not_matter() -> None:
    loud = noise(1.0)
    soft: Floats = 0.1 * loud
    np.testing.assert_allclose(mel_levels(loud), mel_levels(soft), atol=1e-3)


def test_a_click_is_where_it_was() -> None:
    sound: Floats = 1e-4 * noise(2.0)
    sound[16_000] = 1.0
    levels = mel_levels(sound)
    assert levels.shape == (201, BANDS) and levels.min() >= 0 and levels.max() <= 1
    assert abs(int(levels.mean(axis=1).argmax()) - 100) <= 1
    assert abs(int(envelope(levels).argmax()) - 25) <= 1


def test_silence_has_finite_levels() -> None:
    assert np.isfinite(mel_levels(np.zeros(16_000, np.float32))).all()

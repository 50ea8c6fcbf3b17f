"""What the network for synthetic speech sees, and how its scores are calibrated."""

from __future__ import annotations

import numpy as np
import pytest

from media_screen.detectors.voice_spoof.network import (
    FEATURES,
    PULSES,
    SpoofNet,
    features,
    log_spectra,
    pulse_depths,
)
from media_screen.media import SAMPLE_RATE
from media_screen.weights.calibration import shipped
from tests.speech.making import message, noise

WINDOW = message()[: 3 * SAMPLE_RATE]


@pytest.mark.parametrize("gain", [0.01, 0.5, 3.0])
def test_loudness_is_not_seen(gain: float) -> None:
    assert np.abs(log_spectra(WINDOW * np.float32(gain)) - log_spectra(WINDOW)).max() < 1e-3


def test_the_depth_of_silence_is_not_seen() -> None:
    hiss = noise(len(WINDOW) / SAMPLE_RATE, level=1e-6)
    cut = np.where(np.abs(WINDOW) > 1e-4, WINDOW, 0.0).astype(np.float32)
    assert np.abs(log_spectra(cut) - log_spectra(cut + hiss)).max() < 0.1


@pytest.mark.parametrize(
    "samples",
    [np.zeros(SAMPLE_RATE), WINDOW, np.zeros(100)],
    ids=["silence", "speech", "shorter than a frame"],
)
def test_features_are_finite_and_of_one_range(samples: np.ndarray) -> None:
    seen = features(samples.astype(np.float32))
    assert seen.shape == (max(0, 1 + (len(samples) - 512) // 160), FEATURES)
    assert np.isfinite(seen).all() and np.all((seen >= 0.0) & (seen <= 1.0))


def test_pulses_show_the_throat_and_not_a_steady_tone() -> None:
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    pulses = np.where(np.arange(SAMPLE_RATE) % 160 == 0, 1.0, 0.0)  # 100 Hz
    tone = np.sin(2 * np.pi * 2_000.0 * time)
    deep, flat = (pulse_depths(one.astype(np.float32)) for one in (pulses, tone))
    band = 2_000 * PULSES // 8_000
    assert deep.shape == (97, PULSES)
    assert deep[:, band].min() > 0.3 > 0.02 > flat[:, band].max()


def test_other_phases_change_the_pulses_more_than_the_levels() -> None:
    rough = np.random.default_rng(0)
    spectrum = np.fft.rfft(WINDOW)
    turned = spectrum * np.exp(2j * np.pi * rough.random(len(spectrum)))
    other = np.fft.irfft(turned, len(WINDOW)).astype(np.float32)
    own, changed = pulse_depths(WINDOW), pulse_depths(other)
    assert own.std() > 1.2 * changed.std()


def test_the_network_scores_windows_of_any_length() -> None:
    net = SpoofNet.load()
    assert np.isfinite([net.score(WINDOW), net.score(WINDOW[: round(1.5 * SAMPLE_RATE)])]).all()


def test_the_shipped_calibration_claims_no_more_than_its_windows_support() -> None:
    line = shipped("voice_spoof")
    assert line.slope >= 0.0
    assert 0.0 < line.bound < 7.0

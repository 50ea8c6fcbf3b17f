"""What the network for synthetic speech sees, and how its scores are calibrated."""

from __future__ import annotations

import numpy as np
import pytest

from media_screen.media import SAMPLE_RATE
from media_screen.speech.spoof import (
    BANDS,
    BINS,
    FINE_BANDS,
    Calibration,
    SpoofNet,
    calibration,
    frame_features,
    log_spectra,
)
from tests.speech.making import message, noise

WINDOW = message()[: 3 * SAMPLE_RATE]


@pytest.mark.parametrize("gain", [0.01, 0.5, 3.0])
def test_loudness_is_not_seen(gain: float) -> None:
    assert np.abs(log_spectra(WINDOW * np.float32(gain)) - log_spectra(WINDOW)).max() < 1e-3


def test_the_depth_of_silence_is_not_seen() -> None:
    hiss = noise(len(WINDOW) / SAMPLE_RATE, level=1e-6)
    cut = np.where(np.abs(WINDOW) > 1e-4, WINDOW, 0.0).astype(np.float32)
    assert np.abs(log_spectra(cut) - log_spectra(cut + hiss)).max() < 0.1


@pytest.mark.parametrize("samples", [np.zeros(SAMPLE_RATE), WINDOW], ids=["silence", "speech"])
def test_spectra_are_finite_and_of_one_range(samples: np.ndarray) -> None:
    spectra = log_spectra(samples.astype(np.float32))
    assert spectra.shape[1] == BINS
    assert spectra.min() >= 0.0 and spectra.max() <= 1.0


def test_fine_structure_is_that_of_neighbouring_bins() -> None:
    smooth = np.tile(np.linspace(0.2, 0.8, BINS, dtype=np.float32), (5, 1))
    rough = smooth + 0.1 * np.tile([1.0, -1.0], BINS // 2).astype(np.float32)
    fine = [frame_features(one)[:, BANDS:].mean() for one in (smooth, rough)]
    assert fine[0] < 0.01 < 0.2 < fine[1]
    assert frame_features(smooth).shape == (5, BANDS + FINE_BANDS)


def test_the_network_scores_windows_of_any_length() -> None:
    net = SpoofNet.load()
    assert np.isfinite([net.score(WINDOW), net.score(WINDOW[: round(1.5 * SAMPLE_RATE)])]).all()


def test_a_ratio_rises_with_the_score_and_is_bounded() -> None:
    table = Calibration(2.0, -1.0, 3.0, (-4.0, 0.0, 4.0))
    assert [table.llr(raw) for raw in (-9.0, 0.5, 9.0)] == [-3.0, 0.0, 3.0]
    assert table.probability(0.5) == 0.5
    assert [table.genuine_below(raw) for raw in (-9.0, 0.0, 9.0)] == [0.0, 0.5, 1.0]


def test_the_shipped_calibration_claims_no_more_than_its_windows_support() -> None:
    shipped = calibration()
    assert shipped.slope >= 0.0
    assert 0.0 < shipped.bound < 7.0
    assert list(shipped.genuine) == sorted(shipped.genuine)

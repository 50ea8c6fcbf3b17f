"""What the network for synthetic speech sees, and how its scores are calibrated."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from media_screen import weights
from media_screen.arrays import Floats
from media_screen.media import SAMPLE_RATE
from media_screen.speech.synthesis import (
    LEVELS,
    MEL_BANDS,
    WEIGHTS,
    SpoofNet,
    log_spectra,
    mel_levels,
)
from media_screen.weights import nets
from media_screen.weights.calibration import shipped
from tests.speech.making import message, noise

WINDOW = message()[: 3 * SAMPLE_RATE]


@pytest.mark.parametrize("gain", [0.01, 0.5, 3.0])
@pytest.mark.parametrize("seen", [log_spectra, mel_levels])
def test_loudness_is_not_seen(seen: Callable[[Floats], Floats], gain: float) -> None:
    assert np.abs(seen(WINDOW * np.float32(gain)) - seen(WINDOW)).max() < 1e-3


@pytest.mark.parametrize("seen", [log_spectra, mel_levels])
def test_the_depth_of_silence_is_not_seen(seen: Callable[[Floats], Floats]) -> None:
    hiss = noise(len(WINDOW) / SAMPLE_RATE, level=1e-6)
    cut = np.where(np.abs(WINDOW) > 1e-4, WINDOW, 0.0).astype(np.float32)
    assert np.abs(seen(cut) - seen(cut + hiss)).max() < 0.1


@pytest.mark.parametrize(
    "samples",
    [np.zeros(SAMPLE_RATE), WINDOW, np.zeros(100)],
    ids=["silence", "speech", "shorter than a frame"],
)
def test_what_is_seen_is_finite_and_of_one_range(samples: np.ndarray) -> None:
    levels, mel = (seen(samples.astype(np.float32)) for seen in (log_spectra, mel_levels))
    assert levels.shape == (max(0, 1 + (len(samples) - 512) // 160), LEVELS)
    assert mel.shape == (len(samples) // 160 if len(samples) > 200 else 0, MEL_BANDS)
    assert np.isfinite(levels).all() and np.all((levels >= 0.0) & (levels <= 1.0))
    assert np.isfinite(mel).all() and np.all((mel >= -0.4) & (mel <= 1.2))


def test_mel_bands_are_those_that_whisper_was_trained_on() -> None:
    librosa = pytest.importorskip("librosa")
    bands = librosa.feature.melspectrogram(
        y=WINDOW, sr=SAMPLE_RATE, n_fft=400, hop_length=160, n_mels=80, pad_mode="reflect"
    )[:, :-1]
    decades = np.log10(np.maximum(bands, 1e-10))
    theirs = np.maximum(decades, decades.max() - 6.0) - decades.max() + 0.5
    assert pytest.approx((theirs + 4.0) / 4.0, abs=1e-3) == mel_levels(WINDOW).T


def test_the_network_scores_windows_of_any_length() -> None:
    net = SpoofNet.load()
    short, long = WINDOW[: round(1.5 * SAMPLE_RATE)], np.tile(WINDOW, 3)
    assert np.isfinite([net.score(one) for one in (short, WINDOW, long)]).all()


def test_windows_in_one_batch_score_as_they_do_apart() -> None:
    session = nets.session(weights.path(WEIGHTS))
    windows = [WINDOW, WINDOW[::-1].copy(), noise(len(WINDOW) / SAMPLE_RATE, level=0.1)]
    seen = {
        "levels": np.stack([log_spectra(one) for one in windows]),
        "mel": np.stack([mel_levels(one) for one in windows]),
    }
    apart = [SpoofNet(session).score(one) for one in windows]
    assert session.run(["score"], seen)[0] == pytest.approx(apart, abs=1e-3)


def test_the_shipped_calibration_claims_no_more_than_its_windows_support() -> None:
    line = shipped("voice_spoof")
    assert line.slope >= 0.0
    assert 0.0 < line.bound < 7.0

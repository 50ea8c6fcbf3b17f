"""Scores windows of speech for being synthetic, converted or vocoded, with a small network.

The network borrows its filters: early layers of YAMNet look at log spectra, early layers of Whisper
at mel bands. Both are given at a level relative to the window's own, and no deeper than 70 dB, so
that neither loudness nor the depth of silence between words tells them anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from media_screen.arrays import Floats
from media_screen.media import SAMPLE_RATE
from media_screen.speech.spectra import frames, power, slaney_filters

if TYPE_CHECKING:
    import onnxruntime

WEIGHTS = "voice_spoof/spoof.onnx"

_WINDOW, _HOP = 512, 160  # samples: 32 ms, which resolves the harmonics of most voices, each 10 ms
LEVELS = 256  # bins of 31.25 Hz, without the constant
# dB under the mean power of the window, where the spectrum ends: what is quieter is replaced by it,
# since digital silence and the noise floors of studios tell collections apart, not voices.
LOWEST_DB = -70.0
RANGE_DB = 100.0
# What Whisper was trained on (Radford et al., 2022): decades of power in mel bands, of 25 ms each
# 10 ms. It goes 8 decades down; here 6, for the same reason as above.
MEL_BANDS, _MEL_WINDOW = 80, 400
_MEL_DEPTH, _MEL_PEAK = 6.0, 0.5  # decades; the loudest band is where it is in usual speech
_LEAST_POWER = 1e-10
LONGEST_S = 5  # s of a window that the network looks at; Whisper's positions are kept up to there
# A window that is farther above the rest of its voice than any is in all but RARELY of genuine
# voices may have been put in; fewer windows than LEAST_WINDOWS have no rest to speak of.
LEAST_WINDOWS, RARELY = 4, 0.05
UNLIKE_REST = "unlike_rest_percentiles"  # of genuine voices, in the calibration: what is usual


def log_spectra(samples: Floats) -> Floats:
    """Return the spectra of a window of 16 kHz sound: frames x 256, 0 (floor) to 1.

    A frame is 32 ms, every 10 ms; 0 to 1 are -70 to 30 dB of the mean power of the window.
    """
    decibels = _decibels(power(frames(samples, length=_WINDOW, step=_HOP), size=_WINDOW)[:, 1:])
    return np.asarray((decibels - LOWEST_DB) / RANGE_DB, np.float32)


def mel_levels(samples: Floats) -> Floats:
    """Return the mel bands of a window of 16 kHz sound as Whisper takes them: frames x 80."""
    half = _MEL_WINDOW // 2
    if len(samples) <= half:
        return np.zeros((0, MEL_BANDS), np.float32)
    padded = np.pad(samples, half, mode="reflect")
    spectra = power(frames(padded, length=_MEL_WINDOW, step=_HOP), size=_MEL_WINDOW)
    bands = spectra[: len(samples) // _HOP] @ slaney_filters(MEL_BANDS, size=_MEL_WINDOW).T
    decades = np.log10(np.maximum(bands, _LEAST_POWER))
    loudest = decades.max(initial=np.log10(_LEAST_POWER))
    decades = np.maximum(decades, loudest - _MEL_DEPTH) - loudest + _MEL_PEAK
    return np.asarray((decades + 4.0) / 4.0, np.float32)


def _decibels(spectra: Floats) -> Floats:
    """Return levels in relation to the mean of all, from the floor to the ceiling."""
    level = max(float(spectra.mean()), 1e-12) if spectra.size else 1.0
    decibels = 10.0 * np.log10(spectra / level + 10 ** (LOWEST_DB / 10))
    return np.asarray(np.clip(decibels, LOWEST_DB, LOWEST_DB + RANGE_DB), np.float32)


def above_rest(scores: Sequence[float]) -> tuple[int, float]:
    """Return the place of the highest of some scores, and by how much it is above the others.

    That is the distance from the middle one of the others, in the units of the scores.
    """
    place = int(np.argmax(scores))
    others = np.delete(np.asarray(scores, np.float64), place)
    return place, float(scores[place] - np.median(others))


class SpoofNet:
    """Scores windows of speech with the shipped network."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session

    @classmethod
    def load(cls, device: str = "cpu") -> SpoofNet:
        """Open the recorded weights on a device."""
        from media_screen import weights
        from media_screen.weights import nets

        return cls(nets.session(weights.path(WEIGHTS), device=device))

    def score(self, samples: Floats) -> float:
        """Return the raw score (a log-odds, not calibrated) of a window of 1.5 to 4 s of speech."""
        samples = samples[: LONGEST_S * SAMPLE_RATE]
        seen = {"levels": log_spectra(samples)[None], "mel": mel_levels(samples)[None]}
        return float(self._session.run(None, seen)[0][0])


@cache
def spoof_net(device: str = "cpu") -> SpoofNet:
    """Return the network of this process and device, loaded once."""
    return SpoofNet.load(device)

"""Scores windows of speech for being synthetic, converted or vocoded, with a small network.

The network sees log spectra only, at a level relative to the window's own, so neither the loudness
nor the depth of silence between words tells it anything.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from media_screen.arrays import Floats
from media_screen.speech.spectra import frames, power

if TYPE_CHECKING:
    import onnxruntime

WEIGHTS = "voice_spoof/spoof.onnx"

_WINDOW, _HOP = 512, 160  # samples: 32 ms, which resolves the harmonics of most voices, each 10 ms
LEVELS = 256  # bins of 31.25 Hz, without the constant
# Samples: 8 ms, shorter than a period of most voices, each 2 ms: 13 of them fit into one of 32 ms.
_SHORT, _SHORT_HOP = 128, 32
PULSES = 32  # bands of 250 Hz
FEATURES = LEVELS + PULSES
# dB under the mean power of the window, where the spectrum ends: what is quieter is replaced by it,
# since digital silence and the noise floors of studios tell collections apart, not voices.
LOWEST_DB = -70.0
RANGE_DB = 100.0
_DEEPEST = 20.0  # dB; the level of a band hardly varies by more within 32 ms


def features(samples: Floats) -> Floats:
    """Return what the network sees of a window of 16 kHz sound: frames x 288, each 0 to 1.

    There is a frame every 10 ms: 256 of `log_spectra` and 32 of `pulse_depths`.
    """
    return np.concatenate([log_spectra(samples), pulse_depths(samples)], axis=1)


def log_spectra(samples: Floats) -> Floats:
    """Return the spectra of a window of 16 kHz sound: frames x 256, 0 (floor) to 1.

    A frame is 32 ms, every 10 ms; 0 to 1 are -70 to 30 dB of the mean power of the window.
    """
    decibels = _decibels(power(frames(samples, length=_WINDOW, step=_HOP), size=_WINDOW)[:, 1:])
    return np.asarray((decibels - LOWEST_DB) / RANGE_DB, np.float32)


def pulse_depths(samples: Floats) -> Floats:
    """Return how much the level of a band varies within 32 ms: frames x 32, 1 is 20 dB or more.

    A voice opens and closes its throat some hundred times a second, and all bands swell with it.
    What a vocoder does to the phases of harmonics and to the noise between them shows there.
    """
    short = power(frames(samples, length=_SHORT, step=_SHORT_HOP), size=_SHORT)[:, 1:]
    bands = _decibels(short.reshape(len(short), PULSES, _SHORT // 2 // PULSES).mean(axis=2))
    inside = frames(bands, length=(_WINDOW - _SHORT) // _SHORT_HOP + 1, step=_HOP // _SHORT_HOP)
    return np.asarray(np.minimum(inside.std(axis=1) / _DEEPEST, 1.0), np.float32)


def _decibels(spectra: Floats) -> Floats:
    """Return levels in relation to the mean of all, from the floor to the ceiling."""
    level = max(float(spectra.mean()), 1e-12) if spectra.size else 1.0
    decibels = 10.0 * np.log10(spectra / level + 10 ** (LOWEST_DB / 10))
    return np.asarray(np.clip(decibels, LOWEST_DB, LOWEST_DB + RANGE_DB), np.float32)


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
        return float(self._session.run(None, {"features": features(samples)[None]})[0][0])


@cache
def spoof_net(device: str = "cpu") -> SpoofNet:
    """Return the network of this process and device, loaded once."""
    return SpoofNet.load(device)

"""Scores windows of speech for being synthetic, converted or vocoded, with a small network.

The network sees log spectra only, at a level relative to the window's own, so neither the loudness
nor the depth of silence between words tells it anything.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from media_screen.speech.spectra import Floats, frames, power

if TYPE_CHECKING:
    import onnxruntime

WEIGHTS = "voice_spoof/spoof.onnx"
CALIBRATION = "voice_spoof/calibration.json"

_WINDOW, _HOP = 512, 160  # samples: 32 ms, which resolves the harmonics of most voices, each 10 ms
BINS = 256  # of 31.25 Hz, without the constant
BANDS, FINE_BANDS = 64, 32  # of 125 Hz for the level, of 250 Hz for the fine structure
_SMOOTH = 5  # bins over which a spectrum is smoothed to tell its fine structure from its shape
# dB under the mean power of the window, where the spectrum ends: what is quieter is replaced by it,
# since digital silence and the noise floors of studios tell collections apart, not voices.
_FLOOR = -70.0
_CEILING = 30.0


def log_spectra(samples: Floats) -> Floats:
    """Return the spectra of a window of 16 kHz sound: frames x 256, 0 (floor) to 1.

    A frame is 32 ms, every 10 ms; 0 to 1 are -70 to 30 dB of the mean power of the window.
    """
    spectra = power(frames(samples, length=_WINDOW, step=_HOP), size=_WINDOW)[:, 1:]
    level = max(float(spectra.mean()), 1e-12)
    decibels = 10.0 * np.log10(spectra / level + 10 ** (_FLOOR / 10))
    return np.asarray(np.clip((decibels - _FLOOR) / (_CEILING - _FLOOR), 0.0, 1.0), np.float32)


def frame_features(spectra: Floats) -> Floats:
    """Return what the network looks at: frames x 96, of the spectra of `log_spectra`.

    64 mean levels of bands of 125 Hz, then for 32 bands of 250 Hz how far the bins are from their
    smoothed course, four times: harmonics and noise are finer in a voice than in many a vocoder.
    """
    count = len(spectra)
    levels = spectra.reshape(count, BANDS, -1).mean(axis=2)
    half = _SMOOTH // 2
    padded = np.pad(spectra, ((0, 0), (half, half)), mode="edge")
    smooth = sum(padded[:, place : place + BINS] for place in range(_SMOOTH)) / _SMOOTH
    fine = np.abs(spectra - smooth).reshape(count, FINE_BANDS, -1).mean(axis=2)
    return np.asarray(np.concatenate([levels, 4.0 * fine], axis=1), np.float32)


class SpoofNet:
    """Scores windows of speech with the shipped network."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session

    @classmethod
    def load(cls, device: str = "cpu") -> SpoofNet:
        """Open the recorded weights on a device."""
        from media_screen import nets, weights

        return cls(nets.session(weights.path(WEIGHTS), device=device))

    def score(self, samples: Floats) -> float:
        """Return the raw score (a log-odds, not calibrated) of a window of 1.5 to 4 s of speech."""
        features = frame_features(log_spectra(samples))
        return float(self._session.run(None, {"features": features[None]})[0][0])


@cache
def spoof_net(device: str = "cpu") -> SpoofNet:
    """Return the network of this process and device, loaded once."""
    return SpoofNet.load(device)


@dataclass(frozen=True)
class Calibration:
    """The line from the score of a voice to a natural-log likelihood ratio, bounded both ways."""

    slope: float
    offset: float
    bound: float
    genuine: tuple[float, ...]  # scores of genuine speech at equal steps of 0 to 100%, rising

    def genuine_below(self, raw: float) -> float:
        """Return the share of genuine speech, 0 to 1, that scores lower."""
        steps = np.linspace(0.0, 1.0, len(self.genuine))
        return float(np.interp(raw, self.genuine, steps))

    def llr(self, raw: float) -> float:
        """Return how much more likely the score is for synthetic speech than for genuine."""
        return max(-self.bound, min(self.bound, self.slope * raw + self.offset))

    def probability(self, raw: float) -> float:
        """Return the score between 0 and 1: the probability if both were equally frequent."""
        return 1.0 / (1.0 + math.exp(-(self.slope * raw + self.offset)))


@cache
def calibration() -> Calibration:
    """Return the calibration that belongs to the shipped network."""
    from media_screen import weights

    record = json.loads((weights.models_dir() / CALIBRATION).read_text("utf-8"))
    slope, offset, bound = (float(record[name]) for name in ("slope", "offset", "bound"))
    return Calibration(slope, offset, bound, tuple(map(float, record["genuine_percentiles"])))

"""Turns speech into a voice embedding.

The net is GE2E (Wan et al., "Generalized End-to-End Loss for Speaker Verification", ICASSP 2018).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from media_screen.arrays import Floats
from media_screen.speech.spectra import frames, power, slaney_filters

if TYPE_CHECKING:
    import onnxruntime

WEIGHTS = "voice_identity/ge2e.onnx"
VERSION = 2  # raised when the same speech gets another embedding, which no earlier one fits
DIMENSION = 256

_WINDOW, _HOP, _MELS = 400, 160, 40  # 25 ms every 10 ms
_PART, _PART_HOP = 160, 80  # spectra that the net hears at once: 1.6 s, every 0.8 s
# RMS that all speech is brought to: the net hears powers, not their logarithms, and takes another
# level for another voice. -26 dB is the nominal level of speech (ITU-T P.56) and that of most
# recordings; from -30 to -18 dB voices are told apart alike.
_LEVEL = 10 ** (-26 / 20)
_SILENCE = 1e-6  # RMS, less than a step of 16 bits, that is raised no further


class VoiceEmbedder:
    """Computes the embedding of a stretch of speech."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session

    @classmethod
    def load(cls, device: str = "cpu") -> VoiceEmbedder:
        """Open the recorded weights on a device."""
        from media_screen import weights
        from media_screen.weights import nets

        return cls(nets.session(weights.path(WEIGHTS), device=device))

    def embed(self, samples: Floats) -> Floats:
        """Return the unit embedding (256 values) of 16 kHz speech, of 0.5 s at least."""
        samples = _levelled(samples)
        short = _WINDOW + (_PART - 1) * _HOP - len(samples)
        if short > 0:
            samples = np.pad(samples, (0, short), mode="wrap")
        spectra = power(frames(samples, length=_WINDOW, step=_HOP), size=_WINDOW)
        mels = spectra @ slaney_filters(_MELS, size=_WINDOW).T
        parts = np.ascontiguousarray(frames(mels, length=_PART, step=_PART_HOP))
        return unit(self._session.run(None, {"mels": parts})[0].mean(axis=0))


def _levelled(samples: Floats) -> Floats:
    """Return a sound at the level that the net is given; an offset of the zero line is no sound."""
    centred = samples - samples.mean()
    level = float(np.sqrt(np.mean(np.square(centred))))
    return np.asarray(centred * np.float32(_LEVEL / max(level, _SILENCE)), np.float32)


@cache
def embedder(device: str = "cpu") -> VoiceEmbedder:
    """Return the embedder of this process and device, loaded once."""
    return VoiceEmbedder.load(device)


def unit(vector: Floats) -> Floats:
    """Return a vector at length 1."""
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), np.float32)

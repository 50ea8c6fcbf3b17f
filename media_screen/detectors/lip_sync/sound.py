"""Turns sound into what the synchrony network hears: the levels of mel bands."""

from __future__ import annotations

import numpy as np

from media_screen.arrays import Floats
from media_screen.media import SAMPLE_RATE
from media_screen.speech.spectra import frames, htk_filters, power

BANDS = 40
STEPS = 4  # spectra for each movement of the mouth (25 Hz)
_WINDOW, _HOP = 400, 160  # samples: 25 ms every 10 ms
_FLOOR, _CEILING = -60.0, 30.0  # dB of the mean power, between which levels count
ENVELOPE_RATE = SAMPLE_RATE // _HOP


def mel_levels(samples: Floats) -> Floats:
    """Return the levels of 16 kHz sound: (n, 40), 100 a second, -60 to 30 dB as 0 to 1.

    They are relative to the mean power of the samples: loudness says nothing about synchrony.
    Spectrum i is centred on sample 160 i.
    """
    padded = np.pad(samples, (_WINDOW // 2, _WINDOW // 2))
    bands = power(frames(padded, length=_WINDOW, step=_HOP), size=512) @ _filters().T
    return levels(bands)


def levels(bands: Floats) -> Floats:
    """Return the levels of powers in mel bands (n, 40), as `mel_levels` does."""
    mean = max(float(bands.mean()), 1e-12)
    decibels = 10.0 * np.log10(bands / mean + 10 ** (_FLOOR / 10))
    return np.asarray(
        (np.clip(decibels, _FLOOR, _CEILING) - _FLOOR) / (_CEILING - _FLOOR), np.float32
    )


def _filters() -> Floats:
    return htk_filters(BANDS, size=512, low=80.0, high=7600.0)


def envelope(mels: Floats) -> Floats:
    """Return the loudness of speech at 25 Hz, the mean level of the bands."""
    whole = len(mels) // STEPS * STEPS
    return np.asarray(mels[:whole].mean(axis=1).reshape(-1, STEPS).mean(axis=1), np.float32)

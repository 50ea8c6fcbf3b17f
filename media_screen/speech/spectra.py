"""Cuts sound into frames and turns frames into spectra, for every network that listens."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.fft import rfft

from media_screen.arrays import Array, Floats
from media_screen.media import SAMPLE_RATE


def frames(rows: Floats, *, length: int, step: int) -> Floats:
    """Return every piece of `length` rows, `step` rows apart, as a view: pieces x length x ..."""
    if len(rows) < length:
        return np.zeros((0, length, *rows.shape[1:]), np.float32)
    pieces = np.lib.stride_tricks.sliding_window_view(rows, length, axis=0)[::step]
    return np.moveaxis(pieces, -1, 1)


@cache
def hann(length: int) -> Floats:
    """Return the periodic Hann window, which overlapping frames add up to a constant."""
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length), np.float32)


def power(rows: Floats, *, size: int) -> Floats:
    """Return the power spectra, rows x (size / 2 + 1), of frames under a Hann window."""
    spectra = rfft(rows * hann(rows.shape[1]), size, axis=1)  # stays in 32 bits
    return np.asarray(spectra.real**2 + spectra.imag**2, np.float32)


def _triangles(edges: Array, scale: Array) -> Floats:
    """Return triangular filters, bands x bins, between neighbouring edges on a frequency scale."""
    left, middle, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (scale - left) / (middle - left), (right - scale) / (right - middle)
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)), np.float32)


def _bins(size: int) -> Array:
    return np.fft.rfftfreq(size, 1 / SAMPLE_RATE)


@cache
def htk_filters(bands: int, *, size: int, low: float, high: float) -> Floats:
    """Return mel filters of the HTK kind, which YAMNet was trained with: bands x bins, peak 1.

    They are triangles on the mel scale 1127 ln(1 + f / 700), from `low` to `high` Hz.
    """

    def mel(hertz: Array) -> Array:
        return 1127.0 * np.log1p(hertz / 700.0)

    ends = mel(np.array([low, high]))
    return _triangles(np.linspace(ends[0], ends[1], bands + 2), mel(_bins(size)))


@cache
def slaney_filters(bands: int, *, size: int) -> Floats:
    """Return mel filters as librosa makes them: bands x bins up to 8 kHz, of equal area.

    The scale (Slaney, "Auditory Toolbox", 1998) is linear up to 1 kHz and logarithmic above.
    """
    knee, step = 1000.0 / (200.0 / 3.0), np.log(6.4) / 27.0
    top = knee + np.log(SAMPLE_RATE / 2 / 1000.0) / step
    mels = np.linspace(0.0, top, bands + 2)
    edges = np.where(mels < knee, mels * 200.0 / 3.0, 1000.0 * np.exp((mels - knee) * step))
    area = 2.0 / (edges[2:] - edges[:-2])
    return np.asarray(_triangles(edges, _bins(size)) * area[:, None], np.float32)


@cache
def linear_filters(bands: int, *, size: int) -> Floats:
    """Return triangular filters of equal width up to 8 kHz: bands x bins, peak 1."""
    return _triangles(np.linspace(0.0, SAMPLE_RATE / 2, bands + 2), _bins(size))

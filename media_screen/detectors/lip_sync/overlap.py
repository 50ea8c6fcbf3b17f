"""Says how much a stretch of sound is like several people who speak at once.

One voice pauses between words, and its voiced sounds are one row of harmonics; of two, one fills
the pauses of the other, and a second row is left when the first is taken away (for both signs see
Boakye et al., "Overlapped speech detection for improved speaker diarization", ICASSP 2008).
Music and noise fill pauses, too: it is a reason to abstain, and no finding. A line over three
measures, fitted by `python -m training.lip_sync`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np

from media_screen import weights
from media_screen.arrays import Doubles, Flags, Floats
from media_screen.media import SAMPLE_RATE
from media_screen.speech.spectra import frames

FILE = "lip_sync/overlap.json"
NAMES = (
    "pauses",  # share of frames that are 15 dB quieter than the loud ones
    "harmonics",  # how far the strongest row of harmonics stands out, 90th percentile
    "second",  # the same of what is left beside it
)
_LENGTH, _STEP, _SIZE = 1024, 320, 2048  # samples: 64 ms every 20 ms, and the transform
_PAUSE, _HEARD = 15.0, 20.0  # dB under the loud frames (95th percentile)
_LEAST = 30  # frames of speech; of less than 0.6 s nothing is said
_BINS = 384  # up to 3 kHz, where harmonics of speech are strong
_LOWEST = 60.0  # Hz, under which there is hum
_PITCHES = 70.0 * 2.0 ** (np.arange(94) / 40)  # Hz, to 350: from a low to a child's voice
_HARMONICS = 12
_BESIDE = 25.0  # Hz around a harmonic that belong to it, in a spectrum of 64 ms
# Two pitches with these ratios share so many harmonics that one may stand for the other.
_ALIKE = (1.0, 2.0, 1 / 2, 3.0, 1 / 3, 3 / 2, 2 / 3)
_NEAR = 0.07  # octaves


@dataclass(frozen=True)
class Overlap:
    """A line over the three measures; above `limit` a sound is held to have several voices."""

    means: tuple[float, ...]
    spreads: tuple[float, ...]
    weights: tuple[float, ...]
    offset: float
    limit: float

    def raw(self, values: Doubles) -> float:
        """Return the log odds, uncalibrated, of the measures of one stretch (3,)."""
        standard = (values - np.array(self.means)) / np.array(self.spreads)
        return float(standard @ np.array(self.weights)) + self.offset

    def several(self, samples: Floats) -> bool:
        """Say whether a sound (16 kHz) is like several voices at once; False when it is short."""
        values = measure(samples)
        return values is not None and self.raw(values) > self.limit

    def to_dict(self) -> dict[str, Any]:
        """Return the record for `overlap.json`."""
        return {"measures": list(NAMES), **asdict(self)}

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> Overlap:
        """Read a record back; raises ValueError when its measures are not those of this version."""
        if tuple(record["measures"]) != NAMES:
            raise ValueError(f"expected the measures {NAMES}, got {record['measures']}")
        columns = (tuple(map(float, record[name])) for name in ("means", "spreads", "weights"))
        means, spreads, sizes = columns
        return Overlap(means, spreads, sizes, float(record["offset"]), float(record["limit"]))


def measure(samples: Floats) -> Doubles | None:
    """Return the measures (3,) of 16 kHz sound, in the order of NAMES, or None when it is short."""
    rows = frames(np.asarray(samples, np.float64), length=_LENGTH, step=_STEP)
    if len(rows) < _LEAST:
        return None
    level = 10.0 * np.log10(np.mean(rows**2, axis=1) + 1e-12)
    loud = np.percentile(level, 95)
    heard = level > loud - _HEARD
    if heard.sum() < _LEAST:
        return None
    spectra = np.abs(np.fft.rfft(rows[heard] * np.hanning(_LENGTH), _SIZE, axis=1))[:, :_BINS]
    spectra = np.sqrt(spectra) * (_frequencies() >= _LOWEST)
    mean = spectra.mean(axis=1, keepdims=True) + 1e-9
    first = spectra @ _combs().T / mean
    best = first.argmax(axis=1)
    rest = spectra * _beside()[best] @ _combs().T / mean
    rest[_alike()[best]] = -np.inf
    return np.array(
        [
            np.mean(level < loud - _PAUSE),
            np.percentile(first.max(axis=1), 90),
            np.percentile(rest.max(axis=1), 90),
        ]
    )


def _frequencies() -> Doubles:
    return np.arange(_BINS) * SAMPLE_RATE / _SIZE


@cache
def _combs() -> Doubles:
    """Return for each pitch what adds up its harmonics and takes off what lies between them."""
    rows = np.zeros((len(_PITCHES), _BINS))
    for row, pitch in zip(rows, _PITCHES, strict=True):
        count = min(_HARMONICS, int(_frequencies()[-1] / pitch) - 1)
        harmonics = np.arange(1, count + 1)
        for places, sign in ((harmonics, 1.0), (harmonics - 0.5, -1.0)):
            bins = places * pitch * _SIZE / SAMPLE_RATE
            low = bins.astype(int)
            np.add.at(row, low, sign * (low + 1 - bins))
            np.add.at(row, low + 1, sign * (bins - low))
        row /= np.sqrt(count)
    return rows


@cache
def _beside() -> Doubles:
    """Return for each pitch a mask that takes its harmonics out of a spectrum."""
    hertz, pitch = _frequencies()[None], _PITCHES[:, None]
    away = np.abs(hertz - np.round(hertz / pitch) * pitch)
    share = np.clip(2 * (1 - away / _BESIDE), 0.0, 1.0) * (hertz > pitch / 2)
    return np.asarray(1.0 - share)


@cache
def _alike() -> Flags:
    """Return for each pitch which others could stand for it."""
    octaves = np.log2(_PITCHES)
    apart = octaves[None] - octaves[:, None]
    return np.asarray(np.any([abs(apart - np.log2(ratio)) < _NEAR for ratio in _ALIKE], axis=0))


@cache
def overlap() -> Overlap:
    """Return the shipped line."""
    return Overlap.from_dict(json.loads(weights.path(FILE).read_text("utf-8")))

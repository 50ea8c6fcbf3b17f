"""Takes genuine speech apart and puts it together again, as vocoders do, without any model.

These copies are for training only: nobody publishes them, but they differ from their source in what
vocoders get wrong and in nothing else, as self-blended pictures do for faces (Shiohara and
Yamasaki, "Detecting deepfakes with self-blended images", CVPR 2022).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, uniform_filter
from scipy.signal import istft, lfilter, stft

from media_screen.arrays import Doubles, Flags, Floats, Rows
from media_screen.media import SAMPLE_RATE
from media_screen.speech.spectra import frames, slaney_filters

Random = np.random.Generator
Complex = npt.NDArray[np.complexfloating]

_SIZES = (512, 1024, 2048)  # samples of a Fourier transform
_ORDER = 18  # coefficients of linear prediction: two for each 1 kHz, and two
_FRAME, _HOP = 400, 160  # samples: 25 ms each 10 ms
_PITCH_FRAME = 640  # samples: two periods of 50 Hz
_LAGS = (40, 267)  # samples: 400 to 60 Hz
_VOICED = 0.4  # correlation with the period before from which speech is voiced


def through_mel(samples: Floats, random: Random) -> Floats:
    """Return speech whose spectra have the resolution of mel bands; the phases are its own."""
    size = int(random.choice(_SIZES[1:]))
    filters = slaney_filters(int(random.choice([60, 80, 100])), size=size).astype(np.float64)
    inverse = np.linalg.pinv(filters)

    def coarse(spectra: Complex) -> Complex:
        magnitudes = np.maximum(1e-9, inverse @ (filters @ np.abs(spectra)))
        return np.asarray(magnitudes * np.exp(1j * np.angle(spectra)))

    return _changed(samples, coarse, size)


def with_other_phases(samples: Floats, random: Random) -> Floats:
    """Return speech whose phases wander, from some frequency up; the magnitudes are its own."""
    size, depth = int(random.choice(_SIZES)), random.uniform(0.7, 3.0)
    spread = (random.uniform(0.5, 3.0), random.uniform(0.5, 3.0))  # bins, frames
    lowest = random.choice([0.0, 0.0, 1_000.0, 3_000.0])  # Hz

    def wandering(spectra: Complex) -> Complex:
        noise = gaussian_filter(random.standard_normal(spectra.shape), spread)
        noise[: round(lowest * size / SAMPLE_RATE)] = 0.0
        return np.asarray(spectra * np.exp(1j * depth * noise / max(float(noise.std()), 1e-9)))

    return _changed(samples, wandering, size)


def with_noise_above(samples: Floats, random: Random) -> Floats:
    """Return speech that is noise of the same envelope above 2 to 5 kHz."""
    size, lowest = int(random.choice(_SIZES[:2])), random.uniform(2_000.0, 5_000.0)
    spread = (random.integers(1, 12), random.integers(1, 4))  # bins, frames

    def noisy(spectra: Complex) -> Complex:
        first = round(lowest * size / SAMPLE_RATE)
        levels = np.sqrt(uniform_filter(np.abs(spectra[first:]) ** 2, spread))
        draws = random.standard_normal((2, *levels.shape)) / np.sqrt(2)
        return np.concatenate([spectra[:first], levels * (draws[0] + 1j * draws[1])])

    return _changed(samples, noisy, size)


def periodically_filtered(samples: Floats, random: Random) -> Floats:
    """Return speech through a filter that differs from sample to sample and then repeats.

    That is what transposed convolutions are, with which neural vocoders raise the rate: they leave
    images of the spectrum around multiples of the rate they come from (Odena et al. 2016).
    """
    period, taps = int(random.choice([2, 4, 5, 8, 16, 32, 64])), 7
    filters = random.standard_normal((period, taps)) * 10 ** (random.uniform(-38.0, -16.0) / 20)
    filters[:, 0] += 1.0
    padded = np.pad(samples, (taps - 1, 0))
    phase = np.arange(len(samples)) % period
    out = np.zeros(len(samples))
    for delay in range(taps):
        start = taps - 1 - delay
        out += filters[phase, delay] * padded[start : start + len(samples)]
    return out.astype(np.float32)


def through_prediction(samples: Floats, random: Random) -> Floats:
    """Return speech of a linear-prediction vocoder: pulses and noise through an all-pole filter."""
    rows = frames(np.pad(samples, (0, _PITCH_FRAME)), length=_PITCH_FRAME, step=_HOP)
    periods, voiced = _periods(rows)
    predictors, gains = _predictors(rows[:, :_FRAME] * np.hanning(_FRAME))
    excitation = _excitation(periods, voiced, breath=random.uniform(0.05, 0.5), random=random)
    out = np.zeros(len(rows) * _HOP + 2 * _HOP)
    window = np.hanning(2 * _HOP + 1)[:-1]
    for place, (predictor, gain) in enumerate(zip(predictors, gains, strict=True)):
        part = excitation[place * _HOP : (place + 2) * _HOP] * window
        out[place * _HOP : (place + 2) * _HOP] += gain * lfilter([1.0], predictor, part)
    return out[: len(samples)].astype(np.float32)


def _changed(samples: Floats, change: Callable[[Complex], Complex], size: int) -> Floats:
    spectra = stft(samples, nperseg=size, noverlap=size * 3 // 4)[2]
    sound = istft(change(spectra), nperseg=size, noverlap=size * 3 // 4)[1]
    return np.asarray(sound[: len(samples)], np.float32)


def _periods(rows: Floats) -> tuple[Rows, Flags]:
    """Return the period of each frame, in samples, and whether it is voiced (autocorrelation)."""
    spectra = np.abs(np.fft.rfft(rows, 2 * rows.shape[1], axis=1)) ** 2
    correlation = np.fft.irfft(spectra, axis=1)[:, : _LAGS[1]]
    # Fewer products at longer lags.
    correlation /= 1.0 - np.arange(_LAGS[1]) / rows.shape[1]
    lags = np.argmax(correlation[:, _LAGS[0] :], axis=1) + _LAGS[0]
    peaks = correlation[np.arange(len(rows)), lags] / np.maximum(correlation[:, 0], 1e-9)
    return lags, peaks > _VOICED


def _predictors(rows: npt.NDArray[np.floating]) -> tuple[Floats, Floats]:
    """Return the all-pole filters of frames, and the root mean square of what they leave over."""
    spectra = np.abs(np.fft.rfft(rows, 1024, axis=1)) ** 2
    correlation = np.fft.irfft(spectra, axis=1)[:, : _ORDER + 1]
    correlation[:, 0] = correlation[:, 0] * 1.0005 + 1e-6  # a noise floor keeps filters stable
    lags = np.abs(np.subtract.outer(np.arange(_ORDER), np.arange(_ORDER)))
    solved = np.linalg.solve(correlation[:, lags], correlation[:, 1:, None])[..., 0]
    left = correlation[:, 0] - np.sum(solved * correlation[:, 1:], axis=1)
    ones = np.ones((len(rows), 1))
    power = np.maximum(left, 0.0) / np.sum(np.hanning(_FRAME) ** 2)
    return np.concatenate([ones, -solved], axis=1), np.sqrt(power)


def _excitation(periods: Rows, voiced: Flags, *, breath: float, random: Random) -> Doubles:
    """Return pulses at the periods of voiced frames, noise elsewhere; both of power 1."""
    count = (len(periods) + 2) * _HOP
    noise = random.standard_normal(count)
    of_sample = np.minimum(np.arange(count) // _HOP, len(periods) - 1)
    on = voiced[of_sample]
    turns = np.floor(np.cumsum(1.0 / periods[of_sample]))
    pulses = np.diff(turns, prepend=0.0) * np.sqrt(periods[of_sample])
    return np.where(on, (1 - breath) * pulses + breath * noise, noise)

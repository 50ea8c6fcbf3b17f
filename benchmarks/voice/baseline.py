"""The baseline of ASVspoof: linear-frequency cepstra and two Gaussian mixtures."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.mixture import GaussianMixture

from media_screen.arrays import Doubles, Floats, Rows
from media_screen.speech.synthesis import LEVELS
from training.voice_spoof.prepare import Prepared

CEPSTRA = 20  # with their first and second differences: 60 values a frame
MIXTURES = 32
FRAMES = 20_000  # of each class that the mixtures are fitted to
WINDOWS = 400  # of each class that those frames are taken from
_BANDS = 64


def lfcc(spectra: Floats) -> Floats:
    """Return cepstra of log spectra (frames x 256 or more) with their differences: frames x 60."""
    levels = spectra[:, :LEVELS].reshape(len(spectra), _BANDS, -1).mean(axis=2)
    places = np.arange(_BANDS) + 0.5
    basis = np.cos(np.pi * np.outer(places, np.arange(CEPSTRA)) / _BANDS)
    cepstra = levels @ basis.astype(np.float32)
    first = np.gradient(cepstra, axis=0)
    return np.concatenate([cepstra, first, np.gradient(first, axis=0)], axis=1)


def fit(data: Prepared, rows: Rows, *, seed: int = 1) -> tuple[Any, Any]:
    """Return the mixtures of genuine and of synthetic speech, fitted to rows."""
    random = np.random.default_rng(seed)
    weights = example_weights(data, rows)
    fake = np.array([data.sound(row).fake for row in rows])
    mixtures = []
    for label in (False, True):
        share = np.where(fake == label, weights, 0.0)
        drawn = random.choice(len(rows), WINDOWS, p=share / share.sum())
        frames = [lfcc(data.spectra(int(rows[place]))) for place in drawn]
        joined = np.concatenate(frames)
        chosen = random.permutation(len(joined))[:FRAMES]
        mixture = GaussianMixture(
            MIXTURES, covariance_type="diag", max_iter=15, random_state=seed, reg_covar=1e-5
        )
        mixtures.append(mixture.fit(joined[chosen]))
    return mixtures[0], mixtures[1]


def score(mixtures: tuple[Any, Any], window: Floats) -> float:
    """Return the mean log-likelihood ratio of the frames of a window, synthetic over genuine."""
    cepstra = lfcc(window)
    genuine, synthetic = (float(one.score(cepstra)) for one in mixtures)
    return synthetic - genuine


def scores(data: Prepared, own: Rows, rows: Rows) -> Doubles:
    """Return the score of each of some rows, by mixtures that were fitted to `own`."""
    mixtures = fit(data, own)
    return np.array([score(mixtures, data.spectra(int(row))) for row in rows])


def example_weights(data: Prepared, rows: Rows) -> Doubles:
    """Return how often each row is drawn: both classes alike, and within a class each group alike.

    Groups of genuine speech are that of the web and the rest; of synthetic, its families.
    """
    groups: dict[tuple[bool, str], list[int]] = {}
    for place, row in enumerate(rows):
        sound = data.sound(row)
        name = sound.family if sound.fake else "web" if sound.web else "studio"
        groups.setdefault((sound.fake, name), []).append(place)
    weights = np.zeros(len(rows))
    for (fake, _), places in groups.items():
        alike = sum(key[0] == fake for key in groups)
        weights[places] = 0.5 / alike / len(places)
    return np.asarray(weights / weights.sum())

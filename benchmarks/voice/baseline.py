"""The baseline of ASVspoof: linear-frequency cepstra and two Gaussian mixtures."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.mixture import GaussianMixture

from media_screen.speech.spectra import Floats
from media_screen.training.voice_spoof.prepare import Prepared
from media_screen.training.voice_spoof.train import Rows, example_weights

CEPSTRA = 20  # with their first and second differences: 60 values a frame
MIXTURES = 32
FRAMES = 20_000  # of each class that the mixtures are fitted to
_BANDS = 64


def lfcc(levels: Floats) -> Floats:
    """Return cepstra of band levels (frames x 64) with their differences: frames x 60."""
    places = np.arange(_BANDS) + 0.5
    basis = np.cos(np.pi * np.outer(places, np.arange(CEPSTRA)) / _BANDS)
    cepstra = levels @ basis.astype(np.float32)
    first = np.gradient(cepstra, axis=0)
    return np.concatenate([cepstra, first, np.gradient(first, axis=0)], axis=1)


def fit(data: Prepared, rows: Rows, *, seed: int = 1) -> tuple[Any, Any]:
    """Return the mixtures of genuine and of synthetic speech, fitted to rows."""
    random = np.random.default_rng(seed)
    weights = example_weights(data, rows)
    fake = np.array([data.sounds[data.rows[row].sound].fake for row in rows])
    mixtures = []
    for label in (False, True):
        share = np.where(fake == label, weights, 0.0)
        drawn = random.choice(len(rows), 400, p=share / share.sum())
        frames = [lfcc(data.features(int(rows[place]))[:, :_BANDS]) for place in drawn]
        joined = np.concatenate(frames)
        chosen = random.permutation(len(joined))[:FRAMES]
        mixture = GaussianMixture(
            MIXTURES, covariance_type="diag", max_iter=15, random_state=seed, reg_covar=1e-5
        )
        mixtures.append(mixture.fit(joined[chosen]))
    return mixtures[0], mixtures[1]


def score(mixtures: tuple[Any, Any], levels: Floats) -> float:
    """Return the mean log-likelihood ratio of the frames of a window, synthetic over genuine."""
    cepstra = lfcc(levels)
    genuine, synthetic = (float(one.score(cepstra)) for one in mixtures)
    return synthetic - genuine


def scores(mixtures: tuple[Any, Any], windows: list[Floats]) -> npt.NDArray[np.float64]:
    """Return the score of each window (frames x 96, of which the first 64 are levels)."""
    return np.array([score(mixtures, one[:, :_BANDS]) for one in windows])

"""Turns the scores of a detector into log likelihood ratios that its calibration set supports."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from media_screen.arrays import Doubles, Flags
from media_screen.evaluation.logistic import balanced, regress
from media_screen.weights.calibration import Calibration


def fit(
    scores: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    l2: float = 1.0,
) -> Calibration:
    """Fit a calibration to scores of clips whose `labels` are known, True for forged.

    It is logistic regression in which both classes weigh the same, whatever their numbers, so that
    the log odds are a log likelihood ratio (Brummer and du Preez 2006). `weights` say how much each
    clip counts within its class, such as one over the number of clips of its collection. `l2`
    shrinks the slope, in units of the standard deviation of the scores: a Gaussian prior of
    variance 1 / `l2`, against as much likelihood as there are clips.

    The bound is log(k + 1) with k the number of clips of the smaller class: of k genuine clips none
    scored this high, so the next does with a probability of about 1 / (k + 1) by the rule of
    succession, and a forged one with at most 1. It serves the purpose of the empirical bounds of
    Vergeer et al. 2016 ("Numerical likelihood ratios outputted by LR systems are often based on
    extrapolation"). Weighted clips are counted by their effective number (Kish 1965).
    """
    values, fake = np.asarray(scores, dtype=np.float64), np.asarray(labels, dtype=bool)
    given = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=np.float64)
    _check(values, fake, given, l2)
    number = min(_effective_number(given[fake]), _effective_number(given[~fake]))
    share = balanced(fake, given)
    mean = float(share @ values)
    spread = math.sqrt(float(share @ (values - mean) ** 2))
    bound = math.log(number + 1)
    if spread == 0.0:
        return Calibration(0.0, 0.0, bound)
    standardised = ((values - mean) / spread)[:, None]
    slopes, offset = regress(standardised, fake, share, l2 / len(values), rising=True)
    slope = float(slopes[0])
    return Calibration(slope / spread, offset - slope * mean / spread, bound)


def _effective_number(weights: Doubles) -> float:
    return float(weights.sum() ** 2 / np.sum(weights**2))


def _check(values: Doubles, fake: Flags, weights: Doubles, l2: float) -> None:
    if not (values.shape == fake.shape == weights.shape) or values.ndim != 1:
        raise ValueError(
            f"expected as many labels and weights as scores, got {fake.shape} and {weights.shape} "
            f"for {values.shape}"
        )
    if not np.isfinite(values).all() or not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError("expected finite scores and finite weights of 0 or more")
    for label, name in ((False, "genuine"), (True, "forged")):
        if weights[fake == label].sum() <= 0:
            raise ValueError(f"expected {name} clips to calibrate with, got none")
    if not l2 > 0:
        raise ValueError(f"l2 must be over 0, or separable scores have no best slope; got {l2}")

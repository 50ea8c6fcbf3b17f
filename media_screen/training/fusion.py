"""Learns how much each detector counts, from its ratios on files that it was not trained on.

Used by `python -m benchmarks.accuracy`, which also measures what comes of it. The model is logistic
regression on log likelihood ratios, without offset: where nothing speaks, nothing is added. Weights
are 0 to 1, so the sum rises with each ratio and is never surer than detectors that are independent
would make it (naive Bayes); how far they say the same lowers the weights.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import numpy.typing as npt

from media_screen.combination import Combination, Threshold
from media_screen.evaluation.logistic import balanced, regress
from media_screen.evidence import Sensitivity

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.bool_]

# Shares of genuine media that each sensitivity may mark. One percent is what an analyst who looks
# at a hundred files a day can bear; the others are half of it and five times as much.
FALSE_ALARMS: dict[Sensitivity, float] = {"low": 0.005, "normal": 0.01, "high": 0.05}
# No file is marked below two to one, where the scale of the report begins to speak of support.
LEAST_THRESHOLD = math.log(2)
L2 = 1.0  # a Gaussian prior of variance 1 on each weight, against as much likelihood as clips
DIGITS = 4  # of weights and ratios in the record
_STEP = 1e-4  # the last of these digits


@dataclass(frozen=True)
class Examples:
    """Ratios of n files or copies by k detectors, shape (n, k), NaN where one said nothing.

    `clip` names for each row the file of which it is a version, `collection` its source, `group`
    what is held out together: all that shares a collection, a method or a person.
    """

    detectors: tuple[str, ...]
    llrs: Floats
    fake: Labels
    clip: tuple[str, ...]
    collection: tuple[str, ...]
    group: tuple[str, ...]

    def take(self, use: Labels) -> Examples:
        """Return the chosen rows."""
        rows = np.flatnonzero(use).tolist()
        return Examples(
            self.detectors, self.llrs[use], self.fake[use],
            tuple(self.clip[row] for row in rows), tuple(self.collection[row] for row in rows),
            tuple(self.group[row] for row in rows),
        )  # fmt: skip


def fit(examples: Examples, counted: Iterable[str]) -> tuple[dict[str, float], float]:
    """Return the weight of each detector, 0 for those not `counted`, and the bound of the sum.

    A collection weighs as the root of its clips, and both classes alike. The bound is log(k + 1)
    with k the effective number of clips of the smaller class, as for a single detector
    (`evaluation.calibration.fit`): what none of k clips reached, the next does with a probability
    of about 1 / (k + 1).
    """
    weights = dict.fromkeys(examples.detectors, 0.0)
    used = [name for name in examples.detectors if name in set(counted)]
    columns = [examples.detectors.index(name) for name in used]
    judged = examples.take(np.asarray(~np.isnan(examples.llrs[:, columns]).all(axis=1), bool))
    if len(set(judged.fake.tolist())) < 2:
        return weights, 0.0  # nothing to tell apart, or nothing that counts
    facts = np.nan_to_num(judged.llrs[:, columns])
    share, numbers = _shares(judged)
    slopes, _ = regress(
        facts, judged.fake, share, L2 / sum(numbers), rising=True, most=1.0, through_origin=True
    )
    weights |= {name: round(float(slope), DIGITS) for name, slope in zip(used, slopes, strict=True)}
    return weights, round(math.log(min(numbers) + 1), DIGITS)


def _shares(examples: Examples) -> tuple[Floats, tuple[float, float]]:
    """Return the weight of each row, and the effective numbers of genuine and of forged clips."""
    copies = _counts(examples.clip)
    clips: dict[tuple[bool, str], set[str]] = {}
    for fake, collection, clip in zip(
        examples.fake.tolist(), examples.collection, examples.clip, strict=True
    ):
        clips.setdefault((fake, collection), set()).add(clip)
    of_row = [
        len(clips[fake, collection]) ** -0.5
        for fake, collection in zip(examples.fake.tolist(), examples.collection, strict=True)
    ]
    share = balanced(examples.fake, np.array(of_row) / copies)
    numbers = []
    for label in (False, True):
        each = np.concatenate(
            [np.full(len(own), len(own) ** -0.5) for key, own in clips.items() if key[0] == label]
        )
        numbers.append(float(each.sum() ** 2 / np.sum(each**2)))  # Kish 1965
    return share, (numbers[0], numbers[1])


def _counts(names: Sequence[str]) -> Floats:
    _, place, counts = np.unique(names, return_inverse=True, return_counts=True)
    return np.asarray(counts[place], dtype=np.float64)


def held_out(examples: Examples, counted: Sequence[str]) -> Floats:
    """Return the fused ratio of each row by weights that saw nothing of its group.

    NaN where no detector that counts spoke.
    """
    columns = [examples.detectors.index(name) for name in counted]
    totals = np.full(len(examples.fake), np.nan)
    groups = np.array(examples.group)
    for group in dict.fromkeys(examples.group):
        own = groups == group
        weights, bound = fit(examples.take(~own), counted)
        slopes = np.array([weights[name] for name in counted])
        llrs = examples.llrs[own][:, columns]
        sums = np.clip(np.nan_to_num(llrs) @ slopes, -bound, bound)
        spoke = (~np.isnan(llrs) & (slopes > 0)).any(axis=1)
        totals[own] = np.where(spoke, sums, np.nan)
    return totals


def thresholds(examples: Examples, totals: Floats) -> dict[Sensitivity, Threshold]:
    """Return the threshold of each sensitivity, from fused ratios of files that were held out.

    A genuine clip counts with the highest ratio of its versions. With n such clips, a next one
    reaches the threshold with at most the stated probability if (1 + those that do) / (n + 1) is no
    more than that (conformal prediction; Vovk et al. 2005). A rate that n clips can't show is
    extrapolated from the highest: the tail of ratios that hold falls at least as fast as exp(-t),
    because exp(t) is what forged files are likelier there.
    """
    highest: dict[str, float] = {}
    for clip, fake, total in zip(examples.clip, examples.fake.tolist(), totals, strict=True):
        if not fake and not math.isnan(total):
            highest[clip] = max(highest.get(clip, -math.inf), float(total))
    ranked = sorted(highest.values(), reverse=True)
    return {
        name: Threshold(FALSE_ALARMS[name], _threshold(ranked, FALSE_ALARMS[name]))
        for name in get_args(Sensitivity)
    }


def _threshold(ranked: Sequence[float], rate: float) -> float:
    """Return the least threshold for a rate, from genuine ratios, the highest first."""
    if not ranked:
        return round(math.log(1 / rate), DIGITS)  # what holds for any ratio that is calibrated
    allowed = math.floor(rate * (len(ranked) + 1) + 1e-9) - 1
    if allowed < 0:
        reached = ranked[0] + math.log(1 / (rate * (len(ranked) + 1)))
    else:
        reached = ranked[allowed]
    return max(round(LEAST_THRESHOLD, DIGITS), round(reached + _STEP, DIGITS))


def combine(examples: Examples, counted: Sequence[str]) -> Combination:
    """Return the combination to ship: weights of all files, thresholds of held-out ratios."""
    weights, bound = fit(examples, counted)
    return Combination(weights, bound, thresholds(examples, held_out(examples, counted)))

"""Learns how much each detector counts, from its ratios on files that it was not trained on.

Used by `python -m benchmarks.accuracy`, which also measures what comes of it. The model is logistic
regression on log likelihood ratios, without offset: where nothing speaks, nothing is added. Weights
are 0 to 1, so the sum rises with each ratio and is never surer than detectors that are independent
would make it (naive Bayes); how far they say the same lowers the weights.

Detectors of the picture are fitted together, on files whose label is about the picture, and those
of the sound on files whose label is about the sound. No file is labelled as forged in both, so no
weight for the two together can be learned: `media_screen.fusion.combination` says how they are
joined.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np

from media_screen.arrays import Doubles, Flags
from media_screen.evaluation.logistic import balanced, regress
from media_screen.evidence import Sensitivity
from media_screen.fusion.combination import Combination, Subject, Threshold, likeliest
from training.columns import occurrences

# Shares of genuine media that each sensitivity may mark. One percent is what an analyst who looks
# at a hundred files a day can bear; the others are half of it and five times as much.
FALSE_ALARMS: dict[Sensitivity, float] = {"low": 0.005, "normal": 0.01, "high": 0.05}
# No file is marked below two to one, where the scale of the report begins to speak of support.
LEAST_THRESHOLD = math.log(2)
L2 = 1.0  # a Gaussian prior of variance 1 on each weight, against as much likelihood as clips
DIGITS = 4  # of weights and ratios in the record
_STEP = 1e-4  # the last of these digits


@dataclass(frozen=True)
class RatioTable:
    """Ratios of n files or copies by k detectors, shape (n, k), NaN where one said nothing.

    `detectors` are those of each subject; together, in this order, they name the columns. `clip`
    names for each row the file of which it is a version, `collection` its source. `group` says by
    subject what is held out together, and "" where the label is not about that subject.
    """

    detectors: Mapping[Subject, tuple[str, ...]]
    llrs: Doubles
    fake: Flags
    clip: tuple[str, ...]
    collection: tuple[str, ...]
    group: Mapping[Subject, tuple[str, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        """The detectors in the order of the columns."""
        return tuple(name for own in self.detectors.values() for name in own)

    def take(self, use: Flags) -> RatioTable:
        """Return the chosen rows."""
        rows = np.flatnonzero(use).tolist()
        return RatioTable(
            self.detectors,
            self.llrs[use],
            self.fake[use],
            tuple(self.clip[row] for row in rows),
            tuple(self.collection[row] for row in rows),
            {about: tuple(own[row] for row in rows) for about, own in self.group.items()},
        )

    def columns(self, names: Iterable[str]) -> Doubles:
        """Return the ratios of some detectors."""
        return self.llrs[:, [self.names.index(name) for name in names]]


def fit(examples: RatioTable, about: Subject, counted: Iterable[str]) -> tuple[list[float], float]:
    """Return the weights of a subject's detectors, 0 for those not `counted`, and their bound.

    A collection weighs as the root of its clips, and both classes alike. The bound is log(k + 1)
    with k the effective number of clips of the smaller class, as for a single detector
    (`evaluation.calibration.fit`): what none of k clips reached, the next does with a probability
    of about 1 / (k + 1). It is 0 where nothing counts.
    """
    own = examples.detectors[about]
    used = [name for name in own if name in set(counted)]
    labelled = np.array([group != "" for group in examples.group[about]], dtype=bool)
    spoke = ~np.isnan(examples.columns(used)).all(axis=1)
    judged = examples.take(np.asarray(labelled & spoke, bool))
    if len(set(judged.fake.tolist())) < 2:
        return [0.0] * len(own), 0.0  # nothing to tell apart, or nothing that counts
    facts = np.nan_to_num(judged.columns(used))
    share, numbers = _shares(judged)
    slopes, _ = regress(
        facts, judged.fake, share, L2 / sum(numbers), rising=True, most=1.0, through_origin=True
    )
    found = {name: round(float(slope), DIGITS) for name, slope in zip(used, slopes, strict=True)}
    bound = round(math.log(min(numbers) + 1), DIGITS) if any(found.values()) else 0.0
    return [found.get(name, 0.0) for name in own], bound


def _shares(examples: RatioTable) -> tuple[Doubles, tuple[float, float]]:
    """Return the weight of each row, and the effective numbers of genuine and of forged clips."""
    copies = occurrences(examples.clip).astype(np.float64)
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


def held_out(examples: RatioTable, counted: Sequence[str]) -> Doubles:
    """Return the fused ratio of each row by weights that saw nothing of its groups.

    NaN where no detector that counts spoke.
    """
    sums, bounds = {}, {}
    for about in examples.detectors:
        sums[about], bounds[about] = _held_out(examples, about, counted)
    rows = range(len(examples.fake))
    return np.array([_joined(_at(sums, row), _at(bounds, row)) for row in rows])


def _at(found: Mapping[Subject, Doubles], row: int) -> dict[Subject, float]:
    return {about: float(own[row]) for about, own in found.items()}


def _held_out(
    examples: RatioTable, about: Subject, counted: Sequence[str]
) -> tuple[Doubles, Doubles]:
    """Return each row's sum of one subject, NaN where nothing spoke, and the bound of its weights.

    A row whose label is not about the subject taught nothing of it, and takes the weights of all.
    """
    llrs = examples.columns(examples.detectors[about])
    sums, bounds = np.full(len(llrs), np.nan), np.zeros(len(llrs))
    groups = np.array(examples.group[about])
    for group in dict.fromkeys(examples.group[about]):
        own = groups == group
        weights, bounds[own] = fit(examples.take(~own) if group else examples, about, counted)
        slopes = np.array(weights)
        spoke = (~np.isnan(llrs[own]) & (slopes > 0)).any(axis=1)
        sums[own] = np.where(spoke, np.nan_to_num(llrs[own]) @ slopes, np.nan)
    return sums, bounds


def _joined(sums: Mapping[Subject, float], bounds: Mapping[Subject, float]) -> float:
    """Join the sums of a file's subjects, as `Combination` does; NaN when there is none."""
    spoke = {about: total for about, total in sums.items() if not math.isnan(total)}
    if not spoke:
        return math.nan
    total = sum(spoke[about] for about in likeliest(spoke))
    bound = least_bound(bounds.values())
    return max(-bound, min(bound, total))


def least_bound(bounds: Iterable[float]) -> float:
    """Return the bound of the whole: the least of the subjects in which a detector counts.

    No file is labelled in both, so nothing supports to be surer of a file than of its parts.
    """
    return min((bound for bound in bounds if bound > 0), default=0.0)


def thresholds(examples: RatioTable, totals: Doubles) -> dict[Sensitivity, Threshold]:
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


def combine(examples: RatioTable, counted: Sequence[str]) -> Combination:
    """Return the combination to ship: weights of all files, thresholds of held-out ratios."""
    fitted = {about: fit(examples, about, counted) for about in examples.detectors}
    weights = {
        about: dict(zip(examples.detectors[about], own, strict=True))
        for about, (own, _) in fitted.items()
    }
    bound = least_bound(bound for _, bound in fitted.values())
    return Combination(weights, bound, thresholds(examples, held_out(examples, counted)))

"""Adds the ratios of several detectors up to one, each with the weight that was measured for it.

A detector judges the picture or the sound, and its ratio compares a forged one with a genuine one.
Detectors of one subject add up. The two sums are joined by what a forger may have done: the picture
alone, the sound alone, or both. The ratio of a file is that of the likeliest of the three (a
generalised likelihood ratio), so a voice that sounds genuine does not clear a face that looks
forged, nor the other way round; two that both look forged add up.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, cast, get_args

from media_screen import weights
from media_screen.evidence import Contribution, Sensitivity
from media_screen.evidence.fusion import cut_off

FILE = "fusion/fusion.json"  # below models/
Subject = Literal["picture", "sound"]  # what of a file is forged or genuine


@dataclass(frozen=True, slots=True)
class Threshold:
    """The fused ratio (natural log) that this share of genuine media, 0 to 1, does not reach."""

    false_alarms: float
    llr: float


@dataclass(frozen=True, slots=True)
class Weight:
    """A weight that a user gives to a detector of another package, and what it judges.

    The text form is NAME=SUBJECT:WEIGHT, such as `mine=picture:0.5`.
    """

    detector: str
    subject: Subject
    weight: float  # 0 to 1

    def __post_init__(self) -> None:
        if not self.detector:
            raise ValueError("a weight needs the name of a detector")
        if self.subject not in get_args(Subject):
            raise ValueError(f"a detector judges one of {get_args(Subject)}, not {self.subject!r}")
        if not 0.0 <= self.weight <= 1.0:
            raise ValueError(f"a weight is 0 to 1, got {self.weight}")

    @staticmethod
    def parse(text: str) -> Weight:
        """Read the text form; raises ValueError saying what is wrong with it."""
        name, _, rest = text.partition("=")
        subject, _, number = rest.partition(":")
        try:
            weight = float(number)
        except ValueError as error:
            raise ValueError(
                f"expected NAME=picture:0.5 or NAME=sound:0.5, got {text!r}"
            ) from error
        return Weight(name, cast(Subject, subject), weight)


# What has a benchmark of its own, since the files on which the others are weighed have no original
# beside them: it is calibrated on comparisons (models/original), and counts in full.
MEASURED_APART = (Weight("original", "picture", 1.0),)


@dataclass(frozen=True, slots=True)
class Combination:
    """A weighted sum of log likelihood ratios, cut off at `bound` either way.

    `weights` are 0 to 1, by subject and detector: a higher ratio of one detector never lowers the
    sum, and nobody counts for more than it claims. A detector without a weight was never measured
    together with the others: it informs and weighs nothing. One that says nothing adds nothing.
    """

    weights: Mapping[Subject, Mapping[str, float]]
    bound: float
    thresholds: Mapping[Sensitivity, Threshold]

    def __post_init__(self) -> None:
        if set(self.weights) != set(get_args(Subject)):
            raise ValueError(f"expected weights for {get_args(Subject)}, got {tuple(self.weights)}")
        every = [(name, w) for own in self.weights.values() for name, w in own.items()]
        wrong = {name: w for name, w in every if not 0.0 <= w <= 1.0}
        if wrong:
            raise ValueError(f"expected weights of 0 to 1, got {wrong}")
        if len(dict(every)) != len(every):
            raise ValueError(f"expected one subject for each detector, got {self.weights}")
        if not (math.isfinite(self.bound) and self.bound >= 0):
            raise ValueError(f"expected a finite bound of 0 or more, got {self.bound}")
        if set(self.thresholds) != set(get_args(Sensitivity)):
            raise ValueError(
                f"expected thresholds for {get_args(Sensitivity)}, got {tuple(self.thresholds)}"
            )
        frozen = {about: MappingProxyType(dict(own)) for about, own in self.weights.items()}
        object.__setattr__(self, "weights", MappingProxyType(frozen))
        object.__setattr__(self, "thresholds", MappingProxyType(dict(self.thresholds)))

    def weight(self, detector: str) -> float:
        """Return the weight of a detector, 0 for one that was never measured."""
        return next((own[detector] for own in self.weights.values() if detector in own), 0.0)

    def joined_by(self, own: Iterable[Weight]) -> Combination:
        """Return this with the weights of a user; raises ValueError for a detector that has one.

        The thresholds stay those that were measured without such detectors.
        """
        joined = {about: dict(weights) for about, weights in self.weights.items()}
        for one in own:
            if any(one.detector in weights for weights in joined.values()):
                raise ValueError(f"{one.detector} has a weight already")
            joined[one.subject][one.detector] = one.weight
        return replace(self, weights=joined)

    def contributions(self, llrs: Mapping[str, float]) -> tuple[Contribution, ...]:
        """Return what each of these ratios adds, the largest part first.

        A detector of a subject that `likeliest` leaves out adds 0, whatever its weight.
        """
        weighed = {name: self.weight(name) * llr for name, llr in llrs.items()}
        sums = {
            about: math.fsum(weighed[name] for name in spoke)
            for about, own in self.weights.items()
            if (spoke := [name for name in llrs if own.get(name, 0.0) > 0])
        }
        counted = {name for about in likeliest(sums) for name in self.weights[about]}
        parts = [
            Contribution(name, llr, weighed[name] if name in counted else 0.0, self.weight(name))
            for name, llr in llrs.items()
        ]
        return tuple(sorted(parts, key=lambda part: (-abs(part.added), part.detector)))

    def total(self, contributions: Iterable[Contribution]) -> float:
        """Return the sum of what is added, cut off at the bound."""
        return cut_off(math.fsum(part.added for part in contributions), self.bound)

    def to_dict(self) -> dict[str, Any]:
        """Return the record for a `fusion.json`."""
        return {
            "weights": {about: dict(own) for about, own in self.weights.items()},
            "bound": self.bound,
            "thresholds": {
                name: {"false_alarms": one.false_alarms, "llr": one.llr}
                for name, one in self.thresholds.items()
            },
        }

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> Combination:
        """Read a record back; raises ValueError naming what is wrong with it."""
        try:
            return Combination(
                weights={
                    about: {str(name): float(w) for name, w in own.items()}
                    for about, own in record["weights"].items()
                },
                bound=float(record["bound"]),
                thresholds={
                    name: Threshold(float(one["false_alarms"]), float(one["llr"]))
                    for name, one in record["thresholds"].items()
                },
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f"a combination needs weights, bound and thresholds: {error!r}"
            ) from error


def likeliest(sums: Mapping[Subject, float]) -> tuple[Subject, ...]:
    """Return which subjects are forged in the likeliest of the ways to forge, given their sums.

    All whose sum speaks for forging; where none does, the one whose sum speaks least against it.
    """
    forged = tuple(about for about, total in sums.items() if total > 0)
    return forged or tuple(sorted(sums, key=lambda about: -sums[about])[:1])


def path() -> Path:
    """Return where the shipped combination stands."""
    return weights.models_dir() / FILE


@cache
def shipped() -> Combination:
    """Return the combination that is shipped, read once; raises WeightsError for a changed one."""
    return measured_together().joined_by(MEASURED_APART)


def measured_together() -> Combination:
    """Return the combination of the detectors that were weighed together, as it is recorded."""
    return Combination.from_dict(weights.record(FILE))

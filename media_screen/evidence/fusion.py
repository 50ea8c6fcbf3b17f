"""How the ratio of manipulation was added up, and which probabilities it stands for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from media_screen.evidence.records import fields_of, rounded

# How readily manipulation is suspected: three stated rates of false alarms (models/fusion/card.md).
Sensitivity = Literal["low", "normal", "high"]

SENSITIVITIES: tuple[Sensitivity, ...] = get_args(Sensitivity)

DECLARED = "declared"  # under which name the strongest declaration stands beside the detectors
# The ratio is never more certain than this (about 150 to one), declarations included: detectors and
# labels that stem from the same upload are not independent.
MANIPULATION_BOUND = 5.0

# Prior probabilities of manipulation between which a posterior is given. A screening queue holds
# anything from one fake in a hundred to every second file; one number would pretend to know.
PRIOR_RANGE = (0.01, 0.5)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one detector says of manipulation (`llr`), and how much of it counts (`added`).

    Both are natural-log likelihood ratios. `weight`, 0 to 1, is that of the detector; results of
    older versions lack it. What has a weight and adds nothing is a sound that seems genuine in a
    file whose picture seems less so, or the other way round. The detector "declared" stands for all
    that a file, its platform or a mark in its picture declares: it counts in full, once.
    """

    detector: str
    llr: float
    added: float
    weight: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the record of a part."""
        return {name: rounded(value) for name, value in fields_of(self).items()}


@dataclass(frozen=True, slots=True)
class Fusion:
    """How the ratio of manipulation was added up, and from which value on it is suspicious.

    What detectors add is cut off at `bound` either way before it is counted.
    """

    sensitivity: Sensitivity
    threshold: float
    bound: float
    contributions: tuple[Contribution, ...] = ()

    @property
    def declared(self) -> float:
        """What the strongest declaration adds, 0 when the file declares nothing."""
        return sum(part.added for part in self.contributions if part.detector == DECLARED)

    @property
    def total(self) -> float | None:
        """The ratio of manipulation, None when nothing counted: no weighed detector, no label."""
        if not self.declared and not any(part.weight > 0 or part.added for part in self._measured):
            return None
        return cut_off(self.measured + self.declared, MANIPULATION_BOUND)

    @property
    def measured(self) -> float:
        """What the detectors add together, without what is declared."""
        return cut_off(math.fsum(part.added for part in self._measured), self.bound)

    @property
    def _measured(self) -> list[Contribution]:
        return [part for part in self.contributions if part.detector != DECLARED]

    def to_dict(self) -> dict[str, Any]:
        """Return the record of a sum."""
        return fields_of(self) | {"contributions": [part.to_dict() for part in self.contributions]}

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> Fusion:
        """Read the record of a sum back."""
        parts = tuple(Contribution(**part) for part in record["contributions"])
        return Fusion(**{**record, "contributions": parts})


def cut_off(value: float, bound: float) -> float:
    """Return a value that is no more than `bound` away from 0."""
    return max(-bound, min(bound, value))


def probability_bounds(llr: float) -> tuple[float, float]:
    """Turn a log likelihood ratio into the posterior at the two ends of `PRIOR_RANGE`."""

    def posterior(prior: float) -> float:
        log_odds = llr + math.log(prior / (1 - prior))
        return 1 / (1 + math.exp(-log_odds))

    low, high = PRIOR_RANGE
    return round(posterior(low), 4), round(posterior(high), 4)

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

    def to_dict(self) -> dict[str, Any]:
        """Return the record of a sum."""
        return fields_of(self) | {"contributions": [part.to_dict() for part in self.contributions]}

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> Fusion:
        """Read the record of a sum back."""
        parts = tuple(Contribution(**part) for part in record["contributions"])
        return Fusion(**{**record, "contributions": parts})


def probability_bounds(llr: float) -> tuple[float, float]:
    """Turn a log likelihood ratio into the posterior at the two ends of `PRIOR_RANGE`."""

    def posterior(prior: float) -> float:
        log_odds = llr + math.log(prior / (1 - prior))
        return 1 / (1 + math.exp(-log_odds))

    low, high = PRIOR_RANGE
    return round(posterior(low), 4), round(posterior(high), 4)

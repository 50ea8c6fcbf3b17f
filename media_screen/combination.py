"""Adds the ratios of several detectors up to one, each with the weight that was measured for it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from media_screen import weights
from media_screen.evidence import Contribution, Sensitivity

FILE = "fusion/fusion.json"  # below models/


@dataclass(frozen=True, slots=True)
class Threshold:
    """The fused ratio (natural log) that this share of genuine media, 0 to 1, does not reach."""

    false_alarms: float
    llr: float


@dataclass(frozen=True, slots=True)
class Combination:
    """A weighted sum of log likelihood ratios, cut off at `bound` either way.

    Weights are 0 to 1: a higher ratio of one detector never lowers the sum, and nobody counts for
    more than it claims. A detector without a weight was never measured together with the others:
    it informs and weighs nothing. One that says nothing adds nothing.
    """

    weights: Mapping[str, float]
    bound: float
    thresholds: Mapping[Sensitivity, Threshold]

    def __post_init__(self) -> None:
        wrong = {name: w for name, w in self.weights.items() if not 0.0 <= w <= 1.0}
        if wrong:
            raise ValueError(f"expected weights of 0 to 1, got {wrong}")
        if not (math.isfinite(self.bound) and self.bound >= 0):
            raise ValueError(f"expected a finite bound of 0 or more, got {self.bound}")
        if set(self.thresholds) != set(get_args(Sensitivity)):
            raise ValueError(
                f"expected thresholds for {get_args(Sensitivity)}, got {tuple(self.thresholds)}"
            )
        object.__setattr__(self, "weights", MappingProxyType(dict(self.weights)))
        object.__setattr__(self, "thresholds", MappingProxyType(dict(self.thresholds)))

    def weight(self, detector: str) -> float:
        """Return the weight of a detector, 0 for one that was never measured."""
        return self.weights.get(detector, 0.0)

    def contributions(self, llrs: Mapping[str, float]) -> tuple[Contribution, ...]:
        """Return what each of these ratios adds, the largest part first."""
        parts = [Contribution(name, llr, self.weight(name) * llr) for name, llr in llrs.items()]
        return tuple(sorted(parts, key=lambda part: (-abs(part.added), part.detector)))

    def total(self, contributions: Iterable[Contribution]) -> float:
        """Return the sum of what is added, cut off at the bound."""
        total = math.fsum(part.added for part in contributions)
        return max(-self.bound, min(self.bound, total))

    def to_dict(self) -> dict[str, Any]:
        """Return the record for a `fusion.json`."""
        return {
            "weights": dict(self.weights),
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
                weights={str(name): float(w) for name, w in record["weights"].items()},
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


def path() -> Path:
    """Return where the shipped combination stands."""
    return weights.models_dir() / FILE


def save(chosen: Combination, *, command: str) -> None:
    """Ship a combination, with the command that made it."""
    record = {**chosen.to_dict(), "command": command}
    path().write_text(json.dumps(record, indent=1) + "\n", "utf-8", newline="\n")
    shipped.cache_clear()


@cache
def shipped() -> Combination:
    """Return the combination that is shipped, read once."""
    return Combination.from_dict(json.loads(path().read_text("utf-8")))

"""Turns a detector's score into a log likelihood ratio, as was measured when it was trained."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from media_screen import weights


@dataclass(frozen=True, slots=True)
class Calibration:
    """A straight line from score to natural-log likelihood ratio, cut off at `bound` on both sides.

    `slope` is 0 or more: a higher score never says less. Where what was measured supports less or
    more on the lower side, the line ends at `lowest` there.
    """

    slope: float
    offset: float
    bound: float
    lowest: float | None = None

    def __post_init__(self) -> None:
        values = [self.slope, self.offset, self.bound, *self.limits]
        if not all(map(math.isfinite, values)) or self.slope < 0 or self.bound < 0:
            raise ValueError(f"expected finite values, slope and bound of 0 or more, got {self}")

    @property
    def limits(self) -> tuple[float, float]:
        """The lowest and the highest ratio that it gives."""
        return -self.bound if self.lowest is None else self.lowest, self.bound

    def llr(self, score: float) -> float:
        """Return the log likelihood ratio for a score, such as of forged against genuine."""
        low, high = self.limits
        return max(low, min(high, self.slope * score + self.offset))

    def probability(self, score: float) -> float:
        """Return a score between 0 and 1: the probability if both were equally frequent."""
        odds = self.slope * score + self.offset
        return 1.0 / (1.0 + math.exp(-odds)) if odds >= 0 else 1.0 - 1.0 / (1.0 + math.exp(odds))

    def to_dict(self) -> dict[str, float]:
        """Return the record for a `calibration.json`."""
        record = {"slope": self.slope, "offset": self.offset, "bound": self.bound}
        return record if self.lowest is None else record | {"lowest": self.lowest}

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> Calibration:
        """Read a record back; raises ValueError naming what is wrong with it."""
        try:
            slope, offset, bound = (float(record[name]) for name in ("slope", "offset", "bound"))
            lowest = float(record["lowest"]) if "lowest" in record else None
        except (KeyError, TypeError) as error:
            raise ValueError(f"a calibration needs slope, offset and bound: {error!r}") from error
        return Calibration(slope, offset, bound, lowest)

    @staticmethod
    def of_row(row: Mapping[str, Any], limits: tuple[float, float]) -> Calibration:
        """Read a row of a record that has several lines, all within the same limits."""
        low, high = map(float, limits)
        return Calibration(float(row["slope"]), float(row["intercept"]), high, low)


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Scores of genuine media at equal steps of 0 to 100%, rising."""

    scores: tuple[float, ...]

    def below(self, score: float) -> float:
        """Return the share of genuine media, 0 to 1, that scores lower."""
        import numpy as np  # late: who only reads a verdict needs no array library

        return float(np.interp(score, self.scores, np.linspace(0.0, 1.0, len(self.scores))))


@dataclass(frozen=True, slots=True)
class UsualScores:
    """Mean and standard deviation of the ratios of genuine media that a model never saw."""

    mean: float
    spread: float


@cache
def usual(model: str) -> UsualScores:
    """Return what genuine media that a shipped model never saw usually score, as ratios."""
    import numpy as np

    line = shipped(model)
    scores = np.array([line.llr(score) for score in genuine(model).scores])
    middles = (scores[1:] + scores[:-1]) / 2  # equal shares of the media lie between two of them
    return UsualScores(float(middles.mean()), float(middles.std()))


@cache
def shipped(model: str) -> Calibration:
    """Return the calibration of a shipped model, such as "face_artifact"."""
    return Calibration.from_dict(_record(model))


@cache
def genuine(model: str, *, name: str = "genuine_percentiles") -> Percentiles:
    """Return what genuine media that a shipped model never saw scored, as its record names it."""
    return Percentiles(tuple(map(float, _record(model)[name])))


def _record(model: str) -> Any:
    return weights.record(f"{model}/calibration.json")


def share_of(share: float, media: str) -> str:
    """Say a share of some media, such as "87% of genuine clips"; less than all is never "all"."""
    return f"all {media}" if share >= 1 else f"{percent(share)} of {media}"


def percent(share: float) -> str:
    """Return a share as per cent, where less than all is never 100% and some is never 0%."""
    if 0 < share < 0.01:
        return "under 1%"
    return f"{min(round(100 * share), 99) if share < 1 else 100}%"

"""Turns a detector's score into a log likelihood ratio, as was measured when it was trained."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from media_screen import weights


@dataclass(frozen=True, slots=True)
class Calibration:
    """A straight line from score to natural-log likelihood ratio, cut off at `bound` on both sides.

    `slope` is 0 or more: a higher score never says less.
    """

    slope: float
    offset: float
    bound: float

    def llr(self, score: float) -> float:
        """Return the log likelihood ratio of forged against genuine for a score."""
        return max(-self.bound, min(self.bound, self.slope * score + self.offset))

    def probability(self, score: float) -> float:
        """Return a score between 0 and 1: the probability if both were equally frequent."""
        odds = self.slope * score + self.offset
        return 1.0 / (1.0 + math.exp(-odds)) if odds >= 0 else 1.0 - 1.0 / (1.0 + math.exp(odds))

    def to_dict(self) -> dict[str, float]:
        """Return the record for a `calibration.json`."""
        return asdict(self)

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> Calibration:
        """Read a record back; raises ValueError naming what is wrong with it."""
        try:
            values = [float(record[name]) for name in ("slope", "offset", "bound")]
        except (KeyError, TypeError) as error:
            raise ValueError(f"a calibration needs slope, offset and bound: {error!r}") from error
        slope, offset, bound = values
        if not all(map(math.isfinite, values)) or slope < 0 or bound < 0:
            raise ValueError(f"expected finite values, slope and bound of 0 or more, got {values}")
        return Calibration(slope, offset, bound)


@cache
def shipped(model: str) -> Calibration:
    """Return the calibration of a shipped model, such as "face_artifact"."""
    return Calibration.from_dict(weights.record(f"{model}/calibration.json"))


def percent(share: float) -> str:
    """Return a share as per cent, where less than all is never 100% and some is never 0%."""
    if 0 < share < 0.01:
        return "under 1%"
    return f"{min(round(100 * share), 99) if share < 1 else 100}%"

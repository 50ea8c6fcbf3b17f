"""A weighted sum of named measures: the classifier where there are few clips and many measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from media_screen.arrays import Doubles


@dataclass(frozen=True)
class LinearModel:
    """Weights of standardised measures; a higher sum is more like a forgery.

    A measure is held within `limit` spreads of its mean: one odd value decides nothing.
    """

    names: tuple[str, ...]
    means: tuple[float, ...]
    spreads: tuple[float, ...]
    weights: tuple[float, ...]
    offset: float
    limit: float

    def raw(self, values: npt.ArrayLike) -> Doubles:
        """Return the log odds, uncalibrated, of measures (..., k)."""
        standard = (np.asarray(values, np.float64) - np.array(self.means)) / np.array(self.spreads)
        held = np.clip(standard, -self.limit, self.limit)
        return np.asarray(held @ np.array(self.weights) + self.offset, np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Return the record for a JSON file."""
        rows = zip(self.names, self.means, self.spreads, self.weights, strict=True)
        measures = [
            {"name": name, "mean": mean, "spread": spread, "weight": weight}
            for name, mean, spread, weight in rows
        ]
        return {"measures": measures, "offset": self.offset}

    @staticmethod
    def from_dict(
        record: Mapping[str, Any], *, names: tuple[str, ...], limit: float
    ) -> LinearModel:
        """Read a record back; raises ValueError when its measures are not those that are named."""
        rows = record["measures"]
        found = tuple(row["name"] for row in rows)
        if found != names:
            raise ValueError(f"expected the measures {names}, got {found}")
        means, spreads, weights = (
            tuple(float(row[key]) for row in rows) for key in ("mean", "spread", "weight")
        )
        return LinearModel(names, means, spreads, weights, float(record["offset"]), limit)

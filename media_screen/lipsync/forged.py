"""Weighs the marks of a mouth: how much they are those of a forged one, as far as was measured.

A line over the marks, fitted by `python -m media_screen.training.lip_sync`; what it is worth on
methods that it never saw stands in models/lip_sync/card.md.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from media_screen import weights
from media_screen.calibration import Calibration
from media_screen.lipsync import marks
from media_screen.lipsync.marks import Marks

if TYPE_CHECKING:
    from media_screen.lipsync.reading import Reading

Floats = npt.NDArray[np.float64]

LINE = "lip_sync/forged.json"
# Marks that hang on frame rate and codec: at 25 frames a second flicker told forged clips here
# (AUC .73), at 30 it told nothing (.50), and blending a mouth in lowers it.
LEFT_OUT = ("flicker", "flicker_chin")
NAMES = tuple(name for name in marks.NAMES if name not in LEFT_OUT)
LIMIT = 3.0  # spreads from the mean at which a measure is held: one odd value decides nothing


@dataclass(frozen=True)
class Line:
    """Weights of standardised measures; a higher sum is more like a forged mouth."""

    means: tuple[float, ...]
    spreads: tuple[float, ...]
    weights: tuple[float, ...]
    offset: float

    def raw(self, values: Floats) -> float:
        """Return the log odds, uncalibrated, of the measures of one window (13,)."""
        standard = (values - np.array(self.means)) / np.array(self.spreads)
        return float(np.clip(standard, -LIMIT, LIMIT) @ np.array(self.weights)) + self.offset

    def to_dict(self) -> dict[str, Any]:
        """Return the record for `forged.json`."""
        rows = zip(NAMES, self.means, self.spreads, self.weights, strict=True)
        measures = [
            {"name": name, "mean": mean, "spread": spread, "weight": weight}
            for name, mean, spread, weight in rows
        ]
        return {"measures": measures, "offset": self.offset}

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> Line:
        """Read a record back; raises ValueError when its measures are not those of this version."""
        rows = record["measures"]
        names = tuple(row["name"] for row in rows)
        if names != NAMES:
            raise ValueError(f"expected the measures {NAMES}, got {names}")
        columns = ([float(row[key]) for row in rows] for key in ("mean", "spread", "weight"))
        means, spreads, sizes = (tuple(column) for column in columns)
        return Line(means, spreads, sizes, float(record["offset"]))


def measures(found: Marks) -> Floats:
    """Return what the line sees of a window: its marks in the order of NAMES."""
    return found.values[[marks.NAMES.index(name) for name in NAMES]]


def raw_of(reading: Reading, line: Line) -> float | None:
    """Return the uncalibrated score of one reading, or None when it has no marks."""
    return None if reading.marks is None else line.raw(measures(reading.marks))


def probability(calibration: Calibration, raw: float) -> float:
    """Return the score between 0 and 1: the probability if both were equally frequent."""
    return 1.0 / (1.0 + math.exp(-(calibration.slope * raw + calibration.offset)))


@cache
def line() -> Line:
    """Return the shipped line."""
    return Line.from_dict(json.loads(weights.path(LINE).read_text("utf-8")))

"""Weighs the marks of a mouth: how much they are those of a forged one, as far as was measured.

A line over the marks and two measures of synchrony, fitted by
`python -m media_screen.training.lip_sync`; what it is worth on methods that it never saw stands in
models/lip_sync/card.md.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from media_screen import weights
from media_screen.calibration import Calibration
from media_screen.lipsync import marks

if TYPE_CHECKING:
    from media_screen.lipsync.reading import Reading

Floats = npt.NDArray[np.float64]

LINE = "lip_sync/forged.json"
CALIBRATION = "lip_sync/calibration.json"
# What the line sees of a window: its marks, then how well mouth and voice agree.
NAMES = (*marks.NAMES, "confidence", "distance")
LIMIT = 3.0  # spreads from the mean at which a measure is held: one odd value decides nothing


@dataclass(frozen=True)
class Line:
    """Weights of standardised measures; a higher sum is more like a forged mouth."""

    means: tuple[float, ...]
    spreads: tuple[float, ...]
    weights: tuple[float, ...]
    offset: float

    def raw(self, values: Floats) -> float:
        """Return the log odds, uncalibrated, of the measures of one window (17,)."""
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


@dataclass(frozen=True)
class Tables:
    """Where values lie among those of genuine speech, at equal steps of 0 to 100%, rising.

    `genuine` and `swapped` are confidences of windows with their own and with another voice,
    `moving` how far genuine mouths open and close, `raw` the scores of genuine clips.
    """

    genuine: tuple[float, ...]
    swapped: tuple[float, ...]
    moving: tuple[float, ...]
    raw: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the record for `calibration.json`."""
        return asdict(self)


def below(table: tuple[float, ...], value: float) -> float:
    """Return the share of a table, 0 to 1, that is lower than a value."""
    return float(np.interp(value, table, np.linspace(0.0, 1.0, len(table))))


def measures(values: Floats, *, confidence: float, distance: float) -> Floats:
    """Return what the line sees of a window: its marks and its synchrony, in the order of NAMES."""
    return np.append(values, [confidence, distance])


def raw_of(reading: Reading, line: Line) -> float | None:
    """Return the uncalibrated score of one reading, or None when it has no marks."""
    if reading.marks is None:
        return None
    curve = reading.curve
    return line.raw(measures(reading.marks.values, confidence=curve.confidence,
                             distance=curve.distance))  # fmt: skip


def probability(calibration: Calibration, raw: float) -> float:
    """Return the score between 0 and 1: the probability if both were equally frequent."""
    return 1.0 / (1.0 + math.exp(-(calibration.slope * raw + calibration.offset)))


@cache
def line() -> Line:
    """Return the shipped line."""
    return Line.from_dict(json.loads(weights.path(LINE).read_text("utf-8")))


@cache
def tables() -> Tables:
    """Return the tables that belong to the shipped network."""
    record = json.loads((weights.models_dir() / CALIBRATION).read_text("utf-8"))
    return Tables(*(tuple(map(float, record[name])) for name in Tables.__dataclass_fields__))

"""Weighs the marks of a mouth: how much they are those of a forged one, as far as was measured.

A line over the marks, fitted by `python -m training.lip_sync`; what it is worth on
methods that it never saw stands in models/lip_sync/card.md.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

from media_screen import weights
from media_screen.arrays import Doubles
from media_screen.detectors.lip_sync import marks
from media_screen.detectors.lip_sync.marks import Marks
from media_screen.weights.linear import LinearModel

if TYPE_CHECKING:
    from media_screen.detectors.lip_sync.reading import Reading


LINE = "lip_sync/forged.json"
# Marks that hang on frame rate and codec: at 25 frames a second flicker told forged clips here
# (AUC .73), at 30 it told nothing (.50), and blending a mouth in lowers it.
LEFT_OUT = ("flicker", "flicker_chin")
NAMES = tuple(name for name in marks.NAMES if name not in LEFT_OUT)
LIMIT = 3.0  # spreads from the mean at which a measure is held: one odd value decides nothing


def measures(found: Marks) -> Doubles:
    """Return what the line sees of a window: its marks in the order of NAMES."""
    return found.values[[marks.NAMES.index(name) for name in NAMES]]


def raw_of(reading: Reading, line: LinearModel) -> float | None:
    """Return the uncalibrated score of one reading, or None when it has no marks."""
    return None if reading.marks is None else float(line.raw(measures(reading.marks)))


@cache
def line() -> LinearModel:
    """Return the shipped line."""
    record = json.loads(weights.path(LINE).read_text("utf-8"))
    return LinearModel.from_dict(record, names=NAMES, limit=LIMIT)

"""Says in words how a voice goes with a mouth: it fits, it is late, it is another's, or unclear.

A voice that fits no mouth in view (voice-over, dubbing, a speaker out of the picture) is told from
a mouth that goes with its voice, and a mouth that is still from one that moves against the voice.
None of it is a forgery. What the words are worth stands in models/lip_sync/card.md.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Literal

import numpy as np

from media_screen import weights

CALIBRATION = "lip_sync/calibration.json"
# Share of genuine windows that are held to be misfits, and of others' voices that are held to fit.
RARE = 0.05

Fit = Literal["fits", "apart", "unclear", "still", "against"]

WORDS: dict[Fit, str] = {
    "fits": "mouth and voice go together",
    "apart": "the mouth goes with this voice, but not at the time at which it is heard",
    "unclear": "whether this mouth speaks with this voice can't be told",
    "still": "a voice is heard and the mouth in view is nearly still, as in a voice-over",
    "against": "the mouth moves, and not with this voice: it may be another's, or a dub",
}


@dataclass(frozen=True)
class Tables:
    """Where values lie among those of windows of genuine speech, at equal steps of 0 to 100%.

    `genuine` and `swapped` are agreements of windows with their own and with another's voice,
    `anywhere` those with another's voice at the best of all offsets, `speed` how fast genuine
    mouths open and close, `raw` the scores of genuine clips by the line of forged mouths.
    """

    genuine: tuple[float, ...]
    swapped: tuple[float, ...]
    anywhere: tuple[float, ...]
    speed: tuple[float, ...]
    raw: tuple[float, ...]

    def fit(self, *, agreement: float, best: float, speed: float) -> Fit:
        """Return the word for an agreement, that at the best of all offsets, and a speed."""
        if below(self.swapped, agreement) >= 1 - RARE:
            return "fits"
        if below(self.anywhere, best) >= 1 - RARE:
            return "apart"
        if below(self.genuine, agreement) >= RARE:
            return "unclear"
        return "still" if below(self.speed, speed) < RARE else "against"

    def to_dict(self) -> dict[str, Any]:
        """Return the record for `calibration.json`."""
        return asdict(self)


def below(table: tuple[float, ...], value: float) -> float:
    """Return the share of a table, 0 to 1, that is lower than a value."""
    return float(np.interp(value, table, np.linspace(0.0, 1.0, len(table))))


@cache
def tables() -> Tables:
    """Return the tables that belong to the shipped network."""
    record = weights.record(CALIBRATION)
    return Tables(*(tuple(map(float, record[name])) for name in Tables.__dataclass_fields__))

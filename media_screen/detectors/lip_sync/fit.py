"""Says in words how a voice goes with a mouth: it fits, it is late, it is another's, or unclear.

A voice that fits no mouth in view (voice-over, dubbing, a speaker out of the picture) is told from
a mouth that goes with its voice, and a mouth that is still from one that moves against the voice.
None of it is a forgery. What the words are worth stands in models/lip_sync/card.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Literal

from media_screen import weights
from media_screen.weights.calibration import Percentiles

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

    genuine: Percentiles
    swapped: Percentiles
    anywhere: Percentiles
    speed: Percentiles
    raw: Percentiles

    def fit(self, *, agreement: float, best: float, speed: float) -> Fit:
        """Return the word for an agreement, that at the best of all offsets, and a speed."""
        if self.swapped.below(agreement) >= 1 - RARE:
            return "fits"
        if self.anywhere.below(best) >= 1 - RARE:
            return "apart"
        if self.genuine.below(agreement) >= RARE:
            return "unclear"
        return "still" if self.speed.below(speed) < RARE else "against"

    def to_dict(self) -> dict[str, Any]:
        """Return the record for `calibration.json`."""
        return {field.name: getattr(self, field.name).scores for field in fields(self)}

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> Tables:
        """Read the record of `calibration.json`, which may hold more."""
        names = (field.name for field in fields(Tables))
        return Tables(*(Percentiles(tuple(map(float, record[name]))) for name in names))


@cache
def tables() -> Tables:
    """Return the tables that belong to the shipped network."""
    return Tables.from_dict(weights.record(CALIBRATION))

"""How a face of the file goes beside the same face in the official footage that it matches."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from media_screen.evidence.records import fields_of, rounded
from media_screen.evidence.spans import Span


@dataclass(frozen=True, slots=True)
class ComparedMoment:
    """One moment at which a face was laid over the original's: seconds in the file and there.

    `excess` is the natural log of how many times as much the face differs as the rest of the frame.
    """

    time_s: float
    original_s: float
    excess: float

    def __post_init__(self) -> None:
        _refuse_endless(self.time_s, self.original_s, self.excess)

    def to_dict(self) -> dict[str, float]:
        """Return the record of a moment."""
        return {
            "time_s": round(self.time_s, 3),
            "original_s": round(self.original_s, 3),
            "excess": round(self.excess, 4),
        }


@dataclass(frozen=True, slots=True)
class FaceComparison:
    """One face in one stretch of the file, beside the original at the same moments.

    `llr` is the natural-log likelihood ratio that the face was changed, None where too much lies
    over it to tell. `file` and `original` are how far the mouth is open at `times_s` (of the file),
    as shares of the face's width. `moments` are the one that differs most and the one that differs
    least.
    """

    reference: str
    person: str
    track: int
    span: Span
    reference_span: Span
    llr: float | None = None
    times_s: tuple[float, ...] = ()
    file: tuple[float, ...] = ()
    original: tuple[float, ...] = ()
    moments: tuple[ComparedMoment, ...] = ()

    def __post_init__(self) -> None:
        if not len(self.times_s) == len(self.file) == len(self.original):
            raise ValueError(
                "expected as many openings of the mouth as times, got "
                f"{len(self.file)} and {len(self.original)} at {len(self.times_s)}"
            )
        known = () if self.llr is None else (self.llr,)
        _refuse_endless(*known, *self.times_s, *self.file, *self.original)

    def to_dict(self) -> dict[str, Any]:
        """Return the record of a compared face."""
        return fields_of(self) | {
            "span": self.span.to_list(),
            "reference_span": self.reference_span.to_list(),
            "llr": rounded(self.llr),
            "times_s": [round(time_s, 3) for time_s in self.times_s],
            "file": [round(share, 4) for share in self.file],
            "original": [round(share, 4) for share in self.original],
            "moments": [moment.to_dict() for moment in self.moments],
        }

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> FaceComparison:
        """Read the record of a compared face back."""
        spans = {name: Span.from_list(record[name]) for name in ("span", "reference_span")}
        curves = {
            name: tuple(float(value) for value in record[name])
            for name in ("times_s", "file", "original")
        }
        moments = tuple(ComparedMoment(**moment) for moment in record["moments"])
        return FaceComparison(**{**record, **spans, **curves, "moments": moments})


def _refuse_endless(*values: float) -> None:
    if not all(map(math.isfinite, values)):
        raise ValueError(f"a compared face needs finite numbers, got {values}")

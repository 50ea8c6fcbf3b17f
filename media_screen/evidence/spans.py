"""Stretches of time, and what of a file matches what of a reference."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from media_screen.evidence.records import fields_of

Relation = Literal["copy", "excerpt", "revoiced", "repictured", "known_fake"]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of time, `start` to `end` in seconds, half-open."""

    start: float
    end: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start) and math.isfinite(self.end) and self.start <= self.end):
            raise ValueError(f"a span needs finite start <= end, got {self.start} to {self.end}")

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.end - self.start

    def overlap(self, other: Span) -> float:
        """Seconds that both spans share."""
        return max(0.0, min(self.end, other.end) - max(self.start, other.start))

    def to_list(self) -> list[float]:
        """Return start and end for a record, to the millisecond."""
        return [round(self.start, 3), round(self.end, 3)]

    @staticmethod
    def from_list(ends: Iterable[Any]) -> Span:
        """Read start and end of a record back."""
        start, end = ends
        return Span(float(start), float(end))


def joined(spans: Iterable[Span], *, gap_s: float = 0.0) -> list[Span]:
    """Return spans in order of time, those that overlap or nearly touch as one."""
    result: list[Span] = []
    for span in sorted(spans):
        if result and span.start <= result[-1].end + gap_s:
            span = Span(result[-1].start, max(result.pop().end, span.end))
        result.append(span)
    return result


def covered_s(spans: Iterable[Span]) -> float:
    """Return how many seconds some spans cover together."""
    return sum(span.duration for span in joined(spans))


@dataclass(frozen=True, slots=True)
class Match:
    """A stretch of the file that matches enrolled official footage or a known fake."""

    person: str
    reference: str
    relation: Relation
    query_span: Span
    reference_span: Span
    picture: float  # share of the query span whose picture matches, 0 to 1
    sound: float  # share of the query span whose sound matches, 0 to 1

    def to_dict(self) -> dict[str, Any]:
        """Return the record of a match."""
        spans = {"query_span": self.query_span, "reference_span": self.reference_span}
        return fields_of(self) | {name: span.to_list() for name, span in spans.items()}

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> Match:
        """Read the record of a match back."""
        spans = {name: Span.from_list(record[name]) for name in ("query_span", "reference_span")}
        return Match(**{**record, **spans})

"""The curve of lip-sync offsets of a file page: one chart for each face track.

It shows evidence of the detector `lip_sync` that has a span and the values `offset_ms` and, where
it was measured, `confidence`. Below zero the mouth moves before the voice is heard.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from media_screen.evidence import Evidence, Verdict
from media_screen.report.timeline import place, ticks
from media_screen.results.text import clock, measured, signed

DETECTOR = "lip_sync"
MOST_CURVES = 6
MOST_POINTS = 400
HEIGHT = 120  # px of a chart
RADIUS = (3.0, 6.0)  # px of the least and the most confident point

# Ends of the scale, ms; an offset beyond the last is drawn at its edge.
_SCALES = (100, 200, 500, 1000, 2000, 5000, 10_000)


@dataclass(frozen=True, slots=True)
class Point:
    """One window: percentages along the chart, px down it, and the words for it."""

    x: float
    start: float
    end: float
    y: float
    radius: float
    title: str


@dataclass(frozen=True, slots=True)
class OffsetCurve:
    """The offsets of one track, in order of time."""

    name: str
    points: tuple[Point, ...]
    scale_ms: int  # the chart runs from this above zero to as much below
    ticks: tuple[tuple[float, str], ...]
    summary: str
    left_out: int

    @property
    def joined(self) -> tuple[tuple[Point, Point], ...]:
        """Neighbouring points whose windows touch or overlap, to be joined by a line."""
        pairs = zip(self.points, self.points[1:], strict=False)
        return tuple((one, two) for one, two in pairs if two.start <= one.end + 0.5)


def offset_curves(verdict: Verdict) -> tuple[OffsetCurve, ...]:
    """Return a curve for each track whose offsets were measured in windows, most windows first."""
    tracks: dict[int | None, list[Evidence]] = defaultdict(list)
    for piece in verdict.evidence:
        offset = piece.values.get("offset_ms", math.nan)
        if piece.detector == DETECTOR and piece.span is not None and math.isfinite(offset):
            tracks[piece.track].append(piece)
    longest = sorted(tracks.items(), key=lambda item: -len(item[1]))[:MOST_CURVES]
    ends = [piece.span.end for _, pieces in longest for piece in pieces if piece.span]
    length = max([verdict.media.duration_s, *ends])
    return tuple(_curve(track, pieces, length) for track, pieces in longest) if length > 0 else ()


def _curve(track: int | None, pieces: Sequence[Evidence], length: float) -> OffsetCurve:
    ordered = sorted(pieces, key=lambda piece: piece.span.start if piece.span else 0.0)
    offsets = [piece.values["offset_ms"] for piece in ordered]
    furthest = max(abs(offset) for offset in offsets)
    scale = next((end for end in _SCALES if furthest <= end), _SCALES[-1])
    most = max(_confidence(piece) for piece in ordered)
    points = [_point(piece, scale, most, length) for piece in ordered[:MOST_POINTS]]
    count = len(offsets)
    return OffsetCurve(
        name="whole picture" if track is None else f"face track {track}",
        points=tuple(points),
        scale_ms=scale,
        ticks=ticks(length),
        summary=f"{count} {'window' if count == 1 else 'windows'}, from {signed(min(offsets), 0)} "
        f"to {signed(max(offsets), 0)} ms, median {signed(sorted(offsets)[count // 2], 0)} ms",
        left_out=max(0, count - MOST_POINTS),
    )


def _confidence(piece: Evidence) -> float:
    value = piece.values.get("confidence", 0.0)
    return max(0.0, value) if math.isfinite(value) else 0.0


def _point(piece: Evidence, scale: int, most: float, length: float) -> Point:
    assert piece.span is not None
    start, width = place(piece.span, length)
    offset = piece.values["offset_ms"]
    share = _confidence(piece) / most if most > 0 else 0.0
    held = max(-scale, min(scale, offset))
    title = f"{clock(piece.span.start)} to {clock(piece.span.end)}: {signed(offset, 0)} ms"
    if "confidence" in piece.values:
        title += f", confidence {measured(piece.values['confidence'])}"
    return Point(
        x=round(start + width / 2, 3),
        start=start,
        end=round(start + width, 3),
        y=round(HEIGHT / 2 * (1 - held / scale), 1),
        radius=round(RADIUS[0] + share * (RADIUS[1] - RADIUS[0]), 1),
        title=title,
    )

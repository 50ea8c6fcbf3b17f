"""The timeline of a file page: frames, sound, and one lane for each detector and track.

The template draws it as SVG. Positions are percentages and the text is never scaled, so the same
picture is legible at any width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from media_screen.evidence import Evidence, Span, Verdict
from media_screen.results.scale import verbal
from media_screen.results.text import clock, shorten, signed, visible
from media_screen.results.thumbs import Picture
from media_screen.results.words import detector_words, finding_words, plain

# Fills of the style sheet by what a finding says; letters tell apart those that share one.
SUSPICIOUS = ("f0", "f2", "f3")
IDENTITY, UNSUSPICIOUS, UNWEIGHED = "f1", "f4", "f5"

MOST_LANES = 60
MOST_BARS = 400
MOST_CELLS = 10  # of the film strip: on a phone each is still 33 px wide

_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)


@dataclass(frozen=True, slots=True)
class Bar:
    """One stretch of a lane: percentages, a fill, and the words for who can't see it."""

    x: float
    width: float
    fill: str
    letter: str
    title: str


@dataclass(slots=True)
class Lane:
    """One row of the timeline."""

    name: str
    detail: str
    bars: list[Bar] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LegendKey:
    """One entry of the legend: which letter and fill stand for which finding."""

    letter: str
    fill: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Wave:
    """The loudness over time: an SVG path in a box of `count` by 100, and its width in percent."""

    path: str
    count: int
    width: float


@dataclass(frozen=True, slots=True)
class TimelineView:
    """Everything the template draws."""

    length_s: float
    film: tuple[Picture, ...]  # one frame for each equal stretch, the one nearest to its middle
    wave: Wave | None
    ticks: tuple[tuple[float, str], ...]
    lanes: tuple[Lane, ...]
    keys: tuple[LegendKey, ...]
    left_out: int  # lanes beyond what a page can hold


def build_timeline(verdict: Verdict, frames: Sequence[Picture] = ()) -> TimelineView | None:
    """Lay out what has a place in time, or return None when nothing has."""
    placed = sorted(
        (piece for piece in verdict.evidence if piece.span is not None),
        key=lambda piece: (piece.axis, piece.detector, piece.track is not None, piece.track or 0),
    )
    match = verdict.provenance.match
    spans = [piece.span for piece in placed if piece.span] + [each.span for each in verdict.tracks]
    spans += [match.query_span] if match else []
    length = max([verdict.media.duration_s, *(span.end for span in spans)])
    if not (spans or verdict.waveform) or length <= 0:
        return None
    keys = _keys(placed)
    lanes = _provenance_lanes(verdict, length) + _track_lanes(verdict, length)
    lanes += _evidence_lanes(placed, keys, length)
    return TimelineView(
        length,
        _film(frames, length),
        _wave(verdict, length),
        ticks(length),
        tuple(lanes[:MOST_LANES]),
        tuple(keys.values()),
        max(0, len(lanes) - MOST_LANES),
    )


def finding_name(piece: Evidence) -> str:
    """Return what a piece of evidence found, in words; without a code, which way it points."""
    if piece.finding:
        return finding_words(piece.finding)
    if piece.llr == 0:
        return "measured, not weighed"
    side = verbal(piece.llr)[1]
    if not side:
        return "speaks for neither"
    if piece.axis == "identity":
        return "speaks for the person" if side == "H1" else "speaks against the person"
    return "suspicious" if side == "H1" else "unsuspicious"


def _film(frames: Sequence[Picture], length: float) -> tuple[Picture, ...]:
    """Choose a frame for each equal stretch of the file; a single frame makes no film."""
    count = min(MOST_CELLS, len(frames))
    if count < 2:
        return ()
    middles = [(cell + 0.5) * length / count for cell in range(count)]
    return tuple(min(frames, key=lambda one: abs(one.time_s - middle)) for middle in middles)


def _wave(verdict: Verdict, length: float) -> Wave | None:
    """Lay out the loudness as strokes around a middle line, as compact as SVG allows."""
    heights = [min(max(level, 1), 100) for level in verdict.waveform]
    if not heights:
        return None
    strokes = "".join(f"M{x}.5 {50 - high // 2}v{high}" for x, high in enumerate(heights))
    # The levels cover the file's own length, which evidence may outrun.
    return Wave(strokes, len(heights), round(100 * verdict.media.duration_s / length, 3))


def _keys(placed: Sequence[Evidence]) -> dict[str, LegendKey]:
    pieces: dict[str, list[Evidence]] = {}
    for piece in placed:
        pieces.setdefault(finding_name(piece), []).append(piece)
    keys: dict[str, LegendKey] = {}
    suspicious = 0
    for number, (name, found) in enumerate(pieces.items()):
        fill = _fill(found) or SUSPICIOUS[suspicious % len(SUSPICIOUS)]
        suspicious += fill in SUSPICIOUS
        keys[name] = LegendKey(_letter(number), fill, name, len(found))
    return keys


def _fill(pieces: Sequence[Evidence]) -> str | None:
    """Return the fill of a finding by what its pieces say together; None when suspicious."""
    if all(piece.axis == "identity" for piece in pieces):
        return IDENTITY
    side = verbal(sum(piece.llr for piece in pieces))[1]
    if side == "H1":
        return None
    return UNSUSPICIOUS if side == "H2" else UNWEIGHED


def _letter(number: int) -> str:
    return "abcdefghijklmnopqrstuvwxyz"[number] if number < 26 else str(number + 1)


def place(span: Span, length: float) -> tuple[float, float]:
    """Return start and width of a span, as percentages of a length that it may outrun."""
    start = min(max(span.start, 0.0), length)
    end = min(max(span.end, start), length)
    return round(100 * start / length, 3), round(100 * (end - start) / length, 3)


def _times(span: Span) -> str:
    return f"{clock(span.start)} to {clock(span.end)}"


def _provenance_lanes(verdict: Verdict, length: float) -> list[Lane]:
    match = verdict.provenance.match
    if match is None:
        return []
    title = f"{plain(match.relation)} of {shorten(match.reference, 80)}, {_times(match.query_span)}"
    bar = Bar(*place(match.query_span, length), "match", "", title)
    return [Lane("matched footage", plain(match.relation), [bar])]


def _track_lanes(verdict: Verdict, length: float) -> list[Lane]:
    lanes = []
    for track in verdict.tracks:
        who = track.person or "nobody enrolled"
        title = f"face track {track.track}, {who}, {_times(track.span)}"
        bar = Bar(*place(track.span, length), "face", "", title)
        lanes.append(Lane(f"face track {track.track}", who, [bar]))
    return lanes


def _evidence_lanes(
    placed: Sequence[Evidence], keys: dict[str, LegendKey], length: float
) -> list[Lane]:
    lanes: dict[tuple[str, int | None], Lane] = {}
    findings: dict[tuple[str, int | None], dict[str, int]] = {}
    by_time = sorted(placed, key=lambda piece: piece.span or Span(0, 0))
    for piece in placed:  # lanes in the order of axis, detector and track, bars in that of time
        name = detector_words(piece.detector)
        name += f", track {piece.track}" if piece.track is not None else ""
        lanes.setdefault((piece.detector, piece.track), Lane(name, ""))
    for piece in by_time:
        where = (piece.detector, piece.track)
        found = findings.setdefault(where, {})
        key = keys[finding_name(piece)]
        found[f"{key.letter} {key.name}"] = found.get(f"{key.letter} {key.name}", 0) + 1
        if len(lanes[where].bars) < MOST_BARS:
            lanes[where].bars.append(_bar(piece, key, lanes[where], length))
    for where, found in findings.items():
        lanes[where].detail = ", ".join(f"{name} \u00d7{n}" for name, n in found.items())
    return list(lanes.values())


def _bar(piece: Evidence, key: LegendKey, lane: Lane, length: float) -> Bar:
    span = piece.span or Span(0, 0)
    x, width = place(span, length)
    # A run of windows with one finding carries its letter once.
    before = lane.bars[-1] if lane.bars else None
    runs_on = before is not None and before.fill == key.fill and x - (before.x + before.width) < 5
    weight = f"LLR {signed(piece.llr)}" if piece.llr else "not weighed"
    title = f"{key.name}, {_times(span)}, {weight}: {shorten(piece.why, 200)}"
    return Bar(x, width, key.fill, "" if runs_on else key.letter, visible(title))


def ticks(length: float) -> tuple[tuple[float, str], ...]:
    """Return at most seven round times within a length: (percentage, as shown)."""
    step = next((step for step in _STEPS if length / step <= 6), length / 6)
    count = int(length / step + 1e-9)
    times = [number * step for number in range(count + 1)]
    # A label at the very end would be cut off.
    return tuple(
        (round(100 * time / length, 3), clock(time) if step < 1 else clock(time)[:-2])
        for time in times
        if time <= 0.95 * length
    )

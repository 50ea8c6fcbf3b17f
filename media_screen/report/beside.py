"""Faces of the file beside the original, for a file page: pictures, and how the mouth moves.

It shows `Verdict.comparisons`, with the pictures that a scan kept of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from media_screen.evidence import (
    PARTS,
    ComparedMoment,
    Evidence,
    FaceComparison,
    Part,
    Thumbnail,
    Verdict,
)
from media_screen.results.text import clock, signed
from media_screen.results.thumbs import Picture, thumbnail_name
from media_screen.results.words import finding_words

DETECTOR = "original"
MOST_POINTS = 200  # of a curve; what the schema allows
HEIGHT = 110  # px of the chart
# Ends of the scale, shares of the face's width: a mouth that speaks opens to about .1.
_SCALES = (0.05, 0.1, 0.2, 0.5, 1.0)
# A mouth whose opening swings less (standard deviation, share of the face's width) hardly moves.
STILL = 0.01
ALIKE = 0.7  # agreement of both curves from which they are said to run together
TOLD_TIMES = 1.5  # a face that differs less than this many times as much as the rest is as it is
MOST_TIMES = 1000.0  # beyond, a number says nothing more
MOMENTS = ("Where it differs most", "Where it differs least")

_CHANGED = {
    "mouth_changed": "The mouth is not the original's here.",
    "eyes_changed": "The eyes are not the original's here.",
    "face_exchanged": "The face is another one than in the original.",
    "face_changed": "The face is not the original's here.",
}
_CAPTIONS: Mapping[Part, str] = {
    "file": "this file at {here}",
    "original": "the original at {there}",
    "difference": "where they differ: the brighter, the more; grey is the same",
}
_ALTERNATIVES: Mapping[Part, str] = {
    "file": "face in this file at {here}",
    "original": "the same face in the original at {there}",
    "difference": "difference of this file at {here} and the original at {there}: {times}",
}


@dataclass(frozen=True, slots=True)
class PartView:
    """One of the three pictures of a moment: caption, and the words for who can't see it."""

    name: str
    caption: str
    alternative: str


@dataclass(frozen=True, slots=True)
class MomentView:
    """One moment in both, with its pictures as far as they were kept."""

    name: str
    times: str
    pictures: tuple[PartView, ...]


@dataclass(frozen=True, slots=True)
class Stroke:
    """A part of a curve: percentages along the chart, px down it."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class MouthCurves:
    """How far the mouth opens over time, in the file and in the original."""

    file: tuple[Stroke, ...]
    original: tuple[Stroke, ...]
    start: str
    end: str
    top: str  # what the upper edge stands for
    said: str  # what to see in it
    alternative: str


@dataclass(frozen=True, slots=True)
class BesideView:
    """One face beside the original."""

    comparison: FaceComparison
    sentence: str
    moments: tuple[MomentView, ...]
    mouth: MouthCurves | None


def beside_views(verdict: Verdict, pictures: Sequence[Picture]) -> tuple[BesideView, ...]:
    """Return what is shown of each face that was compared with its original."""
    kept = {picture.name for picture in pictures if picture.part}
    return tuple(
        BesideView(one, _sentence(verdict, one), tuple(_moments(number, one, kept)), _mouth(one))
        for number, one in enumerate(verdict.comparisons)
    )


def _sentence(verdict: Verdict, one: FaceComparison) -> str:
    """Say what was found of this very face, else of the file."""
    if one.llr is None:
        return "Too much lies over this face to tell whether it was changed."
    own = [piece for piece in verdict.evidence if piece.detector == DETECTOR]
    here = next((piece.finding for piece in own if _is_of(piece, one)), "")
    if here:
        return _CHANGED.get(here, f"{finding_words(here).capitalize()}.")
    found = {piece.finding for piece in own if piece.pooled}
    if "as_original" in found:
        return "No change was found: this is the face of the original."
    return "No change was shown in this face, and nothing vouches for it."


def _is_of(piece: Evidence, one: FaceComparison) -> bool:
    return (
        piece.span is not None
        and piece.track == one.track
        and piece.span.to_list() == one.span.to_list()
    )


def _moments(number: int, one: FaceComparison, kept: set[str]) -> Iterator[MomentView]:
    told: set[tuple[float, float]] = set()
    for name, moment in zip(MOMENTS, one.moments, strict=False):
        when = moment.time_s, moment.original_s
        if when not in told:  # one that is both is shown once
            told.add(when)
            yield MomentView(name, _times(moment), tuple(_parts(number, moment, kept)))


def _parts(number: int, moment: ComparedMoment, kept: set[str]) -> Iterator[PartView]:
    here, there = clock(moment.time_s), clock(moment.original_s)
    said = {"here": here, "there": there, "times": _times(moment)}
    for part in PARTS:
        picture = Thumbnail(
            moment.time_s, b"", reference_s=moment.original_s, part=part, comparison=number
        )
        name = thumbnail_name(picture)
        if name in kept:
            yield PartView(name, _CAPTIONS[part].format(**said), _ALTERNATIVES[part].format(**said))


def _times(moment: ComparedMoment) -> str:
    """Say how much a face differs, against the rest of the frame."""
    times = math.exp(min(moment.excess, math.log(MOST_TIMES)))
    if times < TOLD_TIMES:
        return "the face differs no more than the rest of the picture"
    more = f"{times:.1f}" if times < 10 else f"{times:.0f}"
    return f"the face differs {more} times as much as the rest of the picture"


def _mouth(one: FaceComparison) -> MouthCurves | None:
    """Lay out both curves, None where there is nothing to draw a line between."""
    points = sorted(zip(one.times_s, one.file, one.original, strict=True))[:MOST_POINTS]
    if len(points) < 2 or points[-1][0] <= points[0][0]:
        return None
    times, file, original = (list(column) for column in zip(*points, strict=True))
    widest = max(*file, *original)
    top = next((end for end in _SCALES if widest <= end), _SCALES[-1])
    start, end = times[0], times[-1]
    return MouthCurves(
        file=tuple(_strokes(times, file, top)),
        original=tuple(_strokes(times, original, top)),
        start=clock(start),
        end=clock(end),
        top=_share(top),
        said=_follows(file, original),
        alternative=f"Opening of the mouth from {clock(start)} to {clock(end)}, in shares of the "
        f"face's width: in this file {_share(min(file))} to {_share(max(file))}, in the original "
        f"{_share(min(original))} to {_share(max(original))}, {_share(_apart(file, original))} "
        f"apart on average. {_follows(file, original)}",
    )


def _strokes(times: list[float], shares: list[float], top: float) -> Iterator[Stroke]:
    length = times[-1] - times[0]
    places = [
        (
            round(100 * (time_s - times[0]) / length, 2),
            round(HEIGHT * (1 - min(max(share / top, 0.0), 1.0)), 1),
        )
        for time_s, share in zip(times, shares, strict=True)
    ]
    for (x1, y1), (x2, y2) in pairwise(places):
        yield Stroke(x1, y1, x2, y2)


def _follows(file: list[float], original: list[float]) -> str:
    """Say how both curves go, as `footage.original.movement` measures it."""
    mine, theirs = _centred(file), _centred(original)
    total = sum(a * a for a in (*mine, *theirs))
    if math.sqrt(total / len(file)) < STILL:
        return "The mouth hardly moves here, so the lines tell little."
    agreement = 1 - sum((a - b) ** 2 for a, b in zip(mine, theirs, strict=True)) / total
    alike = "run together" if agreement >= ALIKE else "part"
    return f"Here they {alike} (agreement {signed(agreement, 2)}, where 1 is the same movement)."


def _centred(values: list[float]) -> list[float]:
    mean = sum(values) / len(values)
    return [value - mean for value in values]


def _apart(file: list[float], original: list[float]) -> float:
    return sum(abs(a - b) for a, b in zip(file, original, strict=True)) / len(file)


def _share(share: float) -> str:
    return f"{100 * min(share, MOST_TIMES):.0f}%"

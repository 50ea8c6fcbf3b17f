"""Chooses what a report shows of the faces that were compared with their original."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from media_screen.evidence import PARTS, ComparedMoment, FaceComparison, Thumbnail

if TYPE_CHECKING:
    from media_screen.footage.original.alteration import Alteration
    from media_screen.footage.original.comparison import (
        ComparedFace,
        ComparedMatch,
        ComparedWindow,
    )
    from media_screen.footage.original.sight import Moment

MOST = 4  # matches of a file that are shown, one face each; more would bury the strongest


@dataclass(frozen=True, slots=True)
class ShownFaces:
    """Compared faces for the record, and the pictures that belong to them."""

    comparisons: tuple[FaceComparison, ...] = ()
    thumbnails: tuple[Thumbnail, ...] = ()


@dataclass(frozen=True, eq=False)
class _Face:
    """One face in one window, and how surely it was changed, None where that can't be told."""

    match: ComparedMatch
    window: ComparedWindow
    face: ComparedFace
    llr: float | None

    @property
    def rank(self) -> float:
        """How soon it is shown: the more surely it was changed, the sooner."""
        return -math.inf if self.llr is None else self.llr


def shown(
    compared: Iterable[ComparedMatch], judge: Callable[[ComparedFace], Alteration]
) -> ShownFaces:
    """Return the face of each match that was changed most surely, the strongest match first.

    `judge` says what the measures of a face mean.
    """
    strongest = [
        max(faces, key=lambda one: one.rank)
        for match in compared
        if (faces := list(_faces(match, judge)))
    ]
    strongest = sorted(strongest, key=lambda one: -one.rank)[:MOST]
    return ShownFaces(
        tuple(_comparison(one) for one in strongest),
        tuple(
            picture
            for number, one in enumerate(strongest)
            for moment in one.face.moments
            for picture in _pictures(number, moment)
        ),
    )


def _faces(match: ComparedMatch, judge: Callable[[ComparedFace], Alteration]) -> Iterator[_Face]:
    from media_screen.footage.original.alteration import is_open

    for window in match.windows:
        for face in window.faces:
            yield _Face(match, window, face, judge(face).llr if is_open(face) else None)


def _comparison(one: _Face) -> FaceComparison:
    match, mouth = one.match.found.match, one.face.curves["mouth_open"]
    return FaceComparison(
        reference=match.reference,
        person=match.person,
        track=one.face.track,
        span=one.window.span,
        reference_span=one.match.there(one.window.span),
        llr=one.llr,
        times_s=one.face.times_s,
        file=tuple(round(float(share), 4) for share in mouth.file),
        original=tuple(round(float(share), 4) for share in mouth.original),
        moments=tuple(
            ComparedMoment(*_times(moment), excess=moment.excess) for moment in one.face.moments
        ),
    )


def _pictures(number: int, moment: Moment) -> Iterator[Thumbnail]:
    """Give the three pictures of a moment, with the times that the record has."""
    time_s, original_s = _times(moment)
    for part, jpeg in zip(PARTS, (moment.file, moment.original, moment.difference), strict=True):
        yield Thumbnail(time_s, jpeg, reference_s=original_s, part=part, comparison=number)


def _times(moment: Moment) -> tuple[float, float]:
    # To the millisecond on both sides: by these the report finds the pictures of a moment.
    return round(moment.time_s, 3), round(moment.original_s, 3)

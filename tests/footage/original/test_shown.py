"""Which faces a report shows beside their original, and with which pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import pytest

from media_screen.evidence import ComparedMoment, Match, Span
from media_screen.footage.original.alteration import Alteration
from media_screen.footage.original.comparison import ComparedFace, ComparedMatch, ComparedWindow
from media_screen.footage.original.movement import PartMovement
from media_screen.footage.original.residual import Residual
from media_screen.footage.original.shown import MOST, ShownFaces, shown
from media_screen.footage.original.sight import Moment


@dataclass(frozen=True)
class Found:
    """As much of a measured match as is read here; the original runs 10 s ahead."""

    match: Match = field(
        default_factory=lambda: Match("ada", "talk.mp4", "copy", Span(0, 9), Span(10, 19), 1, 1)
    )

    def mapping(self, times: Any) -> Any:
        return times + 10


def face(llr: float, *, track: int = 0, bare: float = 1.0) -> ComparedFace:
    """A face whose `displaced` is the ratio that `judged` finds for it."""
    part = Residual((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), bare, ())
    mouth = PartMovement(np.array([0.11111, 0.2]), np.array([0.1, 0.22226]))
    return ComparedFace(
        track=track,
        width_px=80.0,
        laid=0.99,
        residuals={"face": part, "mouth": part},
        likeness=0.9,
        displaced=llr,
        lips_displaced=0.0,
        times_s=(0.5, 1.0),
        curves={"mouth_open": mouth},
        moments=(
            Moment(0.50049, 10.50051, 2.0, b"mine", b"theirs", b"where"),
            Moment(1.0, 11.0, 0.5, b"mine", b"theirs", b"where"),
        ),
    )


def match(*windows: list[ComparedFace]) -> ComparedMatch:
    spans = [Span(2 * n, 2 * n + 2) for n in range(len(windows))]
    return ComparedMatch(
        cast("Any", Found()),
        tuple(
            ComparedWindow(span, 0.9, 0.0, tuple(faces))
            for span, faces in zip(spans, windows, strict=True)
        ),
    )


def judged(one: ComparedFace) -> Alteration:
    return Alteration(one.displaced, 0.5, "mouth_changed")


CHOICES: dict[str, tuple[list[ComparedMatch], list[tuple[int, float | None]]]] = {
    "nothing-compared": ([match([])], []),
    "strongest-of-a-window": ([match([face(1.0), face(3.0, track=1)])], [(1, 3.0)]),
    "strongest-window": ([match([face(1.0)], [face(4.0, track=2)])], [(2, 4.0)]),
    "strongest-match-first": (
        [match([face(1.0)]), match([face(2.0, track=1)])],
        [(1, 2.0), (0, 1.0)],
    ),
    "covered-last": (
        [match([face(9.0, bare=0.1)]), match([face(-3.0, track=1)])],
        [(1, -3.0), (0, None)],
    ),
    "many-matches": (
        [match([face(float(n), track=n)]) for n in range(6)],
        [(5, 5.0), (4, 4.0), (3, 3.0), (2, 2.0)],
    ),
}


@pytest.mark.parametrize(("compared", "expected"), CHOICES.values(), ids=CHOICES)
def test_the_face_that_was_changed_most_surely_is_shown_of_each_match(
    compared: list[ComparedMatch], expected: list[tuple[int, float | None]]
) -> None:
    found = shown(compared, judged)
    assert [(one.track, one.llr) for one in found.comparisons] == expected
    assert len(found.comparisons) <= MOST
    assert {one.comparison for one in found.thumbnails} == set(range(len(expected)))


def test_what_is_shown_has_its_times_in_both_and_three_pictures_a_moment() -> None:
    found = shown([match([face(1.0)])], judged)
    (one,) = found.comparisons
    assert (one.reference, one.person) == ("talk.mp4", "ada")
    assert (one.span, one.reference_span) == (Span(0, 2), Span(10, 12))
    assert (one.times_s, one.file, one.original) == ((0.5, 1.0), (0.1111, 0.2), (0.1, 0.2223))
    assert one.moments == (ComparedMoment(0.5, 10.501, 2.0), ComparedMoment(1.0, 11.0, 0.5))
    assert [(p.part, p.jpeg, p.time_s, p.reference_s) for p in found.thumbnails[:3]] == [
        ("file", b"mine", 0.5, 10.501),
        ("original", b"theirs", 0.5, 10.501),
        ("difference", b"where", 0.5, 10.501),
    ]
    assert len(found.thumbnails) == 6


def test_nothing_is_shown_of_nothing() -> None:
    assert shown((), judged) == ShownFaces()

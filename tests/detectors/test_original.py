"""The detector that lays a file over its original: what it says, and when it can't."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from media_screen.case import Case
from media_screen.detectors.original import AS_ORIGINAL, INCOMPLETE, REMADE, UNCLEAR, OriginalBeside
from media_screen.evidence import Abstention, Evidence, Match, Span
from media_screen.footage.catalogue import MeasuredMatch
from media_screen.footage.catalogue.align import Mapping
from media_screen.footage.fingerprint import Fingerprint
from media_screen.footage.original.comparison import ComparedFace, ComparedMatch, ComparedWindow
from media_screen.look import Look
from tests.fakes import stand_in
from tests.footage.original.test_alteration import CHANGED, compared

TOLD = Match("ada", "talk.mp4", "copy", Span(0, 8), Span(30, 38), 1, 1)
FOUND = stand_in(
    MeasuredMatch, match=TOLD, mapping=Mapping(1.0, 30.0), picture_span=Span(0, 8), sha256="a" * 64
)
GOOD, OTHER_WORDS = compared(), CHANGED["other-words"][0]
WRITTEN = compared({"mouth": 3.5, "face": 2.5})


def beside(*windows: list[ComparedFace], **known: Any) -> ComparedMatch:
    spans = [Span(2.0 * number, 2.0 * number + 2) for number in range(len(windows))]
    laid = [
        ComparedWindow(span, 0.95, 0.01, tuple(faces))
        for span, faces in zip(spans, windows, strict=True)
    ]
    return replace(ComparedMatch(FOUND, tuple(laid)), **known)


def examine(
    *comparisons: ComparedMatch,
    small: int = 0,
    matches: tuple[Any, ...] | None = None,
    pictures: int = 9,
) -> list[Evidence | Abstention]:
    case = stand_in(
        Case,
        matches=([FOUND] if comparisons else []) if matches is None else matches,
        comparisons=comparisons,
        tracks=[],
        look=stand_in(Look, small_faces=small),
        fingerprint=stand_in(Fingerprint, times=np.arange(float(pictures))),
    )
    return list(OriginalBeside().examine(case))


def test_a_changed_mouth_is_told_with_its_place_and_its_size() -> None:
    local, pooled = examine(beside([GOOD], [OTHER_WORDS]))
    assert isinstance(local, Evidence) and isinstance(pooled, Evidence)
    assert (local.finding, local.span, local.track) == ("mouth_changed", Span(2, 4), 0)
    assert (pooled.finding, pooled.person, pooled.pooled) == (REMADE, "ada", True)
    assert pooled.llr == local.llr > 0
    assert "2.0 to 4.0 s (32.0 to 34.0 s of talk.mp4) the mouth is not the original's" in local.why
    assert "12 times as much" in local.why and "does not open when that does" in local.why
    assert pooled.values["mouth_excess"] == pytest.approx(2.5) and pooled.values["views"] == 2


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        pytest.param((0.0, 0.01), "", id="next-to-nothing"),
        pytest.param((0.2, 0.1), "captions or boxes lie over 15% of the picture", id="captions"),
    ],
)
def test_what_lies_over_the_picture_is_told(shares: tuple[float, ...], said: str) -> None:
    plain = beside([GOOD], [OTHER_WORDS])
    windows = [replace(one, over=share) for one, share in zip(plain.windows, shares, strict=True)]
    pooled = examine(replace(plain, windows=tuple(windows)))[-1]
    assert isinstance(pooled, Evidence) and pooled.values["over"] == shares[1]
    assert said in pooled.why and ("captions" in pooled.why) == bool(said)


@pytest.mark.parametrize("name", CHANGED)
def test_each_kind_of_change_is_a_sentence(name: str) -> None:
    face, kind = CHANGED[name]
    local = examine(beside([face]))[0]
    assert isinstance(local, Evidence) and local.finding == kind
    assert "{" not in local.why and "talk.mp4" in local.why


def test_a_clean_comparison_vouches() -> None:
    (piece,) = examine(beside([GOOD], [GOOD, GOOD]))
    assert isinstance(piece, Evidence)
    assert (piece.finding, piece.pooled) == (AS_ORIGINAL, True) and piece.llr < 0
    assert "3 views compared" in piece.why


NOWHERE = ComparedWindow(Span(4, 6), None, 0.0, ())
CROWD = ComparedWindow(Span(6, 8), 0.9, 0.0, (GOOD,), left_out=2)
EMPTY = ComparedWindow(Span(8, 10), 0.9, 0.0, ())
BANNER = ComparedWindow(Span(10, 12), 0.9, 0.0, (compared(bare=0.2),))
CLEAN = ComparedWindow(Span(12, 14), 0.9, 0.0, (GOOD, GOOD))


@pytest.mark.parametrize(
    ("windows", "finding"),
    [
        pytest.param([CLEAN, EMPTY, EMPTY], AS_ORIGINAL, id="nobody-in-view-is-no-doubt"),
        pytest.param([CLEAN, CLEAN, CLEAN, BANNER], AS_ORIGINAL, id="a-banner-passes-by"),
        pytest.param([CLEAN, CLEAN, BANNER], INCOMPLETE, id="a-third-is-covered"),
        pytest.param([CLEAN, NOWHERE], INCOMPLETE, id="half-lies-nowhere"),
        pytest.param([CLEAN, BANNER], INCOMPLETE, id="half-is-covered"),
        pytest.param([CROWD], INCOMPLETE, id="more-faces-than-were-compared"),
    ],
)
def test_a_copy_needs_more_than_one_clean_window_among_others(
    windows: list[ComparedWindow], finding: str
) -> None:
    (piece,) = examine(replace(beside([]), windows=tuple(windows)))
    assert isinstance(piece, Evidence) and piece.finding == finding
    assert piece.llr == 0 if finding == INCOMPLETE else piece.llr < 0
    assert ("1 more window" in piece.why) is (finding == AS_ORIGINAL and BANNER in windows)


def test_what_is_neither_is_unclear_and_accuses_nobody() -> None:
    (piece,) = examine(beside([GOOD], [WRITTEN]))
    assert isinstance(piece, Evidence)
    assert piece.finding == UNCLEAR and piece.llr <= 0


def test_the_same_bytes_need_no_comparison() -> None:
    (piece,) = examine(beside(identical=True))
    assert isinstance(piece, Evidence)
    assert piece.finding == AS_ORIGINAL and "byte for byte" in piece.why


COVERED = compared(bare=0.2)
ABSTAINS: dict[str, tuple[list[ComparedMatch], str, str]] = {
    "nothing-matched": ([], "not_applicable", "no enrolled official footage is seen"),
    "only-a-fingerprint": (
        [beside(lacking=("no_reference", "only a fingerprint is kept"))],
        "no_reference",
        "fingerprint",
    ),
    "unreadable": ([beside(lacking=("unreadable", "talk.mp4: damaged"))], "unreadable", "damaged"),
    "covered": ([beside([COVERED])], "low_quality", "too much lies over"),
    "laid-over-nothing": (
        [replace(beside([]), windows=(NOWHERE,))],
        "low_quality",
        "could not be laid over",
    ),
    "faces-too-small": ([beside([])], "face_too_small", "too small"),
    "no-face": ([beside([], seen=False)], "no_face", "no face is seen"),
}


@pytest.mark.parametrize("name", ABSTAINS)
def test_it_says_why_it_can_not_judge(name: str) -> None:
    comparisons, reason, why = ABSTAINS[name]
    (piece,) = examine(*comparisons)
    assert isinstance(piece, Abstention)
    assert piece.reason == reason and why in piece.why


def test_faces_too_small_to_follow_are_no_absence_of_faces() -> None:
    (piece,) = examine(beside([], seen=False), small=3)
    assert isinstance(piece, Abstention) and piece.reason == "face_too_small"


def test_one_match_that_can_not_be_compared_does_not_hide_the_others() -> None:
    lacking = beside(lacking=("unreadable", "gone"))
    pieces = examine(lacking, beside([OTHER_WORDS]))
    assert [type(one) for one in pieces] == [Abstention, Evidence, Evidence]


def test_a_known_fake_is_no_original() -> None:
    fake = replace(TOLD, relation="known_fake")
    known = stand_in(MeasuredMatch, match=fake, picture_span=Span(0, 8))
    (piece,) = examine(matches=(known,), small=1)
    assert isinstance(piece, Abstention) and piece.reason == "not_applicable"


def test_clean_windows_of_one_match_do_not_make_up_for_hidden_ones_of_another() -> None:
    hidden = replace(beside([]), windows=(CLEAN, BANNER))
    clean = replace(beside([]), windows=(CLEAN,) * 6)
    (piece,) = examine(hidden, clean)
    assert isinstance(piece, Evidence) and (piece.finding, piece.llr) == (INCOMPLETE, 0.0)


@pytest.mark.parametrize(
    ("pictures", "reason"), [(0, "no_face"), (2, "not_applicable")], ids=["plain", "a-card"]
)
def test_official_sound_under_something_else_shows_no_official_picture(
    pictures: int, reason: str
) -> None:
    heard = stand_in(MeasuredMatch, match=TOLD, picture_span=None)
    (piece,) = examine(matches=(heard,), pictures=pictures)
    assert isinstance(piece, Abstention) and piece.reason == reason

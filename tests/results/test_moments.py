"""The moments that a person should look at: which, in which order, with which picture."""

from __future__ import annotations

from dataclasses import replace

import pytest

from media_screen.evidence import Evidence, Span, TrackSummary, Verdict
from media_screen.results.moments import MOST, OF_ONE_DETECTOR, moments
from media_screen.results.thumbs import Picture
from tests.report import records

FRAMES = tuple(Picture(f"frame-{n:09d}.jpg", n / 1000) for n in range(0, 41_000, 4_000))
FACES = tuple(Picture(f"track-0-{n:09d}.jpg", n / 1000, 0) for n in (1_000, 7_000))


def names(verdict: Verdict) -> list[str]:
    return [one.name for one in moments(verdict, (*FRAMES, *FACES))]


def test_what_speaks_most_for_manipulation_comes_first() -> None:
    found = moments(records.suspected(), (*FRAMES, *FACES))
    assert [one.detector for one in found] == ["lip_sync", "lip_sync", "face_identity"]
    assert "it leads by 200 ms" in found[0].why
    assert found[0].span == Span(24.2, 29.2) and found[0].time_s == 28.0
    assert found[0].picture is not None and found[0].picture.name == "frame-000028000.jpg"
    assert found[-1].name == "Face of Xin Liu"


@pytest.mark.parametrize(
    ("finding", "voices", "told"),
    [
        pytest.param("unlike_the_rest", (), [Span(8, 12)], id="alone"),
        pytest.param("unlike_the_rest", (2.0,), [Span(8, 12)], id="of-a-suspicious-voice"),
        pytest.param("unlike_the_rest", (2.0, 1.0), [Span(8, 12)], id="beside-two-voices"),
        pytest.param("measured", (), [], id="only-measured"),
    ],
)
def test_what_weighs_nothing_is_a_moment_where_it_is_worth_hearing(
    finding: str, voices: tuple[float, ...], told: list[Span]
) -> None:
    def said(llr: float, span: Span, finding: str = "") -> Evidence:
        return Evidence("voice_spoof", "manipulation", 1.0, llr, "why", span, finding=finding)

    spoken = [said(llr, Span(0, 20)) for llr in voices]
    evidence = (*spoken, said(0.0, Span(8, 12), finding))
    found = moments(replace(records.suspected(), evidence=evidence), FRAMES)
    assert [one.span for one in found if one.detector == "voice_spoof"] == told


def test_where_the_original_decides_it_comes_first() -> None:
    assert names(records.altered())[0] == "Known footage"
    found = moments(records.remade(), ())
    assert [one.detector for one in found[:2]] == ["catalogue", "original"]
    assert found[1].time_s == 5.2


@pytest.mark.parametrize(
    "verdict", [records.picture(), records.unjudged()], ids=["picture", "unread"]
)
def test_what_has_no_time_has_no_moments(verdict: Verdict) -> None:
    assert moments(verdict) == ()


def test_sexual_content_is_pointed_at_only_when_it_is_flagged() -> None:
    piece = Evidence(
        "explicit", "manipulation", 0.01, 0.1, "hardly", Span(1, 2), finding="exposure"
    )
    plain = replace(records.suspected(), evidence=(piece,), tracks=())
    assert moments(plain) == ()
    assert len(moments(replace(plain, flags=("explicit",)))) == 1


def test_moments_are_few_and_apart() -> None:
    pieces = tuple(
        Evidence(f"detector_{n % 9}", "manipulation", 0.5, 1.0 + n, "why", Span(n, n + 1.0))
        for n in range(90)
    )
    found = moments(replace(records.suspected(), evidence=pieces, tracks=()))
    assert len(found) == MOST
    detectors = [one.detector for one in found]
    assert all(detectors.count(name) <= OF_ONE_DETECTOR for name in detectors)


def test_a_picture_of_another_time_or_face_stands_for_no_moment() -> None:
    verdict = replace(
        records.suspected(),
        evidence=(),
        tracks=(TrackSummary(7, Span(2.0, 2.5), 3, 90.0, "xin-liu", 0.8),),
    )
    (found,) = moments(verdict, (FRAMES[3], *FACES))
    assert found.picture is None and found.time_s == 2.25

"""What is said of a face beside the original, and how its mouth is drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from media_screen.evidence import ComparedMoment, Evidence, FaceComparison, Span, Verdict
from media_screen.report.beside import HEIGHT, MouthCurves, beside_views
from tests.report import records

REMADE = records.remade()
(FACE,) = REMADE.comparisons


def pooled(finding: str) -> Evidence:
    return Evidence("original", "manipulation", 0.5, 0.0, "why", finding=finding)


def shown(face: FaceComparison, **changes: Any) -> Verdict:
    return replace(REMADE, comparisons=(face,), **changes)


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        pytest.param(REMADE, "The mouth is not the original's here.", id="this-face-was-changed"),
        pytest.param(shown(replace(FACE, llr=None)), "Too much lies over this face", id="covered"),
        pytest.param(
            shown(FACE, evidence=(pooled("as_original"),)),
            "this is the face of the original",
            id="as-original",
        ),
        pytest.param(shown(FACE, evidence=(pooled("unclear"),)), "nothing vouches", id="unclear"),
        pytest.param(
            shown(FACE, evidence=(pooled("incomplete"),)), "nothing vouches", id="incomplete"
        ),
        pytest.param(
            shown(replace(FACE, track=1)), "nothing vouches", id="another-face-was-changed"
        ),
        pytest.param(shown(FACE, evidence=()), "nothing vouches", id="nothing-was-said"),
    ],
)
def test_a_face_is_called_the_originals_only_when_it_was_found_to_be(
    verdict: Verdict, sentence: str
) -> None:
    (view,) = beside_views(verdict, ())
    assert sentence in view.sentence


@pytest.mark.parametrize(
    ("excess", "said"),
    [
        pytest.param(-2.0, "no more than the rest", id="less"),
        pytest.param(0.4, "no more than the rest", id="as-much"),
        pytest.param(0.7, "2.0 times as much", id="twice"),
        pytest.param(3.0, "20 times as much", id="much"),
        pytest.param(1e300, "1000 times as much", id="beyond-all-numbers"),
    ],
)
def test_a_difference_is_told_in_times_of_the_rest(excess: float, said: str) -> None:
    face = replace(FACE, moments=(ComparedMoment(5.2, 105.2, excess),))
    (view,) = beside_views(shown(face), ())
    assert said in view.moments[0].times


def test_a_moment_that_is_both_most_and_least_is_shown_once() -> None:
    face = replace(FACE, moments=FACE.moments[:1] * 2)
    (view,) = beside_views(shown(face), ())
    assert [one.name for one in view.moments] == ["Where it differs most"]


def curves(times: tuple[float, ...], file: tuple[float, ...], original: tuple[float, ...]) -> Any:
    face = FaceComparison("a", "b", 0, Span(0, 9), Span(0, 9), 0.0, times, file, original)
    return beside_views(shown(face), ())[0].mouth


OPENS = (0.02, 0.1, 0.02, 0.1)
CURVES = {
    "together": (OPENS, OPENS, "run together (agreement +1.00"),
    "apart": (OPENS, OPENS[::-1], "part (agreement \N{MINUS SIGN}1.00"),
    "shut": ((0.02,) * 4, (0.03,) * 4, "hardly moves"),
}


@pytest.mark.parametrize(("file", "original", "said"), CURVES.values(), ids=CURVES)
def test_lines_are_said_to_part_when_they_do(
    file: tuple[float, ...], original: tuple[float, ...], said: str
) -> None:
    mouth = curves((1.0, 1.5, 2.0, 2.5), file, original)
    assert said in mouth.said and said in mouth.alternative
    assert len(mouth.file) == len(mouth.original) == 3


@pytest.mark.parametrize(
    ("times", "shares"),
    [
        pytest.param((), (), id="nothing"),
        pytest.param((1.0,), (0.1,), id="one-moment"),
        pytest.param((1.0, 1.0), (0.1, 0.2), id="no-time-passes"),
    ],
)
def test_without_time_there_is_no_line(times: Any, shares: Any) -> None:
    assert curves(times, shares, shares) is None


def test_lines_stay_within_the_chart() -> None:
    wild = curves((5.0, -1e9, 3.0, 1e9), (-1e9, 1e9, 0.5, 0.0), (0.0, 2.0, -1.0, 0.1))
    assert isinstance(wild, MouthCurves)
    for one in (*wild.file, *wild.original):
        assert 0 <= one.x1 <= one.x2 <= 100 and 0 <= one.y1 <= HEIGHT and 0 <= one.y2 <= HEIGHT

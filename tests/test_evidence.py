"""Records survive the way to JSON and back, and wrong values are refused with a reason."""

from __future__ import annotations

import json
import math
import pickle
import subprocess
import sys
from collections.abc import Callable
from importlib import resources
from typing import Any, cast

import jsonschema
import pytest

from media_screen.evidence import (
    Abstention,
    ComparedMoment,
    Context,
    Contribution,
    Coverage,
    Duplicate,
    Evidence,
    FaceComparison,
    Failure,
    Fusion,
    Match,
    MediaInfo,
    NameSeen,
    OnscreenText,
    Post,
    Provenance,
    Span,
    TextLine,
    TrackSummary,
    Verdict,
    covered_s,
    joined,
    probability_bounds,
)
from media_screen.testing import make_verdict

MATCH = Match("ada", "talk.mp4", "excerpt", Span(0, 4.25), Span(10, 14.25), 0.97, 0.5)
FULL = Verdict(
    label="altered_official",
    media=MediaInfo(
        path="a\n<b>\udcff".encode("utf-8", "surrogateescape").decode("latin-1"),
        sha256="ab" * 32,
        kind="video",
        duration_s=4.25,
        width=640,
        height=360,
    ),
    person="ada",
    llr={"manipulation": 2.5, "identity": 6.0},
    probability_bounds=(0.11, 0.92),
    fusion=Fusion("high", 1.5, 4.25, (Contribution("lip_sync", 2.75, 2.5),)),
    summary="Uses official footage.",
    provenance=Provenance(official=False, channel="not_official", match=MATCH),
    post=Post(platform="tiktok", title="x\u202ey", ai_labels=("TikTok: creator",)),
    duplicate_of=Duplicate("earlier.mp4", "cd" * 32, False, 0.93, 1.0),
    context=Context(
        (NameSeen("Ada", "person", "onscreen", "by ADA", "ADA", span=Span(1, 1), person="ada"),)
    ),
    tracks=(TrackSummary(0, Span(0, 4), 20, 120.0, "ada", 0.71),),
    evidence=(
        Evidence(
            "catalogue",
            "provenance",
            1.0,
            2.0,
            "why",
            span=Span(0, 4),
            person="ada",
            finding="revoiced",
            values={"offset_s": 10.0},
            match=MATCH,
        ),
        Evidence("container", "manipulation", 0.0, 0.0, "nothing"),
    ),
    abstentions=(Abstention("lip_sync", "no_speech", "nobody speaks"),),
    failures=(Failure("onscreen", "ValueError: x"),),
    flags=("incomplete",),
    versions={"media_screen": "1"},
    timing_s={"total": 1.5},
    comparisons=(
        FaceComparison(
            "talk.mp4",
            "ada",
            0,
            Span(0, 2),
            Span(10, 12),
            llr=3.25,
            times_s=(0.0, 0.5, 1.0),
            file=(0.1, 0.2, 0.05),
            original=(0.1, 0.0, 0.1),
            moments=(ComparedMoment(0.5, 10.5, 2.5), ComparedMoment(0.0, 10.0, -0.25)),
        ),
        FaceComparison("talk.mp4", "ada", 1, Span(2, 4), Span(12, 14)),
    ),
    text=OnscreenText(3, (TextLine("@a\u202e<b>", 1 / 3, (0.1, 0.2, 1 / 3, 0.25)),)),
    examined_as="other.mp4",
)
BARE = Verdict(label="unable_to_evaluate", media=MediaInfo(path="x"))
SCHEMA = json.loads(
    resources.files("media_screen").joinpath("schema/verdict.schema.json").read_text("utf-8")
)


@pytest.mark.parametrize("verdict", [FULL, BARE], ids=["full", "bare"])
def test_a_verdict_survives_the_way_to_json_and_back(verdict: Verdict) -> None:
    line = verdict.to_json()
    assert line.isascii() and "\n" not in line
    assert Verdict.from_dict(json.loads(line)) == verdict


@pytest.mark.parametrize("verdict", [FULL, BARE], ids=["full", "bare"])
def test_a_record_follows_the_schema(verdict: Verdict) -> None:
    jsonschema.validate(verdict.to_dict(), SCHEMA)


@pytest.mark.parametrize(
    "change",
    [
        {"label": "fake"},
        {"extra": 1},
        {"media": {}},
        {"abstentions": [{"detector": "x"}]},
        {"comparisons": [{"reference": "x"}]},
    ],
    ids=str,
)
def test_the_schema_refuses_what_is_no_record(change: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(FULL.to_dict() | change, SCHEMA)


@pytest.mark.parametrize(
    "change",
    [{"schema": "other/2"}, {"media": None}, {"evidence": [{}]}, {"comparisons": [{}]}],
    ids=str,
)
def test_reading_names_what_is_wrong(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"expected a record|not a valid"):
        Verdict.from_dict(FULL.to_dict() | change)


def test_records_of_earlier_versions_are_read() -> None:
    record = BARE.to_dict()
    del record["duplicate_of"], record["context"], record["fusion"], record["comparisons"]
    assert Verdict.from_dict(record) == BARE


def test_evidence_as_recorded_stays_so_on_the_way_to_json_and_back() -> None:
    spans = Span(1 / 3, 2 / 3), Span(10 / 3, 11 / 3)
    match = Match("ada", "talk.mp4", "excerpt", *spans, 1 / 3, 2 / 3)
    piece = Evidence("a", "identity", 1 / 3, 2 / 3, "why", spans[0], values={"x": 0.1}, match=match)
    recorded = piece.recorded()
    assert recorded.span == Span(0.333, 0.667), "the control: it is not the piece itself"
    assert recorded.recorded() == recorded
    assert Evidence.from_dict(json.loads(json.dumps(recorded.to_dict()))) == recorded


@pytest.mark.parametrize(
    ("share", "recorded"),
    [(None, None), (0.0, 0.0), (0.33333, 0.3333), (0.99996, 0.9999), (1.0, 1.0)],
    ids=str,
)
def test_a_share_that_is_not_whole_never_reads_as_whole(
    share: float | None, recorded: float | None
) -> None:
    found = Coverage(share, share).to_dict()
    assert found == {"picture": recorded, "sound": recorded}
    assert Coverage(**found).to_dict() == found


def test_evidence_pickles_with_its_values() -> None:
    for piece in FULL.evidence:
        assert pickle.loads(pickle.dumps(piece)) == piece


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(lambda: Span(2, 1), "start <= end", id="reversed-span"),
        pytest.param(lambda: Span(0, math.nan), "finite", id="nan-span"),
        pytest.param(
            lambda: Evidence("x", cast("Any", "style"), 0, 0, ""), "axis must be", id="axis"
        ),
        pytest.param(lambda: Evidence("x", "identity", 0, math.inf, ""), "finite", id="llr"),
        pytest.param(
            lambda: Abstention("x", cast("Any", "tired"), ""), "reason must be", id="reason"
        ),
        pytest.param(
            lambda: FaceComparison("x", "", 0, Span(0, 1), Span(0, 1), None, (0.5,), (), ()),
            "as many openings of the mouth as times",
            id="curve-without-times",
        ),
        pytest.param(lambda: ComparedMoment(0.5, math.nan, 0.0), "finite numbers", id="nan-moment"),
        pytest.param(
            lambda: Verdict(cast("Any", "odd"), MediaInfo("x")), "label must be", id="label"
        ),
    ],
)
def test_wrong_values_are_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("told", "failed"),
    [
        pytest.param(
            {"abstentions": (Abstention("media", "unreadable", "broken"),)}, True, id="cut"
        ),
        pytest.param(
            {"abstentions": (Abstention("media", "attached", "a cover"),)}, False, id="cover"
        ),
        pytest.param(
            {"abstentions": (Abstention("lip_sync", "no_face", "none"),)}, False, id="face"
        ),
        pytest.param({"failures": (Failure("lip_sync", "ValueError: x"),)}, True, id="crash"),
    ],
)
def test_a_file_failed_when_it_could_not_be_read_or_a_detector_broke(
    told: dict[str, Any], failed: bool
) -> None:
    assert make_verdict("no_finding", **{"abstentions": ()} | told).failed == failed


def test_values_can_not_be_changed() -> None:
    with pytest.raises(TypeError):
        FULL.evidence[0].values["offset_s"] = 0.0  # type: ignore[index]


def test_keys_are_safe_names_and_differ() -> None:
    keys = {MediaInfo(path).key for path in ("a", "b", "../a", "a\n", "\udcff")}
    assert len(keys) == 5 and all(len(key) == 16 and key.isalnum() for key in keys)


@pytest.mark.parametrize(
    ("llr", "low", "high"), [(0.0, 0.01, 0.5), (math.log(99), 0.5, 0.99), (-50.0, 0.0, 0.0)]
)
def test_probability_bounds_follow_bayes(llr: float, low: float, high: float) -> None:
    assert probability_bounds(llr) == pytest.approx((low, high), abs=1e-4)


SPANS = [
    pytest.param([], 0, [], 0, id="none"),
    pytest.param([(5, 6), (0, 2)], 0, [(0, 2), (5, 6)], 3, id="apart-and-in-no-order"),
    pytest.param([(0, 2), (2, 3)], 0, [(0, 3)], 3, id="touching"),
    pytest.param([(0, 9), (1, 2), (8, 10)], 0, [(0, 10)], 10, id="one-inside"),
    pytest.param([(1, 1), (4, 5)], 0, [(1, 1), (4, 5)], 1, id="a-moment"),
    pytest.param([(0, 2), (3, 4), (6, 7)], 1, [(0, 4), (6, 7)], 4, id="nearly-touching"),
]
Ends = list[tuple[float, float]]


@pytest.mark.parametrize(("ends", "gap_s", "expected", "seconds"), SPANS)
def test_spans_that_overlap_are_joined_and_their_time_counts_once(
    ends: Ends, gap_s: float, expected: Ends, seconds: float
) -> None:
    spans = [Span(*both) for both in ends]
    assert joined(spans, gap_s=gap_s) == [Span(*both) for both in expected]
    assert covered_s(spans) == seconds


HEAVY = ("torch", "cv2", "av", "librosa", "numpy", "onnxruntime", "faiss", "scipy", "jinja2")


@pytest.mark.parametrize("module", ["media_screen", "media_screen.cli.main"])
def test_importing_costs_no_heavy_package(module: str) -> None:
    code = f"import sys, {module}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

"""The parts of the report by themselves: text, scale, words, thumbnails, timeline, contrast."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import timezone, tzinfo
from importlib.resources import files
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from media_screen.evidence import (
    LABELS,
    REASONS,
    Axis,
    ChannelStanding,
    Contribution,
    Evidence,
    Fusion,
    MediaInfo,
    NamePlace,
    Relation,
    Span,
    Thumbnail,
    Verdict,
)
from media_screen.report.offsets import HEIGHT, offset_curves
from media_screen.report.timeline import build_timeline, finding_name
from media_screen.results import scale, text, words
from media_screen.results.thumbs import Picture, read_thumbnails, write_thumbnails
from tests.report import records


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain \u4e2d\u6587 \U0001f600", "plain \u4e2d\u6587 \U0001f600"),
        ("a\nb\t\x00", "a\\nb\\t\\x00"),
        ("\x7f\x85", "\\x7f\\x85"),
        ("\u202eevil\u2069", "[U+202E]evil[U+2069]"),
        ("\udcff\ud800", "\\xff[U+D800]"),
        ("Xin\u200dLiu", "Xin[U+200D]Liu"),
        ("\U0001f468\u200d\U0001f469", "\U0001f468\u200d\U0001f469"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",) * 2,
        ("z" + "\u0301" * 9, "z[9 marks]"),
        ("e\u0301", "e\u0301"),
        ("\u3164\u2800", "[U+3164][U+2800]"),
    ],
)
def test_hidden_characters_are_written_out(raw: str, shown: str) -> None:
    assert text.visible(raw) == shown
    assert text.visible(shown) == shown


def test_numbers_are_legible() -> None:
    assert [text.clock(s) for s in (0, 4.25, 59.97, 3723.4)] == [
        "0:00.0",
        "0:04.2",
        "1:00.0",
        "1:02:03.4",
    ]
    assert [text.duration(s) for s in (0, 0.2, 41.2, 3600)] == ["\u2013", "0:01", "0:41", "1:00:00"]
    assert [text.signed(v) for v in (3.44, -0.7, 0.01)] == ["+3.4", "\u22120.7", "0.0"]
    assert [text.measured(v) for v in (-180.0, 6.1, 0.03123, 12345.6)] == [
        "\u2212180",
        "6.1",
        "0.0312",
        "12,346",
    ]
    assert [text.percent(p) for p in (0.0, 0.029, 0.5, 0.9999)] == [
        "less than 0.1%",
        "2.9%",
        "50%",
        "more than 99.9%",
    ]
    assert [text.size(n) for n in (812, 4_212_345, 10**13)] == ["812 bytes", "4.2 MB", "10.0 TB"]
    assert text.shorten_path("/a/" + "b" * 100 + "/name.mp4", 30).endswith("name.mp4")
    assert len(text.shorten_path("x" * 100, 30)) == len(text.shorten("x" * 100, 30)) == 30


@pytest.mark.parametrize(
    ("ratio", "strength"),
    [
        (1, "no support for either"),
        (1.9, "no support for either"),
        (2, "weak support"),
        (10, "moderate support"),
        (100, "moderately strong support"),
        (1_000, "strong support"),
        (10_000, "very strong support"),
        (1_000_000, "extremely strong support"),
    ],
)
def test_the_verbal_scale(ratio: float, strength: str) -> None:
    name, side = scale.verbal(math.log(ratio))
    assert name == strength
    assert side == ("H1" if ratio >= 2 else "")
    against, other = scale.verbal(-math.log(ratio))
    assert against == strength
    assert other == ("H2" if ratio >= 2 else "")


def test_likelihood_ratios_in_words() -> None:
    assert [scale.ratio(v) for v in (1.1, 3.4, -7.25, 40)] == [
        "3.0",
        "30",
        "1,400",
        "more than 1,000,000",
    ]
    towards_genuine = scale.weigh("Manipulation", "fake", "genuine", -7.25)
    assert towards_genuine.words == "Strong support for H2"
    assert "1,400 times more probable if H2 is true" in towards_genuine.sentence
    assert 0 <= towards_genuine.position < 50
    assert "about more" not in scale.weigh("t", "a", "b", 40.0).sentence
    assert scale.weigh("t", "a", "b", None).words == "Not assessed"
    assert "No probability is given" in scale.bounds_sentence(None)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        pytest.param(
            (Contribution("lip_sync", 2.0, 1.5), Contribution("voice_spoof", 0.5, 0.0)),
            "What adds up: lip sync +1.50 of its +2.00. Not counted, because it was not shown to "
            "help: voice spoof (+0.50). ",
            id="weighed-and-not-counted",
        ),
        pytest.param(
            (Contribution("lip_sync", 2.0, 2.0, 1.0), Contribution("voice_spoof", -1.0, 0.0, 0.7)),
            "What adds up: lip sync +2.00. Set aside, because a picture that seems genuine does "
            "not clear the sound, nor the sound the picture: voice spoof (-1.00). ",
            id="a-genuine-voice-aside",
        ),
        pytest.param(
            (Contribution("declared", 3.0, 3.0),), "What adds up: declared +3.00. ", id="declared"
        ),
        pytest.param((), "Nothing that counts was found. ", id="nothing"),
    ],
)
def test_a_sum_is_explained(parts: tuple[Contribution, ...], said: str) -> None:
    assert scale.fusion_sentence(Fusion("high", 1.5, 4.0, parts)) == (
        f"{said}Manipulation is suspected from +1.50 on (high sensitivity); detectors add up to "
        "4.00 at most."
    )


def test_results_that_do_not_tell_of_a_sum_have_no_such_line() -> None:
    assert scale.fusion_sentence(None) == ""


def test_every_code_has_words() -> None:
    assert set(words.LABELS) == set(LABELS)
    assert set(words.REASONS) == set(REASONS)
    assert set(words.RELATIONS) == set(get_args(Relation))
    assert set(words.STANDINGS) == set(get_args(ChannelStanding))
    assert set(words.AXES) == set(get_args(Axis))
    assert set(words.PLACES) == set(get_args(NamePlace))
    marks = [each.mark for each in words.LABELS.values()]
    assert len(set(marks)) == len(marks), "labels must differ without colour"


def test_thumbnails_come_back_as_they_were_written(tmp_path: Path) -> None:
    verdict = Verdict(
        "no_finding",
        MediaInfo("../odd\npath"),
        thumbnails=(
            Thumbnail(12.5, b"b", 2),
            Thumbnail(1.0, b"a"),
            Thumbnail(-1.0, b"c"),
            Thumbnail(3.0, b"d", 10),
            Thumbnail(1.0, b"f", reference_s=61.25),
            Thumbnail(1.0, b"g", reference_s=61.25, part="original"),
            Thumbnail(0.5, b"h", reference_s=2.0, part="difference", comparison=3),
        ),
    )
    key = verdict.media.key
    assert read_thumbnails(tmp_path, key) == ()
    write_thumbnails(tmp_path, verdict)
    assert read_thumbnails(tmp_path, key) == (
        Picture("frame-000000000.jpg", 0.0),
        Picture("frame-000001000.jpg", 1.0),
        Picture("track-2-000012500.jpg", 12.5, 2),
        Picture("track-10-000003000.jpg", 3.0, 10),
        Picture("reference-000061250-000001000.jpg", 1.0, reference_s=61.25),
        Picture(
            "compared-3-difference-000002000-000000500.jpg",
            0.5,
            reference_s=2.0,
            part="difference",
            comparison=3,
        ),
        Picture(
            "compared-0-original-000061250-000001000.jpg", 1.0, reference_s=61.25, part="original"
        ),
    )
    assert (tmp_path / "thumbs" / key / "track-2-000012500.jpg").read_bytes() == b"b"
    (tmp_path / "thumbs" / key / "note.txt").write_text("mine")
    write_thumbnails(tmp_path, verdict.with_thumbnails((Thumbnail(2.0, b"e"),)))
    names = {each.name for each in (tmp_path / "thumbs" / key).iterdir()}
    assert names == {"frame-000002000.jpg", "note.txt"}


@pytest.mark.parametrize(
    "name",
    [
        "compared-0--000000000-000000000.jpg",
        "compared-0-mouth-000000000-000000000.jpg",
        "compared--1-file-000000000-000000000.jpg",
        "compared-1000-file-000000000-000000000.jpg",
        "compared-0-file-000000000.jpg",
        "compared-0-file-000000000-000000000.jpg\n",
        "reference-000000000-000000000.jpeg",
        "frame-1.jpg",
    ],
)
def test_a_name_that_no_scan_gives_is_no_thumbnail(tmp_path: Path, name: str) -> None:
    key = MediaInfo("x").key
    folder = tmp_path / "thumbs" / key
    folder.mkdir(parents=True)
    (folder / name).write_bytes(b"")
    assert read_thumbnails(tmp_path, key) == ()


@pytest.mark.parametrize(
    "key", ["..", "../../x", "", "ABCDEF0123456789", "0" * 17, "0" * 16 + "\n"]
)
def test_a_key_can_not_leave_the_folder(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="16 hex digits"):
        read_thumbnails(tmp_path, key)


def test_the_timeline_stays_within_its_length() -> None:
    outside = Evidence("d", "manipulation", 0.5, 1.0, "late", Span(-5, 500), 0, finding="late")
    line = build_timeline(replace(records.suspected(), evidence=(outside,)))
    assert line is not None and line.length_s == 500
    for lane in line.lanes:
        for bar in lane.bars:
            assert 0 <= bar.x <= 100 and bar.x + bar.width <= 100.01
    assert all(0 <= x <= 95 for x, _ in line.ticks)


def test_the_timeline_names_each_finding_by_letter() -> None:
    line = build_timeline(records.suspected())
    assert line is not None
    assert [lane.name for lane in line.lanes] == [
        "face track 0",
        "face track 1",
        "face artifact, track 1",
        "lip sync, track 0",
    ]
    assert {key.name: key.count for key in line.keys} == {
        "unsuspicious": 1,
        "mouth not with the voice": 3,
        "mouth at another time than the voice": 2,
    }
    assert len({key.letter for key in line.keys}) == 3
    lips = line.lanes[-1].bars
    assert [bar.x for bar in lips] == sorted(bar.x for bar in lips)


@pytest.mark.parametrize(
    ("axis", "llr", "name"),
    [
        pytest.param("manipulation", 0.0, "measured, not weighed", id="informs"),
        pytest.param("manipulation", 0.29, "speaks for neither", id="as-the-scale-says"),
        pytest.param("manipulation", 0.7, "suspicious", id="weak-support"),
        pytest.param("manipulation", -0.7, "unsuspicious", id="weak-support-against"),
        pytest.param("identity", 0.6, "speaks for neither", id="identity-even"),
        pytest.param("identity", 0.7, "speaks for the person", id="identity"),
    ],
)
def test_a_finding_without_a_code_is_named_by_what_the_scale_says(
    axis: Axis, llr: float, name: str
) -> None:
    assert finding_name(Evidence("voice_spoof", axis, 0.5, llr, "")) == name


@pytest.mark.parametrize("length", [0.04, 0.7, 3, 41.2, 600, 5400, 90_000, 1e7])
def test_ticks_fit_any_length(length: float) -> None:
    verdict = records.suspected()
    media = replace(verdict.media, duration_s=length)
    line = build_timeline(
        replace(
            verdict,
            media=media,
            tracks=(),
            evidence=(replace(verdict.evidence[3], span=Span(0, length)),),
        )
    )
    assert line is not None
    assert 1 <= len(line.ticks) <= 8
    assert len({name for _, name in line.ticks}) == len(line.ticks)


def test_a_picture_has_no_timeline() -> None:
    assert build_timeline(records.picture()) is None


def frames(*times: float) -> list[Picture]:
    return [Picture(f"frame-{round(time_s * 1000):09d}.jpg", time_s) for time_s in times]


@pytest.mark.parametrize(
    ("times", "film"),
    [
        ((), []),
        ((3.0,), []),
        ((0.0, 40.0), [0.0, 40.0]),
        ((0.0, 1.0, 2.0, 40.0), [2.0, 2.0, 40.0, 40.0]),
        (tuple(range(0, 41, 2)), [2, 6, 10, 14, 18, 22, 26, 30, 36, 40]),
    ],
    ids=["none", "one", "two", "uneven", "many"],
)
def test_the_film_keeps_to_the_time(times: tuple[float, ...], film: list[float]) -> None:
    line = build_timeline(records.suspected(), frames(*times))
    assert line is not None and [shot.time_s for shot in line.film] == film


def test_the_waveform_is_drawn_over_the_length_of_the_file() -> None:
    verdict = replace(records.suspected(), waveform=(0, 50, 100, -7, 9999))
    line = build_timeline(verdict)
    assert line is not None and line.wave is not None
    assert line.wave.path == "M0.5 50v1M1.5 25v50M2.5 0v100M3.5 50v1M4.5 0v100"
    assert (line.wave.count, line.wave.width) == (5, 100.0)
    longer = build_timeline(
        replace(verdict, tracks=(), media=replace(verdict.media, duration_s=10))
    )
    assert longer is not None and longer.wave is not None
    evidence_ends = 40.9
    assert longer.wave.width == pytest.approx(100 * 10 / evidence_ends, abs=1e-3)
    silent = build_timeline(replace(verdict, waveform=()))
    assert silent is not None and silent.wave is None


def test_sound_alone_has_a_timeline() -> None:
    line = build_timeline(replace(records.suspected(), tracks=(), evidence=()))
    assert line is not None and line.wave is not None and line.lanes == ()


def lip_sync(start: float, offset_ms: float, *, track: int | None = 0, **values: float) -> Evidence:
    return Evidence(
        "lip_sync",
        "manipulation",
        0.5,
        0.0,
        "why",
        Span(start, start + 5),
        track,
        values={"offset_ms": offset_ms, **values},
    )


def test_offsets_make_a_curve_for_each_track() -> None:
    pieces = (
        lip_sync(20, 40.0, confidence=1.0),
        lip_sync(5, -180.0, confidence=4.0),
        lip_sync(10, 0.0, confidence=2.0),
        lip_sync(0, 700.0, track=1),
        replace(lip_sync(0, 5.0), span=None),
        replace(lip_sync(0, 5.0), detector="face_artifact"),
        lip_sync(0, math.inf),
    )
    one, two = offset_curves(replace(records.suspected(), evidence=pieces))
    assert (one.name, two.name) == ("face track 0", "face track 1")
    assert one.summary == "3 windows, from \u2212180 to +40 ms, median 0 ms"
    assert (one.scale_ms, two.scale_ms) == (200, 1000)
    assert [point.y for point in one.points] == [
        pytest.approx(HEIGHT / 2 * (1 + 0.9)),
        HEIGHT / 2,
        pytest.approx(HEIGHT / 2 * (1 - 0.2)),
    ]
    assert [point.radius for point in one.points] == [6.0, 4.5, 3.8]
    assert one.points[0].title == "0:05.0 to 0:10.0: \u2212180 ms, confidence 4"
    joined = [(a.x, b.x) for a, b in one.joined]
    assert joined == [(one.points[0].x, one.points[1].x)], "a gap is not bridged"


@pytest.mark.parametrize("offset", [-1e9, 1e9, 12_000.0])
def test_no_offset_leaves_the_chart(offset: float) -> None:
    (curve,) = offset_curves(replace(records.suspected(), evidence=(lip_sync(0, offset),)))
    assert 0 <= curve.points[0].y <= HEIGHT


def test_without_windows_there_is_no_curve() -> None:
    assert offset_curves(records.picture()) == ()


def _themes() -> dict[str, dict[str, str]]:
    css = (files("media_screen.report") / "static" / "common.css").read_text("utf-8")
    blocks = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    light, dark, paper = (dict(re.findall(r"--([\w-]+): (#\w{6})", block)) for block in blocks)
    return {"light": light, "dark": dark, "paper": paper}


def _contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark", "paper"])
def test_contrast_meets_wcag_aa(theme: str) -> None:
    colours = _themes()[theme]
    for ink in ("text", "muted", "link"):
        for ground in ("bg", "panel", "plain-bg"):
            assert _contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    for tone in ("alarm", "warn", "odd", "seen", "calm", "plain"):
        assert _contrast(colours[tone], colours[f"{tone}-bg"]) >= 4.5, tone
    assert _contrast(colours["plain"], colours["panel"]) >= 4.5
    for fill in ("f0", "f1", "f2", "f3", "f4", "f5"):
        assert _contrast(colours[fill], colours["lane"]) >= 3, fill
        assert _contrast(colours["letter"], colours[fill]) >= 4.5, fill
    for edge in ("edge",):
        assert _contrast(colours[edge], colours["panel"]) >= 3, edge


SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("published", "zone", "shown", "day"),
    [
        ("2025-09-14T18:30:00Z", timezone.utc, "2025-09-14 18:30 (UTC)", "2025-09-14"),
        ("2025-09-14T18:30:00Z", SHANGHAI, "2025-09-15 02:30 (Asia/Shanghai)", "2025-09-15"),
        ("2025-09-14T18:30:00+08:00", timezone.utc, "2025-09-14 10:30 (UTC)", "2025-09-14"),
        ("2025-09-14", SHANGHAI, "2025-09-14", "2025-09-14"),
        ("2025-99-14T18:30:00Z", SHANGHAI, "2025-99-14T18:30:00Z", "2025-99-14"),
        ("9999-12-31T23:30:00Z", SHANGHAI, "9999-12-31T23:30:00Z", "9999-12-31"),
        ("<b>yesterday</b>", SHANGHAI, "<b>yesterday</b>", "<b>yesterday</b>"),
        ("", SHANGHAI, "", ""),
    ],
    ids=["utc", "next-day", "offset", "date", "no-month", "last-day", "text", "nothing"],
)
def test_times_of_posts_are_shown_in_the_zone(
    published: str, zone: tzinfo, shown: str, day: str
) -> None:
    assert text.posted(published, zone) == shown and text.day(published, zone) == day

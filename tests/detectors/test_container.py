"""What containers declare is read; what says nothing is not counted."""

from __future__ import annotations

from typing import Literal

import pytest

from media_screen.case import Case
from media_screen.detectors.container import Container
from media_screen.evidence import Evidence, MediaInfo
from media_screen.media import Media, Stream
from tests.fakes import stand_in
from tests.pieces import all_evidence

Tags = dict[str, str]

WORKFLOW = '{"prompt": {"3": {"class_type": "KSampler"}}, "workflow": {"nodes": []}}'
AIGC = '{"Label":"%s","ContentProducer":"x","ProduceID":"y"}'


def examine(
    tags: Tags | None = None,
    *,
    video_s: float = 10.0,
    audio_s: float | None = 10.0,
    kind: Literal["video", "image"] = "video",
    stream_tags: Tags | None = None,
) -> list[Evidence]:
    streams = [Stream("video", "h264", 0.0, video_s, stream_tags or {})]
    if audio_s is not None:
        streams.append(Stream("audio", "aac", 0.0, audio_s, {}))
    media = stand_in(Media, tags=tags or {}, streams=streams)
    case = stand_in(Case, media=media, info=MediaInfo("a.mp4", kind=kind))
    return all_evidence(Container().examine(case))


DECLARED = [
    pytest.param({"AIGC": AIGC % "1"}, "declared_ai", 3.0, id="gb45438-generated"),
    pytest.param({"AIGC": AIGC % "3"}, "declared_ai", 1.5, id="gb45438-suspected"),
    pytest.param({"aigc_info": '{"aigc_label_type": 1}'}, "declared_ai", 3.0, id="tiktok"),
    pytest.param({"aigc_info": '{"aigc_label_type": "2"}'}, "declared_ai", 3.0, id="tiktok-text"),
    pytest.param({"comment": WORKFLOW}, "generator_tag", 2.3, id="comfyui-workflow"),
    pytest.param({"encoder": "HeyGen Avatar 3"}, "generator_tag", 2.3, id="heygen"),
    pytest.param({"software": "Wan2.1 t2v"}, "generator_tag", 2.3, id="wan"),
    pytest.param({"encoder": "Sora"}, "generator_tag", 2.3, id="name-alone"),
    pytest.param({"encoder": "Google Veo 3.1 Fast"}, "generator_tag", 2.3, id="maker-and-version"),
    pytest.param({"creation_tool": "Made with Kling AI"}, "generator_tag", 2.3, id="made-with"),
    pytest.param({"Generator": "HEYGEN"}, "generator_tag", 2.3, id="another-case"),
    pytest.param(
        {"prompt": '{"3": {"class_type": "KSampler"}}'}, "generator_tag", 2.3, id="prompt"
    ),
]
PLAIN = [
    pytest.param({"encoder": "Lavf59.27.100"}, id="lavf"),
    pytest.param({"aigc_info": '{"aigc_label_type": 0}'}, id="tiktok-not-labelled"),
    *(
        pytest.param({"aigc_info": f'{{"aigc_label_type": {value}}}'}, id=f"tiktok-{name}")
        for name, value in {
            "false": "false",
            "true": "true",
            "null": "null",
            "list": "[1]",
            "below-0": "-1",
            "no-whole-number": "1.0",
            "0-with-a-fraction": "0.0",
            "huge": "9" * 99,
            "text-none": '"none"',
            "text-false": '"False"',
            "text-00": '"00"',
            "text-0.0": '"0.0"',
            "text-blank": '" "',
            "text-1e3": '"1e3"',
            "text-in-other-digits": '"\u0661"',
        }.items()
    ),
    pytest.param({"aigc_info": "1"}, id="tiktok-no-object"),
    pytest.param({"AIGC": '{"Label": true}'}, id="gb45438-true"),
    pytest.param({"AIGC": '{"Label":"0"}'}, id="gb45438-not-generated"),
    pytest.param({"AIGC": "[" * 100_000}, id="hostile-nesting"),
    pytest.param({"AIGC": '{"Label": {"x": 1}}'}, id="hostile-type"),
    pytest.param({"title": "How Sora and HeyGen fool voters"}, id="title-that-talks-about-it"),
    pytest.param({"comment": "Europe, vegetables, sorapod"}, id="names-inside-words"),
    pytest.param({"comment": "x" * 5_000_000}, id="megabytes"),
    pytest.param({"encoder": "Sora" * 1_000_000}, id="megabytes-of-a-name"),
    *(
        pytest.param({key: "https://x.com/Sora/status/1"}, id=f"address-in-{key}")
        for key in ("comment", "purl", "PURL", "description", "synopsis", "encoder", "software")
    ),
    *(
        pytest.param({key: "Made with Sora"}, id=f"said-in-{key}")
        for key in ("comment", "description", "synopsis", "title", "artist", "show", "producer")
    ),
    pytest.param({"make": "Veo", "model": "Veo Cam 3"}, id="sports-camera"),
    pytest.param({"software": "Hallo Welt Editor"}, id="name-among-other-words"),
    pytest.param({"encoder": "Rope Access Recorder 2.1"}, id="name-before-other-words"),
    pytest.param({"handler_name": "Runway Fashion Week"}, id="track-name-with-the-word"),
    pytest.param({"description": WORKFLOW, "synopsis": WORKFLOW}, id="workflow-as-a-description"),
    pytest.param({"comment": f"my graph: {WORKFLOW}"}, id="workflow-that-is-talked-about"),
]


@pytest.mark.parametrize(("tags", "finding", "llr"), DECLARED)
def test_declarations_are_found(tags: Tags, finding: str, llr: float) -> None:
    (piece,) = examine(tags)
    assert (piece.finding, piece.llr) == (finding, llr)
    (piece,) = examine(stream_tags=tags)
    assert piece.finding == finding


@pytest.mark.parametrize("tags", PLAIN)
def test_what_says_nothing_is_plain(tags: Tags) -> None:
    (piece,) = examine(tags)
    assert (piece.finding, piece.llr) == ("plain", 0.0)


@pytest.mark.parametrize(
    ("video_s", "audio_s", "kind", "found"),
    [
        (10, 14, "video", True),
        (14, 10, "video", True),
        (10, 10.4, "video", False),
        (600, 610, "video", False),
        (10, None, "video", False),
        (10, 14, "image", False),
    ],
)
def test_unequal_lengths_are_said_and_not_counted(
    video_s: float, audio_s: float | None, kind: Literal["video", "image"], found: bool
) -> None:
    pieces = examine(video_s=video_s, audio_s=audio_s, kind=kind)
    assert [piece.finding == "length_mismatch" for piece in pieces] == [found]
    assert all(piece.llr == 0.0 for piece in pieces)


Lengths = list[tuple[Literal["video", "audio", "other"], float | None]]

PLAIN_LENGTHS = [
    pytest.param([("video", 1200.0), ("audio", 1259.0)], "video", "59.0", id="a-minute-longer"),
    pytest.param([("video", 5.0), ("audio", 5.81)], "video", "0.9", id="rounded-up"),
    pytest.param([("video", 5.0), ("audio", 5.9)], "video", "0.9", id="not-by-what-floats-lack"),
    pytest.param([("video", 10.0), ("audio", 10.0)], "video", "0.1", id="as-long"),
    pytest.param(
        [("video", 9.0), ("audio", 2.0), ("audio", 9.0)], "video", "7.0", id="one-of-two-sounds"
    ),
    pytest.param(
        [("video", 9.0), ("video", 1.0), ("audio", 9.0)], "video", "8.0", id="one-of-two-pictures"
    ),
    pytest.param([("video", 60.0)], "video", None, id="silent"),
    pytest.param([("video", None), ("audio", 50.0)], "video", None, id="picture-unknown"),
    pytest.param([("video", 50.0), ("audio", None)], "video", None, id="sound-unknown"),
    pytest.param([("video", 50.0), ("audio", 0.0)], "video", None, id="no-length"),
    pytest.param([("video", 50.0), ("other", 50.0)], "video", None, id="other-stream"),
    pytest.param([], "image", None, id="picture"),
    pytest.param([("video", 4.0), ("audio", 4.0)], "image", None, id="picture-with-a-film"),
    pytest.param([("audio", 3.0)], "audio", None, id="sound"),
    pytest.param([("video", 0.04), ("audio", 3.0)], "audio", None, id="sound-with-a-cover"),
]


@pytest.mark.parametrize(("lengths", "kind", "apart"), PLAIN_LENGTHS)
def test_lengths_are_spoken_of_where_two_were_compared(
    lengths: Lengths, kind: Literal["video", "image", "audio"], apart: str | None
) -> None:
    streams = [Stream(each, "x", 0.0, length, {}) for each, length in lengths]
    media = stand_in(Media, tags={}, streams=streams)
    case = stand_in(Case, media=media, info=MediaInfo("a.mp4", kind=kind))
    (piece,) = all_evidence(Container().examine(case))
    said = f", and its sound and picture differ in length by no more than {apart} s"
    assert piece.finding == "plain"
    assert piece.why == "the container names no generator" + (said if apart else "")

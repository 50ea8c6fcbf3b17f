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

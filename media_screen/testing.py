"""Checks that another project can run in its own tests: of its detectors, and of this stage.

    from media_screen.testing import check_detector, check_screener, make_sample, validate_verdict

Each check raises AssertionError with what is wrong. They need the extra `testing`.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import Any

from media_screen import sidecar as sidecars
from media_screen.detectors.contract import NEEDS, Detector
from media_screen.evidence import (
    Abstention,
    Contribution,
    Evidence,
    Fusion,
    Label,
    MediaInfo,
    Post,
    Provenance,
    Span,
    Verdict,
    probability_bounds,
)
from media_screen.screen import Screener

_RATE = 25  # frames a second of the sample
_SIDE = (320, 240)  # px, width and height of the sample


def validate_verdict(record: Mapping[str, Any]) -> Verdict:
    """Check a record against the schema, and that it survives being read; return the verdict."""
    import jsonschema

    schema = resources.files("media_screen").joinpath("schema/verdict.schema.json")
    try:
        jsonschema.validate(record, json.loads(schema.read_text("utf-8")))
    except jsonschema.ValidationError as error:
        raise AssertionError(f"{error.json_path}: {error.message}") from error
    verdict = Verdict.from_dict(record)
    assert Verdict.from_dict(verdict.to_dict()) == verdict, "it changes when it is read again"
    return verdict


def check_screener(screener: Screener, path: Path | str) -> Verdict:
    """Check what a stage may rely on, with one file: any file, also one that can't be read."""
    again = copy.copy(screener)  # by the way that pickling takes
    assert again.config == screener.config, "a screener travels as its config"
    verdict = screener.screen(path)
    validate_verdict(verdict.to_dict())
    line = verdict.to_json()
    assert line.isascii() and "\n" not in line, "a record is one line of ASCII"
    assert [one.label for one in screener.screen_many([path])] == [verdict.label]
    batch = screener({"path": [str(path)]})
    assert set(batch) == {"path", "label", "verdict"}, f"unexpected columns {sorted(batch)}"
    assert batch["path"] == [str(path)] and batch["label"] == [verdict.label]
    validate_verdict(json.loads(batch["verdict"][0]))
    return verdict


def check_detector(kind: type[Detector], path: Path | str) -> list[Evidence | Abstention]:
    """Check the contract of a detector (see `detectors.contract`) on one file; return its pieces.

    The sidecar beside the file is read. Nobody is enrolled, so it must name nobody.
    """
    detector = kind()
    assert isinstance(detector, Detector), "it needs name, axis, needs and examine"
    name = detector.name
    assert name.isidentifier() and name.islower(), f"name must be a lower-case word, got {name!r}"
    assert set(detector.needs) <= set(NEEDS), f"needs must be among {NEEDS}, got {detector.needs}"
    summary = (kind.__doc__ or "").split("\n")[0]
    assert summary.endswith("."), "its docstring begins with a sentence"
    first, again = _examined(detector, Path(path))
    assert first, "a detector that has nothing to say abstains"
    for piece in first:
        assert isinstance(piece, (Evidence, Abstention)), f"it yielded {piece!r}"
        assert piece.detector == name, f"it yielded a piece of {piece.detector!r}"
        assert piece.why and "\n" not in piece.why, "each piece says why, in one line"
        if isinstance(piece, Evidence):
            assert piece.axis == detector.axis, f"a piece on the axis {piece.axis!r}"
            assert piece.person is None, f"nobody is enrolled, and it named {piece.person!r}"
    assert again == first, "it says something else when it is asked again"
    return first


def make_verdict(label: Label = "suspected_impersonation", **changes: Any) -> Verdict:
    """Make a verdict that is filled in, for tests of what reads verdicts; `changes` replace fields.

    The person and the post are made up.
    """
    fields: dict[str, Any] = {
        "label": label,
        "media": MediaInfo(
            path="clip.mp4",
            sha256="ab" * 32,
            kind="video",
            size_bytes=4_200_000,
            duration_s=41.2,
            width=1280,
            height=720,
            fps=25.0,
            container="mov,mp4,m4a",
            video_codec="h264",
            audio_codec="aac",
            sidecar="clip.info.json",
        ),
        "person": "irena-valequist",
        "llr": {"manipulation": 3.4, "identity": 5.1},
        "probability_bounds": probability_bounds(3.4),
        "fusion": Fusion("normal", 2.5, 4.0, (Contribution("lip_sync", 4.0, 3.4),)),
        "summary": "Presents Irena Valequist, not on an official channel, and looks fabricated.",
        "provenance": Provenance(channel="not_official", credentials="none"),
        "post": Post(
            platform="youtube",
            channel_id="UC0000000000000000000000",
            handle="quick_clips",
            display_name="Quick Clips",
            title="A talk",
            url="https://www.youtube.com/watch?v=0000000000a",
            published="2026-01-02T03:04:05Z",
        ),
        "evidence": (
            Evidence(
                detector="face_identity",
                axis="identity",
                score=0.7,
                llr=5.1,
                why="the face is hers (cosine 0.70)",
                person="irena-valequist",
                values={"cosine": 0.7},
            ),
            Evidence(
                detector="lip_sync",
                axis="manipulation",
                score=0.9,
                llr=3.4,
                why="the mouth leads the voice by 180 ms",
                span=Span(4.2, 9.2),
                track=0,
                values={"offset_ms": -180.0},
            ),
        ),
        "abstentions": (Abstention("credentials", "not_applicable", "there is no manifest"),),
        "versions": {"media_screen": "0.1.0"},
        "timing_s": {"total": 1.5},
    }
    return Verdict(**fields | changes)


def make_sample(folder: Path, *, seconds: float = 2.0) -> Path:
    """Write a small video with sound and its sidecar, which show and name nobody."""
    import av
    import numpy as np

    path = folder / "sample.mp4"
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=_RATE)
        video.width, video.height = _SIDE
        video.pix_fmt = "yuv420p"
        sound = container.add_stream("aac", rate=48_000, layout="mono")
        for index in range(round(seconds * _RATE)):
            across, down = np.meshgrid(np.arange(_SIDE[0]), np.arange(_SIDE[1]))
            image = np.stack([across + 3 * index, down, across + down], axis=2) % 256
            frame = av.VideoFrame.from_ndarray(image.astype(np.uint8), format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, _RATE)
            container.mux(video.encode(frame))
        container.mux(video.encode())
        times = np.arange(round(seconds * 48_000)) / 48_000
        tone = (0.3 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)[None]
        frame_of_sound = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
        frame_of_sound.rate = 48_000
        container.mux(sound.encode(frame_of_sound))
        container.mux(sound.encode())
    record = {
        "extractor_key": "Youtube",
        "id": "0000000000a",
        "title": "A sample",
        "channel_id": "UC0000000000000000000000",
        "uploader_id": "@quick_clips",
        "webpage_url": "https://www.youtube.com/watch?v=0000000000a",
        "ext": "mp4",
        "duration": seconds,
    }
    path.with_suffix(".info.json").write_text(json.dumps(record), "utf-8")
    return path


def _examined(detector: Detector, path: Path) -> list[list[Evidence | Abstention]]:
    """Run a detector twice as the screener does."""
    from media_screen.case import Case
    from media_screen.equipment import Equipment
    from media_screen.look import Looker
    from media_screen.media import Media

    beside = sidecars.find(path)
    with Media.open(path) as media:
        read = sidecars.read(beside) if beside else None
        case = Case(media, Equipment(looker=Looker()), sidecar=read)
        lacking = case.abstention(detector.name, detector.needs)
        return [[lacking] if lacking else list(detector.examine(case)) for _ in range(2)]

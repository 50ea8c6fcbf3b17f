"""Verdicts for tests of the report: every label, realistic numbers, and hostile metadata."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from media_screen.detectors.lip_sync.fit import WORDS
from media_screen.evidence import (
    PARTS,
    Abstention,
    ComparedMoment,
    Context,
    Coverage,
    Duplicate,
    Evidence,
    FaceComparison,
    Failure,
    Match,
    MediaInfo,
    MediaStream,
    NameSeen,
    OnscreenText,
    Post,
    Provenance,
    Span,
    TextLine,
    Thumbnail,
    TrackSummary,
    Verdict,
    probability_bounds,
)
from media_screen.results.thumbs import write_thumbnails

# A valid JPEG of 8 by 8 grey pixels.
TINY_JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4"
    "UG1RV19iZ2hnPk1xeXBkeFxlZ2P/wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAAAAAA"
    "AAAAAAAAAAD/2gAIAQEAAD8AP//Z"
)

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></style><svg/onload=alert(1)>",
    "</script>\u2028<b>bold</b>\u2029",
    "{{ 7 * 7 }}{% raw %}",
    "\u202egpj.exe\u202c \u2066isolated",
    "Xin\u200dLiu\u200b\ufeff zero-width",
    "line one\nline two\ttab \x00\x1b[31m\x7f\x9b",
    "not UTF-8: \udcff\udc80 lone: \ud800",
    "z" + "\u0301" * 40 + "algo",
    "family \U0001f468\u200d\U0001f469\u200d\U0001f467 flag \U0001f1e8\U0001f1e6",
    "\u0627\u0644\u0639\u0631\u0628\u064a\u0629 \u4e2d\u6587\u540d\u5b57",
)


def suspected(path: str = "downloads/clip_0001.mp4") -> Verdict:
    """A face-swapped video of an enrolled person, with evidence on every axis."""
    return Verdict(
        label="suspected_impersonation",
        media=_video(path),
        person="xin-liu",
        llr={"manipulation": 3.4, "identity": 5.1},
        probability_bounds=probability_bounds(3.4),
        summary="Shows xin-liu (face, cosine 0.71) on a channel that is not official, and the "
        "mouth does not follow the voice.",
        coverage=Coverage(picture=1.0, sound=0.7483),
        provenance=Provenance(channel="lookalike", credentials="none"),
        post=_post(),
        context=Context(
            (
                NameSeen(
                    "Xin Liu",
                    "person",
                    "title",
                    "\u5218\u6b23 speaks about",
                    "\u5218\u6b23",
                    person="xin-liu",
                ),
                NameSeen(
                    "Emmanuel Macron",
                    "politician",
                    "transcript",
                    "with Emanuel Makron, who",
                    "Emanuel Makron",
                    distance=2,
                    count=3,
                    span=Span(12.0, 15.5),
                ),
            )
        ),
        tracks=(
            TrackSummary(0, Span(0.4, 31.2), 248, 182.0, "xin-liu", 0.71),
            TrackSummary(1, Span(33.0, 40.9), 61, 74.0, None, 0.12),
        ),
        evidence=_evidence(),
        abstentions=(
            Abstention("voice_identity", "no_reference", "no voice is enrolled for anyone"),
            Abstention("credentials", "missing_package", "c2pa-python is not installed"),
        ),
        names={"xin-liu": "Xin Liu"},
        device="cpu",
        versions={"media_screen": "0.1.0", "face_artifact": "sha256:12ab34cd", "torch": "2.13.0"},
        timing_s={"decode": 1.21, "faces": 3.48, "detectors": 2.94, "total": 8.02},
        waveform=tuple(abs(37 * n % 101 - 50) * 2 for n in range(200)),
        thumbnails=_thumbnails(),
    )


def _video(path: str) -> MediaInfo:
    return MediaInfo(
        path=path,
        sha256=hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest(),
        kind="video",
        size_bytes=4_212_345,
        duration_s=41.2,
        width=1280,
        height=720,
        fps=29.97,
        container="mov,mp4,m4a",
        video_codec="h264",
        audio_codec="aac",
        sidecar=path.rsplit(".", 1)[0] + ".info.json",
        streams=(
            MediaStream(0, "video", "h264", default=True, judged=True),
            MediaStream(1, "audio", "aac", "eng", default=True, judged=True),
            MediaStream(2, "audio", "aac", "zho", "<i>original</i>"),
            MediaStream(3, "other", "mov_text", "eng"),
        ),
    )


def _post() -> Post:
    return Post(
        platform="Youtube",
        channel_id="UCx0000000000000000000aa",
        handle="@xin1iu_official",
        display_name="Xin Liu",
        title="\u5218\u6b23 speaks about the events of last week",
        url="https://www.youtube.com/watch?v=abc123",
        published="2025-09-14T08:30:00Z",
        ai_labels=("creator label: altered or synthetic content",),
        description="He says it himself: this is the plan that nobody was to hear of. " * 6,
        views=12_400,
        followers=310,
    )


def _evidence() -> tuple[Evidence, ...]:
    windows = tuple(
        Evidence(
            "lip_sync",
            "manipulation",
            0.6 + 0.05 * n,
            0.4 * n,
            f"{WORDS['apart']}: it leads by {120 + 20 * n} ms; 97% of genuine windows of 5 s agree "
            "better, and 60% of windows with another's voice",
            Span(4.2 + 5 * n, 9.2 + 5 * n),
            0,
            finding="mouth_apart" if n % 2 else "mouth_against",
            values={"offset_ms": -120.0 - 20 * n, "confidence": 6.1},
        )
        for n in range(5)
    )
    return (
        Evidence(
            "face_identity",
            "identity",
            0.71,
            5.1,
            "the face agrees with 12 of 14 references of xin-liu",
            track=0,
            person="xin-liu",
            values={"cosine": 0.7134, "references": 14},
        ),
        Evidence("face_artifact", "manipulation", 0.83, 1.9, "blending traces around the face"),
        Evidence(
            "face_artifact",
            "manipulation",
            0.22,
            -0.7,
            "no blending traces on this face",
            Span(33.0, 40.9),
            1,
        ),
        *windows,
        Evidence(
            "container",
            "manipulation",
            1.0,
            0.0,
            "written by an editing program (Lavf58.29.100)",
            finding="editing_tool",
        ),
        Evidence(
            "channel",
            "provenance",
            1.0,
            1.2,
            "the handle @xin1iu_official imitates @xinliu_official",
            finding="lookalike_handle",
            values={"edit_distance": 1},
        ),
    )


def _thumbnails() -> tuple[Thumbnail, ...]:
    frames = tuple(Thumbnail(4.0 * n, TINY_JPEG) for n in range(10))
    faces = tuple(Thumbnail(1.0 + 6 * n, TINY_JPEG, 0) for n in range(5))
    return frames + faces + (Thumbnail(34.0, TINY_JPEG, 1),)


def altered() -> Verdict:
    """Official picture with another voice."""
    match = Match(
        "xin-liu", "official/interview.mp4", "revoiced", Span(2, 38), Span(102, 138), 0.97, 0.06
    )
    return replace(
        suspected("downloads/revoiced.mp4"),
        label="altered_official",
        summary="The picture is xin-liu's interview; the voice is not.",
        provenance=Provenance(channel="not_official", match=match, credentials="invalid"),
        evidence=(
            Evidence(
                "catalogue",
                "provenance",
                0.97,
                2.2,
                "the picture matches official footage and the sound does not",
                Span(2, 38),
                person="xin-liu",
                finding="revoiced",
                match=match,
            ),
        ),
        thumbnails=(
            *_thumbnails(),
            *(Thumbnail(4.0 * n, TINY_JPEG, reference_s=4.0 * n + 100) for n in (1, 4, 7)),
        ),
    )


def remade() -> Verdict:
    """Official footage in which the mouth was made to say something else."""
    match = Match(
        "xin-liu", "official/interview.mp4", "excerpt", Span(2, 38), Span(102, 138), 1.0, 1.0
    )
    said = "at 4.0 to 6.0 s (104.0 to 106.0 s of official/interview.mp4) the mouth is another one"
    about = {"axis": "manipulation", "score": 0.99, "llr": 4.0, "why": said, "person": "xin-liu"}
    moments = (ComparedMoment(5.2, 105.2, 2.5), ComparedMoment(4.4, 104.4, -0.1))
    return replace(
        altered(),
        media=_video("downloads/remade.mp4"),
        summary=f"Uses official footage of Xin Liu and changes it: {said}.",
        provenance=Provenance(channel="not_official", match=match),
        evidence=(
            Evidence(
                "catalogue",
                "provenance",
                1.0,
                -2.5,
                "picture and sound follow this part of the original",
                Span(2, 38),
                person="xin-liu",
                finding="excerpt",
                match=match,
            ),
            Evidence("original", span=Span(4, 6), track=0, finding="mouth_changed", **about),  # type: ignore[arg-type]
            Evidence("original", finding="remade", **about),  # type: ignore[arg-type]
        ),
        comparisons=(
            FaceComparison(
                "official/interview.mp4",
                "xin-liu",
                0,
                Span(4, 6),
                Span(104, 106),
                llr=4.0,
                times_s=(4.0, 4.4, 4.8, 5.2, 5.6),
                file=(0.02, 0.03, 0.09, 0.12, 0.03),
                original=(0.02, 0.08, 0.03, 0.02, 0.07),
                moments=moments,
            ),
        ),
        thumbnails=(
            *altered().thumbnails,
            *(
                Thumbnail(one.time_s, TINY_JPEG, reference_s=one.original_s, part=part)
                for one in moments
                for part in PARTS
            ),
        ),
    )


def quiet(label: str, path: str, person: str | None, llr: float | None) -> Verdict:
    """A file without much to say, of any label."""
    return Verdict(
        label=label,  # type: ignore[arg-type]
        media=_video(path),
        person=person,
        llr={} if llr is None else {"manipulation": llr},
        probability_bounds=None if llr is None else probability_bounds(llr),
        summary="",
        provenance=Provenance(official=label == "official", channel="official")
        if label.startswith("official")
        else Provenance(channel="unknown"),
        post=replace(_post(), handle="@xinliu_official", ai_labels=()),
        thumbnails=_thumbnails()[:3],
    )


def unjudged() -> Verdict:
    """A file that could not be read."""
    return Verdict(
        label="unable_to_evaluate",
        media=MediaInfo(path="downloads/broken.mp4", size_bytes=812),
        summary="The file could not be read.",
        abstentions=(Abstention("media", "unreadable", "moov atom not found"),),
        failures=(Failure("face_artifact", "RuntimeError: out of memory <at> layer 3"),),
    )


def picture() -> Verdict:
    """A still picture, explicit, fabricated, of nobody enrolled."""
    return Verdict(
        label="synthetic_media",
        media=MediaInfo("downloads/picture.jpg", "ab" * 32, "image", 81_234, 0.0, 800, 1200),
        llr={"manipulation": 1.1},
        probability_bounds=probability_bounds(1.1),
        summary="The picture has signs of fabrication; nobody enrolled was recognised.",
        evidence=(Evidence("face_artifact", "manipulation", 0.7, 1.1, "generator traces"),),
        flags=("explicit", "review"),
        thumbnails=(Thumbnail(0.0, TINY_JPEG), Thumbnail(0.0, TINY_JPEG, 0)),
    )


def hostile(text: str, path: str | None = None) -> Verdict:
    """A verdict in which each text that the schema leaves free is the given one."""
    media = replace(
        _video("x"),
        path=path if path is not None else f"downloads/{text}.mp4",
        container=text,
        video_codec=text,
        audio_codec=text,
        sidecar=text,
        sha256=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
    )
    match = Match(text, text, "copy", Span(0, 1), Span(0, 1), 1.0, 1.0)
    return Verdict(
        label="suspected_impersonation",
        media=media,
        person=text,
        llr={"manipulation": 2.0, "identity": 2.0},
        probability_bounds=probability_bounds(2.0),
        summary=text,
        provenance=Provenance(match=match, credentials=text),
        post=Post(text, text, text, text, text, text, text, (text, text), text, 10**15, 0),
        context=Context((NameSeen(text, "person", "title", text, text, 1, 2, Span(1, 2), text),)),
        tracks=(TrackSummary(0, Span(0, 9), 3, 50.0, text, 0.5),),
        evidence=(
            Evidence(
                text,
                "manipulation",
                0.5,
                1.0,
                text,
                Span(1, 2),
                0,
                text,
                finding=text,
                values={text: 1.5},
                match=match,
            ),
            Evidence("face_identity", "identity", 0.5, 1.0, text, person=text),
        ),
        abstentions=(Abstention(text, "no_face", text),),
        failures=(Failure(text, text),),
        flags=("explicit", text),
        versions={text: text},
        timing_s={text: 1.0},
        waveform=(0, 50, 100),
        comparisons=(
            FaceComparison(
                text,
                text,
                0,
                Span(0, 1),
                Span(0, 1),
                llr=1e9,
                times_s=(0.0, 0.0, 1e9),
                file=(-1e9, 1e9, 0.0),
                original=(0.0, 0.0, 0.0),
                moments=(ComparedMoment(-1.0, 1e9, 1e9),) * 3,
            ),
        ),
        duplicate_of=Duplicate(text, media.sha256, exact=True, picture=1.0, sound=1.0),
        text=OnscreenText(1, (TextLine(text, 1.0, (0.0, 0.0, 1.0, 1.0)),)),
        examined_as=text,
        names={text: f"name of {text}"},
        thumbnails=_thumbnails(),
    )


def every_label() -> list[Verdict]:
    """One verdict of each label."""
    return [
        suspected(),
        altered(),
        picture(),
        quiet("unverified_appearance", "downloads/news.mp4", "xin-liu", -0.8),
        unjudged(),
        quiet("no_finding", "downloads/cat.mp4", None, -1.6),
        quiet("official_copy", "downloads/repost.mp4", "xin-liu", -2.0),
        quiet("official", "downloads/statement.mp4", "xin-liu", None),
    ]


def write_results(out: Path, verdicts: Iterable[Verdict]) -> Path:
    """Write verdicts and their thumbnails as a batch does."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / "results.jsonl"
    with path.open("w", encoding="ascii") as stream:
        for verdict in verdicts:
            stream.write(verdict.to_json() + "\n")
            if verdict.thumbnails:
                write_thumbnails(out, verdict)
    return path

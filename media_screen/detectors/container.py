"""Reads what the container says: marks of generators, and sound and picture of unequal length.

Weak evidence on purpose. Every platform re-encodes and strips what it is given, so absence says
nothing; encoder names such as Lavf stand in genuine and forged files alike and are not used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from media_screen.case import Case
from media_screen.detectors.contract import Need
from media_screen.evidence import Abstention, Axis, Evidence

# A file that declares itself generated is believed as far as twenty to one: labels are also put on
# genuine clips with an AI filter or caption, and anybody can write one.
DECLARED_LLR = 3.0
# The name of a generator in an encoder tag is as good a sign, but a tool's name can also stand in
# a title that talks about it; those two tags are read apart.
GENERATOR_LLR = 2.3

MISMATCH = 1.0  # s; containers round and pad, and cuts at key frames leave up to half a second
MISMATCH_SHARE = 0.05  # of the longer stream; both limits must be passed

# Tags in which tools name themselves. Title, artist and description are authors' words: not here.
_TOOL_TAGS = ("encoder", "software", "comment", "handler_name", "creation_tool", "vendor_id",
              "com.apple.quicktime.software", "make", "model", "producer", "generator")  # fmt: skip

# Names that tools for generated or face-edited video write into such tags, with word borders.
_GENERATORS = (
    "ComfyUI", "Stable Diffusion", "AnimateDiff", "Stable Video Diffusion", "HunyuanVideo",
    "Wan2", "CogVideo", "LTX-Video", "DeepFaceLab", "FaceFusion", "roop", "Rope", "SimSwap",
    "Wav2Lip", "SadTalker", "LivePortrait", "MuseTalk", "Hallo", "HeyGen", "Synthesia", "D-ID",
    "Runway", "Pika", "Kling", "Hailuo", "MiniMax", "Luma Dream Machine", "Sora", "Veo", "Hedra",
    "Reface", "DeepSwap", "Akool", "ElevenLabs",
)  # fmt: skip
_GENERATOR = re.compile(
    r"(?<![A-Za-z0-9])(" + "|".join(re.escape(name) for name in _GENERATORS) + r")(?![A-Za-z])"
)
_WORKFLOW = re.compile(r'"class_type"\s*:|"workflow"\s*:\s*\{')  # what ComfyUI leaves in `comment`


class Container:
    """Reads tags and stream lengths; explains what it finds and weighs little."""

    name = "container"
    axis: Axis = "manipulation"
    needs: tuple[Need, ...] = ()

    def examine(self, case: Case) -> Iterator[Evidence | Abstention]:
        """Yield what the container says, one piece each, or that it says nothing unusual."""
        media = case.media
        tags = [media.tags, *(stream.tags for stream in media.streams)]
        found = [*_declared(tags), *_generator(tags), *_unequal_lengths(case)]
        for finding, llr, why, values in found:
            yield Evidence(
                detector=self.name, axis=self.axis, score=1.0 if llr else 0.0, llr=llr,
                why=why, finding=finding, values=values,
            )  # fmt: skip
        if not found:
            yield Evidence(
                detector=self.name, axis=self.axis, score=0.0, llr=0.0, finding="plain",
                why="the container names no generator and its streams are of equal length",
            )  # fmt: skip


_Finding = tuple[str, float, str, dict[str, float]]


def _declared(tags: list[Mapping[str, str]]) -> Iterator[_Finding]:
    """Find labels by which a file declares its content to be generated.

    `AIGC` is the implicit label of the Chinese national standard GB 45438-2025 ({"Label": "1"} is
    generated, "2" possibly, "3" suspected); `aigc_info` is what TikTok writes, where a label type
    other than 0 means labelled.
    """
    for key, value in _items(tags):
        if key == "aigc":
            label = _json_field(value, "Label")
            if label in ("1", "2", "3"):
                llr = DECLARED_LLR if label == "1" else DECLARED_LLR / 2
                kind = {"1": "generated", "2": "possibly generated", "3": "suspected of being so"}
                yield (
                    "declared_ai", llr,
                    f"the file declares its content as AI-{kind[label]} (AIGC label {label})", {},
                )  # fmt: skip
        if key == "aigc_info":
            label = _json_field(value, "aigc_label_type")
            if label not in ("", "0"):
                yield (
                    "declared_ai", DECLARED_LLR,
                    f"the platform marked the file as AI-generated (aigc_label_type {label[:8]!r})",
                    {},
                )  # fmt: skip


def _generator(tags: list[Mapping[str, str]]) -> Iterator[_Finding]:
    """Find the name of a generator where tools name themselves; each name once."""
    named: dict[str, str] = {}
    for key, value in _items(tags):
        if key not in _TOOL_TAGS:
            continue
        match = _GENERATOR.search(value)
        if match:
            named.setdefault(match.group(1), key)
        elif _WORKFLOW.search(value):
            named.setdefault("ComfyUI", key)
    for name, key in named.items():
        yield (
            "generator_tag", GENERATOR_LLR,
            f"the tag {key!r} names {name}, a tool that generates or edits video", {},
        )  # fmt: skip


def _unequal_lengths(case: Case) -> Iterator[_Finding]:
    """Find sound and picture of unequal length; said, but not counted: many genuine cuts do it."""
    lengths: dict[str, float] = {}
    for stream in case.media.streams:
        if stream.kind != "other" and stream.duration_s:
            lengths[stream.kind] = max(lengths.get(stream.kind, 0.0), stream.duration_s)
    if case.info.kind != "video" or len(lengths) < 2:
        return
    difference = lengths["audio"] - lengths["video"]
    if abs(difference) > max(MISMATCH, MISMATCH_SHARE * max(lengths.values())):
        longer = "sound" if difference > 0 else "picture"
        yield (
            "length_mismatch", 0.0,
            f"the {longer} is {abs(difference):.1f} s longer than the "
            f"{'picture' if longer == 'sound' else 'sound'}",
            {"audio_s": lengths["audio"], "video_s": lengths["video"]},
        )  # fmt: skip


def _items(tags: list[Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    for table in tags:
        for key, value in table.items():
            yield key.lower(), value[:100_000]  # a workflow can be long; a hostile tag longer


def _json_field(text: str, name: str) -> str:
    """Return a field of a JSON object as text, "" when it is not there or not JSON."""
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    value = record.get(name) if isinstance(record, dict) else None
    return str(value) if isinstance(value, str | int) else ""

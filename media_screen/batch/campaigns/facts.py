"""Draws from a verdict what grouping needs: what the file got for itself, and why it is suspect."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from media_screen.coordination import account_id
from media_screen.evidence import (
    ACCUSING,
    Evidence,
    Label,
    PassedAlong,
    SharedFootage,
    Span,
    Verdict,
)
from media_screen.evidence.records import fields_of
from media_screen.footage.campaigns import ScreenedFile, Suspicion
from media_screen.fusion import combination
from media_screen.fusion.judge import Judgement, judge
from media_screen.screen import Config

# Flags of a verdict that come from the campaign.
PASSED, HOLDS = "passed_along", "holds_suspected"
OTHER_FACE, FACE_UNSURE = "holds_suspected_other_face", "holds_suspected_face_unsure"
_HOLDING = (HOLDS, OTHER_FACE, FACE_UNSURE)
# Detectors of voices, by which is known that somebody speaks; and the one that judges the post and
# not the media.
_VOICES, _POST = ("voice_spoof", "voice_identity"), "channel"
_BESIDE = "original"  # the detector that compares faces with official footage

_Part = Literal["picture", "sound"]


@dataclass(frozen=True, slots=True)
class Called:
    """What a file is called through another one of its campaign, and how that came."""

    label: Label
    person: str | None
    summary: str
    passed: PassedAlong


@dataclass(frozen=True, slots=True)
class Told:
    """What the line of a file says of its campaign.

    `holds` is the flag of a file that shares footage with a suspected one and is not called so.
    """

    campaign: str = ""
    called: Called | None = None
    holds: str = ""

    @staticmethod
    def of(verdict: Verdict) -> Told:
        """Return what a verdict says of it."""
        called = None
        if verdict.passed is not None:
            called = Called(verdict.label, verdict.person, verdict.summary, verdict.passed)
        holds = next((flag for flag in verdict.flags if flag in _HOLDING), "")
        return Told(verdict.campaign, called, holds)

    def written_into(self, own: Verdict) -> Verdict:
        """Return the verdict that a file got for itself with what is told of its campaign."""
        flags = (*own.flags, *((self.holds,) if self.holds else ()))
        told = replace(own, campaign=self.campaign, flags=flags)
        if self.called is None:
            return told
        return replace(
            told,
            label=self.called.label,
            person=self.called.person,
            summary=self.called.summary,
            passed=self.called.passed,
            flags=(*flags, PASSED),
        )

    def to_json(self) -> str:
        """Return it as text."""
        called = self.called and fields_of(self.called) | {"passed": self.called.passed.to_dict()}
        return json.dumps([self.campaign, called, self.holds])

    @staticmethod
    def from_json(text: str) -> Told:
        """Read what `to_json` wrote."""
        campaign, called, holds = json.loads(text)
        if called is not None:
            called = Called(**{**called, "passed": PassedAlong.from_dict(called["passed"])})
        return Told(campaign, called, holds)


def own_verdict(verdict: Verdict) -> Verdict:
    """Return a verdict as the file got it for itself, without what its campaign added."""
    flags = tuple(flag for flag in verdict.flags if flag not in (PASSED, *_HOLDING))
    own = replace(verdict, campaign="", passed=None, flags=flags)
    if verdict.passed is None:
        return own
    before = verdict.passed
    return replace(own, label=before.label, person=before.person, summary=before.summary)


def screened_file(
    own: Verdict, config: Config, names: Mapping[str, str] | None = None
) -> ScreenedFile:
    """Return what grouping needs of a verdict that a file got for itself.

    `names` maps the slug of a person to the name that a summary shows.
    """
    match, post = own.provenance.match, own.post
    official = own.provenance.official or own.label == "official"
    matched = match if match is not None and match.relation != "known_fake" else None
    return ScreenedFile(
        key=own.media.key,
        path=own.media.path,
        sha256=own.media.sha256 if own.media.size_bytes else "",
        label=own.label,
        person=own.person,
        summary=own.summary,
        faces=_faces(own),
        faces_seen=bool(own.tracks),
        official=official,
        vouched=official or own.label == "official_copy",
        original=f"{matched.person}/{matched.reference}" if matched else "",
        from_original=_from_original(own),
        speaks=any(piece.detector in _VOICES for piece in own.evidence),
        account=account_id(post.platform, post.channel_id, post.handle) if post else "",
        published=post.published if post else "",
        suspicion=None if official else suspicion(own, config, names or {}),
        shared=own.shared,
    )


def _from_original(own: Verdict) -> float | None:
    """Return how the faces of a file differ from those of official footage; None for no faces."""
    return next((one.llr for one in own.evidence if one.detector == _BESIDE and one.pooled), None)


def _faces(own: Verdict) -> dict[str, float]:
    """Return how alike the face seen longest as each person is to that person."""
    found: dict[str, tuple[int, float]] = {}
    for track in own.tracks:
        if track.person is not None and track.cosine is not None:
            seen = (track.faces, track.cosine)
            found[track.person] = max(found.get(track.person, (0, 0.0)), seen)
    return {person: cosine for person, (_, cosine) in sorted(found.items())}


def suspicion(own: Verdict, config: Config, names: Mapping[str, str]) -> Suspicion | None:
    """Return what the media of a file is suspected of, whoever posted it; None for nothing.

    The evidence is judged again without that of the channel: that an account imitates another one
    says nothing of copies elsewhere. What picture and sound come to is judged alone, too.
    """
    if own.label not in ACCUSING:
        return None
    media = [piece for piece in own.evidence if piece.detector != _POST]
    found = _judged(own, media, config, names)
    if found.label not in ACCUSING:
        return None
    alone = _all_there_is(own)
    for part, detectors in _detectors_of().items():
        only = [piece for piece in media if piece.detector in detectors]
        if _judged(own, only, config, names).label in ACCUSING:
            alone |= {part}
    return Suspicion(found.label, found.person, found.summary, alone, _suspect_spans(media))


def _all_there_is(own: Verdict) -> frozenset[_Part]:
    """Return what a file consists of: music laid under a silent fake makes it no other one."""
    if own.media.kind == "audio":
        return frozenset(("sound",))
    return frozenset() if own.media.audio_codec else frozenset(("picture",))


def _judged(
    own: Verdict, evidence: Sequence[Evidence], config: Config, names: Mapping[str, str]
) -> Judgement:
    unknown = own.media.kind != "image" and own.media.duration_s <= 0
    endless = unknown or "several_picture_tracks" in own.flags  # as `examination.matched_length`
    return judge(
        evidence,
        own.abstentions,
        own.failures,
        names=names,
        duration_s=math.inf if endless else own.media.duration_s,
        coverage=own.coverage,
        sensitivity=config.sensitivity,
        weighing=combination.shipped().joined_by(config.weights),
    )


def _detectors_of() -> Mapping[_Part, frozenset[str]]:
    """Return the detectors that look at the picture alone, and those that listen alone."""
    from media_screen.detectors import DETECTORS

    def needing(*needs: str) -> frozenset[str]:
        own = (one for one in DETECTORS if one.axis != "provenance")
        return frozenset(one.name for one in own if one.needs and set(one.needs) <= set(needs))

    return {"picture": needing("frames", "faces"), "sound": needing("speech")}


def _suspect_spans(evidence: Sequence[Evidence]) -> tuple[Span, ...]:
    """Return where a file looks or sounds forged, or uses changed footage; none for all of it."""
    spans = {
        piece.span
        for piece in evidence
        if piece.axis == "manipulation" and piece.llr > 0 and piece.span is not None
    }
    spans |= {
        piece.match.query_span
        for piece in evidence
        if piece.match is not None and piece.match.relation not in ("copy", "excerpt")
    }
    return tuple(sorted(spans))


def file_to_json(file: ScreenedFile) -> str:
    """Return what is known of a file as text."""
    found = file.suspicion
    return json.dumps(
        fields_of(file)
        | {
            "suspicion": found
            and fields_of(found)
            | {"alone": sorted(found.alone), "spans": [span.to_list() for span in found.spans]},
            "faces": dict(file.faces),
            "shared": [one.to_dict() for one in file.shared],
        }
    )


def file_from_json(text: str) -> ScreenedFile:
    """Read what `file_to_json` wrote."""
    record = json.loads(text)
    found = record["suspicion"]
    if found is not None:
        spans, alone = tuple(map(Span.from_list, found["spans"])), frozenset(found["alone"])
        found = Suspicion(**{**found, "alone": alone, "spans": spans})
    shared = tuple(SharedFootage.from_dict(one) for one in record["shared"])
    known = {"faces_seen": record["faces_seen"], "suspicion": found, "shared": shared}
    return ScreenedFile(**{**record, **known})

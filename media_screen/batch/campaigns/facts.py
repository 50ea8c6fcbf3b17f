"""Draws from a verdict what grouping needs: what the file got for itself, and why it is suspect."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from media_screen.coordination import account_id
from media_screen.evidence import Evidence, Label, PassedAlong, SharedFootage, Span, Verdict
from media_screen.evidence.records import fields_of
from media_screen.footage.campaigns import ACCUSING, ScreenedFile, Suspicion
from media_screen.fusion import combination
from media_screen.fusion.judge import judge
from media_screen.screen import Config

# Flags of a verdict that come from the campaign.
PASSED, HOLDS = "passed_along", "holds_suspected"
# Detectors of voices, by which is known that somebody speaks; and the one that judges the post and
# not the media.
_VOICES, _POST = ("voice_spoof", "voice_identity"), "channel"


@dataclass(frozen=True, slots=True)
class Told:
    """What the line of a file says of its campaign."""

    campaign: str = ""
    passed: PassedAlong | None = None
    holds: bool = False

    @staticmethod
    def of(verdict: Verdict) -> Told:
        """Return what a verdict says of it."""
        return Told(verdict.campaign, verdict.passed, HOLDS in verdict.flags)

    def written_into(self, own: Verdict) -> Verdict:
        """Return the verdict that a file got for itself with what is told of its campaign."""
        flags = [*own.flags, *([PASSED] if self.passed else []), *([HOLDS] if self.holds else [])]
        return replace(own, campaign=self.campaign, passed=self.passed, flags=tuple(flags))

    def to_json(self) -> str:
        """Return it as text."""
        passed = self.passed and self.passed.to_dict()
        return json.dumps([self.campaign, passed, self.holds])

    @staticmethod
    def from_json(text: str) -> Told:
        """Read what `to_json` wrote."""
        campaign, passed, holds = json.loads(text)
        return Told(campaign, None if passed is None else PassedAlong.from_dict(passed), holds)


def own_verdict(verdict: Verdict) -> Verdict:
    """Return a verdict as the file got it for itself, without what its campaign added."""
    flags = tuple(flag for flag in verdict.flags if flag not in (PASSED, HOLDS))
    own = replace(verdict, campaign="", passed=None, flags=flags)
    if verdict.passed is None:
        return own
    before = verdict.passed
    return replace(own, label=before.label, person=before.person, summary=before.summary)


def screened_file(own: Verdict, config: Config) -> ScreenedFile:
    """Return what grouping needs of a verdict that a file got for itself."""
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
        official=official,
        vouched=official or own.label == "official_copy",
        original=f"{matched.person}/{matched.reference}" if matched else "",
        speaks=any(piece.detector in _VOICES for piece in own.evidence),
        account=account_id(post.platform, post.channel_id, post.handle) if post else "",
        published=post.published if post else "",
        suspicion=None if official else suspicion(own, config),
        shared=own.shared,
    )


def _faces(own: Verdict) -> dict[str, float]:
    """Return how alike the face seen longest as each person is to that person."""
    found: dict[str, tuple[int, float]] = {}
    for track in own.tracks:
        if track.person is not None and track.cosine is not None:
            seen = (track.faces, track.cosine)
            found[track.person] = max(found.get(track.person, (0, 0.0)), seen)
    return {person: cosine for person, (_, cosine) in sorted(found.items())}


def suspicion(own: Verdict, config: Config) -> Suspicion | None:
    """Return what the media of a file is suspected of, whoever posted it; None for nothing.

    The evidence is judged again without that of the channel: that an account imitates another one
    says nothing of copies elsewhere. What picture and sound come to is judged alone, too.
    """
    if own.label not in ACCUSING:
        return None
    media = [piece for piece in own.evidence if piece.detector != _POST]
    label, person, summary = _judged(own, media, config)
    if label not in ACCUSING:
        return None
    if (label, person) == (own.label, own.person):
        summary = own.summary  # it calls people by their names
    alone = _all_there_is(own)
    for part, names in _detectors_of().items():
        only = [piece for piece in media if piece.detector in names]
        if _judged(own, only, config)[0] in ACCUSING:
            alone = part
            break
    return Suspicion(label, person, summary, alone, _suspect_spans(media))


def _all_there_is(own: Verdict) -> Literal["picture", "sound", "both"]:
    """Return what a file consists of: music laid under a silent fake makes it no other one."""
    if own.media.kind == "audio":
        return "sound"
    return "both" if own.media.audio_codec else "picture"


def _judged(
    own: Verdict, evidence: Sequence[Evidence], config: Config
) -> tuple[Label, str | None, str]:
    unknown = own.media.kind != "image" and own.media.duration_s <= 0
    found = judge(
        evidence,
        own.abstentions,
        own.failures,
        duration_s=math.inf
        if unknown or "several_picture_tracks" in own.flags
        else own.media.duration_s,
        coverage=own.coverage,
        sensitivity=config.sensitivity,
        weighing=combination.shipped().joined_by(config.weights),
    )
    return found.label, found.person, found.summary


def _detectors_of() -> Mapping[Literal["picture", "sound"], frozenset[str]]:
    """Return the detectors that look at the picture alone, and those that listen alone."""
    from media_screen.detectors import DETECTORS

    def needing(*needs: str) -> frozenset[str]:
        own = (one for one in DETECTORS if one.axis != "provenance")
        return frozenset(one.name for one in own if one.needs and set(one.needs) <= set(needs))

    return {"picture": needing("frames", "faces"), "sound": needing("speech", "sound")}


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
            and fields_of(found) | {"spans": [span.to_list() for span in found.spans]},
            "faces": dict(file.faces),
            "shared": [one.to_dict() for one in file.shared],
        }
    )


def file_from_json(text: str) -> ScreenedFile:
    """Read what `file_to_json` wrote."""
    record = json.loads(text)
    found = record["suspicion"]
    if found is not None:
        found = Suspicion(**{**found, "spans": tuple(map(Span.from_list, found["spans"]))})
    shared = tuple(SharedFootage.from_dict(one) for one in record["shared"])
    return ScreenedFile(**{**record, "suspicion": found, "shared": shared})

"""What an export may say of a verdict: which labels claim anything, in which words, how strongly.

A screening supports a suspicion with a likelihood ratio. It attributes nothing to anybody and calls
nothing fake, and neither do the exports.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timezone

from media_screen.evidence import Verdict
from media_screen.exports.causes import matches_known_fake, suspicions
from media_screen.results.scale import bounds_sentence, weighings
from media_screen.results.text import file_name, safe_link, shorten, visible

LIMITS = (
    "This is the result of an automatic screening that ranks files for a person to look at. It is "
    "no finding of fact: it attributes the file to nobody, and a genuine file can be among those "
    "that are marked."
)
MAX_TEXT = 2_000  # characters of one untrusted text; descriptions of posts are not exported
MAX_NAME = 200  # characters of an untrusted text in a name, which stands in lists and headings

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:media_screen:exports")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Technique:
    """A technique of the DISARM framework for describing influence operations (version 1.6).

    `in_misp` tells that the DISARM galaxy of MISP, which is of an older version, has it.
    """

    id: str
    name: str
    in_misp: bool = True

    @property
    def url(self) -> str:
        """The page of the technique in the framework's own repository."""
        pages = "https://github.com/DISARMFoundation/DISARMframeworks/blob/main/generated_pages"
        return f"{pages}/techniques/{self.id}.md"


# Made by AI, and only known to have been made or changed.
GENERATED = {
    "video": Technique("T0087.001", "Develop AI-Generated Videos (Deepfakes)"),
    "image": Technique("T0086.002", "Develop AI-Generated Images (Deepfakes)"),
    "audio": Technique("T0088.001", "Develop AI-Generated Audio (Deepfakes)"),
}
CHANGED = {
    "video": Technique("T0087", "Develop Video-Based Content"),
    "image": Technique("T0086", "Develop Image-Based Content"),
    "audio": Technique("T0088", "Develop Audio-Based Content"),
}
PERSONA = Technique("T0143.003", "Impersonated Persona", in_misp=False)
# What accounts do together.
COPYPASTA = Technique("T0084.001", "Use Copypasta")
CROSS_PLATFORM = Technique("T0119.002", "Post across Platform")


def looks_generated(verdict: Verdict) -> bool:
    """Say whether the verdict supports that the media were made or forged by a machine.

    Official footage with another sound may be a joke with an actor's voice, an impersonation may
    rest on the channel alone, and how a known fake was made nobody wrote down: none is enough.
    """
    return bool(suspicions(verdict))


def looks_changed(verdict: Verdict) -> bool:
    """Say whether the verdict supports that the media are not what was recorded."""
    altered = verdict.label == "altered_official"
    return altered or matches_known_fake(verdict) or looks_generated(verdict)


def techniques(verdict: Verdict) -> tuple[Technique, ...]:
    """Return the techniques that the verdict speaks for, as a suspicion."""
    found = []
    match = verdict.provenance.match
    revoiced = match is not None and match.relation == "revoiced"  # the picture is the original's
    kind = "audio" if revoiced else verdict.media.kind
    if looks_changed(verdict) and kind in CHANGED:
        found.append((GENERATED if looks_generated(verdict) else CHANGED)[kind])
    if verdict.label == "suspected_impersonation" and verdict.person:
        found.append(PERSONA)
    return tuple(found)


def statement(verdict: Verdict) -> str:
    """Say in plain text what was concluded, what was compared, how strongly, and the limits."""
    parts = [clean(verdict.summary)]
    for question in weighings(verdict):
        if question.llr is not None:
            parts.append(
                f"{question.title}: H1, {clean(question.h1)}; H2, {clean(question.h2)}. "
                f"{question.sentence} Natural-log likelihood ratio {question.llr:.2f}: "
                f"{question.words}."
            )
    if verdict.probability_bounds is not None:
        parts.append(bounds_sentence(verdict.probability_bounds))
    # What an installation lacks says nothing of this file.
    told = (one for one in verdict.abstentions if one.reason != "missing_package")
    unjudged = dict.fromkeys(f"{one.detector}: {one.why}" for one in told)
    if unjudged:
        parts.append("Could not be judged: " + clean("; ".join(unjudged)) + ".")
    parts.append(LIMITS)
    return "\n".join(parts)


# --- untrusted values ------------------------------------------------------------------------


def clean(text: str) -> str:
    """Return an untrusted text with hidden and control characters written out, and cut."""
    return shorten(visible(text), MAX_TEXT)


def short(text: str) -> str:
    """Return an untrusted text as `clean` does, cut to stand in a name."""
    return shorten(visible(text), MAX_NAME)


def sha256(verdict: Verdict) -> str:
    """Return the hash of the file's content, "" when the result holds none."""
    return verdict.media.sha256 if _SHA256.fullmatch(verdict.media.sha256) else ""


def name_of(verdict: Verdict) -> str:
    """Return the name of the file without its folders."""
    return clean(file_name(verdict.media.path))


def link(verdict: Verdict) -> str:
    """Return the address of the post, "" when there is none or it is no plain web address."""
    return (safe_link(verdict.post.url) or "") if verdict.post else ""


def published(verdict: Verdict) -> datetime | None:
    """Return when the post was published, None when the sidecar does not say."""
    return moment(verdict.post.published) if verdict.post else None


def moment(text: str) -> datetime | None:
    """Return the time that an ISO 8601 text in UTC says, to the second; None for another text."""
    try:
        time = datetime.fromisoformat(text[:19])
    except ValueError:
        return None
    return time.replace(tzinfo=timezone.utc)


def stable_uuid(*parts: str) -> str:
    """Return a version 5 UUID that is a function of the parts."""
    return str(uuid.uuid5(_NAMESPACE, json.dumps(parts)))  # ASCII, whatever is in them

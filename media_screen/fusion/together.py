"""Says what a mouth, its face and a voice say together of an enrolled person.

Each of the three is measured by a detector of its own; here they are only laid side by side. What
they say is told in words and moves no label: voice-overs, dubs and cut films sound the same.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from media_screen.evidence import Abstention, Evidence
from media_screen.fusion.thresholds import (
    IDENTITY_THRESHOLD,
    OTHER_FACE,
    OTHER_VOICE,
    VOICE_THRESHOLD,
)

FITTING = 2  # windows of 5 s in which a mouth must go with a voice, and none in which it does not
# By what the face that speaks is, whether its mouth goes with the voice, and whose voice it is.
WORDS: Mapping[tuple[str, str, str], str] = {
    ("own", "fits", "other"): "The mouth of {name} goes with the voice, and the voice is not like "
    "the one enrolled: a swapped face or lips made to fit another's voice are like that.",
    ("own", "against", "other"): "{name} is seen speaking, and the voice is another's and not from "
    "that mouth: a voice-over, a dub, or another voice put under the pictures.",
    ("own", "still", "other"): "{name} is seen with a still mouth, and another's voice is heard: "
    "a voice-over, or somebody else who speaks.",
    ("own", "against", "own"): "The voice is like that of {name}, and the mouth that is seen does "
    "not speak it: narration over pictures of another moment, or a copied voice put under them.",
    ("other", "fits", "own"): "The voice is like that of {name}, and it goes with the mouth of "
    "somebody else: a copied voice, or a person who sounds alike.",
}


def told_together(
    evidence: Sequence[Evidence], abstentions: Sequence[Abstention], person: str, name: str
) -> str:
    """Return what mouth, face and voice say of a person together, "" where it is nothing."""
    voice = _voice(evidence, person)
    for track, mouth in _mouths(evidence, abstentions):
        said = WORDS.get((_face(evidence, person, track), mouth, voice))
        if said:
            return said.format(name=name)
    return ""


def _voice(evidence: Sequence[Evidence], person: str) -> str:
    """Return whose the voices are: "own" if one is the person's, "other" if none is, or ""."""
    llr = max((one.llr for one in _of(evidence, "voice_identity", person)), default=math.nan)
    return "own" if llr >= VOICE_THRESHOLD else "other" if llr <= OTHER_VOICE else ""


def _face(evidence: Sequence[Evidence], person: str, track: int | None) -> str:
    """Return whose the face of a track is; of no track in particular, whose the likest face is."""
    faces = [one for one in evidence if one.detector == "face_identity" and one.track == track]
    if track is None:
        faces = _of(evidence, "face_identity", person)
    if any(one.person == person and one.llr >= IDENTITY_THRESHOLD for one in faces):
        return "own"
    # A track's piece is of the enrolled person whom it is most like: nobody is nearer.
    return "other" if faces and all(one.llr <= OTHER_FACE for one in faces) else ""


def _of(evidence: Sequence[Evidence], detector: str, person: str) -> list[Evidence]:
    return [
        one for one in evidence if one.detector == detector and one.person == person and one.pooled
    ]


def _mouths(
    evidence: Sequence[Evidence], abstentions: Sequence[Abstention]
) -> Iterator[tuple[int | None, str]]:
    """Give the track of the face that speaks, and how its mouth goes with the voice."""
    windows: dict[int, list[Evidence]] = defaultdict(list)
    for one in evidence:
        if one.detector == "lip_sync" and one.track is not None:
            windows[one.track].append(one)
    if windows:
        track = max(windows, key=lambda t: sum(one.values["agreement"] for one in windows[t]))
        found = {one.finding for one in windows[track]}
        if found == {"mouth_fits"} and len(windows[track]) >= FITTING:
            yield track, "fits"
        elif found <= {"mouth_against", "mouth_still"}:
            yield track, "against"
    elif any(one.detector == "lip_sync" and one.reason == "voice_over" for one in abstentions):
        yield None, "still"

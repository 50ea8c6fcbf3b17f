"""What the codes of a verdict mean, in plain words. Every code has an entry; tests see to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from media_screen.evidence import (
    BY_URGENCY,
    Answer,
    ChannelStanding,
    Label,
    NamePlace,
    Reason,
    Relation,
)


@dataclass(frozen=True, slots=True)
class LabelWords:
    """How a label is shown: its name, a mark that needs no colour, and what it means."""

    name: str
    mark: str
    meaning: str


LABELS: dict[Label, LabelWords] = {
    "suspected_impersonation": LabelWords(
        "Suspected impersonation",
        "\u25b2",
        "Shows or voices an enrolled person, was not published by them as far as is known, and "
        "either the signs of manipulation are above the threshold, or the channel imitates theirs.",
    ),
    "altered_official": LabelWords(
        "Altered official footage",
        "\u25c6",
        "Picture or sound matches the person's official footage, and the other, or the face, "
        "does not. Compare it with the original.",
    ),
    "synthetic_media": LabelWords(
        "Synthetic media",
        "\u25a0",
        "Signs of manipulation or fabrication, and no enrolled person was recognised.",
    ),
    "unverified_appearance": LabelWords(
        "Unverified appearance",
        "\u25d0",
        "Shows or voices an enrolled person outside their official channels, without signs of "
        "manipulation. Most reposts and news clips are this; it does not mean authentic.",
    ),
    "unable_to_evaluate": LabelWords(
        "Unable to evaluate",
        "?",
        "Could not be judged; the file's page says why. Nothing was found because nothing could "
        "be looked for.",
    ),
    "no_finding": LabelWords(
        "No finding",
        "\u25cb",
        "Examined, and nothing suspicious was found in what was looked at. That is not proof that "
        "it is genuine.",
    ),
    "official_copy": LabelWords(
        "Official copy",
        "\u25c7",
        "Matches the person's official footage, wherever it was posted, in all that could be "
        "compared; the sentence says what that was.",
    ),
    "official": LabelWords(
        "Official",
        "\u2713",
        "Published on an official channel of the person (by its stable id). Where something "
        "suspicious was found in it, the sentence says so.",
    ),
}

# What a person decided, and the key that decides it on pages that are served.
ANSWERS: dict[Answer, tuple[str, str]] = {
    "confirmed_fake": ("Confirmed fake", "f"),
    "genuine": ("Genuine", "g"),
    "dismissed": ("Dismissed", "d"),
    "to_check": ("To check", "t"),
}

# Checks by hand that are often made; others have the names that people give them.
HAND_CHECKS: dict[str, str] = {
    "watermark": "vendor's watermark check",
    "reverse_search": "reverse picture search of key frames",
    "office_call": "call to the person's office",
}

# The flag of an official post in which something suspicious was found.
REVIEW = "review_official_channel"

RANK: dict[str, int] = {label: rank for rank, label in enumerate(BY_URGENCY)}

REASONS: dict[Reason, str] = {
    "no_face": "no face was found",
    "face_too_small": "the faces are too small",
    "low_quality": "the quality is too low",
    "no_speech": "nobody speaks",
    "music": "music covers the voice",
    "too_short": "it is too short",
    "no_video": "there is no picture",
    "no_audio": "there is no sound",
    "no_sidecar": "no post data came with the file",
    "no_reference": "no reference of the person is enrolled",
    "no_model": "the model is not installed",
    "missing_package": "an optional package is not installed",
    "not_a_photographic_face": "the face is drawn, rendered or masked",
    "profile": "the faces are seen from the side only",
    "several_voices": "several people speak at once",
    "voice_over": "the voice is of nobody in the picture",
    "turned": "the picture is shown turned",
    "crowd": "there are more faces than are looked at",
    "attached": "the file holds more than is shown",
    "dubbed": "the voice is a dub",
    "not_applicable": "it does not apply to this kind of file",
    "unreadable": "the file can't be read",
    "too_large": "the file is too large",
    "changed": "the file changed while it was screened",
    "time_limit": "the time limit was reached",
    "memory_limit": "the memory limit was reached",
}

# How a file lies along a reference. Whether what is seen and heard there is the reference's is said
# in `results.matched`, which knows of faces and stretches that were changed.
RELATIONS: dict[Relation, str] = {
    "copy": "a copy: it goes along with the whole reference",
    "excerpt": "an excerpt: it goes along with a part of the reference",
    "revoiced": "re-voiced: shown with another sound",
    "repictured": "re-pictured: heard with another picture",
    "known_fake": "a known fake: it matches media recorded earlier as fabricated",
}

STANDINGS: dict[ChannelStanding, str] = {
    "official": "an official channel of the person, by its stable id",
    "claimed": "claims to be an official channel of the person; no stable id proves it",
    "not_official": "not an official channel (weak evidence by itself: most reposts are not)",
    "lookalike": "not official, and its handle or name imitates an official one",
    "unknown": "not known",
}

PLACES: dict[NamePlace, str] = {
    "title": "the title",
    "description": "the description",
    "tags": "the tags",
    "onscreen": "text in the picture",
    "transcript": "what is said",
}

AXES: dict[str, tuple[str, str]] = {
    "manipulation": (
        "Manipulation",
        "Positive log likelihood ratios point towards manipulated or fabricated media.",
    ),
    "identity": ("Identity", "Positive log likelihood ratios point towards the named person."),
    "provenance": (
        "Provenance",
        "Where the media comes from. Positive log likelihood ratios point towards impersonation.",
    ),
}

# Findings whose code says too little; any other is shown as its code.
FINDINGS: dict[str, str] = {
    "altered_official": "official footage, changed",
    "as_original": "faces as in the original",
    "claimed_trusted": "says it is a trusted channel",
    "eyes_changed": "eyes unlike the original's",
    "face_changed": "face unlike the original's",
    "face_exchanged": "another face than in the original",
    "lookalike_trusted": "looks like a trusted channel",
    "mouth_against": "mouth not with the voice",
    "mouth_apart": "mouth at another time than the voice",
    "mouth_changed": "mouth unlike the original's",
    "mouth_fits": "mouth with the voice",
    "mouth_still": "mouth nearly still",
    "mouth_unclear": "mouth and voice can't be told",
    "remade": "a face unlike the original's",
    "unclear": "can't be told",
    "unlike_the_rest": "unlike the rest of the voice",
    "incomplete": "not all could be compared",
}

# Detectors whose name says too little; any other is shown by its name.
DETECTORS: dict[str, str] = {"original": "beside the original"}

_CREDENTIALS = {
    "unchecked": "not checked",
    "none": "none in the file (platforms usually strip them, so this says nothing)",
    "valid": "valid, from a signer that is not on the trust list",
    "trusted": "valid and from a trusted signer",
    "invalid": "broken: the content does not match what was signed",
}

_FLAGS = {
    "explicit": "Explicit content",
    "review": "Needs review",
    "review_official_channel": "Review: official channel",
    "lookalike_channel": "Look-alike channel",
    "contains_official_footage": "Contains official footage",
    "incomplete": "Incomplete",
    "damaged": "Damaged file",
    "turned": "Shown turned",
    "several_picture_tracks": "Further picture track not looked at",
    "partly_covered": "Looked at in part",
    "sidecar_mismatch": "Post data do not fit",
    "passed_along": "Label of a copy",
    "holds_suspected": "Shares footage with a suspected file",
    "holds_suspected_other_face": "Same footage as a suspected file, another face",
    "holds_suspected_face_unsure": "Same footage as a suspected file, face unsure",
    "outdated": "Of earlier people or settings",
}


def rank_of(label: str, flags: Sequence[str]) -> int:
    """Return where a file stands in a list with the most urgent first.

    An official post with something suspicious in it stands with those that somebody must look at.
    """
    return RANK["unverified_appearance" if REVIEW in flags else label]


def label_words(label: str) -> LabelWords:
    """Return name, mark and meaning of a label."""
    return LABELS[label]  # type: ignore[index]  # a verdict's label is one of them


def reason_words(reason: str) -> str:
    """Return a reason code in words."""
    return REASONS.get(reason, plain(reason))  # type: ignore[call-overload, no-any-return]


def relation_words(relation: str) -> str:
    """Return how a match relates to its reference, in words."""
    return RELATIONS.get(relation, plain(relation))  # type: ignore[call-overload, no-any-return]


def standing_words(standing: str) -> str:
    """Return where the channel stands, in words."""
    return STANDINGS.get(standing, plain(standing))  # type: ignore[call-overload, no-any-return]


def place_words(place: str) -> str:
    """Return in which text a name was found, in words."""
    return PLACES.get(place, plain(place))  # type: ignore[call-overload, no-any-return]


def finding_words(finding: str) -> str:
    """Return what was found, in words."""
    return FINDINGS.get(finding, plain(finding))


def detector_words(detector: str) -> str:
    """Return the name of a detector as it is shown."""
    return DETECTORS.get(detector, plain(detector))


def check_words(name: str) -> str:
    """Return what a check by hand is called, in words, with a capital."""
    said = HAND_CHECKS.get(name, name)
    return said[:1].upper() + said[1:]


def credentials_words(state: str) -> str:
    """Return the state of the content credentials, in words."""
    return _CREDENTIALS.get(state, plain(state))


def flag_words(flag: str) -> str:
    """Return a flag in words; one this version does not know is shown as it is."""
    return _FLAGS.get(flag, plain(flag).capitalize())


def plain(code: str) -> str:
    """Return a code such as `blend_boundary` as words."""
    return code.replace("_", " ")

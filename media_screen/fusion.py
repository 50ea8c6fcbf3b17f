"""Turns the evidence of all detectors into one label, by a table that can be read and argued with.

Every threshold of the program stands here. Detectors give calibrated log likelihood ratios and
codes; nothing else in the program decides what is enough.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from media_screen.evidence import (
    Abstention,
    ChannelStanding,
    Evidence,
    Failure,
    Label,
    Match,
    Provenance,
    Reason,
    probability_bounds,
)

# Natural-log likelihood ratios. 1.1 is a cosine of .46 for faces of 40 px and more; under 1 in
# 10,000 pairs of pictures of different people reach it (benchmarks/results/faces.md). The
# calibration is cautious in that tail, and a file is compared with several people and faces.
IDENTITY_THRESHOLD = 1.1
# The same for voices, whose embedding is weaker: 3 in 1,000 strangers of one's own collection reach
# it, and two in three recordings of the person (benchmarks/results/voice.md).
VOICE_THRESHOLD = 3.0
# Ten to one: the posterior is over one half only where every tenth file is forged; screening
# queues are like that, and a person looks at what is marked.
MANIPULATION_THRESHOLD = 2.3
# The fused ratio is never more certain than this (about 150 to one), whatever is added up:
# detectors that look at the same pixels are not independent.
MANIPULATION_BOUND = 5.0
# Share of a file that must be official footage for the whole to count as a copy of it. Intros,
# end cards and platform logos take up some seconds; what fills more is not vouched for by a match.
COPY_COVERAGE = 0.8
# Score of an exposed part of a body, 0 to 1, from which a file is flagged and its pictures blurred.
# Low, because a click undoes it; none of 115 genuine clips has it (benchmarks/results/explicit.md).
EXPLICIT_THRESHOLD = 0.4

# Findings of provenance detectors, by what they mean for the verdict.
_OFFICIAL = ("official", "official_handle")
_LOOKALIKE = ("lookalike_handle", "lookalike_name")
_COPY = ("copy", "excerpt")
_ALTERED = ("revoiced", "repictured", "altered_official")

# A file, its platform or a mark in its picture says that it was generated. The same label is often
# seen in several of these places, so the strongest counts, once.
_DECLARED = (
    "declared_ai", "generator_tag", "ai_generated", "ai_composite", "platform_ai_label",
    "generator_mark",
)  # fmt: skip
_CREDENTIALS = ("none", "invalid", "valid", "trusted")

# Abstentions that mean "looked, and there was nothing of this kind to judge". Every other reason
# means that something was there, or may have been, and could not be judged.
_NOTHING_THERE: tuple[Reason, ...] = ("no_face", "no_speech")


@dataclass(frozen=True, slots=True)
class Judgement:
    """The label with what led to it; `summary` is the sentence an analyst reads first."""

    label: Label
    summary: str
    person: str | None
    llr: dict[str, float]
    probability_bounds: tuple[float, float] | None
    provenance: Provenance
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the table reads, drawn from the evidence."""

    shown: str | None  # enrolled person on the picture or in the sound
    official: str | None  # whose official channel published the file
    lookalike: Evidence | None
    copy: Evidence | None  # of official footage that makes up the file
    excerpt: Evidence | None  # of official footage that is only a part of it
    altered: Evidence | None
    known_fake: Evidence | None
    manipulated: bool
    strongest: Evidence | None  # of the manipulation evidence
    compared: bool  # with enrolled people, if anybody is there to compare
    blind: str  # why nothing could be evaluated, "" when something was


def judge(
    evidence: Sequence[Evidence],
    abstentions: Sequence[Abstention] = (),
    failures: Sequence[Failure] = (),
    *,
    names: Mapping[str, str] | None = None,
    duration_s: float = 0.0,
) -> Judgement:
    """Fuse the evidence of one file and look its label up in the table.

    `names` maps the slug of a person to the name that the summary shows; `duration_s` is the length
    of the file, 0 for a picture.
    """
    identity = _identity_llr(evidence)
    manipulation = fuse_manipulation(evidence)
    facts = _facts(evidence, abstentions, failures, identity, manipulation, duration_s)
    label, why = _table(facts)
    person = facts.shown or facts.official
    for piece in (facts.copy, facts.altered, facts.known_fake):
        person = person or (piece.person if piece else None)
    if person is None and facts.lookalike is not None and label == "suspected_impersonation":
        person = facts.lookalike.person
    llr = {}
    if identity:
        llr["identity"] = max(identity.values())
    if manipulation is not None:
        llr["manipulation"] = manipulation
    return Judgement(
        label=label,
        summary=why.format(person=(names or {}).get(person or "", person or "")),
        person=person,
        llr=llr,
        probability_bounds=None if manipulation is None else probability_bounds(manipulation),
        provenance=_provenance(evidence, facts),
        flags=_flags(facts, label, failures, explicit=_is_explicit(evidence)),
    )


def _table(facts: _Facts) -> tuple[Label, str]:
    """The verdict table: the first row that holds gives the label and the sentence."""
    altered, copy, fake = facts.altered, facts.copy, facts.known_fake
    strongest = facts.strongest.why if facts.strongest else ""
    rows: tuple[tuple[bool, Label, str], ...] = (
        (
            facts.official is not None and facts.manipulated,
            "official",
            f"Published on the official channel of {{person}}, yet it looks manipulated: "
            f"{_brace(strongest)}. Check whether the channel was taken over.",
        ),
        (
            facts.official is not None,
            "official",
            "Published on the official channel of {person}; nothing suspicious was found.",
        ),
        (
            fake is not None,
            "suspected_impersonation" if fake and fake.person else "synthetic_media",
            f"Matches a known fake: {_brace(fake.why) if fake else ''}.",
        ),
        (
            altered is not None,
            "altered_official",
            f"Uses official footage of {{person}} and changes it: "
            f"{_brace(altered.why) if altered else ''}.",
        ),
        (
            copy is not None,
            "official_copy",
            f"A copy of official footage of {{person}}: {_brace(copy.why) if copy else ''}.",
        ),
        (
            facts.shown is not None and facts.manipulated,
            "suspected_impersonation",
            f"Presents {{person}}, not on an official channel, and looks fabricated: "
            f"{_brace(strongest)}.",
        ),
        (
            facts.shown is not None and facts.lookalike is not None,
            "suspected_impersonation",
            "Presents {person} on a channel that imitates an official one: "
            f"{_brace(facts.lookalike.why) if facts.lookalike else ''}.",
        ),
        (
            facts.shown is not None,
            "unverified_appearance",
            "Presents {person}, not on a known official channel; "
            "no sign of manipulation was found.",
        ),
        (
            facts.manipulated,
            "synthetic_media",
            f"Looks fabricated and shows nobody who is enrolled: {_brace(strongest)}.",
        ),
        (
            bool(facts.blind),
            "unable_to_evaluate",
            f"Could not be evaluated: {_brace(facts.blind)}.",
        ),
        (
            facts.compared,
            "no_finding",
            "Shows nobody who is enrolled, and nothing suspicious was found.",
        ),
        (
            True,
            "no_finding",
            "Nothing suspicious was found; nobody is enrolled to compare with.",
        ),
    )
    return next((label, why) for holds, label, why in rows if holds)


def fuse_manipulation(evidence: Sequence[Evidence]) -> float | None:
    """Add the pooled, calibrated manipulation evidence up; None when nothing calibrated spoke.

    The sum is that of naive Bayes and therefore bounded. Declarations count once.
    """
    measured = [
        piece.llr
        for piece in evidence
        if piece.axis == "manipulation"
        and _is_pooled(piece)
        and piece.finding not in _DECLARED
        and piece.llr != 0.0
    ]
    declared = [piece.llr for piece in evidence if piece.finding in _DECLARED]
    if not measured and not declared:
        return None
    total = math.fsum([*measured, max(declared, default=0.0)])
    return max(-MANIPULATION_BOUND, min(MANIPULATION_BOUND, total))


def _identity_llr(evidence: Sequence[Evidence]) -> dict[str, float]:
    """Return for each enrolled person the strongest pooled identity evidence.

    Face and voice are not added up: a face swap shows the face with another voice, and a cloned
    voice speaks over another face; either alone presents the person.
    """
    best: dict[str, float] = {}
    for piece in evidence:
        if piece.axis == "identity" and piece.person is not None and _is_pooled(piece):
            best[piece.person] = max(best.get(piece.person, -math.inf), piece.llr)
    return best


def _presented(evidence: Sequence[Evidence]) -> str | None:
    """Return the person whose face or voice passes its threshold most clearly, or None."""
    over = [
        (piece.llr - threshold, piece.person)
        for piece in evidence
        if piece.axis == "identity" and piece.person is not None and _is_pooled(piece)
        for threshold in (
            VOICE_THRESHOLD if piece.detector == "voice_identity" else IDENTITY_THRESHOLD,
        )
        if piece.llr >= threshold
    ]
    return max(over, default=(0.0, None))[1]


def _is_pooled(piece: Evidence) -> bool:
    return piece.span is None and piece.track is None


def _facts(
    evidence: Sequence[Evidence],
    abstentions: Sequence[Abstention],
    failures: Sequence[Failure],
    identity: dict[str, float],
    manipulation: float | None,
    duration_s: float,
) -> _Facts:
    shown = _presented(evidence)
    official = _first(evidence, _OFFICIAL)
    copied = _first(evidence, _COPY)
    whole = copied is not None and _coverage(evidence, copied.person, duration_s) >= COPY_COVERAGE
    suspicious = [
        piece
        for piece in evidence
        if (piece.axis == "manipulation" or piece.finding in _DECLARED) and piece.llr > 0
    ]
    return _Facts(
        shown=shown,
        official=official.person if official else None,
        lookalike=_first(evidence, _LOOKALIKE, person=shown),
        copy=copied if whole else None,
        excerpt=None if whole else copied,
        altered=_first(evidence, _ALTERED),
        known_fake=_first(evidence, ("known_fake",)),
        manipulated=manipulation is not None and manipulation >= MANIPULATION_THRESHOLD,
        strongest=max(suspicious, key=lambda piece: piece.llr, default=None),
        compared=bool(identity)
        or not any(
            piece.reason == "no_reference" and piece.detector.endswith("_identity")
            for piece in abstentions
        ),
        blind=_blind(evidence, abstentions, failures),
    )


def _first(
    evidence: Sequence[Evidence], findings: tuple[str, ...], *, person: str | None = None
) -> Evidence | None:
    """Return the provenance evidence with the first of these findings, if any."""
    for finding in findings:
        for piece in evidence:
            wanted = person is None or piece.person == person
            if piece.axis == "provenance" and piece.finding == finding and wanted:
                return piece
    return None


def _coverage(evidence: Sequence[Evidence], person: str | None, duration_s: float) -> float:
    """Return the share of the file, 0 to 1, that copies of a person's footage make up."""
    spans = sorted(
        piece.match.query_span
        for piece in evidence
        if piece.match is not None and piece.finding in _COPY and piece.person == person
    )
    if duration_s <= 0:
        return 1.0 if spans else 0.0
    covered, end = 0.0, 0.0
    for span in spans:
        covered += max(0.0, span.end - max(span.start, end))
        end = max(end, span.end)
    return min(1.0, covered / duration_s)


def _blind(
    evidence: Sequence[Evidence], abstentions: Sequence[Abstention], failures: Sequence[Failure]
) -> str:
    """Return why the content could not be evaluated, "" when it was.

    The content counts as evaluated when a detector of identity or manipulation that looks at
    pictures or sound spoke about it, or said that nothing of its kind is there.
    """
    if failures:
        return f"{failures[0].detector} failed: {failures[0].error}"
    spoke = any(piece.axis != "provenance" and piece.detector != "container" for piece in evidence)
    if spoke:
        return ""
    if any(piece.reason in _NOTHING_THERE for piece in abstentions):
        return ""
    content = [piece for piece in abstentions if piece.reason not in ("no_sidecar",)]
    # What the file itself lacks says more to a reader than that nobody is enrolled.
    content.sort(key=lambda piece: piece.reason in ("no_reference", "missing_package"))
    return content[0].why if content else "no detector could look at its content"


def _provenance(evidence: Sequence[Evidence], facts: _Facts) -> Provenance:
    channel: ChannelStanding = "unknown"
    if facts.official is not None:
        channel = "official"
    elif _first(evidence, _LOOKALIKE):
        channel = "lookalike"
    elif _first(evidence, ("not_official",)):
        channel = "not_official"
    match: Match | None = None
    for piece in (facts.known_fake, facts.altered, facts.copy, facts.excerpt):
        match = match or (piece.match if piece else None)
    credentials = next(
        (
            piece.finding
            for piece in evidence
            if piece.detector == "credentials" and piece.finding in _CREDENTIALS
        ),
        "unchecked",
    )
    return Provenance(
        official=facts.official is not None,
        channel=channel,
        match=match,
        credentials=credentials,
    )


def _is_explicit(evidence: Sequence[Evidence]) -> bool:
    return any(
        piece.finding == "exposure" and piece.score >= EXPLICIT_THRESHOLD for piece in evidence
    )


def _flags(
    facts: _Facts, label: Label, failures: Sequence[Failure], *, explicit: bool
) -> tuple[str, ...]:
    flags = []
    if label == "official" and (facts.manipulated or facts.altered or facts.known_fake):
        flags.append("review_official_channel")
    if facts.lookalike is not None and label not in ("suspected_impersonation", "official"):
        flags.append("lookalike_channel")
    if facts.excerpt is not None:
        flags.append("contains_official_footage")
    if explicit:
        flags.append("explicit")
    if failures:
        flags.append("incomplete")
    return tuple(flags)


def _brace(text: str) -> str:
    """Keep braces in measured sentences from being read as fields of the template."""
    return text.rstrip(".").replace("{", "{{").replace("}", "}}")

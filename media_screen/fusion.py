"""Turns the evidence of all detectors into one label, by a table that can be read and argued with.

Every threshold of the program stands here, but for those of the fused ratio: they are measured, not
typed, and stand with the weights of the detectors in models/fusion/fusion.json. Detectors give
calibrated log likelihood ratios and codes; nothing else in the program decides what is enough.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from media_screen import combination
from media_screen.combination import Combination
from media_screen.evidence import (
    Abstention,
    ChannelStanding,
    Contribution,
    Evidence,
    Failure,
    Fusion,
    Label,
    Match,
    Provenance,
    Reason,
    Sensitivity,
    probability_bounds,
)

# Natural-log likelihood ratios. 1.1 is a cosine of .46 for faces of 40 px and more; under 1 in
# 10,000 pairs of pictures of different people reach it (benchmarks/results/faces.md). The
# calibration is cautious in that tail, and a file is compared with several people and faces.
IDENTITY_THRESHOLD = 1.1
# The same for voices, whose embedding is weaker: 3 in 1,000 strangers of one's own collection reach
# it, and two in three recordings of the person (benchmarks/results/voice.md).
VOICE_THRESHOLD = 3.0
# Ten to one, at which what a file declares of itself is believed whatever detectors say: a label
# is not refuted by a forgery that looks good. Posteriors are then over one half where every tenth
# file is forged; screening queues are like that, and a person looks at what is marked.
DECLARED_THRESHOLD = 2.3
# The ratio is never more certain than this (about 150 to one), declarations included: detectors and
# labels that stem from the same upload are not independent.
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
# The picture is official footage, but a face in it may be another one: nothing vouches for it.
_UNCONFIRMED = ("unconfirmed_copy",)
_ALTERED = ("revoiced", "repictured", "altered_official")

# A file, its platform or a mark in its picture says that it was generated. The same label is often
# seen in several of these places, so the strongest counts, once.
_DECLARED = (
    "declared_ai", "generator_tag", "ai_generated", "ai_composite", "platform_ai_label",
    "generator_mark",
)  # fmt: skip
DECLARED = "declared"  # under which name the strongest of them is listed beside the detectors
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
    fusion: Fusion
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
    unconfirmed: Evidence | None  # official footage whose face may be another one
    altered: Evidence | None
    known_fake: Evidence | None
    manipulated: bool
    suspicion: str  # the strongest manipulation evidence, and what adds up to how much
    compared: bool  # with enrolled people, if anybody is there to compare
    blind: str  # why nothing could be evaluated, "" when something was


def judge(
    evidence: Sequence[Evidence],
    abstentions: Sequence[Abstention] = (),
    failures: Sequence[Failure] = (),
    *,
    names: Mapping[str, str] | None = None,
    duration_s: float = 0.0,
    sensitivity: Sensitivity = "normal",
    weighing: Combination | None = None,
) -> Judgement:
    """Fuse the evidence of one file and look its label up in the table.

    `names` maps the slug of a person to the name that the summary shows; `duration_s` is the length
    of the file, 0 for a picture. `weighing` stands in for the shipped weights of the detectors.
    """
    weighing = weighing or combination.shipped()
    identity = _identity_llr(evidence)
    fusion = fuse_manipulation(evidence, weighing, sensitivity)
    manipulation = _total(fusion, weighing)
    facts = _facts(
        evidence, abstentions, failures, identity, duration_s,
        suspicion=_suspicion(evidence, fusion, manipulation),
    )  # fmt: skip
    label, why = _table(facts)
    person = facts.shown or facts.official
    for piece in (facts.copy, facts.altered, facts.known_fake, facts.unconfirmed):
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
        fusion=fusion,
        provenance=_provenance(evidence, facts),
        flags=_flags(facts, label, failures, explicit=_is_explicit(evidence)),
    )


def _table(facts: _Facts) -> tuple[Label, str]:
    """The verdict table: the first row that holds gives the label and the sentence."""
    altered, copy, fake = facts.altered, facts.copy, facts.known_fake
    rows: tuple[tuple[bool, Label, str], ...] = (
        (
            facts.official is not None and facts.manipulated,
            "official",
            f"Published on the official channel of {{person}}, yet it looks manipulated: "
            f"{_brace(facts.suspicion)}. Check whether the channel was taken over.",
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
            facts.unconfirmed is not None and facts.manipulated,
            "altered_official",
            f"Uses official footage, and looks fabricated: {_brace(facts.suspicion)}.",
        ),
        (
            facts.shown is not None and facts.manipulated,
            "suspected_impersonation",
            f"Presents {{person}}, not on an official channel, and looks fabricated: "
            f"{_brace(facts.suspicion)}.",
        ),
        (
            facts.shown is not None and facts.lookalike is not None,
            "suspected_impersonation",
            "Presents {person} on a channel that imitates an official one: "
            f"{_brace(facts.lookalike.why) if facts.lookalike else ''}.",
        ),
        (
            facts.unconfirmed is not None,
            "unverified_appearance",
            "Matches official footage, but nothing vouches for the face in it: "
            f"{_brace(facts.unconfirmed.why) if facts.unconfirmed else ''}.",
        ),
        (
            facts.shown is not None,
            "unverified_appearance",
            "Presents {person}, not on a known official channel; no sign of manipulation found.",
        ),
        (
            facts.manipulated,
            "synthetic_media",
            f"Looks fabricated and shows nobody who is enrolled: {_brace(facts.suspicion)}.",
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


def threshold(sensitivity: Sensitivity = "normal") -> float:
    """Return the fused ratio (natural log) from which manipulation is suspected."""
    return combination.shipped().thresholds[sensitivity].llr


def fuse_manipulation(
    evidence: Sequence[Evidence], weighing: Combination, sensitivity: Sensitivity = "normal"
) -> Fusion:
    """Return what each detector adds to the ratio of manipulation, from its pooled evidence.

    Declarations are rules and not learned: the strongest counts, in full and once.
    """
    llrs: dict[str, list[float]] = {}
    for piece in evidence:
        # A ratio of 0 is no news, unless its detector counts: nothing for, nothing against.
        news = piece.llr != 0.0 or weighing.weight(piece.detector) > 0
        counts = piece.axis == "manipulation" and _is_pooled(piece) and news
        if counts and piece.finding not in _DECLARED:
            llrs.setdefault(piece.detector, []).append(piece.llr)
    parts = weighing.contributions({name: math.fsum(found) for name, found in llrs.items()})
    declared = [piece.llr for piece in evidence if piece.finding in _DECLARED]
    if declared:
        parts = (Contribution(DECLARED, max(declared), max(declared), 1.0), *parts)
    return Fusion(sensitivity, weighing.thresholds[sensitivity].llr, weighing.bound, parts)


def manipulated(fusion: Fusion, llr: float | None) -> bool:
    """Say whether manipulation is suspected: by the fused ratio, or by what the file declares."""
    over = llr is not None and llr >= fusion.threshold
    return over or _declared(fusion) >= DECLARED_THRESHOLD


def _total(fusion: Fusion, weighing: Combination) -> float | None:
    """Add up what counts; None when nothing did: no detector with a weight spoke, no label did."""
    measured = [part for part in fusion.contributions if part.detector != DECLARED]
    total = weighing.total(measured) + _declared(fusion)
    if not _declared(fusion) and not any(part.weight > 0 for part in measured):
        return None
    return max(-MANIPULATION_BOUND, min(MANIPULATION_BOUND, total))


def _declared(fusion: Fusion) -> float:
    return sum(part.added for part in fusion.contributions if part.detector == DECLARED)


def _suspicion(evidence: Sequence[Evidence], fusion: Fusion, manipulation: float | None) -> str:
    """Say why the file looks manipulated, "" when it does not: what is strongest, what adds up."""
    if manipulation is None or not manipulated(fusion, manipulation):
        return ""
    added = {part.detector: part.added for part in fusion.contributions}
    weighty = [
        piece
        for piece in evidence
        if piece.llr > 0
        and (
            piece.finding in _DECLARED
            or (piece.axis == "manipulation" and added.get(piece.detector, 0.0) > 0)
        )
    ]
    strongest = max(weighty, key=lambda piece: piece.llr)
    sums = ", ".join(
        f"{part.detector} {part.added:+.1f}" for part in fusion.contributions if part.added
    )
    return f"{strongest.why.rstrip('.')} (log likelihood ratio {manipulation:+.1f}: {sums})"


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
    duration_s: float,
    *,
    suspicion: str,
) -> _Facts:
    shown = _presented(evidence)
    official = _first(evidence, _OFFICIAL)
    copied = _first(evidence, _COPY)
    whole = copied is not None and _coverage(evidence, copied.person, duration_s) >= COPY_COVERAGE
    return _Facts(
        shown=shown,
        official=official.person if official else None,
        lookalike=_first(evidence, _LOOKALIKE, person=shown),
        copy=copied if whole else None,
        excerpt=None if whole else copied,
        unconfirmed=None if whole else _first(evidence, _UNCONFIRMED),
        altered=_first(evidence, _ALTERED),
        known_fake=_first(evidence, ("known_fake",)),
        manipulated=bool(suspicion),
        suspicion=suspicion,
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
    for piece in (
        facts.known_fake, facts.altered, facts.copy, facts.excerpt, facts.unconfirmed,
    ):  # fmt: skip
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
    if facts.excerpt is not None or facts.unconfirmed is not None:
        flags.append("contains_official_footage")
    if explicit:
        flags.append("explicit")
    if failures:
        flags.append("incomplete")
    return tuple(flags)


def _brace(text: str) -> str:
    """Keep braces in measured sentences from being read as fields of the template."""
    return text.rstrip(".").replace("{", "{{").replace("}", "}}")

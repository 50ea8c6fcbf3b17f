"""Turns the evidence of all detectors into facts, and those into one label by the verdict table.

Every threshold of the program stands here or in the table, but for those of the fused ratio: they
are measured, not typed, and stand with the weights of the detectors in models/fusion/fusion.json.
Detectors give calibrated log likelihood ratios and codes; nothing else in the program decides what
is enough.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from media_screen.evidence import (
    Abstention,
    ChannelStanding,
    Contribution,
    Coverage,
    Evidence,
    Failure,
    Fusion,
    Label,
    Match,
    Provenance,
    Reason,
    Sensitivity,
    Span,
    probability_bounds,
)
from media_screen.fusion import combination
from media_screen.fusion.combination import Combination
from media_screen.fusion.table import Facts, Row, look_up, told

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
# end cards and platform logos take up some seconds; what fills more is not vouched for by a match,
# and a face or speech outside of it is not either, however short the rest is (the catalogue says).
COPY_COVERAGE = 0.8
# Score of an exposed part of a body, 0 to 1, from which a file is flagged and its pictures blurred.
# Low, because a click undoes it; none of 115 genuine clips has it (benchmarks/results/explicit.md).
EXPLICIT_THRESHOLD = 0.4

MOST_NAMED = 3  # people that a summary lists besides the one it is about

# Findings of provenance detectors, by what they mean for the verdict.
_OFFICIAL = ("official",)
_CLAIMED = ("claimed_official",)
_LOOKALIKE = ("lookalike_handle", "lookalike_name")
_COPY = ("copy", "excerpt")
# The picture is official footage, but a face in it may be another one: nothing vouches for it.
_UNCONFIRMED = ("unconfirmed_copy",)
_ALTERED = ("revoiced", "repictured", "altered_official")
_KNOWN_FAKE = ("known_fake",)
# A face or speech in the file that no official footage vouches for.
_REST = ("unmatched_rest",)

# A file, its platform or a mark in its picture says that it was generated. The same label is often
# seen in several of these places, so the strongest counts, once.
_DECLARED = (
    "declared_ai",
    "generator_tag",
    "ai_generated",
    "ai_composite",
    "platform_ai_label",
    "generator_mark",
)
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


def judge(
    evidence: Sequence[Evidence],
    abstentions: Sequence[Abstention] = (),
    failures: Sequence[Failure] = (),
    *,
    names: Mapping[str, str] | None = None,
    duration_s: float = 0.0,
    coverage: Coverage | None = None,
    sensitivity: Sensitivity = "normal",
    weighing: Combination | None = None,
) -> Judgement:
    """Fuse the evidence of one file and look its label up in the table.

    `names` maps the slug of a person to the name that the summary shows; `duration_s` is the length
    of the file, 0 for a picture; `coverage` is how much of it was looked at, which the summary says
    where it is not all. `weighing` stands in for the shipped weights of the detectors.
    """
    weighing = weighing or combination.shipped()
    identity = _identity_llr(evidence)
    fusion = fuse_manipulation(evidence, weighing, sensitivity)
    manipulation = _total(fusion, weighing)
    facts = _facts(
        evidence,
        abstentions,
        failures,
        identity,
        duration_s,
        suspicion=_suspicion(evidence, fusion, manipulation),
        coverage=coverage or Coverage(),
    )
    row = look_up(facts)
    person = row.who(facts) or facts.shown or facts.matched
    llr = {}
    if identity:
        llr["identity"] = max(identity.values())
    if manipulation is not None:
        llr["manipulation"] = manipulation
    return Judgement(
        label=row.label,
        summary=_summary(row, facts, names or {}),
        person=person,
        llr=llr,
        probability_bounds=None if manipulation is None else probability_bounds(manipulation),
        fusion=fusion,
        provenance=_provenance(evidence, facts),
        flags=_flags(facts, row.label, failures, explicit=_is_explicit(evidence)),
    )


def _summary(row: Row, facts: Facts, names: Mapping[str, str]) -> str:
    """Return the sentence of a row, who else is presented, and what was not looked at."""
    who = row.who(facts)
    parts = [row.say(facts, names.get(who, who) if who else "")]
    others = [names.get(one, one) for one in facts.presented if one != who]
    if others:
        parts.append(f"{'It presents' if who is None else 'It also presents'} {_listed(others)}.")
    parts.append(told(facts.coverage))
    return " ".join(part for part in parts if part)


def _listed(names: Sequence[str]) -> str:
    """Return names as a reader lists them, the first few of many."""
    few, more = names[:MOST_NAMED], len(names) - MOST_NAMED
    tail = f" and {more} more" if more > 0 else ""
    return ", ".join(few) + tail


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


def _presented(evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """Return the people whose face or voice passes its threshold, by how clearly it does."""
    over: dict[str, float] = {}
    for piece in evidence:
        if piece.axis == "identity" and piece.person is not None and _is_pooled(piece):
            voice = piece.detector == "voice_identity"
            margin = piece.llr - (VOICE_THRESHOLD if voice else IDENTITY_THRESHOLD)
            if margin >= 0:
                over[piece.person] = max(over.get(piece.person, 0.0), margin)
    return tuple(sorted(over, key=lambda person: (-over[person], person)))


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
    coverage: Coverage,
) -> Facts:
    presented = _presented(evidence)
    copied = _first(evidence, _COPY)
    whole = (
        copied is not None
        and _coverage(evidence, copied.person, duration_s) >= COPY_COVERAGE
        and _first(evidence, _REST) is None
    )
    return Facts(
        presented=presented,
        official=_first(evidence, _OFFICIAL),
        lookalike=_first(evidence, _LOOKALIKE, people=presented) or _first(evidence, _LOOKALIKE),
        claimed=_first(evidence, _CLAIMED),
        copy=copied if whole else None,
        excerpt=None if whole else copied,
        unconfirmed=None if whole else _first(evidence, _UNCONFIRMED),
        altered=_first(evidence, _ALTERED),
        known_fake=_first(evidence, _KNOWN_FAKE),
        suspicion=suspicion,
        compared=bool(identity)
        or not any(
            piece.reason == "no_reference" and piece.detector.endswith("_identity")
            for piece in abstentions
        ),
        blind=_blind(evidence, abstentions, failures),
        coverage=coverage,
    )


def _first(
    evidence: Sequence[Evidence],
    findings: tuple[str, ...],
    *,
    people: tuple[str, ...] | None = None,
) -> Evidence | None:
    """Return the provenance evidence with the first of these findings, if any.

    With `people` only what concerns one of them is taken, of the first of them first.
    """
    found = [piece for piece in evidence if piece.axis == "provenance"]
    found = [piece for finding in findings for piece in found if piece.finding == finding]
    if people is None:
        return next(iter(found), None)
    return next((piece for one in people for piece in found if piece.person == one), None)


def _coverage(evidence: Sequence[Evidence], person: str | None, duration_s: float) -> float:
    """Return the largest share of the file, 0 to 1, that is a copy of one video of a person.

    A film made of several official videos is a copy of none of them.
    """
    spans: dict[str, list[Span]] = {}
    for piece in evidence:
        if piece.match is not None and piece.finding in _COPY and piece.person == person:
            spans.setdefault(piece.match.reference, []).append(piece.match.query_span)
    if duration_s <= 0:
        return 1.0 if spans else 0.0
    return min(1.0, max(map(_covered, spans.values()), default=0.0) / duration_s)


def _covered(spans: Sequence[Span]) -> float:
    """Return how many seconds some spans cover together."""
    covered, end = 0.0, 0.0
    for span in sorted(spans):
        covered += max(0.0, span.end - max(span.start, end))
        end = max(end, span.end)
    return covered


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


def _provenance(evidence: Sequence[Evidence], facts: Facts) -> Provenance:
    channel: ChannelStanding = "unknown"
    if facts.official is not None:
        channel = "official"
    elif facts.lookalike is not None:
        channel = "lookalike"
    elif facts.claimed is not None:
        channel = "claimed"
    elif _first(evidence, ("not_official",)):
        channel = "not_official"
    match: Match | None = None
    for piece in (
        facts.known_fake,
        facts.altered,
        facts.copy,
        facts.excerpt,
        facts.unconfirmed,
    ):
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
    facts: Facts, label: Label, failures: Sequence[Failure], *, explicit: bool
) -> tuple[str, ...]:
    flags = []
    if label == "official" and facts.doubt:
        flags.append("review_official_channel")
    if facts.lookalike is not None and label not in ("suspected_impersonation", "official"):
        flags.append("lookalike_channel")
    if facts.excerpt is not None or facts.unconfirmed is not None:
        flags.append("contains_official_footage")
    if explicit:
        flags.append("explicit")
    if told(facts.coverage):
        flags.append("partly_covered")
    if failures:
        flags.append("incomplete")
    return tuple(flags)

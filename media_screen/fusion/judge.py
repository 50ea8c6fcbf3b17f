"""Turns the evidence of all detectors into one label with its sentence, by the verdict table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from media_screen.evidence import (
    Abstention,
    ChannelStanding,
    Coverage,
    Evidence,
    Failure,
    Fusion,
    Label,
    Match,
    Provenance,
    Sensitivity,
    probability_bounds,
)
from media_screen.fusion import combination
from media_screen.fusion.combination import Combination
from media_screen.fusion.facts import ALTERED, Facts, first, gather, is_copy, told
from media_screen.fusion.suspicion import fuse_manipulation, why_suspicious
from media_screen.fusion.table import VerdictRow, look_up
from media_screen.fusion.thresholds import EXPLICIT_THRESHOLD
from media_screen.fusion.together import told_together

MOST_NAMED = 3  # people that a summary lists besides the one it is about

_CREDENTIALS = ("none", "invalid", "valid", "trusted")  # findings that tell their state


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
    fusion = fuse_manipulation(
        evidence,
        weighing or combination.shipped(),
        sensitivity,
        copied=is_copy(evidence, abstentions, duration_s),
    )
    facts = gather(
        evidence,
        abstentions,
        failures,
        suspicion=why_suspicious(evidence, fusion),
        duration_s=duration_s,
        coverage=coverage or Coverage(),
    )
    row = look_up(facts)
    together = _together(evidence, abstentions, facts, names or {})
    return Judgement(
        label=row.label,
        summary=_summary(
            row,
            facts,
            names or {},
            together=together,
            trusted=first(evidence, "trusted_channel"),
        ),
        person=row.person(facts) or facts.concerned,
        llr=_ratios(evidence, fusion),
        probability_bounds=None if fusion.total is None else probability_bounds(fusion.total),
        fusion=fusion,
        provenance=_provenance(evidence, facts),
        flags=_flags(facts, row.label, failures, explicit=_is_explicit(evidence)),
    )


def _together(
    evidence: Sequence[Evidence],
    abstentions: Sequence[Abstention],
    facts: Facts,
    names: Mapping[str, str],
) -> str:
    """Return what mouth, face and voice say together of whoever is presented, "" for nothing.

    Official footage is dubbed and cut like any other, and nobody need wonder at it.
    """
    if facts.official is not None or facts.excused:
        return ""
    people = [(who, names.get(who, who)) for who in facts.presented]
    told = (told_together(evidence, abstentions, who, name) for who, name in people)
    return next(filter(None, told), "")


def _summary(
    row: VerdictRow,
    facts: Facts,
    names: Mapping[str, str],
    *,
    together: str,
    trusted: Evidence | None,
) -> str:
    """Return the sentence of a row, what mouth and voice say, who else is presented, and the rest.

    The rest is what was not looked at. That a trusted channel published the file is told, and
    changes nothing else.
    """
    who = row.person(facts)
    parts = [row.sentence(facts, names.get(who, who) if who else ""), together]
    others = [names.get(one, one) for one in facts.presented if one != who]
    if others:
        parts.append(f"{'It presents' if who is None else 'It also presents'} {_listed(others)}.")
    if trusted is not None:
        parts.append(f"{trusted.why[:1].upper()}{trusted.why[1:]}.")
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


def _ratios(evidence: Sequence[Evidence], fusion: Fusion) -> dict[str, float]:
    """Return the ratio of each axis on which something spoke.

    That of identity is the strongest. Face and voice are not added up: a face swap shows the face
    with another voice, and a cloned voice speaks over another face; either presents the person.
    """
    found = {}
    persons = [
        piece.llr
        for piece in evidence
        if piece.axis == "identity" and piece.person is not None and piece.pooled
    ]
    if persons:
        found["identity"] = max(persons)
    if fusion.total is not None:
        found["manipulation"] = fusion.total
    return found


def _provenance(evidence: Sequence[Evidence], facts: Facts) -> Provenance:
    return Provenance(
        official=facts.official is not None,
        channel=_standing(evidence, facts),
        match=_match(evidence, facts),
        credentials=_credentials(evidence),
        trusted=_publisher(evidence),
    )


def _publisher(evidence: Sequence[Evidence]) -> str:
    """Return the trusted channel that published the file, "" for none."""
    piece = first(evidence, "trusted_channel")
    return piece.why.partition(": ")[2] if piece is not None else ""  # its sentence ends with it


def _standing(evidence: Sequence[Evidence], facts: Facts) -> ChannelStanding:
    """Return where the channel stands, by what is known of it most surely."""
    if facts.official is not None:
        return "official"
    if facts.lookalike is not None:
        return "lookalike"
    if facts.claimed is not None:
        return "claimed"
    return "not_official" if first(evidence, "not_official") else "unknown"


def _match(evidence: Sequence[Evidence], facts: Facts) -> Match | None:
    """Return the match that says most of the file."""
    altered = first(evidence, *ALTERED)
    pieces = (facts.known_fake, altered, facts.copy, facts.excerpt, facts.unconfirmed)
    return next((piece.match for piece in pieces if piece and piece.match), None)


def _credentials(evidence: Sequence[Evidence]) -> str:
    states = (piece.finding for piece in evidence if piece.detector == "credentials")
    return next((state for state in states if state in _CREDENTIALS), "unchecked")


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

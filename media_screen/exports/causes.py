"""Why a file is suspected: each thing that its verdict supports saying, and no more than that.

A label has several causes, and they are not the same claim: a file that matches a known fake was
not found to be manipulated, and what the metadata of a file declare nobody measured. Texts that
others read choose their words by what stands here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from media_screen.evidence import ACCUSING, Coverage, Label, Relation, Verdict
from media_screen.fusion.facts import Facts, gather
from media_screen.fusion.suspicion import DECLARATIONS, manipulated
from media_screen.fusion.thresholds import DECLARED_THRESHOLD

# Who it is about: recognised in the file; named with the known fake that it matches; whose official
# footage it uses; whose official footage it matches with faces that nobody could compare, or with a
# part that nothing vouches for; nobody.
AboutWhom = Literal["shown", "recorded", "footage", "uncompared", "beside", "nobody"]
# What speaks against the media: a match of a known fake; official footage with another sound, with
# another picture, with parts that are not its own, with another face; signs of manipulation, by
# themselves or only together with what is declared; and what declares it.
MediaCause = Literal[
    "known_fake",
    "revoiced",
    "repictured",
    "altered_official",
    "remade",
    "measured",
    "weighed",
    "declared_ai",
    "generator_tag",
    "ai_generated",
    "ai_composite",
    "platform_ai_label",
    "generator_mark",
]
ABOUT_WHOM: tuple[AboutWhom, ...] = get_args(AboutWhom)
MEDIA_CAUSES: tuple[MediaCause, ...] = get_args(MediaCause)
DECLARED_CAUSES = tuple(one for one in MEDIA_CAUSES if one in DECLARATIONS)
# The last is what speaks against the account that posted the file, and not against the media.
Supported = Literal[AboutWhom, MediaCause, "lookalike"]
SUPPORTED: tuple[Supported, ...] = (*ABOUT_WHOM, *MEDIA_CAUSES, "lookalike")

_ALTERED: tuple[Relation, ...] = ("revoiced", "repictured")


@dataclass(frozen=True, slots=True)
class SupportedClaim:
    """One thing that a verdict supports saying, and the person whom that is about, if anybody."""

    what: Supported
    person: str | None = None


def own_label(verdict: Verdict) -> Label:
    """Return the label that a file got for itself, whatever another one passed along to it."""
    return verdict.passed.label if verdict.passed else verdict.label


def supported_claims(verdict: Verdict) -> tuple[SupportedClaim, ...]:
    """Return what the verdict on a suspected file supports saying of that file itself.

    People have the names by which they are enrolled. Empty for a file that is not suspected for
    itself, and where the result does not tell by what.
    """
    label = own_label(verdict)
    if label not in ACCUSING:
        return ()
    person = verdict.passed.person if verdict.passed else verdict.person
    facts = _facts(verdict)
    against = [*_of_media(verdict, facts), *_of_account(verdict, label, person, facts)]
    claims = (*_about(verdict, label, person, facts), *against) if against else ()
    return tuple(replace(one, person=verdict.name_of(one.person) or None) for one in claims)


def shows(verdict: Verdict, person: str) -> bool:
    """Tell whether a person was recognised in a file, by face or voice."""
    return person in _facts(verdict).presented


def suspicions(verdict: Verdict) -> tuple[MediaCause, ...]:
    """Return by what manipulation is suspected: by what was measured, what is declared, or both."""
    declared = tuple(_declarations(verdict))
    fusion, llr = verdict.fusion, verdict.llr.get("manipulation")
    if fusion is None:  # a result of an older version, which knew this threshold alone
        over = llr is not None and llr >= DECLARED_THRESHOLD
        over = over or (own_label(verdict) == "synthetic_media" and not matches_known_fake(verdict))
        return declared or (("measured",) if over else ())
    if not manipulated(fusion, llr):
        return ()
    alone: tuple[MediaCause, ...] = ("measured",) if fusion.measured >= fusion.threshold else ()
    return (*alone, *declared) or ("weighed",)


def matches_known_fake(verdict: Verdict) -> bool:
    """Tell whether a file matches media that were enrolled as fabricated."""
    match = verdict.provenance.match
    return match is not None and match.relation == "known_fake"


def _facts(verdict: Verdict) -> Facts:
    """Return the facts of a saved verdict; suspicion and what is missing are not asked for here."""
    length = verdict.media.duration_s
    return gather(verdict.evidence, (), (), suspicion="", duration_s=length, coverage=Coverage())


def _declarations(verdict: Verdict) -> Iterator[MediaCause]:
    """Give what declares the media as made by AI, where that alone is believed."""
    found = {piece.finding for piece in verdict.evidence if piece.llr >= DECLARED_THRESHOLD}
    return (one for one in DECLARED_CAUSES if one in found)


def _of_media(verdict: Verdict, facts: Facts) -> Iterator[SupportedClaim]:
    if matches_known_fake(verdict):
        yield SupportedClaim("known_fake")
    altered = _altered(verdict, facts)
    if altered is not None:
        yield altered
    for one in suspicions(verdict):
        yield SupportedClaim(one)


def _altered(verdict: Verdict, facts: Facts) -> SupportedClaim | None:
    """Return how official footage was changed, None when it was not."""
    match, piece = verdict.provenance.match, facts.altered
    if piece is not None and piece.finding in MEDIA_CAUSES:
        return SupportedClaim(piece.finding, piece.person)
    if match is not None and match.relation in _ALTERED:
        return SupportedClaim(match.relation, match.person)  # type: ignore[arg-type]
    return None


def _of_account(
    verdict: Verdict, label: Label, person: str | None, facts: Facts
) -> Iterator[SupportedClaim]:
    """Give that the account imitates the one whom the file presents."""
    imitated = facts.lookalike.person if facts.lookalike else person
    looks_alike = verdict.provenance.channel == "lookalike"
    if label == "suspected_impersonation" and looks_alike and imitated and imitated == person:
        yield SupportedClaim("lookalike", person)


def _about(
    verdict: Verdict, label: Label, person: str | None, facts: Facts
) -> Sequence[SupportedClaim]:
    if label == "altered_official":
        told = _altered(verdict, facts)  # which names whose footage it is
        return () if told else (SupportedClaim("beside" if facts.rest else "uncompared", person),)
    if person is None:
        return (SupportedClaim("nobody"),)
    known_fake = matches_known_fake(verdict)
    presents = label == "suspected_impersonation" and not known_fake  # no other row says so
    if presents or person in facts.presented:
        return (SupportedClaim("shown", person),)
    if person == facts.matched:
        return (SupportedClaim("footage", person),)
    return (SupportedClaim("recorded", person) if known_fake else SupportedClaim("nobody"),)

"""STIX 2.1 bundle of campaigns and of what is suspected (OASIS STIX Version 2.1; extra `stix`).

Each post is an observed data of the file, its address and the account that posted it. Each
suspected file has an indicator of its hash, the techniques of DISARM that it would speak for, the
person it presents, and a note with propositions, likelihood ratio and limits. What a person decided
is an opinion on the indicator, which is revoked where they decided against the suspicion.

The specification calls a Campaign "a grouping of adversarial behaviors" with specific targets,
and a Grouping objects that "have a shared context". A campaign whose label suspects something is
the first, and joins the suspected posts alone; one of harmless repeats is the second, with all.
The posts of a suspected campaign that are not suspected stand beside it with a note that says so.

No confidence is given: one number would need a prior. Ids are functions of the content's hash and
of the campaign's id, so a later export updates the same objects.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timezone
from typing import Any, TextIO

import stix2

from media_screen.evidence import ACCUSING, Campaign, Post, Verdict
from media_screen.exports.claims import (
    LIMITS,
    Technique,
    clean,
    link,
    moment,
    name_of,
    published,
    sha256,
    stable_uuid,
    statement,
    techniques,
)
from media_screen.exports.postings import PostedClaim, Posting, claims_of, techniques_of
from media_screen.results.ledger import NO_LEDGER, FileRecord, Ledger
from media_screen.results.words import LABELS

# An object keeps its time of creation when it is exported again, and a result does not know when
# its file was screened first: all are as old as this way of writing them.
CREATED = datetime(2026, 1, 1, tzinfo=timezone.utc)

_SUSPICION = "As a suspicion, with the strength that the note on the file states."
_OPINIONS = {
    "confirmed_fake": "strongly-agree",
    "genuine": "strongly-disagree",
    "dismissed": "disagree",
}
_EXCUSED = (
    "These posts share media with the campaign, and nothing is suspected of them: they are the "
    "official post that others use, quote a part beside footage of their own, hold none of what is "
    "suspect, or were cleared by a person."
)


def write(
    verdicts: Iterable[Verdict],
    campaigns: Sequence[Campaign],
    stream: TextIO,
    *,
    as_of: datetime,
    ledger: Ledger = NO_LEDGER,
) -> int:
    """Write one bundle of all campaigns and of all files of a claiming label."""
    claims = claims_of(verdicts, campaigns, ledger)
    modified = max(as_of, CREATED)
    write_bundle((one for claim in claims for one in objects_of(claim, modified)), stream)
    return sum(len(claim.postings) for claim in claims)


def write_bundle(objects: Iterable[Any], stream: TextIO) -> None:
    """Write a bundle of objects, each id once: people, techniques, accounts and copies are shared.

    Its own id is a function of theirs.
    """
    known: dict[str, Any] = {}
    for one in objects:
        known.setdefault(one["id"], one)
    ids = stable_uuid("bundle", *known)
    # Custom for `opencti`, whose kinds of objects the library does not know.
    bundle = stix2.v21.Bundle(*known.values(), id=f"bundle--{ids}", allow_custom=True)
    stream.write(bundle.serialize(pretty=False))
    stream.write("\n")


def objects_of(claim: PostedClaim, modified: datetime) -> Iterator[Any]:
    """Give the objects of a claim, each after those it refers to."""
    times = times_of(modified)
    yield PROGRAM
    for posting in claim.postings:
        yield from _post(posting, times)
        if posting.accused:
            yield from _suspicion(posting, times)
        elif posting.cleared and posting.verdict.label in ACCUSING:
            yield _indicator(posting, times, revoked=True)  # an earlier export may have told of it
        if posting.record.answer:
            yield _decision(posting, posting.record, times)
    if claim.campaign is not None and claim.accused:
        yield from _campaign(claim, claim.campaign, times)
    elif claim.campaign is not None:
        yield _grouping(claim, claim.campaign, times)


def times_of(modified: datetime) -> dict[str, Any]:
    """Return what all domain objects of an export have in common."""
    return {"created": CREATED, "modified": modified, "created_by_ref": PROGRAM["id"]}


def relation(source: Any, kind: str, target: Any, times: dict[str, Any], why: str) -> Any:
    """Return the relationship between two objects, with a sentence on what it says."""
    return stix2.v21.Relationship(
        source["id"],
        kind,
        target["id"],
        id=stix_id("relationship", source["id"], kind, target["id"]),
        **times,
        description=why,
        allow_custom=True,
    )


def stix_id(kind: str, *parts: str) -> str:
    """Return the id of an object of a kind that is a function of the parts."""
    return f"{kind}--{stable_uuid(kind, *parts)}"


# --- a post and what is suspected of it ---------------------------------------------------------


def file_of(verdict: Verdict) -> Any:
    """Return the file; the library derives the ids of what is observed."""
    size = {"size": verdict.media.size_bytes} if verdict.media.size_bytes > 0 else {}
    return stix2.v21.File(hashes={"SHA-256": sha256(verdict)}, name=name_of(verdict), **size)


def account_of(posting: Posting) -> Any | None:
    """Return the account that posted the file, None when nobody knows it.

    A campaign knows an account by several posts, and may know when it was made.
    """
    post, known = posting.verdict.post or Post(), posting.account
    created = moment(known.created) if known else None
    account = {
        "user_id": clean(post.channel_id),
        "account_login": clean(known.handle if known else post.handle),
        "display_name": clean(known.name if known else post.display_name),
    }
    named = {key: text for key, text in account.items() if text}
    if not named:
        return None
    platform = clean(known.platform if known else post.platform).lower()
    site = {"account_type": platform} if platform else {}
    return stix2.v21.UserAccount(
        **named, **site, **({"account_created": created} if created else {})
    )


def _post(posting: Posting, times: dict[str, Any]) -> Iterator[Any]:
    """Give what is observed of a post, and the observation."""
    verdict = posting.verdict
    address, account = link(verdict), account_of(posting)
    seen = [file_of(verdict)]
    seen += [stix2.v21.URL(value=address)] if address else []
    seen += [account] if account is not None else []
    yield from seen
    at = published(verdict) or times["modified"]
    yield stix2.v21.ObservedData(
        id=_observed_id(verdict),
        **times,
        first_observed=at,
        last_observed=at,
        number_observed=1,
        object_refs=[one["id"] for one in seen],
    )
    if account is not None and posting.accuses_account:
        # Platforms refuse kinds of relationships that they don't know, such as one of posting.
        yield relation(account, "related-to", seen[0], times, "The account posted the file.")


def _suspicion(posting: Posting, times: dict[str, Any]) -> Iterator[Any]:
    """Give the indicator of a suspected file, what it speaks for, and the note."""
    verdict = posting.verdict
    yield (indicator := _indicator(posting, times))
    about = [{"id": _observed_id(verdict)}, indicator]
    yield relation(indicator, "based-on", about[0], times, _SUSPICION)
    if verdict.person:
        about.append(person := _person(verdict.person, verdict.name_of(verdict.person)))
        yield person
        yield relation(indicator, "related-to", person, times, _SUSPICION)
    for technique in techniques(verdict):
        yield (pattern := _technique(technique))
        yield relation(indicator, "indicates", pattern, times, _SUSPICION)
    yield stix2.v21.Note(
        id=stix_id("note", sha256(verdict), verdict.media.key),
        **times,
        abstract=LABELS[verdict.label].name,
        content=statement(verdict),
        labels=_labels(verdict),
        object_refs=[one["id"] for one in about],
    )


def _labels(verdict: Verdict) -> list[str]:
    return [verdict.label, *(clean(flag) for flag in verdict.flags if flag)]


def _observed_id(verdict: Verdict) -> str:
    return stix_id("observed-data", sha256(verdict), verdict.media.key)


def _indicator_id(verdict: Verdict) -> str:
    return stix_id("indicator", sha256(verdict))


# --- a campaign -----------------------------------------------------------------------------------


def campaign_of(claim: PostedClaim, campaign: Campaign, times: dict[str, Any]) -> Any:
    """Return a campaign whose label suspects something."""
    first, last = moment(campaign.first), moment(campaign.last)
    seen = {"first_seen": first, "last_seen": last} if first and last and first <= last else {}
    return stix2.v21.Campaign(
        id=stix_id("campaign", campaign.id),
        **times,
        name=_name(claim, campaign),
        description=f"{clean(campaign.reason)}\n{LIMITS}",
        labels=[campaign.label],
        **seen,
        **({"aliases": list(campaign.merged)} if campaign.merged else {}),
    )


def _indicator(posting: Posting, times: dict[str, Any], *, revoked: bool = False) -> Any:
    verdict = posting.verdict
    return stix2.v21.Indicator(
        id=_indicator_id(verdict),
        **times,
        name=f"File: {LABELS[verdict.label].name.lower()}",
        description=LIMITS,
        indicator_types=["anomalous-activity"],
        labels=_labels(verdict),
        pattern=f"[file:hashes.'SHA-256' = '{sha256(verdict)}']",
        pattern_type="stix",
        valid_from=CREATED,
        **({"revoked": True} if revoked else {}),
    )


def _decision(posting: Posting, record: FileRecord, times: dict[str, Any]) -> Any:
    """Return what a person decided: their opinion of the suspicion, or a note where there is none.

    The specification calls an Opinion "an assessment of the correctness of the information in a
    STIX Object", which is what the answer to an indicator is.
    """
    verdict, answer, who = posting.verdict, record.answer or "", record.by and clean(record.by.who)
    authors = {"authors": [who]} if who else {}
    said = clean(f"A person decided: {answer}. {record.note}".strip())
    has_indicator = posting.accused or (posting.cleared and verdict.label in ACCUSING)
    if has_indicator and answer in _OPINIONS:
        return stix2.v21.Opinion(
            id=stix_id("opinion", sha256(verdict), verdict.media.key),
            **times,
            opinion=_OPINIONS[answer],
            explanation=said,
            **authors,
            object_refs=[_indicator_id(verdict)],
        )
    return stix2.v21.Note(
        id=stix_id("note", "decision", sha256(verdict), verdict.media.key),
        **times,
        abstract="Decided by a person",
        content=said,
        **authors,
        labels=[answer],
        object_refs=[_observed_id(verdict)],
    )


def _campaign(claim: PostedClaim, campaign: Campaign, times: dict[str, Any]) -> Iterator[Any]:
    """Give a campaign, what its suspected posts say of it, and which of its posts are excused."""
    whole = campaign_of(claim, campaign, times)
    yield whole
    for posting in claim.accused:
        indicator, account = {"id": _indicator_id(posting.verdict)}, account_of(posting)
        yield relation(indicator, "indicates", whole, times, _SUSPICION)
        if account is not None and posting.accuses_account:
            why = "The account posted a suspected file of the campaign."
            yield relation(account, "related-to", whole, times, why)
    for technique in techniques_of(claim):
        yield (pattern := _technique(technique))
        yield relation(whole, "uses", pattern, times, _SUSPICION)
    if campaign.person:
        named = (one.verdict.name_of(campaign.person) for one in claim.accused)
        name = next((one for one in named if one != campaign.person), campaign.person)
        yield (person := _person(campaign.person, name))
        yield relation(whole, "related-to", person, times, _SUSPICION)
    if claim.excused:
        yield stix2.v21.Note(
            id=stix_id("note", "excused", campaign.id),
            **times,
            abstract="Not suspected",
            content=_EXCUSED,
            object_refs=[_observed_id(one.verdict) for one in claim.excused],
        )


def _grouping(claim: PostedClaim, campaign: Campaign, times: dict[str, Any]) -> Any:
    return stix2.v21.Grouping(
        id=stix_id("grouping", campaign.id),
        **times,
        name=_name(claim, campaign),
        description="Posts that repeat one another; nothing is suspected of them.",
        context="unspecified",
        labels=[campaign.label],
        object_refs=[_observed_id(one.verdict) for one in claim.postings],
    )


def _name(claim: PostedClaim, campaign: Campaign) -> str:
    return f"{campaign.id}: {claim.title}" if claim.title else campaign.id


# --- what all share -------------------------------------------------------------------------------


@functools.cache
def _person(slug: str, name: str) -> Any:
    return stix2.v21.Identity(
        id=stix_id("identity", "person", slug),
        **times_of(CREATED),
        name=clean(name),
        identity_class="individual",
        description="An enrolled person whom a screened file presents.",
    )


@functools.cache
def _technique(technique: Technique) -> Any:
    return stix2.v21.AttackPattern(
        id=stix_id("attack-pattern", technique.id),
        **times_of(CREATED),
        name=technique.name,
        external_references=[
            {"source_name": "DISARM", "external_id": technique.id, "url": technique.url}
        ],
    )


PROGRAM = stix2.v21.Identity(
    id=stix_id("identity", "program"),
    created=CREATED,
    modified=CREATED,
    name="media_screen",
    identity_class="system",
    description=LIMITS,
)

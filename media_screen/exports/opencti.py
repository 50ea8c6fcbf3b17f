"""STIX 2.1 bundle for OpenCTI, with its own objects of information manipulation (extra `opencti`).

What `stix` writes, and for what is suspected the objects that OpenCTI defines by the extensions of
its data model: a channel for each account, a media content for each post that has an address, a
narrative (what the posts of a campaign are titled) and an event (when they appeared) for each
campaign. OpenCTI's kinds of events are elections, summits and the like; none is named, as no
screening knows one. Relationships are of the kinds that OpenCTI takes between such objects.

OpenCTI takes two channels, narratives or events of one name for the same: names hold the id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, TextIO

from media_screen.evidence import Campaign, Verdict
from media_screen.exports.claims import clean, link, moment, published, short
from media_screen.exports.postings import PostedClaim, Posting, claims_of
from media_screen.exports.stix import (
    CREATED,
    account_of,
    campaign_of,
    file_of,
    objects_of,
    relation,
    stix_id,
    times_of,
    write_bundle,
)
from media_screen.results.ledger import NO_LEDGER, Ledger

# The extensions by which OpenCTI defines its domain objects and its observables.
DOMAIN_OBJECTS = "extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba"
OBSERVABLES = "extension-definition--f93e2c80-4231-4f9a-af8b-95c9bd566a82"


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
    objects = (
        one
        for claim in claims
        for part in (objects_of(claim, modified), _own_objects(claim, modified))
        for one in part
    )
    write_bundle(objects, stream)
    return sum(len(claim.postings) for claim in claims)


def _own_objects(claim: PostedClaim, modified: datetime) -> Iterator[Any]:
    times = times_of(modified)
    campaign = claim.campaign
    whole = campaign_of(claim, campaign, times) if campaign and claim.accused else None
    for posting in claim.accused:
        content = _media_content(posting)
        channel = _channel(posting, times) if posting.accuses_account else None
        if content is not None:
            yield content
            yield relation(content, "related-to", file_of(posting.verdict), times, "Its file.")
        if channel is None:
            continue
        yield channel
        yield relation(channel, "belongs-to", account_of(posting), times, "Its account.")
        if content is not None:
            yield relation(channel, "publishes", content, times, "The channel posted it.")
        if whole is not None:
            why = "The channel posted a suspected file of the campaign."
            yield relation(whole, "uses", channel, times, why)
    if campaign is not None and whole is not None:
        yield from _narrative(claim, campaign, whole, times)
        yield from _event(campaign, whole, times)


def _channel(posting: Posting, times: dict[str, Any]) -> dict[str, Any] | None:
    account = account_of(posting)
    if account is None:
        return None
    platform = account.get("account_type", "")
    unique = account.get("user_id") or account.get("account_login") or account["id"]
    shown = account.get("display_name") or account.get("account_login") or unique
    return _domain_object(
        "channel",
        account["id"],
        times,
        name=f"{short(shown)} ({platform}: {unique})" if platform else f"{short(shown)} ({unique})",
        description="An account that posted suspected media; nothing is said of who runs it.",
        **({"channel_types": [platform]} if platform else {}),
    )


def _media_content(posting: Posting) -> dict[str, Any] | None:
    """Return the post; its address is what OpenCTI knows it by."""
    verdict, address, time = posting.verdict, link(posting.verdict), published(posting.verdict)
    if not address:
        return None
    content = {
        "title": clean(verdict.post.title) if verdict.post else "",
        "publication_date": _written(time) if time else "",
    }
    return {
        "type": "media-content",
        "spec_version": "2.1",
        "id": stix_id("media-content", address),
        "url": address,
        "media_category": verdict.media.kind,
        "labels": [verdict.label],
        **{key: text for key, text in content.items() if text},
        "extensions": {OBSERVABLES: {"extension_type": "new-sco"}},
    }


def _narrative(
    claim: PostedClaim, campaign: Campaign, whole: Any, times: dict[str, Any]
) -> Iterator[Any]:
    if not claim.title:
        return
    narrative = _domain_object(
        "narrative",
        campaign.id,
        times,
        name=f"{claim.title} ({campaign.id})",
        description="The title that most suspected posts of the campaign have.",
    )
    yield narrative
    yield relation(whole, "uses", narrative, times, "Posts of the campaign have this title.")


def _event(campaign: Campaign, whole: Any, times: dict[str, Any]) -> Iterator[Any]:
    first, last = moment(campaign.first), moment(campaign.last)
    if first is None or last is None or last < first:
        return
    event = _domain_object(
        "event",
        campaign.id,
        times,
        name=f"Posts of {campaign.id}",
        description="When the posts of the campaign appeared, from the first to the last.",
        start_time=_written(first),
        stop_time=_written(last),
    )
    yield event
    yield relation(whole, "related-to", event, times, "When its posts appeared.")


def _domain_object(kind: str, seed: str, times: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return an object of OpenCTI's own kind, which the library passes through as it is."""
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": stix_id(kind, seed),
        "created": _written(times["created"]),
        "modified": _written(times["modified"]),
        "created_by_ref": times["created_by_ref"],
        **fields,
        "extensions": {DOMAIN_OBJECTS: {"extension_type": "new-sdo"}},
    }


def _written(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z")

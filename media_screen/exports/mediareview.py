"""schema.org MediaReview, as JSON-LD, of what is suspected: one review a claim.

A campaign makes one claim, whatever number of copies: its review is of a `MediaReviewItem` with an
appearance for each suspected file. A suspected file that is in no campaign has a review of its own.

MediaReview is made for fact-checkers; this is a screening aid, and its reviews say so. A category
(`TransformedContent`) is named only where the verdict supports that the media were changed or made
up; an impersonation that rests on the channel alone has none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TextIO

from media_screen.evidence import Campaign, Verdict
from media_screen.exports.claims import (
    LIMITS,
    clean,
    link,
    looks_changed,
    name_of,
    published,
    sha256,
    stable_uuid,
    statement,
)
from media_screen.exports.postings import PostedClaim, claims_of
from media_screen.results.ledger import NO_LEDGER, Ledger
from media_screen.results.words import LABELS

_TYPES = {"video": "VideoObject", "image": "ImageObject", "audio": "AudioObject"}


def write(
    verdicts: Iterable[Verdict],
    campaigns: Sequence[Campaign],
    stream: TextIO,
    *,
    as_of: datetime,
    ledger: Ledger = NO_LEDGER,
) -> int:
    """Write one JSON-LD document with a review of each claim that suspects something."""
    claims = [claim for claim in claims_of(verdicts, campaigns, ledger) if claim.accused]
    reviews = [_review(claim, as_of) for claim in claims]
    text = json.dumps({"@context": "https://schema.org", "@graph": reviews}, ensure_ascii=True)
    # JSON-LD is made to be put into a page, where these would end the script or begin a comment.
    stream.write(text.translate({ord(char): f"\\u{ord(char):04x}" for char in "<>&"}) + "\n")
    return sum(len(claim.accused) for claim in claims)


def _review(claim: PostedClaim, as_of: datetime) -> dict[str, Any]:
    verdict, campaign = claim.lead.verdict, claim.campaign
    seed = (campaign.id,) if campaign else (sha256(verdict), verdict.media.key)
    review: dict[str, Any] = {
        "@type": "MediaReview",
        "@id": f"urn:uuid:{stable_uuid('review', *seed)}",
        "name": LABELS[verdict.label].name,
        "abstract": LIMITS,
        "reviewBody": statement(verdict),
        "datePublished": as_of.date().isoformat(),
        "author": {"@type": "Organization", "name": "media_screen, an automatic screening"},
        "itemReviewed": _items(claim) if campaign else _item(verdict),
    }
    if looks_changed(verdict):
        review["mediaAuthenticityCategory"] = "https://schema.org/TransformedContent"
    match = verdict.provenance.match
    if match is not None:
        review["originalMediaContextDescription"] = clean(
            f"Matches {match.reference} of {verdict.name_of(match.person)} ({match.relation})"
        )
    if original := _original(claim):
        review["originalMediaLink"] = original
    return review


def _original(claim: PostedClaim) -> str:
    """Return the address of the official post that the files of a campaign use, "" for none."""
    official = (one for one in claim.excused if one.file and one.file.role == "original")
    return next(filter(None, (link(one.verdict) for one in official)), "")


def _items(claim: PostedClaim) -> dict[str, Any]:
    appearances = [_item(one.verdict) for one in claim.accused]
    named = {"name": claim.title} if claim.title else {}
    return {"@type": "MediaReviewItem", **named, "mediaItemAppearance": appearances}


def _item(verdict: Verdict) -> dict[str, Any]:
    media, time = verdict.media, published(verdict)
    title = clean(verdict.post.title) if verdict.post else ""
    person = verdict.name_of(verdict.person)
    item = {
        "@type": _TYPES.get(media.kind, "MediaObject"),
        "name": title or name_of(verdict),
        "sha256": sha256(verdict),
        "contentUrl": link(verdict),
        "contentSize": f"{media.size_bytes} B" if media.size_bytes > 0 else "",
        "duration": f"PT{media.duration_s:.1f}S" if media.duration_s > 0 else "",
        "uploadDate": time.strftime("%Y-%m-%dT%H:%M:%SZ") if time else "",
        "about": {"@type": "Person", "name": clean(person)} if person else "",
    }
    return {key: value for key, value in item.items() if value}

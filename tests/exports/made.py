"""Campaigns and their verdicts for tests of exports: a fake, its copies, its original, a quote."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from importlib import import_module

import pytest

from media_screen.evidence import (
    AccountTie,
    Campaign,
    CampaignAccount,
    CampaignFile,
    CampaignRole,
    Label,
    PassedAlong,
    Post,
    SharedWording,
    Span,
    Verdict,
)
from media_screen.results.ledger import NO_LEDGER, Ledger
from media_screen.testing import make_verdict

AS_OF = datetime(2026, 11, 20, 1, 2, 3, tzinfo=timezone.utc)
PACKAGES = {"stix": "stix2", "opencti": "stix2", "misp": "pymisp"}
CAMPAIGN = "c-0123456789ab"

# Name, platform, role, label, own label.
Row = tuple[str, str, CampaignRole, Label, Label]
FAKE: tuple[Row, ...] = (
    ("fake", "youtube", "member", "suspected_impersonation", "suspected_impersonation"),
    ("copy", "tiktok", "member", "suspected_impersonation", "no_finding"),
    ("talk", "youtube", "original", "official", "official"),
    ("news", "twitter", "quotes", "unverified_appearance", "unverified_appearance"),
)
GENUINE: tuple[Row, ...] = (
    ("talk", "youtube", "original", "official", "official"),
    ("repost", "tiktok", "member", "official_copy", "official_copy"),
)


def written(
    form: str,
    verdicts: Sequence[Verdict],
    campaigns: Sequence[Campaign] = (),
    ledger: Ledger = NO_LEDGER,
) -> str:
    """What a format writes of these verdicts and campaigns, and of what people decided."""
    if form in PACKAGES:
        pytest.importorskip(PACKAGES[form])
    stream = io.StringIO()
    module = import_module(f"media_screen.exports.{form}")
    module.write(verdicts, campaigns, stream, as_of=AS_OF, ledger=ledger)
    return stream.getvalue()


def hash_of(name: str) -> str:
    """The hash of the content of the file of that name."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def account_of(name: str, platform: str) -> str:
    """The id of the account that posts the file of that name."""
    return f"{platform}:by_{name}"


def posted(row: Row, text: str = "Watch this") -> Verdict:
    """The verdict of a file of a campaign, posted by an account of its own under this title."""
    name, platform, _, label, own = row
    made = make_verdict(label)
    return replace(
        made,
        media=replace(made.media, path=f"{name}.mp4", sha256=hash_of(name)),
        person=None if label == "official" else made.person,
        campaign=CAMPAIGN,
        passed=None if label == own else passed_from_the_fake(own),
        post=Post(
            platform=platform,
            handle=f"by_{name}",
            display_name=f"The {name} account",
            title=text,
            url=f"https://{platform}.example/{name}",
            published="2026-01-02T03:04:05Z",
        ),
    )


def passed_from_the_fake(own: Label) -> PassedAlong:
    """What a copy of the fake has from it; `own` is what it had got for itself."""
    media = posted(FAKE[0]).media
    return PassedAlong(own, None, "n", media.path, media.sha256, media.key, Span(0, 4), 0.9)


def campaign(
    rows: Sequence[Row] = FAKE, text: str = "Watch this"
) -> tuple[Campaign, list[Verdict]]:
    """A campaign of these files with its verdicts; `text` stands wherever others choose it."""
    verdicts = [posted(row, text) for row in rows]
    files = tuple(
        CampaignFile(
            verdict.media.key,
            verdict.media.path,
            verdict.media.sha256,
            role,
            label,
            own,
            account=account_of(name, platform),
        )
        for verdict, (name, platform, role, label, own) in zip(verdicts, rows, strict=True)
    )
    accounts = tuple(
        CampaignAccount(
            account_of(name, platform),
            platform,
            f"by_{name}",
            text,
            (file.key,),
            first="2026-01-02T03:04:05Z",
            last="2026-01-02T03:04:05Z",
            created="2025-12-24",
            followers=7 if name != "news" else None,
            scheme=text,
        )
        for file, (name, platform, *_) in zip(files, rows, strict=True)
    )
    one, other = sorted((accounts[0].id, accounts[1].id))
    made = Campaign(
        id=CAMPAIGN,
        label=rows[0][3],
        person=verdicts[0].person,
        reason=f"The file shows her; {text}",
        through=files[0].key,
        files=files,
        merged=("c-ffffffffffff",),
        first="2026-01-02T03:04:05Z",
        last="2026-01-03T03:04:05Z",
        accounts=accounts,
        ties=(
            AccountTie(one, other, "title", 2, 61.5, text),
            AccountTie(one, other, "media", 1, 61.5, text),
        ),
        wordings=(SharedWording(text, "title", (one, other), (), 2, 1.0),),
    )
    return made, verdicts

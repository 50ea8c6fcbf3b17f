"""CSV for spreadsheets: one row a file, every label, the same columns always.

The label of a campaign is the most urgent one of the files that repeat one another in it; the label
of a file stands beside it, and where it comes from another file, what it had got for itself and
which file that is.

UTF-8 with a byte order mark, without which Excel reads names wrongly. What a spreadsheet would take
for a formula gets an apostrophe before it (OWASP, CSV injection), also inside of a text: where one
cuts at semicolons, tabs or commas, another cell begins there.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TextIO

from media_screen.evidence import Campaign, Post, Verdict
from media_screen.exports.claims import clean
from media_screen.exports.postings import campaigns_by_file
from media_screen.results.ledger import NO_LEDGER, FileRecord, Ledger

COLUMNS = (
    "path",
    "sha256",
    "kind",
    "duration_s",
    "label",
    "person",
    "llr_manipulation",
    "llr_identity",
    "probability_low",
    "probability_high",
    "summary",
    "campaign",
    "campaign_label",
    "campaign_reason",
    "own_label",
    "passed_through",
    "platform",
    "channel",
    "channel_id",
    "handle",
    "display_name",
    "title",
    "url",
    "published",
    "credentials",
    "match_person",
    "match_reference",
    "match_relation",
    "duplicate_of",
    "flags",
    "names",
    "not_judged",
    "failures",
    "picture_covered",
    "sound_covered",
    "device",
    "version",
    "trusted",
    "decided",
    "decided_by",
    "decided_at",
    "decision_note",
    "assignee",
    "checks_by_hand",
)

# What begins a formula (also full-width, and DDE calls), where a cell begins or may begin.
_FORMULA = re.compile(
    r"((?:^|[;,|\t\r\n]|\\[tnr])[\s\"']*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20\u2212|%])"
)


def write(
    verdicts: Iterable[Verdict],
    campaigns: Sequence[Campaign],
    stream: TextIO,
    *,
    as_of: datetime,
    ledger: Ledger = NO_LEDGER,
) -> int:
    """Write one row for each verdict."""
    of_file = campaigns_by_file(campaigns)
    stream.write("\ufeff")
    writer = csv.writer(stream, lineterminator="\r\n")  # RFC 4180
    writer.writerow(COLUMNS)
    count = 0
    for verdict in verdicts:
        writer.writerow(
            [
                cell(value)
                for value in (
                    *_row(verdict, of_file.get(verdict.media.key)),
                    *_decided(ledger.on(verdict.media)),
                )
            ]
        )
        count += 1
    return count


def _row(verdict: Verdict, campaign: Campaign | None) -> tuple[object, ...]:
    media, post = verdict.media, verdict.post or Post()
    match, earlier, passed = verdict.provenance.match, verdict.duplicate_of, verdict.passed
    low, high = verdict.probability_bounds or (None, None)
    return (
        media.path,
        media.sha256,
        media.kind,
        media.duration_s,
        verdict.label,
        verdict.person,
        verdict.llr.get("manipulation"),
        verdict.llr.get("identity"),
        low,
        high,
        verdict.summary,
        campaign.id if campaign else verdict.campaign,
        campaign and campaign.label,
        campaign and campaign.reason,
        passed and passed.label,
        passed and passed.path,
        post.platform,
        verdict.provenance.channel,
        post.channel_id,
        post.handle,
        post.display_name,
        post.title,
        post.url,
        post.published,
        verdict.provenance.credentials,
        match and match.person,
        match and match.reference,
        match and match.relation,
        earlier and earlier.path,
        _list(verdict.flags),
        _list(name.name for name in verdict.context.names),
        _list(f"{one.detector} ({one.reason})" for one in verdict.abstentions),
        _list(one.detector for one in verdict.failures),
        verdict.coverage.picture,
        verdict.coverage.sound,
        verdict.device,
        verdict.versions.get("media_screen"),
        verdict.provenance.trusted,
    )


def _decided(record: FileRecord) -> tuple[object, ...]:
    by = record.by
    return (
        record.answer,
        by and by.who,
        by and by.when,
        record.note,
        record.assignee,
        _list(f"{one.name}: {one.outcome}" for one in record.checks),
    )


def _list(texts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(texts))


def cell(value: object) -> object:
    """Return a cell: numbers as they are, nothing for None, text that no spreadsheet runs."""
    if value is None or isinstance(value, (int, float)):
        return value
    return _FORMULA.sub(r"\1'", clean(str(value)))

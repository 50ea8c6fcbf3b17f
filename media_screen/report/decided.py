"""What people decided, as pages show it beside what the program says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from media_screen.evidence import ANSWERS, Answer, Campaign, Decision
from media_screen.results.ledger import NO_RECORD, FileRecord, Ledger
from media_screen.results.rows import ResultRow
from media_screen.results.words import ANSWERS as WORDS


@dataclass(frozen=True, slots=True)
class CampaignDecisions:
    """How many members of a campaign have which answer, and how many have none.

    `joined` tells that some without an answer came after one was given on the whole campaign.
    """

    counts: tuple[tuple[Answer, int], ...]
    undecided: int
    joined: bool

    @property
    def decided(self) -> int:
        """How many members have an answer."""
        return sum(count for _, count in self.counts)


def file_records(ledger: Ledger, rows: Sequence[ResultRow]) -> dict[str, FileRecord]:
    """Return what people decided and noted on files, by the keys of those that have anything."""
    records = {row.key: ledger.of_content(row.sha256, row.path) for row in rows}
    return {key: record for key, record in records.items() if record.history}


def campaign_decisions(
    campaign: Campaign, records: Mapping[str, FileRecord]
) -> CampaignDecisions | None:
    """Return what people decided on the members of a campaign, None for nothing."""
    own = [records.get(one.key, NO_RECORD) for one in campaign.members]
    counts = Counter(record.answer for record in own if record.answer)
    if not counts:
        return None
    names = {campaign.id, *campaign.merged}
    on_all = any(record.by is not None and record.by.campaign in names for record in own)
    undecided = len(own) - counts.total()
    ordered = tuple((answer, counts[answer]) for answer in ANSWERS if counts[answer])
    return CampaignDecisions(ordered, undecided, on_all and undecided > 0)


def answer_words(answer: Answer) -> str:
    """Return what was decided, in words."""
    return WORDS[answer][0]


def entry_words(entry: Decision) -> str:
    """Return what an entry of the ledger says, in words."""
    did = (
        answer_words(entry.answer).lower() if entry.answer else "",
        "" if entry.assignee is None else _assigned(entry.assignee),
        *(f"{one.name}: {one.outcome or 'taken back'}" for one in entry.checks),
        "" if entry.note is None else f"\u201c{entry.note}\u201d",
        "took an entry back" if entry.undoes else "",
    )
    return ", ".join(filter(None, did))


def _assigned(name: str) -> str:
    return f"assigned to {name}" if name else "assigned to nobody"

"""What a decision needs of a folder of results: its files and campaigns, and what can be undone."""

from __future__ import annotations

import getpass
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from media_screen.errors import SetupError
from media_screen.evidence import Campaign, DecidedFile, Decision, HandCheck
from media_screen.files import open_regular
from media_screen.results.campaigns import read_campaigns
from media_screen.results.folder import RESULTS
from media_screen.results.ledger import Ledger, campaign_files, decide, read_ledger
from media_screen.results.rows import ResultRow, read_results
from media_screen.results.written import written_lines

_SHOWN = 10  # ids of campaigns that an error lists


class DecisionError(SetupError, ValueError):
    """A decision can't be taken as it was asked for: no such campaign, or nothing to undo."""


@dataclass(frozen=True, slots=True)
class Decidable:
    """The files and campaigns of a folder of results, and what was decided on them so far."""

    rows: tuple[ResultRow, ...]
    campaigns: tuple[Campaign, ...]
    ledger: Ledger

    def campaign(self, wanted: str) -> Campaign:
        """Return a campaign by its id, or that of one that was merged into it."""
        for one in self.campaigns:
            if wanted == one.id or wanted in one.merged:
                return one
        some = ", ".join(one.id for one in self.campaigns[:_SHOWN]) or "none"
        raise DecisionError(f"no campaign {wanted!r:.60}: there is {some}")


def decidable(out: Path) -> Decidable:
    """Read what can be decided on in a folder of results; raises OSError."""
    with open_regular(out / RESULTS) as stream:
        rows = tuple(read_results(stream, written_lines(out)).rows)
    return Decidable(rows, read_campaigns(out), read_ledger(out))


def file_of(row: ResultRow) -> DecidedFile:
    """Return a file of the results as an entry of the ledger names it."""
    return DecidedFile(row.sha256, row.path, row.label)


def members_of(campaign: Campaign) -> tuple[DecidedFile, ...]:
    """Return the files that a decision on a campaign holds for; raises DecisionError for none."""
    files = campaign_files(campaign)
    if not files:
        raise DecisionError(f"{campaign.id} has no members: decide on its files one by one")
    return files


def undo(out: Path, ledger: Ledger, files: Sequence[DecidedFile], *, who: str) -> list[Decision]:
    """Take back the newest entry on each of these files that still counts; returns new entries.

    One on several files is taken back for these files only. Raises DecisionError where there is
    nothing to undo, and LedgerError.
    """
    newest: dict[str, list[DecidedFile]] = {}
    for file in files:
        if standing := ledger.record(file.subject).standing:
            newest.setdefault(standing[-1].id, []).append(file)
    if not newest:
        raise DecisionError("there is nothing to undo: nothing was decided on it")
    return [
        decide(out, some, who=who, after=ledger.head, undoes=entry)
        for entry, some in newest.items()
    ]


def asked_checks(texts: Iterable[str]) -> tuple[HandCheck, ...]:
    """Read checks as they are typed, NAME=OUTCOME; raises DecisionError."""
    found = []
    for text in texts:
        name, parted, outcome = text.partition("=")
        if not parted or not name.strip():
            raise DecisionError(f"a check is NAME=OUTCOME, as watermark=none, got {text!r:.80}")
        found.append(HandCheck(name.strip(), outcome.strip()))
    return tuple(found)


def user_name() -> str:
    """Return what the system calls the user, "" where it does not say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""

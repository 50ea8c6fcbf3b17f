"""What the served pages ask for and change: results, decisions, known fakes."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from media_screen.evidence import ANSWERS, Answer, DecidedFile, HandCheck
from media_screen.files import facts
from media_screen.languages import find_language
from media_screen.people.additions import AddedFile
from media_screen.people.confirmed import add_confirmed_fake
from media_screen.report.decided import campaign_decisions, file_records
from media_screen.report.pages import decision_context, make_environment, write_report
from media_screen.results.campaigns import CAMPAIGNS
from media_screen.results.deciding import (
    Decidable,
    DecisionError,
    decidable,
    file_of,
    members_of,
    undo,
)
from media_screen.results.folder import RESULTS
from media_screen.results.ledger import LEDGER, FileRecord, decide, read_ledger
from media_screen.results.rows import ResultRow
from media_screen.results.words import ANSWERS as WORDS
from media_screen.results.words import HAND_CHECKS

INDEX = "report/index.html"
_FIELDS = {"after", "answer", "note", "assignee", "checks", "undo"}


class UnknownPageError(DecisionError):
    """There is no file and no campaign of this name among the results."""


@dataclass(frozen=True, slots=True)
class PostedDecision:
    """What somebody decided on a page, who had seen the ledger up to the entry `after`."""

    after: str = ""
    answer: Answer | None = None
    note: str | None = None
    assignee: str | None = None
    checks: tuple[HandCheck, ...] = ()
    undo: bool = False

    @staticmethod
    def from_dict(record: Any) -> PostedDecision:
        """Read what a page sent; raises DecisionError for anything else."""
        if not isinstance(record, dict) or not set(record) <= _FIELDS:
            raise DecisionError(f"expected an object of {', '.join(sorted(_FIELDS))}")
        for name, value in record.items():
            kind = {"checks": list, "undo": bool}.get(name, str)
            if not isinstance(value, kind):
                raise DecisionError(f"{name}: expected {kind.__name__}, got {value!r:.60}")
        if record.get("answer", ANSWERS[0]) not in ANSWERS:
            raise DecisionError(f"answer: expected one of {', '.join(ANSWERS)}")
        try:
            checks = tuple(HandCheck(**one) for one in record.get("checks", ()))
        except TypeError as error:
            raise DecisionError(f"checks: expected objects of name and outcome: {error}") from error
        asked = PostedDecision(**{**record, "checks": checks})
        if not (asked.undo or asked.answer or checks) and asked.note is asked.assignee is None:
            raise DecisionError("nothing was decided")
        return asked


class ServedResults:
    """The results of a folder as they are now, and the decisions on them.

    What changes on the disk meanwhile, by a scan or by somebody else, is read again.
    """

    def __init__(
        self, out: Path, *, people: Path | None, who: str, time_zone: str, language: str
    ) -> None:
        self.out = out
        self.who = who
        self.taken = 0
        self.people = people
        self._time_zone, self.language = time_zone, language
        self._environment = make_environment(language=find_language(language))
        self.words = self._environment.get_template("parts/live_words.html").render()
        self._lock = threading.Lock()
        self._paged: tuple[str, ...] = ()
        self._read: tuple[str, ...] = ()
        self._known: Decidable | None = None

    def write_pages(self) -> None:
        """Write the pages of the report anew."""
        with self._lock:
            results = _states(self.out, RESULTS, CAMPAIGNS)
            write_report(
                self.out,
                time_zone=self._time_zone,
                language=self.language,
                tell=lambda _: None,
            )
            self._paged = (*results, *_states(self.out, INDEX))

    def renew_pages(self) -> None:
        """Write the pages anew when a scan changed the results since, or wrote its own pages."""
        if _states(self.out, RESULTS, CAMPAIGNS, INDEX) != self._paged:
            self.write_pages()

    def known(self) -> Decidable:
        """Return the results and decisions as they are on the disk."""
        with self._lock:
            # One read too many where something is written meanwhile, and never one too few.
            state = _states(self.out, LEDGER, RESULTS, CAMPAIGNS)
            if self._known is None or state[1:] != self._read[1:]:
                self._known = decidable(self.out)
            elif state != self._read:  # by a decision: of thousands of results none changed
                self._known = replace(self._known, ledger=read_ledger(self.out))
            self._read = state
            return self._known

    def row(self, key: str) -> ResultRow:
        """Return the result of a file by the key of its page; raises UnknownPageError."""
        for row in self.known().rows:
            if row.key == key:
                return row
        raise UnknownPageError(f"no file {key!r:.60} among the results")

    def take(self, name: str, asked: PostedDecision) -> None:
        """Write a decision on a file, by its key, or a campaign; raises what a ledger raises."""
        known = self.known()
        files = self._files(known, name)
        if asked.undo:
            undo(self.out, known.ledger, files, who=self.who)
        else:
            decide(
                self.out,
                files,
                who=self.who,
                after=asked.after,
                answer=asked.answer,
                note=asked.note,
                assignee=asked.assignee,
                checks=asked.checks,
                campaign=known.campaign(name).id if name.startswith("c-") else "",
            )
        self.taken += 1

    def panel(self, name: str) -> str:
        """Return what the page of a file or campaign shows of decisions, with the buttons."""
        known = self.known()
        records = file_records(known.ledger, known.rows)
        shared = {"answers": WORDS, "hand_checks": HAND_CHECKS, "who": self.who}
        if name.startswith("c-"):
            campaign = known.campaign(name)
            own: dict[str, Any] = {
                "record": None,
                "decisions": campaign_decisions(campaign, records),
                "files": len(campaign.members),
                "can_add": False,
            }
        else:
            row, record = self.row(name), records.get(name)
            own = {
                **decision_context(file_of(row), record),
                "files": 0,
                "can_add": self._can_add(record),
            }
        return self._environment.get_template("parts/deciding.html").render(**shared, **own)

    def marks(self) -> Mapping[str, tuple[str, str]]:
        """Return answer and mark of each file and campaign that anything was decided on."""
        known = self.known()
        module: Any = self._environment.get_template("decided.html").module
        records = file_records(known.ledger, known.rows)
        files = {
            key: (record.answer or "", str(module.decided_chip(record)))
            for key, record in records.items()
        }
        decided = {one.id: campaign_decisions(one, records) for one in known.campaigns}
        campaigns = {
            name: ("", str(module.campaign_chip(one))) for name, one in decided.items() if one
        }
        return files | campaigns

    def add_known_fake(self, key: str) -> AddedFile:
        """Copy a confirmed fake to the known fakes; raises PeopleError and DecisionError."""
        if self.people is None:
            raise DecisionError("no folder of people was named: serve with --people")
        return add_confirmed_fake(self.people, self.out, self.row(key), self.known().ledger)

    def _can_add(self, record: FileRecord | None) -> bool:
        return self.people is not None and record is not None and record.answer == "confirmed_fake"

    def _files(self, known: Decidable, name: str) -> tuple[DecidedFile, ...]:
        if name.startswith("c-"):
            return members_of(known.campaign(name))
        return (file_of(self.row(name)),)


def _states(out: Path, *names: str) -> tuple[str, ...]:
    """Return what changes when one of these files does."""
    found = []
    for name in names:
        try:
            found.append(facts((out / name).stat()))
        except OSError:
            found.append("")
    return tuple(found)

"""The ledger: what people decided on files that were screened, in lines that are only ever added.

`OUT/ledger.jsonl` gets one entry a line. Files are known in it by their content, so that it holds
through later scans, other people and moved folders. Of each field the newest entry counts, and the
others are its history. Whoever writes holds the file against other writers, writes a line in one
piece and sees it on the disk before it is called done: a line that a killed program left torn was
never called done, is told, and costs nothing but itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from media_screen.errors import MediaScreenError, SetupError
from media_screen.evidence import (
    Answer,
    Campaign,
    DecidedFile,
    Decision,
    HandCheck,
    MediaInfo,
    subject_of,
)
from media_screen.files import open_private, open_regular, refuse_strangers
from media_screen.results.lines import each_line
from media_screen.results.rows import BrokenLine, broken_line, left_out
from media_screen.results.saved_line import BAD_RECORD, parse_decision

if os.name == "posix":
    import fcntl

LEDGER = "ledger.jsonl"
WAIT_S = 30.0  # for other writers, each of which needs milliseconds
_STEP_S = 0.01  # between two tries to be the only writer


class LedgerError(MediaScreenError, RuntimeError):
    """A decision can't be written: the folder is not writable, or full."""


class EntryError(SetupError, ValueError):
    """A decision is no entry of a ledger: a text of it is too long, say."""


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What people decided and noted on a file.

    `by` is the entry that the answer is from. `unseen` are entries that said something else and
    were there when the newest was written, by somebody who had not seen them. `history` are all
    entries on the file, the oldest first, of which `undone` were taken back.
    """

    answer: Answer | None = None
    by: Decision | None = None
    note: str = ""
    assignee: str = ""
    checks: tuple[HandCheck, ...] = ()
    unseen: tuple[Decision, ...] = ()
    history: tuple[Decision, ...] = ()
    undone: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether nothing holds any more: all was undone."""
        return not (self.answer or self.note or self.assignee or self.checks)

    @property
    def standing(self) -> tuple[Decision, ...]:
        """The entries that count, the oldest first."""
        return tuple(one for one in self.history if not one.undoes and one.id not in self.undone)

    def label_then(self, subject: str) -> str:
        """Return what the program said of the file when the answer was given, "" if unknown."""
        files = self.by.files if self.by is not None else ()
        return next((one.label for one in files if one.subject == subject), "")


NO_RECORD = FileRecord()


@dataclass(slots=True)
class Ledger:
    """All entries that could be read, the oldest first, and the broken lines."""

    entries: tuple[Decision, ...] = ()
    broken: list[BrokenLine] = field(default_factory=list)
    _of: dict[str, list[int]] = field(default_factory=dict)
    _place: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for place, entry in enumerate(self.entries):
            self._place[entry.id] = place
            for subject in {file.subject for file in entry.files}:
                self._of.setdefault(subject, []).append(place)

    @property
    def head(self) -> str:
        """The id of the newest entry, "" when there is none."""
        return self.entries[-1].id if self.entries else ""

    def on(self, media: MediaInfo) -> FileRecord:
        """Return what holds for a file that was screened."""
        return self.of_content(media.sha256, media.path)

    def of_content(self, sha256: str, path: str) -> FileRecord:
        """Return what holds for a file of this content, or of this path where that is all."""
        return self.record(subject_of(sha256, path))

    def record(self, subject: str) -> FileRecord:
        """Return what holds for a file, by what it is known by."""
        places = self._of.get(subject)
        if not places:
            return NO_RECORD
        history = tuple(self.entries[place] for place in places)
        undone = frozenset(entry.undoes for entry in history if entry.undoes)
        standing = [
            place
            for place in places
            if not self.entries[place].undoes and self.entries[place].id not in undone
        ]
        answers = self._set(standing, "answer")
        notes, assignees = self._set(standing, "note"), self._set(standing, "assignee")
        checks = {one.name: one for place in standing for one in self.entries[place].checks}
        by = self.entries[answers[-1]] if answers else None
        unseen = {
            place
            for name, some in (("answer", answers), ("note", notes), ("assignee", assignees))
            for place in self._unseen(some, name)
        }
        return FileRecord(
            answer=by.answer if by is not None else None,
            by=by,
            note=(self.entries[notes[-1]].note or "") if notes else "",
            assignee=(self.entries[assignees[-1]].assignee or "") if assignees else "",
            checks=tuple(one for one in checks.values() if one.outcome),
            unseen=tuple(self.entries[place] for place in sorted(unseen)),
            history=history,
            undone=undone,
        )

    def subjects(self) -> Iterable[str]:
        """Return what every file that was ever decided on is known by."""
        return self._of.keys()

    def notes(self) -> Iterator[str]:
        """Give what whoever reads the ledger has to know of it, in sentences."""
        if self.broken:
            yield f"of {LEDGER} {left_out(self.broken)}"

    def _set(self, places: Sequence[int], name: str) -> list[int]:
        return [place for place in places if getattr(self.entries[place], name) is not None]

    def _unseen(self, places: Sequence[int], name: str) -> Iterator[int]:
        """Give the entries that set a field otherwise, unseen by who set it last."""
        if not places:
            return
        last = self.entries[places[-1]]
        seen = self._place.get(last.after, -1)
        for place in places[:-1]:
            if place > seen and getattr(self.entries[place], name) != getattr(last, name):
                yield place


NO_LEDGER = Ledger()


def read_ledger(out: Path) -> Ledger:
    """Read the ledger of a folder of results, and what is wrong with some of its lines.

    A line that can't be read costs that line only. Raises OSError.
    """
    path = out / LEDGER
    if not path.exists():
        return Ledger()
    entries: dict[str, Decision] = {}
    broken: list[BrokenLine] = []
    with open_regular(path) as stream:
        for number, _, line in each_line(stream):
            try:
                entry = parse_decision(line)
                if entry.id in entries:
                    raise ValueError("an entry of this id stands before it")
            except BAD_RECORD as error:
                broken.append(broken_line(number, error, line))
            else:
                entries[entry.id] = entry
    return Ledger(tuple(entries.values()), broken)


def decide(
    out: Path,
    files: Iterable[DecidedFile],
    *,
    who: str,
    after: str,
    answer: Answer | None = None,
    note: str | None = None,
    assignee: str | None = None,
    checks: Sequence[HandCheck] = (),
    campaign: str = "",
    undoes: str = "",
) -> Decision:
    """Write what somebody decided on files into the ledger; when this returns, it is on the disk.

    What is None stays as it was. `after` is the `head` of the ledger as they saw it. Raises
    EntryError and LedgerError.
    """
    entry = Decision(
        id=secrets.token_hex(16),
        files=tuple(files),
        who=who,
        when=datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        after=after,
        answer=answer,
        note=note,
        assignee=assignee,
        checks=tuple(checks),
        campaign=campaign,
        undoes=undoes,
    )
    append(out, (entry,))
    return entry


def append(out: Path, entries: Iterable[Decision]) -> None:
    """Add entries to the ledger, all or none; raises EntryError and LedgerError."""
    lines = [_line(entry) for entry in entries]
    try:
        refuse_strangers(out)
        is_new = not (out / LEDGER).exists()
        file = open_private(out / LEDGER, os.O_RDWR | os.O_APPEND)
        try:
            with _only_writer(file):
                _add(file, b"".join(lines))
        finally:
            os.close(file)
        if is_new:
            _settle(out)
    except OSError as error:
        raise LedgerError(f"can't write into {out / LEDGER}: {error.strerror or error}") from error


def campaign_files(campaign: Campaign) -> tuple[DecidedFile, ...]:
    """Return the files that a decision on a campaign holds for: its members, as it is now.

    The official post that they use and files that only quote it are not among them.
    """
    found = {
        subject_of(one.sha256, one.path): DecidedFile(one.sha256, one.path, one.label)
        for one in campaign.members
    }
    return tuple(found.values())


def _line(entry: Decision) -> bytes:
    record = json.dumps(entry.to_dict(), ensure_ascii=True, allow_nan=False)
    line = record.encode("ascii") + b"\n"
    try:
        parse_decision(line)  # what could not be read back is not written
    except BAD_RECORD as error:
        raise EntryError(f"this can't be written into {LEDGER}: {error}") from error
    return line


@contextlib.contextmanager
def _only_writer(file: int) -> Iterator[None]:
    """Hold an open file against other writers of this machine; raises OSError after a while."""
    if os.name != "posix":  # there an append of one piece has to do
        yield
        return
    until = time.monotonic() + WAIT_S
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > until:
                raise
            time.sleep(_STEP_S)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _add(file: int, lines: bytes) -> None:
    """Write lines at the end of the file; what stands there torn stays, on a line of its own."""
    end = os.lseek(file, 0, os.SEEK_END)
    if end:
        os.lseek(file, end - 1, os.SEEK_SET)  # writing always appends, wherever this points
        if os.read(file, 1) != b"\n":
            lines = b"\n" + lines
    try:
        written = 0
        while written < len(lines):
            written += os.write(file, lines[written:])
        os.fsync(file)
    except OSError:
        with contextlib.suppress(OSError):  # else the next reader tells of the half line
            os.ftruncate(file, end)
        raise


def _settle(folder: Path) -> None:
    """See the name of a new file on the disk, where the system lets folders be opened."""
    with contextlib.suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)

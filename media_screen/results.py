"""The folder of results: one verdict a line, none lost and none doubled, whatever ends the scan.

`OUT/results.jsonl` gets one verdict a line, each written whole and flushed to the disk before the
next; `OUT/state.sqlite` only indexes it and is brought up to date from it at every start, so that a
scan that was killed at any point goes on where it stopped. The index knows the hash of each line: a
line that was damaged since does not count, and its file is screened again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from media_screen import sidecar as sidecars
from media_screen.errors import MediaScreenError
from media_screen.evidence import Label, Verdict
from media_screen.media import shown_path
from media_screen.thumbs import write_thumbnails

RESULTS = "results.jsonl"
STATE = "state.sqlite"
_COLUMNS = (
    "path BLOB PRIMARY KEY, signature TEXT, settings TEXT, offset INTEGER, failed INTEGER, "
    "digest TEXT"
)

_log = logging.getLogger(__name__)


class BatchError(MediaScreenError, RuntimeError):
    """The scan can't go on: the output folder is in use, full, or not writable."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One finished file, as a summary needs it."""

    path: str
    label: Label
    person: str | None
    manipulation: float | None
    summary: str
    failed: bool
    copy: bool  # repeats a file that was screened before it
    kept: bool  # from an earlier scan


def has_failed(record: Mapping[str, Any]) -> bool:
    """Tell whether a file could not be read, or a detector broke on it."""
    return bool(record["failures"]) or any(
        piece["detector"] == "media" for piece in record["abstentions"]
    )


def signature(path: Path) -> str:
    """Return what tells that a file or its sidecar changed: their sizes and times of change."""
    beside = sidecars.find(path)
    parts = []
    for file in (path, beside):
        try:
            status = file.stat() if file is not None else None
        except OSError:
            status = None
        parts.append("-" if status is None else f"{status.st_size}:{status.st_mtime_ns}")
    return " ".join(parts)


class Results:
    """The folder of results: appends verdicts, knows which files are done, survives being killed.

    Only one scan at a time may use a folder.
    """

    def __init__(self, out: Path) -> None:
        self._out = out
        with self._told():
            out.mkdir(parents=True, exist_ok=True)
            self._state = _open_state(out / STATE)
            self._file = os.open(
                out / RESULTS, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
            )
            self._catch_up()

    def __enter__(self) -> Results:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)
        self._state.close()

    def has(self, path: Path, settings: str) -> bool:
        """Tell whether a file has a result that still holds."""
        with self._told():
            row = self._state.execute(
                "SELECT signature, settings FROM done WHERE path = ?", (_key(path),)
            ).fetchone()
        return row is not None and row == (signature(path), settings)

    def add(self, path: Path, verdict: Verdict, settings: str) -> None:
        """Append a verdict; when this returns, it is on the disk whole."""
        with self._told("; what was finished is safe, start the same command again to go on"):
            write_thumbnails(self._out, verdict)
            line = verdict.to_json().encode() + b"\n"
            offset = os.lseek(self._file, 0, os.SEEK_END)
            self._append(line, offset)
            failed = has_failed(verdict.to_dict())
            with self._state:
                row = _Row(_key(path), signature(path), settings, offset, failed, _digest(line))
                self._note(row)
                self._set_read_to(offset + len(line))

    def entry(self, path: Path, *, kept: bool) -> Entry | None:
        """Return the summary of one finished file."""
        with self._told():
            row = self._state.execute(
                "SELECT offset, failed FROM done WHERE path = ?", (_key(path),)
            ).fetchone()
        if row is None:
            return None
        record = json.loads(self._line_at(row[0]))
        return Entry(
            path=record["media"]["path"],
            label=record["label"],
            person=record["person"],
            manipulation=record["llr"].get("manipulation"),
            summary=record["summary"],
            failed=bool(row[1]),
            copy=record.get("duplicate_of") is not None,
            kept=kept,
        )

    def compact(self) -> None:
        """Drop lines that newer results replaced; the file is replaced in one step."""
        with self._told():
            self._compact()

    # --- inside ------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _told(self, remedy: str = "") -> Iterator[None]:
        """Raise what the folder or the index does wrong as a BatchError that says what to do."""
        state = shown_path(self._out / STATE)
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise BatchError(
                    f"another scan is writing into {shown_path(self._out)}: wait for it, "
                    "or name another folder with --out"
                ) from error
            raise BatchError(f"{state} can't be used: {error}{remedy}") from error
        except sqlite3.DatabaseError as error:
            raise BatchError(
                f"{state} is damaged: delete it, it is made anew from {RESULTS} ({error})"
            ) from error
        except OSError as error:
            out = shown_path(self._out)
            raise BatchError(f"can't write into {out}: {error.strerror}{remedy}") from error

    def _compact(self) -> None:
        lines, superseded = self._live_lines()
        if not superseded:
            return
        fresh = self._out / f"{RESULTS}.new"
        offset = 0
        with fresh.open("wb") as stream, self._state:
            for key, start, length in lines:
                stream.write(self._read_at(start, length))
                self._state.execute("UPDATE done SET offset = ? WHERE path = ?", (offset, key))
                offset += length
            stream.flush()
            os.fsync(stream.fileno())
            self._set_read_to(offset)
            # Replaced inside the transaction: killed in between, the offsets are found wrong at
            # the next start, and the index is made anew.
            os.replace(fresh, self._out / RESULTS)
        os.close(self._file)
        self._file = os.open(self._out / RESULTS, os.O_RDWR | os.O_APPEND)

    def _append(self, line: bytes, offset: int) -> None:
        written = 0
        try:
            while written < len(line):
                written += os.write(self._file, line[written:])
            os.fsync(self._file)
        except OSError:
            with contextlib.suppress(OSError):  # else the next start drops the half line
                os.ftruncate(self._file, offset)
            raise

    def _read_at(self, offset: int, length: int) -> bytes:
        os.lseek(self._file, offset, os.SEEK_SET)  # writing always appends, wherever this points
        return os.read(self._file, length)

    def _line_at(self, offset: int) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            block = self._read_at(offset + len(line), 1 << 16)
            if not block:
                break
            end = block.find(b"\n")
            line += block if end < 0 else block[: end + 1]
        return line

    def _catch_up(self) -> None:
        """Take into the index what was written after it was last brought up to date."""
        size = os.lseek(self._file, 0, os.SEEK_END)
        read_to = self._read_to()
        known: tuple[_Row, ...] = ()
        if read_to > size or not self._index_holds():
            _log.warning("the index of %s does not fit and is made anew", self._out / RESULTS)
            known = self._rows()
            with self._state:
                self._state.execute("DELETE FROM done")
            read_to = 0
        by_digest = {row.digest: row for row in known}
        written = frozenset(row.path for row in known)
        while read_to < size:
            line = self._line_at(read_to)
            if not line.endswith(b"\n"):
                os.ftruncate(self._file, read_to)  # the line in which the last scan was killed
                break
            with self._state:
                row = by_digest.get(_digest(line)) or self._recovered(line, written)
                if row is not None:
                    self._note(replace(row, offset=read_to))
                read_to += len(line)
                self._set_read_to(read_to)

    def _index_holds(self) -> bool:
        """Tell whether each line is where the index has it, and as it was written."""
        return all(_digest(self._line_at(row.offset)) == row.digest for row in self._rows())

    def _rows(self) -> tuple[_Row, ...]:
        found = self._state.execute(
            "SELECT path, signature, settings, offset, failed, digest FROM done ORDER BY offset"
        )
        return tuple(_Row(*row) for row in found)

    def _recovered(self, line: bytes, written: Collection[bytes]) -> _Row | None:
        """Return the row of a line that the index did not know; None when it is no result.

        A file among `written` had another line, so this one was damaged since and does not count.
        """
        try:
            record = json.loads(line)
            verdict = Verdict.from_dict(record)
            path, settings = Path(verdict.media.path), str(verdict.versions["settings"])
            key, failed = _key(path), has_failed(record)
            same = path.is_file() and path.stat().st_size == verdict.media.size_bytes
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError):
            _log.warning("a line of %s is not a result and was passed over", self._out / RESULTS)
            return None
        now = signature(path) if same and key not in written else "changed"
        return _Row(key, now, settings, 0, failed, _digest(line))

    def _note(self, row: _Row) -> None:
        self._state.execute(
            "INSERT OR REPLACE INTO done (path, signature, settings, offset, failed, digest) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (row.path, row.signature, row.settings, row.offset, row.failed, row.digest),
        )

    def _live_lines(self) -> tuple[list[tuple[bytes, int, int]], bool]:
        """Return (key, offset, length) of the lines that count, and whether there are others."""
        rows = self._rows()
        lines = [(row.path, row.offset, len(self._line_at(row.offset))) for row in rows]
        return lines, sum(length for _, _, length in lines) != self._read_to()

    def _read_to(self) -> int:
        row = self._state.execute("SELECT value FROM meta WHERE name = 'read_to'").fetchone()
        return 0 if row is None else int(row[0])

    def _set_read_to(self, offset: int) -> None:
        self._state.execute("INSERT OR REPLACE INTO meta VALUES ('read_to', ?)", (offset,))


@dataclass(frozen=True, slots=True)
class _Row:
    """What the index has on one finished file, and where its line begins."""

    path: bytes
    signature: str
    settings: str
    offset: int
    failed: bool
    digest: str


def _open_state(path: Path) -> sqlite3.Connection:
    """Open the index and keep it locked for as long as it is open."""
    state = sqlite3.connect(path, timeout=0.5)
    try:
        _prepare(state)
    except sqlite3.Error:
        state.close()
        raise
    return state


def _prepare(state: sqlite3.Connection) -> None:
    """Lock the index, check it, and make its tables where they are missing or of another kind."""
    state.execute("PRAGMA locking_mode = EXCLUSIVE")
    # The index can be made anew, so it need not reach the disk before the next file starts.
    state.execute("PRAGMA synchronous = OFF")
    state.execute("BEGIN EXCLUSIVE")
    ((found,),) = state.execute("PRAGMA quick_check(1)")
    if found != "ok":
        raise sqlite3.DatabaseError(found)
    state.execute("CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER)")
    columns = [name for _, name, *_ in state.execute("PRAGMA table_info(done)")]
    if columns != [column.split()[0] for column in _COLUMNS.split(", ")]:  # of another version
        state.execute("DROP TABLE IF EXISTS done")
        state.execute("DELETE FROM meta")
    state.execute(f"CREATE TABLE IF NOT EXISTS done ({_COLUMNS})")
    state.commit()


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()[:32]


def _key(path: Path) -> bytes:
    return os.fsencode(os.path.abspath(path))

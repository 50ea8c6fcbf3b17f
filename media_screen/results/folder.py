"""The folder of results: one verdict a line, none lost and none doubled, whatever ends the scan.

`OUT/results.jsonl` gets one verdict a line, each written whole and flushed to the disk before the
next, so that a scan that was killed at any point goes on where it stopped. `OUT/state.sqlite` holds
the hash of each line that was written here, noted before the line is: a line that it does not know
was damaged since, or put there by somebody else. It does not count, and its file is screened again.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from media_screen import sidecar as sidecars
from media_screen.database import (
    Connection,
    ForeignDatabase,
    connect_anew,
    has_tables,
    transaction,
)
from media_screen.errors import MediaScreenError
from media_screen.evidence import SETUP_REASONS, Label, Post, Thumbnail, Verdict
from media_screen.evidence.pieces import is_of_machine
from media_screen.files import (
    facts,
    file_id,
    is_result,
    open_private,
    private_folder,
    refuse_strangers,
    write_atomically,
)
from media_screen.media import MediaError, identify, shown_path
from media_screen.results.lines import LINE_LIMIT, each_line
from media_screen.results.thumbs import load_thumbnails, write_thumbnails
from media_screen.results.written import EARLIER, LAYOUT, STATE, STRANGE, line_digest

RESULTS = "results.jsonl"
OUTDATED = "outdated"  # flag of a result under other people or settings than those of the last scan
_OF_OTHERS = "outdated:"  # before the settings of a file whose line has that flag
_UNREAD = "unread"  # in place of the hash of a file that could not be read
_UNDER = " under "  # between the facts of a file and the limits that its screening passed

_log = logging.getLogger(__name__)


class BatchError(MediaScreenError, RuntimeError):
    """The scan can't go on: the output folder is in use, full, or not writable."""


@dataclass(frozen=True, slots=True)
class FinishedFile:
    """One finished file, as a summary needs it."""

    path: str
    label: Label
    person: str | None
    manipulation: float | None
    summary: str
    failed: bool
    copy: bool  # repeats a file that was screened before it
    partly: bool  # not all of its picture and sound was looked at
    kept: bool  # from an earlier scan
    repeated: bool = False  # examined as a file with the same bytes
    key: str = ""  # that of its page and pictures
    lacking: tuple[str, ...] = ()  # what was not looked for, for want of a package or a reference
    name: str = ""  # of the person
    title: str = ""  # of the post, untrusted as what follows
    account: str = ""
    platform: str = ""
    views: int | None = None
    sha256: str = ""  # of its content, "" for what could not be read
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FinishedContent:
    """The bytes of a finished file by their hash and number, and the hash of its line."""

    sha256: str
    size_bytes: int
    digest: str


class Results:
    """The folder of results: appends verdicts, knows which files are done, survives being killed.

    Only one scan at a time may use a folder. `broken_lines` is the number of lines that were found
    in the file and don't count.
    """

    def __init__(self, out: Path) -> None:
        self._out = out
        self.broken_lines = 0
        self._begun: dict[bytes, _Before] = {}
        self._lines: dict[str, tuple[int, int]] = {}  # offset and length by digest
        self._amended: dict[str, int] = {}  # offset of the line in whose place one was written
        with self._told():
            _take_folder(out)
            _put_earlier_aside(out)
            self._state = _open_state(out / STATE)
            try:
                self._file = open_private(out / RESULTS, os.O_RDWR | os.O_APPEND)
                self._find_lines()
            except BaseException:
                self._state.close()
                raise

    def __enter__(self) -> Results:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)
        self._state.close()

    def has(self, path: Path, settings: str | None, limits: str = "") -> bool:
        """Tell whether a file has a result that still holds; of any settings where those are None.

        Where the facts differ from those of the file that was judged, its content decides. What
        passed a limit holds under the very `limits` alone, and what may not lie in the file, such
        as a worker that was ended, never.
        """
        with self._told():
            row = self._state.execute(
                "SELECT facts, content FROM done "
                "WHERE path = ? AND settings = COALESCE(?, settings)",
                (_key(path), settings),
            ).fetchone()
            if row is None or not row[0]:
                return False
            known, under, passed = row[0].partition(_UNDER)
            if under and passed != limits:
                return False
            now = _facts(path)
            if now == known:
                return True
            if row[1].startswith(_UNREAD):  # nothing equals it
                return False
            if _content(_sha256(path), _sha256_beside(path)) != row[1]:
                return False
            now += under + passed
            self._state.execute("UPDATE done SET facts = ? WHERE path = ?", (now, _key(path)))
            return True

    def begin(self, path: Path) -> None:
        """Note what a file is before it is screened; afterwards it may be something else."""
        self._begun[_key(path)] = _Before(_facts(path), _sha256_beside(path))

    def add(self, path: Path, verdict: Verdict, settings: str, limits: str = "") -> Verdict:
        """Append a verdict; when this returns, it is on the disk whole. Returns it as written.

        `limits` are those that the file was screened under.
        """
        key = _key(path)
        if key not in self._begun:
            self.begin(path)
        seen = self._begun.pop(key)
        # Two files that are shown alike, such as one of the same name in another folder, are two.
        verdict = replace(verdict, media=replace(verdict.media, id=file_id(path)))
        with self._told("; what was finished is safe, start the same command again to go on"):
            write_thumbnails(self._out, verdict)
            line = verdict.to_json().encode() + b"\n"
            row = (
                key,
                ""
                if _may_pass(path, verdict)
                else seen.facts + (_UNDER + limits) * verdict.limited,
                _content(verdict.media.sha256, seen.sidecar),
                settings,
                verdict.failed,
                line_digest(line),
            )
            with transaction(self._state):
                self._state.execute(
                    "INSERT OR IGNORE INTO replaced SELECT digest FROM done WHERE path = ?", (key,)
                )
                self._state.execute("INSERT OR REPLACE INTO done VALUES (?, ?, ?, ?, ?, ?)", row)
            offset = os.lseek(self._file, 0, os.SEEK_END)
            self._append(line, offset)
            self._lines[line_digest(line)] = offset, len(line)
        return verdict

    def entry(self, path: Path, *, kept: bool) -> FinishedFile | None:
        """Return the summary of one finished file."""
        with self._told():
            row = self._state.execute(
                "SELECT digest, failed FROM done WHERE path = ?", (_key(path),)
            ).fetchone()
            if row is None:
                return None
            verdict = Verdict.from_dict(json.loads(self._read_at(*self._lines[row[0]])))
        post = verdict.post or Post()
        return FinishedFile(
            path=verdict.media.path,
            label=verdict.label,
            person=verdict.person,
            manipulation=verdict.llr.get("manipulation"),
            summary=verdict.summary,
            failed=bool(row[1]),
            copy=verdict.duplicate_of is not None,
            partly="partly_covered" in verdict.flags,
            kept=kept,
            repeated=bool(verdict.examined_as),
            key=verdict.media.id,
            lacking=tuple(one.why for one in verdict.abstentions if one.reason in SETUP_REASONS),
            name=verdict.name_of(verdict.person),
            title=post.title,
            account=post.account,
            platform=post.platform,
            views=post.views,
            sha256=verdict.media.sha256,
            flags=verdict.flags,
        )

    def contents(self, settings: str, *, without: Iterable[Path] = ()) -> Iterator[FinishedContent]:
        """Give the bytes of which files were screened whole with these settings, but for some."""
        keys = set(map(_key, without))
        with self._told():
            rows = self._state.execute(
                "SELECT path, facts, content, digest FROM done WHERE settings = ? AND NOT failed",
                (settings,),
            ).fetchall()
        for key, there, content, digest in rows:
            size = there.partition(":")[0]
            if size.isdecimal() and digest in self._lines and key not in keys:
                yield FinishedContent(content.partition(" ")[0], int(size), digest)

    def digest(self, path: Path) -> str:
        """Return the hash of the line of a finished file, "" for others."""
        with self._told():
            row = self._state.execute(
                "SELECT digest FROM done WHERE path = ?", (_key(path),)
            ).fetchone()
        return row[0] if row else ""

    def thumbnails(self, key: str) -> tuple[Thumbnail, ...]:
        """Return the saved pictures of a file; none where they can't be read."""
        try:
            return load_thumbnails(self._out, key)
        except OSError as error:
            _log.warning("pictures of an earlier file can't be read: %s", error.strerror)
            return ()

    def lines(self) -> dict[str, Path]:
        """Return the file of each result that counts, by the hash of its line."""
        with self._told():
            rows = self._state.execute("SELECT digest, path FROM done").fetchall()
        return {digest: Path(os.fsdecode(path)) for digest, path in rows if digest in self._lines}

    def verdict(self, digest: str) -> Verdict:
        """Return the verdict of a line, which a scan into this folder wrote."""
        with self._told():
            return Verdict.from_dict(json.loads(self._read_at(*self._lines[digest])))

    def amend(self, digest: str, verdict: Verdict) -> str:
        """Write a verdict in place of another one on the same file; returns the hash of its line.

        Whatever ends the program meanwhile, one of the two counts.
        """
        line = verdict.to_json().encode() + b"\n"
        new = line_digest(line)
        if new == digest:
            return digest
        with self._told():
            # A line that is known, and does not count yet.
            self._state.execute("INSERT OR IGNORE INTO replaced VALUES (?)", (new,))
            offset = os.lseek(self._file, 0, os.SEEK_END)
            self._append(line, offset)
            with transaction(self._state):
                self._state.execute("UPDATE done SET digest = ? WHERE digest = ?", (new, digest))
                self._state.execute("DELETE FROM replaced WHERE digest = ?", (new,))
                self._state.execute("INSERT OR IGNORE INTO replaced VALUES (?)", (digest,))
            self._lines[new] = offset, len(line)
            self._amended[new] = self._place(digest)
        return new

    def mark_outdated(self, settings: str) -> int:
        """Flag what was made under other settings than these; return how many results those are.

        Settings cover the people, too. The flag goes when the file is screened again.
        """
        with self._told():
            rows = self._state.execute(
                "SELECT path, digest, settings FROM done WHERE settings != ?", (settings,)
            ).fetchall()
        for path, digest, made_with in rows:
            if digest in self._lines and not made_with.startswith(_OF_OTHERS):
                verdict = self.verdict(digest)
                self.amend(digest, replace(verdict, flags=(*verdict.flags, OUTDATED)))
                row = (_OF_OTHERS + made_with, path)
                with self._told():
                    self._state.execute("UPDATE done SET settings = ? WHERE path = ?", row)
        return len(rows)

    def hashes(self) -> set[str]:
        """Return the hashes of the bytes of all files that have a result."""
        with self._told():
            rows = self._state.execute("SELECT content FROM done").fetchall()
        return {content.partition(" ")[0] for (content,) in rows}

    def compact(self) -> None:
        """Drop lines that don't count, or not any more; the file is replaced in one step."""
        with self._told():
            live = {digest for (digest,) in self._state.execute("SELECT digest FROM done")}
            ordered = sorted(live & self._lines.keys(), key=self._place)
            places = [self._lines[digest] for digest in ordered]
            if sum(length for _, length in places) == os.fstat(self._file).st_size:
                return
            chunks = (self._read_at(*place) for place in places)
            write_atomically(self._out / RESULTS, chunks, durable=True)
            os.close(self._file)
            self._file = open_private(self._out / RESULTS, os.O_RDWR | os.O_APPEND)
            self._find_lines()
            self._amended.clear()
            self._state.execute("DELETE FROM replaced")

    # --- inside ------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _told(self, remedy: str = "") -> Iterator[None]:
        """Raise what the folder or the index does wrong as a BatchError that says what to do."""
        state, out = shown_path(self._out / STATE), shown_path(self._out)
        try:
            yield
        except ForeignDatabase as error:
            raise BatchError(f"{state}: {error}") from error
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise BatchError(
                    f"another scan is writing into {out}: wait for it, "
                    "or name another folder with --out"
                ) from error
            raise BatchError(f"{state} can't be used: {error}{remedy}") from error
        except sqlite3.DatabaseError as error:
            raise BatchError(
                f"{state} is damaged: delete it, and what it knew is screened again ({error})"
            ) from error
        except OSError as error:
            named = (
                "" if error.filename is None else f"{shown_path(Path(Path(error.filename).name))}: "
            )
            raise BatchError(f"can't write into {out}: {named}{error.strerror}{remedy}") from error

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
        data = b""
        while len(data) < length and (block := os.read(self._file, length - len(data))):
            data += block
        return data

    def _place(self, digest: str) -> int:
        """Return where a line stands in the file, an amended one where it stood before."""
        return self._amended.get(digest, self._lines[digest][0])

    def _find_lines(self) -> None:
        """Find where the line of each result is, and forget results whose line is not there."""
        known = {digest for (digest,) in self._state.execute("SELECT digest FROM done")}
        old = {digest for (digest,) in self._state.execute("SELECT digest FROM replaced")}
        self._lines = {}
        with open(os.dup(self._file), "rb") as stream:
            stream.seek(0)
            for number, offset, line in each_line(stream):
                digest = line_digest(line)
                if digest in known and digest not in self._lines:
                    self._lines[digest] = offset, len(line)
                elif not line.endswith(b"\n") and len(line) <= LINE_LIMIT:
                    os.ftruncate(self._file, offset)  # in which the last scan was killed
                elif digest not in known | old:
                    _log.warning(
                        "line %d of %s: %s", number, shown_path(self._out / RESULTS), STRANGE
                    )
                    self.broken_lines += 1
        with transaction(self._state):
            for digest in known - self._lines.keys():
                self._state.execute("DELETE FROM done WHERE digest = ?", (digest,))


@dataclass(frozen=True, slots=True)
class _Before:
    """What a file was before it was screened: the facts of it and of its sidecar, whose hash."""

    facts: str
    sidecar: str


def _facts(path: Path) -> str:
    """Return what changes when a file or its sidecar may have changed."""
    found = []
    for file in (path, sidecars.find(path)):
        try:
            found.append("-" if file is None else facts(file.stat()))
        except OSError:
            found.append("-")
    return " ".join(found)


def _sha256(path: Path) -> str:
    """Return the hash of a file, "" for one that is not there or can't be read."""
    try:
        return identify(path)[0]
    except MediaError:
        return ""


def _sha256_beside(path: Path) -> str:
    """Return the hash of the sidecar of a file, as far as it is read; "" as for files."""
    beside = sidecars.find(path)
    try:
        return "" if beside is None else sidecars.sha256_of(beside)
    except OSError:
        return ""


def _content(sha256: str, sidecar: str) -> str:
    """Return what a result was made from, which says nothing of a file that could not be read."""
    return f"{sha256 or _UNREAD} {sidecar}"


def _may_pass(path: Path, verdict: Verdict) -> bool:
    """Say whether what came of a file may not lie in the file, which is to be tried again."""
    if any(piece.reason == "changed" for piece in verdict.abstentions):
        return True
    if any(map(is_of_machine, verdict.failures)):
        return True
    # Of what is no file, such as a pipe, the facts tell when it becomes one.
    unread = not verdict.media.sha256 and not verdict.limited
    return unread and os.path.isfile(path)


def _take_folder(out: Path) -> None:
    """Make the folder of results; it is private unless other things lie in it, too."""
    there = os.listdir(out) if out.is_dir() and not out.is_symlink() else []
    if all(map(is_result, there)):  # where nothing else lies, the folder is the program's own
        private_folder(out)
    else:
        refuse_strangers(out)


def _put_earlier_aside(out: Path) -> None:
    """Rename what an earlier version of the program left, whose lines this one can't vouch for."""
    state = out / STATE
    files = [file for file in (out / RESULTS, state) if os.path.lexists(file)]
    aside = [file.with_name(f"{file.name}.old") for file in files]
    if not has_tables(state, EARLIER) or any(map(os.path.lexists, aside)):
        return
    for file, old in zip(files, aside, strict=True):
        file.rename(old)  # the state last: when it was interrupted, the next scan goes on
    # At this level it is shown to whoever waits for the scan: all is screened again, and why.
    kept = " and ".join(old.name for old in aside)
    _log.error(
        "the results in %s are of an earlier version: they were kept as %s, and all is "
        "screened again",
        shown_path(out),
        kept,
    )


def _open_state(path: Path) -> Connection:
    """Open the index and keep it locked; one that is damaged or outdated is made anew."""
    state = connect_anew(path, LAYOUT, exclusive=True)
    state.execute("PRAGMA synchronous = NORMAL")
    return state


def _key(path: Path) -> bytes:
    return os.fsencode(os.path.abspath(path))

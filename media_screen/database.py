"""Opens the SQLite files of the program, and trusts nothing in them.

A file of SQLite can hold more than rows: triggers that run when a row is written, views and
expressions that run when one is read, pages that lead back into themselves. So a file is opened
only when it is laid out exactly as this version lays it out, nothing but the built-in functions is
trusted, and each statement ends after a time. What another program wrote is never touched.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from media_screen.errors import MediaScreenError
from media_screen.files import open_private, private_folder, ready_database, remove_database

T = TypeVar("T")

_log = logging.getLogger(__name__)

STATEMENT_S = 60.0  # that one statement may take, over the wait for other processes
CHECKED_BYTES = 64 << 20  # up to this size a file is read over when it is opened; a second or less
_STEPS = 10_000  # of SQLite's machine between two looks at the clock: some milliseconds
_RETRY_S = 0.02  # between two tries where SQLite itself does not wait
_MAGIC = b"SQLite format 3\0"
_HEADER = 100  # bytes; the application id is the last four of the first 72
# What SQLite says when another process is in the way and it does not wait by itself.
_BUSY = ("locked", "busy", "locking protocol")


class ForeignDatabase(MediaScreenError, sqlite3.DatabaseError):
    """The file is another program's: it is neither read nor removed."""


class OutdatedDatabase(MediaScreenError, sqlite3.DatabaseError):
    """The file is ours, but not laid out as this version does: it can be made anew."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file of the program looks: what marks it as ours, its version, and its tables.

    `wal` lets many processes read while one writes; `wait_s` is how long to wait for a writer.
    """

    application_id: int
    version: int
    tables: str
    wal: bool = False
    wait_s: float = 30.0


class Connection(sqlite3.Connection):
    """A connection whose statements end after a time, whatever stands in the file."""

    until = float("inf")  # on the monotonic clock
    patience_s = STATEMENT_S

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        """Run one statement; raises OperationalError ("interrupted") when it takes too long."""
        self.until = time.monotonic() + self.patience_s
        try:
            return super().execute(*arguments)
        except UnicodeDecodeError as error:  # SQLite quotes what is damaged in its message
            raise sqlite3.DatabaseError(f"it is damaged: {error}") from error

    def executemany(self, *arguments: Any) -> sqlite3.Cursor:
        """Run one statement for many rows, with as much time as a single one."""
        self.until = time.monotonic() + self.patience_s
        return super().executemany(*arguments)


def connect(path: Path, layout: Layout, *, exclusive: bool = False) -> Connection:
    """Open a file of the program, private and checked; an empty or missing one is laid out.

    With `exclusive` no other process can open it meanwhile. Raises ForeignDatabase for what is not
    ours, OutdatedDatabase for what can be made anew, other sqlite3.Error for what is damaged or in
    use, and OSError when the file can't be opened or is a link.
    """
    if not path.parent.exists():
        private_folder(path.parent)
    ready_database(path)
    _refuse_foreign(path, layout)
    connection = sqlite3.connect(
        path,
        timeout=layout.wait_s,
        check_same_thread=False,
        isolation_level=None,
        factory=Connection,
    )
    try:
        connection.patience_s = layout.wait_s + STATEMENT_S
        connection.set_progress_handler(lambda: time.monotonic() > connection.until, _STEPS)
        _distrust(connection)
        if exclusive:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        _patiently(lambda: _lay_out(connection, layout), layout.wait_s)
        if exclusive:
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")  # the lock stays
        _check(connection, path, layout)
    except BaseException:
        connection.close()
        raise
    return connection


def renew(path: Path, layout: Layout) -> None:
    """Remove a damaged or outdated file of ours, to be begun anew; raises ForeignDatabase."""
    with contextlib.suppress(FileNotFoundError):
        _refuse_foreign(path, layout)
    remove_database(path)


def connect_anew(path: Path, layout: Layout, *, exclusive: bool = False) -> Connection:
    """Open a file of the program as `connect` does; one that is damaged or outdated is begun anew.

    For what can be found again. Raises ForeignDatabase, sqlite3.OperationalError when it is in use,
    and OSError.
    """
    try:
        return connect(path, layout, exclusive=exclusive)
    except sqlite3.DatabaseError as error:
        if isinstance(error, (sqlite3.OperationalError, ForeignDatabase)):
            raise
        shown = os.fsencode(path).decode("utf-8", "backslashreplace")
        _log.warning("%s is made anew: %s", shown, error)
        renew(path, layout)
        return connect(path, layout, exclusive=exclusive)


def has_tables(path: Path, tables: str) -> bool:
    """Tell whether an unmarked file is laid out exactly so, trigger for trigger; it is only read.

    For files of versions of the program that did not mark them.
    """
    if not path.is_file() or path.is_symlink():
        return False
    # Immutable: no lock and no journal, so that nothing is written beside another program's file.
    place = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    try:
        with contextlib.closing(sqlite3.connect(place, uri=True)) as connection:
            _distrust(connection)
            ((mark,),) = connection.execute("PRAGMA application_id")
            return mark == 0 and _schema(connection) == _expected(tables)
    except sqlite3.Error:
        return False


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Run statements all or none; another writer is waited for at the beginning only."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def digest_of(*parts: str | float | bytes) -> str:
    """Return what tells that something stored, or the content it was made from, was changed."""
    digest = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else repr(part).encode()
        digest.update(b"%d " % len(data) + data)
    return digest.hexdigest()


# --- inside ----------------------------------------------------------------------------------


def _refuse_foreign(path: Path, layout: Layout) -> None:
    """Raise ForeignDatabase unless the file is empty, or marked as one of this kind.

    The mark is read without SQLite, so that nothing of a stranger's file is ever run.
    """
    file = open_private(path, os.O_RDONLY)
    with open(file, "rb") as stream:
        header = stream.read(_HEADER)
    mark = int.from_bytes(header[68:72], "big")
    if header and not (header.startswith(_MAGIC) and mark == layout.application_id):
        raise ForeignDatabase(
            "it is a file of another program, or one that is damaged beyond recognition: "
            "move it away, or name another folder"
        )


def _distrust(connection: sqlite3.Connection) -> None:
    """Let nothing that stands in the file call functions, and keep all scratch data in memory."""
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA foreign_keys = ON")
    if sys.version_info >= (3, 12):
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)


def _patiently(run: Callable[[], T], wait_s: float) -> T:
    """Run what SQLite does not wait with: changing the journal mode, opening while one closes."""
    until = time.monotonic() + wait_s
    while True:
        try:
            return run()
        except sqlite3.OperationalError as error:
            busy = any(word in str(error) for word in _BUSY)
            if not busy or time.monotonic() > until:
                raise
        time.sleep(_RETRY_S)


def _lay_out(connection: sqlite3.Connection, layout: Layout) -> None:
    """Make the tables in an empty file; of many processes that try, one does."""
    if _schema(connection):
        return
    # First of all, and before there is a log beside it: the mark must stand in the file itself.
    connection.execute(f"PRAGMA application_id = {layout.application_id}")
    if layout.wal:
        connection.execute("PRAGMA journal_mode = WAL")
    with transaction(connection):
        if not _schema(connection):  # else another process was faster
            for statement in _statements(layout.tables):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {layout.version}")


def _check(connection: sqlite3.Connection, path: Path, layout: Layout) -> None:
    """Raise a DatabaseError unless the file is laid out as expected, and whole where it is small.

    Whatever else stands in its schema, a trigger or a view, makes it another layout.
    """
    ((version,),) = connection.execute("PRAGMA user_version")
    if version != layout.version or _schema(connection) != _expected(layout.tables):
        raise OutdatedDatabase(
            f"expected version {layout.version} as this program lays it out, "
            f"got version {version}, or tables, views or triggers of something else"
        )
    if path.stat().st_size <= CHECKED_BYTES:
        ((found,),) = connection.execute("PRAGMA quick_check(1)")
        if found != "ok":
            raise sqlite3.DatabaseError(found)


def _schema(connection: sqlite3.Connection) -> frozenset[tuple[Any, ...]]:
    return frozenset(connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema"))


@lru_cache
def _expected(tables: str) -> frozenset[tuple[Any, ...]]:
    """Return the schema that these tables have in a file that nobody changed."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        for statement in _statements(tables):
            connection.execute(statement)
        return _schema(connection)


def _statements(tables: str) -> Iterator[str]:
    return filter(None, map(str.strip, tables.split(";")))

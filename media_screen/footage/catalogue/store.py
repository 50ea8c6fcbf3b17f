"""Keeps the fingerprints of official footage and known fakes in one SQLite file, and searches them.

Many processes may read one catalogue at a time while one adds to it (SQLite in write-ahead mode).
Each process builds its own search index when it first searches, and again after the file changed.
Nothing in the file is executable: arrays are little-endian bytes whose lengths are checked. Each is
bound to the content that it was made from: a digest over both is checked whenever it is read.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from media_screen.arrays import Array
from media_screen.database import Connection, Layout, connect, digest_of, transaction
from media_screen.errors import MediaScreenError
from media_screen.evidence import Match, covered_s
from media_screen.footage.catalogue.index import (
    Candidate,
    Indexed,
    ReferenceIndex,
    codes_to_index,
    pairs_to_index,
)
from media_screen.footage.catalogue.match import Known, MeasuredMatch, compare, in_order, strongest
from media_screen.footage.catalogue.parts import Query
from media_screen.footage.fingerprint import LAYOUT, Fingerprint, kept_thumbs, picture

Kind = Literal["official", "known_fake"]

SCHEMA_VERSION = 5  # also raised when fingerprints of the same footage change
MOST_LOCATED = 4  # candidates that are looked for in parts of the picture
UNEXPLAINED_S = 1.5  # of picture that are left unexplained without another look
# Only a query is mirrored, so a reference does without these.
_NOT_STORED = ("mirrored", "face_mirrored")
_LONGEST_S = 7 * 24 * 3600.0  # a file that claims more is damaged

_TABLES = """
CREATE TABLE reference (
    id INTEGER PRIMARY KEY,
    person TEXT NOT NULL,
    reference TEXT NOT NULL,
    sha256 TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    duration_s REAL NOT NULL,
    sound_s REAL NOT NULL,
    digest TEXT NOT NULL
);
CREATE TABLE array (
    reference_id INTEGER NOT NULL REFERENCES reference (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    rows INTEGER NOT NULL,
    data BLOB NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (reference_id, name)
) WITHOUT ROWID;
"""
LAYOUT_OF_FILE = Layout(0x4D534341, SCHEMA_VERSION, _TABLES, wal=True)  # "MSCA"
# Arrays that only the index reads, derived from the fingerprint when it is added.
_DERIVED: dict[str, tuple[str, tuple[int, ...]]] = {
    "index_codes": ("|u1", (picture.HASH_BYTES,)),
    "index_pairs": ("<u8", ()),
}
_BY_HASH = "SELECT id FROM reference WHERE sha256 = ?"
_ROWS = {**LAYOUT, **_DERIVED}

_log = logging.getLogger(__name__)


class CatalogueError(MediaScreenError, RuntimeError):
    """The catalogue can't be read or written; the message names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class ReferenceEntry:
    """One reference as it is listed: whose it is, what it is, how long."""

    person: str
    reference: str
    sha256: str
    kind: Kind
    duration_s: float


class Catalogue:
    """The fingerprints of all references in one file: `with Catalogue.open(path) as catalogue`.

    A catalogue can be pickled: what travels is its path, and the other side opens it again.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._lock = threading.RLock()
        self._process = 0
        self._connection: Connection | None = None
        self._index: ReferenceIndex | None = None
        self._version = -1
        with self._lock:
            self._connect()

    @classmethod
    def open(cls, path: Path | str) -> Catalogue:
        """Open a catalogue; a file that does not exist is begun empty.

        Raises CatalogueError when the file is not a catalogue, is damaged, or was written by
        another version.
        """
        return cls(path)

    def __enter__(self) -> Catalogue:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[type[Catalogue], tuple[Path]]:
        return Catalogue, (self.path,)

    def close(self) -> None:
        """Close the file; using the catalogue again opens it again."""
        with self._lock:
            if self._connection is not None and self._process == os.getpid():
                self._connection.close()
            self._connection = None
            self._index = None

    # --- contents ----------------------------------------------------------------------------

    def __len__(self) -> int:
        return int(self._rows("SELECT COUNT(*) FROM reference")[0][0])

    def has(self, sha256: str) -> bool:
        """Tell whether the file with this hash is in the catalogue, with all that belongs to it."""
        rows = self._rows(_BY_HASH, (sha256,))
        try:
            return (
                bool(rows)
                and self._known(int(rows[0][0])) is not None
                and bool(self._arrays(int(rows[0][0]), tuple(_DERIVED)))
            )
        except CatalogueError as error:
            _log.warning("%s", error)
            return False

    def entries(self) -> tuple[ReferenceEntry, ...]:
        """List all references in the order in which they were added."""
        rows = self._rows(
            "SELECT person, reference, sha256, kind, duration_s FROM reference ORDER BY id",
            kinds=(str, str, str, str, float),
        )
        return tuple(ReferenceEntry(*row) for row in rows)

    def add(
        self,
        person: str,
        reference: str,
        sha256: str,
        fingerprint: Fingerprint,
        *,
        kind: Kind = "official",
        duration_s: float | None = None,
    ) -> None:
        """Add a reference; one with the same hash is replaced.

        `reference` is the name to show (a file name or address), `duration_s` the length when the
        fingerprint does not know it.
        """
        if kind not in get_args(Kind):
            raise ValueError(f"kind must be one of {get_args(Kind)}, got {kind!r}")
        length = fingerprint.duration_s if duration_s is None else duration_s
        if not 0.0 <= length <= _LONGEST_S:
            raise ValueError(f"duration_s must be 0 to {_LONGEST_S:.0f}, got {length}")
        arrays: dict[str, Array] = {
            name: getattr(fingerprint, name) for name in LAYOUT if name not in _NOT_STORED
        }
        for name, array in kept_thumbs(fingerprint).items():
            arrays[name] = array
        arrays["index_codes"] = codes_to_index(fingerprint)
        arrays["index_pairs"] = pairs_to_index(fingerprint)
        lengths = (float(length), float(fingerprint.sound_s))
        row = (person, reference, sha256, kind, *lengths, digest_of(sha256, *lengths))
        with self._writing() as connection:
            connection.execute("DELETE FROM reference WHERE sha256 = ?", (sha256,))
            number = connection.execute(
                "INSERT INTO reference (person, reference, sha256, kind, duration_s, sound_s, "
                "digest) VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            ).lastrowid
            for name, array in arrays.items():
                data = array.astype(_ROWS[name][0]).tobytes()
                digest = digest_of(sha256, name, len(array), data)
                connection.execute(
                    "INSERT INTO array VALUES (?, ?, ?, ?, ?)",
                    (number, name, len(array), data, digest),
                )

    def take_over(self, other: Catalogue, sha256: str) -> None:
        """Add a reference of another catalogue as it is there; one with the same hash is replaced.

        Raises CatalogueError when the other does not have it, or can't be read.
        """
        head = "person, reference, sha256, kind, duration_s, sound_s, digest"
        rows = other._rows(f"SELECT {head}, id FROM reference WHERE sha256 = ?", (sha256,))
        if not rows:
            raise CatalogueError(f"{other.path}: there is no reference {sha256:.64}")
        *row, theirs = rows[0]
        arrays = other._rows(
            "SELECT name, rows, data, digest FROM array WHERE reference_id = ?", (theirs,)
        )
        with self._writing() as connection:
            connection.execute("DELETE FROM reference WHERE sha256 = ?", (sha256,))
            marks = ", ".join("?" * len(row))
            number = connection.execute(
                f"INSERT INTO reference ({head}) VALUES ({marks})", tuple(row)
            ).lastrowid
            connection.executemany(
                "INSERT INTO array (reference_id, name, rows, data, digest) VALUES (?, ?, ?, ?, ?)",
                [(number, *array) for array in arrays],
            )

    def file_under(self, sha256: str, person: str, reference: str, *, kind: Kind) -> None:
        """Give a reference another person, name or kind; its fingerprint stays."""
        if kind not in get_args(Kind):
            raise ValueError(f"kind must be one of {get_args(Kind)}, got {kind!r}")
        with self._writing() as connection:
            connection.execute(
                "UPDATE reference SET person = ?, reference = ?, kind = ? WHERE sha256 = ?",
                (person, reference, kind, sha256),
            )

    def remove(self, *, sha256: str | None = None, person: str | None = None) -> int:
        """Remove one reference by its hash, or all of a person; returns how many were removed."""
        if (sha256 is None) == (person is None):
            raise ValueError("expected either sha256 or person")
        column, value = ("sha256", sha256) if sha256 is not None else ("person", person)
        with self._writing() as connection:
            return connection.execute(
                f"DELETE FROM reference WHERE {column} = ?", (value,)
            ).rowcount

    # --- search ------------------------------------------------------------------------------

    def search(self, fingerprint: Fingerprint) -> tuple[Match, ...]:
        """Return what the file has in common with references, in order of time in the file."""
        return tuple(found.match for found in self.find(fingerprint))

    def find(
        self,
        fingerprint: Fingerprint,
        *,
        among: Collection[int] | None = None,
        without: str = "",
    ) -> tuple[MeasuredMatch, ...]:
        """Return the matches with what was measured: mapping in time, scores, mirrored.

        Of references with the same content one is told; `among` these numbers it is looked for in
        them alone, and never in the one `without` which (its hash) it is to be looked for.
        """
        with self._lock:
            index = self._ready_index()
            if not len(index) or fingerprint.empty:
                return ()
            query = Query(fingerprint)
            itself = [row[0] for row in self._rows(_BY_HASH, (without,))] if without else []
            candidates = [
                one
                for one in index.candidates(fingerprint)
                if (among is None or one.reference in among) and one.reference not in itself
            ]
            found = self._compared(query, candidates, thorough=False)
            if _unexplained(fingerprint, found) > UNEXPLAINED_S:
                # Looking inside the pictures costs more: only where something matched or is near.
                matched = {item.number for item in found if not item.clear}
                clear = {item.number for item in found if item.clear}
                near = sorted(candidates, key=lambda item: -item.picture)[:MOST_LOCATED]
                again = [one for one in candidates if one.reference in matched or one in near]
                again = [one for one in again if one.reference not in clear]
                redone = {one.reference for one in again}
                found = [item for item in found if item.number not in redone]
                found += self._compared(query, again, thorough=True)
            return tuple(in_order(strongest(found)))

    def _compared(
        self, query: Query, candidates: list[Candidate], *, thorough: bool
    ) -> list[MeasuredMatch]:
        found: list[MeasuredMatch] = []
        for candidate in candidates:
            known = self._known(candidate.reference)
            if known is not None:
                found += compare(query, known, candidate, thorough=thorough)
            whole = [item for item in found if item.sound_score and item.picture_score]
            if _unexplained(query.fingerprint, whole) <= UNEXPLAINED_S:
                break  # picture and sound are those of what was found: nothing can fit better
        return found

    def fingerprint(self, sha256: str) -> Fingerprint | None:
        """Return the stored fingerprint of a reference, without its mirrored hashes."""
        rows = self._rows(_BY_HASH, (sha256,))
        known = self._known(int(rows[0][0])) if rows else None
        return known.fingerprint if known else None

    @property
    def index_bytes(self) -> int:
        """Memory of the search index of this process, bytes."""
        with self._lock:
            return self._ready_index().nbytes

    def _ready_index(self) -> ReferenceIndex:
        # Changes whenever another connection has written; our own writes drop the index.
        version = int(self._rows("PRAGMA data_version")[0][0])
        if self._index is None or version != self._version:
            # The index reads everything twice: both times the same, whatever others add meanwhile.
            self._rows("BEGIN")
            try:
                self._index = ReferenceIndex(self._indexed)
            finally:
                self._rows("ROLLBACK")
            self._version = version
        return self._index

    def _indexed(self) -> Iterator[Indexed]:
        return self._indexed_of("TRUE")

    def _indexed_of(self, condition: str, values: tuple[int, ...] = ()) -> Iterator[Indexed]:
        """Give what the index needs of the references of which an SQL condition is true."""
        rows = self._rows(
            "SELECT id, sha256, duration_s, sound_s, digest FROM reference "
            f"WHERE {condition} ORDER BY id",
            values,
            kinds=(int, str, float, float, str),
        )
        for number, sha256, duration_s, sound_s, digest in rows:
            self._check(number, sha256, duration_s, sound_s, digest)
            arrays = self._arrays(number, tuple(_DERIVED))
            yield Indexed(number, duration_s, arrays["index_codes"], arrays["index_pairs"])

    def _check(
        self, number: int, sha256: str, duration_s: float, sound_s: float, digest: str
    ) -> None:
        if digest != digest_of(sha256, duration_s, sound_s):
            raise CatalogueError(f"{self.path}: reference {number} was changed: enroll again")

    def _known(self, number: int) -> Known | None:
        rows = self._rows(
            "SELECT person, reference, kind, duration_s, sound_s, sha256, digest FROM reference "
            "WHERE id = ?",
            (number,),
            kinds=(str, str, str, float, float, str, str),
        )
        if not rows:
            return None  # removed by another process since the index was built
        person, reference, kind, duration_s, sound_s, sha256, digest = rows[0]
        self._check(number, sha256, duration_s, sound_s, digest)
        if kind not in get_args(Kind):
            raise CatalogueError(
                f"{self.path}: reference {number} was changed: expected one of {get_args(Kind)}, "
                f"got {kind!r:.60}"
            )
        names = tuple(name for name in LAYOUT if name not in _NOT_STORED)
        arrays = self._arrays(number, names)
        arrays["mirrored"] = np.zeros_like(arrays["hashes"])
        arrays["face_mirrored"] = np.zeros_like(arrays["face_hashes"])
        try:
            fingerprint = Fingerprint(duration_s=duration_s, sound_s=sound_s, **arrays)
        except ValueError as error:
            raise CatalogueError(f"{self.path}: reference {number}: {error}") from error
        return Known(number, person, reference, sha256, kind, duration_s, fingerprint)

    def _arrays(self, number: int, names: tuple[str, ...]) -> dict[str, Array]:
        marks = ", ".join("?" * len(names))
        rows = self._rows(
            "SELECT name, rows, data, array.digest, sha256 FROM array "
            "JOIN reference ON id = reference_id "
            f"WHERE reference_id = ? AND name IN ({marks})",
            (number, *names),
        )
        found = {}
        for name, count, data, digest, sha256 in rows:
            if digest != digest_of(sha256, name, count, data):
                raise CatalogueError(
                    f"{self.path}: reference {number}: {name} is not what was made from its file: "
                    "enroll again"
                )
            found[name] = self._array(number, name, count, data)
        missing = sorted(set(names) - set(found))
        if missing:
            raise CatalogueError(f"{self.path}: reference {number} lacks {', '.join(missing)}")
        return found

    def _array(self, number: int, name: str, count: int, data: bytes) -> Array:
        kind, row = _ROWS[name]
        expected = count * int(np.prod(row, dtype=np.int64)) * np.dtype(kind).itemsize
        if count < 0 or len(data) != expected:
            raise CatalogueError(
                f"{self.path}: reference {number}: {name} has {len(data)} bytes, "
                f"{expected} are expected for {count} rows"
            )
        native = np.frombuffer(data, dtype=kind).astype(np.dtype(kind).newbyteorder("="))
        return native.reshape(count, *row)

    # --- file --------------------------------------------------------------------------------

    def _connect(self) -> Connection:
        """Return this process's connection; one that was inherited by a fork is not used."""
        if self._connection is not None and self._process == os.getpid():
            return self._connection
        self._index = None
        try:
            connection = connect(self.path, LAYOUT_OF_FILE)
        except (sqlite3.Error, OSError) as error:
            raise CatalogueError(f"{self.path}: can't be opened as a catalogue: {error}") from error
        self._connection, self._process = connection, os.getpid()
        return connection

    def _rows(
        self, sql: str, values: tuple[Any, ...] = (), *, kinds: tuple[type, ...] = ()
    ) -> list[tuple[Any, ...]]:
        """Return the rows of a query, whose columns are of these kinds: SQLite takes any."""
        with self._lock:
            try:
                rows = self._connect().execute(sql, values).fetchall()
            except sqlite3.Error as error:
                raise CatalogueError(f"{self.path}: can't be read: {error}") from error
        for row in rows:
            for value, kind in zip(row, kinds, strict=False):
                if not isinstance(value, kind):
                    raise CatalogueError(
                        f"{self.path}: was changed: expected {kind.__name__} in a column, "
                        f"got {type(value).__name__}: delete it, and it is made anew"
                    )
        return rows

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Run statements as one transaction, all or nothing."""
        with self._lock:
            connection = self._connect()
            try:
                with transaction(connection):
                    yield connection
            except sqlite3.Error as error:
                raise CatalogueError(f"{self.path}: can't be written: {error}") from error
            finally:
                self._index = None


def _unexplained(fingerprint: Fingerprint, found: list[MeasuredMatch]) -> float:
    """Return for how many seconds no picture matches clearly."""
    return fingerprint.duration_s - covered_s(item.match.query_span for item in found if item.clear)

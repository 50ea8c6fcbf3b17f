"""What was seen and heard in the files of a folder of results, by their bytes.

`OUT/observed.sqlite` is a cache: with it, files need not be decoded again when enrolled people
change; without it they are. It holds embeddings of faces and voices, so it is private, and nothing
of it is in records, pages, exports or packages. This module knows it as bytes.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Collection
from pathlib import Path

from media_screen.database import (
    Connection,
    Layout,
    connect_anew,
    digest_of,
    renew,
    transaction,
)
from media_screen.media import shown_path

OBSERVED = "observed.sqlite"
LAYOUT = Layout(
    0x4D534F42,  # "MSOB"
    1,
    """
    CREATE TABLE observed (
        sha256 TEXT PRIMARY KEY,
        made TEXT NOT NULL,
        data BLOB NOT NULL,
        digest TEXT NOT NULL
    )
    """,
)

_log = logging.getLogger(__name__)


class Observations:
    """What was seen and heard, by the hash of the bytes; begun anew when it is damaged.

    `made` is by which networks and settings: what was seen by others is not given back.
    """

    def __init__(self, path: Path, *, made: str) -> None:
        self._path, self._made = path, made
        self._rows: Connection = connect_anew(path, LAYOUT)
        self._rows.execute("PRAGMA secure_delete = ON")  # what is removed is overwritten
        # Losing the last rows costs decoding those files, not a result.
        self._rows.execute("PRAGMA synchronous = OFF")

    def close(self) -> None:
        """Close the file."""
        self._rows.close()

    def get(self, sha256: str) -> bytes:
        """Return what was kept of these bytes, b"" for nothing."""
        try:
            row = self._rows.execute(
                "SELECT data, digest FROM observed WHERE sha256 = ? AND made = ?",
                (sha256, self._made),
            ).fetchone()
        except sqlite3.Error as error:
            _log.warning("%s can't be read: %s", shown_path(self._path), error)
            return b""
        if row is None or not isinstance(row[0], bytes) or self._digest(sha256, row[0]) != row[1]:
            return b""
        return row[0]

    def _digest(self, sha256: str, data: bytes) -> str:
        return digest_of(sha256, self._made, data)

    def put(self, sha256: str, data: bytes) -> None:
        """Keep what was seen and heard in these bytes; where that can't be, it goes without."""
        try:
            self._rows.execute(
                "INSERT OR REPLACE INTO observed VALUES (?, ?, ?, ?)",
                (sha256, self._made, data, self._digest(sha256, data)),
            )
        except sqlite3.Error as error:
            _log.warning("%s can't be written: %s", shown_path(self._path), error)

    def drop_others(self, keep: Collection[str]) -> None:
        """Remove what was kept of other bytes than these."""
        try:
            with transaction(self._rows):
                there = self._rows.execute("SELECT sha256 FROM observed").fetchall()
                gone = [(sha256,) for (sha256,) in there if sha256 not in keep]
                self._rows.executemany("DELETE FROM observed WHERE sha256 = ?", gone)
        except sqlite3.Error as error:
            _log.warning("%s can't be written: %s", shown_path(self._path), error)


def forget(path: Path) -> None:
    """Remove all that was kept; raises ForeignDatabase for what is another program's."""
    renew(path, LAYOUT)

"""Which lines of a folder of results were written by a scan into it, as its state knows them.

`OUT/state.sqlite` holds the hash of each line, noted before the line is written. What it does not
know was damaged since, or put there by somebody else. Reading it takes no decoder and no network.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

from media_screen.database import Layout, connect

STATE = "state.sqlite"
LAYOUT = Layout(
    0x4D535354,  # "MSST"
    2,
    """
    CREATE TABLE done (
        path BLOB PRIMARY KEY,
        facts TEXT NOT NULL,
        content TEXT NOT NULL,
        settings TEXT NOT NULL,
        failed INTEGER NOT NULL,
        digest TEXT NOT NULL UNIQUE
    );
    CREATE TABLE replaced (digest TEXT PRIMARY KEY)
    """,
    wait_s=0.5,
)
# How the first versions laid the file out; they left no mark in it.
EARLIER = """
    CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER);
    CREATE TABLE done (path BLOB PRIMARY KEY, signature TEXT, settings TEXT, offset INTEGER, \
failed INTEGER, digest TEXT)
    """
STRANGE = "no scan into this folder wrote this line as it is"


@dataclass(frozen=True, slots=True)
class Written:
    """The hashes of the lines that scans wrote; `unknown` says why none are known, "" if some are.

    Where none are known, as in a file of results that somebody sent, every line is taken.
    """

    digests: Container[str] = frozenset()
    unknown: str = ""

    def holds(self, line: bytes) -> bool:
        """Tell whether a line may be taken for a result."""
        return bool(self.unknown) or line_digest(line) in self.digests


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """Where a file lay when it was screened, and the hash of its sidecar then, "" for none."""

    path: Path
    sidecar_sha256: str


def line_digest(line: bytes) -> str:
    """Return the hash by which the state knows a line, its end included."""
    return hashlib.sha256(line).hexdigest()


def written_lines(out: Path) -> Written:
    """Read which lines a folder of results should hold; changes nothing in it."""
    path = out / STATE
    if not path.is_file() or path.stat().st_size == 0:
        return Written(unknown=f"there is no {STATE} beside them")
    try:
        with contextlib.closing(connect(path, LAYOUT)) as state:
            rows = state.execute("SELECT digest FROM done UNION SELECT digest FROM replaced")
            return Written(frozenset(digest for (digest,) in rows))
    except sqlite3.OperationalError as error:
        busy = "a scan is writing into the folder" if "locked" in str(error) else str(error)
        return Written(unknown=f"{STATE} can't be read: {busy}")
    except (sqlite3.Error, OSError) as error:
        return Written(unknown=f"{STATE} can't be read: {error}")


def written_files(out: Path, digests: Container[str] | None = None) -> dict[str, WrittenFile]:
    """Return the files whose lines have these hashes, by the hash, as far as the state tells.

    Without hashes those of all lines.
    """
    path = out / STATE
    if not path.is_file() or path.stat().st_size == 0:
        return {}
    try:
        with contextlib.closing(connect(path, LAYOUT)) as state:
            rows = state.execute("SELECT digest, path, content FROM done").fetchall()
    except (sqlite3.Error, OSError):
        return {}
    return {
        digest: WrittenFile(Path(os.fsdecode(name)), content.partition(" ")[2])
        for digest, name, content in rows
        if digests is None or digest in digests
    }

"""Keeps what is known of files and campaigns from one scan into a folder to the next."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from media_screen.database import Connection, Layout, connect_anew, transaction
from media_screen.footage.campaigns import FacesApart, Pair

STORE = "campaigns.sqlite"
LAYOUT = Layout(
    0x4D534341,  # "MSCA"
    2,
    """
    CREATE TABLE file (
        key TEXT PRIMARY KEY,
        digest TEXT NOT NULL,
        facts TEXT NOT NULL,
        told TEXT NOT NULL
    );
    CREATE TABLE campaign (
        id TEXT PRIMARY KEY,
        number INTEGER NOT NULL,
        merged_into TEXT NOT NULL,
        signature TEXT NOT NULL,
        record TEXT NOT NULL
    );
    CREATE TABLE faces (
        file TEXT NOT NULL,
        other TEXT NOT NULL,
        settings TEXT NOT NULL,
        most REAL,
        PRIMARY KEY (file, other)
    )
    """,
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KeptFile:
    """What is kept of a file: the hash of its line, what grouping needs of it, what it was told."""

    digest: str
    facts: str
    told: str


@dataclass(frozen=True, slots=True)
class KeptCampaign:
    """What is kept of a campaign: the how-manieth it was, and its record with what that is made of.

    Of one that turned out to be another, `merged_into` is the id of that, and the rest is empty.
    """

    number: int
    merged_into: str = ""
    signature: str = ""
    record: str = ""


class CampaignStore:
    """The file of what was known after the last scan; begun anew when it is damaged."""

    def __init__(self, path: Path) -> None:
        self._rows: Connection = connect_anew(path, LAYOUT)

    def close(self) -> None:
        """Close the file."""
        self._rows.close()

    def files(self) -> dict[str, KeptFile]:
        """Return what is kept of files, by their keys."""
        rows = self._rows.execute("SELECT key, digest, facts, told FROM file")
        return {row[0]: KeptFile(*row[1:]) for row in rows if _holds(row, (str, str, str, str))}

    def campaigns(self) -> dict[str, KeptCampaign]:
        """Return what is kept of campaigns, by their ids."""
        rows = self._rows.execute("SELECT id, number, merged_into, signature, record FROM campaign")
        kinds = (str, int, str, str, str)
        return {row[0]: KeptCampaign(*row[1:]) for row in rows if _holds(row, kinds)}

    def faces(self, settings: str) -> dict[Pair, FacesApart]:
        """Return what comparisons of faces came to that were made with these settings."""
        rows = self._rows.execute(
            "SELECT file, other, most FROM faces WHERE settings = ?", (settings,)
        )
        return {
            (file, other): FacesApart(most)
            for file, other, most in rows
            if isinstance(file, str) and isinstance(other, str) and _is_ratio(most)
        }

    def keep_faces(self, pair: Pair, apart: FacesApart, settings: str) -> None:
        """Keep what a comparison came to, at once: it took seconds."""
        row = (*pair, settings, apart.most)
        self._rows.execute("INSERT OR REPLACE INTO faces VALUES (?, ?, ?, ?)", row)

    def save(self, files: Mapping[str, KeptFile], campaigns: Mapping[str, KeptCampaign]) -> None:
        """Keep what is known now, all or nothing."""
        before, known = self.files(), self.campaigns()
        with transaction(self._rows):
            self._rows.executemany(
                "DELETE FROM file WHERE key = ?", [(key,) for key in before.keys() - files.keys()]
            )
            self._rows.executemany(
                "INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?)",
                [
                    (key, row.digest, row.facts, row.told)
                    for key, row in files.items()
                    if before.get(key) != row
                ],
            )
            self._rows.executemany(
                "INSERT OR REPLACE INTO campaign VALUES (?, ?, ?, ?, ?)",
                [
                    (name, row.number, row.merged_into, row.signature, row.record)
                    for name, row in campaigns.items()
                    if known.get(name) != row
                ],
            )


def _is_ratio(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isfinite(value))


def _holds(row: Sequence[object], kinds: Sequence[type]) -> bool:
    """Tell whether a row has values of these types: SQLite keeps whatever is put into a column."""
    return all(isinstance(value, kind) for value, kind in zip(row, kinds, strict=True))

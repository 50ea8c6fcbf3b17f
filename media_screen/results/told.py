"""Remembers which results a user was told of, to say what is new since.

`OUT/watch.json` holds, by file, the label that a watch told and the hash of its line, and
`OUT/scanned.json` those that the last scan left. What can't be read there was never told: it is
told again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from media_screen.files import read_regular, write_atomically
from media_screen.results.folder import FinishedFile, Results

TOLD = "watch.json"
SCANNED = "scanned.json"
_MOST = 256 << 20  # bytes; a million files have half of that


@dataclass(frozen=True, slots=True)
class New:
    """A file that has a result since the last time, and the label it had then, "" for none."""

    file: FinishedFile
    before: str = ""


@dataclass(slots=True)
class AlreadyTold:
    """What was told of a folder of results so far, when the last time was, and what made that."""

    last: str = ""  # ISO 8601, UTC; "" when it is the first time
    lines: dict[str, tuple[str, str]] = field(default_factory=dict)  # hash and label, by file
    versions: dict[str, str] = field(default_factory=dict)  # those of its results, where told

    @classmethod
    def read(cls, out: Path, name: str = TOLD) -> AlreadyTold:
        """Read what was told; what can't be read was not."""
        path = out / name
        try:
            if path.is_symlink() or not path.is_file() or path.stat().st_size > _MOST:
                return cls()
            return cls._of(json.loads(read_regular(path)))
        except (OSError, ValueError, RecursionError):
            return cls()

    @classmethod
    def _of(cls, record: Any) -> AlreadyTold:
        found = record if isinstance(record, dict) else {}
        last, lines = found.get("last"), found.get("told")
        if not isinstance(last, str) or not isinstance(lines, dict):
            return cls()
        pairs = {path: tuple(pair) for path, pair in lines.items() if isinstance(pair, list)}
        kept = {
            path: (pair[0], pair[1])
            for path, pair in pairs.items()
            if len(pair) == 2 and all(isinstance(text, str) for text in pair)
        }
        versions = found.get("versions", {})
        if not isinstance(versions, dict):
            versions = {}
        return cls(last, kept, {key: one for key, one in versions.items() if isinstance(one, str)})

    def news(self, results: Results, paths: Iterable[Path]) -> list[New]:
        """Return which of these files have a new result or another label, and remember them."""
        digests = {path: digest for digest, path in results.lines().items()}
        news = []
        for path in paths:
            place = Path(os.path.abspath(path))  # as results know it
            key, digest = str(place), digests.get(place, "")
            known, label = self.lines.get(key, ("", ""))
            if not digest or digest == known:
                continue
            entry = results.entry(path, kept=False)
            if entry is not None:
                if entry.label != label:
                    news.append(New(entry, label))
                self.lines[key] = (digest, entry.label)
        return news

    def gone(self) -> list[str]:
        """Return which files are not there any more, and forget that they were."""
        found = [path for path in self.lines if not os.path.lexists(path)]
        for path in found:
            del self.lines[path]
        return found

    def write(self, out: Path, name: str = TOLD, *, now: str) -> None:
        """Remember what was told, and that it was told now. Raises OSError."""
        self.last = now
        record = {"last": now, "told": self.lines, "versions": self.versions}
        write_atomically(out / name, [json.dumps(record).encode("ascii")], durable=True)

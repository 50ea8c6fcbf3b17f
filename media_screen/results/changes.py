"""What changed in a folder of results since the last scan: files, labels, and what made them.

`OUT/changes.json` holds it for the pages. It is written anew by each scan that had one before it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from media_screen.evidence import LABELS, Label
from media_screen.files import read_regular, write_atomically
from media_screen.media import shown_path
from media_screen.results.told import AlreadyTold, New

CHANGES = "changes.json"
LISTED = 500  # files of a kind that are named; all are counted
_MOST = 16 << 20  # bytes that are read

# What results are made with, by its name in their versions: as it is said to have changed.
PARTS = {
    "people.records": "names or accounts of people",
    "people.faces": "faces of people",
    "people.voices": "voices of people",
    "people.official": "official footage",
    "people.fakes": "known fakes",
    "people.trust": "trusted certificates",
    "judging": "sensitivity or weights",
    "names": "the watch-list",
}
OTHER_PARTS = "settings, networks or packages"


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file with a result that is new, or that had another label; `before` is "" for new ones."""

    path: str
    key: str
    label: Label
    before: str
    why: str  # the sentence of its verdict


@dataclass(frozen=True, slots=True)
class FolderChanges:
    """What changed since the last scan; times are ISO 8601, UTC.

    `parts` are what results are made with and changed, in words. `gone` are files that are not
    there any more, whose results stay. `outdated` counts the results that were made under other
    people or settings and not renewed. Of many files the first are named.
    """

    since: str
    now: str
    parts: tuple[str, ...] = ()
    new: tuple[ChangedFile, ...] = ()
    moved: tuple[ChangedFile, ...] = ()
    gone: tuple[str, ...] = ()
    new_count: int = 0
    moved_count: int = 0
    gone_count: int = 0
    outdated: int = 0

    @staticmethod
    def of(
        told: AlreadyTold,
        news: Sequence[New],
        gone: Sequence[str],
        *,
        now: str,
        versions: Mapping[str, str],
        outdated: int,
    ) -> FolderChanges:
        """Put together what is new since something was told, and what made it."""
        new = [_changed(one) for one in news if not one.before]
        moved = [_changed(one) for one in news if one.before]
        return FolderChanges(
            since=told.last,
            now=now,
            parts=tuple(_parts(told.versions, versions)),
            new=tuple(new[:LISTED]),
            moved=tuple(moved[:LISTED]),
            gone=tuple(shown_path(Path(path)) for path in gone[:LISTED]),
            new_count=len(new),
            moved_count=len(moved),
            gone_count=len(gone),
            outdated=outdated,
        )

    @property
    def counts(self) -> str:
        """How much changed, in words; "nothing changed" for nothing."""
        said = [
            f"{self.new_count} new" if self.new_count else "",
            f"{self.moved_count} labels changed" if self.moved_count > 1 else "",
            "1 label changed" if self.moved_count == 1 else "",
            f"{self.gone_count} gone" if self.gone_count else "",
        ]
        return ", ".join(filter(None, said)) or "nothing changed"

    @classmethod
    def read(cls, out: Path) -> FolderChanges | None:
        """Read what the last scan wrote; None for nothing, or what no scan wrote."""
        path = out / CHANGES
        try:
            if path.is_symlink() or not path.is_file() or path.stat().st_size > _MOST:
                return None
            return cls._of(json.loads(read_regular(path)))
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None

    @classmethod
    def _of(cls, record: Any) -> FolderChanges:
        read: dict[str, Any] = {name: _text(record[name]) for name in ("since", "now")}
        read |= {name: tuple(map(_text, record[name])) for name in ("parts", "gone")}
        read |= {name: tuple(map(_file, record[name])) for name in ("new", "moved")}
        counts = ("new_count", "moved_count", "gone_count", "outdated")
        read |= {name: int(record[name]) for name in counts}
        return cls(**read)

    def write(self, out: Path) -> None:
        """Keep it for the pages. Raises OSError."""
        record = json.dumps(asdict(self), ensure_ascii=True)
        write_atomically(out / CHANGES, [record.encode("ascii")])


def _changed(one: New) -> ChangedFile:
    entry = one.file
    return ChangedFile(entry.path, entry.key, entry.label, one.before, entry.summary)


def _parts(before: Mapping[str, str], now: Mapping[str, str]) -> Iterable[str]:
    """Return in words what differs between the versions of the results of two scans."""
    if not before or not now:
        return ()
    differing = {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}
    said = [words for name, words in PARTS.items() if name in differing]
    return [*said, *((OTHER_PARTS,) if differing - PARTS.keys() else ())]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {type(value).__name__}")
    return value


def _file(record: Mapping[str, Any]) -> ChangedFile:
    if record["label"] not in LABELS or record["before"] not in ("", *LABELS):
        raise ValueError("a file has no such label")
    read: dict[str, Any] = {name: _text(value) for name, value in record.items()}
    return ChangedFile(**read)

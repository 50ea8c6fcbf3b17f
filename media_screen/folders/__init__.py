"""Looks through a folder: which files are screened, which are left out, and as what.

Every file below a folder is in exactly one of the two lists of `look_through`; what lies behind an
entry that is itself a folder (of another program, or linked) belongs to that entry. A name alone
leaves nothing out that plays: a file with the name of a leftover is one only when it holds no
media, or lies beside the media that it is left from, and has no sidecar of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from media_screen.folders.names import CACHE_FOLDER, Kind, is_address
from media_screen.folders.one import Folder

__all__ = ["CACHE_FOLDER", "Kind", "LeftOut", "Listing", "is_address", "look_through", "said"]

# What is left out, for one and for several, in the order in which it is told.
_WORDS: dict[Kind, tuple[str, str]] = {
    "sidecar": ("sidecar, read with its file", "sidecars, read with their files"),
    "orphan": ("sidecar without its file", "sidecars without their files"),
    "download": ("other file of yt-dlp", "of yt-dlp's other files"),
    "other": ("file of another kind", "files of other kinds"),
    "system": ("file of the system or another program", "of the system or other programs"),
    "own": ("file of this program", "of this program's own"),
    "link": ("linked folder (not followed)", "linked folders (not followed)"),
    "special": ("pipe, socket or device", "pipes, sockets or devices"),
    "unreadable": ("folder that can't be looked into", "folders that can't be looked into"),
}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file or folder that is not screened, what it is, and whether it is a stream that plays."""

    path: Path
    kind: Kind
    plays: bool = False

    @property
    def what(self) -> str:
        """What it is, in words."""
        return _WORDS[self.kind][0] + (", which plays" if self.plays else "")


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies below a folder: what is to be screened, and what is left out."""

    media: tuple[Path, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


def said(left_out: Iterable[LeftOut]) -> str:
    """Return how much was left out of what kind, "" for nothing: "14 of yt-dlp's other files".

    Sidecars that are read with their files are not among them. What plays is told, since it may
    show something else than the file that it seems to be left from.
    """
    listed = tuple(left_out)
    counts = Counter(one.kind for one in listed)
    playing = Counter(one.kind for one in listed if one.plays)
    del counts["sidecar"]
    parts = []
    for kind in _WORDS:
        if counts[kind]:
            plays = f" ({playing[kind]} can be played)" if playing[kind] else ""
            parts.append(f"{counts[kind]} {_WORDS[kind][counts[kind] > 1]}{plays}")
    return ", ".join(parts)


def look_through(top: Path) -> Listing:
    """List what lies below a folder, in the order of names; links to folders are not followed."""
    media: list[Path] = []
    left_out: list[LeftOut] = []
    pending: list[tuple[Path, Kind | None]] = [(top, None)]
    while pending:
        path, ward = pending.pop()
        try:
            folder = Folder(path, ward)
        except OSError:
            left_out.append(LeftOut(path, "unreadable"))
            continue
        for name, kind in folder.files():
            if kind is None:
                media.append(path / name)
            else:
                plays = kind == "download" and folder.plays(name)
                left_out.append(LeftOut(path / name, kind, plays))
        inner: list[tuple[Path, Kind | None]] = []
        for name, kind, entered in folder.folders():
            if entered:
                inner.append((path / name, kind))
            elif kind is not None:
                left_out.append(LeftOut(path / name, kind))
        pending += reversed(inner)
    return Listing(tuple(media), tuple(left_out))

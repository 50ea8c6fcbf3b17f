"""Thumbnails on disk: `OUT/thumbs/<key>/`, named by time and, for faces, by track.

A whole frame is `frame-<milliseconds>.jpg`, a face of a track `track-<id>-<milliseconds>.jpg`,
the milliseconds always nine digits, so that names sort by time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from media_screen.evidence import Thumbnail, Verdict
from media_screen.files import write_atomically

FOLDER = "thumbs"

_KEY = re.compile(r"[0-9a-f]{16}")
_NAME = re.compile(r"(?:frame|track-(?P<track>\d{1,9}))-(?P<ms>\d{9,12})\.jpg")
_LONGEST_MS = 999_999_999_999


@dataclass(frozen=True, slots=True)
class Picture:
    """One thumbnail on disk: its file name, its time and, for a face, its track."""

    name: str
    time_s: float
    track: int | None = None


def thumbnail_name(thumbnail: Thumbnail) -> str:
    """Return the file name of a thumbnail, such as `track-2-000012500.jpg`."""
    milliseconds = min(max(round(thumbnail.time_s * 1000), 0), _LONGEST_MS)
    who = "frame" if thumbnail.track is None else f"track-{thumbnail.track}"
    return f"{who}-{milliseconds:09d}.jpg"


def thumbnail_folder(out: Path, key: str) -> Path:
    """Return the folder of one file's thumbnails; raises ValueError for what is not a key."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"a key is 16 hex digits, got {key!r}")
    return out / FOLDER / key


def write_thumbnails(out: Path, verdict: Verdict) -> None:
    """Save a verdict's thumbnails, and drop those that an earlier screening of the file left.

    Call it with the verdict of a screening: one that was read back from disk carries no pictures.
    """
    folder = thumbnail_folder(out, verdict.media.key)
    wanted = {thumbnail_name(picture): picture.jpeg for picture in verdict.thumbnails}
    for old in read_thumbnails(out, verdict.media.key):
        if old.name not in wanted:
            (folder / old.name).unlink(missing_ok=True)
    if wanted:
        folder.mkdir(parents=True, exist_ok=True)
    for name, jpeg in wanted.items():
        write_atomically(folder / name, [jpeg])


def read_thumbnails(out: Path, key: str) -> tuple[Picture, ...]:
    """List one file's saved thumbnails: whole frames first, then by track, each in order of time.

    Files with other names are left out, and a missing folder means that there are none.
    """
    folder = thumbnail_folder(out, key)
    if not folder.is_dir():
        return ()
    pictures = []
    for entry in folder.iterdir():
        if found := _NAME.fullmatch(entry.name):
            track = found["track"]
            time_s = int(found["ms"]) / 1000
            pictures.append(Picture(entry.name, time_s, None if track is None else int(track)))
    return tuple(sorted(pictures, key=lambda each: (_order(each.track), each.time_s, each.name)))


def _order(track: int | None) -> int:
    return -1 if track is None else track

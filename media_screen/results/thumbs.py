"""Thumbnails on disk: `OUT/thumbs/<key>/`, named by time and, for faces, by track.

A whole frame is `frame-<milliseconds>.jpg`, a face of a track `track-<id>-<milliseconds>.jpg`, a
frame of matched footage `reference-<milliseconds there>-<milliseconds>.jpg`, and of a face beside
the original `compared-<number>-<part>-<milliseconds there>-<milliseconds>.jpg`; the milliseconds
always nine digits, so that names sort by time.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from media_screen.evidence import PARTS, Part, Thumbnail, Verdict
from media_screen.files import open_regular, private_folder, write_atomically

FOLDER = "thumbs"

_KEY = re.compile(r"[0-9a-f]{16}")
_NAME = re.compile(
    r"(?:frame|track-(?P<track>\d{1,9})|"
    rf"(?:reference|compared-(?P<number>\d{{1,3}})-(?P<part>{'|'.join(PARTS)}))-(?P<there>\d{{9,12}}))"
    r"-(?P<ms>\d{9,12})\.jpg"
)
_LONGEST_MS = 999_999_999_999


@dataclass(frozen=True, slots=True)
class Picture:
    """One thumbnail on disk: its file name, its time and, for a face, its track.

    For a frame of matched footage, `reference_s` is its time there, and `time_s` that of the frame
    of this file that it is to be compared with. A `part` of a face beside the original belongs to
    the comparison of the verdict that has the number `comparison`.
    """

    name: str
    time_s: float
    track: int | None = None
    reference_s: float | None = None
    part: Part | Literal[""] = ""
    comparison: int = 0


def thumbnail_name(thumbnail: Thumbnail) -> str:
    """Return the file name of a thumbnail, such as `track-2-000012500.jpg`."""
    if thumbnail.reference_s is not None:
        kind = (
            f"compared-{thumbnail.comparison}-{thumbnail.part}" if thumbnail.part else "reference"
        )
        who = f"{kind}-{_milliseconds(thumbnail.reference_s)}"
    else:
        who = "frame" if thumbnail.track is None else f"track-{thumbnail.track}"
    return f"{who}-{_milliseconds(thumbnail.time_s)}.jpg"


def _milliseconds(time_s: float) -> str:
    return f"{min(max(round(time_s * 1000), 0), _LONGEST_MS):09d}"


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
    for own in (out / FOLDER, folder):
        if verdict.thumbnails or own.is_symlink():
            private_folder(own)  # refuses a link before anything is removed behind it
    wanted = {thumbnail_name(picture): picture.jpeg for picture in verdict.thumbnails}
    for old in read_thumbnails(out, verdict.media.key):
        if old.name not in wanted:
            (folder / old.name).unlink(missing_ok=True)
    for name, jpeg in wanted.items():
        write_atomically(folder / name, [jpeg])


def load_thumbnails(out: Path, key: str) -> tuple[Thumbnail, ...]:
    """Read one file's saved thumbnails whole, as a screening gave them; raises OSError."""
    folder = thumbnail_folder(out, key)
    found = []
    for one in read_thumbnails(out, key):
        with open_regular(folder / one.name) as stream:
            jpeg = stream.read()
        place = one.track, one.reference_s, one.part, one.comparison
        found.append(Thumbnail(one.time_s, jpeg, *place))
    return tuple(found)


def read_thumbnails(out: Path, key: str) -> tuple[Picture, ...]:
    """List one file's saved thumbnails: whole frames, faces by track, frames of matched footage.

    Last come faces beside the original. Each in order of time.

    Files with other names are left out, and a missing folder means that there are none.
    """
    folder = thumbnail_folder(out, key)
    if folder.is_symlink() or not folder.is_dir():
        return ()
    pictures = []
    for entry in os.scandir(folder):
        if (found := _NAME.fullmatch(entry.name)) and entry.is_file(follow_symlinks=False):
            track, there = found["track"], found["there"]
            pictures.append(
                Picture(
                    entry.name,
                    int(found["ms"]) / 1000,
                    None if track is None else int(track),
                    None if there is None else int(there) / 1000,
                    cast("Part | Literal['']", found["part"] or ""),
                    int(found["number"] or 0),
                )
            )
    return tuple(sorted(pictures, key=_order))


def _order(picture: Picture) -> tuple[bool, bool, int, float, str]:
    track = -1 if picture.track is None else picture.track
    beside = picture.reference_s is not None
    return picture.part != "", beside, track, picture.time_s, picture.name

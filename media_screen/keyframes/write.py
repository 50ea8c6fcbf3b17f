"""Writes the key frames of screened files: pictures at full size, a table, a contact sheet."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

from media_screen.arrays import Image
from media_screen.errors import SetupError
from media_screen.evidence import ACCUSING, Verdict
from media_screen.exports.csv import cell
from media_screen.files import open_regular, private_folder, write_atomically
from media_screen.keyframes.choice import Keyframe, choose
from media_screen.keyframes.sheet import contact_sheet, small
from media_screen.media import Media, MediaError, Source
from media_screen.results.folder import RESULTS
from media_screen.results.named import row_of
from media_screen.results.rows import read_line, read_results
from media_screen.results.text import clock
from media_screen.results.thumbs import read_thumbnails
from media_screen.results.whereabouts import ScreenedMedia, screened_media
from media_screen.results.written import written_lines

COLUMNS = ("file", "picture", "time_s", "kind", "why", "sha256")
SHEET = "contact-sheet.jpg"
_JPEG_QUALITY = 95  # nothing that a search or an eye tells from the frame is lost
_LONGEST_STEM = 40  # characters of the name of a file in that of its folder
_ODD = re.compile(r"[^A-Za-z0-9._-]+")


class KeyframeError(SetupError, ValueError):
    """No key frames can be written: no result is of the file that was named."""


@dataclass(frozen=True, slots=True)
class WrittenKeyframes:
    """The key frames of one file: where they lie, and how many there are, 0 where `why` says."""

    path: str  # of the file, as shown
    folder: Path
    count: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Shown:
    """A picture that was written: what it shows, its name, and how it stands on the sheet."""

    moments: tuple[Keyframe, ...]
    name: str
    small: Image

    @property
    def keyframe(self) -> Keyframe:
        """All that it shows as one."""
        return reduce(Keyframe.joined, self.moments)


@dataclass(frozen=True, slots=True)
class _Written:
    """What was written of one file, and the moments that could not be decoded."""

    shown: tuple[_Shown, ...]
    lost: tuple[Keyframe, ...]


def write_keyframes(
    out: Path,
    names: Sequence[str],
    folder: Path,
    *,
    lossless: bool = False,
    tell: Callable[[str], object] = print,
) -> list[WrittenKeyframes]:
    """Write the key frames of files of a folder of results, by default of all that are suspect.

    `names` are paths or names of files, as they were screened. Pictures are JPEG, or PNG if
    `lossless`. Nothing is looked up or sent anywhere. What is gone or changed since it was screened
    is told in `why`; moments that can't be decoded are told as well, by `tell`. Raises
    KeyframeError when nothing is suspected, and NamedFileError when no result has a name, or
    several have.
    """
    chosen = _chosen(out, names)
    private_folder(folder)
    rows: list[tuple[object, ...]] = []
    written = []
    for one in chosen:
        media = one.verdict.media
        own = folder / _folder_name(one.verdict)
        try:
            found = _write_file(out, one, own, lossless=lossless)
        except MediaError as error:
            written.append(WrittenKeyframes(media.path, own, 0, str(error)))
            continue
        if "explicit" in one.verdict.flags:
            tell(f"{media.path}: sexual content; the sheet is blurred, the pictures are not")
        if found.lost:
            tell(f"{media.path}: can't be decoded, and has no picture: {_told(found.lost)}")
        rows += [_row(media.path, own.name, each, media.sha256) for each in found.shown]
        written.append(WrittenKeyframes(media.path, own, len(found.shown)))
    _write_table(folder, rows)
    return written


# --- which files ---------------------------------------------------------------------------------


def _chosen(out: Path, names: Sequence[str]) -> list[ScreenedMedia]:
    """Return the results that are named, or all that are suspected, the most urgent first."""
    with open_regular(out / RESULTS) as stream:
        rows = read_results(stream, written_lines(out)).rows
        if names:
            chosen = {row.key: row for row in (row_of(rows, name) for name in names)}
        else:
            chosen = {row.key: row for row in rows if row.label in ACCUSING}
        if not chosen:
            raise KeyframeError(f"nothing in {out} is suspected: name the files that are wanted")
        lines = [read_line(stream, row) for row in chosen.values()]
    return screened_media(out, lines)


def _folder_name(verdict: Verdict) -> str:
    """Return a name that is safe, says of which file it is, and is that of no other."""
    stem = _ODD.sub("_", Path(verdict.media.path).stem).strip("._-")[:_LONGEST_STEM]
    return f"{stem or 'file'}-{verdict.media.key[:8]}"


# --- one file ------------------------------------------------------------------------------------


def _write_file(out: Path, one: ScreenedMedia, folder: Path, *, lossless: bool) -> _Written:
    """Write the key frames of a file; raises MediaError where it is not as it was screened."""
    media = one.verdict.media
    if not os.path.isfile(one.path):
        raise MediaError(f"the file is not there any more: {one.path}")
    with Source(one.path) as source:
        if source.sha256 != media.sha256:
            raise MediaError("the file is not the one that was screened: scan it again")
        with Media.open(one.path, source=source) as opened:
            if opened.info.kind not in ("video", "image"):
                raise MediaError("the file has no picture")
            opened.seed = source.sha256
            chosen = choose(one.verdict, read_thumbnails(out, media.key), opened)
            private_folder(folder)
            shown = tuple(_write_frames(opened, chosen, folder, lossless=lossless))
        source.refuse_change()
    if not shown:
        raise MediaError("not one of its frames can be decoded any more")
    cells = [(f"{clock(each.keyframe.time_s)}  {each.keyframe.kind}", each.small) for each in shown]
    sheet = contact_sheet(cells, blurred="explicit" in one.verdict.flags)
    write_atomically(folder / SHEET, [_encoded(sheet, lossless=False)])
    found = {moment for each in shown for moment in each.moments}
    return _Written(shown, tuple(one for one in chosen if one not in found))


def _write_frames(
    media: Media, chosen: Sequence[Keyframe], folder: Path, *, lossless: bool
) -> Iterator[_Shown]:
    """Decode the frames that were chosen, and no others; each is written as it comes.

    A moment that can't be decoded has none, and never that of another moment in its place.
    """
    still = media.info.kind == "image"
    for frame in media.at([one.time_s for one in chosen], full_size=True):
        here = tuple(one for one in chosen if still or frame.shows(one.time_s))
        if frame.view or not here:
            continue
        kind = here[0].kind
        name = f"{_stamp(frame.time_s)}_{kind}.{'png' if lossless else 'jpg'}"
        write_atomically(folder / name, [_encoded(frame.image, lossless=lossless)])
        yield _Shown(here, name, small(frame.image))


def _told(lost: Sequence[Keyframe]) -> str:
    return ", ".join(f"{clock(one.time_s)} ({one.why})" for one in lost)


def _stamp(time_s: float) -> str:
    """Return a time for the name of a file, by which names sort: 00h01m23.400s."""
    milliseconds = round(time_s * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}h{minutes:02d}m{rest // 1000:02d}.{rest % 1000:03d}s"


def _encoded(image: Image, *, lossless: bool) -> bytes:
    import cv2

    quality = [] if lossless else [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    suffix = ".png" if lossless else ".jpg"
    done, data = cv2.imencode(suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), quality)
    if not done:
        raise MediaError("a frame can't be written as a picture")
    return bytes(data)


# --- the table -----------------------------------------------------------------------------------


def _row(path: str, folder: str, shown: _Shown, sha256: str) -> tuple[object, ...]:
    one = shown.keyframe
    return path, f"{folder}/{shown.name}", round(one.time_s, 3), one.kind, one.why, sha256


def _write_table(folder: Path, rows: Sequence[tuple[object, ...]]) -> None:
    stream = io.StringIO(newline="")
    table = csv.writer(stream)
    table.writerow(COLUMNS)
    table.writerows([cell(value) for value in row] for row in rows)
    write_atomically(folder / "keyframes.csv", [b"\xef\xbb\xbf", stream.getvalue().encode()])
    records = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    told = json.dumps(records, ensure_ascii=True, indent=1)
    write_atomically(folder / "keyframes.json", [told.encode(), b"\n"])

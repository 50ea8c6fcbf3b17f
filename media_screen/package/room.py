"""A small folder of results of its own, made of a part or all of another one, to be packed."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from media_screen.evidence import Campaign, Verdict
from media_screen.files import open_regular, private_folder, read_regular, write_atomically
from media_screen.results.campaigns import CAMPAIGNS
from media_screen.results.folder import RESULTS
from media_screen.results.ledger import LEDGER, read_ledger
from media_screen.results.plain import counted
from media_screen.results.rows import ReadResults, read_line, read_results
from media_screen.results.thumbs import read_thumbnails, thumbnail_folder
from media_screen.results.whereabouts import ScreenedMedia
from media_screen.results.written import written_lines

_SUFFIX = re.compile(r"\.[a-z0-9]{1,5}")


def as_it_is(line: bytes) -> bytes:
    """Return a line of results unchanged."""
    return line


def copy_results(
    out: Path,
    room: Path,
    campaigns: Sequence[Campaign],
    *,
    keys: Container[str] | None = None,
    told: Callable[[bytes], bytes] = as_it_is,
) -> tuple[list[bytes], list[str]]:
    """Copy what a folder holds of files, by default of all, into a folder of its own.

    `told` changes each line. Returns the lines as they were, and what has to be noted of them.
    """
    with open_regular(out / RESULTS) as stream:
        results = read_results(stream, written_lines(out))
        rows = [row for row in results.rows if keys is None or row.key in keys]
        lines = [read_line(stream, row) for row in rows]
    records = (json.dumps(one.to_dict(), ensure_ascii=True, allow_nan=False) for one in campaigns)
    _write_lines(room / RESULTS, (told(line) for line in lines))
    _write_lines(room / CAMPAIGNS, (told(record.encode()) for record in records))
    for row in rows:
        _copy_pictures(out, room, row.key)
    # Pages and exports name the time of the results.
    changed = int((out / RESULTS).stat().st_mtime)
    os.utime(room / RESULTS, (changed, changed))
    # Broken lines may be of any file, and are not told of here.
    return lines, list(ReadResults(unknown=results.unknown).notes())


def copy_decisions(
    out: Path,
    room: Path,
    *,
    subjects: Container[str] | None = None,
    told: Callable[[bytes], bytes] = as_it_is,
) -> list[str]:
    """Copy what people decided on files, by default on all; returns what has to be noted of it.

    Files are those that the ledger knows as these `subjects`. `told` changes each line.
    """
    ledger = read_ledger(out)
    lines = [
        told(json.dumps(replace(entry, files=files).to_dict(), ensure_ascii=True).encode())
        for entry in ledger.entries
        if (files := tuple(one for one in entry.files if _is_in(one.subject, subjects)))
    ]
    if lines:
        _write_lines(room / LEDGER, lines)
    return list(ledger.notes())


def _is_in(subject: str, subjects: Container[str] | None) -> bool:
    return subjects is None or subject in subjects


def _write_lines(path: Path, lines: Iterable[bytes]) -> None:
    write_atomically(path, (line.rstrip(b"\n") + b"\n" for line in lines))


def _copy_pictures(out: Path, room: Path, key: str) -> None:
    for picture in read_thumbnails(out, key):
        folder = thumbnail_folder(room, key)
        private_folder(folder)
        data = read_regular(thumbnail_folder(out, key) / picture.name)
        write_atomically(folder / picture.name, [data])


@dataclass(frozen=True, slots=True)
class MediaCopy:
    """Media to be packed: their name in the package, and where they lie."""

    name: str
    path: Path


def packed_name(verdict: Verdict) -> str:
    """Return a name for the media of a verdict that no other file of a package has."""
    suffix = Path(verdict.media.path).suffix.lower()
    return f"media/{verdict.media.key}{suffix if _SUFFIX.fullmatch(suffix) else ''}"


def media_copies(screened: Sequence[ScreenedMedia], notes: list[str]) -> dict[str, MediaCopy]:
    """Return what to pack of media, by the keys of files; notes how many are gone or changed."""
    there = {
        one.verdict.media.key: MediaCopy(packed_name(one.verdict), one.path)
        for one in screened
        if one.is_as_screened
    }
    if lacking := len(screened) - len(there):
        notes.append(f"{counted(lacking, 'file')} of media left out: gone, or changed since")
    return there

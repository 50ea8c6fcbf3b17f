"""Finds the files of results where they lie now, when they are still what was screened."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from media_screen.evidence import Verdict
from media_screen.files import facts, open_regular
from media_screen.media import MediaError, identify
from media_screen.results.folder import RESULTS
from media_screen.results.recordings import people_folder, recorded_moment, recording_path
from media_screen.results.rows import ResultRow, read_line
from media_screen.results.saved_line import parse_line
from media_screen.results.written import WrittenFile, line_digest, written_files


@dataclass(frozen=True, slots=True)
class ScreenedMedia:
    """The media of a verdict, and where they should lie on this machine.

    `written` is what the state of the folder knows of them, None where it does not.
    """

    verdict: Verdict
    path: Path
    written: WrittenFile | None

    @property
    def is_as_screened(self) -> bool:
        """Whether the very bytes that were screened are there."""
        return _holds(self.path, self.verdict.media.sha256)


def screened_media(out: Path, lines: Iterable[bytes]) -> list[ScreenedMedia]:
    """Find what was screened: where the state knows it, else where it was shown."""
    by_digest = {line_digest(line): parse_line(line) for line in lines}
    known = written_files(out, by_digest)
    found = []
    for digest, verdict in by_digest.items():
        written = known.get(digest)
        path = written.path if written else Path(verdict.media.path)
        found.append(ScreenedMedia(verdict, path, written))
    return found


def screened_file(out: Path, row: ResultRow) -> Path | None:
    """Return the file of a result, None where it is gone or holds something else now.

    Where it lay is known by the state of the folder, else as the result shows it; that it is the
    same file follows from its content alone.
    """
    path = _place(out, row)
    return path if _holds(path, row.sha256) else None


def recording_file(out: Path, row: ResultRow, sha256: str) -> Path | None:
    """Return the recording of a person that a result names by its hash.

    None where the result names no such one, and where it is gone or holds something else now.
    """
    people, named = people_folder(out), recorded_moment(parse_line(_line(out, row)), sha256)
    path = recording_path(people, named) if people and named else None
    return path if path and _holds(path, sha256) else None


def _place(out: Path, row: ResultRow) -> Path:
    digest = line_digest(_line(out, row))
    written = written_files(out, {digest}).get(digest)
    return written.path if written else Path(row.path)


def _line(out: Path, row: ResultRow) -> bytes:
    with open_regular(out / RESULTS) as stream:
        return read_line(stream, row)


def _holds(path: Path, sha256: str) -> bool:
    """Tell whether a file is there and has this content."""
    try:
        state = facts(path.stat())
    except (OSError, ValueError):
        return False
    return bool(sha256) and _content(path, state) == sha256


@functools.lru_cache(maxsize=1024)
def _content(path: Path, state: str) -> str:
    """Return the hash of a file's content; a changed file has another `state`, and is read anew."""
    try:
        return identify(path)[0]
    except MediaError:
        return ""

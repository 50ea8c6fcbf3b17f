"""Finds the file of a result where it lies now, when it is still what was screened."""

from __future__ import annotations

import functools
from pathlib import Path

from media_screen.files import facts, open_regular
from media_screen.media import MediaError, identify
from media_screen.results.folder import RESULTS
from media_screen.results.rows import ResultRow, read_line
from media_screen.results.written import line_digest, written_files


def screened_file(out: Path, row: ResultRow) -> Path | None:
    """Return the file of a result, None where it is gone or holds something else now.

    Where it lay is known by the state of the folder, else as the result shows it; that it is the
    same file follows from its content alone.
    """
    path = _place(out, row)
    try:
        state = facts(path.stat())
    except (OSError, ValueError):
        return None
    return path if row.sha256 and _content(path, state) == row.sha256 else None


def _place(out: Path, row: ResultRow) -> Path:
    with open_regular(out / RESULTS) as stream:
        digest = line_digest(read_line(stream, row))
    written = written_files(out, {digest}).get(digest)
    return written.path if written else Path(row.path)


@functools.lru_cache(maxsize=1024)
def _content(path: Path, state: str) -> str:
    """Return the hash of a file's content; a changed file has another `state`, and is read anew."""
    try:
        return identify(path)[0]
    except MediaError:
        return ""

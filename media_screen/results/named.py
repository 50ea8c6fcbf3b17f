"""Finds the results of files that a user names: by path, by content, or by the key of a page."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from media_screen.errors import SetupError
from media_screen.files import file_id
from media_screen.media import MediaError, identify, shown_path
from media_screen.results.plain import counted
from media_screen.results.rows import ResultRow
from media_screen.results.text import file_name

_SHOWN = 5  # paths of several files of one name that an error lists


class NamedFileError(SetupError, ValueError):
    """A file that the user named has no result, or more than one file is called so."""


def row_of(rows: Sequence[ResultRow], name: str) -> ResultRow:
    """Return the result that a user means by a name; raises NamedFileError.

    That is the path as results show it, the key of the file's page, the SHA-256 of its content, a
    file on the disk, wherever that was when it was screened, or the mere name of a file.
    """
    for row in rows:
        if name in (row.path, row.key, row.sha256):
            return row
    path = Path(name)
    if path.is_file():
        return _row_of_file(rows, path)
    called = [row for row in rows if file_name(row.path) == name]
    if len(called) > 1:
        some = ", ".join(row.path for row in called[:_SHOWN])
        more = f" and {len(called) - _SHOWN} more" if len(called) > _SHOWN else ""
        raise NamedFileError(f"{len(called)} files are called {name}: name one of {some}{more}")
    if not called:
        raise NamedFileError(
            f"{name}: there is neither such a file nor one of this name among the results "
            f"of {counted(len(rows), 'file')}"
        )
    return called[0]


def _row_of_file(rows: Sequence[ResultRow], path: Path) -> ResultRow:
    """Return the result of a file on the disk, whose content must be what was screened."""
    try:
        sha256 = identify(path)[0]
    except MediaError as error:
        raise NamedFileError(f"{shown_path(path)}: {error}") from error
    key = file_id(Path(os.path.abspath(path)))
    here = next((row for row in rows if row.key == key), None)
    if here is not None and here.sha256 in (sha256, ""):
        return here
    same = next((row for row in rows if row.sha256 == sha256), None)
    if same is not None:
        return same
    why = "changed since it was screened" if here is not None else "has no result"
    raise NamedFileError(f"{shown_path(path)}: the file {why}: scan it first")

"""Finds the results of files that a user names: by path, by content, or by the key of a page."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from media_screen.errors import SetupError
from media_screen.files import file_id
from media_screen.media import MediaError, identify, shown_path
from media_screen.results.plain import counted
from media_screen.results.rows import ResultRow
from media_screen.results.text import file_name

_SHOWN = 5  # names of several files of one name that an error lists


class NamedFileError(SetupError, ValueError):
    """A file that the user named has no result, or more than one file is called so."""


def row_of(rows: Sequence[ResultRow], name: str) -> ResultRow:
    """Return the result that a user means by a name; raises NamedFileError.

    That is a file on the disk, wherever that was when it was screened, the key of a file's page,
    the SHA-256 of its content, the path as results show it, or the mere name of a file.
    """
    if not name:
        raise NamedFileError("expected the name of a file, got an empty text")
    # What lies there now comes first: a relative path may be that of another file in each folder.
    if os.path.isfile(name):
        return _row_of_file(rows, Path(name))
    for row in rows:
        if name in (row.key, row.sha256):
            return row
    called = [row for row in rows if row.path == name]
    called = called or [row for row in rows if file_name(row.path) == name]
    if len(called) > 1:
        raise NamedFileError(f"{len(called)} files are called {name}: name one of {_told(called)}")
    if not called:
        raise NamedFileError(
            f"{name}: there is neither such a file nor one of this name among the results "
            f"of {counted(len(rows), 'file')}"
        )
    return called[0]


def _told(rows: Sequence[ResultRow]) -> str:
    """Return names that tell some files apart: their paths, or the keys of those shown alike."""
    often = Counter(row.path for row in rows)
    some = [row.path if often[row.path] == 1 else row.key for row in rows[:_SHOWN]]
    more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    return ", ".join(some) + more


def _row_of_file(rows: Sequence[ResultRow], path: Path) -> ResultRow:
    """Return the result of a file on the disk, whose content must be what was screened."""
    key = file_id(Path(os.path.abspath(path)))
    here = next((row for row in rows if row.key == key), None)
    if here is not None and not here.sha256:  # it could not be read then, and hardly can now
        return here
    try:
        sha256 = identify(path)[0]
    except MediaError as error:
        raise NamedFileError(f"{shown_path(path)}: {error}") from error
    if here is not None and here.sha256 == sha256:
        return here
    same = next((row for row in rows if row.sha256 == sha256), None)
    if same is not None:
        return same
    why = "changed since it was screened" if here is not None else "has no result"
    raise NamedFileError(f"{shown_path(path)}: the file {why}: scan it first")

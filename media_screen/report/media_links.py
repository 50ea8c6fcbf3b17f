"""Links from a file page to the file itself, where it still lies as it was screened."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from media_screen.evidence import Verdict
from media_screen.results.written import WrittenFile, line_digest, written_files

_UP = "../../"  # from a page of a file to the folder of results


class MediaLinks:
    """Where the files of a folder of results lie, as links from their pages.

    `packed` are names within the folder by the keys of files, for a folder that is handed on: then
    it links to nothing else.
    """

    def __init__(self, out: Path, packed: Mapping[str, str] | None = None) -> None:
        self._out, self._packed = out, packed

    def of(self, verdict: Verdict, line: bytes) -> str:
        """Return the link to the file of a verdict and its line, "" where it is gone or changed."""
        if self._packed is not None:
            name = self._packed.get(verdict.media.key, "")
            return _UP + quote(name) if name else ""
        written = self._written.get(line_digest(line))
        if written is None or not _is_as_screened(written.path, verdict):
            return ""
        return self._to(written.path)

    @cached_property
    def _written(self) -> dict[str, WrittenFile]:
        return written_files(self._out)

    @cached_property
    def _pages(self) -> str:
        return os.path.realpath(self._out / "report" / "files")

    def _to(self, path: Path) -> str:
        """Return a relative link, so that a folder that moves with its media keeps it."""
        try:
            relative = os.path.relpath(path.resolve(), self._pages)
        except ValueError:  # on another drive
            return path.resolve().as_uri()
        return quote(os.fsencode(relative.replace(os.sep, "/")))


def _is_as_screened(path: Path, verdict: Verdict) -> bool:
    """Tell whether a file of the same size is there: to hash thousands would take too long."""
    try:
        return path.is_file() and path.stat().st_size == verdict.media.size_bytes
    except OSError:
        return False

"""Links from a file page to the file itself and to recordings of people, where they still lie."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from media_screen.evidence import RecordedMoment, Verdict
from media_screen.results.recordings import people_folder, recording_path
from media_screen.results.written import WrittenFile, line_digest, written_files

_UP = "../../"  # from a page of a file to the folder of results


@dataclass(frozen=True, slots=True)
class FileLinks:
    """Where the page of a file can lead: to the file itself, and to recordings of people.

    `media` is "" where the file is gone or changed, and so is what `recording` gives; `handed_on`
    is a page in a folder that goes to others, which leads to no recordings.
    """

    media: str
    recording: Callable[[RecordedMoment], str]
    handed_on: bool


NO_LINKS = FileLinks("", lambda _: "", handed_on=False)


class MediaLinks:
    """Where the files of a folder of results lie, as links from their pages.

    `packed` are names within the folder by the keys of files, for a folder that is handed on: then
    it links to nothing else. Recordings of people never are in one: a voice is biometric data.
    """

    def __init__(self, out: Path, packed: Mapping[str, str] | None = None) -> None:
        self._out, self._packed = out, packed

    def of(self, verdict: Verdict, line: bytes) -> FileLinks:
        """Return the links of the page of a verdict and its line."""
        return FileLinks(self._media(verdict, line), self._recording, self._packed is not None)

    def _media(self, verdict: Verdict, line: bytes) -> str:
        if self._packed is not None:
            name = self._packed.get(verdict.media.key, "")
            return _UP + quote(name) if name else ""
        written = self._written.get(line_digest(line))
        if written is None or not _is_there(written.path, verdict.media.size_bytes):
            return ""
        return self._to(written.path)

    def _recording(self, recorded: RecordedMoment) -> str:
        path = recording_path(self._people, recorded) if self._people else None
        return self._to(path) if path and _is_there(path, recorded.size_bytes) else ""

    @cached_property
    def _people(self) -> Path | None:
        return None if self._packed is not None else people_folder(self._out)

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


def _is_there(path: Path, size_bytes: int) -> bool:
    """Tell whether a file of the same size is there: to hash thousands would take too long."""
    try:
        return path.is_file() and path.stat().st_size == size_bytes
    except OSError:
        return False

"""Gives out the files of a scan so that bytes which are there several times are examined once.

A file whose bytes were screened before, in this scan or an earlier one with the same settings, goes
to a worker with the verdict on them; while they are being screened, it waits. Files are hashed here
only where another one has their size.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

from media_screen.batch.worker import Job, Limits
from media_screen.evidence import Verdict
from media_screen.media import MediaError, Source
from media_screen.results.folder import Results
from media_screen.results.saved_line import BAD_RECORD

_STEP = 64 << 20  # bytes that are hashed at a time; a second on a slow disk

_log = logging.getLogger(__name__)


class Repeats:
    """The files of one scan that are still to be screened, and what is known of their bytes."""

    def __init__(
        self, todo: Sequence[Path], results: Results, settings: str, limits: Limits
    ) -> None:
        self._todo, self._results, self._limits = todo, results, limits
        self._known: dict[str, str] = {}  # the hash of a line by that of the bytes
        self._sizes = Counter(_size(path) for path in todo)
        # What is screened again gets another line, and perhaps other pictures.
        for one in results.contents(settings, without=todo):
            self._known.setdefault(one.sha256, one.digest)
            self._sizes[one.size_bytes] += 1
        self._begun: dict[Path, str] = {}  # the bytes of files that are being screened
        self._failed: set[str] = set()  # for which nobody is to wait: they may take up to a limit

    def jobs(self) -> Iterator[Job | None]:
        """Give each file once, noted just before; None while one is hashed, or all others wait."""
        waiting: list[tuple[Path, str]] = []
        for path in self._todo:
            content = yield from self._content(path)
            if self._is_under_way(content):
                waiting.append((path, content))
            else:
                yield self._job(path, content)
        while waiting:
            ready = (
                place
                for place, (_, content) in enumerate(waiting)
                if not self._is_under_way(content)
            )
            place = next(ready, None)
            yield None if place is None else self._job(*waiting.pop(place))

    def finished(self, job: Job, verdict: Verdict) -> None:
        """Note what is written of a file: others with its bytes need not be examined."""
        content = self._begun.pop(job.path, "")
        if verdict.failed:
            self._failed.add(content)
        elif content and content == verdict.media.sha256 and not verdict.examined_as:
            self._known[content] = self._results.digest(job.path)

    def pictured(self, job: Job, verdict: Verdict) -> Verdict:
        """Return a verdict with its pictures, which may be those of the earlier file."""
        if job.earlier is None or not verdict.examined_as:
            return verdict
        _log.info("%s: examined as %s: same content", verdict.media.path, verdict.examined_as)
        return verdict.with_thumbnails(job.earlier.thumbnails)

    def _job(self, path: Path, content: str) -> Job:
        self._results.begin(path)
        self._begun[path] = content
        return Job(path, earlier=self._earlier(content))

    def _earlier(self, content: str) -> Verdict | None:
        """Return the verdict on these bytes if one is known, with its pictures from the disk."""
        digest = self._known.get(content)
        if digest is None:
            return None
        try:
            verdict = self._results.verdict(digest)
        except BAD_RECORD:  # an earlier version wrote it
            return None
        media, pictures = verdict.media, self._results.thumbnails(verdict.media.key)
        # Somebody may have removed them.
        return verdict.with_thumbnails(pictures) if pictures or media.kind == "audio" else None

    def _is_under_way(self, content: str) -> bool:
        free = content == "" or content in self._known or content in self._failed
        return not free and content in self._begun.values()

    def _content(self, path: Path) -> Generator[None, None, str]:
        """Return the hash of a file, "" where no other one can have its bytes.

        While it is read workers must be watched: None is given again and again.
        """
        size = _size(path)
        if self._sizes[size] < 2 or size > self._limits.size_bytes:
            return ""
        digest = hashlib.sha256()
        try:
            with Source(path) as source, source.open() as stream:
                for _ in range(-(-size // _STEP)):
                    digest.update(stream.read(_STEP))
                    if stream.tell() < size:
                        yield None
        except (MediaError, OSError):  # whoever screens it tells what is wrong with it
            return ""
        return digest.hexdigest()


def _size(path: Path) -> int:
    """Return how many bytes a file has, -1 where nobody can tell."""
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return -1

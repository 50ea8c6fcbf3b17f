"""Gives out the files of a scan so that bytes which were screened before are not decoded again.

A file that was screened into the folder before, under other people or with another post, goes to a
worker with the verdict on it, and with what was seen and heard then. So does one whose bytes were
screened under another name, in this scan or in an earlier one with the same settings; while they
are being screened, it waits. Files are hashed here only where another one has their size.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from media_screen.batch.worker import Job, Limits
from media_screen.evidence import Verdict
from media_screen.media import MediaError, Source
from media_screen.results.folder import Results
from media_screen.results.observations import Observations
from media_screen.results.saved_line import BAD_RECORD
from media_screen.screen.settings import is_examined_alike

_STEP = 64 << 20  # bytes that are hashed at a time; a second on a slow disk

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Former:
    """What earlier examinations are used for: with what files are examined now, and what is kept.

    `examined` are the versions of that, `observations` what was seen and heard.
    """

    examined: Mapping[str, str]
    observations: Observations | None = None


class Repeats:
    """The files of one scan that are still to be screened, and what is known of their bytes.

    Without `copies` nothing is made of files with the same bytes.
    """

    def __init__(
        self,
        todo: Sequence[Path],
        results: Results,
        settings: str,
        limits: Limits,
        *,
        former: Former | None = None,
        copies: bool = True,
    ) -> None:
        self._results, self._limits = results, limits
        self._former, self._copies = former, copies
        # Those that were screened before take no time, and others may be copies of them.
        before = {path for path in todo if former is not None and results.digest(path)}
        self._todo = sorted(todo, key=lambda path: path not in before)
        self._before = before
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
            earlier = self._earlier_of(path)
            if earlier is not None:
                yield self._job(path, earlier.media.sha256, earlier)
                continue
            content = yield from self._content(path)
            if self._is_under_way(content):
                waiting.append((path, content))
            else:
                yield self._job(path, content, self._earlier(content))
        while waiting:
            ready = (
                place
                for place, (_, content) in enumerate(waiting)
                if not self._is_under_way(content)
            )
            place = next(ready, None)
            if place is None:
                yield None
            else:
                path, content = waiting.pop(place)
                yield self._job(path, content, self._earlier(content))

    def finished(self, job: Job, verdict: Verdict) -> None:
        """Note what is written of a file: others with its bytes need not be examined."""
        content = self._begun.pop(job.path, "")
        if verdict.failed:
            self._failed.add(content)
        elif content and content == verdict.media.sha256 and not verdict.examined_as:
            self._known[content] = self._results.digest(job.path)
        if verdict.examined_as and not verdict.renewed:
            _log.info("%s: examined as %s: same content", verdict.media.path, verdict.examined_as)

    def _job(self, path: Path, content: str, earlier: Verdict | None) -> Job:
        self._results.begin(path)
        self._begun[path] = content
        return Job(path, earlier=earlier)

    def _earlier_of(self, path: Path) -> Verdict | None:
        """Return the verdict on a file when it was screened before, where that may be of use."""
        if self._former is None or path not in self._before:
            return None
        verdict = self._complete(self._results.digest(path))
        if verdict is None or verdict.failed:
            return None
        return verdict if is_examined_alike(verdict.versions, self._former.examined) else None

    def _earlier(self, content: str) -> Verdict | None:
        """Return the verdict on these bytes under another name, if one is known."""
        digest = self._known.get(content)
        return None if digest is None else self._complete(digest)

    def _complete(self, digest: str) -> Verdict | None:
        """Return a saved verdict with its pictures from the disk, and what was seen and heard."""
        try:
            verdict = self._results.verdict(digest)
        except BAD_RECORD:  # an earlier version wrote it
            return None
        media, pictures = verdict.media, self._results.thumbnails(verdict.media.key)
        if not pictures and media.kind != "audio":  # somebody may have removed them
            return None
        kept = self._former.observations if self._former is not None else None
        observed = b"" if kept is None else kept.get(media.sha256)
        return replace(verdict, thumbnails=pictures, observed=observed)

    def _is_under_way(self, content: str) -> bool:
        free = content == "" or content in self._known or content in self._failed
        return not free and content in self._begun.values()

    def _content(self, path: Path) -> Generator[None, None, str]:
        """Return the hash of a file, "" where no other one can have its bytes.

        While it is read workers must be watched: None is given again and again.
        """
        size = _size(path)
        if not self._copies or self._sizes[size] < 2 or size > self._limits.size_bytes:
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

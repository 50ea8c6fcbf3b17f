"""Tells which files of a folder are whole: nobody writes them, and no download of them goes on.

A file counts once it and its sidecar have been as they are for a while. Modification times say
little, since downloaders set them to the date of the post; the time of change can't be set.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from media_screen.files import facts
from media_screen.folders import look_through
from media_screen.folders.names import STREAMS, stem_of_post, unfinished
from media_screen.sidecar import find


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that is not whole yet, and why."""

    path: Path
    why: str


@dataclass(frozen=True, slots=True)
class WholeFiles:
    """What a look at a folder found: the files that are whole with their facts, and the others."""

    files: Mapping[Path, str]
    waiting: tuple[Waiting, ...] = ()
    is_readable: bool = True  # the folder itself


@dataclass(frozen=True, slots=True)
class _Unchanged:
    facts: str
    since: float  # of the clock that only goes on


class Settling:
    """Looks at a folder again and again, and remembers since when its files are as they are."""

    def __init__(
        self,
        folder: Path,
        *,
        settle_s: float,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder, self._settle_s = folder, settle_s
        self._now, self._clock = now, clock
        self._seen: dict[Path, _Unchanged] = {}

    def look(self) -> WholeFiles:
        """Return what is whole by now."""
        listing = look_through(self._folder)
        readable = all(one.path != self._folder for one in listing.left_out)
        beside = [one.path for one in listing.left_out if one.kind == "download"]
        groups: dict[tuple[Path, str], list[Path]] = defaultdict(list)
        for path in (*listing.media, *beside):
            if PurePath(path.name).suffix.lower() in STREAMS:
                groups[path.parent, stem_of_post(path.name)].append(path)
        ages = {path: self._is_stable(path) for path in (*listing.media, *beside)}
        self._seen = {path: seen for path, seen in self._seen.items() if path in ages}
        partial = _unfinished((*listing.media, *beside))
        files, waiting = {}, []
        for path in listing.media:
            mates = groups.get((path.parent, stem_of_post(path.name)), [path])
            why = _why_unfinished(path, partial)
            if not why and not all(ages[mate] for mate in (path, *mates)):
                why = "it was written just now"
            if why:
                waiting.append(Waiting(path, why))
            else:
                files[path] = self._seen[path].facts
        return WholeFiles(files, tuple(waiting), readable)

    def _is_stable(self, path: Path) -> bool:
        """Say whether a file and its sidecar have been as they are for long enough."""
        parts, changed = [], 0.0
        for one in (path, find(path)):
            try:
                status = None if one is None else one.stat()
            except OSError:
                parts.append("-")
                changed = float("inf")  # nobody knows
                continue
            if status is not None:
                parts.append(facts(status))
                changed = max(changed, status.st_ctime)
        now, clock = " ".join(parts), self._clock()
        if path not in self._seen or self._seen[path].facts != now:
            self._seen[path] = _Unchanged(now, clock)
        is_old = self._now() - changed >= self._settle_s
        return is_old or clock - self._seen[path].since >= self._settle_s


def _unfinished(paths: Iterable[Path]) -> dict[tuple[Path, str], str]:
    """Return the names of unfinished downloads, by folder and by what they are downloads of."""
    found = {}
    for path in paths:
        for owner in unfinished(path.name):
            found[path.parent, owner] = path.name
    return found


def _why_unfinished(path: Path, partial: Mapping[tuple[Path, str], str]) -> str:
    """Return why a file is still being downloaded, "" when it is not."""
    if unfinished(path.name):
        return "it is an unfinished download"
    for name in (path.name, path.stem, stem_of_post(path.name)):
        if (other := partial.get((path.parent, name))) is not None:
            return f"{os.fsencode(other).decode('utf-8', 'replace')} beside it is unfinished"
    return ""

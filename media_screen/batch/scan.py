"""Scans many files into a folder of results: finds them, skips what is done, screens the rest."""

from __future__ import annotations

import functools
import logging
import os
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path

from media_screen.batch.campaigns import MEMORY, Moved, OnPair, settle
from media_screen.batch.originals import OnPost, gather
from media_screen.batch.repeats import Former, Repeats
from media_screen.batch.worker import Executor, Limits, Pool, Workers
from media_screen.coordination import WITHIN_S, checked_window
from media_screen.database import ForeignDatabase, renew
from media_screen.evidence import Label, Verdict
from media_screen.folders import LeftOut, look_through
from media_screen.media import shown_path
from media_screen.people.cache import ORIGINALS, REFERENCES, cache_folder
from media_screen.results.changes import FolderChanges
from media_screen.results.folder import BatchError, FinishedFile, Results
from media_screen.results.observations import OBSERVED, Observations, forget
from media_screen.results.recordings import keep_people_folder
from media_screen.results.told import SCANNED, AlreadyTold
from media_screen.screen import Config
from media_screen.screen.settings import examination_digest, examined_with, settings_digest

# Stages of an examination that decode what was decoded before, where nothing else will do.
_DECODING = ("compared", "closely", "turned")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FoundFiles:
    """What a look through folders found: files to screen, and what was left out and as what."""

    files: tuple[Path, ...]
    left_out: tuple[LeftOut, ...] = ()
    missing: tuple[Path, ...] = ()  # named by the user and not there

    @property
    def unreadable(self) -> tuple[Path, ...]:
        """Folders that could not be looked into: nobody knows what they hold."""
        return tuple(one.path for one in self.left_out if one.kind == "unreadable")


@dataclass(slots=True)
class Progress:
    """How far a scan is; handed to the callback after each file."""

    total: int  # files found
    kept: int  # done by an earlier scan
    screened: int = 0
    renewed: int = 0  # of those screened: judged again by what was seen and heard before
    redecoded: int = 0  # of those renewed: compared with official footage, which is decoded
    failed: int = 0
    started: float = field(default_factory=time.monotonic)

    def count(self, verdict: Verdict) -> None:
        """Take a further file into account."""
        self.screened += 1
        self.failed += verdict.failed
        if verdict.renewed:
            self.renewed += 1
            self.redecoded += any(stage in verdict.timing_s for stage in _DECODING)

    @property
    def done(self) -> int:
        """Files with a result."""
        return self.kept + self.screened

    @property
    def rate(self) -> float:
        """Files screened a second so far."""
        return self.screened / max(time.monotonic() - self.started, 1e-6)

    @property
    def remaining_s(self) -> float | None:
        """Seconds that the rest will take at the present rate; None before the first result."""
        return (self.total - self.done) / self.rate if self.screened else None


@dataclass(frozen=True, slots=True)
class Summary:
    """What a scan came to, over all files that were named, kept results included."""

    entries: tuple[FinishedFile, ...]
    found: FoundFiles
    screened: int
    kept: int
    seconds: float
    broken_lines: int = 0  # lines of the results that no scan wrote as they were found
    moved: tuple[Moved, ...] = ()  # files whose label changed for what is known of another one
    renewed: int = 0  # of those screened: judged again by what was seen and heard before
    redecoded: int = 0  # of those renewed: decoded where they are compared with official footage
    outdated: int = 0  # results in the folder of other people or settings, that were not renewed
    changes: FolderChanges | None = None  # since the last scan into the folder; None for the first

    @property
    def labels(self) -> Counter[Label]:
        """Number of files by label."""
        return Counter(entry.label for entry in self.entries)

    @property
    def failed(self) -> int:
        """Number of files that could not be read or in which a detector broke."""
        return sum(entry.failed for entry in self.entries)

    @property
    def copies(self) -> int:
        """Number of files that repeat one that was screened before them."""
        return sum(entry.copy for entry in self.entries)

    @property
    def repeated(self) -> int:
        """Number of files that were examined as a file with the same bytes."""
        return sum(entry.repeated for entry in self.entries)

    @property
    def partly(self) -> int:
        """Number of files of which a part of the picture or the sound was not looked at."""
        return sum(entry.partly for entry in self.entries)


OnResult = Callable[[Verdict, Progress], None]
OnStart = Callable[[Progress], None]


def find_media(paths: Sequence[Path], *, out: Path | None = None) -> FoundFiles:
    """Look through files and folders for what to screen, in order of their names.

    A file that is named is always screened. In folders, what is no media of its own is left out:
    sidecars, thumbnails, leftovers, texts, and the output of a scan. Of that, what plays is
    screened, since anybody may lay a video there; not so the small copies of originals that the
    scan into `out` keeps itself. A file that is reached in two ways is screened once.
    """
    kept = tuple(_real(out / name) + os.sep for name in (ORIGINALS, REFERENCES)) if out else ()
    files: dict[str, Path] = {}
    left_out: dict[str, LeftOut] = {}
    missing: list[Path] = []
    for path in paths:
        if not os.path.lexists(path):  # also where no file can have such a name
            missing.append(path)
        elif not os.path.isdir(path):
            files.setdefault(_place(path), path)
        else:
            listing = look_through(path)
            for file in listing.media:
                place = _place(file)
                if place.startswith(kept):
                    left_out.setdefault(place, LeftOut(file, "own"))
                else:
                    files.setdefault(place, file)
            for one in listing.left_out:
                left_out.setdefault(_place(one.path), one)
    others = (one for place, one in left_out.items() if place not in files)
    return FoundFiles(tuple(files.values()), tuple(others), tuple(missing))


def _place(path: Path) -> str:
    """Return where a file lies, whichever way leads there; a link has a place of its own."""
    return os.path.join(_real(path.parent), path.name)


@functools.lru_cache(maxsize=1)  # the files of one folder come one after the other
def _real(folder: Path) -> str:
    return os.path.realpath(folder)


def scan(
    paths: Sequence[Path],
    out: Path,
    config: Config,
    *,
    workers: int = 1,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    executor: Executor = Pool,
    within_s: float = WITHIN_S,
    keep: bool = True,
    renew: bool = True,
    on_post: OnPost | None = None,
    on_start: OnStart | None = None,
    on_result: OnResult | None = None,
    on_pair: OnPair | None = None,
) -> Summary:
    """Screen everything under `paths` that has no result in `out` yet, and sum up.

    Official posts among the files are read first, since they are originals for the others
    (`batch.originals`). A file is screened again when it, its sidecar, the enrolled people, the
    official posts, the networks, the settings or a limit that it passed changed; its old result
    then goes. What was seen and heard in it is kept for that, unless `keep` is False: a file that
    is as it was need not be decoded (`screen.repeat`). Without `renew` only files that are new or
    changed are screened, and results of other people or settings stay; they are flagged, as are
    those of files that are not among `paths`. When all are done, files that repeat one another
    become campaigns (`batch.campaigns`), whose accounts are tied by what they did at most
    `within_s` seconds apart. `executor` makes the workers: processes of this machine, or those of a
    cluster (`batch.ray.RayPool`). Raises BatchError when `out` can't be used, WorkerError when the
    networks or the people can't be loaded, and WindowError when `within_s` is no window.
    """
    checked_window(within_s)
    started = time.monotonic()
    found = find_media(paths, out=out)
    config = _placed(config, out, keep=keep)
    with Results(out) as results:
        keep_people_folder(out, None if config.people is None else Path(config.people))
        originals = gather(
            found.files, out / ORIGINALS, config, workers=workers, limits=limits, on_post=on_post
        )
        config = replace(config, originals=originals)
        settings = settings_digest(config)
        holding = settings if renew else None
        todo = [path for path in found.files if not results.has(path, holding, limits.key)]
        progress = Progress(total=len(found.files), kept=len(found.files) - len(todo))
        if on_start is not None:
            on_start(progress)
        told = AlreadyTold.read(out, SCANNED)
        versions: Mapping[str, str] = told.versions
        screened: set[Path] = set()
        with executor(config, workers=workers, limits=limits) as pool:
            for path, written in _screened(todo, out, config, results, settings, limits, pool):
                versions = written.versions or versions
                screened.add(path)
                progress.count(written)
                if on_result is not None:
                    on_result(written, progress)
        outdated = results.mark_outdated(settings)
        moved = settle(
            results, out, config,
            within_s=within_s, workers=workers, limits=limits, on_pair=on_pair,
        )  # fmt: skip
        results.compact()
        changes = _changes(results, out, told, found.files, versions, outdated)
        entries = tuple(
            entry
            for path in found.files
            if (entry := results.entry(path, kept=path not in screened)) is not None
        )
    return Summary(
        entries=entries,
        found=found,
        screened=len(screened),
        kept=progress.kept,
        seconds=time.monotonic() - started,
        broken_lines=results.broken_lines,
        moved=moved,
        renewed=progress.renewed,
        redecoded=progress.redecoded,
        outdated=outdated,
        changes=changes,
    )


def _placed(config: Config, out: Path, *, keep: bool) -> Config:
    """Return a config with the places within the folder of results that it leaves open."""
    config = replace(config, memory=config.memory or out / MEMORY, observations=keep)
    if config.people is not None and config.cache is None:
        config = replace(config, cache=cache_folder(Path(config.people), out / REFERENCES))
    return config


def _screened(
    todo: Sequence[Path],
    out: Path,
    config: Config,
    results: Results,
    settings: str,
    limits: Limits,
    pool: Workers,
) -> Iterator[tuple[Path, Verdict]]:
    """Screen files, write what comes of each, and give that; keep what was seen and heard."""
    if todo and config.memory is not None:
        _begin_memory(Path(config.memory))
    with _kept(out, config) as observations:
        former = Former(examined_with(config), observations)
        copies = pool.takes_earlier
        repeats = Repeats(todo, results, settings, limits, former=former, copies=copies)
        for job, verdict in pool.screen(repeats.jobs()):
            if observations is not None and verdict.observed:
                observations.put(verdict.media.sha256, verdict.observed)
            written = results.add(job.path, verdict, settings, limits.key)
            repeats.finished(job, written)
            yield job.path, written
        if observations is not None:
            observations.drop_others(results.hashes())


@contextmanager
def _kept(out: Path, config: Config) -> Iterator[Observations | None]:
    """Open what was seen and heard in the files of a folder, or remove it where none is kept."""
    path = out / OBSERVED
    observations = None
    try:
        if config.observations:
            observations = Observations(path, made=examination_digest(config))
        else:
            forget(path)
    except (sqlite3.Error, OSError) as error:
        why = f"can't keep what was seen and heard in {shown_path(path)}: {error}"
        raise BatchError(why) from error
    try:
        yield observations
    finally:
        if observations is not None:
            observations.close()


def _changes(
    results: Results,
    out: Path,
    told: AlreadyTold,
    files: Sequence[Path],
    versions: Mapping[str, str],
    outdated: int,
) -> FolderChanges | None:
    """Tell what changed since the last scan, None after the first, and remember this one."""
    first, now = not told.last, datetime.now(timezone.utc).isoformat(timespec="seconds")
    gone, news = told.gone(), told.news(results, files)
    changes = FolderChanges.of(told, news, gone, now=now, versions=versions, outdated=outdated)
    told.versions = dict(versions)
    try:
        if not first:
            changes.write(out)
        told.write(out, SCANNED, now=now)
    except OSError as error:
        raise BatchError(f"can't write into {shown_path(out)}: {error.strerror}") from error
    return None if first else changes


def _begin_memory(path: Path) -> None:
    """Make the memory ready before workers share it; a damaged one is begun anew.

    What another program wrote under its name is left alone: raises BatchError.
    """
    from media_screen.footage.catalogue import CatalogueError
    from media_screen.footage.catalogue.store import LAYOUT_OF_FILE
    from media_screen.footage.memory import Memory

    try:
        Memory(path).close()
    except CatalogueError as error:
        if isinstance(error.__cause__, (ForeignDatabase, OSError)):
            raise BatchError(f"{shown_path(path)}: {error.__cause__}") from error
        _log.warning("the memory of earlier files is begun anew: %s", error)
        renew(path, LAYOUT_OF_FILE)
        Memory(path).close()

"""Scans many files into a folder of results: finds them, skips what is done, screens the rest."""

from __future__ import annotations

import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from media_screen.evidence import Label, Verdict
from media_screen.files import remove_database
from media_screen.results import Entry, Results, has_failed
from media_screen.screen import Config, settings_digest
from media_screen.worker import Executor, Job, Limits, Pool

MEMORY = "memory.sqlite"  # in the folder of results: what was screened into it before

_log = logging.getLogger(__name__)

# What yt-dlp and its users leave beside the media. Everything else is tried, whatever it is called:
# a file that can't be read gets a result that says so.
_SIDE_FILES = frozenset(
    [
        ".json",
        ".txt",
        ".description",
        ".vtt",
        ".srt",
        ".ass",
        ".ssa",
        ".lrc",
        ".ttml",
        ".srv1",
        ".srv2",
        ".srv3",
        ".json3",
        ".part",
        ".ytdl",
        ".temp",
        ".tmp",
        ".html",
        ".htm",
        ".xml",
        ".csv",
        ".tsv",
        ".md",
        ".log",
        ".sqlite",
        ".db",
        ".nfo",
        ".url",
        ".webloc",
        ".desktop",
        ".jsonl",
        ".py",
        ".toml",
        ".yaml",
        ".yml",
        ".ini",
        ".sh",
        ".bat",
        ".ds_store",
        ".sha256",
        ".md5",
        ".torrent",
        ".zip",
        ".7z",
        ".rar",
        ".gz",
    ]
)
_PICTURES = frozenset(
    [".jpg", ".jpeg", ".png", ".webp", ".image", ".avif"]
)  # may be a video's thumbnail
_VIDEOS = frozenset(
    [
        ".mp4",
        ".mkv",
        ".webm",
        ".mov",
        ".m4v",
        ".avi",
        ".flv",
        ".ts",
        ".3gp",
        ".mpg",
        ".mpeg",
        ".wmv",
    ]
)


@dataclass(frozen=True, slots=True)
class Found:
    """What a look through folders found: files to screen, and how many were left aside and why."""

    files: tuple[Path, ...]
    thumbnails: int = 0  # pictures beside a video of the same name
    side_files: int = 0  # sidecars, subtitles and other files that hold no media
    missing: tuple[Path, ...] = ()  # named by the user and not there


@dataclass(slots=True)
class Progress:
    """How far a scan is; handed to the callback after each file."""

    total: int  # files found
    kept: int  # done by an earlier scan
    screened: int = 0
    failed: int = 0
    started: float = field(default_factory=time.monotonic)

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

    entries: tuple[Entry, ...]
    found: Found
    screened: int
    kept: int
    seconds: float

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


OnResult = Callable[[Verdict, Progress], None]
OnStart = Callable[[Progress], None]


def find_media(paths: Sequence[Path]) -> Found:
    """Look through files and folders for what to screen, in order of their names.

    A file that is named is always screened. In folders, hidden files, sidecars and other files that
    hold no media are left aside, and so are thumbnails: pictures beside a video of the same name.
    """
    files: list[Path] = []
    missing: list[Path] = []
    thumbnails = side_files = 0
    for path in paths:
        if not path.exists() and not path.is_symlink():
            missing.append(path)
        elif not path.is_dir():
            files.append(path)
        else:
            for folder, names in _walk(path):
                stems = {name.stem for name in names if name.suffix.lower() in _VIDEOS}
                for name in names:
                    suffix = name.suffix.lower()
                    if suffix in _SIDE_FILES or name.name.startswith("."):
                        side_files += 1
                    elif suffix in _PICTURES and name.stem in stems:
                        thumbnails += 1
                    else:
                        files.append(folder / name)
    unique = dict.fromkeys(files)
    return Found(tuple(unique), thumbnails, side_files, tuple(missing))


def _walk(top: Path) -> Iterator[tuple[Path, list[Path]]]:
    """Give each folder with the names of its files, sorted, links to folders not followed."""
    for folder, folders, names in os.walk(top):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield Path(folder), [Path(name) for name in sorted(names)]


def scan(
    paths: Sequence[Path],
    out: Path,
    config: Config,
    *,
    workers: int = 1,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    executor: Executor = Pool,
    on_start: OnStart | None = None,
    on_result: OnResult | None = None,
) -> Summary:
    """Screen everything under `paths` that has no result in `out` yet, and sum up.

    A file is screened again when it, its sidecar, the enrolled people, the networks or the settings
    changed; its old result then goes. `executor` makes the workers: processes of this machine, or
    those of a cluster (`ray_executor.RayPool`). Raises BatchError when `out` can't be used, and
    WorkerError when the networks or the people can't be loaded.
    """
    started = time.monotonic()
    found = find_media(paths)
    settings = settings_digest(config)
    if config.memory is None:
        config = replace(config, memory=out / MEMORY)
    with Results(out) as results:
        todo = [path for path in found.files if not results.has(path, settings)]
        progress = Progress(total=len(found.files), kept=len(found.files) - len(todo))
        if on_start is not None:
            on_start(progress)
        if todo and config.memory is not None:
            _begin_memory(Path(config.memory))
        screened: set[Path] = set()
        with executor(config, workers=workers, limits=limits) as pool:
            for job, verdict in pool.screen(Job(path) for path in todo):
                results.add(job.path, verdict, settings)
                screened.add(job.path)
                progress.screened += 1
                progress.failed += has_failed(verdict.to_dict())
                if on_result is not None:
                    on_result(verdict, progress)
        results.compact()
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
    )


def _begin_memory(path: Path) -> None:
    """Make the memory ready before workers share it; a damaged one is begun anew.

    Two processes that make the file at the same moment would lock each other out.
    """
    from media_screen.catalogue import CatalogueError
    from media_screen.memory import Memory

    try:
        Memory(path).close()
    except CatalogueError as error:
        _log.warning("the memory of earlier files is begun anew: %s", error)
        remove_database(path)
        Memory(path).close()

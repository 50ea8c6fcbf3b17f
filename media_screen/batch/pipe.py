"""Screens what comes in line by line, for pipes: a path or a record in, a verdict out.

The input may stay open: what is there is screened, and each verdict is written as soon as it is
ready, so a program can send a line, wait for its answer, and send the next.
"""

from __future__ import annotations

import json
import os
import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from media_screen.batch.worker import Executor, Job, Limits, Pool
from media_screen.errors import MediaScreenError
from media_screen.evidence import Abstention, MediaInfo, Verdict
from media_screen.screen import Config, unable

MAX_LINE = 1 << 20  # bytes; longer ones are answered with an error
_POLL = 0.1  # s to wait for a line before looking at what the workers have ready

OnVerdict = Callable[[Verdict], None]


class LineError(MediaScreenError, ValueError):
    """A line of the input is neither a path nor a record."""


def screen_lines(
    lines: IO[bytes],
    on_verdict: OnVerdict,
    config: Config,
    *,
    workers: int = 1,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    executor: Executor = Pool,
) -> Counter[str | None]:
    """Screen a line at a time until the input ends; count labels and flags, failed files as None.

    A line is a path, or a JSON object with "path" and perhaps "sidecar". Every line that is not
    empty is answered by one verdict, in the order in which they are ready; a broken line by one
    that says so, under the path "<line N>". Raises WorkerError when a worker can't be started.
    """
    counts: Counter[str | None] = Counter()

    def answer(verdict: Verdict) -> None:
        counts.update((verdict.label, *verdict.flags))
        counts[None] += verdict.failed
        on_verdict(verdict)

    with executor(config, workers=workers, limits=limits) as pool:
        for _, verdict in pool.screen(_jobs(lines, answer, ahead=workers)):
            answer(verdict)
    return counts


def parse_line(line: bytes) -> Job | None:
    """Read one line, None when it is empty; raises LineError saying what was expected.

    A path is taken as it stands, spaces and all. What begins with a brace and is no JSON is one
    where such a file is there.
    """
    line = line.removesuffix(b"\n").removesuffix(b"\r")
    if not line.strip():
        return None
    if len(line) > MAX_LINE:
        raise LineError(f"expected at most {MAX_LINE} bytes, got more")
    if not line.lstrip().startswith(b"{"):
        return Job(_path(os.fsdecode(line)))
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        if os.path.lexists(line):
            return Job(_path(os.fsdecode(line)))
        raise LineError(f"not valid JSON: {error}") from error
    return _job_of(record)


def _job_of(record: Mapping[str, Any]) -> Job:
    """Return what a record asks for; raises LineError."""
    path, sidecar = record.get("path"), record.get("sidecar")
    if not isinstance(path, str) or not path:
        raise LineError(f'expected "path" to be text, got {path!r:.60}')
    if sidecar is not None and not isinstance(sidecar, str):
        raise LineError(f'expected "sidecar" to be text or null, got {sidecar!r:.60}')
    return Job(_path(path), None if sidecar is None else _path(sidecar))


def _path(text: str) -> Path:
    if "\0" in text:
        raise LineError("a path can't hold a null character")
    try:
        os.fsencode(text)
    except UnicodeEncodeError as error:
        raise LineError(f"a path can't hold half a character: {error.reason}") from error
    return Path(text)


def _jobs(lines: IO[bytes], answer: OnVerdict, *, ahead: int) -> Iterator[Job | None]:
    """Give the jobs of the lines, None while none is there, and answer broken lines at once."""
    read: queue.Queue[bytes | None] = queue.Queue(maxsize=2 * max(1, ahead))
    # A thread, because reading blocks while nothing comes, and verdicts must go out meanwhile.
    threading.Thread(target=_read, args=(lines, read), daemon=True).start()
    number = 0
    while True:
        try:
            line = read.get(timeout=_POLL)
        except queue.Empty:
            yield None
            continue
        if line is None:
            return
        number += 1
        try:
            job = parse_line(line)
        except LineError as error:
            why = f"line {number} of the input: {error}"
            info = MediaInfo(path=f"<line {number}>")
            answer(unable(info, [Abstention("media", "unreadable", why)]))
            continue
        if job is not None:
            yield job


def _read(lines: IO[bytes], read: queue.Queue[bytes | None]) -> None:
    try:
        while line := lines.readline(MAX_LINE + 2):
            while len(line) > MAX_LINE and not line.endswith(b"\n"):
                rest = lines.readline(MAX_LINE)  # passed over, without holding it
                if not rest or rest.endswith(b"\n"):
                    break
            read.put(line)
    finally:
        read.put(None)

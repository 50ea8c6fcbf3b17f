"""Runs screenings in processes of their own, so that no file can take the batch down with it.

A decoder can crash, hang or eat the memory on a hostile file. Each worker process screens one file
at a time; the parent watches its time and memory, kills it when it passes a limit, and starts a
fresh one. Nothing that comes from a worker is unpickled: results travel as JSON and JPEG bytes.
"""

from __future__ import annotations

import contextlib
import json
import logging
import multiprocessing
import os
import signal
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from multiprocessing import connection
from pathlib import Path
from typing import Any, Protocol

import psutil

from media_screen.batch.child import begin
from media_screen.batch.networks import CAN_SHARE, NetworkServer
from media_screen.errors import MediaScreenError
from media_screen.evidence import Abstention, Failure, MediaInfo, Reason, Thumbnail, Verdict
from media_screen.evidence.records import fields_of
from media_screen.media import MediaError, identify, shown_path
from media_screen.screen import Config, Screener, unable
from media_screen.weights import nets

TIME_LIMIT = 600.0  # s for one file; a 10-minute video takes about one on two old cores
MEMORY_LIMIT = 1800 << 20  # bytes resident in one worker; a busy one stays under half of it
SIZE_LIMIT = 16 << 30  # bytes of a file; hours of 1080p have less
START_LIMIT = 600.0  # s to load the networks; on a cold disk that alone can take a minute
_POLL = 0.2  # s between looks at a busy worker

_log = logging.getLogger(__name__)
_context = multiprocessing.get_context("spawn")  # fork would share ONNX Runtime's broken threads


class WorkerError(MediaScreenError, RuntimeError):
    """Workers can't start at all: the set-up is wrong, not a file."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost before its screening is ended, and how large it may be to begin it."""

    time_s: float = TIME_LIMIT
    memory_bytes: int = MEMORY_LIMIT
    size_bytes: int = SIZE_LIMIT

    @property
    def key(self) -> str:
        """What tells these limits from others."""
        return f"{self.time_s:g}:{self.memory_bytes}:{self.size_bytes}"


@dataclass(frozen=True, slots=True)
class Job:
    """One file to screen; its sidecar is looked for beside it unless it is named.

    `earlier` is the verdict on the file when it was screened before, or on another file with the
    same bytes, if one is known; it carries its pictures, and what was seen and heard.
    """

    path: Path
    sidecar: Path | None = None
    earlier: Verdict | None = None

    def to_bytes(self) -> bytes:
        """Return the job as a message to a worker."""
        sidecar = None if self.sidecar is None else str(self.sidecar)
        names = json.dumps([str(self.path), sidecar]).encode()
        earlier = b"" if self.earlier is None else pack(self.earlier)
        return struct.pack("<I", len(names)) + names + earlier

    @staticmethod
    def from_bytes(message: bytes) -> Job:
        """Read what `to_bytes` wrote."""
        (size,) = struct.unpack_from("<I", message)
        names, earlier = message[4 : 4 + size], message[4 + size :]
        path, sidecar = json.loads(names)
        return Job(
            Path(path),
            None if sidecar is None else Path(sidecar),
            unpack(earlier) if earlier else None,
        )


class Screening(Protocol):
    """What a worker does with each file: a `Screener`, or another reader of hostile files."""

    def prepare(self) -> object:
        """Load what is needed, before the first file."""

    def screen(
        self, path: Path, sidecar: Path | None = None, *, earlier: Verdict | None = None
    ) -> Verdict:
        """Read one file; always returns a verdict, whatever is wrong with it."""


class Workers(Protocol):
    """What screens the files of a batch: `Pool` here, `batch.ray.RayPool` on a cluster.

    With `takes_earlier` it makes use of what jobs know of other files with the same bytes.
    """

    takes_earlier: bool

    def __enter__(self) -> Workers: ...

    def __exit__(self, *_: object) -> None: ...

    def screen(self, jobs: Iterator[Job | None]) -> Iterator[tuple[Job, Verdict]]:
        """Give each job with its verdict, once, in the order in which they are ready."""


class Executor(Protocol):
    """Makes workers; with 0 `workers` it chooses how many."""

    def __call__(self, config: Config, *, workers: int, limits: Limits) -> Workers:
        """Return workers for one scan, not begun yet."""


class Pool:
    """A fixed number of worker processes that screen files; use it in a `with` statement.

    `kind` makes of the config what screens in each of them. With `shares_networks`, by default
    where several are on a GPU, one more process holds the networks of all (`batch.networks`).
    """

    takes_earlier = True

    def __init__(
        self,
        config: Config,
        *,
        workers: int,
        limits: Limits = Limits(),
        kind: Callable[[Config], Screening] = Screener,
        shares_networks: bool | None = None,
    ) -> None:
        self._config = config
        self._count = max(1, workers)
        several = config.device == "cuda" and self._count > 1 and CAN_SHARE
        self._shares_networks = several if shares_networks is None else shares_networks
        self._server: NetworkServer | None = None
        self._kind = kind
        self._limits = limits
        self._idle: list[_Worker] = []
        self._busy: list[_Worker] = []

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every worker at once; what they were screening is dropped."""
        for worker in (*self._idle, *self._busy):
            worker.kill()
        self._idle, self._busy = [], []
        if self._server is not None:
            self._server.close()
            self._server = None

    def screen(self, jobs: Iterator[Job | None]) -> Iterator[tuple[Job, Verdict]]:
        """Give each job with its verdict, in the order in which they are ready.

        A job of None says that there is none at the moment; what gives it should wait a little
        first. Raises WorkerError when a worker can't be started.
        """
        waiting = True
        while waiting or self._busy:
            while waiting and len(self._busy) < self._count:
                try:
                    job = next(jobs)
                except StopIteration:
                    waiting = False
                    break
                if job is None:
                    break
                refused = _too_large(job, self._limits)
                if refused is not None:
                    yield job, refused
                    continue
                worker = self._idle.pop() if self._idle else self._started()
                worker.give(job)
                self._busy.append(worker)
            yield from self._collect()

    def _started(self) -> _Worker:
        """Start a worker, and before the first of them what runs the networks of all."""
        if not self._shares_networks:
            return _Worker(self._config, self._kind)
        if self._server is None:
            try:
                device = nets.choose_device(self._config.device)
                threads = self._config.threads * self._count  # those of all workers
                self._server = NetworkServer(device, threads=threads)
            except MediaScreenError as error:
                raise WorkerError(str(error)) from error
        return _Worker(self._config, self._kind, served=self._server.served)

    def _collect(self) -> Iterator[tuple[Job, Verdict]]:
        """Wait a moment for results, and end what passed a limit."""
        if self._server is not None:
            try:
                self._server.keep()
            except MediaScreenError as error:
                raise WorkerError(str(error)) from error
        connection.wait([worker.pipe for worker in self._busy], timeout=_POLL)
        for worker in tuple(self._busy):
            verdict = worker.result()
            if verdict is None:
                verdict = worker.over_limit(self._limits)
            if verdict is None:
                continue
            self._busy.remove(worker)
            assert worker.job is not None
            if worker.alive:
                self._idle.append(worker)
            yield worker.job, verdict


class _Worker:
    """The parent's end of one worker process."""

    def __init__(
        self,
        config: Config,
        kind: Callable[[Config], Screening],
        *,
        served: nets.Served | None = None,
    ) -> None:
        self.pipe, far = _context.Pipe()
        self.job: Job | None = None
        self.alive = True
        self._ready = False
        # On a GPU the libraries alone take gigabytes: what was there before the first file.
        self._loaded = 0
        self._on_gpu = config.device == "cuda" and served is None
        self._started = time.monotonic()
        self._given = self._started
        self._process = _context.Process(
            target=_work,
            args=(config, kind, served, far, os.getpid()),
            daemon=True,
            name="media-screen-worker",
        )
        self._process.start()
        far.close()

    def give(self, job: Job) -> None:
        """Hand over the next file."""
        self.job = job
        self._given = time.monotonic()
        if self._ready:  # else it does not read yet, and a long message would have to wait
            self._send(job)

    def result(self) -> Verdict | None:
        """Return the verdict when it is there, or one that tells how the worker ended."""
        try:
            while self.pipe.poll():
                message = self.pipe.recv_bytes()
                if self._ready:
                    return unpack(message)
                self._take_start(json.loads(message))
        except (EOFError, OSError):
            return self._ended()
        return None

    def over_limit(self, limits: Limits) -> Verdict | None:
        """Kill the process when its file passed a limit, and return the verdict that says so."""
        now = time.monotonic()
        if not self._ready:
            if now - self._started > START_LIMIT:
                self.kill()
                raise WorkerError(f"a worker did not start within {START_LIMIT:.0f} s")
            return None
        if now - self._given > limits.time_s:
            self.kill()
            why = f"screening took longer than the limit of {limits.time_s:.0f} s and was ended"
            return self._unable("time_limit", why)
        used = self._memory() - self._loaded
        if used > limits.memory_bytes:
            self.kill()
            why = (
                f"screening took {used >> 20} MiB of memory, over the limit of "
                f"{limits.memory_bytes >> 20} MiB, and was ended"
            )
            return self._unable("memory_limit", why)
        return None

    def kill(self) -> None:
        """End the process and its pipe."""
        self.alive = False
        self._process.kill()
        self._process.join(5)
        self.pipe.close()

    def _take_start(self, message: dict[str, Any]) -> None:
        if "error" in message:
            self.kill()
            raise WorkerError(message["error"])
        self._ready = True
        self._loaded = self._memory() if self._on_gpu else 0
        self._given = time.monotonic()  # loading the networks is not the file's time
        assert self.job is not None
        self._send(self.job)

    def _send(self, job: Job) -> None:
        with contextlib.suppress(OSError):  # it died while idle; `result` sees that and says so
            self.pipe.send_bytes(job.to_bytes())

    def _ended(self) -> Verdict:
        self._process.join(5)
        code = self._process.exitcode
        self.kill()
        if not self._ready:
            raise WorkerError(f"a worker ended while it started ({_exit_words(code)})")
        error = f"the process that screened it ended: {_exit_words(code)}"
        assert self.job is not None
        return unable(_identified(self.job.path), failures=[Failure("media", error)])

    def _memory(self) -> int:
        try:
            return int(psutil.Process(self._process.pid).memory_info().rss)
        except (psutil.Error, OSError):
            return 0

    def _unable(self, reason: Reason, why: str) -> Verdict:
        assert self.job is not None
        return unable(_identified(self.job.path), [Abstention("media", reason, why)])


def _too_large(job: Job, limits: Limits) -> Verdict | None:
    """Return the verdict on a file that is over the limit: it is not even hashed."""
    try:
        size = job.path.stat().st_size
    except (OSError, ValueError):
        return None  # whoever opens it tells what is wrong with it
    if size <= limits.size_bytes:
        return None
    info = MediaInfo(path=shown_path(job.path), size_bytes=size)
    why = f"the file has {size:,} bytes, over the limit of {limits.size_bytes >> 20:,} MiB"
    return unable(info, [Abstention("media", "too_large", why)])


def _exit_words(code: int | None) -> str:
    if code is not None and code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"


def _identified(path: Path) -> MediaInfo:
    """Return what can be said of a file without decoding it."""
    info = MediaInfo(path=shown_path(path))
    try:
        sha256, size = identify(path)
    except MediaError:
        return info
    return MediaInfo(path=info.path, sha256=sha256, size_bytes=size)


# --- in the worker process -----------------------------------------------------------------------


def _work(
    config: Config,
    kind: Callable[[Config], Screening],
    served: nets.Served | None,
    pipe: connection.Connection,
    parent: int,
) -> None:
    """Screen the files that come through the pipe until it closes."""
    begin(parent)
    if served is not None:
        nets.run_in(served)
    screener = kind(config)
    try:
        screener.prepare()
    except Exception as error:
        pipe.send_bytes(json.dumps({"error": str(error)}).encode())
        return
    pipe.send_bytes(b"{}")
    while True:
        try:
            job = Job.from_bytes(pipe.recv_bytes())
        except (EOFError, OSError):
            return
        path = job.path
        try:
            verdict = screener.screen(path, job.sidecar, earlier=job.earlier)
        except MemoryError:
            abstention = Abstention("media", "memory_limit", "the memory did not suffice for it")
            verdict = unable(_identified(path), [abstention])
        except Exception as error:
            _log.exception("screening %s failed", path)
            verdict = unable(_identified(path), failures=[Failure.of("screen", error)])
        pipe.send_bytes(pack(verdict))


# --- on the wire ---------------------------------------------------------------------------------
# A 4-byte length and the JSON of the verdict with what its pictures are of, then the pictures, the
# fingerprint and what was seen and heard (empty when they stay in the worker), each with its 4-byte
# length.


def pack(verdict: Verdict) -> bytes:
    """Return a verdict with all that goes with it as bytes."""
    header = {
        "verdict": verdict.to_dict(),
        "renewed": verdict.renewed,
        "thumbnails": [
            {name: value for name, value in fields_of(one).items() if name != "jpeg"}
            for one in verdict.thumbnails
        ],
    }
    parts = [json.dumps(header, allow_nan=False).encode()]
    parts += [one.jpeg for one in verdict.thumbnails]
    parts += [verdict.fingerprint, verdict.observed]
    return b"".join(struct.pack("<I", len(part)) + part for part in parts)


def unpack(message: bytes) -> Verdict:
    """Return the verdict that `pack` packed, with all that went with it."""
    parts = []
    position = 0
    while position < len(message):
        (size,) = struct.unpack_from("<I", message, position)
        parts.append(message[position + 4 : position + 4 + size])
        position += 4 + size
    header = json.loads(parts[0])
    thumbnails = tuple(
        Thumbnail(**picture, jpeg=jpeg)
        for picture, jpeg in zip(header["thumbnails"], parts[1:-2], strict=True)
    )
    return replace(
        Verdict.from_dict(header["verdict"]),
        thumbnails=thumbnails,
        fingerprint=parts[-2],
        observed=parts[-1],
        renewed=header["renewed"],
    )

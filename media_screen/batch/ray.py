"""Runs screenings on a Ray cluster: files go out to workers, verdicts come back to one driver.

Each worker is a Ray actor with an isolated process of `worker.Pool` inside, so a file that crashes,
hangs or eats the memory ends as it does locally, and the networks are loaded once a worker. A file
whose worker or node dies is given to another one. Only the driver writes: a verdict counts once,
however often its file was begun. Files must lie on a file system that every node shares.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from media_screen.batch.worker import START_LIMIT, Job, Limits, Pool, WorkerError, pack, unpack
from media_screen.evidence import Failure, MediaInfo, Verdict
from media_screen.files import file_id
from media_screen.media import shown_path
from media_screen.screen import Config, unable

if TYPE_CHECKING:
    from media_screen.footage.memory import Memory

TRIES = 3  # workers that a file may lose; nodes rarely fail so often, but a file can kill them all
LOST_STARTS = 5  # workers in a row that die before they are ready: the set-up is wrong
_POLL = 0.2  # s to wait for workers before looking for new files
_HINT = "the executor ray needs the package ray: pip install 'media_screen[ray]'"

_log = logging.getLogger(__name__)


class RayPool:
    """Workers on a Ray cluster that screen files; use it in a `with` statement, as `Pool`.

    `address` is HOST:PORT of a running cluster; by default $RAY_ADDRESS, a cluster that runs on
    this machine, or a new one. A Ray that the program has connected already is used as it is. With
    0 `workers` there is one for each CPU, or each GPU with the device cuda. Raises WorkerError when
    Ray is missing or can't be reached.
    """

    takes_earlier = False  # the driver keeps the memory, so that workers can't ask it

    def __init__(
        self, config: Config, *, workers: int = 0, limits: Limits, address: str | None = None
    ) -> None:
        self._ray = _import_ray()
        self._connected = _connect(self._ray, address)
        self._memory = None if config.memory is None else _open_memory(config.memory)
        # One SQLite file can't be shared over a network, so the driver alone keeps the memory.
        self._config = replace(config, memory=None, fingerprint=self._memory is not None)
        self._limits = limits
        self._resource = "GPU" if config.device == "cuda" else "CPU"
        there = int(self._ray.cluster_resources().get(self._resource, 0))
        self._count = workers or max(1, there)
        self._starting: dict[Any, Any] = {}  # what tells that a worker is ready: the worker
        self._idle: list[Any] = []
        self._busy: dict[Any, tuple[Any, Job, int]] = {}  # result: worker, file, tries before
        self._waiting: deque[tuple[Job, int]] = deque()  # files without a worker, tries so far
        self._lost_starts = 0
        self._worked = time.monotonic()  # when a worker was last there

    def __enter__(self) -> RayPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every worker at once; what they were screening is dropped."""
        busy = [worker for worker, _, _ in self._busy.values()]
        for worker in (*self._starting.values(), *self._idle, *busy):
            self._ray.kill(worker)
        self._starting, self._idle, self._busy = {}, [], {}
        if self._memory is not None:
            self._memory.close()
        if self._connected:
            self._ray.shutdown()

    def screen(self, jobs: Iterator[Job | None]) -> Iterator[tuple[Job, Verdict]]:
        """Give each job with its verdict, in the order in which they are ready; see `Pool.screen`.

        At most as many jobs are taken before their verdicts are given as there are workers.
        """
        more = True
        while more or self._waiting or self._busy:
            while more and len(self._waiting) + len(self._busy) < self._count:
                try:
                    job = next(jobs)
                except StopIteration:
                    more = False
                    break
                if job is None:
                    break
                self._waiting.append((job, 0))
            self._give()
            yield from self._collect()

    def _give(self) -> None:
        """Hand waiting files to idle workers, and start workers for the others."""
        while self._waiting and self._idle:
            worker, (job, tries) = self._idle.pop(), self._waiting.popleft()
            self._busy[worker.screen.remote(job.to_bytes())] = worker, job, tries
        while len(self._starting) < min(len(self._waiting), self._count - len(self._busy)):
            options = {"num_cpus": 1, "num_gpus": 1 if self._resource == "GPU" else 0}
            kind = self._ray.remote(**options)(_NodeWorker)
            worker = kind.remote(self._config, self._limits, os.getcwd())
            self._starting[worker.ready.remote()] = worker

    def _collect(self) -> Iterator[tuple[Job, Verdict]]:
        """Wait a moment for workers, and give what they have ready."""
        out = [*self._starting, *self._busy]
        if not out:
            return
        ready, _ = self._ray.wait(out, num_returns=len(out), timeout=_POLL)
        for ref in ready:
            if ref in self._starting:
                self._started(ref)
            else:
                yield from self._finished(ref)
        if self._idle or self._busy:
            self._worked = time.monotonic()
        elif time.monotonic() - self._worked > START_LIMIT:
            raise WorkerError(
                f"no worker started within {START_LIMIT:.0f} s: each takes 1 {self._resource}, "
                f"and the cluster has {self._ray.cluster_resources().get(self._resource, 0):.0f}"
            )

    def _started(self, ref: Any) -> None:
        worker = self._starting.pop(ref)
        try:
            self._ray.get(ref)
        except self._ray.exceptions.RayError as error:
            self._lost_starts += 1
            if self._lost_starts >= LOST_STARTS:
                raise WorkerError(f"workers can't start on the cluster: {_last(error)}") from error
            _log.warning("a worker was lost while it started: %s", _last(error))
            return
        self._lost_starts = 0
        self._idle.append(worker)

    def _finished(self, ref: Any) -> Iterator[tuple[Job, Verdict]]:
        worker, job, tries = self._busy.pop(ref)
        try:
            message, unseen_on, wrong = self._ray.get(ref)
        except self._ray.exceptions.RayTaskError:
            self._ray.kill(worker)
            raise  # an error of this program, not of the cluster
        except self._ray.exceptions.RayError as error:
            self._ray.kill(worker)  # it may only be out of reach
            _log.warning("the worker on %s was lost: %s", shown_path(job.path), _last(error))
            if tries + 1 < TRIES:
                self._waiting.appendleft((job, tries + 1))
            else:
                yield job, _lost(job)
            return
        self._idle.append(worker)
        if wrong:
            raise WorkerError(wrong)
        if unseen_on and os.path.lexists(job.path):
            raise WorkerError(
                f"the node {unseen_on} can't see {shown_path(job.path)}, which this machine can: "
                "files must lie on a file system that all nodes share, under the same path"
            )
        yield job, self._recall(job, unpack(message))

    def _recall(self, job: Job, verdict: Verdict) -> Verdict:
        """Look the file up among what was screened before, and remember it."""
        if self._memory is None or not verdict.fingerprint:
            return verdict
        from media_screen.footage.fingerprint import Fingerprint

        try:
            found = self._memory.meet(
                verdict.media.path,
                verdict.media.sha256,
                Fingerprint.from_bytes(verdict.fingerprint),
                file=file_id(job.path),
            )
        except Exception as error:
            _log.exception("the memory failed on %s", verdict.media.path)
            return replace(verdict, failures=(*verdict.failures, Failure.of("memory", error)))
        return replace(verdict, duplicate_of=found.repeats, shared=found.shared)


def _import_ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    try:
        import ray
    except ImportError as error:
        raise WorkerError(_HINT) from error
    return ray


def _connect(ray: Any, address: str | None) -> bool:
    """Connect to the cluster; returns False when the program had done so before."""
    if ray.is_initialized():
        return False
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        ray.init(address=address, include_dashboard=False, **options)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise WorkerError(f"can't connect to Ray at {address or 'its address'}: {error}") from error
    return True


def _open_memory(path: str | Path) -> Memory:
    from media_screen.footage.memory import Memory

    return Memory(path)


def _lost(job: Job) -> Verdict:
    error = f"the worker or node that screened it was lost {TRIES} times"
    return unable(MediaInfo(path=shown_path(job.path)), failures=[Failure("media", error)])


def _last(error: BaseException) -> str:
    """Return the last line of an error of Ray, which comes after the traceback."""
    lines = str(error).strip().splitlines()
    return lines[-1].strip() if lines else type(error).__name__


class _NodeWorker:
    """What runs on a node: one isolated process that screens one file at a time.

    Verdicts go back in the bytes that local workers use, and what is wrong as text.
    """

    def __init__(self, config: Config, limits: Limits, folder: str) -> None:
        # The isolated process would start by importing Ray's main module, which it has no use for.
        sys.modules["__main__"].__dict__.pop("__file__", None)
        if os.path.isdir(folder):
            os.chdir(folder)  # relative paths mean what they mean to the driver
        self._pool = Pool(config, workers=1, limits=limits)

    def ready(self) -> None:
        """Tell by its return that the worker is there."""

    def screen(self, message: bytes) -> tuple[bytes, str, str]:
        """Return the packed verdict, the node when it can't see the file, and what broke it all."""
        job = Job.from_bytes(message)
        unseen_on = "" if os.path.lexists(job.path) else socket.gethostname()
        try:
            ((_, verdict),) = self._pool.screen(iter([job]))
        except WorkerError as error:
            return b"", "", f"{socket.gethostname()}: {error}"
        return pack(verdict), unseen_on, ""

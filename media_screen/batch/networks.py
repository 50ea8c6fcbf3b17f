"""One process that holds every network once and runs them for all workers of a scan.

On a GPU each process that computes takes gigabytes for the libraries alone, and pictures of one
file seldom fill it. Here workers decode, in processes of their own as before, and send what their
networks would get; what several of them ask of one network at the same time goes through it as one
batch. When this process ends, a new one takes its place, and the workers ask again.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import queue
import shutil
import socket
import tempfile
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from media_screen.batch.child import begin
from media_screen.errors import MediaScreenError
from media_screen.weights import nets
from media_screen.weights.wire import Arrays, Message, WireError, receive, send

if TYPE_CHECKING:
    from multiprocessing import connection

    import onnxruntime

CAN_SHARE = hasattr(socket, "AF_UNIX")  # not on Windows: there each worker holds its own
JOINED_BYTES = 256 << 20  # of inputs in one batch of several workers; a GPU of 8 GB bears it
RESTARTS = 5  # of one scan; a process that ends more often ends for a reason that stays
START_LIMIT = 120.0  # s until it takes requests; CUDA's libraries are read from disk first
_LONGEST_ADDRESS = 100  # bytes of a socket's name; the system's limit is 107
_BACKLOG = 256  # connections that wait to be taken: a dozen networks of as many workers

_context = multiprocessing.get_context("spawn")


class NetworkServerError(MediaScreenError, RuntimeError):
    """The process that runs the networks can't be started, or ends again and again."""


class NetworkServer:
    """The scan's end of that process; use it in a `with` statement.

    `address` is the socket at which sessions reach it, in a folder of this user alone; `threads`
    bounds what each network takes of the CPU (0: ONNX Runtime chooses).
    """

    def __init__(self, device: nets.Device, *, threads: int = 0) -> None:
        self._device = device
        self._threads = threads
        self._folder = _short_folder()
        self.address = str(self._folder / "networks")
        self._starts = 0
        self._process: multiprocessing.process.BaseProcess | None = None
        try:
            self.keep()
        except MediaScreenError:
            self.close()
            raise

    @property
    def served(self) -> nets.Served:
        """Where workers find it, and on which device it runs."""
        return nets.Served(self.address, self._device)

    def __enter__(self) -> NetworkServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process at once."""
        self._end()
        shutil.rmtree(self._folder, ignore_errors=True)

    def keep(self) -> None:
        """Start the process again if it ended; raises NetworkServerError when that is no use."""
        if self._process is not None and self._process.is_alive():
            return
        code = None if self._process is None else self._process.exitcode
        if self._starts > RESTARTS:
            raise NetworkServerError(
                f"the process that runs the networks ended {self._starts} times, "
                f"the last time with exit code {code}"
            )
        self._end()
        self._starts += 1
        near, far = _context.Pipe(duplex=False)
        self._process = _context.Process(
            target=_serve,
            args=(self.address, self._device, self._threads, os.getpid(), far),
            daemon=True,
            name="media-screen-networks",
        )
        self._process.start()
        far.close()
        self._await(near)

    def _await(self, near: connection.Connection) -> None:
        """Wait until it takes requests."""
        try:
            said = near.recv_bytes().decode() if near.poll(START_LIMIT) else "it did not start"
        except (EOFError, OSError):
            said = "it ended while it started"
        finally:
            near.close()
        if said:
            self._end()
            raise NetworkServerError(f"the process that runs the networks can't be used: {said}")

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join(5)
        Path(self.address).unlink(missing_ok=True)


def _short_folder() -> Path:
    """Make a folder whose name is short enough for a socket in it."""
    folder = Path(tempfile.mkdtemp(prefix="media-screen-"))
    if len(os.fsencode(folder)) > _LONGEST_ADDRESS:
        folder.rmdir()
        folder = Path(tempfile.mkdtemp(prefix="media-screen-", dir="/tmp"))
    return folder


# --- in that process ----------------------------------------------------------------------------


def _serve(
    address: str, device: nets.Device, threads: int, parent: int, ready: connection.Connection
) -> None:
    """Take connections until the parent ends."""
    begin(parent)
    try:
        if threads:
            nets.limit_threads(threads)
        nets.choose_device(device)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except (MediaScreenError, OSError) as error:
        ready.send_bytes(str(error).encode() or b"unknown")
        return
    ready.send_bytes(b"")
    networks = _Networks(device)
    while True:
        pipe, _ = listener.accept()
        threading.Thread(target=_attend, args=(pipe, networks), daemon=True).start()


def _attend(pipe: socket.socket, networks: _Networks) -> None:
    """Answer one session until its process is gone."""
    with pipe:
        while True:
            try:
                message = receive(pipe)
                send(pipe, networks.answer(message))
            except WireError:
                return


class _Networks:
    """The networks that were opened, each once."""

    def __init__(self, device: nets.Device) -> None:
        self._device = device
        self._lock = threading.Lock()
        self._open: dict[str, _Network] = {}

    def answer(self, message: Message) -> Message:
        """Return the answer to a message; what goes wrong is told to the one who asked."""
        try:
            if "open" in message.said:
                return Message(self._network(message.said["open"]).told)
            outputs = message.said["outputs"]
            network = self._network(message.said["run"])
            return Message({}, network.run(outputs, message.arrays))
        except Exception as error:  # ONNX Runtime has several kinds
            return Message({"error": f"{type(error).__name__}: {error}"})

    def _network(self, path: str) -> _Network:
        with self._lock:
            if path not in self._open:
                self._open[path] = _Network(Path(path), self._device)
            return self._open[path]


@dataclass(slots=True, eq=False)
class _Ask:
    """One request, and what came of it."""

    outputs: list[str] | None
    inputs: Arrays
    answer: queue.SimpleQueue[Arrays | Exception] = field(default_factory=queue.SimpleQueue)

    @property
    def rows(self) -> int:
        """How many pictures or windows it brings."""
        return int(next(iter(self.inputs.values())).shape[0])

    @property
    def size(self) -> int:
        """Bytes of its inputs."""
        return sum(array.nbytes for array in self.inputs.values())

    def fits(self, other: _Ask) -> bool:
        """Tell whether both can go through the network together."""
        return self.outputs == other.outputs and _sides(self.inputs) == _sides(other.inputs)


def _sides(inputs: Arrays) -> list[tuple[str, str, tuple[int, ...]]]:
    return sorted((name, array.dtype.str, array.shape[1:]) for name, array in inputs.items())


class _Network:
    """One network and the thread that runs it over what waits for it."""

    def __init__(self, path: Path, device: nets.Device) -> None:
        self._session = nets.session(path, device=device)
        self._joins = joins_rows(path, self._session)
        self.told = _told(self._session)
        self._waiting: queue.SimpleQueue[_Ask] = queue.SimpleQueue()
        threading.Thread(target=self._work, daemon=True).start()

    def run(self, outputs: list[str] | None, inputs: Arrays) -> Arrays:
        """Run it over the inputs of one request, perhaps together with those of others."""
        ask = _Ask(outputs, inputs)
        self._waiting.put(ask)
        answer = ask.answer.get()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _work(self) -> None:
        put_off: deque[_Ask] = deque()
        while True:
            first = put_off.popleft() if put_off else self._waiting.get()
            while not self._waiting.empty():
                put_off.append(self._waiting.get())
            self._answer(self._joined(first, put_off))

    def _joined(self, first: _Ask, others: deque[_Ask]) -> list[_Ask]:
        """Return what goes through together with the first; it is taken out of the others."""
        if not self._joins:
            return [first]
        together, room = [first], JOINED_BYTES - first.size
        for other in tuple(others):
            if other.fits(first) and other.size <= room:
                others.remove(other)
                together.append(other)
                room -= other.size
        return together

    def _answer(self, asks: Sequence[_Ask]) -> None:
        """Run the network once over all, or over each alone where that fails."""
        try:
            outputs = self._run(asks)
        except Exception as error:
            if len(asks) == 1:
                asks[0].answer.put(error)
                return
            for ask in asks:  # too much memory, perhaps, or one of them is to blame
                self._answer([ask])
            return
        for ask, answer in zip(asks, outputs, strict=True):
            ask.answer.put(answer)

    def _run(self, asks: Sequence[_Ask]) -> list[Arrays]:
        first = asks[0]
        names = first.outputs or [value.name for value in self._session.get_outputs()]
        if len(asks) == 1:
            found = self._session.run(names, dict(first.inputs))
            return [dict(zip(names, found, strict=True))]
        inputs = {name: np.concatenate([ask.inputs[name] for ask in asks]) for name in first.inputs}
        found = self._session.run(names, inputs)
        ends = np.cumsum([ask.rows for ask in asks])[:-1]
        parts = [np.split(output, ends) for output in found]
        return [dict(zip(names, own, strict=True)) for own in zip(*parts, strict=True)]


def joins_rows(path: Path, session: onnxruntime.InferenceSession) -> bool:
    """Tell whether rows of several requests may share a batch without changing each other.

    All that goes in and comes out must count its rows along the first side; and a network that
    takes its 8-bit scales from the whole batch would see one file in the light of another.
    """
    values = [*session.get_inputs(), *session.get_outputs()]
    sides = {value.shape[0] if value.shape else None for value in values}
    return len(sides) == 1 and isinstance(sides.pop(), str) and not _scales_by_batch(path)


@functools.cache
def _scales_by_batch(path: Path) -> bool:
    return b"DynamicQuantizeLinear" in path.read_bytes()


def _told(session: onnxruntime.InferenceSession) -> dict[str, Any]:
    """Return what a session tells of its network."""
    return {
        "inputs": [[one.name, one.shape, one.type] for one in session.get_inputs()],
        "outputs": [[one.name, one.shape, one.type] for one in session.get_outputs()],
        "providers": session.get_providers(),
        "metadata": dict(session.get_modelmeta().custom_metadata_map),
    }

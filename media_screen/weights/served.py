"""A network that another process runs: the session of a worker whose scan has one such process.

On a GPU a process of its own holds every network once (`batch.networks`), so that many workers can
decode while one feeds the GPU, and faces and windows of several files go through it together.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnxruntime

from media_screen.errors import MediaScreenError
from media_screen.weights.wire import Arrays, Message, WireError, receive, send

RETURN_S = 120.0  # s within which a process that ended is back; loading CUDA alone may take ten
_PAUSE_S = 0.1  # s between attempts to reach it


class ServedError(MediaScreenError, RuntimeError):
    """The process that runs the networks could not run this one; the message says why."""


@dataclass(frozen=True, slots=True)
class Node:
    """An input or output of a network."""

    name: str
    shape: tuple[int | str | None, ...]
    type: str


@dataclass(frozen=True, slots=True)
class MetaData:
    """What a network says of itself."""

    custom_metadata_map: Mapping[str, str]


class ServedSession(onnxruntime.InferenceSession):  # type: ignore[misc]
    """Stands for `onnxruntime.InferenceSession`, with the network in another process.

    `address` is the socket of that process. When it ends, which is made up for by a new one, what
    was asked is asked again, once. Raises ServedError when the network can't be opened or run.
    """

    def __init__(self, address: str, path: Path) -> None:  # the other class opens the file itself
        self._address = address
        self._path = str(path)
        self._pipe: socket.socket | None = None
        self._told = self._ask(Message({"open": self._path})).said

    def get_inputs(self) -> list[Node]:
        """Return the inputs."""
        return [_node(*one) for one in self._told["inputs"]]

    def get_outputs(self) -> list[Node]:
        """Return the outputs."""
        return [_node(*one) for one in self._told["outputs"]]

    def get_providers(self) -> list[str]:
        """Return on what it runs, the preferred first."""
        return list(self._told["providers"])

    def get_modelmeta(self) -> MetaData:
        """Return what the file says of itself."""
        return MetaData(dict(self._told["metadata"]))

    def run(
        self, output_names: Sequence[str] | None, input_feed: Arrays, run_options: Any = None
    ) -> list[Any]:
        """Run the network over the inputs, and return the outputs that are named, or all."""
        asked = None if output_names is None else list(output_names)
        answer = self._ask(Message({"run": self._path, "outputs": asked}, input_feed))
        return list(answer.arrays.values())

    def _ask(self, message: Message) -> Message:
        """Return the answer; a process that was lost in between is asked again, once."""
        try:
            answer = self._exchange(message)
        except WireError:
            self._close()
            try:
                answer = self._exchange(message)
            except WireError as error:
                self._close()
                name = Path(self._path).name
                raise ServedError(f"what runs {name} ended twice: {error}") from error
        if "error" in answer.said:
            raise ServedError(str(answer.said["error"]))
        return answer

    def _exchange(self, message: Message) -> Message:
        if self._pipe is None:
            self._pipe = _reach(self._address)
        send(self._pipe, message)
        return receive(self._pipe)

    def _close(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
        self._pipe = None


def _node(name: str, shape: Sequence[int | str | None], kind: str) -> Node:
    return Node(name, tuple(shape), kind)


def _reach(address: str) -> socket.socket:
    """Connect, and wait for a process that is being started anew."""
    until = time.monotonic() + RETURN_S
    while True:
        pipe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            pipe.connect(address)
        except OSError as error:
            pipe.close()
            if time.monotonic() > until:
                raise WireError(f"it could not be reached: {error}") from error
            time.sleep(_PAUSE_S)
        else:
            return pipe

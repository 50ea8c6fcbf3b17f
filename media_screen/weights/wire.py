"""Arrays over a socket of this machine: a header in JSON, then the bytes of each array.

Nothing is unpickled. Both ends are processes of one scan; a message that is not one ends the
connection.
"""

from __future__ import annotations

import json
import math
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from media_screen.errors import MediaScreenError

MOST_HEADER = 4 << 20  # bytes; the letters that a reader of text knows take a tenth of it
MOST_ARRAYS = 2 << 30  # bytes in one message; sixteen pictures of 4K in 32 bits have 1.6 GB
_HEADER = struct.Struct("<I")

Arrays = Mapping[str, NDArray[Any]]


class WireError(MediaScreenError, ConnectionError):
    """The other end is gone, or sent what is no message."""


@dataclass(frozen=True, slots=True, eq=False)
class Message:
    """What is said, and arrays by name."""

    said: Mapping[str, Any]
    arrays: Arrays = field(default_factory=dict)


def send(pipe: socket.socket, message: Message) -> None:
    """Send a message whole; raises WireError when nobody takes it."""
    arrays = {name: np.ascontiguousarray(array) for name, array in message.arrays.items()}
    told = [[name, array.dtype.str, array.shape] for name, array in arrays.items()]
    header = json.dumps([message.said, told], allow_nan=False).encode()
    try:
        pipe.sendall(_HEADER.pack(len(header)) + header)
        for array in arrays.values():
            pipe.sendall(array.reshape(-1).view(np.uint8).data)
    except OSError as error:
        raise WireError(f"the message could not be sent: {error}") from error


def receive(pipe: socket.socket) -> Message:
    """Take the next message; raises WireError when there is none any more."""
    (length,) = _HEADER.unpack(_bytes(pipe, _HEADER.size, MOST_HEADER))
    try:
        said, told = json.loads(_bytes(pipe, length, MOST_HEADER))
        shapes = {str(name): (_plain(kind), tuple(shape)) for name, kind, shape in told}
        size = sum(kind.itemsize * math.prod(shape) for kind, shape in shapes.values())
        if size > MOST_ARRAYS:
            raise WireError(f"a message has at most {MOST_ARRAYS:,} bytes, got {size:,}")
        arrays = {name: np.empty(shape, kind) for name, (kind, shape) in shapes.items()}
    except (ValueError, TypeError, MemoryError) as error:
        raise WireError(f"the other end sent what is no message: {error}") from error
    for array in arrays.values():
        _fill(pipe, array.reshape(-1).view(np.uint8).data)
    return Message(said, arrays)


def _plain(kind: str) -> np.dtype[Any]:
    """Return a type of numbers; one of objects would be pointers."""
    plain = np.dtype(kind)
    if plain.kind not in "biuf":
        raise ValueError(f"an array of numbers was expected, got one of {plain}")
    return plain


def _bytes(pipe: socket.socket, count: int, most: int) -> bytes:
    if count > most:
        raise WireError(f"a header has at most {most:,} bytes, got {count:,}")
    taken = bytearray(count)
    _fill(pipe, memoryview(taken))
    return bytes(taken)


def _fill(pipe: socket.socket, place: memoryview) -> None:
    """Fill a place with what comes."""
    done = 0
    while done < len(place):
        try:
            count = pipe.recv_into(place[done:])
        except OSError as error:
            raise WireError(f"the other end is gone: {error}") from error
        if not count:
            raise WireError("the other end is gone")
        done += count

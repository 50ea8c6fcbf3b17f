"""Arrays come out of a socket as they went in, and what is no message ends the connection."""

from __future__ import annotations

import json
import socket
import struct
import threading

import numpy as np
import pytest

from media_screen.weights.wire import MOST_ARRAYS, MOST_HEADER, Message, WireError, receive, send

ARRAYS = {
    "pictures": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
    "turned": np.arange(6, dtype=np.int64).reshape(2, 3).T,  # not contiguous
    "none": np.empty((0, 7), np.uint8),
    "number": np.array(2.5),
    "yes": np.array([True, False]),
}


def header(said: object) -> bytes:
    text = json.dumps(said).encode()
    return struct.pack("<I", len(text)) + text


def test_arrays_survive_the_way() -> None:
    near, far = socket.socketpair()
    with near, far:
        send(near, Message({"run": "a"}, ARRAYS))
        got = receive(far)
    assert got.said == {"run": "a"}
    assert got.arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(got.arrays[name], array)
        assert got.arrays[name].dtype == array.dtype


def test_a_message_larger_than_the_socket_holds_goes_through() -> None:
    near, far = socket.socketpair()
    pictures = np.random.default_rng(1).random((4, 3, 720, 1280), np.float32)
    with near, far:
        sender = threading.Thread(target=send, args=(near, Message({}, {"pictures": pictures})))
        sender.start()
        np.testing.assert_array_equal(receive(far).arrays["pictures"], pictures)
        sender.join()


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        pytest.param(b"", "gone", id="closed"),
        pytest.param(b"\x01", "gone", id="closed-in-the-length"),
        pytest.param(struct.pack("<I", MOST_HEADER + 1), "at most", id="endless-header"),
        pytest.param(struct.pack("<I", 3) + b"{[}", "no message", id="no-json"),
        pytest.param(header({}), "no message", id="another-json"),
        pytest.param(header([{}, [["a", "|O", [1]]]]), "numbers was expected", id="objects"),
        pytest.param(header([{}, [["a", "nonsense", [1]]]]), "no message", id="unknown-type"),
        pytest.param(header([{}, [["a", "<f4", ["x"]]]]), "no message", id="side-of-letters"),
        pytest.param(header([{}, [["a", "<f4", [-1]]]]), "no message", id="negative-side"),
        pytest.param(header([{}, [["a", "<f4", [MOST_ARRAYS]]]]), "at most", id="huge-array"),
        pytest.param(header([{}, [["a", "<f4", [2]]]]) + b"1234", "gone", id="cut-off"),
    ],
)
def test_what_is_no_message_is_an_error(sent: bytes, told: str) -> None:
    near, far = socket.socketpair()
    with near, far:
        near.sendall(sent)
        near.shutdown(socket.SHUT_WR)
        with pytest.raises(WireError, match=told):
            receive(far)


def test_nobody_takes_it() -> None:
    near, far = socket.socketpair()
    with near:
        far.close()
        with pytest.raises(WireError, match="could not be sent"):
            send(near, Message({}, {"a": np.zeros(1 << 20)}))

"""Whoever names another address than that of the server is refused, whatever its port."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.importorskip("starlette")

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from media_screen.serving.guard import Guard


async def _page(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(Request(scope).url.path)(scope, receive, send)


def status(guard: Guard, host: str, origin: str, *, token: str = "") -> int:
    """Return how a request is answered that names this host and origin."""
    headers = [(b"host", host.encode()), (b"origin", origin.encode())]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": token.encode(),
        "headers": headers,
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    with ThreadPoolExecutor(1) as pool:  # a browser of other tests may have a loop running here
        pool.submit(lambda: asyncio.run(guard(scope, receive, send))).result()
    return int(sent[0]["status"])


# The port of the server, and what a browser says of it: where it asks, and which page asks.
ASKED = {
    "a port": (8765, "127.0.0.1:8765", "http://127.0.0.1:8765", 303),
    "its other name": (8765, "localhost:8765", "http://localhost:8765", 303),
    "a port that is left out": (8765, "127.0.0.1", "http://127.0.0.1", 421),
    "another port": (8765, "127.0.0.1:80", "http://127.0.0.1:80", 421),
    "80, which browsers leave out": (80, "127.0.0.1", "http://127.0.0.1", 303),
    "80 by its other name": (80, "localhost", "http://localhost", 303),
    "80 as others name it": (80, "127.0.0.1:80", "http://127.0.0.1:80", 303),
    "80 and another port": (80, "127.0.0.1:8765", "http://127.0.0.1:8765", 421),
    "80 and another page": (80, "127.0.0.1", "http://localhost", 403),
    "80 and another host": (80, "evil.example", "http://evil.example", 421),
}


@pytest.mark.parametrize(("port", "host", "origin", "answer"), ASKED.values(), ids=ASKED.keys())
def test_a_browser_is_known_by_the_address_that_it_names(
    port: int, host: str, origin: str, answer: int
) -> None:
    guard = Guard(_page, port=port, room="/room")
    assert f":{port}/?" in guard.address
    token = guard.address.partition("?")[2]
    assert status(guard, host, origin, token=token) == answer

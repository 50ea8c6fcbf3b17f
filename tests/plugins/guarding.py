"""Blocks the network in the process that imports it, and writes down what it asks and opens.

The detector does nothing: naming it brings this module into the processes that screen.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

from media_screen.case import Case
from media_screen.detectors.contract import Need
from media_screen.evidence import Axis, Evidence

LOG = os.open(os.environ["GUARDING_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
NETWORK = (
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.sendto",
    "socket.sendmsg",
    "urllib.Request",
    "http.client.connect",
)


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open":
        written = arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        note("write" if written else event, arguments[0])
    elif event in NETWORK:
        note(event, arguments[-1])
        raise PermissionError("a scan must not use the network")


def note(event: str, what: object) -> None:
    os.write(LOG, (json.dumps([event, str(what)]) + "\n").encode())


sys.addaudithook(watch)
note("guarded", os.getpid())


class Guarding:
    """Lets everything pass."""

    name = "guarding"
    axis: Axis = "manipulation"
    needs: tuple[Need, ...] = ()

    def examine(self, case: Case) -> Iterator[Evidence]:
        yield Evidence(self.name, self.axis, 0.0, 0.0, "guarded")

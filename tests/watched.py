"""Runs a command where there is no network, and writes which names it asks a resolver for.

    unshare --net --mount python -m tests.watched LOG COMMAND...

A namespace of its own holds nothing but the loopback; a resolver there writes down every name, and
answers none. The last name, CONTROL, is asked for by this program: it shows that the watch works.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

CONTROL = "control.invalid"
_SIOCSIFFLAGS, _UP_AND_RUNNING = 0x8914, 0x41  # of netdevice(7)


def namespace() -> list[str]:
    """Return the command that gives a program a network of its own, [] where that is forbidden."""
    for options in (["--net", "--mount"], ["--user", "--map-root-user", "--net", "--mount"]):
        command = ["unshare", *options]
        trial = [*command, "mount", "--bind", os.devnull, "/etc/resolv.conf"]
        try:
            if subprocess.run(trial, capture_output=True, check=False).returncode == 0:
                return command
        except FileNotFoundError:
            break
    return []


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", _UP_AND_RUNNING)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, request)


def _take_over_resolver(conf: Path) -> socket.socket:
    conf.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n", "utf-8")
    subprocess.run(["mount", "--bind", str(conf), "/etc/resolv.conf"], check=True)
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind(("127.0.0.1", 53))
    return listener


def _name(query: bytes) -> str:
    """Read the name of a question: labels, each after its length, behind a header of 12 bytes."""
    rest, labels = query[12:], []
    while rest and rest[0]:
        labels.append(rest[1 : 1 + rest[0]].decode("ascii", "replace"))
        rest = rest[1 + rest[0] :]
    return ".".join(labels)


def _main() -> int:
    log, *command = sys.argv[1:]
    _raise_loopback()
    listener = _take_over_resolver(Path(log).with_suffix(".conf"))
    asked: list[str] = []

    def listen() -> None:
        while True:
            asked.append(_name(listener.recv(4096)))

    threading.Thread(target=listen, daemon=True).start()
    code = subprocess.run(command, check=False).returncode
    with contextlib.suppress(OSError):
        socket.getaddrinfo(CONTROL, 443)
    Path(log).write_text(json.dumps(sorted(set(asked))), "utf-8")
    return code


if __name__ == "__main__":
    sys.exit(_main())

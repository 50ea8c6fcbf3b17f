"""A detector of another package that does what a file's name says: for tests of isolation."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

from media_screen.case import Case
from media_screen.detectors.contract import Need
from media_screen.evidence import Axis, Evidence


class Misbehaving:
    """Crashes, hangs, eats memory or raises, as the file's name asks."""

    name = "misbehaving"
    axis: Axis = "manipulation"
    needs: tuple[Need, ...] = ()

    def examine(self, case: Case) -> Iterator[Evidence]:
        wanted = os.path.basename(case.info.path).split("-")[0]
        if wanted == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if wanted == "exit":
            os._exit(7)
        if wanted == "hang":
            time.sleep(3600)
        if wanted == "memory":
            hoard = []
            while True:
                hoard.append(bytearray(b"x") * (32 << 20))  # a limit of time must not come first
                time.sleep(0.005)
        if wanted == "orphan":
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(3600)
        if wanted == "gate":  # tells that it began, and by whom, and waits to be let through
            with open(f"{case.info.path}.begun", "a") as stream:
                print(os.getppid(), file=stream)
            while not os.path.exists(f"{case.info.path}.open"):
                time.sleep(0.05)
        if wanted == "raise":
            raise RuntimeError("as asked")
        yield Evidence(self.name, self.axis, 0.0, 0.0, "behaved")

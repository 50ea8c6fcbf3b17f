"""How a process of a scan begins: it belongs to its parent, and ends with it."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time

from media_screen.results.plain import log_plainly

_PARENT_POLL = 1.0  # s between looks at whether the parent still lives


def begin(parent: int) -> None:
    """Make this process a child: the parent decides when to stop, and it never outlives it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    log_plainly(logging.WARNING)  # a process of its own, with the log of nobody else
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """End this process when its parent is gone: nobody would take the result."""
    while os.getppid() == parent:
        time.sleep(_PARENT_POLL)
    os._exit(1)

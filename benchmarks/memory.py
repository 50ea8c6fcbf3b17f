"""The most memory that this process and its children take while something runs."""

from __future__ import annotations

import threading

import psutil

WATCHED_EVERY = 0.1  # s


class MemoryWatch:
    """Follows the resident memory of this process and its children while inside `with`, in bytes.

    `all_bytes` is the most that all took together, `most_bytes` the most that one of them took.
    """

    def __init__(self) -> None:
        self.all_bytes = self.most_bytes = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> MemoryWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        own = psutil.Process()
        while not self._stop.wait(WATCHED_EVERY):
            taken = [_resident(one) for one in (own, *own.children(recursive=True))]
            self.all_bytes = max(self.all_bytes, sum(taken))
            self.most_bytes = max(self.most_bytes, *taken)


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:  # it ended
        return 0

"""Times the stages of screenings by the CPU, since clocks count whatever else a machine does."""

from __future__ import annotations

import time

from media_screen.config import Config
from media_screen.screen import Screener


class CpuClock:
    """What screenings ask for the time: CPU seconds of this process."""

    perf_counter = staticmethod(time.process_time)


def count_cpu() -> None:
    """Let every screening in this process count CPU seconds."""
    from media_screen import case, screen

    case.time = CpuClock  # type: ignore[attr-defined, assignment]
    screen.time = CpuClock  # type: ignore[attr-defined, assignment]


def screener(config: Config) -> Screener:
    """Return a screener that counts CPU seconds, for a process that does nothing else."""
    count_cpu()
    return Screener(config)

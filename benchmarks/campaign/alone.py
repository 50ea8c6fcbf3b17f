"""Runs a measurement in a process of its own: the most memory that one had can't be reset."""

from __future__ import annotations

import dataclasses
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any


def alone(measure: Callable[[], Any]) -> dict[str, Any]:
    """Return the record of what is measured, a dataclass."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        return dataclasses.asdict(pool.submit(measure).result())

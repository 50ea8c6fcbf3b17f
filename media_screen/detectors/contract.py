"""The contract of a detector: what it says of itself, what it may use, and what it yields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from media_screen.case import NEEDS, Case, Need
from media_screen.evidence import Abstention, Axis, Evidence

__all__ = ["NEEDS", "Case", "Detector", "Need"]


@runtime_checkable
class Detector(Protocol):
    """One way of looking at a file.

    `examine` reads the case, never writes to it, and yields what it found. It applies no threshold
    to its scores and imports no other detector. What stands in `needs` is there when `examine` is
    called; when the file can't offer it, the abstention is written for the detector.
    """

    name: str
    axis: Axis
    needs: tuple[Need, ...]

    def examine(self, case: Case) -> Iterator[Evidence | Abstention]:
        """Yield evidence and abstentions; raising makes a Failure in the result."""
        ...

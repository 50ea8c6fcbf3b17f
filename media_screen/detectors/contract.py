"""The contract of a detector: what it says of itself, what it may use, and what it yields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Protocol, get_args, runtime_checkable

from media_screen.case import NEEDS, Case, Need
from media_screen.evidence import Abstention, Axis, Evidence

__all__ = ["DEPENDENCES", "NEEDS", "Case", "Dependence", "Detector", "Need", "depends_of"]

# What evidence may depend on besides the bytes of a file, the networks and the settings: who posted
# it, and whether that dubbed it; the names and accounts of people; their faces and voices; the
# official footage and known fakes to compare with; whose signatures are trusted; what detectors say
# of people's own videos.
Dependence = Literal[
    "post", "dubbing", "records", "faces", "voices", "official", "fakes", "trust", "own_videos"
]
DEPENDENCES: tuple[Dependence, ...] = get_args(Dependence)


@runtime_checkable
class Detector(Protocol):
    """One way of looking at a file.

    `examine` reads the case, never writes to it, and yields what it found. It applies no threshold
    to its scores and imports no other detector. What stands in `needs` is there when `examine` is
    called; when the file can't offer it, the abstention is written for the detector.

    It may say in `depends`, a tuple, on which of `DEPENDENCES` its evidence depends: where none of
    those changed, a file that was examined before is not shown to it again. One that does not say
    is shown every file anew.
    """

    name: str
    axis: Axis
    needs: tuple[Need, ...]

    def examine(self, case: Case) -> Iterator[Evidence | Abstention]:
        """Yield evidence and abstentions; raising makes a Failure in the result."""
        ...


def depends_of(detector: Detector | type[Detector]) -> frozenset[Dependence]:
    """Return on what the evidence of a detector depends: on all where it does not say."""
    return frozenset(getattr(detector, "depends", DEPENDENCES))

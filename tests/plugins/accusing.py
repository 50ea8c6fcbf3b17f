"""A detector of another package that finds every file forged: for tests of weights."""

from __future__ import annotations

from collections.abc import Iterator

from media_screen.case import Case
from media_screen.detectors.contract import Need
from media_screen.evidence import Axis, Evidence


class Accusing:
    """Finds every file forged."""

    name = "accusing"
    axis: Axis = "manipulation"
    needs: tuple[Need, ...] = ()

    def examine(self, case: Case) -> Iterator[Evidence]:
        yield Evidence(self.name, self.axis, 8.0, 8.0, "as always")

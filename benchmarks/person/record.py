"""Measures what a person's own videos add to what a detector says of a file.

Nothing is screened: the scores are those that `benchmarks.accuracy` and `benchmarks.voice` keep, of
networks that saw nothing of a file's collection or way of forging.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def measure(media: Path | None, work: Path) -> dict[str, Any]:
    """Return what was measured of people with several genuine files."""
    return {}


def markdown(found: Mapping[str, Any]) -> list[str]:
    """Return the table as lines of Markdown."""
    return ["## Beside the person's own videos"]

"""Tables as dataclasses of arrays, one row each: kept in files of numpy, and cut down to rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from media_screen.arrays import Flags


class Columns(Protocol):
    """A dataclass whose every field is an array."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


Table = TypeVar("Table", bound=Columns)


def save(path: Path, table: Columns) -> None:
    """Write a table."""
    np.savez(path, **{name: getattr(table, name) for name in table.__dataclass_fields__})


def load(path: Path, kind: type[Table]) -> Table:
    """Read a table of a kind back."""
    with np.load(path, allow_pickle=False) as saved:
        return kind(**{name: saved[name] for name in kind.__dataclass_fields__})


def take(table: Table, keep: Flags) -> Table:
    """Return the kept rows of a table."""
    columns = {name: getattr(table, name)[keep] for name in table.__dataclass_fields__}
    return type(table)(**columns)


def occurrences(names: Sequence[str] | npt.NDArray[Any]) -> npt.NDArray[np.int_]:
    """Return for each item how many bear its name, from which large groups are weighed down."""
    _, place, counts = np.unique(np.asarray(names), return_inverse=True, return_counts=True)
    return np.asarray(counts[place])

"""What stands in for things that are costly to make, and knows only what a test is about."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, TypeVar, cast

T = TypeVar("T")


def stand_in(kind: type[T], /, **known: Any) -> T:
    """Something that knows only these facts, in the place of one of a kind."""
    return cast("T", SimpleNamespace(**known))

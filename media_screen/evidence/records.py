"""Turns the fields of a piece of a verdict into values of a JSON record."""

from __future__ import annotations

from typing import Any


def fields_of(piece: Any) -> dict[str, Any]:
    """Return the fields of a dataclass by name, as they are."""
    return {name: getattr(piece, name) for name in piece.__dataclass_fields__}


def rounded(value: Any) -> Any:
    """Return a float with four digits, and anything else as it is."""
    return round(value, 4) if isinstance(value, float) else value

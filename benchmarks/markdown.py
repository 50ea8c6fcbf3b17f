"""Lines of Markdown that several pages are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

NONE = "-"  # in a cell of which nothing is known


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return a table, a line a row."""
    return [row(head), "|" + "---|" * len(head), *map(row, rows)]


def row(cells: Iterable[object]) -> str:
    """Return one line of a table."""
    return "| " + " | ".join(map(str, cells)) + " |"


def heading(title: str, command: str) -> list[str]:
    """Return the top of a page: its title, and the command that makes it."""
    return [f"# {title}", "", f"`{command}`", ""]


def interval(value: float, low: float, high: float) -> str:
    """Return a number with the ends of its interval."""
    return f"{value:.2f} ({low:.2f} to {high:.2f})"


def number(value: float | None) -> str:
    """Return a number, or that there is none."""
    return NONE if value is None else f"{value:.2f}"


def percent(value: float | None) -> str:
    """Return a share, or that there is none."""
    return NONE if value is None else f"{value:.1%}"


def escaped(text: str) -> str:
    """Return text that can stand in a cell."""
    return text.replace("|", "\\|")

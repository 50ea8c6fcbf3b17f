"""What every command shows in the same way: examples, tables, durations, untrusted text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

SHOWN = 40  # rows of a table on the terminal; report and page have them all


class Examples(click.Command):
    """A command whose help ends with examples, as they would be typed."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Examples"):
            for example in self._examples:
                formatter.write_text(example)


def new_console(*, stderr: bool = False) -> Console:
    """Return a console that prints text as it is: no number in it is coloured."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)


def plain(text: str) -> str:
    """Make untrusted text safe for a terminal: no control, bidi or escape characters."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def plain_lines(text: str) -> str:
    """Make untrusted lines safe for a terminal, each by itself."""
    return "\n".join(plain(line) for line in text.splitlines())


def minutes(seconds: float | None) -> str:
    """Return a time as minutes and seconds, a long one as hours and minutes, "?" for None."""
    if seconds is None:
        return "?"
    whole, rest = divmod(round(seconds), 60)
    hours, whole = divmod(whole, 60)
    return f"{hours} h {whole:02} min" if hours else f"{whole}:{rest:02}"

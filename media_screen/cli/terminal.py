"""What every command shows in the same way: examples, tables, durations, untrusted text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from media_screen.results.plain import plain_lines

if TYPE_CHECKING:
    from datetime import tzinfo

    from rich.console import Console

SHOWN = 40  # rows of a table on the terminal; report and page have them all


class Examples(click.Command):
    """A command whose help ends with examples, as they would be typed."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples below the options."""
        with formatter.section("Examples"):
            for example in self.examples:
                formatter.write_text(example)


class ExamplesGroup(Examples, click.Group):
    """Commands under one name, whose help ends with examples."""


class PlainGroup(click.Group):
    """Commands whose errors are plain: they tell of names and texts that others chose."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what an error quotes of others is made plain."""
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            told = error.format_message()
            if plain_lines(told) == told:
                raise
            if isinstance(error, click.UsageError):
                raise click.UsageError(plain_lines(told), error.ctx) from error
            raise click.ClickException(plain_lines(told)) from error


def new_console(*, stderr: bool = False) -> Console:
    """Return a console that prints text as it is: nothing in it is coloured, a link or an emoji."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def minutes(seconds: float | None) -> str:
    """Return a time as minutes and seconds, a long one as hours and minutes, "?" for None."""
    if seconds is None:
        return "?"
    whole, rest = divmod(round(seconds), 60)
    hours, whole = divmod(whole, 60)
    return f"{hours} h {whole:02} min" if hours else f"{whole}:{rest:02}"


def moment(iso: str, zone: tzinfo | None = None) -> str:
    """Return a time (ISO 8601) as it is shown, "the beginning" for none."""
    try:
        return datetime.fromisoformat(iso).astimezone(zone).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError):
        return "the beginning"

"""The options and exit codes that several commands share."""

from __future__ import annotations

import math
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from media_screen.errors import MediaScreenError, SetupError
from media_screen.languages import CODES

EXIT_FAILED, EXIT_MATCHED = 1, 3  # 0: done; 2, for usage, is given by click


@contextmanager
def plain_errors() -> Iterator[None]:
    """Say what is wrong in a sentence: with what was typed (exit code 2), or with the run (1)."""
    try:
        yield
    except SetupError as error:
        raise click.UsageError(str(error)) from error
    except (MediaScreenError, OSError) as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def interrupted_by(*numbers: signal.Signals) -> Iterator[None]:
    """Let signals end a command as Ctrl-C does: workers end, and what is half done goes."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None:  # one that was not set from Python can't be put back
                signal.signal(number, handler)


def refuse_other_folder(out: Path) -> None:
    """Raise UsageError for a folder that holds no results."""
    from media_screen.results.folder import RESULTS

    if not os.path.isfile(out / RESULTS):
        raise click.UsageError(f"{out} holds no {RESULTS}: it is not the --out folder of a scan")


class Seconds(click.FloatRange):
    """A time that passes: nothing is longer than nan, and endless is none."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number, or refuse it in a sentence."""
        seconds = float(super().convert(value, param, ctx))
        if not math.isfinite(seconds):
            self.fail(f"expected a number of seconds, got {value}", param, ctx)
        return seconds


PATH = click.Path(path_type=Path)
PEOPLE = click.Path(path_type=Path, exists=True, file_okay=False)
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


def _time_zone(_: click.Context, __: click.Parameter, name: str) -> str:
    """Refuse a time zone that there is none of before anything is screened."""
    from media_screen.report import TimeZoneError, find_zone

    try:
        find_zone(name)
    except TimeZoneError as error:
        raise click.BadParameter(str(error)) from error
    return name


zone_option = click.option(
    "--time-zone",
    default="UTC",
    show_default=True,
    metavar="ZONE",
    callback=_time_zone,
    help="Time zone of dates and posting hours in the report, such as Asia/Shanghai.",
)

language_option = click.option(
    "--language",
    type=click.Choice(CODES),
    default="en",
    show_default=True,
    help="Language of the pages; results and exports stay English.",
)

list_option = click.option(
    "--list-left-out",
    is_flag=True,
    help="List what was left aside, too: each file and folder, and what it is.",
)

people_option = click.option(
    "--people", type=PEOPLE, help="Folder of enrolled people (see enroll)."
)

device_option = click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Where the networks run; cuda without a usable GPU is an error.",
)

workers_option = click.option(
    "--workers",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Processes that screen at the same time; 0: one for each core, with a GPU, too.",
)

thorough_option = click.option(
    "--thorough", is_flag=True, help="Look at more of each file; several times slower."
)

"""The command `media-screen watch`: scans what comes into a folder, and says what is new."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from media_screen.cli.config_file import Configured, config_options
from media_screen.cli.options import EXIT_MATCHED, Seconds, interrupted_by, plain_errors
from media_screen.cli.scan import scan
from media_screen.cli.terminal import SHOWN, moment
from media_screen.results.plain import counted, plain
from media_screen.results.words import rank_of

if TYPE_CHECKING:
    from media_screen.folders.settled import Settling, Waiting, WholeFiles
    from media_screen.results.told import New

_LONGEST = 365 * 86_400.0  # s between rounds; systems sleep no longer than some lifetimes
_NAMED = 3  # files that wait, of those that are many
# What says where files come from, which the folder does here, and what each round would repeat.
_NOT_TAKEN = {"files_from", "null", "from_stdin", "list_left_out", "table"}
_TAKEN = [option for option in config_options(scan) if option.name not in _NOT_TAKEN]


@click.command(
    cls=Configured,
    like=scan,
    also=_TAKEN,
    examples=[
        "media-screen watch downloads -o results --people people",
        "media-screen watch downloads -o results --interval 600",
        "media-screen watch downloads -o results --once",
        "media-screen watch downloads -o results --jsonl >> verdicts.jsonl",
    ],
)
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--interval",
    type=Seconds(min=1.0, max=_LONGEST),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="Time from the end of a round to the next look at the folder.",
)
@click.option(
    "--settle",
    "settle_s",
    type=Seconds(min=0.0),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="Leave a file alone until nothing has changed it for this time.",
)
@click.option("--once", is_flag=True, help="Look once, screen what is there, and end.")
@click.pass_context
def watch(
    ctx: click.Context, /, folder: Path, interval: float, settle_s: float, once: bool, **asked: Any
) -> None:
    """Screen what comes into a folder, round by round, and say what is new since the last.

    Screened are files that are whole: no download of them goes on beside them, and nothing has
    changed them for a while. Results and report are those of a scan into OUT, with the same
    options; when people, references or lists change, what that concerns is screened again, and
    files whose label changed are told, too. What fails is told, and tried again in the next round.
    A watch that was ended goes on where it stopped, and tells what nobody was told of.

    Ctrl-C ends it. Exit codes: 0 ended, 2 usage, 3 --fail-on matched; with --once those of a scan.
    """
    from media_screen.folders.settled import Settling

    rounds = _Rounds(ctx, Settling(folder, settle_s=settle_s), asked)
    with interrupted_by(signal.SIGINT):  # which a shell lets be ignored in the background
        try:
            # What was typed is wrong in each round, and ends the first.
            with _told_and_tried_again(click.ClickException if once else click.UsageError):
                rounds.run()
            if not once:
                every = f"every {interval:g} s"
                click.echo(f"watching {plain(str(folder))} {every}; Ctrl-C ends", err=True)
            while not once:
                time.sleep(interval)
                with _told_and_tried_again():
                    rounds.run()
        except KeyboardInterrupt:
            click.echo("stopped; what was finished is safe, the same command goes on", err=True)
    if once:
        sys.exit(rounds.code)
    sys.exit(EXIT_MATCHED if rounds.matched else 0)


@dataclass
class _Rounds:
    """The rounds of a watch: what was looked at last, and what came of it."""

    ctx: click.Context
    settling: Settling
    asked: Mapping[str, Any]
    code: int = 0  # of the last scan
    matched: bool = False  # whether --fail-on ever did
    _done: object = None  # what the last scan was made of
    _waiting: tuple[Waiting, ...] = field(default=())

    def run(self) -> None:
        """Look at the folder, and scan it when anything changed since the last scan."""
        found = self.settling.look()
        if not found.is_readable:
            raise click.ClickException("the folder can't be looked into")
        if found.waiting != self._waiting:
            self._waiting = found.waiting
            _show_waiting(found.waiting)
        made_of = (found.files, _state_of(self.asked))
        if not found.files or made_of == self._done:
            return
        self.code = self._scan(found)
        self.matched |= self.code == EXIT_MATCHED
        self._tell(found)
        self._done = made_of

    def _scan(self, found: WholeFiles) -> int:
        """Scan the files that are whole, and return the exit code of the scan."""
        try:
            self.ctx.invoke(scan, paths=tuple(found.files), table=False, **self.asked)
        except SystemExit as ended:
            return int(ended.code or 0)
        except click.ClickException as error:
            if isinstance(error.__cause__, KeyboardInterrupt):
                raise error.__cause__ from error
            raise
        return 0

    def _tell(self, found: WholeFiles) -> None:
        """Say what is new since the last time, and remember that it was said."""
        from media_screen.report import find_zone
        from media_screen.results.folder import Results
        from media_screen.results.told import AlreadyTold

        out = self.asked["out"]
        with plain_errors():
            told = AlreadyTold.read(out)
            with Results(out) as results:
                news = told.news(results, found.files)
            zone = find_zone(self.asked["time_zone"])
            _show_news(news, moment(told.last, zone), err=self.asked["jsonl"])
            click.echo(f"Report: {plain(str(out / 'report' / 'index.html'))}", err=True)
            told.write(out, now=datetime.now(timezone.utc).isoformat(timespec="seconds"))


def _show_news(news: Sequence[New], since: str, *, err: bool) -> None:
    """Print a line for each file that is new or has another label, the most urgent first."""
    ordered = sorted(news, key=lambda one: (rank_of(one.file.label, one.file.flags), one.file.path))
    count = f": {counted(len(news), 'file')}" if news else ": nothing"
    click.echo(f"new since {since}{count}", err=err)
    for one in ordered[:SHOWN]:
        entry = one.file
        label = f"{one.before} is now {entry.label}" if one.before else entry.label
        shown = [label, entry.person or "", Path(entry.path).name]
        told = "  ".join(filter(None, shown)) + f": {entry.summary}"
        click.echo(f"  {plain(told)}", err=err)
    if len(ordered) > SHOWN:
        click.echo(f"  ... and {len(ordered) - SHOWN} more in the report", err=err)


def _show_waiting(waiting: Sequence[Waiting]) -> None:
    if waiting:
        named = "; ".join(f"{one.path.name} ({one.why})" for one in waiting[:_NAMED])
        more = f" and {len(waiting) - _NAMED} more" if len(waiting) > _NAMED else ""
        click.echo(plain(f"waiting for {counted(len(waiting), 'file')}: {named}{more}"), err=True)


def _state_of(asked: Mapping[str, Any]) -> dict[str, str]:
    """Return what changes when the people, or a file that an option names, do."""
    from media_screen.files import facts
    from media_screen.people.additions import files_of

    found = {}
    for name, value in asked.items():
        if not isinstance(value, Path) or name == "out":
            continue
        for path in files_of(value) if os.path.isdir(value) else (value,):
            try:
                found[str(path)] = facts(path.stat())
            except OSError:
                found[str(path)] = ""  # gone meanwhile
    return found


@contextmanager
def _told_and_tried_again(*fatal: type[click.ClickException]) -> Iterator[None]:
    """Say what went wrong in a round, and go on: the next one may find it mended."""
    try:
        with plain_errors():
            yield
    except fatal:
        raise
    except click.ClickException as error:
        why = error.format_message()
        click.echo(f"this round failed, and is tried again: {plain(why)}", err=True)

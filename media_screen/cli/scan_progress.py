"""How far a scan is: a bar on a terminal, else a line a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from media_screen.cli.terminal import minutes, new_console
from media_screen.results.plain import counted, plain

if TYPE_CHECKING:
    from media_screen.batch.scan import Progress
    from media_screen.evidence import Verdict

NAME_CHARACTERS = 40  # of a file, beside the bar


class ScanProgress:
    """Shows each step of a scan while inside `with`; with `quiet` it shows nothing."""

    def __init__(self, *, quiet: bool) -> None:
        from rich import progress

        text = progress.TextColumn
        console = new_console(stderr=True)
        live = console.is_terminal and not quiet
        self._told_in_lines = not live and not quiet
        self._quiet = quiet
        self._bar = progress.Progress(
            text("{task.fields[step]}", markup=False),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            text("{task.fields[rate]}", markup=False),
            progress.TimeRemainingColumn(),
            text("{task.fields[last]}", style="dim", markup=False),
            console=console,
            transient=True,
            disable=not live,
        )
        self._task = self._bar.add_task("scan", step="screening", total=None, rate="", last="")

    def __enter__(self) -> ScanProgress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def on_post(self, path: Path, done: int, total: int) -> None:
        """Show which official post is read."""
        self._bar.update(self._task, step="reading official posts", total=total, completed=done)
        if self._told_in_lines and done < total:
            _tell(f"reading official post {done + 1} of {total}: {plain(path.name)}")

    def on_start(self, progress: Progress) -> None:
        """Show how many files there are, and how many have a result."""
        self._bar.update(
            self._task, step="screening", total=progress.total, completed=progress.done
        )
        if progress.kept and not self._quiet:
            has = "has" if progress.kept == 1 else "have"
            _tell(f"{counted(progress.kept, 'file')} {has} a result already")

    def on_result(self, verdict: Verdict, progress: Progress) -> None:
        """Show which file was screened, and how long the others will take."""
        rate = f"{progress.rate:.2f} files/s"
        name = plain(Path(verdict.media.path).name)[:NAME_CHARACTERS]
        self._bar.update(self._task, completed=progress.done, rate=rate, last=name)
        if self._told_in_lines:
            _tell(
                f"[{progress.done}/{progress.total}] {verdict.label:23} "
                f"{plain(verdict.media.path)}  ({rate}, {minutes(progress.remaining_s)} left)"
                f"{_examined_as(verdict)}"
            )

    def on_pair(self, done: int, total: int) -> None:
        """Show how far the faces of copies are compared."""
        step = "comparing faces of copies"
        self._bar.update(self._task, step=step, total=total, completed=done, rate="", last="")
        if self._told_in_lines and not done:
            _tell(f"comparing the faces of {counted(total, 'file')} with those of suspected ones")


def _tell(line: str) -> None:
    click.echo(line, err=True)


def _examined_as(verdict: Verdict) -> str:
    """Say which file was examined in place of this one, "" for none."""
    other = plain(verdict.examined_as)
    return f"  examined as {other}: same content" if other else ""

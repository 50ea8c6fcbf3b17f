"""Sets a scan up from what was typed, and runs it with progress on the terminal."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from media_screen.cli.scan_progress import ScanProgress
from media_screen.cli.terminal import new_console
from media_screen.folders import is_address
from media_screen.results.plain import plain

if TYPE_CHECKING:
    from media_screen.batch.scan import Progress, Summary
    from media_screen.batch.worker import Executor, Limits
    from media_screen.config import Config
    from media_screen.evidence import Verdict
    from media_screen.people.enrol import Enrolment
    from media_screen.people.own_videos import PersonRecord

WITHIN_S = 60.0  # that of `media_screen.coordination`, which is heavy to import
STOPPED_SCAN = (
    "the scan was stopped; what was finished is safe, start the same command again to go on"
)
STOPPED_ENROLMENT = (
    "stopped while own videos were screened; what was screened is kept, start the same command "
    "again to go on"
)


class MediaPath(click.Path):
    """A file or folder to screen; for an address it says how to download what is there."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path, or refuse an address in a sentence."""
        text = os.fsdecode(value)
        if is_address(text) and not os.path.lexists(text):
            self.fail(
                f"{plain(text)} is an address, and nothing is fetched: download it first, with "
                f"yt-dlp --write-info-json {plain(shlex.quote(text))}",
                param,
                ctx,
            )
        return super().convert(value, param, ctx)


def settled(config: Config, *, workers: int, cluster: bool = False) -> Config:
    """Return the config with device and threads chosen, failing early on what all workers would.

    Whether a cluster has GPUs can't be told from here: its workers fail when it has none.
    """
    from media_screen import weights
    from media_screen.names.mentions import read_watch_list
    from media_screen.screen.settings import detectors_of, trusted_of
    from media_screen.weights.nets import choose_device

    weights.check_tables()
    detectors_of(config)
    trusted_of(config)
    if config.watch is not None:
        read_watch_list(Path(config.watch))
    if cluster:
        return replace(config, device=config.device.replace("auto", "cpu"), threads=1)
    device = choose_device(config.device)
    threads = max(1, cores() // workers_of(workers))
    return replace(config, device=device, threads=threads)


def executor_of(name: str, address: str | None) -> Executor:
    """Return what makes the workers; Ray is imported only when it is asked for."""
    from media_screen.batch.worker import Pool

    if name == "local":
        if address is not None:
            raise click.UsageError("--ray-address goes with --executor ray")
        return Pool
    from media_screen.batch.ray import RayPool

    return partial(RayPool, address=address)


def workers_of(asked: int) -> int:
    """Return how many processes screen at the same time; 0 asks for one a core.

    So it is with a GPU, too: they decode, and one more process runs the networks of all.
    """
    return asked or cores()


def cores() -> int:
    """Return the cores that this process may use, which in a container are fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def enrol_people(
    people: Path, *, quiet: bool, device: str = "cpu", cache: Path | None = None
) -> Enrolment:
    """Read new references with progress, so that the workers find all of them in the cache."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from media_screen.look import Looker
    from media_screen.people.enrol import enrol
    from media_screen.people.registry import load_people
    from media_screen.weights.nets import choose_device, limit_threads

    limit_threads(cores())
    console = new_console(stderr=True)
    persons = load_people(people)
    if not persons:
        click.echo(
            f"nobody is enrolled in {plain(str(people))}: nobody can be recognised", err=True
        )
    columns = (
        TextColumn("enrolling {task.fields[person]}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
    )
    hidden = quiet or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task("enrol", person="", total=None)

        def on_reference(person: str, _: Path, done: int, total: int) -> None:
            bar.update(task, person=person, completed=done, total=total)

        return enrol(
            people,
            persons,
            lambda: Looker(choose_device(device)),
            device=choose_device(device),
            on_reference=on_reference,
            cache=cache,
        )


def screen_own_videos(
    people: Path, enrolment: Enrolment, *, device: str, cache: Path
) -> tuple[PersonRecord, ...]:
    """Screen what is new of each person's own videos with progress: a bar, else a line a video."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from media_screen.config import Config
    from media_screen.people.registry import load_people
    from media_screen.screen import own_videos

    console = new_console(stderr=True)
    columns = (
        TextColumn("screening own videos of {task.fields[person]}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    live = console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=not live) as bar:
        task = bar.add_task("record", person="", total=None)

        def on_video(person: str, file: Path, done: int, total: int) -> None:
            bar.update(task, person=person, completed=done, total=total)
            if not live:
                name = plain(file.name)
                click.echo(f"screening own video {done + 1} of {total}: {name}", err=True)

        with _stoppable(STOPPED_ENROLMENT):
            return own_videos.screen_own_videos(
                load_people(people),
                enrolment,
                Config(people=people, cache=cache, device=device, threads=cores()),
                on_video=on_video,
            )


def scan_with_progress(
    paths: Sequence[Path],
    out: Path,
    config: Config,
    workers: int,
    limits: Limits,
    *,
    executor: Executor,
    within_s: float = WITHIN_S,
    renew: bool = True,
    keep: bool = True,
    jsonl: bool = False,
    quiet: bool,
) -> Summary:
    """Screen into a folder, and show how far it is: a bar on a terminal, else a line a file."""
    from media_screen.batch.scan import scan as scan_files

    def on_result(verdict: Verdict, progress: Progress) -> None:
        shown.on_result(verdict, progress)
        if jsonl:
            print_line(verdict)

    with ScanProgress(quiet=quiet) as shown, _stoppable(STOPPED_SCAN):
        summary = scan_files(
            paths,
            out,
            config,
            workers=workers,
            limits=limits,
            executor=executor,
            within_s=within_s,
            renew=renew,
            keep=keep,
            on_post=shown.on_post,
            on_start=shown.on_start,
            on_result=on_result,
            on_pair=shown.on_pair,
        )
    if jsonl:
        for moved in summary.moved:  # the last line of a file is the one that counts
            print_line(moved.verdict)
    return summary


def print_line(verdict: Verdict) -> None:
    """Print a verdict as a line of JSON that a reader at the other end of a pipe sees at once."""
    click.echo(verdict.to_json())  # flushes


@contextmanager
def _stoppable(told: str) -> Iterator[None]:
    """Say what was stopped by Ctrl-C or SIGTERM, after workers ended and the folder is whole."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise click.ClickException(told) from error

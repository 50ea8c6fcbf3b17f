"""The command line: reads options, calls the library, and shows what it gives back."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from media_screen import __version__
from media_screen.evidence import LABELS, Label

if TYPE_CHECKING:
    from rich.console import Console

    from media_screen.batch import Progress, Summary
    from media_screen.enrol import Enrolment
    from media_screen.evidence import Verdict
    from media_screen.people import Person
    from media_screen.results import Entry

EXIT_FAILED, EXIT_USAGE, EXIT_MATCHED = 1, 2, 3  # 0: done
WIDE = 120  # columns of a terminal from which the table has room for the reasons
SHOWN = 40  # rows of the table on the terminal; the report has them all
_COLOURS = {
    "official": "green",
    "official_copy": "green",
    "altered_official": "red",
    "suspected_impersonation": "bold red",
    "unverified_appearance": "yellow",
    "synthetic_media": "red",
    "no_finding": "default",
    "unable_to_evaluate": "magenta",
}
# What an analyst looks at first comes first.
_ORDER: tuple[Label, ...] = (
    "suspected_impersonation", "altered_official", "synthetic_media", "unverified_appearance",
    "unable_to_evaluate", "official_copy", "official", "no_finding",
)  # fmt: skip

_PATHS = click.Path(path_type=Path)
_PEOPLE = click.Path(path_type=Path, exists=True, file_okay=False)


def _time_zone(_: click.Context, __: click.Parameter, name: str) -> str:
    """Refuse a time zone that there is none of before anything is screened."""
    from media_screen.report import TimeZoneError, find_zone

    try:
        find_zone(name)
    except TimeZoneError as error:
        raise click.BadParameter(str(error)) from error
    return name


_zone_option = click.option(
    "--time-zone", default="UTC", show_default=True, metavar="ZONE", callback=_time_zone,
    help="Time zone of posting hours in the report, such as Asia/Shanghai.",
)  # fmt: skip


class _Examples(click.Command):
    """A command whose help ends with examples, as they would be typed."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Examples"):
            for example in self._examples:
                formatter.write_text(example)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="media-screen")
@click.option("-v", "--verbose", is_flag=True, help="Show the log of the program on stderr.")
def main(verbose: bool) -> None:
    """Screen downloaded media for suspected impersonation of enrolled people.

    It ranks and explains; a person decides. Start with: media-screen scan downloads --people people
    """
    level = logging.INFO if verbose else logging.ERROR
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")


@main.command(
    cls=_Examples,
    examples=[
        "media-screen scan downloads --people people",
        "media-screen scan a.mp4 b.mp4 --out results --fail-on suspected_impersonation",
        "media-screen scan downloads --out results --workers 8 --thorough",
    ],
)
@click.argument("paths", nargs=-1, required=True, type=_PATHS)
@click.option("--people", type=_PEOPLE, help="Folder of enrolled people (see enroll).")
@click.option(
    "--out", type=_PATHS, default=Path("media-screen-out"), show_default=True,
    help="Folder for results and report; a scan into the same folder goes on where it stopped.",
)  # fmt: skip
@click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True,
    help="Where the networks run; cuda without a usable GPU is an error.",
)  # fmt: skip
@click.option(
    "--workers", type=click.IntRange(min=0), default=0, show_default=True,
    help="Processes that screen at the same time; 0: one for each core, one with a GPU.",
)  # fmt: skip
@click.option("--thorough", is_flag=True, help="Look at more of each file; several times slower.")
@click.option(
    "--fail-on", "fail_on", multiple=True, type=click.Choice(LABELS), metavar="LABEL",
    help="Exit with 3 when a file gets this label; may be given several times.",
)  # fmt: skip
@click.option(
    "--detector", "detectors", multiple=True, metavar="NAME",
    help="Use only this detector, or one of another package; may be given several times.",
)  # fmt: skip
@click.option("--time-limit", type=float, default=600.0, show_default=True, metavar="SECONDS",
              help="Give a file up after this time.")  # fmt: skip
@click.option("--memory-limit", type=int, default=1800, show_default=True, metavar="MIB",
              help="Give a file up when its process takes more memory.")  # fmt: skip
@_zone_option
@click.option("--quiet", is_flag=True, help="Show no progress and no table.")
def scan(
    paths: tuple[Path, ...],
    people: Path | None,
    out: Path,
    device: str,
    workers: int,
    thorough: bool,
    fail_on: tuple[str, ...],
    detectors: tuple[str, ...],
    time_limit: float,
    memory_limit: int,
    time_zone: str,
    quiet: bool,
) -> None:
    """Screen files and folders, and write verdicts and a report.

    Each video, picture or sound file gets one verdict, a line in OUT/results.jsonl; OUT/report has
    the pages. Sidecars of yt-dlp (NAME.info.json) are read where they stand beside a file.

    Exit codes: 0 done, 1 some files failed, 2 usage, 3 --fail-on matched.
    """
    from media_screen.catalogue import CatalogueError
    from media_screen.detectors import UnknownDetector
    from media_screen.nets import DeviceError
    from media_screen.people import PeopleError
    from media_screen.report import write_report
    from media_screen.results import BatchError
    from media_screen.worker import Limits, WorkerError

    try:
        config = _config(people, device, thorough, detectors, workers)
        if people is not None:
            _enrol(people, quiet=quiet)
        summary = _scan_with_progress(
            paths, out, config, _workers(workers, config.device),
            Limits(time_limit, memory_limit << 20), quiet=quiet,
        )  # fmt: skip
        report = write_report(out, time_zone=time_zone)
    except (DeviceError, UnknownDetector, PeopleError) as error:
        raise click.UsageError(str(error)) from error
    except (BatchError, CatalogueError, WorkerError, OSError) as error:
        raise click.ClickException(str(error)) from error
    if not quiet:
        _show(summary, report)
    matched = any(entry.label in fail_on for entry in summary.entries)
    if summary.found.missing and not summary.entries:
        sys.exit(EXIT_USAGE)
    sys.exit(EXIT_MATCHED if matched else EXIT_FAILED if _any_failed(summary) else 0)


@main.command(
    cls=_Examples,
    examples=["media-screen enroll people", "media-screen enroll people --strict"],
)
@click.argument("people", type=_PEOPLE)
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto",
              show_default=True, help="Where the networks run.")  # fmt: skip
@click.option("--strict", is_flag=True, help="Exit with 1 when a reference was refused.")
def enroll(people: Path, device: str, strict: bool) -> None:
    """Check the references of people and prepare them for scanning.

    PEOPLE holds a folder for each person: SLUG/person.toml, and pictures in faces/, videos that the
    person published in official/. What is wrong with a reference is said, with what to do about it.
    Only new or changed references are read.
    """
    from media_screen.catalogue import CatalogueError
    from media_screen.nets import DeviceError
    from media_screen.people import PeopleError, load_people

    try:
        persons = load_people(people)
        enrolment = _enrol(people, quiet=False, device=device)
    except (PeopleError, DeviceError) as error:
        raise click.UsageError(str(error)) from error
    except (CatalogueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    _show_people(persons, enrolment)
    if strict and any(problem.refused for problem in enrolment.problems):
        sys.exit(EXIT_FAILED)


@main.command(
    cls=_Examples,
    examples=[
        "media-screen report media-screen-out",
        "media-screen report media-screen-out --time-zone Asia/Shanghai",
    ],
)
@click.argument("out", type=click.Path(path_type=Path, exists=True, file_okay=False))
@_zone_option
def report(out: Path, time_zone: str) -> None:
    """Write the report of saved results anew, without running a model."""
    from media_screen.report import write_report
    from media_screen.results import RESULTS

    if not (out / RESULTS).is_file():
        raise click.UsageError(f"{out} holds no {RESULTS}: it is not the --out folder of a scan")
    click.echo(write_report(out, time_zone=time_zone))


@main.command(cls=_Examples, examples=["media-screen detectors"])
def detectors() -> None:
    """List the detectors: what each looks at and what it needs."""
    from rich.table import Table

    from media_screen.detectors import choose

    table = Table("detector", "axis", "needs", "what it does", box=None)
    for detector in choose():
        what = (type(detector).__doc__ or "").split("\n")[0]
        table.add_row(detector.name, detector.axis, ", ".join(detector.needs) or "-", what)
    _console().print(table)


@main.command(cls=_Examples, examples=["media-screen models"])
def models() -> None:
    """List the networks: size, licence, origin, and whether the file is the recorded one."""
    from rich.table import Table

    from media_screen import weights

    table = Table("file", "MB", "licence", "origin", "SHA-256", "state", box=None)
    for file in weights.recorded():
        try:
            weights.path(file.name)
            state = "verified"
        except weights.WeightsError as error:
            state = str(error)
        size = f"{file.size_bytes / 1e6:.1f}"
        table.add_row(file.name, size, file.licence, file.origin, file.sha256[:16], state)
    _console().print(table)


# --- set-up --------------------------------------------------------------------------------------


def _config(
    people: Path | None, device: str, thorough: bool, detectors: tuple[str, ...], workers: int
) -> Any:
    """Make the config, failing early on what every worker would fail on."""
    from media_screen.detectors import choose
    from media_screen.nets import choose_device
    from media_screen.screen import Config

    choose(detectors)
    chosen = choose_device(device)
    count = _workers(workers, chosen)
    return Config(
        people=people,
        device=chosen,
        thorough=thorough,
        detectors=detectors,
        threads=max(1, _cores() // count),
    )


def _workers(asked: int, device: str) -> int:
    if asked:
        return asked
    return 1 if device == "cuda" else _cores()


def _cores() -> int:
    """Return the cores that this process may use, which in a container are fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _enrol(people: Path, *, quiet: bool, device: str = "cpu") -> Enrolment:
    """Read new references with progress, so that the workers find all of them in the cache."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from media_screen.enrol import enrol
    from media_screen.look import Looker
    from media_screen.nets import choose_device, limit_threads
    from media_screen.people import load_people

    limit_threads(_cores())
    console = _console(stderr=True)
    columns = (TextColumn("enrolling {task.fields[person]}"), BarColumn(), MofNCompleteColumn())
    hidden = quiet or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task("enrol", person="", total=None)

        def on_reference(person: str, _: Path, done: int, total: int) -> None:
            bar.update(task, person=person, completed=done, total=total)

        return enrol(
            people, load_people(people), lambda: Looker(choose_device(device)),
            on_reference=on_reference,
        )  # fmt: skip


def _scan_with_progress(
    paths: Sequence[Path], out: Path, config: Any, workers: int, limits: Any, *, quiet: bool
) -> Summary:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from media_screen.batch import scan as scan_files

    console = _console(stderr=True)
    columns = (
        TextColumn("screening"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"), TimeRemainingColumn(),
        TextColumn("{task.fields[last]}", style="dim"),
    )  # fmt: skip
    live = console.is_terminal and not quiet
    with Bar(*columns, console=console, transient=True, disable=not live) as bar:
        task = bar.add_task("scan", total=None, rate="", last="")

        def on_start(progress: Progress) -> None:
            bar.update(task, total=progress.total, completed=progress.done)
            if progress.kept and not quiet:
                click.echo(f"{progress.kept} files have a result already", err=True)

        def on_result(verdict: Verdict, progress: Progress) -> None:
            rate = f"{progress.rate:.2f} files/s"
            name = _plain(Path(verdict.media.path).name)[:40]
            bar.update(task, completed=progress.done, rate=rate, last=name)
            if not live and not quiet:
                left = progress.remaining_s
                click.echo(
                    f"[{progress.done}/{progress.total}] {verdict.label:23} "
                    f"{_plain(verdict.media.path)}  ({rate}, {_minutes(left)} left)",
                    err=True,
                )

        return scan_files(
            paths, out, config, workers=workers, limits=limits, on_start=on_start,
            on_result=on_result,
        )  # fmt: skip


def _any_failed(summary: Summary) -> bool:
    return bool(summary.failed or summary.found.missing)


# --- what is shown -------------------------------------------------------------------------------


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)


def _plain(text: str) -> str:
    """Make untrusted text safe for a terminal: no control, bidi or escape characters."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _minutes(seconds: float | None) -> str:
    if seconds is None:
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes}:{rest:02}"


def _show(summary: Summary, report: Path) -> None:
    """Print the table of verdicts, the counts, and where the report is."""
    from rich.table import Table
    from rich.text import Text

    console = _console()
    ordered = sorted(
        summary.entries, key=lambda e: (_ORDER.index(e.label), -(e.manipulation or 0.0), e.path)
    )
    if ordered:
        wide = console.width >= WIDE
        columns = ("file", "verdict", "person", "why") if wide else ("file", "verdict", "person")
        table = Table(*columns, box=None, pad_edge=False)
        table.columns[0].overflow = "fold"
        for entry in ordered[:SHOWN]:
            table.add_row(*_row(entry)[: len(columns)])
        console.print(table)
        if len(ordered) > SHOWN:
            console.print(f"... and {len(ordered) - SHOWN} more in the report")
        console.print()
    counts = summary.labels
    parts = [f"{counts[label]} {label}" for label in _ORDER if counts[label]]
    console.print(
        Text(f"{len(summary.entries)} files: " + (", ".join(parts) or "nothing to screen"))
    )
    notes = [f"{summary.screened} screened in {_minutes(summary.seconds)}"]
    if summary.kept:
        notes.append(f"{summary.kept} kept from earlier")
    if summary.failed:
        notes.append(f"{summary.failed} failed or unreadable")
    if summary.copies:
        notes.append(f"{summary.copies} copies of files screened before")
    if summary.found.thumbnails:
        notes.append(f"{summary.found.thumbnails} thumbnails of videos left aside")
    console.print(Text(", ".join(notes)))
    for missing in summary.found.missing:
        console.print(Text(f"not there: {_plain(str(missing))}", style="red"))
    console.print(Text(f"Report: {report}"))


def _row(entry: Entry) -> tuple[Any, ...]:
    from rich.text import Text

    return (
        Text(_plain(Path(entry.path).name)),
        Text(entry.label, style=_COLOURS[entry.label]),
        Text(entry.person or "-"),
        Text(_plain(entry.summary)),
    )


def _show_people(people: Sequence[Person], enrolment: Enrolment) -> None:
    from rich.table import Table
    from rich.text import Text

    console = _console()
    ready = {template.person: template for template in enrolment.gallery.templates}
    table = Table("person", "name", "channels", "pictures", "videos", "state", box=None)
    for person in people:
        template = ready.get(person.slug)
        state = "ready" if template else "channels only: no usable face reference"
        pictures, videos = (template.pictures, template.videos) if template else (0, 0)
        table.add_row(
            Text(person.slug), Text(_plain(person.name)), str(len(person.channels)),
            f"{pictures} of {len(person.faces)}", f"{videos} of {len(person.official)}",
            Text(state, style="green" if template else "yellow"),
        )  # fmt: skip
    console.print(table)
    for problem in enrolment.problems:
        kind = "refused" if problem.refused else "note"
        console.print(Text(f"{kind}: {_plain(problem.file)}: {problem.why}. To do: {problem.fix}"))
    console.print(f"{enrolment.read} references read, {enrolment.kept} known from before")


if __name__ == "__main__":
    main()

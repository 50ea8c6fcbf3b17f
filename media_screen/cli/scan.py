"""The command `media-screen scan`: its options, what they ask for, and its exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from media_screen.cli.config_file import Configured
from media_screen.cli.listed import LIST, listed
from media_screen.cli.options import (
    EXIT_FAILED,
    EXIT_MATCHED,
    FILE,
    PATH,
    Seconds,
    device_option,
    language_option,
    list_option,
    people_option,
    plain_errors,
    thorough_option,
    workers_option,
    zone_option,
)
from media_screen.cli.setup import (
    WITHIN_S,
    MediaPath,
    enrol_people,
    executor_of,
    print_line,
    scan_with_progress,
    settled,
    workers_of,
)
from media_screen.cli.showing import show_each_left_out, show_missing, show_summary
from media_screen.evidence import LABELS, SENSITIVITIES, Sensitivity
from media_screen.results.plain import plain
from media_screen.results.words import REVIEW

if TYPE_CHECKING:
    from datetime import tzinfo

    from media_screen.batch.scan import Summary
    from media_screen.batch.worker import Executor, Limits
    from media_screen.config import Config
    from media_screen.fusion.combination import Weight


def _weights(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> tuple[Weight, ...]:
    from media_screen.fusion.combination import Weight

    try:
        return tuple(Weight.parse(text) for text in texts)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _window(_: click.Context, __: click.Parameter, within_s: float) -> float:
    """Refuse a window that means nothing before anything is screened."""
    from media_screen.coordination import WindowError, checked_window

    try:
        return checked_window(within_s)
    except WindowError as error:
        raise click.BadParameter(str(error)) from error


def _with_limits(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command one `limits` for the three options that set them."""

    @wraps(command)
    def limited(*, time_limit: float, memory_limit: int, size_limit: int, **asked: Any) -> None:
        from media_screen.batch.worker import Limits

        command(limits=Limits(time_limit, memory_limit << 20, size_limit << 20), **asked)

    return limited


def _with_listed(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the paths in the list of --files-from, too."""

    @wraps(command)
    def listing(
        *,
        paths: tuple[Path, ...],
        files_from: Path | None,
        null: bool,
        from_stdin: bool,
        jsonl: bool,
        **asked: Any,
    ) -> None:
        _check_input(paths, files_from, from_stdin=from_stdin, jsonl=jsonl)
        if files_from is not None:
            paths = (*paths, *listed(files_from, null=null))
        command(paths=paths, from_stdin=from_stdin, jsonl=jsonl, **asked)

    return listing


@click.command(
    cls=Configured,
    examples=[
        "media-screen scan downloads --people people",
        "media-screen scan a.mp4 b.mp4 --out results --fail-on suspected_impersonation",
        "media-screen scan downloads --out results --workers 8 --thorough",
        "media-screen scan downloads --people people --watch names.toml",
        "media-screen scan /shared/downloads --executor ray --ray-address 10.0.0.5:6379",
        "media-screen scan --files-from downloaded.txt --people people",
        "find downloads -name '*.mp4' -mtime -1 -print0 | media-screen scan --files-from - --null",
        "find downloads -name '*.mp4' | media-screen scan --stdin --jsonl > verdicts.jsonl",
    ],
)
@click.argument("paths", nargs=-1, type=MediaPath(path_type=Path))
@click.option(
    "--files-from",
    type=LIST,
    metavar="LIST",
    help="Screen the files and folders in this list, too: a path a line; - for stdin.",
)
@click.option(
    "-0", "--null", is_flag=True, help="Null characters stand between the paths of --files-from."
)
@people_option
@click.option(
    "-o",
    "--out",
    type=PATH,
    default=Path("media-screen-out"),
    show_default=True,
    help="Folder for results and report; a scan into the same folder goes on where it stopped.",
)
@device_option
@workers_option
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
@thorough_option
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
    type=click.Choice((*LABELS, REVIEW)),
    metavar="LABEL",
    help="Exit with 3 when a file gets this label; may be given several times. "
    f"{REVIEW} stands for official posts with something suspicious in them.",
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
    "--artifact-model",
    type=FILE,
    metavar="FILE.onnx",
    help="Let this network judge faces in place of the shipped one; FILE.toml beside it says what "
    "it takes and gives (docs/models.md).",
)
@click.option(
    "--time-limit",
    type=Seconds(min=0.0, min_open=True),
    default=600.0,
    show_default=True,
    metavar="SECONDS",
    help="Give a file up after this time.",
)
@click.option(
    "--memory-limit",
    type=click.IntRange(min=1),
    default=1800,
    show_default=True,
    metavar="MIB",
    help="Give a file up when its process takes more memory.",
)
@click.option(
    "--size-limit",
    type=click.IntRange(min=1),
    default=16384,
    show_default=True,
    metavar="MIB",
    help="Leave larger files unread.",
)
@click.option(
    "--watch",
    type=FILE,
    metavar="FILE",
    help="List of names (TOML) to look for in posts and pictures.",
)
@click.option(
    "--transcript", is_flag=True, help="Look for names in what is said, too (English; slow)."
)
@click.option(
    "--within",
    "within_s",
    type=float,
    callback=_window,
    default=WITHIN_S,
    show_default=True,
    metavar="SECONDS",
    help="Tie accounts of a campaign by what they posted at most so far apart (context only).",
)
@click.option(
    "--table/--no-table",
    default=True,
    show_default=True,
    help="Show a table and the counts at the end.",
)
@click.option(
    "--renew/--no-renew",
    default=True,
    show_default=True,
    help="When people or settings changed, screen again what that concerns; else only files that "
    "are new or changed are screened, and earlier results are marked as outdated.",
)
@click.option(
    "--keep-biometrics/--no-keep-biometrics",
    "keep",
    default=True,
    show_default=True,
    help="Keep what faces and voices are told by, and fingerprints, in OUT/observed.sqlite: files "
    "need not be decoded again when people change. Without it, what was kept is removed.",
)
@click.option("--jsonl", is_flag=True, help="Print each verdict as a line of JSON, and no table.")
@click.option(
    "--stdin",
    "from_stdin",
    is_flag=True,
    help="Read paths or records from stdin, a line each; write no files.",
)
@zone_option
@language_option
@list_option
@click.option("--quiet", is_flag=True, help="Show no progress and no table.")
@_with_listed
@_with_limits
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
    artifact_model: Path | None,
    own_weights: tuple[Weight, ...],
    limits: Limits,
    watch: Path | None,
    transcript: bool,
    table: bool,
    jsonl: bool,
    from_stdin: bool,
    time_zone: str,
    language: str,
    within_s: float,
    renew: bool,
    keep: bool,
    list_left_out: bool,
    quiet: bool,
) -> None:
    """Screen files and folders, and write verdicts and a report.

    Each video, picture or sound file gets one verdict, a line in OUT/results.jsonl; OUT/report has
    the pages. Sidecars of yt-dlp (NAME.info.json) and of gallery-dl (NAME.EXT.json) are read where
    they stand beside a file.

    Read are videos (MP4, MOV, Matroska, WebM, AVI, FLV, MPEG, TS, WMV, MXF and others), sound (MP3,
    M4A, AAC, FLAC, WAV, Ogg, Opus, AMR and others) and pictures (JPEG, PNG, WebP, GIF, BMP, TIFF,
    AVIF), by their content, whatever their names. What else lies in a folder is left aside and
    counted, and so are thumbnails, subtitles and parts that a downloader left.

    With --stdin --jsonl, each line of the input (a path, or {"path": ..., "sidecar": ...}) is
    answered by one line with its verdict, as soon as it is ready.

    Exit codes: 0 done, 1 some files failed or it was stopped, 2 usage, 3 --fail-on matched.
    """
    from media_screen.config import Config
    from media_screen.report import find_zone, write_report

    make_workers = executor_of(executor, ray_address)
    with plain_errors():
        config = Config(
            people=people,
            device=device,
            thorough=thorough,
            detectors=detectors,
            watch=watch,
            transcript=transcript,
            sensitivity=sensitivity,
            add_detectors=add_detectors,
            artifact_model=artifact_model,
            weights=own_weights,
        )
        config = settled(config, workers=workers, cluster=executor == "ray")
        if people is not None:
            config = _enrolled(people, config, None if from_stdin else out, quiet=quiet)
        count = workers if executor == "ray" else workers_of(workers)
        if from_stdin:
            sys.exit(_answer_lines(config, count, limits, fail_on, make_workers))
        summary = scan_with_progress(
            paths,
            out,
            config,
            count,
            limits,
            executor=make_workers,
            within_s=within_s,
            renew=renew,
            keep=keep,
            jsonl=jsonl,
            quiet=quiet,
        )
        report = write_report(out, time_zone=time_zone, language=language)
    table = table and not quiet and not jsonl
    zone = find_zone(time_zone)
    _show(summary, report, zone, table=table, left_out=list_left_out, err=jsonl)
    sys.exit(_exit_code(summary, fail_on))


def _check_input(
    paths: Sequence[Path], files_from: Path | None, *, from_stdin: bool, jsonl: bool
) -> None:
    if from_stdin and (paths or files_from or not jsonl):
        raise click.UsageError("--stdin is used with --jsonl, and without PATHS or --files-from")
    if not (from_stdin or paths or files_from):
        raise click.UsageError(
            "Missing argument 'PATHS...': name files or folders, --files-from or --stdin"
        )
    if paths and not files_from and not any(os.path.lexists(path) for path in paths):
        raise click.UsageError("not there: " + plain(", ".join(map(str, paths))))


def _enrolled(people: Path, config: Config, out: Path | None, *, quiet: bool) -> Config:
    """Enrol people, and return the config with where what was found in references is kept."""
    from media_screen.people.cache import REFERENCES, cache_folder

    cache = cache_folder(people, None if out is None else out / REFERENCES)
    enrol_people(people, cache=cache, quiet=quiet)
    return replace(config, cache=cache)


def _answer_lines(
    config: Config, workers: int, limits: Limits, fail_on: Sequence[str], executor: Executor
) -> int:
    """Answer the lines of stdin until it ends, and return the exit code."""
    from media_screen.batch.pipe import screen_lines

    counts = screen_lines(
        sys.stdin.buffer, print_line, config, workers=workers, limits=limits, executor=executor
    )
    if any(counts[one] for one in fail_on):
        return EXIT_MATCHED
    return EXIT_FAILED if counts[None] else 0


def _show(
    summary: Summary, report: Path, zone: tzinfo, *, table: bool, left_out: bool, err: bool
) -> None:
    if table:
        show_summary(summary, report, zone=zone)
    else:
        show_missing(summary.found.missing, err=True)
    if left_out:
        show_each_left_out(summary.found.left_out, err=err)


def _exit_code(summary: Summary, fail_on: Sequence[str]) -> int:
    if any({entry.label, *entry.flags} & {*fail_on} for entry in summary.entries):
        return EXIT_MATCHED
    failed = summary.failed or summary.found.missing or summary.found.unreadable
    return EXIT_FAILED if failed else 0

"""The command `media-screen evaluate`: its options, and how its tables are shown."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from media_screen.cli.options import (
    EXIT_FAILED,
    FILE,
    PATH,
    device_option,
    people_option,
    plain_errors,
    thorough_option,
    workers_option,
)
from media_screen.cli.setup import enrol_people, scan_with_progress, settled, workers_of
from media_screen.cli.terminal import SHOWN, Examples, new_console
from media_screen.results.plain import plain

if TYPE_CHECKING:
    from media_screen.evaluation.measure import Evaluation


def _recipes(_: click.Context, __: click.Parameter, names: str) -> tuple[str, ...]:
    """Split the names of recipes, and refuse one that there is none of."""
    from media_screen.evaluation.reencode import RECIPES

    chosen = tuple(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
    for name in chosen:
        if name not in RECIPES:
            raise click.BadParameter(f"no recipe {name!r}; there are {', '.join(RECIPES)}")
    return chosen


@click.command(
    cls=Examples,
    examples=[
        "media-screen evaluate labelled.csv --out evaluation",
        "media-screen evaluate labelled.csv --out evaluation --reencode 480p,240p,tiktok",
        "media-screen evaluate labelled.csv --results media-screen-out/results.jsonl",
        "media-screen evaluate labelled.csv --protocol benchmarks/protocol.json",
        "media-screen evaluate media-screen-out --ledger",
    ],
)
@click.argument("manifest", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--out",
    type=PATH,
    default=Path("media-screen-evaluation"),
    show_default=True,
    help="Folder for tables, plots, scores and copies; a second run goes on where one stopped.",
)
@click.option(
    "--reencode",
    default="",
    metavar="NAMES",
    callback=_recipes,
    help="Measure copies as well: 480p, 240p, tiktok, several with commas.",
)
@click.option(
    "--results",
    type=FILE,
    help="Measure the results.jsonl of a scan, and screen nothing.",
)
@click.option(
    "--ledger",
    is_flag=True,
    help="MANIFEST is the --out folder of a scan: take what people decided there as labels, and "
    "measure its results.",
)
@click.option(
    "--protocol",
    type=FILE,
    metavar="FILE",
    help="Hashes of training files: refuse a manifest that holds any.",
)
@click.option(
    "--fold",
    default="",
    metavar="SPLIT:FOLD",
    help="Only those that are trained on when this fold is held out.",
)
@people_option
@device_option
@workers_option
@thorough_option
@click.option(
    "--detector",
    "detectors",
    multiple=True,
    metavar="NAME",
    help="Use only this detector; may be given several times.",
)
@click.option("--quiet", is_flag=True, help="Show no progress and no tables.")
def evaluate(
    manifest: Path,
    out: Path,
    reencode: tuple[str, ...],
    results: Path | None,
    ledger: bool,
    protocol: Path | None,
    fold: str,
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

    With --ledger the files are those that people called a confirmed fake or genuine, with
    media-screen decide or serve.

    Exit codes: 0 done, 1 some files failed, 2 usage.
    """
    from media_screen.batch.worker import Limits, Pool
    from media_screen.config import Config
    from media_screen.evaluation import run
    from media_screen.evaluation.decided import CHOSEN, decided_items
    from media_screen.evaluation.manifest import read_manifest
    from media_screen.evaluation.protocol import check

    if ledger != os.path.isdir(manifest):
        raise click.UsageError(
            "MANIFEST is a CSV file, or with --ledger the --out folder of a scan"
        )
    if ledger:
        results = manifest / "results.jsonl" if results is None else results
    if results is not None and reencode:
        raise click.UsageError(
            "--reencode needs screening: it goes neither with --results nor --ledger"
        )
    if fold and protocol is None:
        raise click.UsageError("--fold goes with --protocol")
    with plain_errors():
        items = decided_items(manifest) if ledger else read_manifest(manifest)
        if protocol is not None:
            check(items, protocol, fold=fold)
        if results is not None:
            evaluation = run.evaluate_results(items, results)
            if ledger:
                evaluation = replace(evaluation, notes=(CHOSEN, *evaluation.notes))
        else:
            config = Config(people=people, device=device, thorough=thorough, detectors=detectors)
            config = settled(config, workers=workers)
            count = workers_of(workers)
            if people is not None:
                enrol_people(people, quiet=quiet)

            def scan_into(paths: Sequence[Path], folder: Path) -> None:
                scan_with_progress(
                    paths, folder, config, count, Limits(), executor=Pool, quiet=quiet
                )

            evaluation = run.evaluate(items, out, scan_into, recipes=reencode)
        evaluation = run.write(evaluation, out)
    if not quiet:
        _show_evaluation(evaluation, out / run.PAGE)
    sys.exit(EXIT_FAILED if run.any_failed(evaluation) else 0)


def _show_evaluation(evaluation: Evaluation, page: Path) -> None:
    """Print the tables and sentences of every version of the files, and where the page is."""
    from rich.table import Table
    from rich.text import Text

    from media_screen.evaluation import tables

    console = new_console()
    for version in evaluation.versions:
        console.print(Text(f"\n{tables.version_words(version.name)}", style="bold"))
        overall = tables.overall_tables(version)
        for shown in (*overall, *tables.slice_tables(version)):
            table = Table(
                box=None,
                padding=(0, 1, 0, 0),
                pad_edge=False,
                title=shown.title,
                title_justify="left",
            )
            table.add_column(shown.columns[0], overflow="fold", no_wrap=shown in overall)
            for column in shown.columns[1:]:
                # Headings in several lines leave 80 columns room for the numbers.
                table.add_column(column.replace(" ", "\n"), justify="right", overflow="fold")
            for row in shown.rows[:SHOWN]:
                table.add_row(*(Text(plain(cell)) for cell in row))
            console.print(table)
            if len(shown.rows) > SHOWN:
                console.print(f"... and {len(shown.rows) - SHOWN} more on the page")
        for sentence in tables.sentences(version):
            console.print(Text(f"- {sentence}"))
    for note in evaluation.notes:
        console.print(Text(f"Note: {plain(note)}", style="yellow"))
    console.print(Text(f"Page: {page}"))

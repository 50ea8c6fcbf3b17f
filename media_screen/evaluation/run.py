"""Runs an evaluation: screens the labelled files and their copies, measures, and writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from media_screen.evaluation import plots
from media_screen.evaluation.manifest import Item
from media_screen.evaluation.measure import ORIGINAL, Evaluation, Version, measure_version
from media_screen.evaluation.outcomes import SavedVerdicts, join, read_results
from media_screen.evaluation.page import write_page
from media_screen.evaluation.record import write_record
from media_screen.evaluation.reencode import OnCopy, make_copies
from media_screen.evidence import Verdict
from media_screen.results.folder import RESULTS
from media_screen.results.plain import counted

RECORD = "evaluation.json"
PAGE = "evaluation.html"

# Screens files into a folder of results, as `batch.scan` does.
Scan = Callable[[Sequence[Path], Path], object]


def evaluate_results(items: Sequence[Item], results: Path) -> Evaluation:
    """Measure saved results (a `results.jsonl`) without screening anything.

    Raises ResultsError when they can't be read or hold none of the items.
    """
    saved = read_results(results)
    verdicts = join(items, saved)
    notes = _left_out(saved)
    if lacking := verdicts.count(None):
        have = "file has no result and counts" if lacking == 1 else "files have no result and count"
        notes.append(f"{lacking} {have} as failed.")
    version = measure_version(ORIGINAL, items, verdicts)
    return Evaluation(tuple(items), (version,), notes=(*notes, *_copies(verdicts)))


def evaluate(
    items: Sequence[Item],
    out: Path,
    scan: Scan,
    *,
    recipes: Sequence[str] = (),
    on_copy: OnCopy | None = None,
) -> Evaluation:
    """Screen the items, and copies of them by each recipe, into folders under `out`; measure.

    Results and copies that are there already are kept, so that an evaluation that was stopped goes
    on. A file that can't be copied counts as failed among the copies.
    """
    folder = out / "scores" / ORIGINAL
    scan([item.path for item in items], folder)
    saved = read_results(folder / RESULTS)
    originals = join(items, saved)
    versions: list[Version] = [measure_version(ORIGINAL, items, originals)]
    notes = [*_left_out(saved), *_copies(originals)]
    for name in recipes:
        copies = make_copies([item.path for item in items], name, out / "copies", on_copy=on_copy)
        folder = out / "scores" / name
        scan(list(dict.fromkeys(copies.paths.values())), folder)
        made = list(copies.paths)
        saved = read_results(folder / RESULTS)
        found = saved.of([copies.paths[path] for path in made])
        on_copies = dict(zip(made, found, strict=True))
        notes += _left_out(saved)
        verdicts = [on_copies.get(item.path) for item in items]
        versions.append(measure_version(name, items, verdicts))
        if copies.failed:
            files = counted(len(copies.failed), "file")
            notes.append(
                f"{files} could not be re-encoded as {name}, which counts as failed there; "
                f"the first: {next(iter(copies.failed.values()))}"
            )
    return Evaluation(tuple(items), tuple(versions), notes=tuple(notes))


def _left_out(saved: SavedVerdicts) -> list[str]:
    return [f"{note[0].upper()}{note[1:]}." for note in saved.notes]


def _copies(verdicts: Sequence[Verdict | None]) -> list[str]:
    """Return a note when files are the same to the byte: they count several times."""
    hashes = Counter(verdict.media.sha256 for verdict in verdicts if verdict is not None)
    more = sum(count - 1 for key, count in hashes.items() if key)
    if not more:
        return []
    one, many = "file repeats another to the byte and counts", "files repeat others to the byte"
    return [f"{counted(more, one, f'{many} and count')} several times."]


def write(evaluation: Evaluation, out: Path) -> Evaluation:
    """Write the record, the page and the plots into `out`; return it with a note on what lacks."""
    out.mkdir(parents=True, exist_ok=True)
    drawn: tuple[plots.Plot, ...] = ()
    if plots.available():
        drawn = plots.draw(evaluation, out / "plots")
    else:
        evaluation = replace(evaluation, notes=(*evaluation.notes, f"No plots: {plots.MISSING}"))
    write_record(evaluation, out / RECORD)
    write_page(evaluation, drawn, out / PAGE)
    return evaluation


def any_failed(evaluation: Evaluation) -> bool:
    """Tell whether a file could not be read, or a detector broke on one."""
    return any(
        system.overall.counts.failed
        for version in evaluation.versions
        for system in version.systems
    )

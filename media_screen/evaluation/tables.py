"""The tables and sentences of an evaluation, as the terminal and the page show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from media_screen.evaluation.measure import (
    KINDS,
    ORIGINAL,
    Kind,
    Measures,
    System,
    Version,
)
from media_screen.evaluation.metrics import Interval

NONE = "-"
NO_INTERVAL = "no interval: one class is of one person or source alone"
_TITLES = {
    "method": "By method, each against all genuine files",
    "collection": "By collection",
    "identity": "By identity",
}


@dataclass(frozen=True, slots=True)
class Table:
    """A table of text; the first column names, the others hold numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def version_words(name: str) -> str:
    """Name a version of the files for a heading."""
    return "Originals" if name == ORIGINAL else f"Copies re-encoded as {name}"


def overall_tables(version: Version) -> tuple[Table, Table]:
    """Return the two tables of a version: how well scores separate, and what is decided."""
    return (
        Table(
            "Separation",
            (
                "detector",
                "AUC",
                "interval",
                "metadata",
                "luck",
                "all files",
                "EER",
                "TPR 1%",
                "TPR 5%",
                "judged",
            ),
            tuple(_separation_row(system) for system in version.systems),
        ),
        Table(
            "Decisions at the shipped threshold, and calibration",
            (
                "detector",
                "false alarms",
                "detected",
                "of all forged",
                "Cllr",
                "least Cllr",
                "ECE",
                "abstained",
                "failed",
            ),
            tuple(_decision_row(system) for system in version.systems),
        ),
    )


def _separation_row(system: System) -> tuple[str, ...]:
    found, counts, control = system.overall.separation, system.overall.counts, system.control
    judged = f"{counts.judged_genuine}+{counts.judged_forged}"
    if found is None:
        return (system.name, *[NONE] * 8, judged)
    return (
        system.name,
        _number(found.auc.value),
        _ends(found.auc) if found.auc.drawn else NONE,
        _number(None if control is None else control.metadata_auc),
        _number(None if control is None else control.shuffled.high),
        _number(found.covered_auc),
        _percent(found.eer),
        _percent(found.tpr_at_1),
        _percent(found.tpr_at_5),
        judged,
    )


def _decision_row(system: System) -> tuple[str, ...]:
    measures = system.overall
    decided, cost, counts = measures.decisions, measures.cost, measures.counts
    costs = [NONE] * 3
    if cost is not None:
        costs = [_number(value) for value in (cost.cllr, cost.min_cllr, cost.ece)]
    return (
        system.name,
        _percent(decided.false_alarms),
        _percent(decided.detections),
        _percent(decided.detections_of_all),
        *costs,
        _percent(counts.abstention_rate),
        _percent(counts.failure_rate),
    )


def slice_tables(version: Version) -> tuple[Table, ...]:
    """Return a table for each kind of part, with a column for each detector."""
    return tuple(table for kind in KINDS if (table := _slice_table(version.systems, kind)).rows)


def _slice_table(systems: Sequence[System], kind: Kind) -> Table:
    parts: dict[str, list[str]] = {}
    for system in systems:
        for part in system.slices:
            if part.kind == kind:
                counts = part.measures.counts
                row = parts.setdefault(part.name, [f"{counts.genuine}+{counts.forged}"])
                row.append(_cell(part.measures))
    names = tuple(system.name for system in systems)
    rows = tuple((name, *cells) for name, cells in parts.items())
    return Table(_TITLES[kind], (kind, "files", *names), rows)


def _cell(measures: Measures) -> str:
    """Show the AUC where there are both classes, else what is flagged of the one there is."""
    if measures.separation is not None:
        return _number(measures.separation.auc.value)
    decided, counts = measures.decisions, measures.counts
    if not counts.genuine and decided.detections is not None:
        return f"{_percent(decided.detections)} detected"
    if not counts.forged and decided.false_alarms is not None:
        return f"{_percent(decided.false_alarms)} false alarms"
    return NONE


def sentences(version: Version) -> tuple[str, ...]:
    """Return what a reader must know before believing the tables of a version."""
    found = []
    if version.metadata is None:
        found.append("The control of metadata needs two readable files of each class.")
    else:
        found.append(
            "Codec, size, length and frame rate alone, with collections held out, tell forged from "
            f"genuine with an AUC of {_number(version.metadata.value)} ({_ends(version.metadata)})."
        )
    if version.metadata_shuffled is not None:
        found.append(
            "Trained and tested on shuffled labels they reach "
            f"{version.metadata_shuffled.mean:.2f} on average, where 0.50 means that nothing leaks."
        )
    return (*found, *(sentence for system in version.systems for sentence in _on(system)))


def _on(system: System) -> list[str]:
    counts, found, control = system.overall.counts, system.overall.separation, system.control
    if found is None:
        return [
            f"{system.name} judged {counts.judged_genuine} genuine and {counts.judged_forged} "
            "forged files: nothing to tell apart."
        ]
    said = []
    if control is not None:
        verb = "beats" if control.beaten else "does not beat"
        coin = ", which counts as a coin's 0.50" if control.metadata_auc < 0.5 else ""
        margin = control.margin
        said.append(
            f"{system.name} {verb} the control of metadata by a clear margin: on the files that "
            f"it judged, AUC {found.auc.value:.2f} against {control.metadata_auc:.2f}{coin}, "
            f"difference {margin.value:+.2f} "
            f"({_margin(margin)})."
        )
        matched = control.matched
        said.append(
            f"Among pairs of files that metadata can't tell apart, {system.name} reaches an AUC of "
            f"{matched.value:.2f} ({_ends(matched)})."
        )
        if found.auc.value <= control.shuffled.high:
            said.append(
                f"{system.name} is no better than luck: shuffled labels give AUCs of "
                f"{control.shuffled.low:.2f} to {control.shuffled.high:.2f}."
            )
    if not system.calibrated:
        said.append(f"{system.name} gave every file a ratio of 0: it is shown and weighs nothing.")
    return said


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}"


def _percent(value: float | None) -> str:
    return NONE if value is None else f"{value:.1%}"


def _ends(interval: Interval) -> str:
    return f"{interval.low:.2f}-{interval.high:.2f}" if interval.drawn else NO_INTERVAL


def _margin(interval: Interval) -> str:
    if not interval.drawn:
        return NO_INTERVAL
    return f"95% interval {interval.low:+.2f} to {interval.high:+.2f}"

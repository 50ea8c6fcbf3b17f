"""Turns held-out scores into what is reported: separation, decisions and costs, also of parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.accuracy.heldout import Held
from media_screen.evaluation import calibration, metrics
from media_screen.evaluation.manifest import Item
from media_screen.evaluation.measure import SLICE_ROUNDS, Measures, measure
from media_screen.evaluation.outcomes import Outcome
from media_screen.weights.calibration import Calibration


@dataclass(frozen=True)
class Subset:
    """The measures of some of the files: a method against the genuine of its fold, a collection."""

    name: str
    measures: Measures


@dataclass(frozen=True)
class VersionRow:
    """One run on one version of the clips."""

    run: str
    version: str
    overall: Measures
    methods: tuple[Subset, ...]
    collections: tuple[Subset, ...]


def measured(held: Sequence[Held], *, slices: bool) -> VersionRow:
    """Measure the scores of one run and version, calibrated by the scores of the other folds."""
    items = [
        Item(Path(one.sha256), one.fake, one.method, one.collection, one.identity) for one in held
    ]
    outcomes = calibrated(held)

    def part(name: str, use: Sequence[bool]) -> Subset:
        rows = [row for row, wanted in enumerate(use) if wanted]
        chosen = [items[row] for row in rows], [outcomes[row] for row in rows]
        return Subset(name, measure(*chosen, rounds=SLICE_ROUNDS))

    methods: list[Subset] = []
    collections: list[Subset] = []
    if slices:
        for method in sorted({one.method for one in held if one.fake}):
            folds = {one.fold for one in held if one.fake and one.method == method}
            methods.append(part(method, [_of_method(one, method, folds) for one in held]))
        for name in sorted({one.collection for one in held}):
            collections.append(part(name, [one.collection == name for one in held]))
    first = held[0]
    return VersionRow(
        first.run, first.version, measure(items, outcomes), tuple(methods), tuple(collections)
    )


def _of_method(one: Held, method: str, folds: set[int]) -> bool:
    return one.method == method if one.fake else one.fold in folds


def fit(held: Sequence[Held]) -> Calibration:
    """Fit score to log likelihood ratio; a collection weighs as the square root of its files."""
    scored = [one for one in held if one.score is not None]
    sizes = {key: sum(_key(one) == key for one in scored) for key in {_key(one) for one in scored}}
    return calibration.fit(
        [one.score or 0.0 for one in scored],
        [one.fake for one in scored],
        weights=[sizes[_key(one)] ** -0.5 for one in scored],
    )


def _key(one: Held) -> tuple[bool, str]:
    return one.fake, one.collection


def calibrated(held: Sequence[Held]) -> list[Outcome]:
    """Calibrate each fold's scores with the others', so that no ratio saw its own clip."""
    lines = {
        fold: fit([one for one in held if one.fold != fold]) for fold in {one.fold for one in held}
    }
    return [
        Outcome("abstained")
        if one.score is None
        else Outcome("scored", one.score, lines[one.fold].llr(one.score))
        for one in held
    ]


def paired(held: Sequence[Held], pairs: Sequence[tuple[str, str]]) -> tuple[float, int]:
    """Return the share of (forged, genuine) pairs, by hash, that the forged one wins; how many."""
    scores = {one.sha256: one.score for one in held if one.score is not None}
    both = [(scores[f], scores[g]) for f, g in pairs if f in scores and g in scores]
    if not both:
        return float("nan"), 0
    forged, genuine = np.array(both, dtype=float).T
    return metrics.paired_share(forged, genuine), len(both)

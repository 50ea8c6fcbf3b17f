"""Fits the line over the marks of a mouth, and scores clips by lines that never saw their like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from media_screen.arrays import Doubles, Flags
from media_screen.detectors.lip_sync.forged import LIMIT, NAMES, measures
from media_screen.detectors.lip_sync.marks import Marks
from media_screen.evaluation.logistic import balanced, regress
from media_screen.weights.linear import LinearModel
from training import columns
from training.lip_sync.prepare import PSEUDO, TrainingClip
from training.lip_sync.score import Scores

# Strength of the prior on standardised weights. The 150 clips are of some 45 groups; of 3 to 1000,
# every weaker one was worse on groups held out, and a stronger one hardly better.
L2 = 300.0
# Methods that put another face on, and leave the mouth in time with the voice that spoke.
SWAPS = ("YouTube face-swap", "DFDC", "FF++")
PSEUDO_SHARE = 0.5  # how much a pseudo-fake counts beside a forged clip


@dataclass(frozen=True, eq=False)
class LineTable:
    """What the line is fitted on: a row for each window.

    `values` (n, 13); `path`, `version`; `fake` (pseudo-fakes count as such), `method` and `group`.
    """

    values: Doubles
    path: npt.NDArray[np.str_]
    version: npt.NDArray[np.str_]
    fake: Flags
    method: npt.NDArray[np.str_]
    group: npt.NDArray[np.int_]

    def take(self, keep: Flags) -> LineTable:
        """Return the kept rows."""
        return columns.take(self, keep)


def table_of(scores: Scores, clips: Sequence[TrainingClip], groups: Mapping[str, int]) -> LineTable:
    """Return the windows with marks; `groups` says what is held out together, by path.

    Clips with shifted sound are left out: their mouths are genuine and their synchrony is not.
    """
    of_path = {clip.path: clip for clip in clips if not clip.shifted}
    rows = [
        index
        for index, path in enumerate(scores.path.tolist())
        if path in of_path and np.isfinite(scores.marks[index]).all()
    ]
    own = [of_path[scores.path[index]] for index in rows]
    values = [measures(Marks(scores.marks[index])) for index in rows]
    version = scores.version[rows]
    return LineTable(
        values=np.array(values),
        path=scores.path[rows],
        version=version,
        fake=np.array([clip.fake for clip in own]) | (version == PSEUDO),
        method=np.array([method_of(clip) for clip in own]),
        group=np.array([groups[clip.path] for clip in own]),
    )


def method_of(clip: TrainingClip) -> str:
    """Return the short name of a method, "real" for genuine clips."""
    return clip.method.split(" (")[0] if clip.fake else "real"


def is_swap(method: str) -> bool:
    """Whether a method changes the face and not what the mouth says."""
    return method.startswith(SWAPS)


def fit(table: LineTable) -> LinearModel:
    """Fit a line: genuine against lip-synced and driven faces and pseudo-fakes, not face swaps.

    Both classes weigh one half; within them a method or a collection weighs by the square root of
    its windows, so that no large one rules.
    """
    table = table.take(~np.array([is_swap(method) for method in table.method]))
    share = balanced(table.fake, _weights(table))
    mean = share @ table.values
    spread = np.sqrt(share @ (table.values - mean) ** 2) + 1e-6
    standard = np.clip((table.values - mean) / spread, -LIMIT, LIMIT)
    slopes, offset = regress(standard, table.fake, share, L2 / len(np.unique(table.path)))
    return LinearModel(
        NAMES,
        tuple(np.round(mean, 5).tolist()),
        tuple(np.round(spread, 5).tolist()),
        tuple(np.round(slopes, 5).tolist()),
        round(offset, 5),
        LIMIT,
    )


def _weights(table: LineTable) -> Doubles:
    pseudo = table.version == PSEUDO
    keys = np.where(pseudo, "pseudo", np.where(table.fake, table.method, table.group.astype(str)))
    weights = 1.0 / np.sqrt(columns.occurrences(keys))
    forged = float(weights[table.fake & ~pseudo].sum())
    weights[pseudo] *= PSEUDO_SHARE * forged / max(float(weights[pseudo].sum()), 1e-9)
    return np.asarray(weights, np.float64)


def held_out(table: LineTable) -> Doubles:
    """Return the score of windows, by a line fitted without their collection, method and people."""
    raw = np.zeros(len(table.path))
    for group in np.unique(table.group):
        own = table.group == group
        line = fit(table.take(~own))
        raw[own] = line.raw(table.values[own])
    return raw


def by_clip(table: LineTable, raw: Doubles) -> dict[tuple[str, str], float]:
    """Return the mean score of each clip and version, as the detector pools its windows."""
    found: dict[tuple[str, str], list[float]] = {}
    for path, version, value in zip(table.path, table.version, raw, strict=True):
        found.setdefault((str(path), str(version)), []).append(float(value))
    return {key: float(np.mean(values)) for key, values in found.items()}


def contributions(line: LinearModel) -> list[tuple[str, float]]:
    """Return the measures by how much they weigh, the heaviest first."""
    pairs = zip(line.names, line.weights, strict=True)
    return sorted(pairs, key=lambda pair: -abs(pair[1]))

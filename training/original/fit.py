"""Learns how surely a face was changed, from its measures beside the original.

The line is logistic regression on the measures of `footage.original.alteration`, none of which may
lower the sum; it and its calibration are judged on people that they did not see. The score of a
file is that of its most suspicious face.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from media_screen.arrays import Doubles, Flags
from media_screen.evaluation import calibration
from media_screen.evaluation.logistic import balanced, regress
from media_screen.footage.original.alteration import LIMIT, MEASURES, filled
from media_screen.weights.calibration import Calibration
from media_screen.weights.linear import LinearModel

L2 = 0.003  # of the line, for standardised measures: as weak as keeps every weight finite
FOLDS = 5
# No genuine file of those that were held out may be called changed, and the next one hardly: the
# threshold lies so far above the highest, as a log likelihood ratio. It costs little: .2 more are
# one forgery in a hundred.
MARGIN = 0.5
# As far as the unlikest genuine face of those that were held out, another person's must be beyond.
UNLIKE_MARGIN = 0.05
# Share of the forged that may lie below the ratio up to which a face counts as the same.
PASSED = 0.01
DIGITS = 4


@dataclass(frozen=True, eq=False)
class Example:
    """One file: its faces (n, measures), what it is, who is seen, and how its kind is called."""

    faces: Doubles
    excused: Flags  # of each face, whether nothing of its measures accuses
    vouched: Flags  # of each face, whether it counts as the same if it does not differ
    unlike: Doubles  # of each face, how unlike its original; NaN where that is not told
    forged: bool
    group: str
    kind: str
    slight: bool = False  # so little was changed that a copy may differ as much


@dataclass(frozen=True, eq=False)
class Fitted:
    """A line with its calibration and thresholds."""

    line: LinearModel
    calibration: Calibration
    changed: float
    same: float
    unlike: float
    other: float

    def llr(self, example: Example) -> float:
        """Return the log likelihood ratio of a file: that of its most suspicious face."""
        raws = self.line.raw(filled(example.faces, self.line))
        ratio = _ratio(self.calibration, np.asarray(raws), example)
        return max(ratio, self.other) if (example.unlike >= self.unlike).any() else ratio

    def to_dict(self) -> dict[str, Any]:
        """Return the record for `calibration.json`."""
        return {
            "line": self.line.to_dict(),
            **self.calibration.to_dict(),
            "changed": round(self.changed, DIGITS),
            "same": round(self.same, DIGITS),
            "unlike": round(self.unlike, DIGITS),
            "other": round(self.other, DIGITS),
        }


def held_out(examples: Sequence[Example], *, folds: int = FOLDS) -> list[tuple[Fitted, int]]:
    """Return, for each example, what was fitted without its person, and its place in `examples`."""
    names = sorted({one.group for one in examples})
    order = np.random.default_rng(0).permutation(len(names))
    fold_of = {names[place]: number % folds for number, place in enumerate(order)}
    result = []
    for fold in range(folds):
        others = [one for one in examples if fold_of[one.group] != fold]
        fitted = fit(others)
        result += [
            (fitted, number) for number, one in enumerate(examples) if fold_of[one.group] == fold
        ]
    return sorted(result, key=lambda pair: pair[1])


def fit(examples: Sequence[Example]) -> Fitted:
    """Return what is to be shipped; calibrated on scores of people that the line did not see."""
    raws = _inner_raws(examples)
    forged = np.array([one.forged for one in examples])
    highest = [float(own.max()) for own in raws]
    found = calibration.fit(highest, forged, weights=_weights(examples))
    llrs = np.array([_ratio(found, own, one) for own, one in zip(raws, examples, strict=True)])
    changed = float(llrs[~forged].max()) + MARGIN
    clear = forged & ~np.array([one.slight for one in examples])
    same = min(float(np.quantile(llrs[clear], PASSED)), changed - MARGIN)
    changed = min(changed, found.limits[1])
    unlike, other = _other_person(examples)
    other = min(max(other, changed), found.limits[1])
    return Fitted(fit_line(examples), found, changed, same, unlike, other)


def _other_person(examples: Sequence[Example]) -> tuple[float, float]:
    """Return from where a face is another person's, and the log likelihood ratio of that.

    Beyond the unlikest genuine face the ratio is that of the forged to one person of all that were
    seen, since faces of one person are alike in this, too.
    """
    told = [one for one in examples if not np.isnan(one.unlike).all()]
    genuine = [one for one in told if not one.forged]
    forged = [one for one in told if one.forged]
    unlike = max((float(np.nanmax(one.unlike)) for one in genuine), default=1.0) + UNLIKE_MARGIN
    share = np.mean([float((one.unlike >= unlike).any()) for one in forged]) if forged else 0.0
    people = len({one.group for one in genuine})
    return unlike, float(np.log(max(share, 1e-3) * (people + 1)))


def fit_line(examples: Sequence[Example]) -> LinearModel:
    """Return the line alone."""
    rows = np.concatenate([one.faces for one in examples])
    counts = [len(one.faces) for one in examples]
    forged = np.repeat([one.forged for one in examples], counts)
    share = np.repeat(_weights(examples) / np.maximum(counts, 1), counts)
    share = balanced(forged, share)
    means = np.array([_mean(column, share) for column in rows.T])
    rows = np.where(np.isnan(rows), means, rows)
    spreads = np.sqrt(share @ (rows - means) ** 2)
    spreads = np.maximum(spreads, 1e-6)
    standard = np.clip((rows - means) / spreads, -LIMIT, LIMIT)
    slopes, offset = regress(standard, forged, share, L2, rising=True)
    return LinearModel(
        names=MEASURES,
        means=_rounded(means),
        spreads=_rounded(spreads),
        weights=_rounded(slopes),
        offset=round(offset, DIGITS),
        limit=LIMIT,
    )


def _rounded(values: Doubles) -> tuple[float, ...]:
    return tuple(np.round(values, DIGITS).tolist())


def _mean(column: Doubles, share: Doubles) -> float:
    told = ~np.isnan(column)
    return float((share[told] * column[told]).sum() / share[told].sum())


def _ratio(found: Calibration, raws: Doubles, example: Example) -> float:
    """Return the ratio of the most suspicious face, as `alteration.judge` takes it of each."""
    llrs = np.array([found.llr(float(raw)) for raw in raws])
    llrs = np.where(example.excused, np.minimum(llrs, 0.0), llrs)
    return float(np.where(example.vouched, llrs, np.maximum(llrs, 0.0)).max())


def _inner_raws(examples: Sequence[Example]) -> list[Doubles]:
    """Return the sums of all faces by lines that did not see the person."""
    groups = [one.group for one in examples]
    names = np.unique(groups)
    raws: list[Doubles] = [np.zeros(0)] * len(examples)
    for part in np.array_split(np.random.default_rng(1).permutation(names), FOLDS):
        own = set(part.tolist())
        line = fit_line([one for one in examples if one.group not in own])
        for number, one in enumerate(examples):
            if one.group in own:
                raws[number] = np.asarray(line.raw(filled(one.faces, line)))
    return raws


def _weights(examples: Sequence[Example]) -> Doubles:
    """Return how much each file counts: a person as much as another, of genuine and of forged."""
    files: Mapping[tuple[bool, str], int] = Counter((one.forged, one.group) for one in examples)
    return np.array([1.0 / files[one.forged, one.group] for one in examples])

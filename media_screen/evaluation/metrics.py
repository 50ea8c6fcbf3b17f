"""Measures of how well scores separate forged from genuine media, with intervals.

Every function takes `scores`, an array of n numbers of which higher means more suspicious, and
`labels`, n booleans of which True means forged. Log likelihood ratios (LLRs) are natural
logarithms. All raise ValueError when the two don't fit each other, when a score is not a number, or
when a class is missing that the measure needs.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from media_screen.arrays import Doubles, Flags

Measure = Callable[[Any, Any], float]


@dataclass(frozen=True, slots=True)
class Roc:
    """A receiver operating characteristic, from "nothing is flagged" to "everything is".

    Point i is what happens when scores of `thresholds[i]` and more are flagged; the first threshold
    is infinite. Both rates, 0 to 1, rise.
    """

    false_alarms: Doubles
    detections: Doubles
    thresholds: Doubles


@dataclass(frozen=True, slots=True)
class Interval:
    """A measured value with the ends of its bootstrap interval.

    `drawn` is false where a class is of one group alone (one person, say): what another would have
    given can't be drawn, and both ends lie too near.
    """

    value: float
    low: float
    high: float
    drawn: bool = True


def roc(scores: npt.ArrayLike, labels: npt.ArrayLike) -> Roc:
    """Return the false-alarm and detection rates at every threshold that a score gives."""
    values, fake = _checked(scores, labels)
    order = np.argsort(-values, kind="stable")
    values, fake = values[order], fake[order]
    # Equal scores are flagged together or not at all.
    last = np.append(np.flatnonzero(values[1:] != values[:-1]), len(values) - 1)
    forged = np.cumsum(fake)[last]
    genuine = last + 1 - forged
    return Roc(
        false_alarms=np.append(0.0, genuine / genuine[-1]),
        detections=np.append(0.0, forged / forged[-1]),
        thresholds=np.append(np.inf, values[last]),
    )


def auc(scores: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """Return the chance that a forged item scores higher than a genuine one, 0 to 1; ties half.

    It is the area under the ROC (Hanley and McNeil 1982).
    """
    curve = roc(scores, labels)
    heights = (curve.detections[1:] + curve.detections[:-1]) / 2
    return float(np.sum(np.diff(curve.false_alarms) * heights))


def eer(scores: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """Return the error rate, 0 to .5, at which false alarms and misses are equally frequent.

    It is read from the convex hull of the ROC (Brummer 2010, "Measuring, refining and calibrating
    speaker and language information"), which does not hang on where the thresholds happen to lie.
    Scores that sort the wrong way round give .5.
    """
    false_alarms, detections = _hull(roc(scores, labels))
    gap = 1 - detections - false_alarms  # misses minus false alarms: falls from 1 to -1
    after = int(np.argmax(gap <= 0))
    share = gap[after - 1] / (gap[after - 1] - gap[after])
    rise = false_alarms[after] - false_alarms[after - 1]
    return float(false_alarms[after - 1] + share * rise)


def tpr_at_fpr(scores: npt.ArrayLike, labels: npt.ArrayLike, fpr: float) -> float:
    """Return the largest detection rate that a threshold with at most `fpr` false alarms reaches.

    Nothing is interpolated: with fewer than 1 / `fpr` genuine items it is the detection rate
    without any false alarm.
    """
    curve = roc(scores, labels)
    allowed = curve.false_alarms <= fpr + 1e-12  # 1 of 100 must count as .01
    return float(curve.detections[allowed][-1])


def false_alarm_rate(scores: npt.ArrayLike, labels: npt.ArrayLike, threshold: float) -> float:
    """Return the share of genuine items, 0 to 1, that score `threshold` or more."""
    values, fake = _checked(scores, labels, need=(False,))
    return float(np.mean(values[~fake] >= threshold))


def detection_rate(scores: npt.ArrayLike, labels: npt.ArrayLike, threshold: float) -> float:
    """Return the share of forged items, 0 to 1, that score `threshold` or more."""
    values, fake = _checked(scores, labels, need=(True,))
    return float(np.mean(values[fake] >= threshold))


def cllr(llrs: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """Return the log-likelihood-ratio cost in bits: 0 is perfect, 1 is what saying nothing costs.

    It grows without limit for ratios that are sure and wrong (Brummer and du Preez 2006,
    "Application-independent evaluation of speaker detection", eq. 17).
    """
    values, fake = _checked(llrs, labels)
    misses = np.mean(np.logaddexp(0, -values[fake]))
    alarms = np.mean(np.logaddexp(0, values[~fake]))
    return float((misses + alarms) / (2 * np.log(2)))


def min_cllr(scores: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """Return the lowest Cllr in bits, 0 to 1, that any rising calibration could give these scores.

    The difference to `cllr` is the loss by calibration. The best rising calibration is that of
    pool-adjacent-violators; its ratios are the slopes of the convex hull of the ROC.
    """
    false_alarms, detections = _hull(roc(scores, labels))
    genuine, forged = np.diff(false_alarms), np.diff(detections)
    # Segments with one class only have an infinite ratio the right way round and cost nothing.
    mixed = (genuine > 0) & (forged > 0)
    genuine, forged = genuine[mixed], forged[mixed]
    cost = forged * np.log2(1 + genuine / forged) + genuine * np.log2(1 + forged / genuine)
    return float(np.sum(cost) / 2)


def ece(probabilities: npt.ArrayLike, labels: npt.ArrayLike, bins: int = 10) -> float:
    """Return the expected calibration error, 0 to 1: how far probabilities are from what happens.

    In `bins` equal steps from 0 to 1, the mean probability is compared with the share of forged
    items, and the differences are averaged over the items (Guo et al. 2017).
    """
    values, fake = _checked(probabilities, labels, need=())
    if len(values) == 0 or values.min() < 0 or values.max() > 1:
        raise ValueError("expected probabilities from 0 to 1, at least one")
    place = np.minimum((values * bins).astype(int), bins - 1)
    excess = np.bincount(place, weights=values - fake, minlength=bins)
    return float(np.sum(np.abs(excess)) / len(values))


def paired_share(fake_scores: npt.ArrayLike, genuine_scores: npt.ArrayLike) -> float:
    """Return the share of pairs, 0 to 1, in which the forged version scores higher; ties half.

    Item i of both arrays is the same clip, forged and genuine: nothing but the forgery differs.
    """
    fake, genuine = _floats(fake_scores), _floats(genuine_scores)
    if fake.shape != genuine.shape or fake.size == 0:
        raise ValueError(f"expected pairs, got {fake.size} forged and {genuine.size} genuine items")
    return float(np.mean((fake > genuine) + 0.5 * (fake == genuine)))


def bootstrap(
    measure: Measure,
    scores: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    groups: Sequence[Hashable] | None = None,
    rounds: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Return a measure with its percentile bootstrap interval (Efron 1979).

    `groups` names for each item what is drawn as a whole, such as its identity or collection,
    because items that share one are not independent; None draws single items. Groups that hold
    genuine items only, forged ones only and both are drawn separately, so that both classes always
    occur. `scores` may have further columns, shape (n, k): `measure` gets the drawn rows.
    """
    values, fake = np.asarray(scores, dtype=np.float64), np.asarray(labels, dtype=bool)
    value = measure(values, fake)
    strata = _strata(fake, range(len(fake)) if groups is None else groups)
    random = np.random.default_rng(seed)
    drawn = np.empty(rounds)
    for turn in range(rounds):
        picks = [random.integers(len(members), size=len(members)) for members in strata]
        rows = np.concatenate(
            [members[i] for members, pick in zip(strata, picks, strict=True) for i in pick]
        )
        drawn[turn] = measure(values[rows], fake[rows])
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(value), float(low), float(high), min(map(len, strata)) > 1)


def _strata(fake: Flags, groups: Sequence[Hashable]) -> list[Any]:
    """Return lists of groups (arrays of rows): genuine only, forged only, and both."""
    if len(groups) != len(fake):
        raise ValueError(f"expected a group for each of {len(fake)} items, got {len(groups)}")
    members: dict[Hashable, list[int]] = {}
    for row, group in enumerate(groups):
        members.setdefault(group, []).append(row)
    strata: dict[tuple[bool, bool], list[Any]] = {}
    for rows in members.values():
        kind = bool(fake[rows].any()), bool(fake[rows].all())
        strata.setdefault(kind, []).append(np.array(rows))
    return list(strata.values())


def _hull(curve: Roc) -> tuple[Doubles, Doubles]:
    """Return the corners of the upper convex hull of a ROC (the monotone chain algorithm)."""
    corners: list[tuple[float, float]] = []
    for x, y in zip(curve.false_alarms.tolist(), curve.detections.tolist(), strict=True):
        while len(corners) > 1:
            (x0, y0), (x1, y1) = corners[-2:]
            if (x1 - x0) * (y - y0) < (y1 - y0) * (x - x0):
                break
            corners.pop()
        corners.append((x, y))
    points = np.array(corners)
    return points[:, 0], points[:, 1]


def _floats(values: npt.ArrayLike) -> Doubles:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or np.isnan(array).any():
        raise ValueError(f"expected a row of numbers, got shape {array.shape} or a NaN in it")
    return array


def _checked(
    scores: npt.ArrayLike, labels: npt.ArrayLike, need: tuple[bool, ...] = (False, True)
) -> tuple[Doubles, Flags]:
    values, fake = _floats(scores), np.asarray(labels, dtype=bool)
    if values.shape != fake.shape:
        raise ValueError(f"expected a label for each of {values.size} scores, got {fake.size}")
    for label in need:
        if not (fake == label).any():
            raise ValueError(f"expected {'forged' if label else 'genuine'} items, got none")
    return values, fake

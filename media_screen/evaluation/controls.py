"""Controls: what the files' technical facts alone give away, and what luck alone would give.

Where genuine and forged files come from different places, their codecs, sizes and lengths differ,
and a detector may read those. One that does not clearly beat the control of metadata has shown
nothing about forgery.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from media_screen.arrays import Doubles, Flags
from media_screen.evaluation.logistic import balanced, regress
from media_screen.evaluation.metrics import auc
from media_screen.evidence import MediaInfo

FOLDS = 5  # of files, when there are not two collections to tell apart
SHUFFLES = 200  # permutations of the labels; enough for a 95% range
RETRAINED = 10  # permutations for which the control of metadata is trained anew, which takes longer
_L2 = 1.0  # strength of the prior on standardised weights, as is usual in scikit-learn (C = 1)
# Standard deviations of the metadata's log odds within which two files count as alike, as is usual
# in matching by propensity (Austin 2011, "Optimal caliper widths for propensity-score matching").
CALIPER = 0.2
LEAST_FILES = 2  # of each class: one to train on while the other is scored
_LEAST = 3  # files that must share a codec for it to be a feature; others say who the file is


@dataclass(frozen=True, slots=True)
class Shuffled:
    """AUCs with shuffled labels, which hold nothing but luck: their mean and 95% range."""

    mean: float
    low: float
    high: float


def metadata_scores(
    media: Sequence[MediaInfo],
    labels: npt.ArrayLike,
    collections: Sequence[str],
    further: Doubles | None = None,
) -> Doubles:
    """Return for each file the log odds of forged that its technical facts alone give.

    Logistic regression, both classes weighing the same, on container, codecs, width, height, frame
    rate, length, size and bit rate, and on `further` facts of the files, shape (n, k). Each file is
    scored by a regression that was trained without its collection; with fewer than two collections,
    or where one class would be left without a file to train on, without its fold of five. Needs
    `LEAST_FILES` of each class.
    """
    fake = np.asarray(labels, dtype=bool)
    facts = _features(media)
    if further is not None:
        facts = np.hstack([facts, further])
    scores = np.zeros(len(fake))
    for held_out in _folds(fake, collections):
        train = ~held_out
        mean, spread = facts[train].mean(axis=0), facts[train].std(axis=0)
        scaled = (facts - mean) / np.where(spread > 0, spread, 1.0)
        share = balanced(fake[train], np.ones(train.sum()))
        slopes, offset = regress(scaled[train], fake[train], share, _L2 / train.sum())
        scores[held_out] = scaled[held_out] @ slopes + offset
    return scores


def shuffled_auc(
    scores: npt.ArrayLike, labels: npt.ArrayLike, *, rounds: int = SHUFFLES, seed: int = 0
) -> Shuffled:
    """Return the AUC that scores reach on labels that are dealt out anew.

    A measured AUC within the range is no better than luck on so few files.
    """
    values, fake = np.asarray(scores, dtype=np.float64), np.asarray(labels, dtype=bool)
    random = np.random.default_rng(seed)
    return _summed([auc(values, random.permutation(fake)) for _ in range(rounds)])


def matched_auc(scores: npt.ArrayLike, labels: npt.ArrayLike, metadata: npt.ArrayLike) -> float:
    """Return the chance that a forged file scores higher than a genuine one of alike metadata.

    `metadata` are the log odds of `metadata_scores`; pairs further apart than `CALIPER` standard
    deviations are left out, ties count half. A detector that reads nothing but technical facts
    reaches .5, however well those tell the files apart; so does every one without such a pair.
    """
    values, fake = np.asarray(scores, dtype=np.float64), np.asarray(labels, dtype=bool)
    odds = np.asarray(metadata, dtype=np.float64)
    alike = np.abs(odds[fake][:, None] - odds[~fake]) <= CALIPER * odds.std()
    higher = values[fake][:, None] > values[~fake]
    wins = higher + 0.5 * (values[fake][:, None] == values[~fake])
    return float(wins[alike].mean()) if alike.any() else 0.5


def shuffled_metadata(
    media: Sequence[MediaInfo],
    labels: npt.ArrayLike,
    collections: Sequence[str],
    further: Doubles | None = None,
    *,
    seed: int = 0,
) -> Shuffled:
    """Return the AUC of the control of metadata when it is trained and tested on shuffled labels.

    A mean far from one half would say that training leaks into testing.
    """
    random = np.random.default_rng(seed)
    found = []
    for _ in range(RETRAINED):
        fake = random.permutation(np.asarray(labels, dtype=bool))
        found.append(auc(metadata_scores(media, fake, collections, further), fake))
    return _summed(found)


def _summed(found: Sequence[float]) -> Shuffled:
    low, high = np.quantile(found, [0.025, 0.975])
    return Shuffled(float(np.mean(found)), float(low), float(high))


def _features(media: Sequence[MediaInfo]) -> Doubles:
    """Return numbers for the facts of each file; names become one column for each frequent one."""
    columns: list[list[float]] = []
    for name in ("container", "video_codec", "audio_codec", "kind"):
        values = [getattr(info, name) for info in media]
        frequent = sorted(value for value in set(values) if values.count(value) >= _LEAST)
        columns += [[float(value == wanted) for value in values] for wanted in frequent]
    for fact in ("width", "height", "fps", "duration_s", "size_bytes"):
        values = [max(0.0, float(getattr(info, fact))) for info in media]
        columns.append([math.log1p(value) for value in values])
    rates = [info.size_bytes / info.duration_s if info.duration_s else 0.0 for info in media]
    columns.append([math.log1p(rate) for rate in rates])
    return np.asarray(np.transpose(columns), dtype=np.float64)


def _folds(fake: Flags, collections: Sequence[str]) -> list[Flags]:
    """Return the rows to hold out together: collections, each file without one for itself."""
    groups = _codes([name or row for row, name in enumerate(collections)])
    found = [groups == group for group in range(int(groups.max()) + 1)]
    trainable = all(0 < fake[~rows].sum() < (~rows).sum() for rows in found)
    if len(set(collections)) > 1 and trainable:
        return found
    place = np.empty(len(fake), dtype=int)
    for label in (False, True):  # each fold gets its part of both classes
        rows = np.flatnonzero(fake == label)
        place[rows] = np.arange(len(rows)) % FOLDS
    return [place == fold for fold in sorted(set(place.tolist()))]


def _codes(names: Sequence[Hashable]) -> npt.NDArray[np.int_]:
    order = {name: code for code, name in enumerate(dict.fromkeys(names))}
    return np.array([order[name] for name in names])

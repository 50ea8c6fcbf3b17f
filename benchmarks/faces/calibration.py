"""Fits the log-likelihood ratio of a cosine between embeddings, by width of the face."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.faces import COMMAND
from benchmarks.faces.nets import embed
from benchmarks.faces.pairs import mean_rows
from benchmarks.faces.sights import FaceSight
from media_screen.arrays import Array, Flags, Image
from media_screen.faces import align

# Widths, px, at which the calibration is fitted: one face of each pair, or both, are shrunk to it
# and stored as JPEG of quality 40. The row holds from the middle between the neighbouring widths.
SMALL_WIDTHS = (16, 24, 32)
ROW_STARTS = (0.0, 20.0, 28.0, 40.0)


@dataclass(frozen=True)
class Scored:
    """Cosines of pairs, whether each is of one person, and the two identities."""

    cosine: Array
    same: Flags
    left: npt.NDArray[np.str_]
    right: npt.NDArray[np.str_]

    def join(self, other: Scored) -> Scored:
        """Return the pairs of both."""
        return Scored(
            np.concatenate([self.cosine, other.cosine]),
            np.concatenate([self.same, other.same]),
            np.concatenate([self.left, other.left]),
            np.concatenate([self.right, other.right]),
        )

    def take(self, keep: Flags) -> Scored:
        """Return the kept pairs."""
        return Scored(self.cosine[keep], self.same[keep], self.left[keep], self.right[keep])


def pair_weights(pairs: Scored) -> Array:
    """Weigh each person with same-person pairs equally, each other pair equally, classes alike."""
    weights = np.zeros(len(pairs.cosine))
    people, counts = np.unique(pairs.left[pairs.same], return_counts=True)
    size = dict(zip(people.tolist(), counts.tolist(), strict=True))
    weights[pairs.same] = [1 / (size[name] * len(size)) for name in pairs.left[pairs.same].tolist()]
    weights[~pairs.same] = 1 / np.sum(~pairs.same)
    return weights


def fit_line(pairs: Scored) -> tuple[float, float]:
    """Return slope and intercept of the log-likelihood ratio (logistic regression).

    The targets of each class are softened as by Platt (1999), with the number of its people for
    that of its cases, so that a clean separation does not give an endless slope.
    """
    from sklearn.linear_model import LogisticRegression

    weights = pair_weights(pairs)
    people = len(np.unique(pairs.left[pairs.same])), len(np.unique(pairs.left))
    soft = np.where(pairs.same, 1 / (people[0] + 2), 1 / (people[1] + 2))
    features = np.concatenate([pairs.cosine, pairs.cosine])[:, None]
    target = np.concatenate([pairs.same, ~pairs.same])
    both = np.concatenate([weights * (1 - soft), weights * soft]) * len(weights)
    model = LogisticRegression(C=1e6).fit(features, target, sample_weight=both)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def cllr(llr: Array, same: Flags, weights: Array) -> float:
    """Return the cost of log-likelihood ratios in bits: 0 is perfect, 1 says nothing."""
    cost = np.where(same, np.logaddexp(0, -llr), np.logaddexp(0, llr)) / math.log(2)
    share = [np.sum((weights * cost)[part]) / np.sum(weights[part]) for part in (same, ~same)]
    return float(np.mean(share))


def left_out_cllr(pairs: Scored, limits: tuple[float, float]) -> float:
    """Return Cllr when each person's pairs are scored by a line fitted without that person."""
    llr = np.full(len(pairs.cosine), np.nan)
    for person in np.unique(pairs.left[pairs.same]):
        mine = (pairs.left == person) | (pairs.right == person)
        slope, intercept = fit_line(pairs.take(~mine))
        llr[mine] = np.clip(slope * pairs.cosine[mine] + intercept, *limits)
    seen = ~np.isnan(llr)
    return cllr(llr[seen], pairs.same[seen], pair_weights(pairs)[seen])


def limits_of(pairs: Scored) -> tuple[float, float]:
    """Return the lowest and highest log-likelihood ratio that the pairs support.

    Below: the effective number of same-person pairs (Kish, by person). Above: the number of
    different people, and never more than the number of same-person pairs.
    """
    weights = pair_weights(pairs)[pairs.same]
    effective = float(weights.sum() ** 2 / np.sum(weights**2))
    people = len(np.unique(np.concatenate([pairs.left, pairs.right])))
    return -math.log(effective), math.log(min(people, int(pairs.same.sum())))


def degrade(crop: Image, width: int, seed: int) -> Image:
    """Return a crop whose face is shrunk to `width` px, stored as JPEG, enlarged and shifted."""
    import cv2

    side = round(width / align.FACE_WIDTH * align.CROP_SIDE)
    small = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
    stored = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 40])[1]
    decoded: Any = cv2.imdecode(stored, cv2.IMREAD_COLOR)
    large = cv2.resize(decoded, (align.CROP_SIDE,) * 2)
    shift = np.random.default_rng(seed).normal(0, 2, 2)  # landmarks of small faces are less exact
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]])
    return np.asarray(cv2.warpAffine(large, matrix, (align.CROP_SIDE,) * 2), dtype=np.uint8)


def score_pairs(left: Array, right: Array, identities: Sequence[str]) -> Scored:
    """Return all pairs of rows of two tables with equal row order, each pair once."""
    first, second = np.triu_indices(len(identities), 1)
    names = np.array(identities)
    cosine = np.sum(left[first] * right[second], axis=1)
    return Scored(cosine, names[first] == names[second], names[first], names[second])


def calibrate(
    session: Any, sights: Sequence[FaceSight], rows: Array, groups: Mapping[str, Sequence[int]]
) -> dict[str, Any]:
    """Return the calibration record: a line for each range of widths, limits and Cllr."""
    identities = [sights[members[0]].identity for members in groups.values()]
    clean = mean_rows(rows, groups, 12)
    middle = [sights[members[len(members) // 2]].crop for members in groups.values()]
    large = score_pairs(clean, clean, identities)
    limits = limits_of(large)
    fitted = {ROW_STARTS[-1]: large}
    for start, width in zip(ROW_STARTS, SMALL_WIDTHS, strict=False):
        crops = [degrade(crop, width, seed) for seed, crop in enumerate(middle)]
        small = embed(session, align.embedder_input, crops)
        # Two small faces look more alike than a small and a large one: both kinds count.
        mixed = score_pairs(small, clean, identities)
        fitted[start] = mixed.join(score_pairs(small, small, identities))
    lines = []
    for start in ROW_STARTS:
        slope, intercept = fit_line(fitted[start])
        llr = np.clip(slope * fitted[start].cosine + intercept, *limits)
        own = cllr(llr, fitted[start].same, pair_weights(fitted[start]))
        lines.append(
            {
                "least_size_px": start,
                "slope": round(slope, 3),
                "intercept": round(intercept, 3),
                "cllr": round(own, 3),
                "cllr_people_left_out": round(left_out_cllr(fitted[start], limits), 3),
            }
        )
    return {
        "net": "sface.onnx",
        "meaning": "llr = slope * cosine + intercept, clipped to limits; natural logarithm",
        "rows": lines,
        "limits": [round(limit, 2) for limit in limits],
        "pairs": {
            "same": int(large.same.sum()),
            "different": int(np.sum(~large.same)),
            "people": len(set(identities)),
            "people_with_same_pairs": len(np.unique(large.left[large.same])),
        },
        "command": COMMAND,
    }

"""Says what the measures of a compared face mean: how surely it was changed, and what of it.

A weighted sum of a few measures (`models/original/calibration.json`) is calibrated as a log
likelihood ratio, of a face that was changed against one that was only copied. Beside it stands what
the embedder says alone: no copy of a face that is wide enough is as unlike its original as another
person's. What was changed follows from which part differs more than the rest of the same face.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from media_screen import weights
from media_screen.arrays import Doubles
from media_screen.footage.original.comparison import ComparedFace
from media_screen.footage.original.residual import MIDDLE
from media_screen.weights.calibration import shipped
from media_screen.weights.linear import LinearModel

MODEL = "original"
FILE = f"{MODEL}/calibration.json"
LIMIT = 3.0  # spreads from the mean within which a measure counts

Kind = Literal["mouth_changed", "eyes_changed", "face_exchanged", "face_changed"]

# What of the face differs: by how much more than the rest of it (natural log), and how unlike the
# embeddings of both sides are (cosine), of another person's face.
PART_APART, OTHER_PERSON = 1.0, 0.75
# Cosine of both sides and agreement of the mouth's movements from which a face follows the
# original; how many forged ones do is in benchmarks/results/original.md.
SAME_PERSON, ALONG = 0.85, 0.8
# Swing of an opening mouth, share of the face's width, from which it is known to move.
MOVES = 0.02
# Least share of face, mouth and eyes that nothing covers, and from which share on nothing can
# have changed what the networks make of the face.
LEAST_OPEN, ALL_OPEN = 0.7, 0.9
LARGE_PX = 80.0  # width of a face from which it is not small
WIDE_PX = 65.0  # width from which copies keep their likeness, however strongly they are compressed
# Scores of an overlay below which nothing accuses, for the pictures don't lie exactly over one
# another (many more genuine faces than forged ones: benchmarks/results/original.md), and above
# which all do.
LEAST_LAID, MOST_LAID = 0.95, 0.995
# Score of an overlay below which both crops may show different places, and below which the sum
# vouches for nothing: who lays noise over the rest explains by it what was changed in the face.
SAME_PLACE = 0.85


@dataclass(frozen=True, slots=True)
class FaceLimits:
    """Ratios (natural log) from which a face counts as changed, and up to which as the same.

    A wide face that is as unlike as `unlike` is another person's, with the ratio `other`.
    """

    changed: float
    same: float
    unlike: float
    other: float


@dataclass(frozen=True, slots=True)
class Alteration:
    """How surely one face was changed (natural log likelihood ratio), and what of it most.

    `score` is the probability if both were equally frequent.
    """

    llr: float
    score: float
    kind: Kind


MEASURES = (
    "face_middle",
    "face_coarse",
    "mouth_middle",
    "part_apart",
    "most",
    "fine",
    "unlike",
    "displaced",
    "lips_displaced",
    "silent",
    "large",
    "laid",
)
# Those that an overlay over another part of the face spoils, too.
_BY_NETWORKS = [
    MEASURES.index(name) for name in ("unlike", "displaced", "lips_displaced", "silent")
]


def measures(face: ComparedFace) -> Doubles:
    """Return the measures in the order of `MEASURES`; NaN where one was not taken, or is covered.

    Excesses are natural logs. `part_apart` is the mouth against eyes and brows, or the eyes against
    the rest, whichever is more; `most` the part that differs most; `unlike` 1 minus the cosine of
    both embeddings; `silent` how little the opening of the mouth follows, where it moves; `large`
    how large the face is: 0, or below that for one that is smaller than LARGE_PX; `laid` how
    exactly the pictures lie over one another, without which all of a face differs.
    """
    parts = {name: one.excess for name, one in face.residuals.items()}
    middle = {name: excess[MIDDLE] for name, excess in parts.items()}
    upper = _mean((middle["eyes"], middle["brow"]))
    mouth = face.curves["mouth_open"]
    found = (
        middle["face"],
        parts["face"][MIDDLE + 1],
        middle["mouth"],
        _most((middle["mouth"] - upper, middle["eyes"] - _mean((middle["mouth"], middle["face"])))),
        _most((middle["face"], middle["mouth"], middle["eyes"])),
        _most((parts["face"][0], parts["mouth"][0], parts["eyes"][0])),
        1.0 - face.likeness,
        float(np.log(face.displaced + 0.002)),
        float(np.log(face.lips_displaced + 0.002)),
        (1.0 - mouth.agreement) * min(1.0, mouth.swing / MOVES),
        float(np.log(min(LARGE_PX, face.width_px) / LARGE_PX)),
        -float(np.log(1.0 - min(MOST_LAID, face.laid))),
    )
    values = np.array(found, np.float64)
    if min(part.open for part in face.residuals.values()) < ALL_OPEN:
        values[_BY_NETWORKS] = np.nan
    return values


def _mean(values: Iterable[float]) -> float:
    told = [value for value in values if not np.isnan(value)]
    return float(np.mean(told)) if told else float("nan")


def _most(values: Iterable[float]) -> float:
    return max((value for value in values if not np.isnan(value)), default=float("nan"))


def is_open(face: ComparedFace) -> bool:
    """Tell whether enough of face and mouth is seen to compare them."""
    return all(
        face.residuals[part].open >= LEAST_OPEN
        and not np.isnan(face.residuals[part].excess[MIDDLE])
        for part in ("face", "mouth", "eyes")
        if part in face.residuals
    ) and bool(face.residuals)


def judge(face: ComparedFace) -> Alteration:
    """Say how surely a face was changed, and what of it."""
    raw = float(_model().raw(filled(measures(face), _model())))
    calibration = shipped(MODEL)
    llr, score = calibration.llr(raw), calibration.probability(raw)
    if excused(face):
        llr, score = min(llr, 0.0), min(score, 0.5)
    if not vouched(face):
        llr, score = max(llr, 0.0), max(score, 0.5)
    if unlike(face) >= limits().unlike and limits().other > llr:
        llr = limits().other
        score = 1.0 / (1.0 + math.exp(-llr))
    return Alteration(llr, score, _kind(face))


def unlike(face: ComparedFace) -> float:
    """Return 1 minus the cosine of both embeddings of a face that is wide and not covered, or NaN.

    It needs no exact overlay, since each side is embedded by itself, but the same face in both.
    """
    seen = min((part.open for part in face.residuals.values()), default=0.0)
    told = face.width_px >= WIDE_PX and seen >= ALL_OPEN and face.laid >= SAME_PLACE
    return 1.0 - face.likeness if told else math.nan


def excused(face: ComparedFace) -> bool:
    """Tell whether nothing that differs in a face accuses anybody."""
    return face.laid < LEAST_LAID or follows(face)


def vouched(face: ComparedFace) -> bool:
    """Tell whether a face that does not differ counts as the original's.

    It does where the pictures lie over one another; else where it is the same person's, and moves.
    """
    return face.laid >= SAME_PLACE or follows(face)


def follows(face: ComparedFace) -> bool:
    """Tell whether a face is that of the same person and moves its mouth as the original does.

    What differs in it then lies over it, such as letters: that accuses nobody.
    """
    mouth = (face.curves["mouth_open"], face.curves["mouth_wide"])
    return face.likeness >= SAME_PERSON and all(one.agreement >= ALONG for one in mouth)


def filled(values: Doubles, model: LinearModel) -> Doubles:
    """Return measures with the means of all in the place of what was not measured."""
    return np.where(np.isnan(values), np.array(model.means), values)


def _kind(face: ComparedFace) -> Kind:
    middle = {name: one.excess[MIDDLE] for name, one in face.residuals.items()}
    mouth = middle["mouth"] - _mean((middle["eyes"], middle["brow"]))
    if face.likeness < OTHER_PERSON:
        return "face_exchanged"
    if mouth >= PART_APART:
        return "mouth_changed"
    if middle["eyes"] - _mean((middle["mouth"], middle["face"])) >= PART_APART:
        return "eyes_changed"
    return "face_changed"


@cache
def limits() -> FaceLimits:
    """Return from which ratio on a face is changed, and up to which it is the same."""
    record = weights.record(FILE)
    return FaceLimits(*(float(record[name]) for name in ("changed", "same", "unlike", "other")))


@cache
def _model() -> LinearModel:
    return LinearModel.from_dict(weights.record(FILE)["line"], names=MEASURES, limit=LIMIT)

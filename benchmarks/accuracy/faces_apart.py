"""How the face network fares on people and looks that no labelled clip has: tables of stills.

The records that they are made of are written by `benchmarks.accuracy.face_artifact`.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence

import numpy as np

from benchmarks.accuracy.heldout import Held
from benchmarks.accuracy.measured import fit
from benchmarks.markdown import interval, table
from benchmarks.places import RECORDS
from media_screen.evaluation import metrics
from media_screen.fusion.judge import threshold
from media_screen.weights import calibration

DFDC, LOOKS, PORTRAITS = (
    RECORDS / "face_artifact" / f"{part}.csv"
    for part in ("dfdc_actors", "unusual_looks", "portraits")
)


def kept_actors() -> list[str]:
    """Return how faces of DFDC fare, whose methods were trained on and whose actors were not."""
    with DFDC.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    genuine, forged = (np.array([float(row[key]) for row in rows]) for key in ("genuine", "forged"))
    scores = np.concatenate([genuine, forged])
    fake = np.repeat([False, True], len(rows))
    actors = len({row["actor"] for row in rows})
    found = metrics.bootstrap(metrics.auc, scores, fake, groups=[row["actor"] for row in rows] * 2)
    at_5, at_1 = (metrics.tpr_at_fpr(scores, fake, share) for share in (0.05, 0.01))
    cells = (
        f"{actors} actors, one picture a clip",
        len(rows),
        interval(found.value, found.low, found.high),
        f"{at_5:.0%}",
        f"{at_1:.0%}",
        f"{metrics.paired_share(forged, genuine):.0%}",
    )
    head = ("whose", "pairs", "AUC", "at 5%", "at 1% false alarms", "the forged one scores higher")
    return table(head, [cells])


AGES = ((16, 29), (30, 44), (45, 59), (60, 116))  # years, of which UTKFace tells


def portraits() -> list[str]:
    """Return how high genuine stills of different people score."""
    with PORTRAITS.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    scores = np.array([float(row["logit"]) for row in rows])
    ages = np.array([int(row["age"]) for row in rows])
    parts = {"all": np.ones(len(rows), bool)}
    for column in ("group", "sex"):
        values = [row[column] for row in rows]
        parts |= {value: np.array(values) == value for value in sorted(set(values))}
    parts |= {f"{low} to {high} years": (ages >= low) & (ages <= high) for low, high in AGES}
    known = calibration.shipped("face_artifact")
    flagged = np.array([known.llr(float(score)) >= threshold() for score in scores])
    high = scores >= np.quantile(scores, 0.95)
    cells = [
        (
            name,
            int(chosen.sum()),
            f"{flagged[chosen].mean():.1%}",
            f"{high[chosen].mean():.1%}",
            f"{(scores[chosen].mean() - scores.mean()) / scores.std():+.2f}",
        )
        for name, chosen in parts.items()
    ]
    head = ("people", "stills", "over the threshold", "among the highest 5%", "mean, in spreads")
    return table(head, cells)


LOOKS_HEAD = (
    "look",
    "clips",
    "not judged",
    "false alarms at the threshold",
    "mean shift of the score",
)


def unusual_looks(clips: Sequence[Held]) -> list[str]:
    """Return what share of genuine clips is not judged, and raises an alarm, in each condition.

    `clips` are those of the shipped network, by which the line of each fold is calibrated.
    """
    lines = []
    lookup = {
        fold: fit([one for one in clips if one.fold != fold])
        for fold in {one.fold for one in clips}
    }
    with LOOKS.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    plain = np.mean([float(row["score"]) for row in rows if row["condition"] == "plain"])
    for name in dict.fromkeys(row["condition"] for row in rows):
        of_name = [row for row in rows if row["condition"] == name]
        flagged = [
            row["judged"] == "1"
            and lookup[int(row["fold"])].llr(float(row["score"])) >= threshold()
            for row in of_name
        ]
        left_out = np.mean([row["judged"] != "1" for row in of_name])
        shift = np.mean([float(row["score"]) for row in of_name]) - plain
        cells = f"{left_out:.0%}", f"{np.mean(flagged):.0%}", f"{shift:+.2f}"
        lines.append((name.replace("_", " "), len(of_name), *cells))
    return table(LOOKS_HEAD, lines)

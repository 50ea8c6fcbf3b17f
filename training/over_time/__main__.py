"""Cuts windows, trains with genuine collections held out, and scores these and all forged clips.

    python -m training.over_time --media ../shared/media --more PUBLIC --work WORK windows
    python -m training.over_time --media ../shared/media --more PUBLIC --work WORK train 0
    python -m training.over_time --media ../shared/media --more PUBLIC --work WORK score 0

PUBLIC is the folder that `training.media` laid out. Forged clips are never trained on. Each step
goes on where it stopped; `score` writes WORK/scores-FOLD.csv and prints how well both are told
apart.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from media_screen.evaluation import metrics
from training.checkpoint import whole
from training.face_artifact.crops import read_sources
from training.face_artifact.folds import split
from training.manifest import MediaRow
from training.over_time import train, windows
from training.over_time.examples import Taught

FOLDS = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one step."""
    parser = argparse.ArgumentParser(
        prog="python -m training.over_time",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--media", type=Path, required=True, help="folder with manifest.tsv")
    parser.add_argument("--more", type=Path, help="folder that training.media laid out")
    parser.add_argument("--work", type=Path, required=True, help="folder for store and checkpoints")
    steps = parser.add_subparsers(dest="step", required=True)
    steps.add_parser("windows", help="cut the faces out of all clips, frame by frame")
    step = steps.add_parser("train", help="train with the genuine clips of a fold held out")
    step.add_argument("fold", type=int, choices=range(FOLDS))
    step.add_argument("--steps", type=int, default=1_500, help="of 16 pairs each")
    step.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    step = steps.add_parser("score", help="score what the fold holds out, and all forged clips")
    step.add_argument("fold", type=int, choices=range(FOLDS))
    asked = parser.parse_args(arguments)
    places = [media for media in (asked.media, asked.more) if media is not None]
    if asked.step == "windows":
        for media in places:
            for added in windows.prepare(media, asked.work / "store"):
                print(added, flush=True)
        return 0
    folds = split(read_sources(asked.media, asked.more), FOLDS)
    rows = [row for media in places for row in windows.rows_of(media)]
    rows = [row for row in rows if windows.place_of(row, asked.work / "store").is_file()]
    if asked.step == "train":
        _train(asked, [row for row in rows if not row.fake and folds[row.path] != asked.fold])
    else:
        judged = [row for row in rows if row.fake or folds[row.path] == asked.fold]
        _score(asked, [row for row in judged if not row.shifted])
    return 0


def _train(asked: argparse.Namespace, rows: Sequence[MediaRow]) -> None:
    store = asked.work / "store"
    taught = [Taught(windows.load(windows.place_of(row, store)), row.collection) for row in rows]
    plan = train.MovementPlan(steps=asked.steps)
    print(f"{len(taught)} genuine clips are taught", flush=True)
    train.train(plan, taught, asked.work / f"net-{asked.fold}.pt", device=asked.device)


def _score(asked: argparse.Namespace, rows: Sequence[MediaRow]) -> None:
    model = train.load(asked.work / f"net-{asked.fold}.pt")
    found = []
    for row in rows:
        seen = windows.load(windows.place_of(row, asked.work / "store"))
        told = train.score(model, seen)
        if told is not None:
            found.append((row, told))
    path = asked.work / f"scores-{asked.fold}.csv"
    with whole(path) as part, part.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("path", "label", "method", "collection", "score"))
        for row, told in found:
            label = "fake" if row.fake else "real"
            writer.writerow((row.path, label, row.method, row.collection, f"{told:.4f}"))
    fake = np.array([row.fake for row, _ in found])
    scores = np.array([told for _, told in found])
    groups = [(row.collection, row.identity or row.path) for row, _ in found]
    area = metrics.bootstrap(metrics.auc, scores, fake, groups=groups)
    found_at = [metrics.tpr_at_fpr(scores, fake, rate) for rate in (0.05, 0.01)]
    print(
        f"{int((~fake).sum())} genuine and {int(fake.sum())} forged clips: AUC {area.value:.2f} "
        f"({area.low:.2f} to {area.high:.2f}), found at 5% and 1% false alarms "
        f"{found_at[0]:.0%} and {found_at[1]:.0%}"
    )


if __name__ == "__main__":
    main()

"""Does the identity of a forged face flicker or drift more than that of a genuine one?

    python -m benchmarks.face_consistency --media ../shared/media

Looks over every genuine and forged clip, measures the longest track of each, and prints the area
under the ROC curve with a bootstrap interval: of the raw measures, of the measures with what size,
sharpness, pose and motion explain taken out (fitted on the genuine clips of other collections), and
of those four alone as the control that a real sign has to beat. Writes the table, and the
percentiles of genuine clips that the detector shows.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks import markdown
from benchmarks.places import write_page
from media_screen.detectors.face_consistency import GENUINE, measure
from media_screen.look import Looker
from media_screen.media import Media, MediaError
from training.manifest import read_media_rows
from training.record import ship

BOOTSTRAPS = 1000
SEED = 1


@dataclass(frozen=True)
class ClipRow:
    """One clip: whether it is forged, where it comes from, its measures and its view."""

    fake: bool
    collection: str
    flicker: float
    drift: float
    view: tuple[float, float, float, float]  # log size, sharpness, |yaw|, log motion


def main() -> None:
    """Measure, print, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--media", type=Path, required=True, help="folder with manifest.tsv")
    media = parser.parse_args().media
    rows = list(read_rows(media))
    lines = table(rows)
    text = "\n".join(lines)
    print(text)
    head = (
        "# Face consistency\n\n`python -m benchmarks.face_consistency --media ../shared/media`\n\n"
    )
    write_page("face_consistency", head + text + "\n")
    flicker = [row.flicker for row in rows if not row.fake]
    record = {
        "clips": len(flicker),
        "llr": 0.0,
        GENUINE: np.percentile(flicker, np.arange(0, 101, 5)).round(4).tolist(),
    }
    ship("face_consistency/calibration.json", record)


def read_rows(media: Path) -> list[ClipRow]:
    """Measure every clip of the manifest that has a track long enough."""
    looker = Looker()
    clips = [
        clip
        for clip in read_media_rows(media)
        if clip.kind in ("real_video", "fake_video") and not clip.method.startswith("av-offset")
    ]
    rows = []
    for number, clip in enumerate(clips):
        print(f"\r{number + 1}/{len(clips)}", end="", file=sys.stderr, flush=True)
        try:
            with Media.open(media / clip.path) as opened:
                tracks = looker.look(opened).tracks
        except MediaError as error:
            print(f"\n{clip.path}: {error}", file=sys.stderr)
            continue
        measured = [(found, track) for track in tracks if (found := measure(track)) is not None]
        if not measured:
            continue
        found, track = max(measured, key=lambda pair: pair[0].steps)
        quality = [face.quality for face in track.faces]
        size = float(np.median([q.size_px for q in quality]))
        centres = np.array([face.centre for face in track.faces])
        motion = float(np.median(np.linalg.norm(np.diff(centres, axis=0), axis=1))) / size
        view = (
            float(np.log(size)),
            float(np.median([q.sharpness for q in quality])),
            float(np.median(np.abs([q.yaw_deg for q in quality]))),
            float(np.log(motion + 1e-3)),
        )
        fake = clip.fake
        rows.append(ClipRow(fake, clip.collection, found.flicker, found.drift, view))
    print(file=sys.stderr)
    return rows


def table(rows: list[ClipRow]) -> list[str]:
    """Return the table of areas under the curve, as Markdown."""
    fake = np.array([row.fake for row in rows])
    collections = np.array([row.collection for row in rows])
    view = np.array([row.view for row in rows])
    scores = {"view alone (control)": view_score(view, fake, collections)}
    for name in ("flicker", "drift"):
        raw = np.log(np.array([getattr(row, name) for row in rows]) + 1e-3)
        scores[name] = raw
        scores[f"{name}, view taken out"] = residual(raw, view, fake, collections)
    lines = [
        f"{int((~fake).sum())} genuine and {int(fake.sum())} forged clips of "
        f"{len(set(collections))} collections; longest track of each.",
        "",
    ]
    cells = []
    for name, score in scores.items():
        low, high = interval(fake, score)
        cells.append((name, f"{roc_auc_score(fake, score):.2f}", f"{low:.2f} to {high:.2f}"))
    return [*lines, *markdown.table(("measure", "AUC", "95% interval"), cells)]


def residual(
    values: np.ndarray, view: np.ndarray, fake: np.ndarray, collections: np.ndarray
) -> np.ndarray:
    """Take out what the view explains, fitted on genuine clips of the other collections."""
    left = np.zeros(len(values))
    for collection in set(collections):
        held, train = collections == collection, (collections != collection) & ~fake
        model = make_pipeline(StandardScaler(), Ridge(1.0)).fit(view[train], values[train])
        left[held] = values[held] - model.predict(view[held])
    return left


def view_score(view: np.ndarray, fake: np.ndarray, collections: np.ndarray) -> np.ndarray:
    """Score clips by size, sharpness, pose and motion alone, leaving one collection out."""
    score = np.zeros(len(fake))
    for collection in set(collections):
        held = collections == collection
        model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced"))
        score[held] = model.fit(view[~held], fake[~held]).decision_function(view[held])
    return score


def interval(fake: np.ndarray, score: np.ndarray) -> tuple[float, float]:
    """Return the 95% bootstrap interval of the area under the curve."""
    generator = np.random.default_rng(SEED)
    areas = []
    for _ in range(BOOTSTRAPS):
        drawn = generator.integers(0, len(fake), len(fake))
        if 0 < fake[drawn].sum() < len(fake):
            areas.append(roc_auc_score(fake[drawn], score[drawn]))
    return float(np.percentile(areas, 2.5)), float(np.percentile(areas, 97.5))


if __name__ == "__main__":
    main()

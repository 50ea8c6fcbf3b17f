"""Says what lines over the states of other layers are worth on clips, each fitted without them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from media_screen.detectors.face_artifact.forged import to_judge
from media_screen.evaluation import metrics
from training.face_artifact import line
from training.face_artifact.crops import ORIGINAL, CropSource
from training.face_artifact.folds import split
from training.face_artifact.line import MeasureTable
from training.face_artifact.settings import FaceSettings, StatesLine
from training.holding_out import parted

# Layers of a line, and the weight of the network's own opinion beside them.
MIXES: tuple[tuple[tuple[int, ...], float], ...] = (
    ((), 1.0),
    ((8,), 0.0),
    ((8,), 0.2),
    ((8, 10), 0.0),
    ((8, 10), 0.1),
    ((8, 10), 0.2),
)


def scores(
    found: MeasureTable, sources: Sequence[CropSource], settings: FaceSettings
) -> dict[tuple[str, str], float]:
    """Return the score of each clip and version, by a line that saw nothing of its fold."""
    result: dict[tuple[str, str], float] = {}
    folds = split(sources, settings.folds)
    videos = {one.path for one in sources if one.kind.endswith("video")}
    for held in map(str, range(settings.folds)):
        taught, judged = parted(sources, folds, held)
        own = line.fit(found, taught, settings.line)
        tracks: dict[tuple[str, str], dict[int, list[float]]] = defaultdict(dict)
        for one in line.scored(found, own, judged):
            if one.path in videos:
                tracks[one.path, one.version].setdefault(one.track, []).append(one.logit)
        for key, of_file in tracks.items():
            result[key] = max(float(np.mean(rows)) for rows in to_judge(of_file).values())
    return result


def table(
    found: MeasureTable,
    sources: Sequence[CropSource],
    settings: FaceSettings,
    more: Sequence[str],
) -> Iterator[str]:
    """Yield the lines of a table: AUC, and what is found at 5% and 1% false alarms, of all clips.

    `more` are the paths of clips that `training.media` laid out: without them, and at 480p, the
    clips are those of the card of old.
    """
    fake = {one.path: one.fake for one in sources}
    yield "| line over | all clips: AUC, at 5%, at 1% | without public ones | these at 480p |"
    yield "| --- | --- | --- | --- |"
    for layers, told in MIXES:
        mix = replace(settings.line, layers=layers, told=told)
        scored = scores(found, sources, replace(settings, line=mix))
        cells = []
        for version, left_out in ((ORIGINAL, ()), (ORIGINAL, more), ("480p", more)):
            keys = [key for key in scored if key[1] == version and key[0] not in set(left_out)]
            own, truth = [scored[key] for key in keys], [fake[path] for path, _ in keys]
            at_5, at_1 = (metrics.tpr_at_fpr(own, truth, share) for share in (0.05, 0.01))
            cells.append(f"{metrics.auc(own, truth):.2f}, {at_5:.0%}, {at_1:.0%}")
        yield f"| {_name(mix)} | {' | '.join(cells)} |"


def _name(mix: StatesLine) -> str:
    parts = [f"layer {layer}" for layer in mix.layers]
    return " + ".join([*parts, f"{mix.told:g} x opinion"] if mix.told else parts)

"""Says what a network of `learn` is worth on clips: a line over the states of its layers, held out.

The network saw no clip. A line is fitted to the states of its last layers on the clips of the other
folds, as they are; each layer counts alike in the sum, and the network's own opinion (which is the
better part on swaps and lip-sync, and of no use on avatars) with a weight of its own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from media_screen.arrays import Doubles, Flags, Floats, Image
from media_screen.detectors.face_artifact.forged import LIMIT, to_judge
from media_screen.evaluation import metrics
from media_screen.evaluation.logistic import balanced, regress
from media_screen.faces.track import evenly
from training.face_artifact.crops import ORIGINAL, Crop, CropSource
from training.face_artifact.score import tracks_of

DEPTHS = (8, 10)  # layers whose states are measured
TOLD = 8  # the layer after which the opinion is formed
WIDTH = 1536  # states of a layer
VERSIONS = (ORIGINAL, "480p")
CROPS = 6  # of a track
LEAST_CROPS = 3  # of a track that teaches: the mean of fewer is too noisy to learn from
SHRINK = 30.0  # weight of the squared slopes of standardised states in the loss
_BATCH = 8  # crops
_LEAST_SPREAD = 1e-3  # of a state, so that one that never varies counts for nothing


@dataclass(frozen=True)
class LayerMix:
    """Which layers a line is fitted to, and the weight of the opinion beside them."""

    layers: tuple[int, ...]
    told: float

    @property
    def name(self) -> str:
        """What the table calls it."""
        parts = [f"layer {layer}" for layer in self.layers]
        return " + ".join([*parts, f"{self.told:g} x opinion"] if self.told else parts)


MIXES = (
    LayerMix((), 1.0),
    LayerMix((8,), 0.0),
    LayerMix((8,), 0.2),
    LayerMix((8, 10), 0.0),
    LayerMix((8, 10), 0.2),
)


@dataclass(frozen=True, eq=False)
class StateTable:
    """Rows of crops: `values` (n, 1 + 3072), the opinion and the states, and whose each is."""

    values: Floats
    path: npt.NDArray[np.str_]
    version: npt.NDArray[np.str_]
    track: npt.NDArray[np.int_]


def measures(
    net: Any, lines: Sequence[Crop], pixels: Image, sources: Sequence[CropSource]
) -> Iterator[StateTable | str]:
    """Measure the faces that scanning would look at; yield how far it is, and at last the table."""
    import torch

    from training.face_artifact.forging import LEFT, TOP
    from training.face_artifact.learn import MARGIN, SIDE

    rows = [
        (path, version, track, index)
        for (path, version, track), group in tracks_of(lines, sources).items()
        if version in VERSIONS
        for index in evenly(group, CROPS)
    ]
    window = np.s_[TOP + MARGIN : TOP + MARGIN + SIDE, LEFT + MARGIN : LEFT + MARGIN + SIDE]
    found: list[Floats] = []
    for start in range(0, len(rows), _BATCH):
        crops = np.stack([pixels[index][window] for *_, index in rows[start : start + _BATCH]])
        with torch.inference_mode():
            pictures = torch.from_numpy(crops.transpose(0, 3, 1, 2).copy()).float()
            found.append(net(pictures).numpy())
        if start // _BATCH % 50 == 0:
            yield f"{start + len(crops)} of {len(rows)} faces measured"
    yield StateTable(
        np.concatenate(found),
        np.array([path for path, *_ in rows]),
        np.array([version for _, version, *_ in rows]),
        np.array([track for _, _, track, _ in rows]),
    )


def scores(
    found: StateTable, sources: Sequence[CropSource], folds: Mapping[str, int], mix: LayerMix
) -> dict[tuple[str, str], float]:
    """Return the score of each clip and version, by a line that saw nothing of its fold."""
    result: dict[tuple[str, str], float] = {}
    of_path = {one.path: one for one in sources if one.kind.endswith("video")}
    fold = np.array([folds.get(path, -1) if path in of_path else -1 for path in found.path])
    for held in sorted(set(fold.tolist()) - {-1}):
        taught = np.array([of_path[p].clean if p in of_path else False for p in found.path])
        taught &= (fold != held) & (found.version == ORIGINAL)
        raw = _fitted(found, taught, of_path, mix)
        tracks: dict[tuple[str, str], dict[int, list[float]]] = defaultdict(dict)
        for row in np.flatnonzero(fold == held):
            of_file = tracks[str(found.path[row]), str(found.version[row])]
            of_file.setdefault(int(found.track[row]), []).append(float(raw[row]))
        for key, of_file in tracks.items():
            result[key] = max(float(np.mean(own)) for own in to_judge(of_file).values())
    return result


def _fitted(
    found: StateTable, taught: Flags, of_path: Mapping[str, CropSource], mix: LayerMix
) -> Doubles:
    """Return what a line says of every crop that was fitted to the tracks of those that teach."""
    values = found.values.astype(np.float64)
    mean, spread = values[taught].mean(axis=0), values[taught].std(axis=0) + _LEAST_SPREAD
    standard = np.clip((values - mean) / spread, -LIMIT, LIMIT)
    tracks: dict[tuple[str, int], list[int]] = defaultdict(list)
    for row in np.flatnonzero(taught):
        tracks[str(found.path[row]), int(found.track[row])].append(int(row))
    tracks = {key: rows for key, rows in tracks.items() if len(rows) >= LEAST_CROPS}
    facts = np.array([standard[rows].mean(axis=0) for rows in tracks.values()])
    own = [of_path[path] for path, _ in tracks]
    fake = np.array([one.fake for one in own])
    names = [(one.fake, one.method if one.fake else one.collection) for one in own]
    sizes = Counter(names)
    share = balanced(fake, np.array([sizes[name] ** -0.5 for name in names]))
    raw = np.zeros(len(values))
    if mix.told:
        raw += mix.told * standard[:, 0] / np.sqrt(share @ (facts[:, 0] - share @ facts[:, 0]) ** 2)
    for layer in mix.layers:
        first = 1 + WIDTH * DEPTHS.index(layer)
        part = slice(first, first + WIDTH)
        line, at = regress(facts[:, part], fake, share, 2 * SHRINK)
        told = facts[:, part] @ line + at
        middle = share @ told
        scale = np.sqrt(share @ (told - middle) ** 2)
        raw += (standard[:, part] @ line + at - middle) / scale
    return raw


def table(
    found: StateTable, sources: Sequence[CropSource], folds: Mapping[str, int], more: Sequence[str]
) -> Iterator[str]:
    """Yield the lines of a table: AUC, and what is found at 5% and 1% false alarms, of all clips.

    `more` are the paths of clips that `training.media` laid out: without them, and at 480p, the
    clips are those of the tables of the card.
    """
    of_path = {one.path: one for one in sources}
    first = "the clips of the tables below"
    yield f"| what | all clips: AUC, at 5%, at 1% | {first} | these at 480p |"
    yield "| --- | --- | --- | --- |"
    for mix in MIXES:
        scored = scores(found, sources, folds, mix)
        cells = []
        for version, left_out in ((ORIGINAL, ()), (ORIGINAL, more), (VERSIONS[1], more)):
            keys = [key for key in scored if key[1] == version and key[0] not in set(left_out)]
            own = [scored[key] for key in keys]
            fake = [of_path[path].fake for path, _ in keys]
            at_5, at_1 = (metrics.tpr_at_fpr(own, fake, share) for share in (0.05, 0.01))
            cells.append(f"{metrics.auc(own, fake):.2f}, {at_5:.0%}, {at_1:.0%}")
        yield f"| {mix.name} | {' | '.join(cells)} |"

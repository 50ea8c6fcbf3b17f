"""Fits the line over the measures of a face: on tracks, and on blends beside their own sources.

There are a hundred forged clips and as many genuine ones, of few sources each, and every network
that was trained on them learned the sources (models/face_artifact/card.md). A line over measures
that mean something has less to learn them with. Two terms are minimised: the log loss of tracks,
forged against genuine, and that of blends against the very crop they were made from, in which
nothing of the source is left that could tell them apart. Texture and borrowed features are fitted
apart, each with the strength that suits its number, and count alike in the sum.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from media_screen.arrays import Doubles, Flags, Floats, Image
from media_screen.detectors.face_artifact import texture
from media_screen.detectors.face_artifact.forged import LIMIT, NAMES, measure
from media_screen.evaluation.logistic import balanced, regress
from media_screen.faces.track import evenly
from media_screen.weights.linear import LinearModel
from training.face_artifact import augment, blends
from training.face_artifact.crops import ORIGINAL, Crop, CropSource
from training.face_artifact.score import tracks_of
from training.face_artifact.settings import TextureLine

# Crops of a track that are measured, evenly spread, by version.
CROPS = {ORIGINAL: 8, "480p": 6, "320p": 3, "portrait": 3}
LEAST_CROPS = 3  # of a track: the mean of fewer is too noisy to learn from
PAIRS = {"real_video": 24, "real_face": 2}  # of a genuine clip, of a still
MOUTHS = 0.45  # share of the pairs whose blend changes the mouth or the lower face only
DIGITS = 6  # of the numbers in the record
_TEXTURE, _FEATURES = slice(0, len(texture.NAMES)), slice(len(texture.NAMES), len(NAMES))
_LEAST_SPREAD = 1e-3  # of a measure, so that one that never varies counts for nothing
_SEED = 5


@dataclass(frozen=True, eq=False)
class MeasureTable:
    """What the line is fitted on.

    `values` (n, 1302) are measures of single crops, `path`, `version` and `track` say of which
    track; `pairs` (m, 2, 1302) those of a genuine crop and of the blend made from it, degraded
    alike, and `pair_path` of which clip.
    """

    values: Floats
    path: npt.NDArray[np.str_]
    version: npt.NDArray[np.str_]
    track: npt.NDArray[np.int_]
    pairs: Floats
    pair_path: npt.NDArray[np.str_]


def measures(
    lines: Sequence[Crop], pixels: Image, sources: Sequence[CropSource], folds: Mapping[str, int]
) -> MeasureTable:
    """Measure the clips that may teach, and blends of genuine clips and stills.

    A face that is put into another comes from the same fold, so that nobody is on both sides.
    """
    taught = [one for one in sources if one.clean and one.kind.endswith("video")]
    genuine = [one for one in sources if one.clean and one.kind in PAIRS]
    groups = {key: evenly(group, CROPS[key[1]]) for key, group in tracks_of(lines, taught).items()}
    chosen = [(key, index) for key, group in groups.items() for index in group]
    pairs, pair_path = _pairs(lines, pixels, genuine, folds)
    return MeasureTable(
        values=measure([pixels[index] for _, index in chosen]),
        path=np.array([path for (path, _, _), _ in chosen]),
        version=np.array([version for (_, version, _), _ in chosen]),
        track=np.array([track for (_, _, track), _ in chosen]),
        pairs=np.array(pairs),
        pair_path=np.array(pair_path),
    )


def _pairs(
    lines: Sequence[Crop], pixels: Image, genuine: Sequence[CropSource], folds: Mapping[str, int]
) -> tuple[list[Floats], list[str]]:
    count = {one.path: PAIRS[one.kind] for one in genuine}
    crops: dict[str, list[int]] = defaultdict(list)
    for (path, version, _), group in tracks_of(lines, genuine).items():
        if version == ORIGINAL:
            crops[path] += group
    rng = np.random.default_rng(_SEED)
    measured, paths = [], []
    for path, own in crops.items():
        others = [one for one in crops if one != path and folds[one] == folds[path]] or [path]
        for _ in range(count[path]):
            index = int(rng.choice(own))
            fake, real = blends.pseudo_fake(
                blends.Genuine(
                    crop=pixels[index],
                    points=lines[index].landmarks,
                    moment=pixels[int(rng.choice(own))],
                    stranger=pixels[int(rng.choice(crops[str(rng.choice(others))]))],
                ),
                rng,
                mouth_share=MOUTHS,
            )
            treated = augment.degrade([real, fake], int(rng.integers(1 << 62)))
            measured.append(measure(treated))
            paths.append(path)
    return measured, paths


def fit(
    found: MeasureTable,
    sources: Sequence[CropSource],
    *,
    of_texture: TextureLine,
    of_features: TextureLine,
) -> LinearModel:
    """Fit on what the sources hold: the mean of each track, and the pairs of each clip.

    Genuine and forged count alike, and of either all collections or methods, however large: what
    is to be told is forging, and the tracks of one collection are one look.
    """
    of_path = {one.path: one for one in sources}
    use = np.array([path in of_path for path in found.path])
    values = found.values[use].astype(np.float64)
    mean, spread = values.mean(axis=0), values.std(axis=0) + _LEAST_SPREAD
    standard = np.clip((values - mean) / spread, -LIMIT, LIMIT)
    tracks: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    for row, key in enumerate(_keys(found, use)):
        tracks[key].append(row)
    kept = {key: rows for key, rows in tracks.items() if len(rows) >= LEAST_CROPS}
    facts = np.array([standard[rows].mean(axis=0) for rows in kept.values()])
    own = [of_path[path] for path, _, _ in kept]
    fake = np.array([one.fake for one in own])
    names = [(one.fake, one.method if one.fake else one.collection) for one in own]
    sizes = Counter(names)
    share = balanced(fake, np.array([1 / sizes[name] for name in names]))
    paired = np.array([path in of_path for path in found.pair_path])
    apart = (found.pairs[paired, 1] - found.pairs[paired, 0]).astype(np.float64) / spread
    slopes, offset = np.zeros(len(NAMES)), 0.0
    for part, settings in ((_TEXTURE, of_texture), (_FEATURES, of_features)):
        line, at = regress(
            facts[:, part],
            fake,
            share,
            2 * settings.shrink,
            leads=apart[:, part],
            lead_weight=settings.pairs,
        )
        scores = facts[:, part] @ line + at
        middle = float(share @ scores)
        scale = float(np.sqrt(share @ (scores - middle) ** 2))
        slopes[part], offset = line / scale, offset + (at - middle) / scale
    return LinearModel(
        NAMES, _rounded(mean), _rounded(spread), _rounded(slopes), round(offset, DIGITS), LIMIT
    )


def _keys(found: MeasureTable, use: Flags) -> list[tuple[str, str, int]]:
    columns = (found.path[use], found.version[use], found.track[use])
    return [
        (str(path), str(version), int(track)) for path, version, track in zip(*columns, strict=True)
    ]


def _rounded(numbers: Doubles) -> tuple[float, ...]:
    return tuple(round(float(number), DIGITS) for number in numbers)

"""Fits the line over what the network of `whole` tells and holds, on the tracks of labelled clips.

The network learned from stills and from pictures that were forged before its eyes, and saw no clip.
What its last layer holds knows more of generated faces than it was asked for, which the clips
bring out: a line, since there are a few hundred of few sources each, and every network that was
trained on them learned the sources (models/face_artifact/card.md). What the network tells itself
is added with a fixed weight: it is the better part on swaps and lip-sync, and of no use on avatars.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from media_screen.arrays import Doubles, Flags, Floats, Image
from media_screen.detectors.face_artifact import whole
from media_screen.detectors.face_artifact.forged import CROPS_OF_TRACK, LIMIT
from media_screen.evaluation.logistic import balanced, regress
from media_screen.faces.track import evenly
from media_screen.weights.linear import LinearModel
from training.face_artifact.crops import ORIGINAL, Crop, CropSource
from training.face_artifact.score import CropScore, tracks_of
from training.face_artifact.settings import StatesLine

VERSIONS = (ORIGINAL, "480p")  # of a clip that are measured; the line learns from the first alone:
# with copies it was worse on clips as they are, and on copies, too
LEAST_CROPS = 3  # of a track: the mean of fewer is too noisy to learn from
DIGITS = 6  # of the numbers in the record
_BATCH = 64  # crops measured between two words about how far it is
_LEAST_SPREAD = 1e-3  # of a measure, so that one that never varies counts for nothing


@dataclass(frozen=True, eq=False)
class MeasureTable:
    """What the line is fitted and judged on.

    `values` (n, 3073) are measures of single crops; the other columns say of which file, version,
    track and moment each is, how wide the face is and how much of it lies in the picture.
    """

    values: Floats
    path: npt.NDArray[np.str_]
    version: npt.NDArray[np.str_]
    track: npt.NDArray[np.int_]
    time_s: Doubles
    size_px: Doubles
    inside: Doubles


def measures(
    lines: Sequence[Crop], pixels: Image, sources: Sequence[CropSource]
) -> Iterator[MeasureTable | str]:
    """Measure the faces that scanning would look at; yield how far it is, and at last the table."""
    groups = {
        key: evenly(group, CROPS_OF_TRACK)
        for key, group in tracks_of(lines, sources).items()
        if key[1] in VERSIONS
    }
    rows = [
        (path, version, track, index)
        for (path, version, track), group in groups.items()
        for index in group
    ]
    crops = [pixels[index] for *_, index in rows]
    found = []
    net = whole.whole_net()
    for start in range(0, len(crops), _BATCH):
        found.append(net.measure(crops[start : start + _BATCH]))
        yield f"{min(start + _BATCH, len(crops))} of {len(crops)} faces measured"
    yield MeasureTable(
        values=np.concatenate(found),
        path=np.array([path for path, _, _, _ in rows]),
        version=np.array([version for _, version, _, _ in rows]),
        track=np.array([track for _, _, track, _ in rows]),
        time_s=np.array([lines[index].time_s for *_, index in rows]),
        size_px=np.array([lines[index].size_px for *_, index in rows]),
        inside=np.array([lines[index].inside for *_, index in rows]),
    )


def fit(found: MeasureTable, sources: Sequence[CropSource], settings: StatesLine) -> LinearModel:
    """Fit on what the sources hold: the mean of each track of the clips that may teach.

    Genuine and forged count alike, and of either a collection or method as the square root of its
    tracks: what is to be told is forging, and the tracks of one collection are one look.
    """
    of_path = {one.path: one for one in sources if one.clean and one.kind.endswith("video")}
    use = np.array([path in of_path for path in found.path]) & (found.version == ORIGINAL)
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
    share = balanced(fake, np.array([sizes[name] ** -0.5 for name in names]))
    told = float(np.sqrt(share @ (facts[:, 0] - share @ facts[:, 0]) ** 2))
    slopes, offset = np.zeros(len(whole.NAMES)), 0.0
    slopes[0] = settings.told / told
    for layer in settings.layers:
        first = 1 + whole.STATES * whole.DEPTHS.index(layer)
        part = slice(first, first + whole.STATES)
        line, at = regress(facts[:, part], fake, share, 2 * settings.shrink)
        scores = facts[:, part] @ line + at
        middle = float(share @ scores)
        scale = float(np.sqrt(share @ (scores - middle) ** 2))
        slopes[part], offset = line / scale, offset + (at - middle) / scale
    return LinearModel(
        whole.NAMES,
        _rounded(mean),
        _rounded(spread),
        _rounded(slopes),
        round(offset, DIGITS),
        LIMIT,
    )


def scored(
    found: MeasureTable, line: LinearModel, sources: Sequence[CropSource]
) -> Iterator[CropScore]:
    """Yield what a line says of each measured crop of the sources."""
    wanted = {one.path for one in sources}
    use = np.flatnonzero([path in wanted for path in found.path])
    for row, logit in zip(use, line.raw(found.values[use]), strict=True):
        yield CropScore(
            str(found.path[row]),
            str(found.version[row]),
            int(found.track[row]),
            float(found.time_s[row]),
            float(found.size_px[row]),
            float(found.inside[row]),
            round(float(logit), 4),
        )


def _keys(found: MeasureTable, use: Flags) -> list[tuple[str, str, int]]:
    columns = (found.path[use], found.version[use], found.track[use])
    return [
        (str(path), str(version), int(track)) for path, version, track in zip(*columns, strict=True)
    ]


def _rounded(numbers: Doubles) -> tuple[float, ...]:
    return tuple(round(float(number), DIGITS) for number in numbers)

"""Scores what a network or line never saw: held-out crops, odd looks, pseudo-fakes of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from media_screen.arrays import Floats, Image
from media_screen.detectors.face_artifact import texture, whole
from media_screen.detectors.face_artifact.forged import is_good
from media_screen.faces.track import evenly
from media_screen.weights.linear import LinearModel
from training.face_artifact import augment, blends
from training.face_artifact.conditions import DRAWN, PHOTOGRAPHIC
from training.face_artifact.crops import ORIGINAL, Crop, CropSource

BATCH = 16  # crops
CONDITION_CROPS = 2  # of a genuine clip, under each condition
PSEUDO = 40  # of each kind
SEED = 7


@dataclass(frozen=True)
class CropScore:
    """The logit of one crop."""

    path: str
    version: str
    track: int
    time_s: float
    size_px: float
    inside: float
    logit: float


@dataclass(frozen=True)
class ConditionScore:
    """The logit of a genuine crop under a condition, and whether scanning would judge it at all."""

    path: str
    condition: str
    logit: float
    judged: bool


@dataclass(frozen=True)
class PseudoScore:
    """The logits of a pseudo-fake and of the genuine crop it was made from, treated alike."""

    path: str
    kind: str
    genuine: float
    forged: float


Scorer = Callable[[Sequence[Image]], Floats]  # crops to logits, higher for more traces


class LineScorer:
    """A line over what the network of `whole` measures."""

    def __init__(self, line: LinearModel) -> None:
        self._line = line

    def __call__(self, crops: Sequence[Image]) -> Floats:
        """Return the log odds of each 256 x 256 crop."""
        return self._line.raw(whole.whole_net().measure(crops)).astype(np.float32)


def conditions(
    scorer: Scorer,
    photographic: LinearModel,
    lines: Sequence[Crop],
    pixels: Image,
    sources: Sequence[CropSource],
) -> Iterator[ConditionScore]:
    """Score genuine clips under every condition; what looks drawn or grey is not judged."""
    rng = np.random.default_rng(SEED)
    for path, group in _genuine(lines, sources).items():
        crops = [np.array(pixels[index]) for index in evenly(group, CONDITION_CROPS)]
        for condition in (*PHOTOGRAPHIC, *DRAWN):
            seen = [condition(crop, rng) for crop in crops]
            photographed = photographic.raw([texture.measure(one) for one in seen]).mean() >= 0
            grey = sum(texture.is_grey(one) for one in seen) * 2 >= len(seen)
            for logit in scorer(seen):
                yield ConditionScore(
                    path,
                    condition.__name__,
                    round(float(logit), 4),
                    bool(photographed and not grey),
                )


def pseudo(
    scorer: Scorer, lines: Sequence[Crop], pixels: Image, sources: Sequence[CropSource]
) -> Iterator[PseudoScore]:
    """Score pseudo-fakes and their sources after the same degradation."""
    rng = np.random.default_rng(SEED)
    clips = _genuine(lines, sources)
    paths = sorted(clips)
    for kind in ("self_blend", "mouth_edit", "swap"):
        for _ in range(PSEUDO if len(paths) > 1 else 0):
            path, other = rng.choice(paths, 2, replace=False)
            index, moment = rng.choice(clips[path], 2)
            source = blends.Genuine(
                crop=pixels[index],
                points=lines[index].landmarks,
                moment=pixels[moment],
                stranger=pixels[rng.choice(clips[other])],
            )
            made = getattr(blends, kind)(source, rng)
            forged, genuine = made if isinstance(made, tuple) else (made, source.crop)
            pair = augment.degrade([genuine, forged], int(rng.integers(1 << 62)))
            scores = scorer(pair)
            yield PseudoScore(path, kind, round(float(scores[0]), 4), round(float(scores[1]), 4))


@dataclass(frozen=True)
class PairScore:
    """The logits of a forged face of DFDC and of its genuine original, of an actor kept apart."""

    name: str
    actor: int
    genuine: float
    forged: float


def kept_actors(scorer: Scorer, folder: Path) -> Iterator[PairScore]:
    """Score faces of DFDC of actors that no training saw, each beside its original."""
    from training.face_artifact.packing import points_of
    from training.media import dfdc
    from training.media.stills import aligned, crop_file, find_faces

    rows = [row for row in dfdc.read_table() if row.split == dfdc.KEPT]
    points = points_of(find_faces([crop_file(folder, row.name) for row in rows]))
    for row in rows:
        if row.name not in points:
            continue
        names = (row.name, row.forgeries[0])
        crops = [aligned(dfdc.read_crop(folder, name), points[row.name])[0] for name in names]
        genuine, forged = (round(float(one), 4) for one in scorer(crops))
        yield PairScore(row.forgeries[0], row.actor, genuine, forged)


# Labels of UTKFace, which are parts of a name: AGE_SEX_GROUP_DATE.
SEXES = ("male", "female")
GROUPS = ("white", "black", "asian", "indian", "other")
ADULT = 16  # years; below, faces were not asked for
OF_EACH = 100  # stills of each group and sex


@dataclass(frozen=True)
class PortraitScore:
    """The logit of a genuine still, with what its collection says of the person."""

    name: str
    age: int
    sex: str
    group: str
    logit: float


def portraits(scorer: Scorer, folder: Path) -> Iterator[PortraitScore]:
    """Score genuine stills of UTKFace that the network was not trained on, as many of each group.

    A clip is judged by six faces of a track, so that single ones spread more.
    """
    import cv2

    from training.face_artifact.packing import portraits_taught
    from training.media.stills import aligned, find_faces

    left = sorted(path.name for path in folder.iterdir())
    taught = set(portraits_taught(folder))
    kept: dict[tuple[str, str], list[str]] = defaultdict(list)
    order = np.random.default_rng(SEED).permutation(len(left))
    for name in (left[index] for index in order):
        age, sex, group = name.split("_")[:3] if name.count("_") >= 3 else ("", "", "")
        if name in taught or not (age + sex + group).isdigit() or int(age) < ADULT:
            continue
        own = kept[GROUPS[int(group)], SEXES[int(sex)]]
        if len(own) < OF_EACH:
            own.append(name)
    for (group, sex), names in sorted(kept.items()):
        table = find_faces([folder / name for name in names])
        for name, points in zip(table.names, table.points, strict=True):
            read: Any = cv2.imread(str(folder / name))
            picture = np.asarray(read[..., ::-1], np.uint8)
            (logit,) = scorer([aligned(picture, points)[0]])
            yield PortraitScore(name, int(name.split("_")[0]), sex, group, round(float(logit), 4))


def _genuine(lines: Sequence[Crop], sources: Sequence[CropSource]) -> dict[str, list[int]]:
    """Return the usable crops of each genuine clip, of its original version."""
    clips: dict[str, list[int]] = defaultdict(list)
    for (path, version, _), group in tracks_of(lines, sources).items():
        if version == ORIGINAL and path.startswith("real_video"):
            clips[path] += group
    return dict(clips)


def tracks_of(
    lines: Sequence[Crop], sources: Sequence[CropSource]
) -> dict[tuple[str, str, int], list[int]]:
    """Return the indices of usable crops by file, version and track."""
    wanted = {source.path for source in sources}
    tracks: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        if line.path in wanted and is_good(line.size_px, line.inside):
            tracks[line.path, line.version, line.track].append(index)
    return dict(tracks)

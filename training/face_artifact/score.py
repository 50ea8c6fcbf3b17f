"""Scores what a network or line never saw: held-out crops, odd looks, pseudo-fakes of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from media_screen.arrays import Floats, Image
from media_screen.detectors.face_artifact import texture
from media_screen.detectors.face_artifact.forged import CROPS_OF_TRACK, is_good, measure
from media_screen.faces.track import evenly
from media_screen.weights.linear import LinearModel
from training.face_artifact import augment, blends
from training.face_artifact.conditions import DRAWN, PHOTOGRAPHIC
from training.face_artifact.crops import ORIGINAL, Crop, CropSource

BATCH = 16  # crops
CONDITION_CROPS = 4  # of a genuine clip, under each condition
PSEUDO = 150  # of each kind
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

    @staticmethod
    def of(crop: Crop, logit: float) -> CropScore:
        """Return the line of a crop's logit."""
        return CropScore(
            crop.path,
            crop.version,
            crop.track,
            crop.time_s,
            crop.size_px,
            crop.inside,
            round(float(logit), 4),
        )


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


class NetworkScorer:
    """A trained network with the side of its input, px."""

    def __init__(self, model: Any, *, side: int) -> None:
        self._model = model
        self._side = side

    def __call__(self, crops: Sequence[Image]) -> Floats:
        """Return the logit of each 256 x 256 crop, seen in the fixed window."""
        import torch

        scores = [np.zeros(0, np.float32)]
        for start in range(0, len(crops), BATCH):
            framed = augment.frame_up(
                list(crops[start : start + BATCH]), 0, side=self._side, still=True
            )
            images = torch.from_numpy(np.stack(framed).transpose(0, 3, 1, 2).copy()).float()
            with torch.inference_mode():
                scores.append(
                    self._model(images.contiguous(memory_format=torch.channels_last)).numpy()
                )
        return np.concatenate(scores)


class LineScorer:
    """A line over the measures of faces."""

    def __init__(self, line: LinearModel) -> None:
        self._line = line

    def __call__(self, crops: Sequence[Image]) -> Floats:
        """Return the log odds of each 256 x 256 crop."""
        return self._line.raw(measure(crops)).astype(np.float32)


def held_out(
    scorer: Scorer, lines: Sequence[Crop], pixels: Image, sources: Sequence[CropSource]
) -> Iterator[CropScore]:
    """Score the crops of the files that scanning would look at: some of each track."""
    chosen = [
        index
        for group in tracks_of(lines, sources).values()
        for index in evenly(group, CROPS_OF_TRACK)
    ]
    for start in range(0, len(chosen), BATCH):
        batch = chosen[start : start + BATCH]
        logits = scorer([pixels[index] for index in batch])
        for index, logit in zip(batch, logits, strict=True):
            yield CropScore.of(lines[index], logit)


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

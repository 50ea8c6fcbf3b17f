"""Scores what a network never saw: held-out crops, unusual looks, and pseudo-fakes of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from media_screen.faces.artifact import CROPS_OF_TRACK
from media_screen.training.face_artifact import augment, blends
from media_screen.training.face_artifact.batches import LEAST_INSIDE, LEAST_PX
from media_screen.training.face_artifact.conditions import DRAWN, PHOTOGRAPHIC
from media_screen.training.face_artifact.crops import ORIGINAL, Crop, Source

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

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


@dataclass(frozen=True)
class ConditionScore:
    """The logit of a genuine crop under a condition."""

    path: str
    condition: str
    logit: float


@dataclass(frozen=True)
class PseudoScore:
    """The logits of a pseudo-fake and of the genuine crop it was made from, treated alike."""

    path: str
    kind: str
    genuine: float
    forged: float


class Scorer:
    """A trained network with the side of its input, px."""

    def __init__(self, model: Any, *, side: int) -> None:
        self._model = model
        self._side = side

    def __call__(self, crops: Sequence[Image]) -> Floats:
        """Return the logit of each 256 x 256 crop, seen as scanning sees it."""
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


def held_out(
    scorer: Scorer, lines: Sequence[Crop], pixels: Image, sources: Sequence[Source]
) -> Iterator[CropScore]:
    """Score the crops of the files that scanning would look at: some of each track."""
    chosen = [index for group in tracks_of(lines, sources).values() for index in _evenly(group)]
    for start in range(0, len(chosen), BATCH):
        batch = chosen[start : start + BATCH]
        logits = scorer([pixels[index] for index in batch])
        for index, logit in zip(batch, logits, strict=True):
            line = lines[index]
            yield CropScore(
                line.path, line.version, line.track, line.time_s, line.size_px, line.inside,
                round(float(logit), 4),
            )  # fmt: skip


def conditions(
    scorer: Scorer, lines: Sequence[Crop], pixels: Image, sources: Sequence[Source]
) -> Iterator[ConditionScore]:
    """Score genuine clips under every condition."""
    rng = np.random.default_rng(SEED)
    for path, group in _genuine(lines, sources).items():
        crops = [np.array(pixels[index]) for index in _evenly(group, CONDITION_CROPS)]
        for condition in (*PHOTOGRAPHIC, *DRAWN):
            for logit in scorer([condition(crop, rng) for crop in crops]):
                yield ConditionScore(path, condition.__name__, round(float(logit), 4))


def pseudo(
    scorer: Scorer, lines: Sequence[Crop], pixels: Image, sources: Sequence[Source]
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
                points=np.array(lines[index].points.split(), np.float32).reshape(5, 2),
                moment=pixels[moment],
                stranger=pixels[rng.choice(clips[other])],
            )
            made = getattr(blends, kind)(source, rng)
            forged, genuine = made if isinstance(made, tuple) else (made, source.crop)
            pair = augment.degrade([genuine, forged], int(rng.integers(1 << 62)))
            scores = scorer(pair)
            yield PseudoScore(path, kind, round(float(scores[0]), 4), round(float(scores[1]), 4))


def _genuine(lines: Sequence[Crop], sources: Sequence[Source]) -> dict[str, list[int]]:
    """Return the usable crops of each genuine clip, of its original version."""
    clips: dict[str, list[int]] = defaultdict(list)
    for (path, version, _), group in tracks_of(lines, sources).items():
        if version == ORIGINAL and path.startswith("real_video"):
            clips[path] += group
    return dict(clips)


def tracks_of(
    lines: Sequence[Crop], sources: Sequence[Source]
) -> dict[tuple[str, str, int], list[int]]:
    """Return the indices of usable crops by file, version and track."""
    wanted = {source.path for source in sources}
    tracks: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        if line.path in wanted and line.size_px >= LEAST_PX and line.inside >= LEAST_INSIDE:
            tracks[line.path, line.version, line.track].append(index)
    return dict(tracks)


def _evenly(group: list[int], most: int = CROPS_OF_TRACK) -> list[int]:
    return [
        group[i]
        for i in np.unique(
            np.linspace(0, len(group) - 1, min(most, len(group))).round().astype(int)
        )
    ]

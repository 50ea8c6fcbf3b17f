"""Reads windows of held-out clips with networks that saw nothing of their collection or people."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from media_screen.arrays import Doubles, Floats
from media_screen.detectors.lip_sync.marks import NAMES, measure_marks
from media_screen.detectors.lip_sync.movement import RATE, Movement, movement
from media_screen.detectors.lip_sync.sight import Sight
from media_screen.detectors.lip_sync.sound import STEPS, mel_levels
from media_screen.detectors.lip_sync.synchrony import (
    REACH,
    REACH_S,
    Embedded,
    SyncNet,
    opening_curve,
)
from media_screen.detectors.lip_sync.windows import LEAST, WINDOW
from media_screen.evidence import Span
from media_screen.media import SAMPLE_RATE
from media_screen.speech import find_speech
from training.lip_sync.prepare import ORIGINAL, Seen, TrainingClip, load

Change = Callable[[Floats], Floats]

WINDOWS = 2  # of a clip; a scan reads fewer, which costs less
TRIED = 1.0  # s between the starts of windows that are compared
_BLOCK = 10.0  # s of sound that are listened to at a time


@dataclass(frozen=True, eq=False)
class HeldWindow:
    """One window of a clip that is held in memory: the face in it, and the sound of the file."""

    clip: TrainingClip
    version: str
    span: Span
    sight: Sight
    movement: Movement
    sound: Floats
    speech_s: float

    def mels(
        self, *, shift_s: float = 0.0, other: Floats | None = None, change: Change | None = None
    ) -> tuple[Floats, int]:
        """Return the levels around the window, and the row that belongs to its first frame.

        The sound is moved by `shift_s` (later when above zero), may be another one, and what is
        heard of it may be changed.
        """
        sound = self.sound if other is None else other
        start = self.span.start - shift_s
        low = max(0.0, start - REACH_S)
        part = sound[
            round(low * SAMPLE_RATE) : round((start + self.span.duration + REACH_S) * SAMPLE_RATE)
        ]
        first = round((start - low) * RATE * STEPS)
        if len(part) < SAMPLE_RATE:
            return np.zeros((0, 40), np.float32), first
        return mel_levels(part if change is None else change(part)), first

    def embedded(self, net: SyncNet) -> Embedded:
        """Return what the network makes of it."""
        return net.embed(self.movement, *self.mels())


@dataclass(frozen=True, eq=False)
class Scores:
    """What was read of n windows: arrays of n rows; `marks` and curves have NaN where unknown."""

    path: npt.NDArray[np.str_]
    version: npt.NDArray[np.str_]
    start: Doubles
    distances: Doubles  # n x 61
    opening: Doubles  # n x 61
    marks: Doubles  # n x 15
    speed: Doubles
    speech: Doubles


class TorchSession:
    """Runs a trained network as ONNX Runtime would, before it is exported."""

    def __init__(self, model: torch.nn.Module) -> None:
        self._model = model

    @torch.inference_mode()
    def run(self, _: Sequence[str], feeds: Mapping[str, Any]) -> list[Any]:
        """Return mouth and voice."""
        inputs = [torch.from_numpy(feeds[name]) for name in ("movement", "sound")]
        return [part.numpy() for part in self._model(*inputs)]


def sync_net(model: torch.nn.Module) -> SyncNet:
    """Return a network in torch as the program uses it."""
    return SyncNet(TorchSession(model))


def windows_of(
    store: Path, clip: TrainingClip, version: str, *, count: int = WINDOWS, length: float = WINDOW
) -> list[HeldWindow]:
    """Return up to `count` windows of a clip, those with the longest speech in view first.

    `length` in s; three fifths of a window, or 1.5 s, must be speech in view.
    """
    return windows_by_length(store, clip, version, count=count, lengths=(length,))[length]


def windows_by_length(
    store: Path, clip: TrainingClip, version: str, *, count: int, lengths: Sequence[float]
) -> dict[float, list[HeldWindow]]:
    """Return the windows of `windows_of` for several lengths, in s, reading the store once."""
    path = store / clip.file(version)
    if not path.is_file():
        return {length: [] for length in lengths}
    seen, spoken = load(path), speech_in(store, clip)
    return {length: _chosen(seen, spoken, clip, version, count, length) for length in lengths}


def _chosen(
    seen: Seen, spoken: Sequence[Span], clip: TrainingClip, version: str, count: int, length: float
) -> list[HeldWindow]:
    least = min(LEAST, 0.6 * length)
    found = []
    for sight in seen.sights:
        for start in np.arange(
            sight.times[0], max(sight.times[0] + 0.1, sight.times[-1] - least), TRIED
        ):
            span = Span(float(start), float(start) + length)
            inside = (sight.times >= span.start) & (sight.times < span.end)
            if inside.sum() >= 2:
                end = float(sight.times[inside][-1])
                speech = sum(one.overlap(Span(span.start, end)) for one in spoken)
                if speech >= least:
                    found.append((-round(speech, 2), span.start, span, sight, inside))
    chosen: list[HeldWindow] = []
    for spoken_s, _, span, sight, inside in sorted(found, key=lambda row: row[:2]):
        if len(chosen) == count or any(one.span.overlap(span) for one in chosen):
            continue
        part = Sight(*(getattr(sight, name)[inside] for name in Sight.__dataclass_fields__))
        moved = movement(part, span=(span.start, span.end))
        if moved is not None:
            chosen.append(HeldWindow(clip, version, span, part, moved, seen.sound, -spoken_s))
    return sorted(chosen, key=lambda one: one.span.start)


def score(
    nets: Mapping[int, SyncNet],
    folds: Mapping[str, int],
    store: Path,
    clips: Sequence[TrainingClip],
    versions: Sequence[str],
) -> Scores:
    """Read every clip with the network of its fold."""
    rows = list(_rows(nets, folds, store, clips, versions))
    columns = zip(*rows, strict=True)
    return Scores(*(np.array(column) for column in columns))


def _rows(
    nets: Mapping[int, SyncNet],
    folds: Mapping[str, int],
    store: Path,
    clips: Sequence[TrainingClip],
    versions: Sequence[str],
) -> Iterator[tuple[Any, ...]]:
    unknown = np.full(2 * REACH + 1, np.nan)
    for clip in clips:
        net = nets[folds[clip.path]]
        for version in versions:
            for window in windows_of(store, clip, version):
                curve = window.embedded(net).curve()
                opening = opening_curve(window.movement, *window.mels())
                marks = measure_marks(window.sight)
                if curve is None:
                    continue
                yield (
                    clip.path,
                    version,
                    window.span.start,
                    curve.distances,
                    unknown if opening is None else opening.distances,
                    np.full(len(NAMES), np.nan) if marks is None else marks.values,
                    window.movement.speed,
                    window.speech_s,
                )


def speech_in(store: Path, clip: TrainingClip) -> list[Span]:
    """Return where somebody speaks in a clip; kept in the store, since listening takes its time."""
    original = store / clip.file(ORIGINAL)  # copies and pseudo-fakes say the same
    kept = original.with_suffix(".speech.json")
    if not kept.is_file():
        sound, size = load(original).sound, round(_BLOCK * SAMPLE_RATE)
        blocks = [
            (start / SAMPLE_RATE, sound[start : start + size])
            for start in range(0, len(sound), size)
        ]
        spans = [(one.span.start, one.span.end) for one in find_speech(blocks).spoken]
        kept.write_text(json.dumps(spans), "utf-8")
    return [Span(*pair) for pair in json.loads(kept.read_text("utf-8"))]

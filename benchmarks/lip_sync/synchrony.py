"""Moves and swaps the sound of held-out windows, and says how often that is found out."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from media_screen.evaluation import metrics
from media_screen.lipsync.synchrony import Curve, SyncNet, opening_curve
from media_screen.lipsync.windows import WINDOW
from media_screen.media import SAMPLE_RATE
from media_screen.training.lip_sync.prepare import COPY, ORIGINAL, Clip
from media_screen.training.lip_sync.score import Sound, Window, windows_by_length
from media_screen.training.voice_spoof.channel import coloured_noise, mixed

LENGTHS = (2.0, WINDOW, 10.0)  # s
MOST = 2  # windows of a clip, so that no long one rules
SHIFTS = 2  # of each window, evenly drawn
REACH_S = 1.0  # by which sound is moved at most
APART_S = 3.0  # between a mouth and the sound of the same clip at another time, at least
NOISE_DB = 10.0
CONDITIONS = ("original", "480p", "noise at 10 dB")
MEASURES = ("network", "opening")
# Sets that were cut for research into lip reading, whose synchrony was checked by their makers.
CHECKED = ("smeetrs/deep_avsr", "rizkiarm/LipNet", "v-iashin/SparseSync",
           "facebookresearch/VisualVoice")  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """One window with one sound: what was done to the sound, and what was found.

    `kind` is "own", "shifted", "other" (another person) or "time" (the same clip elsewhere);
    `truth_ms` the offset that was made, NaN for a swapped sound. The found offset and confidence
    are given for each of MEASURES.
    """

    path: str
    collection: str
    condition: str
    length: float
    start: float
    kind: str
    truth_ms: float
    offset_ms: tuple[float, float]
    confidence: tuple[float, float]


def trials(
    nets: Mapping[int, SyncNet], folds: Mapping[str, int], store: Path, clips: Sequence[Clip]
) -> Iterator[Trial]:
    """Try every genuine window under every condition and length."""
    genuine = [clip for clip in clips if clip.kind == "real_video"]
    originals = _held(store, genuine, ORIGINAL, LENGTHS)
    copies = _held(store, genuine, COPY, (WINDOW,))
    sets = (
        *((CONDITIONS[0], length, originals[length]) for length in LENGTHS),
        (CONDITIONS[1], WINDOW, copies[WINDOW]),
        (CONDITIONS[2], WINDOW, originals[WINDOW]),
    )
    for condition, length, held in sets:
        for number, window in enumerate(held):
            net = nets[folds[window.clip.path]]
            others = [one for one in held if one.clip.identity != window.clip.identity]
            yield from _tried(window, others, net, condition, length, number)


def _held(
    store: Path, clips: Sequence[Clip], version: str, lengths: Sequence[float]
) -> dict[float, list[Window]]:
    """Return the windows, by length, in which the face is seen for four fifths of the time."""
    held: dict[float, list[Window]] = {length: [] for length in lengths}
    for clip in clips:
        found = windows_by_length(store, clip, version, count=MOST, lengths=lengths)
        for length, windows in found.items():
            held[length] += [one for one in windows if one.movement.seconds >= 0.8 * length]
    return held


def _tried(window: Window, others: Sequence[Window], net: SyncNet, condition: str, length: float,
           number: int) -> Iterator[Trial]:  # fmt: skip
    rng = np.random.default_rng((zlib.crc32(window.clip.path.encode()), number, round(length)))

    def noisy(sound: Sound) -> Sound:
        return mixed(sound, coloured_noise(len(sound), rng), NOISE_DB, rng)

    change = noisy if condition == CONDITIONS[2] else None

    def trial(kind: str, truth_ms: float, *, shift_s: float = 0.0, other: Sound | None = None
              ) -> Iterator[Trial]:  # fmt: skip
        mels, first = window.mels(shift_s=shift_s, other=other, change=change)
        if not len(mels):
            return
        curves = (net.embed(window.movement, mels, first).curve(),
                  opening_curve(window.movement, mels, first))  # fmt: skip
        if curves[0] is None or curves[1] is None:
            return
        found = [one for one in curves if isinstance(one, Curve)]
        yield Trial(
            window.clip.path, window.clip.collection, condition, length, window.span.start, kind,
            truth_ms, (found[0].offset_ms, found[1].offset_ms),
            (found[0].confidence, found[1].confidence),
        )  # fmt: skip

    yield from trial("own", 0.0)
    if length == WINDOW:
        for shift in rng.uniform(-REACH_S, REACH_S, SHIFTS).tolist():
            yield from trial("shifted", -1000 * shift, shift_s=shift)
    if others:
        swapped = others[int(rng.integers(len(others)))]
        moved = window.span.start - swapped.span.start
        yield from trial("other", np.nan, shift_s=moved, other=swapped.sound)
    length_s = len(window.sound) / SAMPLE_RATE
    starts = [start for start in np.arange(0.0, length_s - length, 0.5)
              if abs(start - window.span.start) >= max(APART_S, length)]  # fmt: skip
    if starts:
        moved = window.span.start - float(rng.choice(starts))
        yield from trial("time", np.nan, shift_s=moved)


def tables(found: Sequence[Trial]) -> dict[str, Any]:
    """Return the shares of right offsets and the areas under the curve, by condition and length."""
    own = _own_offsets(found)
    offsets = {
        condition: {
            measure: _right([one for one in found if one.condition == condition], own, place)
            for place, measure in enumerate(MEASURES)
        }
        for condition in CONDITIONS
    }
    swaps = {
        f"{condition}, {length:.0f} s": {
            measure: _areas(
                [one for one in found if (one.condition, one.length) == (condition, length)], place
            )
            for place, measure in enumerate(MEASURES)
        }
        for condition in CONDITIONS
        for length in LENGTHS
        if any((one.condition, one.length) == (condition, length) for one in found)
    }
    return {"offsets": offsets, "swaps": swaps, "own_offsets_ms": own}


def _own_offsets(found: Sequence[Trial]) -> dict[str, float]:
    """Return the offset that each clip has as it is: the median over its unmoved windows of 5 s."""
    rows: dict[str, list[float]] = {}
    for one in found:
        if one.kind == "own" and one.length == WINDOW and one.condition == ORIGINAL:
            rows.setdefault(one.path, []).append(one.offset_ms[0])
    return {path: round(float(np.median(values)), 1) for path, values in rows.items()}


def _right(found: Sequence[Trial], own: Mapping[str, float], place: int) -> dict[str, Any]:
    """Return the shares of moved windows whose offset is right within 40 and 80 ms.

    "as_is" takes the files to be in time, "checked" only those of sets whose makers saw to it, and
    "own" counts from the offset that the clip has as it is (where it is under 400 ms).
    """
    moved = [one for one in found if one.kind == "shifted"]
    errors = np.array([one.offset_ms[place] - one.truth_ms for one in moved])
    checked = np.array([one.collection in CHECKED for one in moved], bool)
    base = np.array([own.get(one.path, np.nan) for one in moved])
    near = np.abs(base) < 400

    def shares(values: npt.NDArray[np.float64]) -> dict[str, float]:
        wrong = np.abs(values)
        return {
            "windows": len(wrong),
            "within_40": round(float(np.mean(wrong <= 40)), 3) if len(wrong) else float("nan"),
            "within_80": round(float(np.mean(wrong <= 80)), 3) if len(wrong) else float("nan"),
        }

    return {
        "as_is": shares(errors),
        "checked": shares(errors[checked]),
        "own": shares((errors - base)[near]),
    }


def _areas(found: Sequence[Trial], place: int) -> dict[str, Any]:
    """Return how well confidence tells windows with their own voice from those with another."""
    rows: dict[str, Any] = {}
    for kind in ("other", "time"):
        use = [one for one in found if one.kind in ("own", kind)]
        labels = np.array([one.kind == "own" for one in use])
        if labels.all() or not labels.any():
            continue
        scores = np.array([one.confidence[place] for one in use])
        area = metrics.bootstrap(
            metrics.auc, scores, labels, groups=[one.path for one in use], rounds=200
        )
        rows[kind] = {
            "own": int(labels.sum()),
            "swapped": int((~labels).sum()),
            "auc": round(area.value, 3),
            "auc_interval": [round(area.low, 3), round(area.high, 3)],
        }
    return rows

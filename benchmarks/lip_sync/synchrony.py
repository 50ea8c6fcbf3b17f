"""Moves and swaps the sound of held-out windows, and says how often that is found out."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from media_screen.arrays import Array, Doubles, Floats
from media_screen.detectors.lip_sync.fit import WORDS, Tables
from media_screen.detectors.lip_sync.movement import RATE, movement
from media_screen.detectors.lip_sync.synchrony import Curve, Embedded, SyncNet, opening_curve
from media_screen.detectors.lip_sync.windows import WINDOW
from media_screen.evaluation import metrics
from media_screen.evidence import Span
from media_screen.media import SAMPLE_RATE
from training.lip_sync.prepare import COPY, ORIGINAL, TrainingClip, load
from training.lip_sync.score import HeldWindow, speech_in, windows_by_length
from training.voice_spoof.channel import coloured_noise, mixed

LENGTHS = (2.0, WINDOW, 10.0)  # s
MOST = 4  # windows of a clip, so that no long one rules
SHIFTS = 2  # of each window, evenly drawn
OTHERS = 4  # other people's voices for each window
REACH_S = 1.0  # by which sound is moved at most
APART_S = 3.0  # between a mouth and the sound of the same clip at another time, at least
NOISE_DB = 10.0
# Shares of a window in which the face must be seen: for offsets those of clips of 3 s count, too.
SEEN, SEEN_FOR_OFFSETS = 0.8, 0.6
# A clip's own offset is known from its other windows: at least so many, and no further apart (ms).
LEAST_WINDOWS, SPREAD_MS = 2, 80.0
APART_MS = 400.0  # of a shift that counts as out of time
SILENT_S, MARGIN_S = 1.0, 0.3  # s of a stretch without speech at least, and kept from speech
CONDITIONS = ("original", "480p", "noise at 10 dB")
MEASURES = ("network", "opening")
# Sets that were cut for research into lip reading, whose synchrony was checked by their makers.
CHECKED = (
    "smeetrs/deep_avsr",
    "rizkiarm/LipNet",
    "v-iashin/SparseSync",
    "facebookresearch/VisualVoice",
)


@dataclass(frozen=True)
class Trial:
    """One window with one sound: what was done to the sound, and what was found.

    `kind` is "own", "shifted", "other" (another person) or "time" (the same clip elsewhere);
    `truth_ms` the offset that was made, NaN for a swapped sound; `seen_s` how long the face is
    seen. What was found is given for each of MEASURES; `best` is the agreement at any offset.
    """

    path: str
    collection: str
    condition: str
    length: float
    start: float
    seen_s: float
    speed: float
    kind: str
    truth_ms: float
    offset_ms: tuple[float, float]
    agreement: tuple[float, float]
    confidence: tuple[float, float]
    best: tuple[float, float]


@dataclass(frozen=True, eq=False)
class _Heard:
    """A window with its own sound, as it is heard in one condition."""

    window: HeldWindow
    embedded: Embedded
    mels: tuple[Floats, int]


def trials(
    nets: Mapping[int, SyncNet],
    folds: Mapping[str, int],
    store: Path,
    clips: Sequence[TrainingClip],
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
        for fold, net in nets.items():
            own = [window for window in held if folds[window.clip.path] == fold]
            yield from _of_fold(own, net, condition, length)


def _held(
    store: Path, clips: Sequence[TrainingClip], version: str, lengths: Sequence[float]
) -> dict[float, list[HeldWindow]]:
    """Return the windows, by length, in which the face is seen for three fifths of the time."""
    held: dict[float, list[HeldWindow]] = {length: [] for length in lengths}
    for clip in clips:
        found = windows_by_length(store, clip, version, count=MOST, lengths=lengths)
        for length, windows in found.items():
            held[length] += [
                one for one in windows if one.movement.seconds >= SEEN_FOR_OFFSETS * length
            ]
    return held


def _of_fold(
    held: Sequence[HeldWindow], net: SyncNet, condition: str, length: float
) -> Iterator[Trial]:
    """Try the windows that one network has not seen."""
    noise = condition == CONDITIONS[2]
    heard: list[_Heard] = []
    for window in held:
        mels = _mels(window, noise)
        if len(mels[0]):
            heard.append(_Heard(window, net.embed(window.movement, *mels), mels))
    for number, one in enumerate(heard):
        window = one.window
        rng = np.random.default_rng((zlib.crc32(window.clip.path.encode()), number, round(length)))
        yield from _trial(one, one, condition, "own", 0.0)
        shifts = rng.uniform(-REACH_S, REACH_S, SHIFTS).tolist() if length == WINDOW else []
        for shift in shifts:
            mels = _mels(window, noise, shift_s=shift)
            yield from _again(one, mels, net, condition, "shifted", -1000 * shift)
        others = [other for other in heard if other.window.clip.identity != window.clip.identity]
        for place in rng.permutation(len(others))[:OTHERS].tolist():
            yield from _trial(one, others[place], condition, "other", np.nan)
        length_s = len(window.sound) / SAMPLE_RATE
        starts = [
            start
            for start in np.arange(0.0, length_s - length, 0.5)
            if abs(start - window.span.start) >= max(APART_S, length)
        ]
        if starts:
            mels = _mels(window, noise, shift_s=window.span.start - float(rng.choice(starts)))
            yield from _again(one, mels, net, condition, "time", np.nan)


def _mels(window: HeldWindow, noise: bool, *, shift_s: float = 0.0) -> tuple[Floats, int]:
    """Return what is heard around a window; noise is the same each time."""
    rng = np.random.default_rng((zlib.crc32(window.clip.path.encode()), round(window.span.start)))

    def noisy(sound: Floats) -> Floats:
        return mixed(sound, coloured_noise(len(sound), rng), NOISE_DB, rng)

    return window.mels(shift_s=shift_s, change=noisy if noise else None)


def _again(
    one: _Heard, mels: tuple[Floats, int], net: SyncNet, condition: str, kind: str, truth_ms: float
) -> Iterator[Trial]:
    """Try a mouth with other sound of the same file."""
    if len(mels[0]):
        other = _Heard(one.window, net.embed(one.window.movement, *mels), mels)
        yield from _trial(one, other, condition, kind, truth_ms)


def _trial(
    one: _Heard, other: _Heard, condition: str, kind: str, truth_ms: float
) -> Iterator[Trial]:
    """Try the mouth of one with the sound of another."""
    mouth, voice, window = one.embedded, other.embedded, one.window
    curves = (
        Embedded(mouth.mouth, voice.voice, mouth.seen, voice.heard).curve(),
        opening_curve(window.movement, *other.mels),
    )
    found = [curve for curve in curves if isinstance(curve, Curve)]
    if len(found) < len(curves):
        return

    def pair(name: str) -> tuple[float, float]:
        return getattr(found[0], name), getattr(found[1], name)

    yield Trial(
        window.clip.path,
        window.clip.collection,
        condition,
        window.span.duration,
        window.span.start,
        window.movement.seconds,
        window.movement.speed,
        kind,
        truth_ms,
        pair("offset_ms"),
        pair("agreement"),
        pair("confidence"),
        (1 - found[0].distance, 1 - found[1].distance),
    )


def silent_speeds(store: Path, clips: Sequence[TrainingClip]) -> list[float]:
    """Return how fast mouths in view move over the stretches in which nobody speaks."""
    found = []
    for clip in clips:
        if clip.kind != "real_video" or not (store / clip.file(ORIGINAL)).is_file():
            continue
        seen = load(store / clip.file(ORIGINAL))
        spoken = speech_in(store, clip)
        edges = [0.0, *(edge for one in spoken for edge in (one.start, one.end)), 1e9]
        gaps = [
            Span(start + (MARGIN_S if start else 0.0), end - MARGIN_S)
            for start, end in list(pairwise(edges))[::2]
            if end - start > 2 * MARGIN_S
        ]
        for sight in seen.sights:
            moved = movement(sight)
            if moved is None:
                continue
            times = moved.start + np.arange(len(moved.opening)) / RATE
            for gap in gaps:
                inside = (times >= gap.start) & (times < gap.end) & moved.valid
                if inside.sum() >= SILENT_S * RATE:
                    found.append(RATE * float(np.abs(np.diff(moved.opening[inside])).mean()))
    return found


def tables(found: Sequence[Trial]) -> dict[str, Any]:
    """Return the shares of right offsets and the areas under the curve, by condition and length."""
    offsets = {
        condition: {
            measure: _right(found, condition, place) for place, measure in enumerate(MEASURES)
        }
        for condition in CONDITIONS
    }
    long = [one for one in found if one.seen_s >= SEEN * one.length]
    swaps = {
        f"{condition}, {length:.0f} s": {
            name: _areas(
                [one for one in long if (one.condition, one.length) == (condition, length)],
                measure,
                place,
            )
            for name, measure, place in (
                ("network", "agreement", 0),
                ("network, margin", "confidence", 0),
                ("opening", "agreement", 1),
            )
        }
        for condition in CONDITIONS
        for length in LENGTHS
        if any((one.condition, one.length) == (condition, length) for one in long)
    }
    return {"offsets": offsets, "collections": _collections(found), "swaps": swaps}


def fits(found: Sequence[Trial], known: Tables, silent: Sequence[float]) -> dict[str, Any]:
    """Return how often windows of 5 s with each sound get each word, and what stillness says."""
    kinds: dict[str, Callable[[Trial], bool]] = {
        "its own voice": lambda one: one.kind == "own",
        "its own voice, moved by over 400 ms": lambda one: (
            one.kind == "shifted" and abs(one.truth_ms) > APART_MS
        ),
        "the same clip at another time": lambda one: one.kind == "time",
        "another person's voice": lambda one: one.kind == "other",
    }
    windows = _windows(found)
    rows: dict[str, Any] = {}
    for name, chosen in kinds.items():
        words = [
            known.fit(agreement=one.agreement[0], best=one.best[0], speed=one.speed)
            for one in windows
            if chosen(one)
        ]
        rows[name] = {"windows": len(words)} | {
            word: round(words.count(word) / max(1, len(words)), 3) for word in WORDS
        }
    own = [one.speed for one in windows if one.kind == "own"]
    speeds = np.array([*own, *silent])
    talking = np.arange(len(speeds)) < len(own)
    return {
        "words": rows,
        "silent": {
            "stretches": len(silent),
            "slower_than_5_percent": sum(known.speed.below(one) < 0.05 for one in silent),
            "auc": round(metrics.auc(speeds, talking), 3) if silent else float("nan"),
        },
    }


def _windows(found: Sequence[Trial]) -> list[Trial]:
    """Return the trials of windows of 5 s of originals, with the face in view long enough."""
    return [
        one
        for one in found
        if one.condition == ORIGINAL and one.length == WINDOW and one.seen_s >= SEEN * WINDOW
    ]


def percentiles_of(found: Sequence[Trial], at: Array) -> dict[str, tuple[float, ...]]:
    """Return the tables of agreements and speeds that the detector compares with."""
    windows = _windows(found)

    def table(values: list[float]) -> tuple[float, ...]:
        return tuple(np.percentile(values, at).round(4).tolist())

    return {
        "genuine": table([one.agreement[0] for one in windows if one.kind == "own"]),
        "swapped": table([one.agreement[0] for one in windows if one.kind == "other"]),
        "anywhere": table([one.best[0] for one in windows if one.kind == "other"]),
        "speed": table([one.speed for one in windows if one.kind == "own"]),
    }


def _rest(found: Sequence[Trial]) -> dict[tuple[str, float], float]:
    """Return for each window of 5 s the offset of its clip as its other windows have it.

    Only where there are `LEAST_WINDOWS` others at least, and they lie within `SPREAD_MS`: then the
    clip's own offset is known without a look at the window itself.
    """
    rows: dict[str, list[tuple[float, float]]] = {}
    for one in found:
        if one.kind == "own" and one.length == WINDOW and one.condition == ORIGINAL:
            rows.setdefault(one.path, []).append((one.start, one.offset_ms[0]))
    known = {}
    for one in found:
        others = [
            offset for start, offset in rows.get(one.path, []) if abs(start - one.start) >= WINDOW
        ]
        if len(others) >= LEAST_WINDOWS and np.ptp(others) <= SPREAD_MS:
            known[one.path, one.start] = float(np.median(others))
    return known


def _right(found: Sequence[Trial], condition: str, place: int) -> dict[str, Any]:
    """Return the shares of moved windows whose offset is right within 40 and 80 ms.

    "checked" are those of sets whose makers saw to it that they are in time, "rest" are counted
    from the offset of the clip's other windows (see `_rest`), "as_is" takes all to be in time.
    """
    rest = _rest(found)
    moved = [one for one in found if one.kind == "shifted" and one.condition == condition]
    errors = np.array([one.offset_ms[place] - one.truth_ms for one in moved])
    checked = np.array([one.collection in CHECKED for one in moved], bool)
    base = np.array([rest.get((one.path, one.start), np.nan) for one in moved])
    paths = np.array([one.path for one in moved])
    known = np.isfinite(base)
    return {
        "checked": _shares(errors[checked], paths[checked]),
        "rest": _shares((errors - base)[known], paths[known]),
        "as_is": _shares(errors, paths),
    }


def _shares(errors: Doubles, paths: npt.NDArray[np.str_]) -> dict[str, Any]:
    wrong = np.abs(errors)
    return {
        "windows": len(wrong),
        "clips": len(set(paths.tolist())),
        "within_40": round(float(np.mean(wrong <= 40)), 3) if len(wrong) else float("nan"),
        "within_80": round(float(np.mean(wrong <= 80)), 3) if len(wrong) else float("nan"),
    }


def _collections(found: Sequence[Trial]) -> dict[str, Any]:
    """Return for each collection its own offset, and how right those of moved windows are."""
    originals = [one for one in found if one.condition == ORIGINAL and one.length == WINDOW]
    rows: dict[str, Any] = {}
    for name in sorted({one.collection for one in originals}):
        part = [one for one in originals if one.collection == name]
        own = [one.offset_ms[0] for one in part if one.kind == "own"]
        right = _right(part, ORIGINAL, 0)
        rows[name] = {
            "own_ms": round(float(np.median(own)), 1),
            **{base: right[base] for base in ("as_is", "rest")},
        }
    return rows


def _areas(found: Sequence[Trial], measure: str, place: int) -> dict[str, Any]:
    """Return how well a measure tells windows with their own voice from those with another."""
    rows: dict[str, Any] = {}
    for kind in ("other", "time"):
        use = [one for one in found if one.kind in ("own", kind)]
        labels = np.array([one.kind == "own" for one in use])
        if labels.all() or not labels.any():
            continue
        scores = np.array([getattr(one, measure)[place] for one in use])
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

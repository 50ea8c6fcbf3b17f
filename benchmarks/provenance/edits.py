"""Builds the files of `benchmarks.local_changes`: official clips of which seconds were edited.

Everything is derived from the names of clip and edit, so a second run builds the same files.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.provenance import attacks
from benchmarks.provenance.attacks import Clip
from benchmarks.provenance.clips import SourceClip, Workshop
from media_screen.arrays import Doubles, Floats, Image
from media_screen.media import SAMPLE_RATE

MARGIN_S = 0.8  # s of the original at least before and after an edit
WORD_S = 0.7  # a short word: what is moved, said twice or cut out
MIXED_GAIN = 1.5  # how loud a second voice is against the first


@dataclass(frozen=True)
class Edit:
    """A kind of edit and how many seconds of the file it takes."""

    kind: str
    seconds: float
    heard: bool  # it is heard, so the clip must have sound

    @property
    def name(self) -> str:
        """As files are named."""
        return f"{self.kind}_{self.seconds:g}s"


EDITS = (
    *(Edit("other picture", seconds, False) for seconds in (0.5, 1.0, 2.0, 3.0)),
    *(Edit("other voice", seconds, True) for seconds in (0.5, 1.0, 2.0, 4.0)),
    Edit("words swapped", 2 * WORD_S, True),
    Edit("word doubled", WORD_S, True),
    Edit("word cut out", WORD_S, True),
    Edit("muted", 1.0, True),
    Edit("second voice", 2.0, True),
    Edit("frozen", 2.0, False),
    Edit("inset", 3.0, False),
    Edit("other beginning", 2.0, False),
    Edit("other end", 2.0, False),
)


def possible(edit: Edit, source: SourceClip, length_s: float) -> bool:
    """Tell whether a clip has what is edited, and enough beside it."""
    return (source.sound or not edit.heard) and length_s >= edit.seconds + 2 * MARGIN_S


def edited(workshop: Workshop, source: SourceClip, edit: Edit, other: SourceClip) -> Path:
    """Build one edit of a clip once; `other` is the clip that is put into it."""
    name = re.sub(r"\W+", "-", source.path.rsplit(".", 1)[0])
    out = workshop.folder / "edits" / edit.name.replace(" ", "-") / f"{name}.mp4"
    if not out.exists():
        out.parent.mkdir(parents=True, exist_ok=True)
        clip, strange = (
            attacks.load(workshop.master(one.path), most_s=workshop.most_s)
            for one in (source, other)
        )
        rng = np.random.default_rng(attacks.seed_of(source.path, edit.name))
        attacks.save(changed(clip, edit, strange, rng), out, crf=26, sound_rate=48_000)
    return out


def changed(clip: Clip, edit: Edit, other: Clip, rng: np.random.Generator) -> Clip:
    """Return the edited clip."""
    start = _place(clip, edit, rng)
    end = start + edit.seconds
    words: dict[str, Callable[[], Clip]] = {
        "other picture": lambda: _shown(clip, start, end, _fitted(other, clip)),
        "other voice": lambda: _heard(clip, start, end, _loudest(clip, other, edit.seconds)),
        "words swapped": lambda: _joined(
            clip, (0, start), (start + WORD_S, end), (start, start + WORD_S), (end, None)
        ),
        "word doubled": lambda: _joined(clip, (0, end), (start, None)),
        "word cut out": lambda: _joined(clip, (0, start), (end, None)),
        "muted": lambda: _heard(clip, start, end, np.zeros(1, np.float32)),
        "second voice": lambda: _mixed(clip, start, _loudest(clip, other, edit.seconds)),
        "frozen": lambda: _shown(clip, start, end, [clip.frames[round(start * clip.fps)]]),
        "inset": lambda: _shown(clip, start, end, _inset(clip, other, start)),
        "other beginning": lambda: _replaced(clip, 0.0, edit.seconds, other),
        "other end": lambda: _replaced(
            clip, clip.duration_s - edit.seconds, clip.duration_s, other
        ),
    }
    return words[edit.kind]()


def _place(clip: Clip, edit: Edit, rng: np.random.Generator) -> float:
    """Return where an edit begins: anywhere, or where there is something to freeze or to mute."""
    last = clip.duration_s - edit.seconds - MARGIN_S
    starts = np.linspace(MARGIN_S, max(MARGIN_S, last), 24)
    if edit.kind == "frozen":
        small = np.stack([frame[::8, ::8].astype(np.float32) for frame in clip.frames])
        steps = np.abs(np.diff(small, axis=0)).mean(axis=(1, 2, 3))
        rate = clip.fps
    elif edit.heard:
        steps, rate = np.abs(clip.sound), float(SAMPLE_RATE)
    else:
        return float(rng.choice(starts))
    sums = [steps[round(at * rate) : round((at + edit.seconds) * rate)].sum() for at in starts]
    # In the upper half by what moves or sounds: a pause that is muted is no change.
    busy = np.argsort(sums)[len(sums) // 2 :]
    return float(starts[int(rng.choice(busy))])


def _shown(clip: Clip, start: float, end: float, frames: list[Image]) -> Clip:
    first, last = round(start * clip.fps), round(end * clip.fps)
    put = tuple(frames[index % len(frames)] for index in range(last - first))
    return replace(clip, frames=clip.frames[:first] + put + clip.frames[last:])


def _heard(clip: Clip, start: float, end: float, sound: Floats) -> Clip:
    heard = clip.sound.copy()
    place = slice(round(start * SAMPLE_RATE), round(end * SAMPLE_RATE))
    heard[place] = np.resize(sound, heard[place].size)
    return replace(clip, sound=heard)


def _mixed(clip: Clip, start: float, sound: Floats) -> Clip:
    heard, first = clip.sound.copy(), round(start * SAMPLE_RATE)
    room = heard[first : first + sound.size]
    room += MIXED_GAIN * sound[: room.size]
    return replace(clip, sound=np.clip(heard, -1, 1))


def _replaced(clip: Clip, start: float, end: float, other: Clip) -> Clip:
    """Show and play another clip for a stretch."""
    shown = _shown(clip, start, end, _fitted(other, clip))
    if not clip.sound.size:
        return shown
    return _heard(shown, start, end, _loudest(clip, other, end - start))


def _joined(clip: Clip, *parts: tuple[float, float | None]) -> Clip:
    """Put stretches of a clip one after another."""
    cuts = [
        attacks.cut(clip, start, clip.duration_s if end is None else end) for start, end in parts
    ]
    return replace(
        clip,
        frames=tuple(frame for one in cuts for frame in one.frames),
        sound=np.concatenate([one.sound for one in cuts]),
    )


def _loudest(clip: Clip, other: Clip, seconds: float) -> Floats:
    """Return the loudest stretch of another voice, as loud as the clip."""
    count = round(seconds * SAMPLE_RATE)
    sound = np.resize(other.sound, max(count, other.sound.size))
    total: Doubles = np.concatenate([[0.0], np.cumsum(np.square(sound, dtype=np.float64))])
    first = int(np.argmax(total[count:] - total[: total.size - count]))
    part = sound[first : first + count]
    gain = float(clip.sound.std()) / max(1e-6, float(part.std()))
    return np.asarray(np.clip(part * gain, -1, 1), dtype=np.float32)


def _fitted(other: Clip, clip: Clip) -> list[Image]:
    """Return the frames of another clip that fill the size of a clip, at its rate."""
    import cv2

    height, width = clip.frames[0].shape[:2]
    result = []
    for index in range(len(clip.frames)):
        image = other.frames[int(index / clip.fps * other.fps) % len(other.frames)]
        tall, wide = image.shape[:2]
        share = min(tall / height, wide / width)
        rows, columns = round(height * share), round(width * share)
        top, left = (tall - rows) // 2, (wide - columns) // 2
        part = image[top : top + rows, left : left + columns]
        result.append(np.asarray(cv2.resize(part, (width, height)), dtype=np.uint8))
    return result


def _inset(clip: Clip, other: Clip, start: float) -> list[Image]:
    """Return the clip's frames from a moment on with another one in the middle, at half its size.

    A quarter of the picture is another one, and what is around it is the original's.
    """
    height, width = clip.frames[0].shape[:2]
    top, left = height // 4, width // 4
    result = []
    for image, strange in zip(
        clip.frames[round(start * clip.fps) :], _fitted(other, clip), strict=False
    ):
        drawn = image.copy()
        small = strange[::2, ::2]
        drawn[top : top + small.shape[0], left : left + small.shape[1]] = small
        result.append(drawn)
    return result

"""Builds the copies that `benchmarks.provenance` looks up: what reposters do to official footage.

An attack takes a clip (frames and sound in memory) and gives a changed clip, which is encoded with
PyAV. Everything is derived from the clip's name, so a second run builds the same files.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from media_screen.arrays import Floats, Image
from media_screen.evidence import Span
from media_screen.media import SAMPLE_RATE, Media

SHORT_SIDE = 360  # px; clips are scaled down to it before they are attacked
TICK = Fraction(1, 90_000)  # s, of the times of frames at a rate that varies


@dataclass(frozen=True)
class Clip:
    """Frames (RGB, one size), frames a second, and sound (mono, 16 kHz; empty for none)."""

    frames: tuple[Image, ...]
    fps: float
    sound: Floats

    @property
    def duration_s(self) -> float:
        """The length of the picture, s."""
        return len(self.frames) / self.fps


def load(path: Path, *, most_s: float, short_side: int = SHORT_SIDE) -> Clip:
    """Decode the first `most_s` seconds of a file."""
    with Media.open(path, threads=1) as media:
        fps = min(30.0, max(5.0, media.info.fps or 25.0))
        frames = [_scaled(frame.image, short_side) for frame in media.window(Span(0.0, most_s))]
        fps = len(frames) / max(1 / fps, min(most_s, media.info.duration_s or most_s))
        sound = media.audio(Span(0.0, len(frames) / fps))
    if sound.size and float(np.abs(sound).max()) < 1e-3:
        sound = sound[:0]
    return Clip(tuple(frames), fps, sound)


def _scaled(image: Image, short_side: int) -> Image:
    height, width = image.shape[:2]
    scale = min(1.0, short_side / min(height, width))
    return _sized(image, round(width * scale), round(height * scale))


def _sized(image: Image, width: int, height: int) -> Image:
    """Return a picture of an even size, as H.264 needs it."""
    width, height = max(16, width // 2 * 2), max(16, height // 2 * 2)
    if image.shape[:2] == (height, width):
        return image
    shrinks = image.shape[0] > height
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=method), dtype=np.uint8)


def save(
    clip: Clip,
    path: Path,
    *,
    crf: int = 23,
    sound_rate: int = 64_000,
    interlaced: bool = False,
    shown_s: Sequence[float] | None = None,
) -> None:
    """Encode a clip as H.264 and AAC; the file appears only when it is complete.

    `interlaced` encodes each frame as two fields, the upper first; `shown_s` is when each frame is
    shown, s, for a rate that varies.
    """
    part = path.with_suffix(f".{os.getpid()}.part.mp4")
    height, width = clip.frames[0].shape[:2]
    rate = Fraction(clip.fps).limit_denominator(1000)
    with av.open(str(part), "w") as container:
        video = container.add_stream("libx264", rate=rate)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.codec_context.thread_count = 1
        video.options = {"crf": str(crf), "preset": "veryfast"}
        if interlaced:
            video.options |= {"x264-params": "tff=1"}
        if shown_s is not None:
            video.codec_context.time_base = TICK
        audio = container.add_stream("aac", rate=SAMPLE_RATE) if clip.sound.size else None
        if audio is not None:
            audio.bit_rate = sound_rate
            audio.codec_context.layout = "mono"
        for number, image in enumerate(clip.frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            if shown_s is not None:
                frame.pts, frame.time_base = round(shown_s[number] / TICK), TICK
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None:
            for start in range(0, clip.sound.size, 1024):
                block = np.ascontiguousarray(clip.sound[None, start : start + 1024])
                piece = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
                piece.sample_rate, piece.pts = SAMPLE_RATE, start
                piece.time_base = Fraction(1, SAMPLE_RATE)
                container.mux(audio.encode(piece))
            container.mux(audio.encode(None))
    part.replace(path)


# --- attacks on the picture ----------------------------------------------------------------------


def _each(clip: Clip, change: Callable[[Image], Image]) -> Clip:
    return replace(clip, frames=tuple(change(image) for image in clip.frames))


def scaled_down(clip: Clip, rng: np.random.Generator) -> Clip:
    """Half the width and height."""
    return _each(clip, lambda f: _sized(f, f.shape[1] // 2, f.shape[0] // 2))


def trimmed(clip: Clip, rng: np.random.Generator) -> Clip:
    """A stretch from the inside: half of the clip, 2 s at least."""
    length = max(2.0, clip.duration_s * 0.5)
    start = rng.uniform(0.1, 0.9) * max(0.0, clip.duration_s - length)
    return cut(clip, start, start + length)


def cut(clip: Clip, start: float, end: float) -> Clip:
    """Return the part from `start` to `end` seconds."""
    first, last = round(start * clip.fps), max(1, round(end * clip.fps))
    sound = clip.sound[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)]
    return replace(clip, frames=clip.frames[first:last], sound=sound)


def watermarked(clip: Clip, rng: np.random.Generator) -> Clip:
    """A half-transparent logo in a corner, a quarter of the width."""
    height, width = clip.frames[0].shape[:2]
    left = int(rng.choice([0.03, 0.72]) * width)
    top = int(rng.choice([0.04, 0.84]) * height)
    colour = rng.integers(100, 255, 3).tolist()

    def mark(image: Image) -> Image:
        drawn = image.copy()
        box = (left, top), (left + width // 4, top + height // 9)
        cv2.rectangle(drawn, *box, colour, -1)
        text = (left + 4, top + height // 13)
        cv2.putText(drawn, "@reposts", text, 0, width / 900, (255, 255, 255), 2, cv2.LINE_AA)
        return np.asarray(cv2.addWeighted(drawn, 0.6, image, 0.4, 0), dtype=np.uint8)

    return _each(clip, mark)


def captioned(clip: Clip, rng: np.random.Generator) -> Clip:
    """Subtitles that change every 1.2 s, and a headline on a solid bar at the top."""
    height, width = clip.frames[0].shape[:2]
    words = ["".join(chr(97 + c) for c in rng.integers(0, 26, 9)) for _ in range(40)]
    frames = []
    for index, image in enumerate(clip.frames):
        drawn = image.copy()
        cv2.rectangle(drawn, (0, 0), (width, height // 9), (230, 30, 40), -1)
        cv2.putText(drawn, "BREAKING NEWS", (6, height // 12), 0, width / 420, (255,) * 3, 2)
        word = words[int(index / clip.fps / 1.2) % len(words)]
        place = (width // 10, int(height * 0.88))
        cv2.putText(drawn, word, place, 0, width / 260, (0, 0, 0), 8, cv2.LINE_AA)
        cv2.putText(drawn, word, place, 0, width / 260, (255, 240, 80), 3, cv2.LINE_AA)
        frames.append(drawn)
    return replace(clip, frames=tuple(frames))


def cropped(clip: Clip, rng: np.random.Generator) -> Clip:
    """72 to 88% of width and height, away from the middle."""
    height, width = clip.frames[0].shape[:2]
    share = rng.uniform(0.72, 0.88)
    left, top = rng.uniform(0, 1 - share, 2) * (width, height)
    tall, wide = int(height * share), int(width * share)
    return _each(
        clip,
        lambda f: _sized(f[int(top) : int(top) + tall, int(left) : int(left) + wide], wide, tall),
    )


def recut(clip: Clip, rng: np.random.Generator) -> Clip:
    """The middle 9:16 of a landscape or square clip, the middle square of a portrait one."""
    height, width = clip.frames[0].shape[:2]
    shape = 9 / 16 if width > height * 0.7 else 1.0
    wide, tall = min(width, round(height * shape)), min(height, round(width / shape))
    left, top = (width - wide) // 2, (height - tall) // 2
    return _each(clip, lambda f: _sized(f[top : top + tall, left : left + wide], wide, tall))


def mirrored(clip: Clip, rng: np.random.Generator) -> Clip:
    """Left and right exchanged."""
    return _each(clip, lambda f: np.ascontiguousarray(f[:, ::-1]))


def bordered(clip: Clip, rng: np.random.Generator) -> Clip:
    """A coloured frame of 6 to 14%, with a line of text in it."""
    height, width = clip.frames[0].shape[:2]
    colour = rng.integers(0, 255, 3).tolist()
    x, y = (int(s * rng.uniform(0.06, 0.14)) for s in (width, height))

    def frame(image: Image) -> Image:
        out = cv2.copyMakeBorder(image, y, 2 * y, x, x, cv2.BORDER_CONSTANT, value=colour)
        place = (x, height + 2 * y)
        cv2.putText(out, "watch till the end", place, 0, width / 600, (255,) * 3, 1, cv2.LINE_AA)
        return _sized(np.asarray(out, dtype=np.uint8), out.shape[1], out.shape[0])

    return _each(clip, frame)


def letterboxed(clip: Clip, rng: np.random.Generator) -> Clip:
    """Black bars: a landscape clip in 9:16, a portrait clip in 16:9."""
    height, width = clip.frames[0].shape[:2]
    return _each(clip, lambda f: _boxed(f, np.zeros(_shape(height, width), np.uint8)))


def blur_boxed(clip: Clip, rng: np.random.Generator) -> Clip:
    """The other shape as in `letterboxed`, filled with the blurred picture itself."""
    height, width = clip.frames[0].shape[:2]
    shape = _shape(height, width)

    def fill(image: Image) -> Image:
        small = cv2.GaussianBlur(cv2.resize(image, (48, 48)), (0, 0), 3)
        back = cv2.resize(small, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
        return _boxed(image, np.asarray(back, dtype=np.uint8))

    return _each(clip, fill)


def _shape(height: int, width: int) -> tuple[int, int, int]:
    if width > height * 0.7:
        return (round(width * 16 / 9) // 2 * 2, width // 2 * 2, 3)
    return (height // 2 * 2, round(height * 16 / 9) // 2 * 2, 3)


def _boxed(image: Image, back: Image) -> Image:
    top = (back.shape[0] - image.shape[0]) // 2
    left = (back.shape[1] - image.shape[1]) // 2
    out: Image = back.copy()
    part = image[: out.shape[0], : out.shape[1]]
    out[top : top + part.shape[0], left : left + part.shape[1]] = part
    return out


def inset(clip: Clip, rng: np.random.Generator, other: Clip) -> Clip:
    """Picture-in-picture: at 38 to 50% of the width in a corner of another moving picture."""
    width, height = 640, 360
    share = rng.uniform(0.38, 0.5)
    high, wide = clip.frames[0].shape[:2]
    scale = min(width * share / wide, height * 0.75 / high)
    size = int(wide * scale) // 2 * 2, int(high * scale) // 2 * 2
    left = 16 if rng.random() < 0.5 else width - size[0] - 16
    top = 12 if rng.random() < 0.5 else height - size[1] - 12
    frames = []
    for index, image in enumerate(clip.frames):
        behind = other.frames[int(index / clip.fps * other.fps) % len(other.frames)]
        out = _sized(behind, width, height).copy()
        out[top : top + size[1], left : left + size[0]] = _sized(image, *size)
        frames.append(out)
    return replace(clip, frames=tuple(frames))


def coloured(clip: Clip, rng: np.random.Generator) -> Clip:
    """Brightness, contrast, gamma and tint changed, and the sound equalised."""
    gamma, gain = rng.uniform(0.7, 1.4), rng.uniform(0.75, 1.2)
    tint = rng.uniform(0.85, 1.15, 3)
    table = 255 * (np.arange(256) / 255) ** gamma * gain
    tables = np.clip(table[:, None] * tint, 0, 255).astype(np.uint8)
    changed = _each(clip, lambda f: np.stack([tables[f[..., c], c] for c in range(3)], -1))
    sound = np.diff(clip.sound, prepend=np.float32(0)) * 1.5 + 0.2 * clip.sound
    return replace(changed, sound=np.clip(sound, -1, 1).astype(np.float32))


def woven(clip: Clip, rng: np.random.Generator) -> Clip:
    """Each two frames as the fields of one, at half the rate: what interlaced footage has."""
    frames = []
    height = clip.frames[0].shape[0] // 4 * 4  # fields have half the lines, and an even number
    for first, second in zip(clip.frames[::2], clip.frames[1::2], strict=False):
        both = first[:height].copy()
        both[1::2] = second[1:height:2]
        frames.append(both)
    return replace(clip, frames=tuple(frames), fps=clip.fps / 2)


def thinned(clip: Clip, rng: np.random.Generator) -> tuple[Clip, list[float]]:
    """A third of the frames dropped at random, and when each of the others is shown, s.

    That is what phones and screen recordings have: times that vary by a few milliseconds, too.
    """
    kept = [number for number in range(len(clip.frames)) if number == 0 or rng.random() > 1 / 3]
    times = [number / clip.fps + float(rng.uniform(0, 0.2)) / clip.fps for number in kept]
    return replace(clip, frames=tuple(clip.frames[number] for number in kept)), times


# --- attacks on time and sound -------------------------------------------------------------------


def sped(clip: Clip, speed: float, *, pitch: bool = True) -> Clip:
    """Play `speed` times as fast; with `pitch` the sound is resampled, else only stretched."""
    import librosa

    sound = clip.sound
    if sound.size and pitch:
        sound = librosa.resample(sound, orig_sr=SAMPLE_RATE * speed, target_sr=SAMPLE_RATE)
    elif sound.size:
        sound = librosa.effects.time_stretch(sound, rate=speed)
    count = int(len(clip.frames) / speed)
    frames = tuple(clip.frames[min(len(clip.frames) - 1, int(i * speed))] for i in range(count))
    return replace(clip, frames=frames, sound=np.clip(sound, -1, 1).astype(np.float32))


def joined(clips: tuple[Clip, ...], *, part_s: float = 3.0) -> Clip:
    """Cut parts of several clips together, in the size and rate of the first."""
    height, width = clips[0].frames[0].shape[:2]
    fps = clips[0].fps
    frames: list[Image] = []
    sounds: list[Floats] = []
    for clip in clips:
        length = min(part_s, clip.duration_s)
        start = (clip.duration_s - length) / 2
        for index in range(round(length * fps)):
            at = min(len(clip.frames) - 1, round((start + index / fps) * clip.fps))
            frames.append(_boxed_in(clip.frames[at], width, height))
        first = round(start * SAMPLE_RATE)
        part = clip.sound[first : first + round(length * SAMPLE_RATE)]
        sounds.append(np.pad(part, (0, round(length * SAMPLE_RATE) - part.size)))
    return Clip(tuple(frames), fps, np.concatenate(sounds))


def _boxed_in(image: Image, width: int, height: int) -> Image:
    """Fit a picture into a size with black bars where the shape differs."""
    scale = min(width / image.shape[1], height / image.shape[0])
    small = _sized(image, int(image.shape[1] * scale), int(image.shape[0] * scale))
    return _boxed(small, np.zeros((height // 2 * 2, width // 2 * 2, 3), np.uint8))


def with_sound(clip: Clip, other: Floats) -> Clip:
    """Replace the sound by another one, of the same loudness and length."""
    wanted = round(clip.duration_s * SAMPLE_RATE)
    tiled = np.tile(other, wanted // max(1, other.size) + 1)[:wanted]
    return replace(clip, sound=tiled)


def with_picture(clip: Clip, other: Clip) -> Clip:
    """Keep the sound and show another clip to it, from its start and over again."""
    count = round(clip.duration_s * other.fps)
    frames = tuple(other.frames[index % len(other.frames)] for index in range(count))
    return Clip(frames, other.fps, clip.sound)


def with_music(clip: Clip, rng: np.random.Generator) -> Clip:
    """Lay chords over the sound, as loud as it (0 dB)."""
    count = clip.sound.size
    time = np.arange(count) / SAMPLE_RATE
    music = np.zeros(count)
    for start in range(0, count, SAMPLE_RATE // 2):
        part = slice(start, start + SAMPLE_RATE // 2)
        local = time[part] - time[start]
        for pitch in 220 * 2 ** (rng.choice([0, 3, 5, 7, 10, 12, 15], 3) / 12):
            for overtone in (1, 2, 3):
                wave = np.sin(2 * np.pi * pitch * overtone * local)
                music[part] += wave * np.exp(-3 * local) / overtone
    music *= float(clip.sound.std()) / max(1e-9, float(music.std()))
    return replace(clip, sound=np.clip(clip.sound + music, -1, 1).astype(np.float32))


def seed_of(*names: str) -> int:
    """Return a number that depends on the names only."""
    return int.from_bytes(hashlib.sha256("/".join(names).encode()).digest()[:8], "big")

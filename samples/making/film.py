"""Stages recordings with the puppet, and writes and reads video files through PyAV."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from samples.making.puppet import ORIGIN, SCALE, Image, Look, Plane, Pose, Puppet
from samples.making.scenery import BACKGROUND, caption
from samples.making.voice import FPS, RATE, Sound, mouth

Frame = NDArray[Any]  # height x width x BGR, 8 bits

SIZE = (640, 360)  # width and height of a recording, in pixels
KEYFRAME_EVERY = 2 * FPS  # frames
COMMENT = "Made for demonstration. The person and the post are fictional."


@dataclass(frozen=True)
class Shot:
    """A framing: frame pixels per portrait pixel, the portrait row at the top, the head's place."""

    zoom: float
    top: float
    across: float = 0.5  # place of the head, 0 at the left edge, 1 at the right
    grow: float = 0.03  # how much the zoom grows through the shot


@dataclass(frozen=True)
class Recording:
    """All that one video of the puppet is made of."""

    look: Look
    background: Image
    clothes: Image
    shots: tuple[tuple[float, Shot], ...]  # (start in seconds, framing), in order
    seed: int
    overlay: Callable[[Image], None] | None = None
    shadows: Plane | None = None  # factors on the canvas: shade that falls on the actor


def poses(dry: Sound, frames: int, look: Look, seed: int) -> list[Pose]:
    """Return the head's movement: swaying, nodding with the voice, blinking and speaking."""
    random = np.random.default_rng(seed)
    time = np.arange(frames) / FPS
    opened, rounded = mouth(dry, frames)

    def sway(size: float) -> NDArray[Any]:
        hertz, phase = random.uniform(0.08, 0.45, (4, 1)), random.uniform(0, 2 * np.pi, (4, 1))
        return np.asarray(size / 2 * np.sin(2 * np.pi * hertz * time + phase).sum(axis=0))

    loudness = np.convolve(opened, np.hanning(17) / np.hanning(17).sum(), "same")
    blink, brow = np.zeros(frames), np.clip(loudness - 0.45, 0, 1)
    at = float(random.uniform(0.5, 2.0))
    while at < time[-1]:
        blink = np.maximum(blink, np.clip(1.25 - np.abs(time - at) / 0.09, 0, 1))
        at += float(random.uniform(1.8, 4.5))
    yaw, pitch, roll = look.yaw + sway(0.05), look.pitch + sway(0.03), sway(0.018)
    pitch = pitch + 0.06 * (loudness - loudness.mean())
    brow = look.brow + brow
    columns = (yaw, pitch, roll, opened, rounded, blink, brow)
    return [Pose(*(float(value) for value in row)) for row in zip(*columns, strict=True)]


def _over(below: Image, layer: Image) -> Image:
    """Lay one BGRA layer over another."""
    alpha, under = layer[..., 3:], below[..., 3:] * (1 - layer[..., 3:])
    whole = alpha + under
    color = layer[..., :3] * alpha + below[..., :3] * under
    return np.dstack([color / np.maximum(whole, 1e-6), whole])


def _camera(shot: Shot, progress: float) -> NDArray[Any]:
    """Return the matrix that takes canvas pixels to frame pixels."""
    zoom = shot.zoom * (1 + shot.grow * progress)
    scale = zoom / SCALE
    left = shot.across * SIZE[0] - (222 - ORIGIN[0]) * zoom
    return np.array([[scale, 0, left], [0, scale, (ORIGIN[1] - shot.top) * zoom]])


def compose(recording: Recording, actor: Image, shot: Shot, progress: float) -> Image:
    """Return a frame: the dressed actor (BGRA on the canvas) before the background."""
    drift, view = 60 * progress, 1.0 + 0.25 * (shot.zoom - 1.3)
    move = np.array(
        [[view, 0, -(BACKGROUND[0] * view - SIZE[0]) * 0.35 - drift], [0, view, -60 * view]]
    )
    frame = cv2.warpAffine(recording.background, move, SIZE, borderMode=cv2.BORDER_REFLECT)
    seen = cv2.warpAffine(actor, _camera(shot, progress), SIZE, flags=cv2.INTER_AREA)
    frame = frame * (1 - seen[..., 3:]) + seen[..., :3] * seen[..., 3:]
    if recording.overlay:
        recording.overlay(frame)
    return mark(frame)


def mark(frame: Image) -> Image:
    """Write the demonstration mark into the lower right corner."""
    caption(frame, "made for demonstration", (SIZE[0] - 150, SIZE[1] - 8), 0.36, 0.6)
    return frame


def shoot(puppet: Puppet, recording: Recording, dry: Sound, frames: int) -> Iterator[Frame]:
    """Yield the frames of a recording in which the puppet speaks."""
    dressed = puppet.dress(recording.look)
    starts = [start for start, _ in recording.shots] + [frames / FPS]
    for index, pose in enumerate(poses(dry, frames, recording.look, recording.seed)):
        now = index / FPS
        number = max(i for i, start in enumerate(starts[:-1]) if start <= now)
        progress = (now - starts[number]) / (starts[number + 1] - starts[number])
        breath = np.array([[1, 0, 0], [0, 1, 1.2 * np.sin(now * 1.6)]])
        clothes = cv2.warpAffine(recording.clothes, breath, recording.clothes.shape[1::-1])
        actor = _over(puppet.draw(dressed, pose), clothes)
        if recording.shadows is not None:
            wind = np.array([[1, 0, 5 * np.sin(now * 0.9)], [0, 1, 3 * np.sin(now * 1.3)]])
            size = recording.shadows.shape[1::-1]
            shade = cv2.warpAffine(recording.shadows, wind, size, borderMode=cv2.BORDER_REFLECT)
            actor[..., :3] *= shade[..., None]
        yield to_bytes(compose(recording, actor, recording.shots[number][1], progress))


def still(puppet: Puppet, recording: Recording, pose: Pose) -> Frame:
    """Return one picture of the puppet, in the first shot's framing."""
    turned = replace(
        pose, yaw=recording.look.yaw + pose.yaw, pitch=recording.look.pitch + pose.pitch
    )
    actor = _over(puppet.draw(puppet.dress(recording.look), turned), recording.clothes)
    return to_bytes(compose(recording, actor, recording.shots[0][1], 0.0))


def to_bytes(frame: Image) -> Frame:
    return (frame.clip(0, 1) * 255 + 0.5).astype(np.uint8)


def write_video(
    path: Path,
    frames: Iterable[Frame],
    sound: Sound,
    *,
    crf: int = 27,
    sound_rate: int = 64_000,
    index_first: bool = True,
) -> None:
    """Write H.264 and AAC into an MP4; `index_first` puts the moov box before the media."""
    options = {"movflags": "+faststart"} if index_first else {}
    with av.open(str(path), "w", options=options) as container:
        container.metadata["comment"] = COMMENT
        video = container.add_stream("libx264", rate=FPS)
        video.pix_fmt = "yuv420p"
        video.gop_size = KEYFRAME_EVERY
        # A fixed number of threads: the bytes depend on it.
        video.options = {"crf": str(crf), "preset": "slow", "threads": "2"}
        audio = container.add_stream("aac", rate=48_000, layout="mono")
        audio.bit_rate = sound_rate
        for index, picture in enumerate(frames):
            if index == 0:
                video.height, video.width = picture.shape[:2]
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts = index
            container.mux(video.encode(frame))
        container.mux(video.encode())
        _write_sound(container, audio, sound)


def _write_sound(
    container: av.container.OutputContainer, stream: av.AudioStream, sound: Sound
) -> None:
    """Encode mono sound at RATE into a stream, resampled to what the stream wants."""
    resampler = av.AudioResampler(stream.format, stream.layout, stream.rate)
    whole = av.AudioFrame.from_ndarray(sound[None].astype(np.float32), format="fltp", layout="mono")
    whole.sample_rate = RATE
    whole.pts = 0
    for frame in [*resampler.resample(whole), *resampler.resample(None)]:
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


def write_sound(path: Path, sound: Sound, codec: str, bit_rate: int | None = None) -> None:
    """Write a sound file (the container follows from the name)."""
    with av.open(str(path), "w") as container:
        container.metadata["comment"] = COMMENT
        stream = container.add_stream(codec, rate=RATE, layout="mono")
        if bit_rate:
            stream.bit_rate = bit_rate
        _write_sound(container, stream, sound)


def read_frames(path: Path, start_s: float = 0.0, end_s: float = 1e9) -> Iterator[Frame]:
    """Yield the decoded pictures of a video between two times."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if start_s <= frame.time < end_s:
                yield frame.to_ndarray(format="bgr24")


def read_sound(path: Path, start_s: float = 0.0, end_s: float = 1e9) -> Sound:
    """Return the sound of a file between two times, mono at RATE."""
    resampler = av.AudioResampler("fltp", "mono", RATE)
    with av.open(str(path)) as container:
        parts = [f for frame in container.decode(audio=0) for f in resampler.resample(frame)]
    sound = np.concatenate([part.to_ndarray()[0] for part in [*parts, *resampler.resample(None)]])
    return sound[int(start_s * RATE) : int(min(end_s, len(sound) / RATE) * RATE)]

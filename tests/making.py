"""Makes the media that tests need: small, synthetic, in the format that is asked for."""

from __future__ import annotations

import json
import wave
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer

from benchmarks.talking_videos import ordinary_priority
from media_screen.media import SAMPLE_RATE
from media_screen.results.folder import RESULTS

RATE = 25  # frames a second
Colour = tuple[int, int, int]
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def quarters(width: int = 320, height: int = 240) -> np.ndarray:
    """A picture whose corners tell how it is turned: red, green over blue, white."""
    image = np.zeros((height, width, 3), np.uint8)
    top, left = height // 2, width // 2
    image[:top, :left], image[:top, left:] = RED, GREEN
    image[top:, :left], image[top:, left:] = BLUE, WHITE
    return image


def corners(image: np.ndarray) -> list[Colour]:
    """The pure colours nearest to the four corners, row by row."""
    pure = [RED, GREEN, BLUE, WHITE, (0, 0, 0)]
    found = []
    for y, x in ((8, 8), (8, -8), (-8, 8), (-8, -8)):
        pixel = image[y, x].astype(int)
        found.append(min(pure, key=lambda colour: int(np.abs(pixel - colour).sum())))
    return found


def tone(seconds: float, rate: int, *, hertz: float = 440.0, channels: int = 1) -> np.ndarray:
    """A sine at half level, float32, channels x samples."""
    t = np.arange(round(seconds * rate)) / rate
    return np.tile((0.5 * np.sin(2 * np.pi * hertz * t)).astype(np.float32), (channels, 1))


def write_video(
    path: Path,
    frames: list[np.ndarray],
    *,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    options: dict[str, str] | None = None,
    rotation: int = 0,
    aspect: Fraction | None = None,
    times: list[int] | None = None,
    sounds: int = 0,
    sound_codec: str = "aac",
    layout: str = "stereo",
    sound_s: float | None = None,
    tags: dict[str, str] | None = None,
    hertz: tuple[float, ...] = (440.0, 880.0),
) -> Path:
    """Write frames as a video; `times` are time stamps in 1/25 s, `sounds` the number of tracks."""
    flags = {"movflags": "use_metadata_tags"} if tags else {}
    with av.open(str(path), "w", options=flags) as container:
        container.metadata.update(tags or {})
        video = container.add_stream(codec, rate=RATE, options=options or {})
        video.height, video.width = frames[0].shape[:2]
        video.pix_fmt = pixels
        if rotation:
            video.set_display_rotation(rotation)
        if aspect:
            video.sample_aspect_ratio = aspect
        rate = 48_000
        tracks = [
            container.add_stream(sound_codec, rate=rate, layout=layout) for _ in range(sounds)
        ]
        for index, image in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts = times[index] if times else index
            frame.time_base = Fraction(1, RATE)
            container.mux(video.encode(frame))
        container.mux(video.encode())
        for track, frequency in zip(tracks, hertz, strict=False):
            length = sound_s if sound_s is not None else len(frames) / RATE
            channels = av.AudioLayout(layout).nb_channels
            samples = tone(length, rate, hertz=frequency, channels=channels)
            write_sound(container, track, samples, rate, layout)
    if codec == "libsvtav1":
        ordinary_priority()
    return path


def write_sound(
    container: OutputContainer,
    track: AudioStream,
    samples: np.ndarray,
    rate: int,
    layout: str,
    *,
    since_s: float = 0.0,
) -> None:
    """Encode float samples, channels x samples, into a track; the first is heard `since_s`."""
    step = 960  # 20 ms at 48 kHz: a frame size that every codec takes
    formats = {"flac": "s16", "pcm_s16le": "s16", "libopus": "flt"}
    wanted = formats.get(track.codec_context.name, "fltp")
    resampler = av.AudioResampler(format=wanted, layout=layout, rate=rate)
    for start in range(0, samples.shape[1], step):
        block = np.ascontiguousarray(samples[:, start : start + step])
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
        frame.rate, frame.time_base = rate, Fraction(1, rate)
        frame.pts = start + round(since_s * rate)
        for part in resampler.resample(frame):
            container.mux(track.encode(part))
    container.mux(track.encode())


def write_sound_file(
    path: Path, *, codec: str, seconds: float = 2.0, layout: str = "mono", rate: int = 48_000
) -> Path:
    """Write a sound file with a 440 Hz tone."""
    with av.open(str(path), "w") as container:
        track = container.add_stream(codec, rate=rate, layout=layout)
        channels = av.AudioLayout(layout).nb_channels
        write_sound(container, track, tone(seconds, rate, channels=channels), rate, layout)
    return path


def write_wave(path: Path, sides: np.ndarray, *, rate: int = SAMPLE_RATE) -> Path:
    """Write channels x samples as 16-bit PCM, with no word on what the channels are."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(sides))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(sides.T, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def write_picture(path: Path, image: np.ndarray, *, codec: str, pixels: str) -> Path:
    """Write one picture with PyAV."""
    with av.open(str(path), "w", format="image2") as container:
        stream = container.add_stream(codec, rate=1)
        stream.height, stream.width = image.shape[:2]
        stream.pix_fmt = pixels
        frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format=pixels)
        frame.pts = 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def touch(folder: Path, *names: str) -> None:
    """Make files of one byte, with the folders they lie in."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def records(out: Path) -> list[dict[str, Any]]:
    """The records of a folder of results, in the order of the file."""
    return [json.loads(line) for line in (out / RESULTS).read_text("ascii").splitlines()]

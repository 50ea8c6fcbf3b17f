"""Builds test videos out of talking clips: at 30 frames/s, with AAC and cuts.

Single minutes are encoded, each of other shots; longer videos are those minutes one after the
other, their packets copied. With five minutes that is each of them twice in ten minutes, in
changing order. Nothing that screens a file looks for repeats within it, so that saves no work.
Shorter ones are the beginning of a minute, in the forms in which platforms deliver them. Posts of
other shots each have a number and the same shots in every form.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from media_screen.arrays import Floats, Image

FPS = 30
KEY_EVERY = 150  # frames; a key frame each 5 s, as YouTube has it, and one at each cut
SAMPLE_RATE, FRAME = 44_100, 1024  # Hz; samples of one frame of AAC
MINUTE = 60  # s
MINUTES = 5  # that are encoded at most; a longer video repeats them
SHOTS = (4.0, 12.0)  # s, shortest and longest
LEAST_CLIP = 5.0  # s; shorter ones are left out


@dataclass(frozen=True, slots=True)
class Form:
    """How a video is delivered: size in px, codec as FFmpeg calls it, and bit/s of the picture."""

    width: int
    height: int
    codec: str
    bit_rate: int

    @property
    def name(self) -> str:
        """The form in words."""
        return f"{self.width} x {self.height}, {_CODEC_NAMES[self.codec]}"


_CODEC_NAMES = {"libx264": "H.264", "libvpx-vp9": "VP9", "libsvtav1": "AV1"}
# The quickest settings of each encoder: what is measured is the decoder and what comes after it.
_OPTIONS = {
    "libx264": {"preset": "veryfast", "threads": "1"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "threads": "1"},
    "libsvtav1": {"preset": "12", "svtav1-params": "lp=1"},
}
LANDSCAPE = Form(1280, 720, "libx264", 2_000_000)
# Upright, as TikTok, Shorts and Reels have it; the rates are about theirs.
PLATFORMS = (
    Form(576, 1024, "libx264", 1_000_000),
    Form(720, 1280, "libx264", 1_800_000),
    Form(1080, 1920, "libx264", 3_500_000),
    Form(720, 1280, "libvpx-vp9", 1_200_000),
    Form(720, 1280, "libsvtav1", 1_000_000),
)


@dataclass(frozen=True, slots=True)
class Shot:
    """A stretch of a clip: `start` and `seconds` in s."""

    clip: Path
    start: float
    seconds: float


class VideoBuilder:
    """Encodes minutes into a folder once, and joins them to videos of any number of minutes."""

    def __init__(self, media: Path, folder: Path, *, seed: int = 1) -> None:
        """`media` is searched for clips with picture and sound; raises ValueError without any."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._seed = seed
        self._clips = find_clips(media)
        if not self._clips:
            raise ValueError(f"{media} holds no clip of {LEAST_CLIP:.0f} s with picture and sound")

    def build(self, minutes: int) -> Path:
        """Return a video of this length, made when it is not there yet."""
        path = self._folder / f"{minutes:03}-minutes.mp4"
        if not path.exists():
            unfinished = path.with_suffix(".part")
            join(self.parts(minutes), unfinished)
            unfinished.rename(path)
        return path

    def parts(self, minutes: int) -> list[Path]:
        """Return the single minutes of which a video of this length is made, in their order."""
        order: list[int] = []
        while len(order) < minutes:
            some = list(range(min(minutes, MINUTES)))
            random.Random(self._seed + len(order)).shuffle(some)
            order += some
        return [self._minute(number) for number in order[:minutes]]

    def short(self, seconds: int, form: Form) -> Path:
        """Return a video of up to a minute in a form, made when it is not there yet."""
        return self.beginning(self._minute(0, form), seconds)

    def beginning(self, whole: Path, seconds: int) -> Path:
        """Return the beginning of a minute, made when it is not there yet."""
        path = self._folder / f"{whole.stem}-{seconds:02}-s.mp4"
        if not path.exists():
            unfinished = path.with_suffix(".part")
            join([whole], unfinished, seconds=seconds)
            unfinished.rename(path)
        return path

    def post(self, number: int, seconds: int, form: Form) -> Path:
        """Return the video of this number and length in a form, made when it is not there yet."""
        name = f"post-{number:03}-{seconds:02}-s-{form.width}-{form.codec}.mp4"
        return self._encoded(name, number, form, seconds)

    def _minute(self, number: int, form: Form = LANDSCAPE) -> Path:
        shape = "" if form is LANDSCAPE else f"-{form.width}-{form.codec}"
        return self._encoded(f"minute-{number:02}{shape}.mp4", number, form, MINUTE)

    def _encoded(self, name: str, number: int, form: Form, seconds: int) -> Path:
        path = self._folder / name
        if not path.exists():
            chance = random.Random(1000 * self._seed + number)
            unfinished = path.with_suffix(".part")
            encode(list(_shots(self._clips, chance, seconds)), unfinished, form)
            unfinished.rename(path)
        return path


def find_clips(media: Path) -> list[tuple[Path, float]]:
    """Return the clips under a folder that have picture and sound, with their length in s."""
    found = []
    for path in sorted(media.rglob("*.mp4")):
        try:
            with av.open(str(path)) as container:
                seconds = (container.duration or 0) / av.time_base
                if container.streams.video and container.streams.audio and seconds >= LEAST_CLIP:
                    found.append((path, seconds))
        except av.FFmpegError:  # the samples have broken files on purpose
            continue
    return found


def _shots(
    clips: Sequence[tuple[Path, float]], chance: random.Random, seconds: float
) -> Iterator[Shot]:
    left = seconds
    while left > 0:
        clip, length = chance.choice(clips)
        seconds = min(chance.uniform(*SHOTS), length, left)
        yield Shot(clip, chance.uniform(0.0, length - seconds), seconds)
        left -= seconds


def encode(shots: Sequence[Shot], path: Path, form: Form) -> None:
    """Encode shots as one video."""
    with av.open(str(path), "w", format="mp4") as container:
        options = {**_OPTIONS[form.codec], "g": str(KEY_EVERY)}
        video: Any = container.add_stream(form.codec, rate=FPS, options=options)
        video.width, video.height, video.pix_fmt = form.width, form.height, "yuv420p"
        video.bit_rate = form.bit_rate
        sound: Any = container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo")
        for number, image in enumerate(_pictures(shots, form)):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(video.encode(frame))
        container.mux(video.encode())
        samples = np.concatenate([_sound(shot) for shot in shots], axis=1)
        # A little less than all, or the first packets of the next minute would overlap the last.
        for start in range(0, (samples.shape[1] // FRAME - 2) * FRAME, FRAME):
            block = np.ascontiguousarray(samples[:, start : start + FRAME])
            part = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
            part.rate, part.pts, part.time_base = SAMPLE_RATE, start, Fraction(1, SAMPLE_RATE)
            container.mux(sound.encode(part))
        container.mux(sound.encode())
    ordinary_priority()


def ordinary_priority() -> None:
    """Go back to how every program is scheduled.

    SVT-AV1, where it may (as root), takes the highest real-time priority and leaves it to all that
    its process starts afterwards: such workers starve whatever else the machine does.
    """
    if hasattr(os, "sched_setscheduler"):  # Linux
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def _pictures(shots: Sequence[Shot], form: Form) -> Iterator[Image]:
    """Give the frames of shots, FPS a second, whatever the clips have."""
    given, end = 0, 0.0
    for shot in shots:
        begin, end = end, end + shot.seconds
        image: Image | None = None
        for time_s, raw in _decoded(shot):
            if image is not None:
                while given < min(begin + time_s, end) * FPS:
                    yield image
                    given += 1
            image = _framed(raw, form.width, form.height)
        while image is not None and given < round(end * FPS):
            yield image
            given += 1


def _decoded(shot: Shot) -> Iterator[tuple[float, Image]]:
    """Give the frames of a shot, with their time in it in s."""
    with av.open(str(shot.clip)) as container:
        container.streams.video[0].thread_count = 1
        for frame in container.decode(video=0):
            time_s = (frame.time or 0.0) - shot.start
            if time_s >= shot.seconds:
                return
            if time_s >= 0:
                yield time_s, np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def _framed(image: Image, to_width: int, to_height: int) -> Image:
    """Fit a picture into the frame, over itself enlarged and blurred, as many reposts are."""
    height, width = image.shape[:2]
    small = cv2.resize(image, (to_width // 40, to_height // 40), interpolation=cv2.INTER_AREA)
    whole = cv2.resize(small, (to_width, to_height), interpolation=cv2.INTER_LINEAR)
    scale = min(to_width / width, to_height / height)
    size = round(width * scale), round(height * scale)
    left, top = (to_width - size[0]) // 2, (to_height - size[1]) // 2
    fitted = cv2.resize(image, size, interpolation=cv2.INTER_CUBIC)
    whole[top : top + size[1], left : left + size[0]] = fitted
    return np.asarray(whole, np.uint8)


def _sound(shot: Shot) -> Floats:
    """Return the sound of a shot: two channels, silence where the clip has none."""
    wanted = round(shot.seconds * SAMPLE_RATE)
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=SAMPLE_RATE)
    parts = [np.zeros((2, 0), np.float32)]
    with av.open(str(shot.clip)) as container:
        for frame in container.decode(audio=0):
            time_s = (frame.time or 0.0) - shot.start
            if time_s >= shot.seconds:
                break
            if time_s >= 0:
                frame.pts = None
                parts += [np.asarray(one.to_ndarray()) for one in resampler.resample(frame)]
    samples = np.concatenate(parts, axis=1)[:, :wanted]
    return np.pad(samples, ((0, 0), (0, wanted - samples.shape[1])))


def join(parts: Sequence[Path], path: Path, *, seconds: float = MINUTE) -> None:
    """Copy the packets of the first seconds of minutes into one file, one after the other."""
    with av.open(str(path), "w", format="mp4") as container:
        streams: dict[str, Any] = {}
        for number, part in enumerate(parts):
            with av.open(str(part)) as source:
                for stream in source.streams:
                    if stream.type not in streams:
                        # As it is: what decodes AV1 has no encoder of its name.
                        copied = container.add_stream_from_template(stream, opaque=True)
                        streams[stream.type] = copied
                for packet in source.demux():
                    if packet.dts is None or packet.pts is None or packet.time_base is None:
                        continue  # the empty packet at the end
                    if packet.dts * packet.time_base >= seconds:
                        continue
                    shift = round(number * MINUTE / packet.time_base)
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    packet.stream = streams[packet.stream.type]
                    container.mux(packet)

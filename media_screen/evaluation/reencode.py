"""Makes copies of labelled media as platforms would: smaller, and compressed once more.

Genuine and forged files go through the same recipe. The copies carry neither tags nor sidecar. The
sound is taken at 16 kHz, which is all that detectors hear, before it is compressed anew.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from media_screen.evidence import MediaInfo, Span
from media_screen.media import SAMPLE_RATE, Media, MediaError, identify

if TYPE_CHECKING:
    import numpy as np

OnCopy = Callable[[int, int], None]  # done, of how many

_CLOCK = Fraction(1, 90_000)  # s, the time base of MPEG systems: frame times survive as they are
_SOUND_RATE = 44_100  # Hz, what short-video platforms deliver
_LONGEST = 7 * 86_400.0  # s; longer than any file, whatever its header says


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a copy is made. Nothing is enlarged, as no platform does."""

    short_side: int  # px
    crf: int  # constant rate factor of x264, 0 (lossless) to 51
    fps: float  # frames a second at most
    audio_kbps: int
    jpeg_quality: int  # of pictures, 1 to 100


# Platforms don't publish their settings. The sizes are those of the renditions that yt-dlp lists;
# the rate factors were chosen above x264's default of 23, which looks clean, so that blocks show:
# YouTube's 240p is watched on weak lines, its 480p is the usual saved copy, and TikTok's standard
# H.264 rendition is 576 px wide, at 30 frames a second, with little sound.
RECIPES = {
    "480p": Recipe(short_side=480, crf=27, fps=60, audio_kbps=128, jpeg_quality=80),
    "240p": Recipe(short_side=240, crf=30, fps=30, audio_kbps=64, jpeg_quality=60),
    "tiktok": Recipe(short_side=576, crf=29, fps=30, audio_kbps=64, jpeg_quality=70),
}


@dataclass(frozen=True, slots=True)
class Copies:
    """The copies that were made: where the copy of each file is, and why some have none."""

    paths: dict[Path, Path]
    failed: dict[Path, str]


def make_copies(
    files: Sequence[Path], name: str, folder: Path, *, on_copy: OnCopy | None = None
) -> Copies:
    """Copy files with the recipe of that name into `folder`; what is there already is kept.

    A copy is named after the content of its original and the recipe, so that it is found again.
    """
    recipe = RECIPES[name]
    # Changed settings must not find old copies.
    digest = hashlib.sha256(repr((recipe, SAMPLE_RATE, _SOUND_RATE)).encode()).hexdigest()[:8]
    target = folder / f"{name}-{digest}"
    target.mkdir(parents=True, exist_ok=True)
    copies = Copies({}, {})
    for done, file in enumerate(files):
        if on_copy is not None:
            on_copy(done, len(files))
        try:
            copies.paths[file] = _copy(file, recipe, target)
        except MediaError as error:
            copies.failed[file] = str(error)
    return copies


def _copy(file: Path, recipe: Recipe, folder: Path) -> Path:
    import av

    sha256, _ = identify(file)
    with Media.open(file) as media:
        write = _write_picture if media.info.kind == "image" else _write_media
        suffix = {"image": ".jpg", "audio": ".m4a"}.get(media.info.kind, ".mp4")
        path = folder / f"{sha256[:24]}{suffix}"
        if path.exists():
            return path
        temporary = path.with_name(f".{os.getpid()}{suffix}")
        try:
            write(media, recipe, temporary)
            os.replace(temporary, path)
        except (av.error.FFmpegError, ValueError) as error:
            raise MediaError(f"it could not be re-encoded: {error}"[:200]) from error
        finally:
            temporary.unlink(missing_ok=True)
    return path


def _write_picture(media: Media, recipe: Recipe, path: Path) -> None:
    import cv2

    for frame in media.survey():
        image = _shrink(frame.image, _size(media.info, recipe))
        options = [cv2.IMWRITE_JPEG_QUALITY, recipe.jpeg_quality]
        _, data = cv2.imencode(".jpg", image[..., ::-1], options)
        path.write_bytes(data.tobytes())
        return


def _write_media(media: Media, recipe: Recipe, path: Path) -> None:
    """Write picture and sound as H.264 and AAC into MP4, at the times they had."""
    import av

    # Bit-exact: neither version nor time is written.
    with av.open(str(path), "w", format="mp4", container_options={"fflags": "+bitexact"}) as out:
        video = sound = None
        if media.info.kind == "video":
            video = out.add_stream("libx264", options={"crf": str(recipe.crf), "preset": "fast"})
            video.width, video.height = _size(media.info, recipe)
            video.pix_fmt, video.time_base = "yuv420p", _CLOCK
            video.codec_context.time_base = _CLOCK
        if media.info.audio_codec:
            sound = out.add_stream("aac", rate=_SOUND_RATE, layout="stereo")
            sound.bit_rate = 1000 * recipe.audio_kbps
        if video is not None:
            _write_frames(media, recipe, out, video)
        if sound is not None:
            _write_sound(media, out, sound)


def _write_frames(media: Media, recipe: Recipe, out: Any, stream: Any) -> None:
    import av
    import cv2

    last = -1
    for frame in media.window(Span(0.0, _LONGEST), fps=recipe.fps):
        image = _shrink(frame.image, (stream.width, stream.height))
        # FFmpeg's own conversion rounds by where in memory the picture lies; this one does not.
        planes: Any = cv2.cvtColor(image, cv2.COLOR_RGB2YUV_I420)
        picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        # Broken clocks stand still or run back; an encoder takes neither.
        last = max(last + 1, round(frame.time_s / _CLOCK))
        picture.pts, picture.time_base = last, _CLOCK
        out.mux(stream.encode(picture))
    if last < 0:
        raise MediaError("not one of its frames can be decoded")
    out.mux(stream.encode())


def _write_sound(media: Media, out: Any, stream: Any) -> None:
    import av

    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=_SOUND_RATE)
    for start, samples in media.audio_blocks():
        block = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        block.sample_rate, block.time_base = SAMPLE_RATE, Fraction(1, SAMPLE_RATE)
        block.pts = round(start * SAMPLE_RATE)
        for part in resampler.resample(block):
            out.mux(stream.encode(part))
    for part in resampler.resample(None):
        out.mux(stream.encode(part))
    out.mux(stream.encode())


def _size(info: MediaInfo, recipe: Recipe) -> tuple[int, int]:
    """Return width and height of the copy in px: even, as H.264 with halved colour needs them."""
    scale = min(1.0, recipe.short_side / max(1, min(info.width, info.height)))
    return (
        max(2, 2 * round(info.width * scale / 2)),
        max(2, 2 * round(info.height * scale / 2)),
    )


def _shrink(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    import cv2
    import numpy as np

    if (image.shape[1], image.shape[0]) == size:
        return image
    resized: np.ndarray = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(resized)

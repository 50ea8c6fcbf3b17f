"""Keeps a small copy of each official video, which what matches it is compared with.

Originals may be large, and may be moved or taken away once they are enrolled. Their proxies have
all that a comparison needs: upright pictures with square pixels at the times of the original, and
its sound as detectors hear it, in one file that any decoder reads. They lie in folders of the
program's own, under the hash of the original's content.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from media_screen.arrays import Floats, Image
from media_screen.errors import MediaScreenError
from media_screen.files import new_file, private_folder
from media_screen.media import SAMPLE_RATE

# px of the short side at most: a face that is a fifth of the picture's height is 64 px there, and
# what a platform delivers of a repost is rarely sharper once it is compressed.
PROXY_LINES = 320
PROXY_FPS = 15.0  # frames a second: half of what is filmed, and some three for each syllable
KEY_EVERY = 2.0  # s between key frames: a seek into the proxy decodes 30 small frames at most
LEFTOVER_S = 3600.0  # s without a change after which nobody writes into a part file any more
_PICTURES, _SOUND = "libx264", "aac"  # encoders that come with PyAV
_CRF = 26  # constant rate factor of x264, three above its default, which looks clean
_SOUND_RATE = 32_000  # bit/s, of which speech in mono at 16 kHz needs no more
_CLOCK = Fraction(1, 90_000)  # s, the time base of MPEG systems: frame times survive as they are
_LEAST_SIDE = 16  # px, a block of H.264; thinner pictures get a border
_BORDER = 2  # px; a narrower border is none: the picture is stretched by it
_TARGET = re.compile(r"([0-9a-f]{64})\.mp4")
_PART = re.compile(r"\.[0-9a-f]{64}\.mp4\.[0-9a-f]{16}\.tmp")


class ProxyError(MediaScreenError, RuntimeError):
    """A proxy can't be written; the message says why."""


class ProxyWriter:
    """Writes one proxy while its original is decoded; use it in a `with` statement.

    All frames come first, in order of time, then all sound. Memory is bounded, whatever the length.
    What goes wrong is kept until `finish`, so that whoever decodes for other reasons, too, goes on.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part: Path | None = None  # while it is written
        self._file: BinaryIO | None = None
        self._container: Any = None
        self._video: Any = None
        self._sound: Any = None
        self._expects_sound = False
        self._last = -1  # time stamp of the newest frame
        self._key = -1  # that of the newest one that was to be a key frame
        self._heard = 0  # samples so far
        self._wrong = ""

    def __enter__(self) -> ProxyWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._drop()

    def expect_sound(self) -> None:
        """Say before the first frame that sound will follow."""
        self._expects_sound = True

    def add_frame(self, time_s: float, image: Image) -> None:
        """Add a picture (RGB) and when it is shown; one that comes no later than another is not."""
        self._try(lambda: self._show(time_s, image))

    def add_sound(self, start_s: float, samples: Floats) -> None:
        """Add sound (mono, 16 kHz) and when it begins; what lies between is silence."""
        self._try(lambda: self._play(start_s, samples))

    def finish(self) -> None:
        """Make the proxy appear under its name, whole; raises ProxyError when it can't be."""
        self._try(self._complete)
        if self._wrong:
            self._drop()
            raise ProxyError(self._wrong)

    # --- inside ------------------------------------------------------------------------------

    def _try(self, step: Callable[[], None]) -> None:
        """Do one step of writing; after one that failed nothing is written any more."""
        import av

        if self._wrong:
            return
        try:
            step()
        except (av.error.FFmpegError, OSError, ValueError) as error:  # of PyAV, too
            self._wrong = str(getattr(error, "strerror", None) or error)[:200] or "unknown"

    def _drop(self) -> None:
        """Leave nothing of a proxy that was not finished."""
        if self._part is None:
            return
        with contextlib.suppress(Exception):  # where writing fails, so does writing the end
            self._container.close()
        with contextlib.suppress(OSError):
            self._stream().close()
        self._part.unlink(missing_ok=True)
        self._part = None

    def _stream(self) -> BinaryIO:
        assert self._file is not None
        return self._file

    def _open(self) -> None:
        import av

        private_folder(self._path.parent)
        self._part, self._file = new_file(self._path)
        # Bit-exact: neither version nor time is written.
        self._container = av.open(
            self._file, "w", format="mp4", container_options={"fflags": "+bitexact"}
        )

    def _begin_pictures(self, image: Image) -> None:
        """Begin the file; its pictures have the size of the first one."""
        self._open()
        options = {"crf": str(_CRF), "preset": "veryfast"}
        self._video = video = self._container.add_stream(_PICTURES, options=options)
        video.width, video.height = _proxy_size(image)
        video.pix_fmt, video.time_base = "yuv420p", _CLOCK
        video.codec_context.time_base = _CLOCK
        if self._expects_sound:
            self._begin_sound()

    def _begin_sound(self) -> None:
        if self._container is None:
            self._open()
        self._sound = self._container.add_stream(_SOUND, rate=SAMPLE_RATE, layout="mono")
        self._sound.bit_rate = _SOUND_RATE

    def _show(self, time_s: float, image: Image) -> None:
        stamp = round(time_s / _CLOCK)
        if self._video is None:
            self._begin_pictures(image)
            if stamp > 0 and self._sound is None:
                # A file begins with what comes first in it: without this all would move to 0.
                self._encode(0, np.zeros_like(image))
        if stamp > self._last:
            self._encode(stamp, image)

    def _encode(self, stamp: int, image: Image) -> None:
        import av
        import cv2

        fitted = _fitted(image, (self._video.width, self._video.height))
        # FFmpeg's own conversion rounds by where in memory the picture lies; this one does not.
        planes: Any = cv2.cvtColor(fitted, cv2.COLOR_RGB2YUV_I420)
        picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        picture.pts, picture.time_base = stamp, _CLOCK
        # By time: frames of slides are far apart, and so would be every thirtieth.
        if self._key < 0 or (stamp - self._key) * _CLOCK >= KEY_EVERY:
            picture.pict_type = av.video.frame.PictureType.I
            self._key = stamp
        self._last = stamp
        self._container.mux(self._video.encode(picture))

    def _play(self, start_s: float, samples: Floats) -> None:
        import av

        if self._sound is None:
            if self._video is not None:
                raise ValueError("expected to be told of sound before the first frame")
            self._begin_sound()
        missing = round(start_s * SAMPLE_RATE) - self._heard
        block = np.pad(samples, (missing, 0)) if missing > 0 else samples
        if not block.size:
            return
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(block[None], np.float32), format="fltp", layout="mono"
        )
        frame.sample_rate, frame.time_base = SAMPLE_RATE, Fraction(1, SAMPLE_RATE)
        frame.pts = self._heard
        self._heard += block.size
        self._container.mux(self._sound.encode(frame))

    def _complete(self) -> None:
        if self._container is None or self._part is None:
            raise ProxyError("it has neither pictures nor sound")
        if self._sound is not None and not self._heard:
            self._play(0.0, np.zeros(SAMPLE_RATE, np.float32))  # no empty tracks
        for stream in (self._video, self._sound):
            if stream is not None:
                self._container.mux(stream.encode())
        self._container.close()
        stream = self._stream()
        stream.flush()
        os.fsync(stream.fileno())
        stream.close()
        os.replace(self._part, self._path)
        self._part = None


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies in some folders, which are looked through in order; new ones go to the first.

    `hidden` is the content of an original whose proxy is not to be found.
    """

    folders: tuple[Path, ...] = ()
    hidden: str = ""

    def path(self, sha256: str) -> Path | None:
        """Return the proxy of the original with this hash, None where there is none."""
        if sha256 == self.hidden:
            return None
        found = (folder / _name(sha256) for folder in self.folders)
        return next((path for path in found if path.is_file() and not path.is_symlink()), None)

    def writer(self, sha256: str) -> ProxyWriter:
        """Return what writes the proxy of the original with this hash."""
        return ProxyWriter(self.folders[0] / _name(sha256))

    def without(self, sha256: str) -> Proxies:
        """Return them without that of one original: a file is not compared with itself."""
        return replace(self, hidden=sha256)

    def drop_others(self, keep: Collection[str]) -> None:
        """Remove those of other originals from the first folder, and what was left half written."""
        for path in self._files():
            target = _TARGET.fullmatch(path.name)
            gone = target is not None and target[1] not in keep
            with contextlib.suppress(OSError):  # removed by another process, or not ours to remove
                if gone or (_PART.fullmatch(path.name) and _is_leftover(path)):
                    path.unlink()

    @property
    def nbytes(self) -> int:
        """Size of those in the first folder, bytes."""
        sizes = 0
        for path in self._files():
            with contextlib.suppress(OSError):
                sizes += path.stat().st_size if _TARGET.fullmatch(path.name) else 0
        return sizes

    def _files(self) -> Iterator[Path]:
        with contextlib.suppress(OSError, IndexError):
            yield from sorted(self.folders[0].iterdir())


def _name(sha256: str) -> str:
    """Return the name of a proxy; what is no hash, such as a path, gets a name that nothing has."""
    name = f"{sha256}.mp4"
    return name if _TARGET.fullmatch(name) else "unknown.mp4"


def _is_leftover(path: Path) -> bool:
    return time.time() - path.stat().st_mtime > LEFTOVER_S


def _proxy_size(image: Image) -> tuple[int, int]:
    """Return width and height of the proxy of a picture in px: even, as H.264 needs them."""
    height, width = image.shape[:2]
    scale = min(1.0, PROXY_LINES / min(width, height))
    wide, high = (2 * round(side * scale / 2) for side in (width, height))
    return max(_LEAST_SIDE, wide), max(_LEAST_SIDE, high)


def _fitted(image: Image, size: tuple[int, int]) -> Image:
    """Return a picture at a size (width, height), with black borders where the shape differs."""
    import cv2

    height, width = image.shape[:2]
    if (width, height) == size:
        return np.ascontiguousarray(image)
    scale = min(size[0] / width, size[1] / height)
    inner = [max(1, round(side * scale)) for side in (width, height)]
    wide, high = (
        full if full - side <= _BORDER else side for full, side in zip(size, inner, strict=True)
    )
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = np.asarray(cv2.resize(image, (wide, high), interpolation=method), np.uint8)
    if (wide, high) == size:
        return small
    whole = np.zeros((size[1], size[0], 3), np.uint8)
    left, top = (size[0] - wide) // 2, (size[1] - high) // 2
    whole[top : top + high, left : left + wide] = small
    return whole

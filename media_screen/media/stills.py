"""Reads with Pillow what FFmpeg, or PyAV, does not give of stills.

How they are to be shown, the transparency of AVIF, animated WebP, and whether a file holds more
pictures than the one that is shown. Only named formats are opened, and whatever is wrong with a
file is a MediaError.
"""

from __future__ import annotations

import mmap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from media_screen.media.convert import Orientation, fitted, over_backdrops, turned
from media_screen.media.errors import MediaError, refuse_oversize
from media_screen.media.source import Openable

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF")
_ORIENTATION = 0x0112  # tag of EXIF
# By the value of the tag; AVIF's own turns and mirrors come from Pillow as the same tag.
_WAYS = {
    2: Orientation(mirrored=True),
    3: Orientation(turns=2),
    4: Orientation(mirrored=True, turns=2),
    5: Orientation(mirrored=True, turns=1),
    6: Orientation(turns=3),
    7: Orientation(mirrored=True, turns=3),
    8: Orientation(turns=1),
}
# s; a frame of an animation that asks for less is shown for so long, by every browser.
_SHORTEST, _INSTEAD = 0.011, 0.1


class Still:
    """A picture or an animation; its frames are decoded one at a time.

    `way` is how it asks to be shown, `format` Pillow's name of what it is, `count` the number of
    frames or pages, `starts` when each frame starts and, of an animation, when the last ends (s).
    """

    def __init__(self, file: Openable) -> None:
        self._file = file
        with _opened(file) as picture:
            refuse_oversize(*picture.size)
            self.way = _WAYS.get(picture.getexif().get(_ORIENTATION, 1), Orientation())
            self.format = picture.format
            self.count = int(getattr(picture, "n_frames", 1))
            width, height = picture.size
        self.size = (height, width) if self.way.sideways else (width, height)
        self.animated = self.format == "WEBP" and self.count > 1
        self.starts = _starts(file) if self.animated else (0.0,)

    @classmethod
    def read(cls, file: Openable) -> Still | None:
        """Return what Pillow knows of a still, None when it does not know its format."""
        try:
            return cls(file)
        except MediaError:
            return None

    @property
    def duration_s(self) -> float:
        """The length in seconds, 0 for a picture."""
        return self.starts[-1]

    @property
    def fps(self) -> float:
        """Frames a second on average, 0 for a picture."""
        return self.count / self.duration_s if self.duration_s else 0.0

    def frames(self, *, turns: int = 0) -> Iterator[tuple[float, list[np.ndarray]]]:
        """Give (time in s, views) of the picture or of each frame, as `convert.shown` does."""
        import numpy as np

        with _opened(self._file) as picture:
            for number in range(self.count if self.animated else 1):
                picture.seek(number)
                images = over_backdrops(np.asarray(picture.convert("RGBA")), fitted(*picture.size))
                time_s = self.starts[min(number, len(self.starts) - 1)]
                yield time_s, [turned(image, self.way, turns) for image in images]

    def unseen(self) -> Iterator[str]:
        """Say, a sentence each, what the file holds besides the picture that is shown."""
        if self.count > 1 and not self.animated:
            pages = "1 further picture" if self.count == 2 else f"{self.count - 1} further pictures"
            if self.format == "TIFF":  # through whose pages one goes, as through those of a fax
                yield f"the file holds {pages}, which some viewers show: not looked at"
                return
            yield f"the file holds {pages}, which viewers don't show and which were not looked at"
        if self.format == "JPEG" and _has_film(self._file):
            yield "a video is appended to the picture, as phones do: it was not looked at"


@contextmanager
def _opened(file: Openable) -> Iterator[Image]:
    """Open a still; what goes wrong in the block, in whatever way, is a MediaError."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of large pictures and odd tags: both are checked here
            with file.open("rb") as stream, Image.open(stream, formats=_FORMATS) as picture:
                yield picture
    except MediaError:
        raise
    except Exception as error:  # each plugin has errors of its own, down to SyntaxError
        raise MediaError(f"the picture can't be read ({error})"[:200]) from error


def _starts(file: Openable) -> tuple[float, ...]:
    """Return when each frame of an animated WebP starts, and at last when it ends, in s.

    Pillow tells lengths only while it decodes: they stand in the chunks named ANMF.
    """
    starts = [0.0]
    with file.open("rb") as stream:
        stream.seek(12)  # RIFF, size, WEBP
        while len(head := stream.read(8)) == 8:
            size = int.from_bytes(head[4:], "little")
            body = stream.read(min(size, 16)) if head[:4] == b"ANMF" else b""
            if len(body) == 16:
                length = int.from_bytes(body[12:15], "little") / 1000
                starts.append(starts[-1] + (length if length >= _SHORTEST else _INSTEAD))
            stream.seek(size + size % 2 - len(body), 1)
    return tuple(starts)


def _has_film(file: Openable) -> bool:
    """Tell whether the beginning of an MP4 stands somewhere in a file."""
    with (
        file.open("rb") as stream,
        mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        sizes = (int.from_bytes(data[at - 4 : at], "big") for at in _places(data, b"ftyp"))
        return any(16 <= size <= 256 for size in sizes)


def _places(data: mmap.mmap, name: bytes) -> Iterator[int]:
    at = data.find(name)
    while at >= 0:
        yield at
        at = data.find(name, at + 1)

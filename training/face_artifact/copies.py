"""Re-encodes a clip as platforms do, so that codec and size tell genuine from forged no more."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import av


@dataclass(frozen=True)
class Copy:
    """A recipe: `side` is the longest short side, px (smaller clips keep theirs), `crf` of x264."""

    name: str
    side: int
    crf: int


# What a 480p download at low rate looks like: about 300 to 500 kb/s for a talking head.
LOW = Copy("480p", side=480, crf=33)
# A repost of a repost, small and soft.
SMALL = Copy("320p", side=320, crf=29)
COPIES = (LOW, SMALL)
# What talking-head generators write: a square round the face, at the side of their network and the
# default rate of x264. A network that saw only forged clips of that form learns the form.
PORTRAITS = (Copy("portrait", side=256, crf=23), Copy("portrait", side=512, crf=23))
LONGEST = 20.0  # s of a copy: a face is looked at densely for no longer than that anyway


@dataclass(frozen=True)
class Square:
    """A square of the picture, px: its left upper corner and its side."""

    left: int
    top: int
    side: int


def portrait_window(
    centre: tuple[float, float], face_px: float, share: float, width: int, height: int
) -> Square:
    """Return the square in which a face takes a share of the side, moved into the picture."""
    side = min(int(face_px / share), width, height) // 2 * 2
    left = min(max(0, round(centre[0] - side / 2)), width - side)
    top = min(max(0, round(centre[1] - side / 2)), height - side)
    return Square(left, top, side)


def reencode(source: Path, target: Path, copy: Copy, *, window: Square | None = None) -> None:
    """Write the first 20 s of a clip as H.264, scaled and at the rate of the recipe, without sound.

    With a window only that part of the pictures is kept. Raises av.FFmpegError when the clip can't
    be decoded.
    """
    import av

    with av.open(str(source)) as clip, av.open(str(target), "w", format="mp4") as out:
        pictures = clip.streams.video[0]
        seen = (window.side, window.side) if window else (pictures.width, pictures.height)
        scale = min(1.0, copy.side / min(seen))
        width, height = (max(2, round(side * scale / 2) * 2) for side in seen)
        rate = pictures.average_rate or Fraction(25)
        stream = out.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": str(copy.crf), "preset": "veryfast"}
        for number, frame in enumerate(islice(clip.decode(pictures), int(LONGEST * rate))):
            if window:
                frame = _cut(frame, window)
            small = frame.reformat(width, height, "yuv420p", interpolation="BICUBIC")
            small.pts, small.time_base = number, 1 / rate
            small.pict_type = av.video.frame.PictureType.NONE
            out.mux(stream.encode(small))
        out.mux(stream.encode())


def _cut(frame: av.VideoFrame, window: Square) -> av.VideoFrame:
    import av

    picture = frame.to_ndarray(format="rgb24")
    rows = slice(window.top, window.top + window.side)
    columns = slice(window.left, window.left + window.side)
    cut = picture[rows, columns]
    if cut.shape[:2] != (window.side, window.side):  # a turned picture is stored otherwise
        raise ValueError(f"{window} does not lie in a picture of {picture.shape[1::-1]} px")
    return av.VideoFrame.from_ndarray(cut.copy(), format="rgb24")

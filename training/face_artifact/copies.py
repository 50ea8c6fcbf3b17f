"""Re-encodes a clip as platforms do, so that codec and size tell genuine from forged no more."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path


@dataclass(frozen=True)
class Copy:
    """A recipe: `side` is the longest short side, px (smaller clips keep theirs), `crf` of x264."""

    name: str
    side: int
    crf: int


# What a 480p download at low rate looks like: about 300 to 500 kb/s for a talking head.
LOW = Copy("480p", side=480, crf=33)
COPIES = (LOW,)
LONGEST = 20.0  # s of a copy: a face is looked at densely for no longer than that anyway


def reencode(source: Path, target: Path, copy: Copy) -> None:
    """Write the first 20 s of a clip as H.264, scaled and at the rate of the recipe, without sound.

    Raises av.FFmpegError when the clip can't be decoded.
    """
    import av

    with av.open(str(source)) as clip, av.open(str(target), "w", format="mp4") as out:
        pictures = clip.streams.video[0]
        seen = (pictures.width, pictures.height)
        scale = min(1.0, copy.side / min(seen))
        width, height = (max(2, round(side * scale / 2) * 2) for side in seen)
        rate = pictures.average_rate or Fraction(25)
        stream = out.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": str(copy.crf), "preset": "veryfast"}
        for number, frame in enumerate(islice(clip.decode(pictures), int(LONGEST * rate))):
            small = frame.reformat(width, height, "yuv420p", interpolation="BICUBIC")
            small.pts, small.time_base = number, 1 / rate
            small.pict_type = av.video.frame.PictureType.NONE
            out.mux(stream.encode(small))
        out.mux(stream.encode())

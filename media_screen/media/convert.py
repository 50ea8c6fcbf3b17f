"""Turns decoded frames into arrays: upright RGB with square pixels.

A picture comes out as a viewer sees it: turned and mirrored as its display matrix says, high
dynamic range mapped to an ordinary screen, transparent parts over what lies behind them. What is
declared of its colours may be wrong or impossible; a neutral reading takes its place.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from media_screen.media.errors import MediaError, refuse_oversize
from media_screen.media.tone import HIGH_RANGE, tone_mapped

if TYPE_CHECKING:
    import numpy as np
    from av.video.frame import VideoFrame

# px; larger frames are scaled down to it: faces stay large enough for every network.
MAX_SIDE = 1920
# Longest side, px, of `Frame.small`: what cuts and fingerprints are taken from.
SMALL_SIDE = 256
# Of the picture's light, the share that comes from behind it: with more, it is looked at both over
# white and over black, with less (the rounded corners of a sticker) over white alone.
SEEN_THROUGH = 0.01
# Mean difference, of 255, under which two pictures are one. Still and first frame of what libavif
# and FFmpeg write are the same bytes; a face that was exchanged in a 64th of the picture makes 1.
SAME = 1.0
# Codecs of which the whole side data may be read. Those of pictures put texts beside a colour
# profile and EXIF, which PyAV frees a second time: the process would die.
_MATRIX_CODECS = (
    "h264",
    "hevc",
    "vvc",
    "av1",
    "libdav1d",
    "vp8",
    "vp9",
    "mpeg4",
    "mpeg2video",
    "h263",
    "prores",
)
_UNSPECIFIED = 2  # the value of every colour declaration that says nothing (ITU-T H.273)


@dataclass(frozen=True, slots=True)
class Orientation:
    """How the stored picture is to be shown: first mirrored left to right, then turned."""

    mirrored: bool = False
    turns: int = 0  # quarter turns counterclockwise, 0 to 3

    @property
    def sideways(self) -> bool:
        """Whether width and height change places."""
        return self.turns % 2 == 1


def orientation(raw: VideoFrame, codec: str) -> Orientation:
    """Return how players show a frame, from its display matrix; the nearest of the eight ways."""
    by_turn = Orientation(turns=round(raw.rotation / 90) % 4)  # mirrored or not
    if codec not in _MATRIX_CODECS:
        return by_turn
    try:
        side_data: Any = raw.side_data.get("DISPLAYMATRIX")
    except ValueError:  # the frame carries something newer than PyAV knows
        return by_turn
    if side_data is None:
        return Orientation()
    # [a b u; c d v; x y w]: a stored point (x, y) is shown at (a x + c y, b x + d y), y downwards.
    a, b, _, c, d = struct.unpack_from("=5i", side_data)
    mirrored = a * d < b * c
    if mirrored:
        a, b = -a, -b
    if a + d == 0 and b - c == 0:
        return Orientation()  # no turn comes near it
    clockwise = math.atan2(b - c, a + d)
    return Orientation(mirrored, round(-2 * clockwise / math.pi) % 4)


def shown(
    raw: VideoFrame,
    ratio: float,
    *,
    way: Orientation,
    turns: int = 0,
    most: int | None = MAX_SIDE,
) -> list[np.ndarray]:
    """Convert a decoded frame: square pixels, of limited size, deinterlaced, upright, RGB.

    `ratio` is the width of a pixel over its height; `way` how the picture is to be shown; `turns`
    are quarter turns counterclockwise on top of that; `most` is the longest side, px, None for the
    size that it has. A picture that shows much of what lies
    behind it gives two: over white and over black. Raises MediaError when the frame can't be
    converted.
    """
    import cv2

    refuse_oversize(raw.width, raw.height)  # the size can change in the middle of a stream
    size = fitted(raw.width * ratio, raw.height, most=most)
    refuse_oversize(*size)  # the width of a pixel is what the file claims
    images = _layers(raw, size)
    if raw.interlaced_frame:
        # One field stretched: combing looks like an edit to whatever looks for edits.
        halves = (image[::2] for image in images)
        images = [cv2.resize(half, size, interpolation=cv2.INTER_LINEAR) for half in halves]
    return [turned(image, way, turns) for image in images]


def fitted(width: float, height: float, *, most: int | None = MAX_SIDE) -> tuple[int, int]:
    """Return the size in whole px, scaled down so that no side is over `most`, if that is given."""
    scale = 1.0 if most is None else min(1.0, most / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def scaled_down(image: np.ndarray, side: int) -> np.ndarray:
    """Return a picture scaled down to a longest side, px, by area; a smaller one as a copy."""
    import cv2
    import numpy as np

    height, width = image.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return np.array(image)
    size = max(2, round(width * scale)), max(2, round(height * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def is_alike(one: np.ndarray, other: np.ndarray) -> bool:
    """Tell whether two pictures are the same, each encoded in its own way."""
    import numpy as np

    if one.shape != other.shape:
        return False
    return float(np.abs(one.astype(np.int16) - other).mean()) < SAME


def turned(image: np.ndarray, way: Orientation, turns: int = 0) -> np.ndarray:
    """Return a stored picture as it is to be shown, and turned further."""
    import numpy as np

    image = image[:, ::-1] if way.mirrored else image
    return np.ascontiguousarray(np.rot90(image, way.turns + turns))


def _layers(raw: VideoFrame, size: tuple[int, int]) -> list[np.ndarray]:
    """Return a frame as RGB at a size (width, height), over each backdrop that tells more of it."""
    clear = raw.format.has_palette or any(part.is_alpha for part in raw.format.components)
    # With 8 bits a high range would show steps: there the declaration is a mistake.
    deep = raw.color_trc in HIGH_RANGE and max(part.bits for part in raw.format.components) > 8
    # Hidden pixels must not mix with those beside them: what is transparent is scaled later.
    first = (raw.width, raw.height) if clear else size
    if deep:
        pixels = _reformatted(raw, "rgba64le" if clear else "rgb48le", first)
        pixels = tone_mapped(pixels, raw.color_trc, raw.color_primaries)
    else:
        pixels = _reformatted(raw, "rgba" if clear else "rgb24", first)
    return over_backdrops(pixels, size) if clear else [pixels]


def over_backdrops(rgba: np.ndarray, size: tuple[int, int]) -> list[np.ndarray]:
    """Lay an RGBA picture over white, and over black where that can look different; scale it.

    Hidden pixels show nothing, and what is drawn in the transparency alone is seen.
    """
    import cv2
    import numpy as np

    alpha = np.ascontiguousarray(rgba[..., 3])
    rgb = np.ascontiguousarray(rgba[..., :3])
    if alpha.min() < 255:
        rgb = cv2.multiply(rgb, cv2.merge([alpha] * 3), scale=1 / 255)  # which is: over black
    if size != (rgba.shape[1], rgba.shape[0]):
        rgb, alpha = (cv2.resize(part, size, interpolation=cv2.INTER_AREA) for part in (rgb, alpha))
    behind = 255 - alpha
    if not behind.any():
        return [rgb]
    over_white = cv2.add(rgb, cv2.merge([behind] * 3))
    return [over_white, rgb] if behind.mean() > 255 * SEEN_THROUGH else [over_white]


def _reformatted(raw: VideoFrame, target: str, size: tuple[int, int]) -> np.ndarray:
    """Convert the pixel format; where the declared colours are impossible, as undeclared ones."""
    import av

    refused = (av.error.FFmpegError, OSError, ValueError)
    width, height = size
    try:
        return raw.to_ndarray(format=target, width=width, height=height)
    except refused:
        raw.colorspace = _UNSPECIFIED
    try:
        return raw.to_ndarray(format=target, width=width, height=height)
    except refused as error:
        raise MediaError(f"a frame in {raw.format.name} can't be converted ({error})") from error

"""Turns decoded frames and sound into arrays: upright RGB with square pixels, clean mono sound."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from media_screen.media.errors import refuse_oversize

if TYPE_CHECKING:
    import numpy as np
    from av.video.frame import VideoFrame

# px; larger frames are scaled down to it: faces stay large enough for every network.
MAX_SIDE = 1920


def to_rgb(raw: VideoFrame, ratio: float) -> np.ndarray:
    """Convert a decoded frame: square pixels, at most MAX_SIDE, deinterlaced, upright, RGB.

    `ratio` is the width of a pixel over its height.
    """
    import cv2
    import numpy as np

    refuse_oversize(raw.width, raw.height)  # the size can change in the middle of a stream
    width = raw.width * ratio
    scale = min(1.0, MAX_SIDE / max(width, raw.height))
    size = (max(1, round(width * scale)), max(1, round(raw.height * scale)))
    if raw.format.name in ("rgba", "bgra", "argb", "abgr", "ya8", "yuva420p", "pal8", "gbrap"):
        image = _over_grey(raw.to_ndarray(format="rgba"))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA) if scale < 1 else image
    else:
        image = raw.to_ndarray(format="rgb24", width=size[0], height=size[1])
    if raw.interlaced_frame:
        # One field stretched: combing looks like an edit to whatever looks for edits.
        image = cv2.resize(image[::2], size, interpolation=cv2.INTER_LINEAR)
    turns = round(raw.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image


def _over_grey(rgba: np.ndarray) -> np.ndarray:
    """Lay a picture with transparency over mid grey, so that hidden pixels show nothing."""
    import numpy as np

    alpha = rgba[..., 3:].astype(np.uint16)
    mixed = (rgba[..., :3].astype(np.uint16) * alpha + 128 * (255 - alpha)) // 255
    return mixed.astype(np.uint8)


def resample(resampler: Any, raw: Any) -> list[np.ndarray]:
    import av

    try:
        return [part.to_ndarray().reshape(-1) for part in resampler.resample(raw)]
    except (av.error.FFmpegError, ValueError):
        return []  # a frame whose layout changed into nonsense; the next ones may be right


def join(parts: list[np.ndarray]) -> np.ndarray:
    import numpy as np

    joined = np.concatenate(parts)
    # Broken float streams carry NaN and infinities, which would spread through every network.
    clean = np.nan_to_num(joined, nan=0.0, posinf=1.0, neginf=-1.0)
    return np.asarray(np.clip(clean, -1.0, 1.0))


def clip(samples: np.ndarray, position: int) -> Iterator[np.ndarray]:
    """Drop what lies before the start (a negative position)."""
    if position < 0:
        samples = samples[-position:]
    if samples.size:
        yield samples

"""Chooses the streams of a container and says what it tells of them; nothing here decodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import av.container
    from av.audio.stream import AudioStream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

LONGEST = 7 * 86_400.0  # s; live recordings of days exist
_STILL_FORMATS = ("jpeg_pipe", "png_pipe", "webp_pipe", "bmp_pipe", "tiff_pipe", "jpegxl_pipe")
_STILL_BRANDS = ("heic", "heix", "mif1", "msf1", "avif")


@dataclass(frozen=True, slots=True)
class Stream:
    """What the container says of one stream. `tags` are untrusted text."""

    kind: Literal["video", "audio", "other"]
    codec: str
    start_s: float
    duration_s: float | None
    tags: Mapping[str, str]


def video_stream(container: av.container.InputContainer) -> VideoStream | None:
    """Return the stream to look at: the default one, else the largest; never the cover art."""
    from av.stream import Disposition

    streams = [
        stream
        for stream in container.streams.video
        if stream.codec_context is not None
        and not stream.disposition & Disposition.attached_pic
        and not stream.disposition & Disposition.timed_thumbnails
    ]
    if not streams:
        return None
    return max(
        streams,
        key=lambda s: (
            bool(s.disposition & Disposition.default),
            s.codec_context.width * s.codec_context.height,
            -s.index,
        ),
    )


def audio_stream(container: av.container.InputContainer) -> AudioStream | None:
    """Return the track that a player would choose: the default one, else the first."""
    from av.stream import Disposition

    streams = [
        s for s in container.streams.audio if s.codec_context is not None and s.codec_context.rate
    ]
    if not streams:
        return None
    return max(streams, key=lambda s: (bool(s.disposition & Disposition.default), -s.index))


def has_cover(container: av.container.InputContainer) -> bool:
    """Tell whether a picture is attached that players show while there is no other."""
    from av.stream import Disposition

    return any(stream.disposition & Disposition.attached_pic for stream in container.streams.video)


def stream_facts(stream: Any) -> Stream:
    context = stream.codec_context
    base = float(stream.time_base or 0)
    return Stream(
        kind=stream.type if stream.type in ("video", "audio") else "other",
        codec=context.name if context is not None else "",
        start_s=(stream.start_time or 0) * base,
        duration_s=None if stream.duration is None else stream.duration * base,
        tags=dict(stream.metadata),
    )


def origin(container: av.container.InputContainer) -> float:
    """Return the time stamp that counts as 0 s: where the first stream starts."""
    return 0.0 if container.start_time is None else container.start_time / 1_000_000


def duration(container: av.container.InputContainer) -> float:
    """Return the length in seconds, by the container, else by its longest stream, else 0.

    Lengths that nobody uploads are damage, and count as unknown.
    """
    lengths = [stream_facts(stream).duration_s or 0.0 for stream in container.streams]
    for length in ((container.duration or 0) / 1_000_000, max(lengths, default=0.0)):
        if 0 < length <= LONGEST:
            return round(length, 3)
    return 0.0


def is_still(container: av.container.InputContainer, stream: VideoStream) -> bool:
    if container.format.name in _STILL_FORMATS:
        return True
    brand = container.metadata.get("major_brand", "").strip()
    return brand in _STILL_BRANDS and stream.frames <= 1 and not container.streams.audio


def tiles(container: av.container.InputContainer) -> int:
    """Return of how many tiles a picture in HEIC or AVIF is made, 0 when it is one piece.

    Phones store large pictures as tiles, each a stream of its own. PyAV does not tell how they
    lie, and one tile is not the picture.
    """
    from av.stream import Disposition

    return sum(bool(one.disposition & Disposition.dependent) for one in container.streams.video)


def layers(container: av.container.InputContainer) -> int:
    """Return of how many pictures a still is made: tiles, its transparency, its brightness."""
    return len(container.streams.video)


def shown_size(stream: VideoStream) -> tuple[int, int]:
    """Return width and height in px with square pixels; rotation is seen when a frame is there."""
    context = stream.codec_context
    ratio = pixel_ratio(stream.sample_aspect_ratio)
    return round(context.width * ratio), context.height


def pixel_ratio(ratio: Fraction | None) -> float:
    """Return the width of a pixel over its height, however odd: players stretch by it, too."""
    return float(ratio) if ratio and ratio > 0 else 1.0


class Clock:
    """Turns the time stamps of a stream into seconds that never run backwards or jump away."""

    def __init__(self, stream: VideoStream, origin: float) -> None:
        rate = float(stream.average_rate or 0) or 25.0
        self._step = 1 / rate
        self._origin = origin
        self._last: float | None = None

    def seconds(self, raw: VideoFrame) -> float:
        stamp = raw.time
        if stamp is None:
            stamp = 0.0 if self._last is None else self._last + self._step
        else:
            stamp -= self._origin
        if self._last is not None and stamp < self._last:
            stamp = self._last
        self._last = max(stamp, 0.0)
        return self._last

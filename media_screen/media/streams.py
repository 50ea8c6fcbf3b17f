"""Chooses the streams of a container and says what it tells of them; nothing here decodes."""

from __future__ import annotations

import functools
import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from media_screen.evidence import MediaStream
from media_screen.media.index import PacketIndex, stamp_of

if TYPE_CHECKING:
    import av.container
    from av.audio.stream import AudioStream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_STILL_FORMATS = ("jpeg_pipe", "png_pipe", "webp_pipe", "bmp_pipe", "tiff_pipe")
_STILL_BRANDS = ("heic", "heix", "hevc", "hevx", "mif1", "msf1", "avif", "avis")

CHAPTER = 2.0  # s; pictures of chapters stand for longer each, those of a film for less
# Packets of such a track that make no film: its first picture, which FFmpeg gives once more, and
# the last, whose length may be any.
ATTACHED = 2


@dataclass(frozen=True, slots=True)
class Stream:
    """What the container says of one stream. `tags` are untrusted text."""

    kind: Literal["video", "audio", "other"]
    codec: str
    start_s: float
    duration_s: float | None
    tags: Mapping[str, str]


def picture_streams(
    container: av.container.InputContainer, index: PacketIndex
) -> list[VideoStream]:
    """Return the tracks of pictures in the order in which players choose them; no cover art.

    That is the default one (mpv, VLC), else the first (browsers, which know of no default); its
    size says nothing. One that goes on under another number is one.
    """
    from av.stream import Disposition

    streams = [
        stream
        for stream in container.streams.video
        if stream.codec_context is not None and not _is_cover(stream, index) and index.leads(stream)
    ]
    return sorted(streams, key=lambda s: (not s.disposition & Disposition.default, s.index))


def _is_cover(stream: VideoStream, index: PacketIndex) -> bool:
    """Tell whether a track is a cover, or pictures of chapters, and does not play as a film does.

    What a film is called says nothing: browsers play one that is named as chapters of its sound.
    """
    from av.stream import Disposition

    line = index.of(stream)
    plays = line.packets - ATTACHED > line.duration_s / CHAPTER
    called = stream.disposition & (Disposition.attached_pic | Disposition.timed_thumbnails)
    return bool(called) and not plays


def video_stream(
    container: av.container.InputContainer, index: PacketIndex, number: int | None = None
) -> VideoStream | None:
    """Return the stream to look at: the one with this number, else the one that players show.

    Of a film behind a single picture, as in animated AVIF, the film is looked at.
    """
    streams = picture_streams(container, index)
    if number is not None:
        return next((one for one in streams if number in index.numbers(one)), None)
    films = (one for one in streams if index.of(one).packets > 1)
    return next(films, next(iter(streams), None))


def sound_streams(container: av.container.InputContainer, index: PacketIndex) -> list[AudioStream]:
    """Return the sound tracks that can be decoded; one that goes on under another number is one."""
    tracks = container.streams.audio
    known = {one.index for one in tracks if has_parameters(one)}
    return [one for one in tracks if index.leads(one) and known.intersection(index.numbers(one))]


def has_parameters(stream: Any) -> bool:
    """Tell whether a stream has a decoder, and is known well enough to be decoded."""
    context = stream.codec_context
    if context is None:
        return False
    return bool(context.width if stream.type == "video" else context.rate)


def has_grown(container: av.container.InputContainer) -> bool:
    """Tell whether a container that was read to its end has streams that it had not when opened.

    PyAV does not tell of them, and gives no packets of theirs. It refuses to read a stream of a
    number that there is not, which a stream of another file has here.
    """
    import av

    if not container.streams:
        return False
    packets = container.demux(_stranger(len(container.streams)))
    try:
        next(packets, None)
    except (av.error.FFmpegError, IndexError):
        return True
    except ValueError:
        return False
    return True


@functools.cache
def _stranger(number: int) -> Any:
    """Return a stream with this number, of a file that is never written."""
    import av

    nowhere = av.open(io.BytesIO(), "w", format="nut")
    *_, last = (nowhere.add_stream("pcm_s16le", rate=8000) for _ in range(number + 1))
    return last


def undecoded(container: av.container.InputContainer) -> Iterator[str]:
    """Say which tracks of pictures and sound can't be decoded, a sentence each."""
    for number, picture in enumerate(container.streams.video, start=1):
        if picture.codec_context is None:
            yield f"picture track {number} can't be decoded: not looked at"
    for number, sound in enumerate(container.streams.audio, start=1):
        if not has_parameters(sound):
            yield f"sound track {number} can't be decoded: not listened to"


def audio_stream(
    container: av.container.InputContainer, index: PacketIndex, number: int | None = None
) -> AudioStream | None:
    """Return the track with this number, else the one that players choose; None without any.

    That is the default one (mpv, VLC), else the first (browsers, which know of no default).
    """
    from av.stream import Disposition

    streams = sound_streams(container, index)
    if number is not None:
        return next((one for one in streams if number in index.numbers(one)), None)
    return max(
        streams,
        key=lambda s: (bool(s.disposition & Disposition.default), -s.index),
        default=None,
    )


def has_cover(container: av.container.InputContainer, index: PacketIndex) -> bool:
    """Tell whether a picture is attached that players show while there is no other."""
    return any(_is_cover(stream, index) for stream in container.streams.video)


def stream_facts(stream: Any, index: PacketIndex) -> Stream:
    """Return what is known of a stream: lengths by its packets, where they were read."""
    context = stream.codec_context
    base = float(stream.time_base or 0)
    timeline = index.timelines.get(stream.index)
    claimed = None if stream.duration is None else stream.duration * base
    return Stream(
        kind=_kind(stream),
        codec=context.name if context is not None else "",
        start_s=timeline.start_s if timeline else (stream.start_time or 0) * base,
        duration_s=timeline.duration_s if timeline else claimed,
        tags=dict(stream.metadata),
    )


def tracks(
    container: av.container.InputContainer, index: PacketIndex, *, judged: Collection[Any]
) -> tuple[MediaStream, ...]:
    """Name all tracks of a file for the record, and which of them are judged."""
    from av.stream import Disposition

    chosen = [stream for stream in judged if stream is not None]
    numbers = {number for stream in chosen for number in index.numbers(stream)}
    return tuple(
        MediaStream(
            index=stream.index,
            kind=_kind(stream),
            codec=stream.codec_context.name if stream.codec_context is not None else "",
            language=stream.metadata.get("language", ""),
            title=stream.metadata.get("title", ""),
            default=bool(stream.disposition & Disposition.default),
            judged=stream.index in numbers,
        )
        for stream in container.streams
    )


def _kind(stream: Any) -> Literal["video", "audio", "other"]:
    return stream.type if stream.type in ("video", "audio") else "other"


def is_still_format(container: av.container.InputContainer) -> bool:
    """Tell whether the format of the file holds one picture and no time."""
    return container.format.name in _STILL_FORMATS


def is_still(container: av.container.InputContainer, packets: int) -> bool:
    """Tell whether a file with so many packets of pictures is one picture, whatever it is called.

    A brand in the header is a claim: what has several frames or sound plays.
    """
    if is_still_format(container):
        return True
    return _is_of_stills(container) and packets <= 1 and not container.streams.audio


def _is_of_stills(container: av.container.InputContainer) -> bool:
    return container.metadata.get("major_brand", "").strip() in _STILL_BRANDS


def tiles(container: av.container.InputContainer) -> int:
    """Return of how many tiles a picture in HEIC or AVIF is made, 0 when it is one piece.

    Phones store large pictures as tiles, each a stream of its own. PyAV does not tell how they
    lie, and one tile is not the picture.
    """
    from av.stream import Disposition

    return sum(bool(one.disposition & Disposition.dependent) for one in container.streams.video)


def transparencies(container: av.container.InputContainer, index: PacketIndex) -> list[VideoStream]:
    """Return the tracks that make others of HEIC or AVIF transparent: grey, as long as those."""
    if not _is_of_stills(container):
        return []
    streams = picture_streams(container, index)
    grey = [one for one in streams if (one.pix_fmt or "").startswith("gray")]
    coloured = {index.of(one).packets for one in streams if one not in grey}
    return [one for one in grey if index.of(one).packets in coloured]


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
    """Turns the time stamps of a stream into seconds that never run backwards.

    `step` is the time from frame to frame by the rate that the header tells.
    """

    def __init__(self, stream: VideoStream) -> None:
        rate = float(stream.average_rate or 0) or 25.0
        self.step = 1 / rate
        self._last: float | None = None

    def seconds(self, raw: VideoFrame) -> float:
        """Return when a frame is shown; one without a time stamp follows the one before it."""
        units = stamp_of(raw)
        if units is not None:
            stamp = float(units * (raw.time_base or 0))
        else:
            stamp = 0.0 if self._last is None else self._last + self.step
        if self._last is not None and stamp < self._last:
            stamp = self._last
        self._last = max(stamp, 0.0)
        return self._last

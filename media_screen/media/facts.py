"""Says what a file holds, as the record of a verdict has it, and refuses what can't be shown."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from media_screen.evidence import MediaInfo
from media_screen.media.errors import MediaError, refuse_oversize
from media_screen.media.reader import Reader
from media_screen.media.source import Source
from media_screen.media.stills import Still
from media_screen.media.streams import is_still, shown_size, tiles, tracks

if TYPE_CHECKING:
    from av.video.stream import VideoStream


@dataclass(frozen=True, slots=True)
class _PictureFacts:
    """What the record says of pictures; for sound alone the defaults."""

    kind: Literal["video", "image", "audio"] = "audio"
    duration_s: float = 0.0
    width: int = 0
    height: int = 0
    fps: float = 0.0


def describe(
    reader: Reader, source: Source, *, shown: str, still: Still | None, by_pillow: bool
) -> MediaInfo:
    """Return the facts of an opened file; raises MediaError when nothing of it can be looked at.

    `still` is what Pillow makes of a picture, and with `by_pillow` it is Pillow that decodes it.
    """
    container, video, audio = reader.container, reader.video, reader.audio
    if video is None and audio is None:
        raise MediaError("the file holds neither pictures nor sound")
    length = round(reader.index.duration_s, 3)
    facts = _PictureFacts(duration_s=length)
    if video is not None:
        facts = _of_pictures(reader, source, video, still, length)
    if by_pillow and still is not None:
        kind: Literal["video", "image"] = "video" if still.animated else "image"
        facts = _PictureFacts(kind, still.duration_s, *still.size, still.fps)
    return MediaInfo(
        path=shown,
        kind=facts.kind,
        size_bytes=source.size,
        duration_s=facts.duration_s,
        width=facts.width,
        height=facts.height,
        fps=round(facts.fps, 3),
        container=container.format.name,
        video_codec=video.codec_context.name if video is not None else "",
        audio_codec=audio.codec_context.name if audio is not None else "",
        streams=tracks(container, reader.index, judged=(video, audio)),
    )


def _of_pictures(
    reader: Reader, source: Source, video: VideoStream, still: Still | None, length: float
) -> _PictureFacts:
    refuse_oversize(*_coded_size(reader, source, video))
    width, height = shown_size(video)
    if not is_still(reader.container, reader.index.of(video).packets):
        fps = float(video.average_rate or video.base_rate or 0)
        return _PictureFacts("video", length, width, height, fps)
    if tiles(reader.container) and still is None:
        raise MediaError(
            f"a HEIC picture of {tiles(reader.container)} tiles, which can't be joined here: "
            "convert it to JPEG or PNG"
        )
    return _PictureFacts("image", 0.0, width, height)


def _coded_size(reader: Reader, source: Source, video: VideoStream) -> tuple[int, int]:
    """Return the size before any pixel is decoded; FFmpeg keeps it back for a large PNG."""
    width, height = video.codec_context.width, video.codec_context.height
    if not width and reader.container.format.name == "png_pipe":
        with source.open() as file:
            header = file.read(24)  # signature, then IHDR: width and height, big-endian
        width, height = struct.unpack(">II", header[16:24]) if len(header) == 24 else (0, 0)
    return width, height

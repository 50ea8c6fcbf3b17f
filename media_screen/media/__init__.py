"""Opens videos, pictures and sound with PyAV and gives their frames and samples by time.

This is the only module that decodes and the only one that knows of packets, time bases and frame
numbers: everything it gives carries seconds, counted from the start of the file. Memory is bounded
by one frame or one window, never by the length of the file.

The container is recognised by content, never by name, and only formats that hold their own media
are allowed: a playlist renamed to `.mp4` can't make the decoder open other files or the network.
"""

from __future__ import annotations

import contextlib
import logging
import stat
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Literal

from media_screen.evidence import MediaInfo, Span
from media_screen.media.balance import Balance
from media_screen.media.convert import Orientation, orientation, shown
from media_screen.media.errors import MAX_PIXELS, MediaError, refuse_oversize
from media_screen.media.sound import AUDIO_BLOCK, SAMPLE_RATE, Block, Mix, blocks
from media_screen.media.stills import Still
from media_screen.media.streams import (
    Clock,
    Stream,
    audio_stream,
    duration,
    has_cover,
    is_still,
    layers,
    origin,
    pixel_ratio,
    shown_size,
    stream_facts,
    tiles,
    video_stream,
)
from media_screen.weights import sha256_of

if TYPE_CHECKING:
    import av.container
    import numpy as np
    from av.audio.stream import AudioStream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

__all__ = [
    "SAMPLE_RATE",
    "Balance",
    "Block",
    "Frame",
    "Media",
    "MediaError",
    "Mix",
    "Stream",
    "identify",
    "shown_path",
]

# s; where key frames are farther apart than twice this, frames between them are decoded too.
SURVEY_GAP = 5.0
# s; of key frames closer than this the later is not decoded: some codecs have nothing but them.
MIN_GAP = 0.5
# Moments of so many seconds by which the phases of both sides are compared.
_PROBES, _PROBE_S = 8, 3.0
_MAX_BAD_PACKETS = 500  # consecutive undecodable packets after which the rest is given up
_SEEK_BACK = (0.0, 2.0, 20.0)  # s; how much earlier to try when a seek lands after its target
_ROUNDING = 1e-3  # s; containers round time stamps to their time base
# s between the two views of one transparent picture, over white and over black.
_VIEW_STEP = 2e-3
_READ_BUFFER = 1 << 20  # bytes; PyAV's 32 KiB cost a Python call each

_JPEG = b"\xff\xd8\xff"  # how each JPEG begins
# Formats that carry their own streams. Absent on purpose: hls, dash, concat, image2, lavfi, and
# whatever else opens further files that the input names.
_FORMATS = (
    "mov,matroska,avi,flv,live_flv,mpegts,mpeg,mpegvideo,asf,rm,mxf,ivf,dv,nut,mp3,wav,w64,flac,ogg,aac,ac3,eac3,amr,"
    "aiff,caf,gif,apng,jpeg_pipe,png_pipe,webp_pipe,bmp_pipe,tiff_pipe,jpegxl_pipe"
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture: RGB, uint8, height x width x 3, upright, with square pixels.

    A transparent picture gives two frames, one after the other: `view` is 0 over white and 1 over
    black.
    """

    time_s: float
    image: np.ndarray
    view: int = 0


class _Nameless:
    """A file without a name, so that FFmpeg judges the format by content alone."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.read, self.seek, self.tell = stream.read, stream.seek, stream.tell
        self.close = stream.close


class Media:
    """An opened media file. Use `with Media.open(path) as media`.

    Attributes: `info` (facts for the record), `streams`, `tags` (of the container, untrusted),
    `bad_packets`, the number of packets and frames that could not be decoded so far, and `turns`,
    by how many quarter turns counterclockwise pictures are given beyond what the file asks for.
    """

    def __init__(self, path: Path, *, shown: str | None = None, threads: int = 0) -> None:
        self.path = path
        self.bad_packets = 0
        self.turns = 0
        self._turned = False
        self._threads = threads
        self._files: list[IO[bytes]] = []
        self._container = self._open()
        try:
            self._read_head(shown_path(path) if shown is None else shown)
        except BaseException:
            self.close()  # and not when the garbage collector comes by
            raise

    def _read_head(self, shown: str) -> None:
        self._video = video_stream(self._container)
        self._audio = audio_stream(self._container)
        self._origin = origin(self._container)
        self._ratio = pixel_ratio(self._video.sample_aspect_ratio) if self._video else 1.0
        still = self._video is not None and is_still(self._container, self._video)
        self._still = Still.read(self.path) if still else None  # what Pillow makes of it
        self._way = self._still.way if self._still else None  # else each frame tells
        self.tags: Mapping[str, str] = dict(self._container.metadata)
        self.streams = tuple(stream_facts(stream) for stream in self._container.streams)
        self.info = self._describe(shown)

    @classmethod
    def open(cls, path: Path | str, *, shown: str | None = None, threads: int = 0) -> Media:
        """Open a file; raises MediaError with the reason when it is no readable media.

        `shown` is the path to put in the record (default: the path itself); `threads` is the
        number of decoder threads (0: as many as there are cores).
        """
        return cls(Path(path), shown=shown, threads=threads)

    def __enter__(self) -> Media:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; the frames that were given stay valid."""
        self._container.close()
        for file in self._files:
            file.close()

    # --- pictures ----------------------------------------------------------------------------

    def survey(self, *, gap_s: float = SURVEY_GAP) -> Iterator[Frame]:
        """Give the key frames, and frames between them where they are over 2 x `gap_s` apart.

        Decoding key frames only is about ten times cheaper than decoding all. A picture gives
        its one frame. Raises MediaError when there are pictures but none can be decoded.
        """
        if self._video is None:
            return
        if (still := self._pillow) is not None:
            yield from self._pictures(still, Span(0.0, still.duration_s + 1), MIN_GAP)
            return
        count, last = 0, 0.0
        end = self.info.duration_s
        for frame in self._key_frames_again():
            if frame.time_s - last > 2 * gap_s:
                yield from self._between(last + gap_s, frame.time_s - gap_s / 2, gap_s)
            yield frame
            count, last = count + 1, frame.time_s
        if self.info.kind == "video" and end - last > 2 * gap_s:
            for frame in self._between(last + gap_s, end, gap_s):
                yield frame
                count += 1
        if count == 0:
            # Some streams never mark a key frame (intra refresh, cut recordings): take what comes.
            for frame in self.window(Span(0.0, max(end, gap_s)), fps=1 / gap_s):
                yield frame
                count += 1
        if count == 0:
            raise MediaError(
                "the file has a picture stream, but not one frame of it can be decoded: "
                f"damaged, cut off, or over {MAX_PIXELS:,} px"
            )

    def window(self, span: Span, *, fps: float | None = None) -> Iterator[Frame]:
        """Give the frames of a span of time, all of them or about `fps` a second."""
        if self._video is None:
            return
        if (still := self._pillow) is not None:
            yield from self._pictures(still, span, 1 / fps if fps else 0.0)
            return
        with self._again() as other:
            yield from other._dense(span, fps)

    def _between(self, start: float, end: float, gap_s: float) -> Iterator[Frame]:
        if end > start:
            yield from self.window(Span(start, end), fps=1 / gap_s)

    def _key_frames_again(self) -> Iterator[Frame]:
        with self._again() as other:
            for frame in other._key_frames():
                if other._turned and not self._turned:
                    # Only a frame tells that the picture is shown turned on its side.
                    self._turned = True
                    width, height = self.info.height, self.info.width
                    self.info = replace(self.info, width=width, height=height)
                yield frame

    def _key_frames(self) -> Iterator[Frame]:
        stream = self._video
        assert stream is not None
        stream.codec_context.skip_frame = "NONKEY"
        clock = Clock(stream, self._origin)
        for raw in self._decode(stream, key_only=True):
            self._turned = self._lies(raw).sideways
            yield from self._views(raw, clock.seconds(raw))

    def _dense(self, span: Span, fps: float | None) -> Iterator[Frame]:
        stream = self._video
        assert stream is not None
        clock = Clock(stream, self._origin)
        due = span.start
        for raw in self._decode_from("video", span.start):
            time_s = clock.seconds(raw)
            if time_s >= span.end:
                return
            if time_s < span.start - _ROUNDING or (fps and time_s < due - _ROUNDING):
                continue
            while fps and due <= time_s + _ROUNDING:
                due += 1 / fps
            yield from self._views(raw, time_s)

    def _pictures(self, still: Still, span: Span, step: float) -> Iterator[Frame]:
        """Give the frames that Pillow decodes, one each `step` seconds or all of them."""
        due = span.start
        for time_s, images in still.frames(turns=self.turns):
            if time_s >= span.end:
                return
            if time_s < due - _ROUNDING:
                continue
            due = time_s + step
            for view, image in enumerate(images):
                yield Frame(time_s + view * _VIEW_STEP, image, view)

    def _views(self, raw: VideoFrame, time_s: float) -> Iterator[Frame]:
        """Give a frame as it is seen: two views where it is transparent, none when broken."""
        try:
            images = shown(raw, self._ratio, way=self._lies(raw), turns=self.turns)
        except MediaError as error:
            self.bad_packets += 1
            _log.info("%s: at %.3f s: %s", self.info.path, time_s, error)
            return
        for view, image in enumerate(images):
            yield Frame(time_s + view * _VIEW_STEP, image, view)

    def _lies(self, raw: VideoFrame) -> Orientation:
        """Return how a frame is to be shown: as the still says, else as the frame does."""
        assert self._video is not None
        return self._way or orientation(raw, self._video.codec_context.name)

    def unseen(self) -> Iterator[str]:
        """Say, a sentence each, which pictures of the file are not given."""
        if self._still is not None:
            yield from self._still.unseen()
        if has_cover(self._container):
            yield "the cover picture was not looked at"
        if self._video is not None and self._video.metadata.get("alpha_mode") == "1":
            yield "the video is transparent in browsers: it was looked at without its transparency"
        if self.info.kind == "image" and self._pillow is None and layers(self._container) > 1:
            yield "the picture has a second layer, such as its transparency, that was not looked at"

    # --- sound -------------------------------------------------------------------------------

    def sound(self, span: Span | None = None, *, block_s: float = AUDIO_BLOCK) -> Iterator[Block]:
        """Give the sound of a span, by default all of it, in blocks of two sides (one for mono)."""
        if self._audio is None:
            return
        start, end = (0.0, None) if span is None else (span.start, span.end)
        with self._again() as other:
            frames = other._decode_from("audio", start)
            yield from blocks(frames, origin=other._origin, span=(start, end), block_s=block_s)

    @cached_property
    def mix(self) -> Mix:
        """How the sides are heard by default, by some moments of the whole file.

        That is both together, unless they are in opposite phase and would cancel each other.
        """
        balance = Balance()
        if self._audio is not None and self._audio.codec_context.layout.nb_channels != 1:
            length = self.info.duration_s
            count = _PROBES if length > _PROBES * _PROBE_S else 1
            for number in range(count):
                start = number * length / count
                for block in self.sound(Span(start, start + _PROBES * _PROBE_S / count)):
                    balance.add(block)
        return balance.mix

    def audio_blocks(
        self, *, mix: Mix | None = None, block_s: float = AUDIO_BLOCK
    ) -> Iterator[tuple[float, np.ndarray]]:
        """Give (start in s, samples) blocks of the whole sound: float32, mono, 16 kHz.

        Samples are -1 to 1, and up to 1.41 where both sides are at full scale: clipping them would
        be heard by networks, and by no listener. `mix` is that of the file by default.
        """
        for block in self.sound(block_s=block_s):
            yield block.start_s, (mix or self.mix).of(block.sides)

    def audio(self, span: Span, *, mix: Mix | None = None) -> np.ndarray:
        """Return the samples of a span, as `audio_blocks` does; empty when there is no sound."""
        import numpy as np

        heard = [(mix or self.mix).of(block.sides) for block in self.sound(span)]
        return np.concatenate(heard) if heard else np.zeros(0, np.float32)

    # --- inside ------------------------------------------------------------------------------

    @property
    def _pillow(self) -> Still | None:
        """The still to decode with Pillow: what FFmpeg gives of it is a part, or nothing."""
        still = self._still
        if still is None or not (still.animated or layers(self._container) > 1):
            return None
        return still

    @contextlib.contextmanager
    def _again(self) -> Iterator[Media]:
        """Open the file a second time: each pass has its own place in it and its own decoders."""
        with Media(self.path, shown=self.info.path, threads=self._threads) as other:
            other.turns = self.turns
            try:
                yield other
            finally:
                self.bad_packets += other.bad_packets

    def _open(self) -> av.container.InputContainer:
        import av

        try:
            _refuse_special(self.path)
            file = self.path.open("rb")
        except OSError as error:
            raise MediaError(f"the file can't be opened: {error.strerror or error}") from error
        self._files.append(file)
        try:
            if file.seek(0, 2) == 0:
                raise MediaError("the file is empty (0 bytes)")
            file.seek(0)
            jpeg = file.read(len(_JPEG)) == _JPEG
            file.seek(0)
            container = av.open(
                _Nameless(file),
                "r",
                # Several pictures in one file would be taken for a film; viewers show the first.
                format="jpeg_pipe" if jpeg else None,
                container_options={"format_whitelist": _FORMATS},
                metadata_errors="replace",
                buffer_size=_READ_BUFFER,
            )
        except (av.error.FFmpegError, OSError, ValueError, OverflowError) as error:
            file.close()
            why = "not a media file, or one that is damaged or of a format that is not supported"
            raise MediaError(f"{why} ({_short(error)})") from error
        except BaseException:
            file.close()
            raise
        return container

    def _coded_size(self, video: VideoStream) -> tuple[int, int]:
        """Return the size before any pixel is decoded; FFmpeg keeps it back for a large PNG."""
        width, height = video.codec_context.width, video.codec_context.height
        if not width and self._container.format.name == "png_pipe":
            with self.path.open("rb") as file:
                header = file.read(24)  # signature, then IHDR: width and height, big-endian
            width, height = struct.unpack(">II", header[16:24]) if len(header) == 24 else (0, 0)
        return width, height

    def _seek(self, stream: VideoStream | AudioStream, start: float) -> None:
        import av

        assert stream.time_base is not None
        # Not seekable: decoding starts where it stands and skips, slower but right.
        with contextlib.suppress(av.error.FFmpegError):
            self._container.seek(
                int((max(start, 0.0) + self._origin) / stream.time_base),
                stream=stream,
                backward=True,
            )

    def _decode_from(self, kind: Literal["video", "audio"], start: float) -> Iterator[Any]:
        """Decode from a point at or before `start`, even where seeking overshoots (TS, MPEG-PS)."""
        for back in _SEEK_BACK:
            if start - back <= 0:
                break
            stream = self._stream(kind)
            self._seek(stream, start - back)
            frames = self._decode(stream)
            first = next(frames, None)
            landed = None if first is None or first.time is None else first.time - self._origin
            if landed is not None and landed <= start:
                yield first
                yield from frames
                return
        # No seek landed: a fresh start from the beginning is slower and always right.
        self._rewind()
        yield from self._decode(self._stream(kind))

    def _stream(self, kind: Literal["video", "audio"]) -> Any:
        return self._video if kind == "video" else self._audio

    def _rewind(self) -> None:
        """Open the container anew; streams of the old one must not be touched after this."""
        self._container.close()
        self._container = self._open()
        self._video = video_stream(self._container)
        self._audio = audio_stream(self._container)

    def _decode(self, stream: Any, *, key_only: bool = False) -> Iterator[Any]:
        """Decode a stream, stepping over packets that are broken."""
        import av

        context = stream.codec_context
        if not context.is_open:
            stream.thread_type = "AUTO"
            context.thread_count = self._threads
            if stream.type == "video":
                context.options = {"max_pixels": str(MAX_PIXELS)}
        bad, last_key = 0, -MIN_GAP
        for packet in self._packets(stream):
            if key_only and packet.size:  # the empty packet at the end flushes the decoder
                stamp = None if packet.pts is None else float(packet.pts * packet.time_base)
                if not packet.is_keyframe or (stamp is not None and stamp - last_key < MIN_GAP):
                    continue
                last_key = last_key if stamp is None else stamp
            try:
                frames = packet.decode()
            except (av.error.FFmpegError, ValueError, OverflowError):
                frames, bad = [], bad + 1
            else:
                bad = 0
            self.bad_packets += bool(bad)
            if bad > _MAX_BAD_PACKETS:
                _log.warning("%s: gave up after %d undecodable packets", self.info.path, bad)
                return
            yield from frames

    def _packets(self, stream: Any) -> Iterator[Any]:
        import av

        packets = self._container.demux(stream)
        while True:
            try:
                packet = next(packets)
            except (StopIteration, EOFError):
                return
            except (av.error.FFmpegError, OSError, ValueError, OverflowError):
                # The demuxer lost its place; what came before counts.
                self.bad_packets += 1
                return
            yield packet

    def _describe(self, shown: str) -> MediaInfo:
        container, video, audio = self._container, self._video, self._audio
        if video is None and audio is None:
            raise MediaError("the file holds neither pictures nor sound")
        kind: Literal["video", "image", "audio"] = "audio"
        width = height = 0
        fps = 0.0
        if video is not None:
            refuse_oversize(*self._coded_size(video))
            kind = "image" if is_still(container, video) else "video"
            if kind == "image" and tiles(container) and self._still is None:
                raise MediaError(
                    f"a HEIC picture of {tiles(container)} tiles, which can't be joined here: "
                    "convert it to JPEG or PNG"
                )
            width, height = shown_size(video)
            fps = 0.0 if kind == "image" else float(video.average_rate or video.base_rate or 0)
        length = 0.0 if kind == "image" else duration(container)
        if (still := self._pillow) is not None:
            kind, length = ("video" if still.animated else "image"), still.duration_s
            (width, height), fps = still.size, still.fps
        return MediaInfo(
            path=shown,
            kind=kind,
            size_bytes=self.path.stat().st_size,
            duration_s=length,
            width=width,
            height=height,
            fps=round(fps, 3),
            container=container.format.name,
            video_codec=video.codec_context.name if video is not None else "",
            audio_codec=audio.codec_context.name if audio is not None else "",
        )


def identify(path: Path) -> tuple[str, int]:
    """Return (SHA-256 in hex, size in bytes) of a file; raises MediaError when it can't be read."""
    try:
        _refuse_special(path)
        return sha256_of(path), path.stat().st_size
    except OSError as error:
        raise MediaError(f"the file can't be opened: {error.strerror or error}") from error


def shown_path(path: Path) -> str:
    """Return a path as text that any JSON reader accepts: undecodable bytes become `\\xNN`."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _refuse_special(path: Path) -> None:
    """Refuse folders, pipes and devices: opening a pipe waits for a writer that never comes."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise MediaError("it is not a regular file")


def _short(error: BaseException) -> str:
    """Return the message of an FFmpeg error without the file name that PyAV puts into it."""
    return str(getattr(error, "strerror", None) or error)[:200]

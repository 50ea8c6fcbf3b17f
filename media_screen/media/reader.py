"""Opens a file and decodes its packets from any point on; their times are seconds of the file.

The container is recognised by content, never by name, and only formats that hold their own media
are allowed: a playlist renamed to `.mp4` can't make the decoder open other files or the network.
"""

from __future__ import annotations

import contextlib
import heapq
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Literal

from media_screen.media import index, moments
from media_screen.media.errors import MAX_PIXELS, MediaError
from media_screen.media.index import PacketIndex, stamp_of
from media_screen.media.moments import ROUNDING as ROUNDING
from media_screen.media.moments import Shown
from media_screen.media.png import is_animated
from media_screen.media.sound import SAMPLE_RATE, is_rate
from media_screen.media.source import Source
from media_screen.media.streams import (
    Clock,
    audio_stream,
    has_grown,
    has_parameters,
    is_still_format,
    video_stream,
)

if TYPE_CHECKING:
    import av.container
    from av.audio.stream import AudioStream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_MAX_BAD_PACKETS = 500  # consecutive undecodable packets after which the rest is given up
# Failures to read a packet after which the rest is given up: players try again, too.
_MAX_BAD_READS = 10
_SEEK_BACK = (0.0, 2.0, 20.0)  # s; how much earlier to try when a seek lands after its target
SOUND_RUN_UP = 1.0  # s of sound that a decoder is given before what is wanted of it
# Bytes that are read at once. In a file whose sound lies apart from its picture the reader jumps to
# and fro, and reads most of this in vain: with 1 MiB the packets alone took six times as long.
_READ_BUFFER = 1 << 16

_PROBE = 5_000_000  # bytes that FFmpeg reads, by itself, to know the streams of a file
_UNKEPT = "nobuffer"  # for FFmpeg: what it reads for that is not kept in memory
_GEN_PTS = 1  # FFmpeg's flag: without it, some packets of such a file have no time stamps
_LONGEST_PROBE = 10**12  # microseconds, which is eleven days: what is to be read says the size

_HEAD = 16  # bytes by which these are known
_JPEG = b"\xff\xd8\xff"  # how each JPEG begins
_JPEG_XL = (b"\xff\x0a", b"\0\0\0\x0cJXL ")  # and each JPEG XL, which nothing here decodes
_OF_JPEG, _OF_ANIMATION = "jpeg_pipe", "apng"
# Formats that carry their own streams. Absent on purpose: hls, dash, concat, image2, lavfi, and
# whatever else opens further files that the input names.
_FORMATS = (
    "mov,matroska,avi,flv,live_flv,mpegts,mpeg,mpegvideo,asf,rm,mxf,ivf,dv,nut,mp3,wav,w64,flac,ogg,aac,ac3,eac3,amr,"
    "aiff,au,caf,tta,wv,gif,apng,jpeg_pipe,png_pipe,webp_pipe,bmp_pipe,tiff_pipe"
)

_log = logging.getLogger(__name__)


class _Nameless:
    """A file without a name, so that FFmpeg judges the format by content alone."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.read, self.seek, self.tell = stream.read, stream.seek, stream.tell
        self.close = stream.close


class Reader:
    """An open file with its own place in it and its own decoders.

    `index` is what a pass over the packets found (read when it is not given), `picture` the number
    of the picture stream to decode (default: the one that players show), `sound` that of the sound
    (default: the one that they play), `missed` the moments that were asked for and could not be
    decoded.
    """

    def __init__(
        self,
        source: Source,
        *,
        threads: int = 0,
        index: PacketIndex | None = None,
        picture: int | None = None,
        sound: int | None = None,
    ) -> None:
        self._source = source
        self.bad_packets = 0
        self.missed: list[float] = []
        self._threads = threads
        self._picture, self._sound = picture, sound
        self._files: list[IO[bytes]] = []
        self.index = PacketIndex({}) if index is None else index
        self._probe = self.index.probe
        self._start()
        try:
            if index is None:
                self.index = self._indexed()
                self._choose()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file; the frames that were given stay valid."""
        self.container.close()
        for file in self._files:
            file.close()

    # --- frames ------------------------------------------------------------------------------

    def keys(self, wanted: Mapping[int, float]) -> Iterator[Shown]:
        """Decode the key frames whose time stamps are wanted, each with how long it is shown."""
        stream = self.video
        assert stream is not None
        for part in self.parts("video"):
            part.codec_context.skip_frame = "NONKEY"
        clock, base = Clock(stream), float(stream.time_base or 0)
        left = set(wanted)
        for raw in self._decode(stream, keys=wanted):
            time_s, stamp = clock.seconds(raw), stamp_of(raw)
            end = time_s
            if stamp in left:
                left.remove(stamp)
                end += wanted[stamp]
            yield Shown(raw, time_s, end, end)
        self.missed += [stamp * base for stamp in left]

    def frames_at(self, wanted: Sequence[float]) -> Iterator[Shown]:
        """Give each frame that is on the screen at one of the moments (in order of time), once."""
        for group in moments.grouped(wanted, self.index.of(self.video)):
            due = list(reversed(group))
            for one in self.shown(group[0]):
                hit = False
                while due and due[-1] < one.end_s - ROUNDING:
                    moment = due.pop()
                    here = one.start_s - ROUNDING <= moment < one.stands_until_s
                    hit |= here
                    if not here:
                        self.missed.append(moment)
                if hit:
                    yield one
                if not due:
                    break
            self.missed += reversed(due)

    def shown(self, start: float) -> Iterator[Shown]:
        """Decode frames from a point at or before `start`, each with the time it is shown."""
        stream = self.video
        assert stream is not None
        # Asked for now: where it is decoded from the beginning, the container is opened anew, and
        # the stream of the old one is gone.
        end_s = self.index.of(stream).end_s
        clock, base = Clock(stream), float(stream.time_base or 0)
        promised: list[int] = []
        held: tuple[VideoFrame, float] | None = None
        for raw in self.decode_from("video", start, promised=promised):
            time_s = clock.seconds(raw)
            if held is not None:
                lost = _first_lost(promised, base, held[1], time_s)
                yield Shown(held[0], held[1], time_s, lost)
            held = raw, time_s
        if held is not None:
            # Where no packet tells, the last picture is shown in any case.
            end = end_s if end_s > held[1] else held[1] + clock.step
            yield Shown(held[0], held[1], end, _first_lost(promised, base, held[1], end))

    def decode_from(
        self,
        kind: Literal["video", "audio"],
        start: float,
        *,
        promised: list[int] | None = None,
    ) -> Iterator[Any]:
        """Decode from a point at or before `start`, even where seeking overshoots (TS, MPEG-PS).

        The time stamps of what comes count from the start of the file. `promised` is filled with
        those of the packets that are decoded.
        """
        timeline = self.index.of(self._stream(kind))
        for back in () if timeline.jumps else _SEEK_BACK:
            if start - back <= timeline.start_s:
                break
            stream = self._stream(kind)
            self._seek(self._playing(kind, start - back), start - back)
            frames = self._decode(stream, promised=promised)
            first = next(frames, None)
            landed = None if first is None else _time_of(first)
            if landed is not None and landed <= start + ROUNDING:
                yield first
                yield from frames
                return
            if promised is not None:
                promised.clear()
        # No seek landed: a fresh pass from the beginning that decodes from the last key frame on.
        if not self._fresh:
            self._rewind()
        yield from self._decode(
            self._stream(kind), since=self._run_up(kind, start), promised=promised
        )

    # --- inside ------------------------------------------------------------------------------

    def _start(self) -> None:
        self.container = self._open()
        self._fresh = True  # nothing was read of it
        self._choose()

    def _choose(self) -> None:
        self.video: VideoStream | None = video_stream(self.container, self.index, self._picture)
        self.audio: AudioStream | None = audio_stream(self.container, self.index, self._sound)

    def _rewind(self) -> None:
        """Open the container anew; streams of the old one must not be touched after this."""
        self.container.close()
        self._start()

    def _indexed(self) -> PacketIndex:
        """Read all packets once; a picture of its own format has no time.

        They are read again where not all streams were known, or where several are parts of one.
        """
        if is_still_format(self.container):
            return PacketIndex({})
        found = self._read_packets()
        if self._lacks_streams(found):
            found = self._read_farther(found)
        if found.parts:
            self._rewind()
            whole = self._read_packets(parts=found.parts)
            found = replace(whole, probe=found.probe, hidden=found.hidden)
        self.bad_packets = 0  # told by the pass that decodes
        if found.timelines:
            self._rewind()
        return found

    def _read_packets(self, *, parts: Sequence[tuple[int, ...]] = ()) -> PacketIndex:
        """Read all packets once, as those of the streams that are known."""
        played = [one for one in self.container.streams if one.type in ("video", "audio")]
        if not played:
            return PacketIndex({})
        start, name = self.container.start_time, self.container.format.name
        return index.read(
            index.in_order(self._demux(*played), parts),
            sent=name in index.SENT_FORMATS,
            start_s=None if start is None else start / 1_000_000,
            growing=name in index.GROWING_FORMATS and not parts,
            parts=parts,
        )

    def _lacks_streams(self, found: PacketIndex) -> bool:
        """Tell whether streams play that are not known, or not well enough to be decoded."""
        if self.container.format.name not in index.GROWING_FORMATS:
            return False
        return not found.timelines or bool(self._unknown(found)) or has_grown(self.container)

    def _unknown(self, found: PacketIndex) -> list[int]:
        """Return the numbers of streams that have packets, and a decoder without parameters."""
        return [
            one.index
            for one in self.container.streams
            if one.index in found.timelines
            and one.codec_context is not None
            and not has_parameters(one)
        ]

    def _read_farther(self, before: PacketIndex) -> PacketIndex:
        """Read the packets with all streams known that are in the file, wherever they begin.

        Where no more is known then, the file is opened as usual further on.
        """
        known = len(self.container.streams), self._unknown(before)
        self._probe = self._source.size
        self._rewind()
        found = self._read_packets()
        hidden = has_grown(self.container)
        if known == (len(self.container.streams), self._unknown(found)):
            self._probe = 0
            return replace(before, hidden=hidden)
        begins = [one.byte for one in found.begins.values()]
        if None not in begins:
            self._probe = min(self._probe, max(one or 0 for one in begins) + _PROBE)
        return replace(found, probe=self._probe, hidden=hidden)

    def _stream(self, kind: Literal["video", "audio"]) -> Any:
        return self.video if kind == "video" else self.audio

    def parts(self, kind: Literal["video", "audio"]) -> list[Any]:
        """Return the streams that are looked at or listened to, one after the other, as one."""
        stream = self._stream(kind)
        numbers = () if stream is None else self.index.numbers(stream)
        return [self.container.streams[number] for number in numbers]

    def _playing(self, kind: Literal["video", "audio"], time_s: float) -> Any:
        """Return the part that began last at a time."""
        parts, begins = self.parts(kind), self.index.begins
        begun = [one for one in parts if one.index in begins and begins[one.index].time_s <= time_s]
        return begun[-1] if begun else parts[0]

    def _run_up(self, kind: Literal["video", "audio"], start: float) -> float:
        if kind == "audio":
            return start - SOUND_RUN_UP
        key = self.index.of(self.video).key_before(start + ROUNDING)
        return 0.0 if key is None else key.time_s

    def _open(self) -> av.container.InputContainer:
        import av

        file = self._source.open()
        self._files.append(file)
        head = b""
        try:
            head = file.read(_HEAD)
            if not head:
                raise MediaError("the file is empty (0 bytes)")
            container = av.open(
                _Nameless(file),
                "r",
                format=_format_of(head, file),
                container_options={"format_whitelist": _FORMATS, **_probing(self._probe)},
                metadata_errors="replace",
                buffer_size=_READ_BUFFER,
            )
            if self._probe:  # what was read to know the streams is not kept
                container.seek(0, unsupported_byte_offset=True)
                container.flags |= _GEN_PTS
        except (av.error.FFmpegError, OSError, ValueError, OverflowError) as error:
            file.close()
            raise MediaError(_refusal(head, error)) from error
        except BaseException:
            file.close()
            raise
        return container

    def _seek(self, stream: VideoStream | AudioStream, start: float) -> None:
        import av

        assert stream.time_base is not None
        self._fresh = False
        # Not seekable: decoding starts where it stands and skips, slower but right.
        with contextlib.suppress(av.error.FFmpegError, OverflowError):
            self.container.seek(
                int((max(start, 0.0) + self.index.origin_s) / stream.time_base),
                stream=stream,
                backward=True,
            )

    def _decode(
        self,
        stream: Any,
        *,
        keys: Collection[int] | None = None,
        since: float | None = None,
        promised: list[int] | None = None,
    ) -> Iterator[Any]:
        """Decode a stream, stepping over packets that are broken.

        With `keys` only those are decoded; before the first one at `since` nothing is.
        """
        import av

        for part in self.parts(stream.type):
            self._open_decoder(part)
        bad, begun = 0, since is None or since <= 0
        playing: Any = None  # the part whose packets are decoded
        for packet in self._packets(stream):
            stamp = stamp_of(packet)
            if packet.size:
                if keys is not None and stamp not in keys:
                    continue
                begun = begun or (packet.is_keyframe and _reaches(packet, stamp, since))
                if not begun:
                    continue
                if promised is not None and stamp is not None and not packet.is_discard:
                    heapq.heappush(promised, stamp)
                if playing is not None and playing is not packet.stream:
                    yield from _drained(playing)
                playing = packet.stream
            elif playing is not packet.stream:
                continue  # the empty packet at the end flushes the decoder, which has nothing
            try:
                frames = packet.decode()
            except (av.error.FFmpegError, ValueError, OverflowError):
                frames = None
            if frames is None or not _possible(frames):
                frames, bad = [], bad + 1
            else:
                bad = 0
            self.bad_packets += bool(bad)
            if bad > _MAX_BAD_PACKETS:
                _log.warning(
                    "%s: gave up after %d undecodable packets", self._source.path.name, bad
                )
                return
            yield from frames

    def _open_decoder(self, stream: Any) -> None:
        context = stream.codec_context
        if not context.is_open:
            stream.thread_type = "AUTO"
            context.thread_count = self._threads
            if stream.type == "video":
                context.options = {"max_pixels": str(MAX_PIXELS)}

    def _packets(self, stream: Any) -> Iterator[Any]:
        """Give the packets of a stream with time stamps that count from the start of the file.

        Those of its parts are packets of it.
        """
        moves = self.index.of(stream).moves
        place = 0
        # After a seek packets are not counted right: then there is one move alone.
        packets = index.in_order(self._demux(*self.parts(stream.type)), self.index.parts)
        for number, packet in enumerate(packets):
            while place + 1 < len(moves) and number >= moves[place + 1][0]:
                place += 1
            if packet.pts is not None:
                packet.pts += moves[place][1]
            if packet.dts is not None:
                packet.dts += moves[place][1]
            yield packet

    def _demux(self, *streams: Any) -> Iterator[Any]:
        import av

        self._fresh = False
        packets = self.container.demux(*streams)
        failed = 0
        while True:
            try:
                packet = next(packets)
            except (StopIteration, EOFError, IndexError):
                # IndexError comes at the end, of streams that PyAV did not know when it opened.
                return
            except (av.error.FFmpegError, OSError, ValueError, OverflowError):
                # The demuxer lost its place; what comes after counts, if it finds any.
                self.bad_packets += 1
                failed += 1
                if failed > _MAX_BAD_READS:
                    return
                packets = self.container.demux(*streams)
                continue
            yield packet


def _probing(size: int) -> dict[str, str]:
    """Return options with which so many bytes are read before the streams count as known."""
    if not size:
        return {}
    return {
        "probesize": str(max(size, _PROBE)),
        "analyzeduration": str(_LONGEST_PROBE),
        "scan_all_pmts": "1",  # else the streams of the first tables are enough
        "fflags": _UNKEPT,
    }


def _format_of(head: bytes, file: BinaryIO) -> str | None:
    """Return the format of a file that FFmpeg would take for another one, else None."""
    # Several pictures in one file would be taken for a film; viewers show the first.
    found = _OF_JPEG if head.startswith(_JPEG) else _OF_ANIMATION if is_animated(file) else None
    file.seek(0)
    return found


def _refusal(head: bytes, error: BaseException) -> str:
    """Return why a file that can't be opened is refused; `head` is how it begins."""
    if head.startswith(_JPEG_XL):
        return "a JPEG XL picture, which can't be decoded here: convert it to JPEG or PNG"
    why = "not a media file, or one that is damaged or of a format that is not supported"
    return f"{why} ({_short(error)})"


def _drained(stream: Any) -> Iterator[Any]:
    """Give the frames that a decoder holds back, and make it ready to begin anew."""
    import av

    frames: list[Any] = []
    with contextlib.suppress(av.error.FFmpegError, ValueError, OverflowError):
        frames = stream.codec_context.decode(None)
    stream.codec_context.flush_buffers()
    for frame in frames if _possible(frames) else ():
        frame.time_base = stream.time_base  # which only frames of a packet are given
        yield frame


def _possible(frames: Sequence[Any]) -> bool:
    """Tell whether frames of sound have a rate that sound can have."""
    return all(is_rate(getattr(raw, "sample_rate", SAMPLE_RATE)) for raw in frames)


def _reaches(packet: Any, stamp: int | None, since: float | None) -> bool:
    return stamp is None or since is None or float(stamp * packet.time_base) >= since - ROUNDING


def _time_of(raw: Any) -> float | None:
    stamp = stamp_of(raw)
    return None if stamp is None else float(stamp * raw.time_base)


def _first_lost(promised: list[int], base: float, after: float, before: float) -> float:
    """Return when the first packet between two frames was to be shown, `before` for none."""
    while promised and promised[0] * base <= after + ROUNDING:
        heapq.heappop(promised)
    if promised and promised[0] * base < before - ROUNDING:
        return promised[0] * base
    return before


def _short(error: BaseException) -> str:
    """Return the message of an FFmpeg error without the file name that PyAV puts into it."""
    return str(getattr(error, "strerror", None) or error)[:200]

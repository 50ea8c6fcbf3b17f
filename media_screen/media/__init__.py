"""Opens videos, pictures and sound with PyAV and gives their frames and samples by time.

This is the only package that decodes and the only one that knows of packets, time bases and frame
numbers: everything it gives carries seconds, counted from the start of the file. Memory is bounded
by one frame, one window, or two minutes of sound, never by the length of the file.

`index` measures what a file holds and when it plays, `moments` chooses when to look, `reader` opens
and decodes, `streams` knows the tracks, `convert` makes arrays of frames and sound, `facts` says
what is in the file.
"""

from __future__ import annotations

import contextlib
import heapq
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from media_screen.evidence import Span
from media_screen.media import moments
from media_screen.media.balance import Balance
from media_screen.media.convert import (
    MAX_SIDE,
    SMALL_SIDE,
    Orientation,
    is_alike,
    orientation,
    scaled_down,
    shown,
)
from media_screen.media.errors import MAX_PIXELS, MediaError
from media_screen.media.facts import describe
from media_screen.media.index import KEY_GAP, KeyFrame, PacketIndex, Timeline
from media_screen.media.moments import ROUNDING, Shown
from media_screen.media.png import has_own_still
from media_screen.media.reader import Reader
from media_screen.media.sound import (
    AUDIO_BLOCK,
    KEPT_SOUND,
    SAMPLE_RATE,
    Block,
    KeptSound,
    Mix,
    blocks,
    is_rate,
)
from media_screen.media.source import Source
from media_screen.media.stills import Still
from media_screen.media.streams import (
    Stream,
    has_cover,
    is_still,
    layers,
    picture_streams,
    pixel_ratio,
    sound_streams,
    stream_facts,
    transparencies,
    undecoded,
)

if TYPE_CHECKING:
    import numpy as np
    from av.audio.stream import AudioStream
    from av.video.frame import VideoFrame

__all__ = [
    "SAMPLE_RATE",
    "Balance",
    "Block",
    "Frame",
    "Media",
    "MediaError",
    "Mix",
    "Source",
    "Stream",
    "identify",
    "shown_path",
]

# s; where key frames are farther apart than twice this, frames between them are decoded too.
SURVEY_GAP = 5.0
# Moments of so many seconds by which the phases of both sides are compared.
_PROBES, _PROBE_S = 8, 3.0
# s between the two views of one transparent picture, over white and over black.
_VIEW_STEP = 2e-3

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Frame:
    """One decoded picture: RGB, uint8, height x width x 3, upright, with square pixels.

    It is on the screen from `time_s` on, for `shown_s` as far as that is known. A transparent
    picture gives two frames, one after the other: `view` is 0 over white and 1 over black. Until
    `stands_until_s` it is taken for what is on the screen: a little longer where the next is lost.
    """

    time_s: float
    image: np.ndarray
    view: int = 0
    shown_s: float = 0.0
    stands_until_s: float = 0.0

    def shows(self, time_s: float) -> bool:
        """Tell whether it is what is on the screen at a moment."""
        return self.time_s - ROUNDING <= time_s < self.stands_until_s

    @cached_property
    def small(self) -> np.ndarray:
        """The picture at SMALL_SIDE px at most, scaled down once for all who need no more."""
        return scaled_down(self.image, SMALL_SIDE)


class Media:
    """An opened media file. Use `with Media.open(path) as media`.

    Attributes: `info` (facts for the record; lengths are measured), `pictures` and `sounds` (when
    they play), `streams`, `tags` (of the container, untrusted), `bad_packets`, the number of
    packets and frames that could not be decoded so far, `missed`, the moments at which nothing
    could be decoded, and `turns`, by how many quarter turns counterclockwise pictures are given
    beyond what the file asks for. With a `seed` (of the content) the moments that are looked at
    are a matter of chance.
    """

    def __init__(
        self,
        path: Path,
        *,
        shown: str | None = None,
        threads: int = 0,
        picture: int | None = None,
        sound: int | None = None,
        source: Source | None = None,
        index: PacketIndex | None = None,
        keeps_sound: bool = True,
    ) -> None:
        self.path = path
        self.source = Source(path) if source is None else source
        self._own_source = source is None
        self.seed: str | None = None
        self.bad_packets = 0
        self.missed: list[float] = []
        self.turns = 0
        self._turned = False
        self._keeps_sound = keeps_sound
        self._threads = threads
        try:
            self._reader = Reader(
                self.source, threads=threads, index=index, picture=picture, sound=sound
            )
        except BaseException:
            self._close_source()
            raise
        try:
            self._read_head(shown_path(path) if shown is None else shown)
        except BaseException:
            self.close()  # and not when the garbage collector comes by
            raise

    def _read_head(self, shown: str) -> None:
        container, index = self._reader.container, self._reader.index
        self._video, self._audio = self._reader.video, self._reader.audio
        self._ratio = pixel_ratio(self._video.sample_aspect_ratio) if self._video else 1.0
        self.pictures: Timeline = index.of(self._video)
        self.sounds: Timeline = index.of(self._audio)
        still = self._video is not None and is_still(container, self.pictures.packets)
        self._still = Still.read(self.source) if still else None  # what Pillow makes of it
        self._way = self._still.way if self._still else None  # else the frames tell
        self._ways: dict[float, Orientation] = {}  # by the turn that a frame declares
        if self._pillow is not None:
            self.pictures = Timeline(end_s=self._pillow.duration_s)
        self.tags: Mapping[str, str] = dict(container.metadata)
        self.streams = tuple(stream_facts(one, index) for one in container.streams)
        if self._video is None and self._audio is not None:
            self._refuse_rate(self._audio)
        self.info = describe(
            self._reader,
            self.source,
            shown=shown,
            still=self._still,
            by_pillow=self._pillow is not None,
        )

    @classmethod
    def open(
        cls,
        path: Path | str,
        *,
        shown: str | None = None,
        threads: int = 0,
        picture: int | None = None,
        sound: int | None = None,
        source: Source | None = None,
    ) -> Media:
        """Open a file; raises MediaError with the reason when it is no readable media.

        `shown` is the path to put in the record (default: the path itself); `threads` is the
        number of decoder threads (0: as many as there are cores); `picture` the number of the
        picture track to look at (default: the one that players show), `sound` that of the sound
        track to listen to; `source` the file where it is open already, which then stays open.
        """
        return cls(
            Path(path), shown=shown, threads=threads, picture=picture, sound=sound, source=source
        )

    def __enter__(self) -> Media:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; the frames that were given stay valid."""
        self._reader.close()
        self._close_source()

    def _close_source(self) -> None:
        if self._own_source:
            self._own_source = False
            self.source.close()

    # --- pictures ----------------------------------------------------------------------------

    def survey(self, *, gap_s: float = SURVEY_GAP, chances: bool = True) -> Iterator[Frame]:
        """Give the key frames, and moments between them: by chance, and where they are far apart.

        Without `chances` those by chance are left out, for `by_chance`. Decoding key frames only
        is about ten times cheaper than decoding all. A picture gives its one frame. Raises
        MediaError when there are pictures but none can be decoded.
        """
        if self._video is None:
            return
        count = 0
        if (still := self._pillow) is not None:
            frames: Iterable[Frame] = self._animated(
                still, self._evenly(1 / KEY_GAP), Span(0.0, still.duration_s)
            )
        elif self.info.kind == "image":
            frames = self._picture()
        else:
            plan = moments.survey(self.pictures, gap_s=gap_s, seed=self.seed, chances=chances)
            # Each pass has its own place in the file; together they are in order of time.
            passes = self._key_frames(plan.keys), self._frames_at(plan.moments)
            frames = heapq.merge(*passes, key=lambda frame: frame.time_s)
        for frame in frames:
            yield frame
            count += 1
        if count == 0 and self.info.kind == "video":
            # Some streams never mark a key frame (intra refresh, cut recordings): take what comes.
            self.missed.clear()
            for frame in self._frames_at(self._evenly(1 / gap_s)):
                yield frame
                count += 1
        if count == 0:
            raise MediaError(
                "the file has a picture stream, but not one frame of it can be decoded: "
                f"damaged, cut off, or over {MAX_PIXELS:,} px"
            )

    def by_chance(self, *, without: Sequence[Span] = ()) -> Iterator[Frame]:
        """Give the frames at the moments of a survey that are by chance, outside of some spans."""
        if self.info.kind == "video" and self._pillow is None:
            yield from self._frames_at(
                moments.by_chance(self.pictures, seed=self.seed, without=without)
            )

    def window(self, span: Span, *, fps: float | None = None) -> Iterator[Frame]:
        """Give the frames of a span of time: all, or those shown at about `fps` moments a second.

        A frame that is shown at several of the moments is given once. All are those that a viewer
        sees: what only flashes up between others is left out.
        """
        if self._video is None:
            return
        if (still := self._pillow) is not None:
            yield from self._animated(still, None if fps is None else self._evenly(fps, span), span)
            return
        if fps is None:
            for frame in self._frames(span.start):
                if frame.time_s >= span.end:
                    return
                if frame.time_s >= span.start - ROUNDING:
                    yield frame
            return
        yield from self._frames_at(self._evenly(fps, span))

    def at(self, times_s: Sequence[float], *, full_size: bool = False) -> Iterator[Frame]:
        """Give the frames that are on the screen at some moments, each once, in order of time.

        With `full_size` they are as large as the file has them; of pictures that Pillow decodes
        (animated ones, say) the usual size is the largest.
        """
        wanted = sorted(times_s)
        if self._video is None or not wanted:
            return
        most = None if full_size else MAX_SIDE
        if (still := self._pillow) is not None:
            yield from self._animated(still, wanted, Span(0.0, still.duration_s))
            return
        with self._again() as reader:
            found = reader.shown(0.0) if self.info.kind == "image" else reader.frames_at(wanted)
            for one in found:
                yield from self._views(one, most=most)

    def _evenly(self, fps: float, span: Span | None = None) -> list[float]:
        """Return moments at a rate over a span, by default of all that the pictures last."""
        first, last = self.pictures.start_s, self.pictures.end_s
        start, end = (
            (first, last) if span is None else (max(span.start, first), min(span.end, last))
        )
        return list(moments.dense(Span(start, max(start, end)), fps, seed=self.seed))

    def _picture(self) -> Iterator[Frame]:
        """Give the views of a picture."""
        with self._again() as reader:
            for one in reader.shown(0.0):
                yield from self._views(one)
                return

    def _animated(
        self, still: Still, wanted: Sequence[float] | None, span: Span
    ) -> Iterator[Frame]:
        """Give the frames that Pillow decodes: those shown at the moments, or all of a span."""
        due = None if wanted is None else list(reversed(wanted))
        ends = [*still.starts[1:], still.duration_s]
        for (start, images), end in zip(still.frames(turns=self.turns), ends, strict=False):
            hit = still.duration_s <= 0 or (due is None and span.start <= start < span.end)
            while due and due[-1] < end:
                hit |= due.pop() >= start
            if hit:
                for view, image in enumerate(images):
                    yield Frame(start + view * _VIEW_STEP, image, view, end - start, end)

    def _key_frames(self, keys: tuple[KeyFrame, ...]) -> Iterator[Frame]:
        shown_s = {key.stamp: key.shown_s for key in keys}
        with self._again() as reader:
            for one in reader.keys(shown_s):
                yield from self._views(one)

    def _frames_at(self, wanted: Sequence[float]) -> Iterator[Frame]:
        if wanted:
            with self._again() as reader:
                for one in reader.frames_at(wanted):
                    yield from self._views(one)

    def _frames(self, start: float) -> Iterator[Frame]:
        with self._again() as reader:
            for one in moments.without_flashes(reader.shown(start)):
                yield from self._views(one)

    def _views(self, one: Shown, *, most: int | None = MAX_SIDE) -> Iterator[Frame]:
        """Give a frame as it is seen: two views where it is transparent, none when broken."""
        if self._lies(one.raw).sideways and not self._turned:
            # Only a frame tells that the picture is shown turned on its side.
            self._turned = True
            width, height = self.info.height, self.info.width
            self.info = replace(self.info, width=width, height=height)
        shown_s = min(one.end_s, one.lost_s) - one.start_s
        try:
            images = shown(
                one.raw, self._ratio, way=self._lies(one.raw), turns=self.turns, most=most
            )
        except MediaError as error:
            self.bad_packets += 1
            self.missed.append(one.start_s)
            _log.info("%s: at %.3f s: %s", self.info.path, one.start_s, error)
            return
        for view, image in enumerate(images):
            time_s = one.start_s + view * _VIEW_STEP
            yield Frame(time_s, image, view, shown_s, one.stands_until_s)

    def _lies(self, raw: VideoFrame) -> Orientation:
        """Return how a frame is to be shown: as the still says, else as the frame does.

        One frame is asked for all of the same turn: what is asked holds itself, with its picture,
        until the garbage collector comes, and a minute of such frames fills a gigabyte.
        """
        assert self._video is not None
        if self._way is not None:
            return self._way
        if raw.rotation not in self._ways:
            self._ways[raw.rotation] = orientation(raw, self._video.codec_context.name)
        return self._ways[raw.rotation]

    @cached_property
    def other_pictures(self) -> tuple[int, ...]:
        """The numbers of the picture tracks of a video that play and are not the one looked at.

        A still that is how the video begins, as animated AVIF has one, is no other picture, and
        its transparency is none by itself.
        """
        if self.info.kind != "video":
            return ()
        container, index = self._reader.container, self._reader.index
        known = (self._video, *transparencies(container, index))
        found = [one.index for one in picture_streams(container, index) if one not in known]
        return tuple(one for one in found if one in index.timelines and not self._begins_with(one))

    def _begins_with(self, number: int) -> bool:
        """Tell whether a track is one picture, and the one with which the video begins."""
        if self._reader.index.timelines[number].packets > 1:
            return False
        with self._again(picture=number) as beside, self._again() as reader:
            readers = (beside, 0.0), (reader, self.pictures.start_s)
            pictures = [next(one.shown(start), None) for one, start in readers]
        still, first = (() if one is None else tuple(self._views(one)) for one in pictures)
        return bool(still and first) and is_alike(still[0].small, first[0].small)

    @property
    def _see_through(self) -> bool:
        """Whether browsers show through the video what lies behind it."""
        container, index, video = self._reader.container, self._reader.index, self._video
        if video is None or self.info.kind != "video":
            return False
        beside = (index.of(one).packets for one in transparencies(container, index))
        return video.metadata.get("alpha_mode") == "1" or self.pictures.packets in beside

    def unseen(self) -> Iterator[str]:
        """Say, a sentence each, which pictures and sound tracks of the file are not given."""
        if self._still is not None:
            yield from self._still.unseen()
        if has_cover(self._reader.container, self._reader.index):
            yield "the cover picture was not looked at"
        if self._reader.container.format.name == "apng" and has_own_still(self.source):
            yield "viewers that play no animation show another picture, which was not looked at"
        yield from undecoded(self._reader.container)
        if self._reader.index.hidden:
            yield "tracks that begin in the middle of the file can't be read: not looked at"
        if self._see_through:
            yield "the video is transparent in browsers: it was looked at without its transparency"
        if self.other_pictures:
            count = len(self.other_pictures)
            tracks = "1 further track" if count == 1 else f"{count} further tracks"
            yield f"the file has {tracks} of pictures, which some players show: not looked at"
        kind, parts = self.info.kind, layers(self._reader.container)
        if kind == "image" and self._pillow is None and parts > 1:
            yield "the picture has a second layer, such as its transparency, that was not looked at"

    # --- sound -------------------------------------------------------------------------------

    def plays(self, sound: int) -> bool:
        """Whether the sound track of this number can be decoded."""
        found = sound_streams(self._reader.container, self._reader.index)
        return any(one.index == sound for one in found)

    def beside(self, sound: int) -> Media:
        """Open the file once more for another of its sound tracks; its packets are known.

        Its sound is not kept: many may be open side by side.
        """
        return Media(
            self.path,
            shown=self.info.path,
            threads=self._threads,
            sound=sound,
            source=self.source,
            index=self._reader.index,
            keeps_sound=False,
        )

    def sound(self, *, block_s: float = AUDIO_BLOCK) -> Iterator[Block]:
        """Give the whole sound in blocks of two sides (one for mono)."""
        kept = self._kept_sound if block_s == AUDIO_BLOCK else None
        if kept is not None:
            yield from kept.blocks
        else:
            yield from self._decoded_sound(block_s=block_s)

    @cached_property
    def mix(self) -> Mix:
        """How the sides are heard by default, by some moments of the whole file.

        That is both together, unless they are in opposite phase and would cancel each other.
        """
        balance = Balance()
        if any(one.codec_context.layout.nb_channels != 1 for one in self._reader.parts("audio")):
            length = self.info.duration_s
            count = _PROBES if length > _PROBES * _PROBE_S else 1
            for number in range(count):
                start = number * length / count
                span = Span(start, start + _PROBES * _PROBE_S / count)
                for at_s, sides in self._sides(span):
                    balance.add(at_s, sides)
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

        heard = [(mix or self.mix).of(sides) for _, sides in self._sides(span)]
        return np.concatenate(heard) if heard else np.zeros(0, np.float32)

    @cached_property
    def _kept_sound(self) -> KeptSound | None:
        """The sound of a short file, which is decoded once; None of a longer one."""
        if self._audio is None or not self._keeps_sound or self.sounds.end_s > KEPT_SOUND:
            return None
        with self._again() as reader:
            return KeptSound.of(reader.decode_from("audio", 0.0))

    def _sides(self, span: Span) -> Iterator[tuple[float, np.ndarray]]:
        """Give the sides of a span, each piece with when it begins, s."""
        kept = self._kept_sound
        if kept is not None:
            yield from kept.parts(span.start, span.end)
            return
        for block in self._decoded_sound(span):
            yield block.start_s, block.sides

    def _decoded_sound(
        self, span: Span | None = None, *, block_s: float = AUDIO_BLOCK
    ) -> Iterator[Block]:
        if self._audio is None:
            return
        start, end = (0.0, None) if span is None else (span.start, span.end)
        with self._again() as reader:
            frames = reader.decode_from("audio", start)
            yield from blocks(frames, span=(start, end), block_s=block_s)

    # --- inside ------------------------------------------------------------------------------

    @property
    def _pillow(self) -> Still | None:
        """The still to decode with Pillow: what FFmpeg gives of it is a part, or nothing."""
        still = self._still
        if still is None or not (still.animated or layers(self._reader.container) > 1):
            return None
        return still

    @contextlib.contextmanager
    def _again(self, *, picture: int | None = None) -> Iterator[Reader]:
        """Open the file once more: each pass has its own place in it and its own decoders.

        `picture` is the number of another picture track than the one that is looked at.
        """
        first = self._reader
        video, sound = (None if one is None else one.index for one in (first.video, first.audio))
        reader = Reader(
            self.source,
            threads=self._threads,
            index=first.index,
            picture=video if picture is None else picture,
            sound=sound,
        )
        try:
            yield reader
        finally:
            reader.close()
            self.bad_packets += reader.bad_packets
            self.missed += reader.missed

    def _refuse_rate(self, audio: AudioStream) -> None:
        """Raise MediaError when sound would last for days, or no time, at its rate.

        A header alone does not tell: players take the rate of what they decode.
        """
        rate = audio.codec_context.rate
        if is_rate(rate):
            return
        with self._again() as reader:
            if next(reader.decode_from("audio", 0.0), None) is None:
                raise MediaError(f"the sound claims a rate of {rate:,} Hz, which no sound has")


def identify(path: Path) -> tuple[str, int]:
    """Return (SHA-256 in hex, size in bytes) of a file; raises MediaError when it can't be read."""
    with Source(path) as source:
        return source.sha256, source.size


def shown_path(path: Path) -> str:
    r"""Return a path as text that any JSON reader accepts: undecodable bytes become `\xNN`."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")

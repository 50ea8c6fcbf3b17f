"""Reads the time stamps of all packets of a file once, and decodes nothing: what plays, and when.

Lengths that a header tells are claims, and clocks start anywhere, start again after a cut, and
jump. What the packets themselves say is measured here: where each stream begins and ends, which key
frames it has and how long each is shown, and by how much its time stamps are to be moved so that
the file has one clock that starts at 0 and runs on. One pass takes 13 microseconds a packet: 3 s
for an hour, a twentieth of decoding pictures as small as 640 x 360.
"""

from __future__ import annotations

import bisect
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

# s; decoding time stamps never run backwards in a sound file, but containers round them.
BACKWARDS = 0.5
# s; a longer hole between two packets of a stream is a broken clock and no pause...
LONGEST_PAUSE = 600.0
# ...and so is this in a transport stream, whose clock is that of the sender: cut and joined streams
# jump, and players take it as FFmpeg does.
LONGEST_PAUSE_SENT = 10.0
SENT_FORMATS = ("mpegts", "mpeg")
# s that the first packet of a stream may lie behind what was sent of others, there: senders hold
# back a second or two. What lies farther behind begins a new clock, in the second of two parts.
LONGEST_BEHIND_SENT = 5.0
# Formats without a header that names all tracks: one may begin anywhere, and one that plays may go
# on under another number, in another codec even, where streams were joined.
GROWING_FORMATS = (*SENT_FORMATS, "flv", "live_flv")
# Packets of a track, on average and at least, between two turns that it and another one take, where
# both are one that changes its number. Tracks that play side by side take turns all the time.
LEAST_RUN = 50
# Turns beside those: where a track goes on, and those packets that a demuxer holds back, a few.
HELD = 8
# s; a packet that says it lasts longer is believed this far: the last one could say anything.
LONGEST_HELD = 60.0
USUAL_STEP = 1 / 25  # s between frames where neither packets nor header tell
# s; of key frames closer than this one is kept, the one shown longest: some codecs have no others.
KEY_GAP = 0.5
MOST_KEYS = 100_000  # kept of a stream; with more the gap doubles, so that memory stays bounded


@dataclass(frozen=True, slots=True)
class KeyFrame:
    """A key frame: when it is shown, how long, and how long frames that follow it usually are."""

    time_s: float
    stamp: int  # its time in the units of the stream, as packets have it once they are moved
    shown_s: float
    usual_s: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """When a stream plays, in seconds of the file's one clock; `packets` are those that are shown.

    `moves` says by how many units the time stamps are to be moved, each from a packet on (counted
    in the order in which the file gives them): more than one where the clock jumps.
    """

    start_s: float = 0.0
    end_s: float = 0.0
    packets: int = 0
    keys: tuple[KeyFrame, ...] = ()
    moves: tuple[tuple[int, int], ...] = ((0, 0),)

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s

    @property
    def jumps(self) -> bool:
        """Whether the clock starts again or jumps: then no seek finds a time."""
        return len(self.moves) > 1

    def key_before(self, time_s: float) -> KeyFrame | None:
        """Return the last known key frame at or before a time, None before the first."""
        found = bisect.bisect_right(self.keys, time_s, key=lambda key: key.time_s)
        return self.keys[found - 1] if found else None


@dataclass(frozen=True, slots=True)
class Begin:
    """At which byte the first packet of a stream lies, None if unknown, and when it plays, in s."""

    byte: int | None
    time_s: float


@dataclass(frozen=True, slots=True)
class PacketIndex:
    """What the packets of a file say: one timeline for each stream that plays, by its number.

    `parts` are the numbers under which one stream goes on, the first of them first: that one has
    the timeline of all. `begins` is known of each number. So many bytes as `probe` are to be read
    before all streams are known, 0 for as many as usual; some are `hidden` even then.
    """

    timelines: dict[int, Timeline]
    origin_s: float = 0.0  # time stamp that counts as 0 s
    broken: int = 0  # places where no packet could be read
    parts: tuple[tuple[int, ...], ...] = ()
    begins: Mapping[int, Begin] = field(default_factory=dict)
    probe: int = 0
    hidden: bool = False

    def numbers(self, stream: Any) -> tuple[int, ...]:
        """Return the numbers under which a stream plays, one after the other."""
        return next((part for part in self.parts if stream.index in part), (stream.index,))

    def leads(self, stream: Any) -> bool:
        """Tell whether a stream is none that goes on with another one."""
        return self.numbers(stream)[0] == int(stream.index)

    def of(self, stream: Any) -> Timeline:
        """Return the timeline of a stream; an empty one for none, and for one without packets."""
        if stream is None:
            return Timeline()
        return self.timelines.get(self.numbers(stream)[0], Timeline())

    @property
    def duration_s(self) -> float:
        """Length of the file: until its last packet was played."""
        return max((line.end_s for line in self.timelines.values()), default=0.0)


def stamp_of(packet: Any) -> int | None:
    """Return when a packet or frame is shown, in its units of time; None when it does not tell."""
    stamp: int | None = packet.pts if packet.pts is not None else packet.dts
    return stamp


def read(
    packets: Iterable[Any],
    *,
    sent: bool = False,
    start_s: float | None = None,
    growing: bool = False,
    parts: Sequence[tuple[int, ...]] = (),
) -> PacketIndex:
    """Build the index from packets of pictures and sound in the order of the file.

    `sent` says that the format carries the clock of its sender, `start_s` what the container calls
    its start, which is taken where the packets agree: encoders begin with a little that is not
    played. Streams of a `growing` format may be `parts` of one: those that are found are given
    back, each with its own timeline, and those that are given have one.
    """
    clock = _Clock(sent=sent)
    courses: dict[int, _Course] = {}
    leads = _leads(parts)
    begins: dict[int, Begin] = {}
    turns = _Turns()
    for packet in packets:
        if packet.size:
            number = packet.stream_index
            lead = leads.get(number, number)
            course = courses.get(lead)
            if course is None:
                course = courses[lead] = _Course.of(packet.stream)
            course.take(packet, clock)
            if number not in begins:
                begins[number] = Begin(packet.pos, course.newest_s)
            if growing and turns.playing.get(course.pictures) != number:
                turns.take(course, number)
    for course in courses.values():
        course.close_group()
    origin = _origin(courses.values(), start_s)
    return PacketIndex(
        {number: one.timeline(origin) for number, one in courses.items()},
        origin,
        parts=tuple(parts) or (turns.parts(courses) if growing else ()),
        begins={number: replace(one, time_s=one.time_s - origin) for number, one in begins.items()},
    )


def _origin(courses: Iterable[_Course], start_s: float | None) -> float:
    """Return the time stamp that counts as 0 s."""
    found = min((course.start_s for course in courses if course.shown), default=0.0)
    if start_s is not None and abs(start_s - found) <= BACKWARDS:
        return start_s
    return found


def in_order(packets: Iterable[Any], parts: Sequence[tuple[int, ...]]) -> Iterable[Any]:
    """Leave out what comes of a part after the next one began: its last packet, at the very end.

    Demuxers hold a packet back until the next one of its number, or none, comes.
    """
    return _in_order(packets, _leads(parts)) if parts else packets


def _in_order(packets: Iterable[Any], leads: Mapping[int, int]) -> Iterator[Any]:
    playing: dict[int, tuple[int, int]] = {}  # the part, and at which byte it is
    for packet in packets:
        lead = leads.get(packet.stream_index)
        if lead is not None and packet.size:
            byte = -1 if packet.pos is None else packet.pos
            number, reached = playing.get(lead, (packet.stream_index, -1))
            if packet.stream_index != number and byte < reached:
                continue
            playing[lead] = packet.stream_index, max(byte, reached)
        yield packet


def _leads(parts: Sequence[tuple[int, ...]]) -> dict[int, int]:
    return {number: part[0] for part in parts for number in part}


class _Turns:
    """Notes how streams take turns, and tells which of them are one that changes its number."""

    def __init__(self) -> None:
        self.playing: dict[bool, int] = {}  # whether of pictures, and the number
        self._turns: Counter[frozenset[int]] = Counter()

    def take(self, course: _Course, number: int) -> None:
        """Note that a stream plays in place of another one of its kind."""
        before = self.playing.get(course.pictures)
        self.playing[course.pictures] = number
        if before is not None:
            self._turns[frozenset((before, number))] += 1

    def parts(self, courses: Mapping[int, _Course]) -> tuple[tuple[int, ...], ...]:
        """Return the numbers of streams that play by turns, in the order in which they begin."""
        found: list[list[int]] = []
        for number in courses:
            fitting = (
                part for part in found if all(self._is_one(courses, number, one) for one in part)
            )
            part = next(fitting, None)
            if part is None:
                found.append([number])
            else:
                part.append(number)
        return tuple(tuple(part) for part in found if len(part) > 1)

    def _is_one(self, courses: Mapping[int, _Course], number: int, other: int) -> bool:
        one, two = courses[number], courses[other]
        if not (one.decodable and two.decodable):
            return False
        turns = self._turns[frozenset((number, other))]
        few = (turns - HELD) * LEAST_RUN <= min(one.count, two.count)
        return few and (one.pictures, one.base) == (two.pictures, two.base)


@dataclass(slots=True)
class _Epoch:
    """A stretch of one clock: what is to be added to its stamps, and which were seen, in s."""

    offset: float
    first: float
    last: float


class _Clock:
    """The clocks of a file, one after the other: streams enter a new one each at its own packet."""

    def __init__(self, *, sent: bool) -> None:
        self._pause = LONGEST_PAUSE_SENT if sent else LONGEST_PAUSE
        self._behind = LONGEST_BEHIND_SENT if sent else math.inf
        self._epochs: list[_Epoch] = []
        self._end = -math.inf  # of all that was placed so far, s

    def place(self, course: _Course, stamp: float) -> int:
        """Return the number of the epoch that the next stamp (s) of a stream belongs to."""
        number = self._epoch_of(course, stamp)
        if number is None:
            offset = self._end - stamp if self._epochs else 0.0
            self._epochs.append(_Epoch(offset, stamp, stamp))
            number = len(self._epochs) - 1
        epoch = self._epochs[number]
        epoch.first, epoch.last = min(epoch.first, stamp), max(epoch.last, stamp)
        return number

    def offset(self, number: int) -> float:
        """Return what is to be added to the stamps of an epoch, s."""
        return self._epochs[number].offset

    def reach(self, end_s: float) -> None:
        """Note until when something is shown or heard."""
        self._end = max(self._end, end_s)

    def _epoch_of(self, course: _Course, stamp: float) -> int | None:
        if course.epoch is not None:
            epoch = self._epochs[course.epoch]
            known = max(course.last, epoch.last)  # another stream may be ahead
            if course.last - BACKWARDS <= stamp <= known + self._pause:
                return course.epoch
        first = 0 if course.epoch is None else course.epoch + 1
        # A stream that begins late or early, or follows another into the clock that it entered.
        begins = course.epoch is None
        room = LONGEST_PAUSE if begins else LONGEST_PAUSE_SENT
        behind = self._behind if begins else math.inf
        for number in reversed(range(first, len(self._epochs))):
            epoch = self._epochs[number]
            earliest = max(epoch.first - room, epoch.last - behind)
            if earliest <= stamp <= epoch.last + room:
                return number
        return None


@dataclass(slots=True)
class _Group:
    """A key frame and the frames up to the next one, while they are read."""

    time_s: float
    stamp: int
    follows_s: float | None = None  # when the next frame is shown
    frames: int = 1
    last_s: float = 0.0

    def add(self, time_s: float) -> None:
        if time_s > self.time_s and (self.follows_s is None or time_s < self.follows_s):
            self.follows_s = time_s

    def key(self, end_s: float) -> KeyFrame:
        shown = (end_s if self.follows_s is None else self.follows_s) - self.time_s
        usual = max(end_s, self.last_s) - self.time_s
        return KeyFrame(self.time_s, self.stamp, max(shown, 0.0), max(usual, 0.0) / self.frames)


@dataclass(slots=True)
class _Course:
    """One stream while its packets are read; times are of the joined clock, in s."""

    base: float  # s, the unit of its time stamps
    pictures: bool
    step: float  # s between packets, as the header tells
    decodable: bool = True
    epoch: int | None = None
    last: float = 0.0  # s, the newest time stamp, not moved
    newest_s: float = 0.0  # when the newest packet is shown
    start_s: float = 0.0
    end_s: float = 0.0
    count: int = 0  # of all packets
    shown: int = 0
    moves: list[tuple[int, int]] = field(default_factory=list)
    keys: list[KeyFrame] = field(default_factory=list)
    gap: float = KEY_GAP
    group: _Group | None = None

    @classmethod
    def of(cls, stream: Any) -> _Course:
        pictures = stream.type == "video"
        rate = float(stream.average_rate or stream.base_rate or 0) if pictures else 0.0
        step = 1 / rate if rate > 0 else USUAL_STEP
        base = float(stream.time_base or 0) or 1 / 90_000
        return cls(base, pictures, step, stream.codec_context is not None)

    def take(self, packet: Any, clock: _Clock) -> None:
        stamp = stamp_of(packet)
        order = packet.dts if packet.dts is not None else stamp
        number, self.count = self.count, self.count + 1
        if stamp is None or order is None:
            # Without time stamps frames follow one another at the rate of the header.
            self.shown += 1
            self.newest_s = self.end_s
            self.end_s += self.step
            clock.reach(self.end_s)
            return
        epoch = clock.place(self, order * self.base)
        if epoch != self.epoch:
            self.epoch = epoch
            self.moves.append((number, round(clock.offset(epoch) / self.base)))
        self.last = order * self.base
        if packet.is_discard:
            return  # decoded for what follows, never shown
        stamp += self.moves[-1][1]
        self.newest_s = time_s = stamp * self.base
        lasts = float(packet.duration or 0) * self.base
        end_s = time_s + (min(lasts, LONGEST_HELD) if lasts > 0 else self.step)
        self.start_s = min(self.start_s, time_s) if self.shown else time_s
        self.end_s = max(self.end_s, end_s) if self.shown else end_s
        self.shown += 1
        clock.reach(self.end_s)
        if self.pictures:
            self._follow(packet, stamp, time_s)

    def _follow(self, packet: Any, stamp: int, time_s: float) -> None:
        if self.group is not None:
            self.group.add(time_s)
        if packet.is_keyframe:
            self.close_group(time_s)
            self.group = _Group(time_s, stamp)
        elif self.group is not None:
            self.group.frames += 1
            self.group.last_s = max(self.group.last_s, time_s)

    def close_group(self, next_s: float | None = None) -> None:
        """Keep the key frame whose group ends, or drop it for one close by that is shown longer."""
        if self.group is None:
            return
        key, self.group = self.group.key(self.end_s if next_s is None else next_s), None
        if self.keys and key.time_s - self.keys[-1].time_s < self.gap:
            if key.shown_s > self.keys[-1].shown_s and self._room_for(key):
                self.keys[-1] = key
            return
        self.keys.append(key)
        if len(self.keys) > MOST_KEYS:
            self.keys = self.keys[::2]
            self.gap *= 2

    def _room_for(self, key: KeyFrame) -> bool:
        """Tell whether a key frame may take the place of the last one without running away."""
        return len(self.keys) < 2 or key.time_s - self.keys[-2].time_s < 2 * self.gap

    def timeline(self, origin: float) -> Timeline:
        """Return what was found, with times counted from the origin."""
        back = round(origin / self.base)
        moves = tuple((number, units - back) for number, units in self.moves) or ((0, 0),)
        keys = tuple(
            KeyFrame((key.stamp - back) * self.base, key.stamp - back, key.shown_s, key.usual_s)
            for key in sorted(self.keys, key=lambda key: key.time_s)
        )
        start, end = max(0.0, self.start_s - origin), max(0.0, self.end_s - origin)
        return Timeline(start, max(start, end), self.shown, keys, moves)

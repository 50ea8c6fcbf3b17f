"""Remembers the fingerprints of what was screened, and finds in them what a file shares with them.

A memory is a catalogue file of its own beside the results: every file that was screened stands in
it, under its path, and all workers of a batch read and write it. A file is added first and then
compared with those before it, so of two copies screened at the same moment one finds the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from media_screen.arrays import Bytes
from media_screen.evidence import Duplicate, SharedFootage, SharedKind, SharedPart, Span, covered_s
from media_screen.footage.campaigns.joined import Joined
from media_screen.footage.catalogue import Catalogue, MeasuredMatch, align
from media_screen.footage.catalogue.align import Mapping
from media_screen.footage.catalogue.index import Candidate, Indexed, ReferenceIndex
from media_screen.footage.catalogue.match import LEAST_PEAKS_PER_S, Known, compare
from media_screen.footage.catalogue.parts import CLEAR_SCORE, Query
from media_screen.footage.fingerprint import Fingerprint, picture

# Least share of both files that a near-duplicate has in common: an excerpt is none, a copy with
# another intro is one.
SAME = 0.8
# Least share of the picture that must match when both files have pictures and the sound decides.
SOME_PICTURE = 0.3
# Lengths further apart can't share that much of both, even when one was sped up or down by 10%.
LEAST_LENGTH = SAME * 0.88
# Pictures: PDQ hashes of the same picture differ by at most 31 of 256 bits, and hashes of pictures
# with a quality below 50 say nothing (the recommendations of its authors, ThreatExchange, 2019).
STILL_BITS, STILL_QUALITY = 31, 50
# Frames of near-duplicates, taken at most a second apart: of 1,696 pairs of different clips (some
# of one actor in one studio) none had four fifths of its frames within 72 bits.
FRAME_BITS, FRAME_APART_S, LEAST_FRAMES = 48, 1.0, 3
# Frames of a match are compared with those nearest in time: they lie a quarter of a second apart.
FRAME_BESIDE_S, LEAST_BESIDE = 0.3, 8
# The newest files are indexed anew for each search, all others only when there are more new ones
# than this, or than the root of twice their number: that makes the work of both together least.
LEAST_NEW = 32
# Of what is shared in picture and sound, either covers at least this share of the other: else it is
# shared in one of them alone, as in `catalogue.match`.
SOME_OTHER = 0.5
# Only looking inside of pictures needs the small pictures, which would be most of the file.
_LEFT_OUT = ("thumb_times", "thumb_shapes", "thumbs")


@dataclass(frozen=True, slots=True)
class Recall:
    """What of a file was met before: the first file that it repeats, and all that it shares.

    What is shared with copies of a file that it repeats is not listed again.
    """

    repeats: Duplicate | None = None
    shared: tuple[SharedFootage, ...] = ()


class Memory:
    """What was screened into one folder before, in one file that many processes share.

    Raises CatalogueError when the file is damaged or is something else.
    """

    def __init__(self, path: str | Path) -> None:
        self._store = _Store(path)

    def __len__(self) -> int:
        return len(self._store)

    def close(self) -> None:
        """Close the file."""
        self._store.close()

    def meet(self, path: str, sha256: str, fingerprint: Fingerprint, *, file: str = "") -> Recall:
        """Return what of this file earlier ones hold, and remember this one.

        `path` is how the file is shown, `file` what tells it from others that are shown alike (by
        default the path). A file that is met again finds what it found the first time, not its own
        later copies, and is never a copy of itself.
        """
        file = file or path
        known = self._store.numbered(sha256)
        if known is not None and known.file != file:
            return Recall(known.copied)
        if fingerprint.empty:
            return Recall()
        number = known.number if known else self._store.remember(file, path, sha256, fingerprint)
        return self._store.recall(fingerprint, sha256, file, before=number)

    def matches(self, sha256: str, other: str) -> list[MeasuredMatch]:
        """Return where a file that was met shows what another one shows; [] where one is gone."""
        return self._store.matches(sha256, other)

    def knows(self, sha256: str) -> bool:
        """Tell whether a file with these bytes was met."""
        return self._store.numbered(sha256) is not None

    def first_of(self, sha256: str, *, file: str) -> Duplicate | None:
        """Return the other file with the same bytes that was met first; None for this one."""
        known = self._store.numbered(sha256)
        return known.copied if known is not None and known.file != file else None


@dataclass(frozen=True, slots=True)
class _Known:
    """A file that was met before: its number, what tells it from others, and how it is shown."""

    number: int
    file: str
    path: str
    sha256: str

    @property
    def copied(self) -> Duplicate:
        """What is told of another file with the same bytes."""
        return Duplicate(self.path, self.sha256, exact=True, picture=1.0, sound=1.0)


class _Store(Catalogue):
    """A catalogue that is searched for whole files, while it grows with each of them.

    Where a catalogue has the person of a reference, it has what tells a file from others.
    """

    def __init__(self, path: str | Path) -> None:
        self._old: ReferenceIndex | None = None  # of the references up to `_old_end`
        self._old_end = 0
        self._new: ReferenceIndex | None = None  # of those after it, up to `_new_end`
        self._new_end = 0
        self._stills: dict[int, npt.NDArray[np.uint8]] = {}  # hashes of pictures
        self._stills_end = 0
        self._copies = Joined()  # numbers of files that repeat each other
        self._others: set[tuple[int, int]] = set()  # pairs that were compared, and do not
        super().__init__(path)

    def numbered(self, sha256: str) -> _Known | None:
        """Return the file with this hash."""
        return self._met("sha256", sha256)

    def matches(self, sha256: str, other: str) -> list[MeasuredMatch]:
        """Compare two files again, by their contents."""
        with self._lock:
            found = [self.numbered(one) for one in (sha256, other)]
            mine, theirs = (self._known(one.number) if one else None for one in found)
            if mine is None or theirs is None:
                return []
            return compare(Query(mine.fingerprint), theirs, self._candidate(mine, theirs))

    def _candidate(self, mine: Known, theirs: Known) -> Candidate:
        """Return one file as a candidate for what another one shares with it."""
        index = ReferenceIndex(lambda: self._indexed_of("id = ?", (theirs.number,)))
        return next(iter(index.candidates(mine.fingerprint)), Candidate(theirs.number))

    def _are_copies(self, one: int, other: int) -> bool:
        """Say whether two files that were met repeat each other, perhaps through further ones.

        Each pair is compared once by a process, and those that are known to belong together are
        not: so this takes no time that grows with the square of their number.
        """
        pair = min(one, other), max(one, other)
        if self._copies.first(str(one)) == self._copies.first(str(other)):
            return True
        if pair not in self._others:
            mine, theirs = self._known(pair[0]), self._known(pair[1])
            if mine is None or theirs is None:
                return False
            query, candidate = Query(mine.fingerprint), self._candidate(mine, theirs)
            common = _Common.between(mine, query, theirs, candidate)
            if common.same and common.part == "both":
                self._copies.join(str(one), str(other))
                return True
            self._others.add(pair)
        return False

    def _met(self, column: str, value: str | int) -> _Known | None:
        rows = self._rows(
            f"SELECT id, person, reference, sha256 FROM reference WHERE {column} = ?",
            (value,),
            kinds=(int, str, str, str),
        )
        return _Known(*rows[0]) if rows else None

    def remember(self, file: str, path: str, sha256: str, fingerprint: Fingerprint) -> int:
        """Add a file and return its number; what it held before goes."""
        before = self._rows("SELECT sha256 FROM reference WHERE person = ?", (file,), kinds=(str,))
        empty = {name: getattr(fingerprint, name)[:0] for name in _LEFT_OUT}
        # Added first and removed then: a number that was free would be given again, and indexes
        # of other processes would take the one for the other.
        self.add(file, path, sha256, replace(fingerprint, **empty))
        for (old,) in before:
            self.remove(sha256=old)
        added = self.numbered(sha256)
        return added.number if added else self._newest() + 1  # removed at once by another process

    def recall(self, fingerprint: Fingerprint, sha256: str, file: str, *, before: int) -> Recall:
        """Return the earliest other file that is the same from end to end, and what is shared.

        Only those with a number below `before` count. After one that is repeated in picture and
        sound, copies of that are not compared: what is shared with them is known from it.
        """
        mine = Known(0, "", "", sha256, "official", fingerprint.duration_s, fingerprint)
        still = fingerprint.duration_s <= 0
        repeats: Duplicate | None = None
        shared: list[SharedFootage] = []
        wholes: list[int] = []  # those that it repeats in picture and sound
        with self._lock:
            found = (
                self._alike_stills(fingerprint) if still else self._candidates(fingerprint, before)
            )
            query = None if still or not found else Query(fingerprint)
            for number, candidate in sorted(found.items(), key=lambda item: item[0]):
                earlier = self._met("id", number)
                if earlier is None or earlier.file == file or number >= before:
                    continue
                if any(self._are_copies(number, one) for one in wholes):
                    continue
                common = _STILL
                if query is not None and candidate is not None:
                    known = self._known(number)
                    common = _Common.between(mine, query, known, candidate) if known else _Common()
                if common.part is not None:
                    shared.append(common.told(earlier))
                if common.same and repeats is None:
                    seen, heard = round(common.picture.least, 3), round(common.sound.least, 3)
                    repeats = Duplicate(
                        earlier.path, earlier.sha256, exact=False, picture=seen, sound=heard
                    )
                if common.same and common.part == "both":
                    wholes.append(number)
                    self._copies.join(str(before), str(number))
        return Recall(repeats, tuple(shared))

    # --- video and sound ---------------------------------------------------------------------

    def _candidates(self, fingerprint: Fingerprint, before: int) -> dict[int, Candidate | None]:
        """Return the files that may be the same, by their numbers.

        The file itself must not be among them: against its votes those of its copies are nothing.
        """
        self._bring_up_to(before - 1)
        found: dict[int, Candidate | None] = {}
        for index in (self._old, self._new):
            if index is not None and len(index):
                found |= {one.reference: one for one in index.candidates(fingerprint)}
        return found

    def _bring_up_to(self, last: int) -> None:
        """Make the indexes hold the files up to a number, mostly a little higher each time."""
        if last == self._new_end:
            return
        new = last - self._old_end
        if new < 0 or new > max(LEAST_NEW, math.isqrt(2 * last)):
            self._old, self._old_end = ReferenceIndex(lambda: self._between(0, last)), last
        first = self._old_end
        self._new = ReferenceIndex(lambda: self._between(first, last)) if last > first else None
        self._new_end = last

    def _newest(self) -> int:
        return int(self._rows("SELECT COALESCE(MAX(id), 0) FROM reference")[0][0])

    def _between(self, after: int, last: int) -> Iterator[Indexed]:
        return self._indexed_of("id > ? AND id <= ?", (after, last))

    # --- pictures ----------------------------------------------------------------------------

    def _alike_stills(self, fingerprint: Fingerprint) -> dict[int, Candidate | None]:
        """Return the pictures that look the same, mirrored or not."""
        rows = self._rows(
            "SELECT id FROM reference WHERE id > ? AND duration_s = 0 ORDER BY id",
            (self._stills_end,),
        )
        for (number,) in rows:
            arrays = self._arrays(number, ("hashes", "quality"))
            if len(arrays["hashes"]) and arrays["quality"][0, 0] >= STILL_QUALITY:
                self._stills[number] = arrays["hashes"][0, 0]
            self._stills_end = number
        if not self._stills or fingerprint.quality[0, 0] < STILL_QUALITY:
            return {}
        numbers, hashes = np.array(list(self._stills)), np.stack(list(self._stills.values()))
        bits = np.minimum(
            picture.hamming(hashes, fingerprint.hashes[0, 0]),
            picture.hamming(hashes, fingerprint.mirrored[0, 0]),
        )
        return {int(number): None for number in numbers[bits <= STILL_BITS]}


@dataclass(frozen=True, slots=True)
class _CommonPart:
    """How much of two files some parts are, 0 to 1, and from where to where they lie in both."""

    here: float = 0.0
    there: float = 0.0
    spans: tuple[Span, Span] | None = None

    @property
    def least(self) -> float:
        """The share of the file of which it is less."""
        return min(self.here, self.there)

    @property
    def turned(self) -> _CommonPart:
        """The same, seen from the other file."""
        spans = (self.spans[1], self.spans[0]) if self.spans else None
        return _CommonPart(self.there, self.here, spans)

    @staticmethod
    def of(parts: Sequence[tuple[MeasuredMatch, Span]], length: float, known: float) -> _CommonPart:
        """Measure parts of files of these lengths, s."""
        if not parts:
            return _CommonPart()
        there = []
        for found, span in parts:
            start, end = found.mapping(np.array([span.start, span.end]))
            start, end = max(0.0, float(start)), min(float(end), known)
            there.append(Span(start, max(start, end)))
        here = [span for _, span in parts]
        return _CommonPart(
            min(1.0, covered_s(here) / length),
            min(1.0, covered_s(there) / known),
            (_around(here), _around(there)),
        )


@dataclass(frozen=True, slots=True)
class _Common:
    """What two files have in common; `part` is None where that is nothing."""

    picture: _CommonPart = _CommonPart()
    sound: _CommonPart = _CommonPart()
    part: SharedPart | None = None
    same: bool = False  # each is the other from end to end, as far as picture or sound tell

    @staticmethod
    def between(mine: Known, query: Query, known: Known, candidate: Candidate) -> _Common:
        """Compare a file, and the query for it, with an earlier one.

        The shorter one is looked for in the longer one, of two of one length always the same one:
        so the same comes of it whichever was screened first.
        """
        if min(mine.duration_s, known.duration_s) <= 0:
            return _Common()  # pictures are compared with pictures alone
        if (mine.duration_s, mine.sha256) <= (known.duration_s, known.sha256):
            return _Common.of(query, known, candidate)
        turned = _turned(candidate)
        return _Common.of(Query(known.fingerprint), mine, turned).turned

    @property
    def turned(self) -> _Common:
        """The same, seen from the other file."""
        return replace(self, picture=self.picture.turned, sound=self.sound.turned)

    @staticmethod
    def of(query: Query, known: Known, candidate: Candidate) -> _Common:
        """Compare a file with another one, of which either may be the one that is new."""
        mine, length = query.fingerprint, query.fingerprint.duration_s
        found = compare(query, known, candidate)
        # The same actor in the same studio moves alike for some seconds: pictures that match only
        # just need a sound that matches too, or frames that look the same.
        sure = [
            one
            for one in found
            if one.sound_span
            or one.picture_score >= CLEAR_SCORE
            or _looks_the_same(mine, known.fingerprint, one)
        ]
        pictures = [(one, one.picture_span) for one in sure if one.picture_span]
        sounds = [(one, one.sound_span) for one in found if one.sound_span]
        seen = _CommonPart.of(pictures, length, known.duration_s)
        heard = _CommonPart.of(sounds, length, known.duration_s)
        audible = _has_sound(mine) and _has_sound(known.fingerprint)
        alike = LEAST_LENGTH <= known.duration_s / length <= 1 / LEAST_LENGTH
        if alike and seen.least < SAME and not audible:
            share = _alike_frames(mine, known.fingerprint)
            if share >= SAME:  # some such frames have all that were taken before one wall
                whole = Span(0.0, length), Span(0.0, known.duration_s)
                seen = _CommonPart(share, share, whole)
        faces = bool(pictures) and all(one.channel.startswith(align.FACE) for one, _ in pictures)
        part = _part(seen, heard, silent=not _has_sound(mine) and not _has_sound(known.fingerprint))
        both_seen = len(mine.times) > 0 and len(known.fingerprint.times) > 0
        # One song or one speech under two pictures is no repost.
        over_other = seen.least < SOME_PICTURE and both_seen
        same = alike and not over_other and max(seen.least, heard.least) >= SAME
        return _Common(seen, heard, "face" if faces and part == "picture" else part, same)

    def told(self, earlier: _Known) -> SharedFootage:
        """Return the record of what is shared with an earlier file."""
        assert self.part is not None
        lead = self.sound if self.part == "sound" else self.picture
        if self.part == "both" and self.sound.least > self.picture.least:
            lead = self.sound
        assert lead.spans is not None
        here, there = lead.spans
        return SharedFootage(
            earlier.path,
            earlier.sha256,
            _kind(lead),
            self.part,
            here,
            there,
            round(lead.here, 3),
            round(lead.there, 3),
        )


_WHOLE = _CommonPart(1.0, 1.0, (Span(0.0, 0.0), Span(0.0, 0.0)))
_STILL = _Common(picture=_WHOLE, part="both", same=True)  # pictures that look the same


def _turned(candidate: Candidate) -> Candidate:
    """Return a candidate as it is when the other file is looked for in this one."""
    sounds = [
        (Mapping(1.0 / one.speed, -one.offset_s / one.speed), pitch, votes)
        for one, pitch, votes in candidate.sounds
    ]
    return Candidate(candidate.reference, candidate.picture, sounds)


def _part(seen: _CommonPart, heard: _CommonPart, *, silent: bool) -> SharedPart | None:
    """Say in what two files share something; picture alone is all of two silent ones."""
    if not seen.here and not heard.here:
        return None
    if silent or (seen.here >= SOME_OTHER * heard.here and heard.here >= SOME_OTHER * seen.here):
        return "both"
    return "picture" if seen.here > heard.here else "sound"


def _kind(shares: _CommonPart) -> SharedKind:
    if shares.least >= SAME:
        return "repeat"
    if shares.here >= SAME:
        return "excerpt"
    return "contains" if shares.there >= SAME else "quote"


def _around(spans: Sequence[Span]) -> Span:
    """Return the stretch from the first start to the last end, to the millisecond."""
    return Span(
        round(min(span.start for span in spans), 3), round(max(span.end for span in spans), 3)
    )


def _alike_frames(one: Fingerprint, other: Fingerprint) -> float:
    """Return the share of frames that look like one of the other file at about the same time.

    This finds copies of which too few frames are known to follow how the picture moves. It takes
    a fixed camera for a copy, so it is for files that have no sound to tell them apart.
    """
    rows = [
        np.flatnonzero(file.quality[:, 0] >= STILL_QUALITY) if len(file.times) else np.zeros(0, int)
        for file in (one, other)
    ]
    if min(len(mine) for mine in rows) < LEAST_FRAMES:
        return 0.0
    mine, theirs = rows
    bits = np.minimum.reduce(
        [
            picture.hamming(left[mine, None, 0], right[None, theirs, 0])
            for left, right in _ways(one, other)
        ]
    )
    apart = np.abs(one.times[mine, None] - other.times[None, theirs])
    alike = (bits <= FRAME_BITS) & (apart <= FRAME_APART_S)
    return float(min(alike.any(axis=1).mean(), alike.any(axis=0).mean()))


def _ways(one: Fingerprint, other: Fingerprint) -> tuple[tuple[Bytes, Bytes], ...]:
    """Return hashes of two files to compare: as they lie, and one of them mirrored.

    Of a file that was remembered the mirrored ones are not kept: of these the other one's count.
    """
    ways = (
        (one.hashes, other.hashes),
        (one.mirrored, other.hashes),
        (one.hashes, other.mirrored),
    )
    return tuple(way for way in ways if way[0].any() and way[1].any()) or ways[:1]


def _looks_the_same(mine: Fingerprint, theirs: Fingerprint, found: MeasuredMatch) -> bool:
    """Tell whether frames of a match look like those of the other file at the same moments.

    A short excerpt can't match clearly by how it moves: that adds up over seconds.
    """
    span = found.picture_span
    if span is None or not len(theirs.times):
        return False
    rows = np.flatnonzero((mine.times >= span.start) & (mine.times <= span.end))
    at = found.mapping(mine.times[rows].astype(np.float64))
    near = np.abs(theirs.times[None] - at[:, None]).argmin(axis=1)
    beside = np.abs(theirs.times[near] - at) <= FRAME_BESIDE_S
    rows, near = rows[beside], near[beside]
    if len(rows) < LEAST_BESIDE:
        return False
    bits = (picture.hamming(left[rows], right[near]) for left, right in _ways(mine, theirs))
    # Of each region with itself: what shows another part of the picture has to match clearly.
    return max(float((each <= FRAME_BITS).mean(axis=0).max()) for each in bits) >= SAME


def _has_sound(fingerprint: Fingerprint) -> bool:
    return len(fingerprint.peak_frames) >= LEAST_PEAKS_PER_S * max(1.0, fingerprint.duration_s)

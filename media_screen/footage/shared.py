"""Says what two files have in common: how much of either, from where to where, in what.

Either may be the one that is new: what comes of it is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from media_screen.arrays import Bytes, Doubles, Floats, Ints
from media_screen.evidence import SharedFootage, SharedKind, SharedPart, Span, covered_s
from media_screen.footage.catalogue import MeasuredMatch, align
from media_screen.footage.catalogue.align import Mapping
from media_screen.footage.catalogue.index import Candidate
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
# PDQ hashes of pictures with a lower quality say nothing (the recommendation of its authors,
# ThreatExchange, 2019).
STILL_QUALITY = 50
# Frames of near-duplicates, taken at most a second apart: of 1,696 pairs of different clips (some
# of one actor in one studio) none had four fifths of its frames within 72 bits.
FRAME_BITS, FRAME_APART_S, LEAST_FRAMES = 48, 1.0, 3
# Frames of a match are compared with those nearest in time: they lie a quarter of a second apart.
FRAME_BESIDE_S, LEAST_BESIDE = 0.3, 8
# Of what is shared in picture and sound, either covers at least this share of the other: else it is
# shared in one of them alone, as in `catalogue.match`.
SOME_OTHER = 0.5


@dataclass(frozen=True, slots=True)
class CommonPart:
    """How much of two files some parts are, 0 to 1, and from where to where they lie in both."""

    here: float = 0.0
    there: float = 0.0
    spans: tuple[Span, Span] | None = None

    @property
    def least(self) -> float:
        """The share of the file of which it is less."""
        return min(self.here, self.there)

    @property
    def turned(self) -> CommonPart:
        """The same, seen from the other file."""
        spans = (self.spans[1], self.spans[0]) if self.spans else None
        return CommonPart(self.there, self.here, spans)

    @staticmethod
    def of(parts: Sequence[tuple[MeasuredMatch, Span]], length: float, known: float) -> CommonPart:
        """Measure parts of files of these lengths, s."""
        if not parts:
            return CommonPart()
        there = []
        for found, span in parts:
            start, end = found.mapping(np.array([span.start, span.end]))
            start, end = max(0.0, float(start)), min(float(end), known)
            there.append(Span(start, max(start, end)))
        here = [span for _, span in parts]
        return CommonPart(
            min(1.0, covered_s(here) / length),
            min(1.0, covered_s(there) / known),
            (_around(here), _around(there)),
        )


@dataclass(frozen=True, slots=True)
class Common:
    """What two files have in common; `part` is None where that is nothing."""

    picture: CommonPart = CommonPart()
    sound: CommonPart = CommonPart()
    part: SharedPart | None = None
    same: bool = False  # each is the other from end to end, as far as picture or sound tell

    @staticmethod
    def between(mine: Known, query: Query, known: Known, candidate: Candidate) -> Common:
        """Compare a file, and the query for it, with an earlier one.

        The shorter one is looked for in the longer one, of two of one length always the same one:
        so the same comes of it whichever was screened first.
        """
        if min(mine.duration_s, known.duration_s) <= 0:
            return Common()  # pictures are compared with pictures alone
        if (mine.duration_s, mine.sha256) <= (known.duration_s, known.sha256):
            return Common.of(query, known, candidate)
        turned = _turned(candidate)
        return Common.of(Query(known.fingerprint), mine, turned).turned

    @property
    def turned(self) -> Common:
        """The same, seen from the other file."""
        return replace(self, picture=self.picture.turned, sound=self.sound.turned)

    @staticmethod
    def of(query: Query, known: Known, candidate: Candidate) -> Common:
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
        seen = CommonPart.of(pictures, length, known.duration_s)
        heard = CommonPart.of(sounds, length, known.duration_s)
        audible = _has_sound(mine) and _has_sound(known.fingerprint)
        alike = LEAST_LENGTH <= known.duration_s / length <= 1 / LEAST_LENGTH
        if alike and seen.least < SAME and not audible:
            share = _alike_frames(mine, known.fingerprint)
            if share >= SAME:  # some such frames have all that were taken before one wall
                whole = Span(0.0, length), Span(0.0, known.duration_s)
                seen = CommonPart(share, share, whole)
        faces = bool(pictures) and all(one.channel.startswith(align.FACE) for one, _ in pictures)
        part = _part(seen, heard, silent=not _has_sound(mine) and not _has_sound(known.fingerprint))
        both_seen = len(mine.times) > 0 and len(known.fingerprint.times) > 0
        # One song or one speech under two pictures is no repost.
        over_other = seen.least < SOME_PICTURE and both_seen
        same = alike and not over_other and max(seen.least, heard.least) >= SAME
        return Common(seen, heard, "face" if faces and part == "picture" else part, same)

    def told(self, path: str, sha256: str) -> SharedFootage:
        """Return the record of what is shared with an earlier file, by its path and content."""
        assert self.part is not None
        lead = self.sound if self.part == "sound" else self.picture
        if self.part == "both" and self.sound.least > self.picture.least:
            lead = self.sound
        assert lead.spans is not None
        here, there = lead.spans
        return SharedFootage(
            path,
            sha256,
            _kind(lead),
            self.part,
            here,
            there,
            round(lead.here, 3),
            round(lead.there, 3),
        )


_WHOLE = CommonPart(1.0, 1.0, (Span(0.0, 0.0), Span(0.0, 0.0)))
SAME_STILL = Common(picture=_WHOLE, part="both", same=True)  # pictures that look the same


def _turned(candidate: Candidate) -> Candidate:
    """Return a candidate as it is when the other file is looked for in this one."""
    sounds = [
        (Mapping(1.0 / one.speed, -one.offset_s / one.speed), pitch, votes)
        for one, pitch, votes in candidate.sounds
    ]
    return Candidate(candidate.reference, candidate.picture, sounds)


def _part(seen: CommonPart, heard: CommonPart, *, silent: bool) -> SharedPart | None:
    """Say in what two files share something; picture alone is all of two silent ones."""
    if not seen.here and not heard.here:
        return None
    if silent or (seen.here >= SOME_OTHER * heard.here and heard.here >= SOME_OTHER * seen.here):
        return "both"
    return "picture" if seen.here > heard.here else "sound"


def _kind(shares: CommonPart) -> SharedKind:
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
    left, right = beside(one.times[mine], other.times[theirs], FRAME_APART_S)
    ways = _ways(one, other)
    bits = [picture.hamming(a[mine[left], 0], b[theirs[right], 0]) for a, b in ways]
    alike = np.minimum.reduce(bits) <= FRAME_BITS
    return min(
        len(np.unique(left[alike])) / len(mine),
        len(np.unique(right[alike])) / len(theirs),
    )


def beside(here: Floats, there: Floats, apart_s: float) -> tuple[Ints, Ints]:
    """Return the rows of moments of two files that lie at most so far apart, pair by pair.

    Moments are in order. All pairs of two long files would be hundreds of megabytes.
    """
    at = here.astype(np.float64)
    first = np.searchsorted(there, at - apart_s)
    count = np.searchsorted(there, at + apart_s, "right") - first
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return np.repeat(np.arange(len(here)), count), np.repeat(first, count) + within


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
    near = nearest(theirs.times, at)
    close = np.abs(theirs.times[near] - at) <= FRAME_BESIDE_S
    rows, near = rows[close], near[close]
    if len(rows) < LEAST_BESIDE:
        return False
    bits = (picture.hamming(left[rows], right[near]) for left, right in _ways(mine, theirs))
    # Of each region with itself: what shows another part of the picture has to match clearly.
    return max(float((each <= FRAME_BITS).mean(axis=0).max()) for each in bits) >= SAME


def nearest(times: Floats, at: Doubles) -> Ints:
    """Return for each moment the row of the nearest of some times, which are in order."""
    after = np.minimum(np.searchsorted(times, at), len(times) - 1)
    before = np.maximum(after - 1, 0)
    return np.where(at - times[before] <= np.abs(times[after] - at), before, after)


def _has_sound(fingerprint: Fingerprint) -> bool:
    return len(fingerprint.peak_frames) >= LEAST_PEAKS_PER_S * max(1.0, fingerprint.duration_s)

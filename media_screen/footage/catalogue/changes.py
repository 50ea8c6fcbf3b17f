"""Tells moment by moment whether a file goes on as the reference does, under one map of time.

`catalogue.parts` finds the map; here what lies between its first and last moment is looked at
again, since a run that is long enough bridges seconds of something else. Each moment votes for the
reference or against it, and a change is a stretch whose votes against it add up: the more surely
single moments tell, the shorter the stretch that is seen (a sequential test; Wald, "Sequential
tests of statistical hypotheses", 1945).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from media_screen.arrays import Doubles, Flags
from media_screen.evidence import Span, joined
from media_screen.footage.catalogue import align
from media_screen.footage.catalogue.align import FACE, Mapping, Series, region_series
from media_screen.footage.catalogue.parts import Part, Query
from media_screen.footage.fingerprint import Fingerprint
from media_screen.footage.fingerprint.sound import FRAMES_PER_S, Peaks

# What a typical moment of the match has in common, as a quantile: others are quiet or exchanged.
TYPICAL = 0.7
# Shifts, s, at which sound that follows the reference agrees by chance, measured over CHANCE_S to
# either side: a tone agrees anywhere in itself, and says nothing.
WRONG_SHIFTS_S = (-1.0, -0.7, -0.4, 0.4, 0.7, 1.0)
CHANCE_S, HITS_S = 1.0, 0.5
LEAST_CHANCE, MOST_HIT, LEAST_LEAD = 0.05, 0.95, 0.1
# Where a copy was coded worst, this share of what is typically in common still is.
WORST = 0.7
# How far a frame may look less alike than the typical one and still speak for the reference
# (cosine), and what one frame may add at most.
LOOK_DROP, MOST_FOR, MOST_AGAINST = 0.12, 1.0, 2.0
NEAR_S = 0.125  # half of a step of the reference: between two of its frames there may be a cut
# Votes against the reference that make a change: nats of sound, frames of another look, and
# movement that disagrees. That of sound is set on half of the clips of `benchmarks.local_changes`
# (one in 300 reposts has more); those of the picture on a dozen, and are only measured there.
SOUND_CHANGE, LOOK_CHANGE, MOVEMENT_CHANGE = 15.0, 7.0, 4.0
CHANGE_S = 0.4  # s from the first vote to the last; shorter is a click, a flash, a lost packet
COMPARED_S = 0.75  # s around a vote that count as compared
JOINED_S = 0.5  # s; changes of one part that lie closer together are told as one


@dataclass(frozen=True, slots=True)
class Change:
    """A stretch of a file inside of a match where picture or sound is not the reference's.

    "order" is where the file goes on at another moment of the reference than it left.
    """

    part: Literal["picture", "sound", "order"]
    span: Span


@dataclass(frozen=True, slots=True)
class Votes:
    """Moments of the file, in order of time, and how each speaks for the reference (positive)."""

    times: Doubles
    values: Doubles

    def within(self, span: Span) -> Votes:
        """Return the votes of one stretch."""
        keep = (self.times >= span.start) & (self.times <= span.end)
        return Votes(self.times[keep], self.values[keep])

    def against(self, least: float) -> list[Span]:
        """Return the stretches whose votes against the reference add up to `least` or more."""
        return [
            Span(float(self.times[first]), float(self.times[last - 1]))
            for first, last, score in maximal_runs(-self.values)
            if score >= least and self.times[last - 1] - self.times[first] >= CHANGE_S
        ]

    def supported(self, rows: Flags) -> Votes:
        """Return the same votes with some of them for the reference."""
        return Votes(self.times, np.where(rows, MOST_FOR, self.values))

    def compared(self) -> list[Span]:
        """Return the stretches in which there are votes at all."""
        told = self.times[self.values != 0]
        return joined([Span(max(0.0, at - COMPARED_S), at + COMPARED_S) for at in told.tolist()])


NO_VOTES = Votes(np.zeros(0), np.zeros(0))


@dataclass(frozen=True, slots=True)
class _Run:
    """Values [first, last) whose sum counts, the sums of all before it and of all up to its end."""

    first: int
    last: int
    low: float
    high: float
    below: int  # number of the nearest run before it whose `low` is lower, -1 for none


def maximal_runs(values: Sequence[float] | Doubles) -> list[tuple[int, int, float]]:
    """Return all maximal scoring runs as (first, last + 1, score), in order.

    Ruzzo and Tompa, "A linear time algorithm for finding all maximal scoring subsequences", 1999.
    """
    runs: list[_Run] = []
    total = 0.0
    for place, value in enumerate(values):
        before, total = total, total + float(value)
        if value > 0:
            _add_run(runs, place, before, total)
    return [(run.first, run.last, run.high - run.low) for run in runs]


def _add_run(runs: list[_Run], place: int, before: float, total: float) -> None:
    """Add the run of one value, together with those before it that it goes on from.

    A run that is passed over for its `low` lies behind the new one, which has one as low: none
    after that asks for it again, so that all the steps together are no more than the values.
    """
    below = len(runs) - 1
    while below >= 0 and runs[below].low >= before:
        below = runs[below].below
    first = place
    while below >= 0 and runs[below].high < total:
        first, before, lower = runs[below].first, runs[below].low, runs[below].below
        del runs[below:]
        below = lower
    runs.append(_Run(first, place + 1, before, total, below))


# --- sound ---------------------------------------------------------------------------------------


def sound_votes(
    query: Peaks, reference: Peaks, mapping: Mapping, *, pitch: bool, room: Span
) -> Votes:
    """Let the peaks of both sides vote: each is found on the other side, or is not."""
    back = Mapping(1 / mapping.speed, -mapping.offset_s / mapping.speed)
    theirs = back(reference.frames / FRAMES_PER_S)
    mine = query.frames / FRAMES_PER_S
    sides = (
        (query, reference, mapping, mine),
        (reference, query, back, theirs),
    )
    times, values = [], []
    for voters, others, there, here in sides:
        inside = (here >= room.start) & (here <= room.end)
        if inside.any():
            some = Peaks(voters.frames[inside], voters.steps[inside])
            times.append(here[inside])
            values.append(_peak_votes(some, others, there, here[inside], pitch=pitch))
    if not times:
        return NO_VOTES
    order = np.argsort(np.concatenate(times), kind="stable")
    return Votes(np.concatenate(times)[order], np.concatenate(values)[order])


def _peak_votes(
    mine: Peaks, theirs: Peaks, mapping: Mapping, here: Doubles, *, pitch: bool
) -> Doubles:
    """Return the log likelihood ratio of each peak: of the same sound against another one."""

    def hits(shift: float) -> Doubles:
        moved = Mapping(mapping.speed, mapping.offset_s + shift)
        return align.align_sound(mine, theirs, moved, pitch=pitch).astype(np.float64)

    found = hits(0.0)
    by_chance = np.mean([hits(shift) for shift in WRONG_SHIFTS_S], axis=0)
    chance = np.maximum(align.smoothed(here, by_chance, CHANCE_S), LEAST_CHANCE)
    hit = min(MOST_HIT, float(np.quantile(align.smoothed(here, found, HITS_S), TYPICAL)))
    telling = hit - chance >= LEAST_LEAD
    hit, chance = max(hit, LEAST_CHANCE), np.minimum(chance, MOST_HIT)
    votes = np.where(found > 0, np.log(hit / chance), np.log((1 - WORST * hit) / (1 - chance)))
    return np.asarray(np.where(telling, votes, 0.0))


# --- picture -------------------------------------------------------------------------------------


def compared_series(query: Query, reference: Fingerprint, part: Part) -> tuple[Series, Series]:
    """Return the series of file and reference in which a matched picture is best compared.

    A face alone is followed only where it is seen, so a region that looks the same is preferred.
    """
    alignment = part.alignment
    assert alignment is not None
    if part.pair is not None:
        mine, theirs = part.pair
        return (mine.mirrored() if alignment.mirrored else mine), theirs
    ours, known = region_series(query.fingerprint), region_series(reference)
    best: tuple[float, Series, Series] | None = None
    for left, right, mirrored in align.channel_pairs(ours, known):
        if mirrored != alignment.mirrored:
            continue
        mine = ours[left].mirrored() if mirrored else ours[left]
        votes = _alike(mine, known[right], part.mapping, part.span)[1]
        alike = float(np.quantile(votes, TYPICAL)) if len(votes) else -1.0
        if left == alignment.query_channel and right == alignment.reference_channel:
            alike += 0.05  # it was found there, so another one must be clearly better
        if best is None or alike > best[0]:
            best = (alike, mine, known[right])
    if best is not None and (best[0] >= 0.75 or not alignment.query_channel.startswith(FACE)):
        return best[1:]
    series = align.picture_series(reference)
    mine = (query.mirrored if alignment.mirrored else query.series)[alignment.query_channel]
    return mine, series[alignment.reference_channel]


def look_votes(query: Series, reference: Series, mapping: Mapping, room: Span) -> Votes:
    """Let each frame vote by how alike it looks to the frame that belongs there."""
    times, alike = _alike(query, reference, mapping, room)
    if not len(times):
        return NO_VOTES
    typical = float(np.quantile(alike, TYPICAL))
    votes = np.clip(1.0 - (typical - alike) / LOOK_DROP, -MOST_AGAINST, MOST_FOR)
    return Votes(times, votes)


def _alike(
    query: Series, reference: Series, mapping: Mapping, room: Span
) -> tuple[Doubles, Doubles]:
    """Return moments and cosines with the reference; where both say nothing there is none."""
    keep = (query.times >= room.start) & (query.times <= room.end)
    times, values = query.times[keep], query.values[keep]
    alike, seen = np.full(len(times), -1.0), np.zeros(len(times), bool)
    for late in (-NEAR_S, 0.0, NEAR_S):
        there, has = reference.at(mapping(times) + late)
        telling = (np.linalg.norm(there, axis=1) > 0) | (np.linalg.norm(values, axis=1) > 0)
        alike = np.maximum(alike, np.where(has, align.cosines(values, there), -1.0))
        seen |= has & telling
    return times[seen], alike[seen]


def movement_votes(query: Series, reference: Series, mapping: Mapping, room: Span) -> Votes:
    """Let each change of the picture over half a second vote by how it agrees with the reference's.

    One that moves where the other stands still disagrees.
    """
    moving = align.changes(query)
    start, has_start = reference.at(mapping(moving.start))
    end, has_end = reference.at(mapping(moving.end))
    keep = has_start & has_end & (moving.start >= room.start) & (moving.end <= room.end)
    mine, theirs = moving.change[keep], (end - start)[keep]
    times = (moving.start[keep] + moving.end[keep]) / 2
    if not len(times):
        return NO_VOTES
    larger = np.maximum(np.linalg.norm(mine, axis=1), np.linalg.norm(theirs, axis=1))
    agree = np.einsum("ij,ij->i", mine, theirs) / np.maximum(larger, 1e-6) ** 2
    weight = larger**2 / (larger**2 + align.NOISE**2)
    moves = weight > 0.5
    typical = float(np.quantile(agree[moves], TYPICAL)) if moves.any() else 1.0
    return Votes(times, np.asarray(weight * (agree - typical / 2), dtype=np.float64))

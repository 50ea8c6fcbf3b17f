"""Aligns a file with one reference in time and measures which parts of it follow the reference.

Two recordings of one person in one place look alike at every moment; only a copy *moves* alike. So
the descriptor of the picture is compared by its changes over half a second: the change in the query
against the change in the reference at the mapped times. Static overlays, borders and colour
changes drop out of a change, and a different recording has another one.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

import numpy as np
import numpy.typing as npt

from media_screen.arrays import Codes, Doubles, Flags, Floats, Ints
from media_screen.footage.fingerprint import Fingerprint, picture, sound

GRID_HZ = 8.0  # moments a second at which a reference is tried against a query
GAP_S = 0.5  # over which a change is measured: heads move visibly, cuts are rare
GAP_RANGE_S = (0.35, 0.8)
HOLE_S = 0.6  # a reference has no picture where its frames are farther apart
# Rounding of descriptors and lossy coding make changes of about this length (norm over 63
# coefficients) out of nothing; changes count by how far they exceed it.
NOISE = 14.0
# What a change must agree by (cosine) to speak for a mapping rather than against it.
AGREE = 0.3
# Cosine of the pictures themselves; below it the mapped pictures show something else.
ALIKE = 0.35
# The same for a first look at moments that are not aligned, over MOST_LOOKS pictures.
ALIKE_AT_ALL, MOST_LOOKS = 0.45, 24
SPEEDS = (1.0, 0.95, 1.05, 0.9, 1.1)
MOST_PACED = 4  # pairs of channels that are tried at other speeds than 1
# Changes of the query and moments of the reference that are compared at a time: 2 MB of votes, near
# the processor. Measured against an hour: 1.5 s; four times the changes take 1.9 s, a quarter of
# the moments 2.3 s.
BLOCK_CHANGES, BLOCK_MOMENTS = 128, 4096
SPEED_RANGE = (0.87, 1.13)
FACE = "face"
MOST_LANES = 3


@dataclass(frozen=True, slots=True)
class Mapping:
    """Time in the reference = `speed` x time in the query + `offset_s`."""

    speed: float
    offset_s: float

    def __call__(self, times: npt.NDArray[np.floating]) -> Doubles:
        """Return the times in the reference of times in the query, s."""
        return np.asarray(times, dtype=np.float64) * self.speed + self.offset_s

    def back(self, time_s: float) -> float:
        """Return the time in the query of a time in the reference."""
        return (time_s - self.offset_s) / self.speed


@dataclass(frozen=True, slots=True)
class Series:
    """Descriptors in order of time."""

    times: Doubles
    values: Floats

    def at(self, times: Doubles) -> tuple[Floats, Flags]:
        """Return interpolated descriptors and whether the series has a picture at these times."""
        if len(self.times) < 2:
            near = np.abs(times - self.times[0]) < HOLE_S / 4
            return np.repeat(self.values, len(times), axis=0), near
        right = np.clip(np.searchsorted(self.times, times), 1, len(self.times) - 1)
        gap = self.times[right] - self.times[right - 1]
        share = (times - self.times[right - 1]) / np.maximum(gap, 1e-9)
        # Half a frame outside the ends is still the first or last frame.
        inside = (share >= -0.25 / np.maximum(gap, 0.25)) & (
            share <= 1 + 0.25 / np.maximum(gap, 0.25)
        )
        share = np.clip(share, 0, 1)[:, None].astype(np.float32)
        mixed = self.values[right - 1] * (1 - share) + self.values[right] * share
        return np.asarray(mixed, dtype=np.float32), inside & (gap <= HOLE_S)

    def mirrored(self) -> Series:
        """Return the series of the mirrored picture."""
        return Series(self.times, self.values * picture.mirror_signs())


def picture_series(fingerprint: Fingerprint) -> dict[str, Series]:
    """Return the descriptors of each region and of the upper faces, lane by lane.

    Pictures that say nothing (black, bars, cards) are left out: anything could be matched by them.
    """
    times = fingerprint.times.astype(np.float64)
    found = {}
    for index, region in enumerate(picture.REGIONS):
        told = fingerprint.quality[:, index] > 0
        if told.any():
            values = fingerprint.pictures[told, index].astype(np.float32)
            found[region] = Series(times[told], values)
    for number, rows in enumerate(face_lanes(fingerprint)):
        found[f"{FACE}{number}"] = lane_series(fingerprint, rows, fingerprint.faces)
    return found


def region_series(fingerprint: Fingerprint) -> dict[str, Series]:
    """Return the descriptors of each region at all moments; of pictures that say nothing zeros."""
    times = fingerprint.times.astype(np.float64)
    told = (fingerprint.quality > 0)[:, :, None]
    values = (fingerprint.pictures * told).astype(np.float32)
    if not times.size:
        return {}
    return {name: Series(times, values[:, index]) for index, name in enumerate(picture.REGIONS)}


def face_lanes(fingerprint: Fingerprint) -> list[Ints]:
    """Return the rows of faces that can be followed, at most MOST_LANES such sequences.

    A lane is one track and then another that is not seen at the same time: over an hour a person is
    in hundreds of tracks. The tracks with most faces are placed first.
    """
    _, counts = np.unique(fingerprint.face_tracks, return_counts=True)
    ordered = np.argsort(fingerprint.face_tracks, kind="stable")
    found = np.split(ordered, np.cumsum(counts)[:-1])  # the rows of each track
    lanes: list[list[Ints]] = []
    taken: list[list[tuple[float, float]]] = []
    for track in np.argsort(-counts, kind="stable"):
        rows = found[track]
        span = float(fingerprint.face_times[rows[0]]), float(fingerprint.face_times[rows[-1]])
        for lane, spans in zip(lanes, taken, strict=True):
            place = bisect(spans, span)
            beside = spans[max(0, place - 1) : place + 1]  # no other can overlap
            if all(span[1] < first or span[0] > last for first, last in beside):
                lane.append(rows)
                spans.insert(place, span)
                break
        else:
            if len(lanes) < MOST_LANES:
                lanes.append([rows])
                taken.append([span])
    return [np.sort(np.concatenate(lane)) for lane in lanes]


def lane_series(fingerprint: Fingerprint, rows: Ints, values: Codes) -> Series:
    """Return one kind of descriptor of one lane."""
    times = fingerprint.face_times[rows].astype(np.float64)
    times, first = np.unique(times, return_index=True)
    return Series(times, values[rows[first]].astype(np.float32))


@dataclass(frozen=True, slots=True)
class Changes:
    """How descriptors change between pairs of moments."""

    start: Doubles
    end: Doubles
    change: Floats
    before: Floats


def changes(series: Series) -> Changes:
    """Pair each moment with the one about GAP_S later, as far as there is one."""
    times = series.times
    low, high = GAP_RANGE_S
    later = np.searchsorted(times, times + GAP_S - 0.04)
    later = np.clip(later, 0, max(0, len(times) - 1))
    first = np.flatnonzero((times[later] - times >= low) & (times[later] - times <= high))
    second = later[first]
    return Changes(
        start=times[first],
        end=times[second],
        change=series.values[second] - series.values[first],
        before=series.values[first],
    )


def agreement(query: Changes, reference: Series, mapping: Mapping) -> tuple[Doubles, Doubles]:
    """Return (cosine, weight) of each change of the query under a mapping; weight 0: no picture."""
    start, has_start = reference.at(mapping(query.start))
    end, has_end = reference.at(mapping(query.end))
    cosine, weight = _compare(query.change, end - start)
    alike = cosines(query.before, start) >= ALIKE
    cosine = np.where(alike, cosine, np.minimum(cosine, 0.0))
    return cosine, weight * (has_start & has_end)


def _compare(left: Floats, right: Floats) -> tuple[Doubles, Doubles]:
    left_norm, right_norm = np.linalg.norm(left, axis=-1), np.linalg.norm(right, axis=-1)
    dot = np.einsum("ij,ij->i", left, right)
    cosine = dot / np.maximum(left_norm * right_norm, 1e-6)
    return cosine.astype(np.float64), (_salient(left_norm) * _salient(right_norm)).astype(float)


def _salient(norm: npt.NDArray[np.floating]) -> Floats:
    return np.asarray(norm**2 / (norm**2 + NOISE**2), dtype=np.float32)


def cosines(left: Floats, right: Floats) -> Floats:
    """Return the cosine of each pair of rows."""
    scale = np.linalg.norm(left, axis=-1) * np.linalg.norm(right, axis=-1)
    return np.asarray(np.einsum("ij,ij->i", left, right) / np.maximum(scale, 1e-6), np.float32)


@dataclass(frozen=True, slots=True)
class Alignment:
    """A mapping found by the picture, the channels it holds for, and how strongly.

    `score` adds up, over the best stretch, how far changes agree beyond chance.
    """

    mapping: Mapping
    query_channel: str
    reference_channel: str
    mirrored: bool
    score: float


@dataclass(frozen=True, slots=True)
class Moments:
    """What a reference shows at moments of its grid that follow one another, from `first` on.

    `value` are descriptors and `change` how they change, both of length 1; `weight` says how much
    a change counts, 0 where there is no picture.
    """

    first: int
    value: Floats
    change: Floats
    weight: Floats

    def mirrored(self) -> Moments:
        """Return the moments of the mirrored picture."""
        signs = picture.mirror_signs()
        return replace(self, value=self.value * signs, change=self.change * signs)


class Grid:
    """A reference's descriptor and its change at GRID_HZ, a block of moments at a time."""

    def __init__(self, series: Series) -> None:
        self._series = series
        self.count = max(1, int(np.floor(series.times[-1] * GRID_HZ)) + 1)
        self._some = _unit(series.at(np.arange(0, self.count, round(GRID_HZ / 2)) / GRID_HZ)[0])

    def blocks(self) -> Iterator[Moments]:
        """Give all moments in order, ready for matrix products."""
        for first in range(0, self.count, BLOCK_MOMENTS):
            moments = np.arange(first, min(first + BLOCK_MOMENTS, self.count)) / GRID_HZ
            value, has = self._series.at(moments)
            later, has_later = self._series.at(moments + GAP_S)
            change = later - value
            weight = _salient(np.linalg.norm(change, axis=1)) * (has & has_later)
            yield Moments(first, _unit(value), _unit(change), weight)

    def looks_like(self, pictures: Floats) -> bool:
        """Tell whether some pictures of a query are anything like some of the reference."""
        rows = np.unique(np.linspace(0, len(pictures) - 1, MOST_LOOKS).astype(int))
        nearest = (_unit(pictures[rows]) @ self._some.T).max(axis=1)
        return bool(np.count_nonzero(nearest >= ALIKE_AT_ALL) >= min(2, len(rows)))


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1), 1e-6)[:, None])


class Motion:
    """The changes of a query, ready for matrix products."""

    def __init__(self, moving: Changes) -> None:
        self.start = moving.start
        self._change, self._before = _unit(moving.change), _unit(moving.before)
        self._weight = _salient(np.linalg.norm(moving.change, axis=1))

    def votes(self, rows: slice, shown: Moments) -> Floats:
        """Return for some changes (row) and moments (column) what they add to a score."""
        votes = self._change[rows] @ shown.change.T
        votes[self._before[rows] @ shown.value.T < ALIKE] = -1.0
        votes -= AGREE
        votes *= self._weight[rows, None]
        votes *= shown.weight
        return np.asarray(votes, dtype=np.float32)


class Offsets:
    """How well a query agrees at each offset and one speed, with what was looked at so far.

    For each offset the best run of changes that ends here is kept, and the best of all (Kadane's
    algorithm), so that single votes need not be. Each has to meet the changes in order of time:
    blocks of moments come in order, and within each of them the changes.
    """

    def __init__(self, starts: Doubles, speed: float, count: int) -> None:
        self._speed = speed
        self._moments = np.rint(starts * speed * GRID_HZ).astype(np.int64)
        self._zero = int(self._moments.max())  # where in both arrays the offset 0 stands
        self._here = np.zeros(self._zero - int(self._moments.min()) + count, np.float32)
        self._best = np.zeros_like(self._here)

    def add(self, first_change: int, first_moment: int, votes: Floats) -> None:
        """Take the votes of some changes (row) at some moments (column)."""
        places = first_moment + self._zero - self._moments[first_change:][: len(votes)]
        for place, row in zip(places.tolist(), votes, strict=True):
            here = self._here[place : place + len(row)]
            best = self._best[place : place + len(row)]
            np.maximum(here + row, 0.0, out=here)
            np.maximum(here, best, out=best)

    def best(self) -> tuple[float, Mapping]:
        """Return (score, mapping) of the offset at which a stretch of the query agrees best."""
        place = int(np.argmax(self._best))
        return float(self._best[place]), Mapping(self._speed, (place - self._zero) / GRID_HZ)


def refine(query: Changes, reference: Series, mapping: Mapping) -> tuple[float, Mapping]:
    """Improve a mapping by small steps of speed and offset; returns (score, mapping)."""
    best = (stretch_score(*agreement(query, reference, mapping)), mapping)
    middle = float(query.start.mean())
    for speed_step, offset_step in ((0.02, 0.06), (0.01, 0.03)):
        centre = best[1]
        for ds in (-speed_step, 0.0, speed_step):
            speed = centre.speed + ds
            if not SPEED_RANGE[0] <= speed <= SPEED_RANGE[1]:
                continue
            for do in (-2, -1, 0, 1, 2):
                # Turn about the middle of the query, so that speed and offset don't fight.
                offset = centre.offset_s - ds * middle + do * offset_step
                tried = Mapping(speed, offset)
                score = stretch_score(*agreement(query, reference, tried))
                if score > best[0] + 1e-6:
                    best = (score, tried)
    return best


def stretch_score(cosine: Doubles, weight: Doubles) -> float:
    """Return how far the best run of changes agrees beyond AGREE."""
    total = np.concatenate([[0.0], np.cumsum(weight * (cosine - AGREE))])
    return float((total - np.minimum.accumulate(total)).max())


def channel_pairs(
    query: dict[str, Series], reference: dict[str, Series]
) -> Iterator[tuple[str, str, bool]]:
    """Give the channels that can show the same thing: regions with regions, faces with faces."""
    for left in query:
        for right in reference:
            if left.startswith(FACE) == right.startswith(FACE):
                yield left, right, False
                yield left, right, True


def align_picture(query: dict[str, Series], reference: dict[str, Series]) -> list[Alignment]:
    """Return the best alignment of each pair of channels, best first.

    At a wrong speed a short stretch still agrees, so all pairs are tried at speed 1 and only the
    MOST_PACED best of them at the others.
    """
    grids = {name: Grid(series) for name, series in reference.items()}
    moving = {name: changes(series) for name, series in query.items()}
    tried = []
    for left, right, mirrored in channel_pairs(query, reference):
        shown = moving[left].before
        shown = shown * picture.mirror_signs() if mirrored else shown
        if len(shown) and grids[right].looks_like(shown):
            tried.append(Alignment(Mapping(1.0, 0.0), left, right, mirrored, 0.0))
    motions = {name: Motion(moving[name]) for name in {pair.query_channel for pair in tried}}
    found = sorted(search_offsets(tried, motions, grids, SPEEDS[:1]), key=_by_score)
    paced = search_offsets(found[:MOST_PACED], motions, grids, SPEEDS[1:])
    for row, other in enumerate(paced):
        if other.score > found[row].score:
            found[row] = other
    return [one for one in sorted(found, key=_by_score) if one.score > 0]


def _by_score(alignment: Alignment) -> float:
    return -alignment.score


def search_offsets(
    pairs: Sequence[Alignment],
    motions: dict[str, Motion],
    grids: dict[str, Grid],
    speeds: Sequence[float],
) -> list[Alignment]:
    """Return pairs of channels with the offset, and of some speeds the one, that agree best."""
    best = list(pairs)
    for name, grid in grids.items():
        tried = {
            row: [Offsets(motions[pair.query_channel].start, speed, grid.count) for speed in speeds]
            for row, pair in enumerate(pairs)
            if pair.reference_channel == name
        }
        # One block of one channel at a time, for all that is compared with it.
        for shown in grid.blocks() if tried else ():
            for row, offsets in tried.items():
                seen = shown.mirrored() if pairs[row].mirrored else shown
                _vote(motions[pairs[row].query_channel], seen, offsets)
        for row, offsets in tried.items():
            score, mapping = max((one.best() for one in offsets), key=itemgetter(0))
            best[row] = replace(pairs[row], mapping=mapping, score=score)
    return best


def _vote(motion: Motion, shown: Moments, tried: Iterable[Offsets]) -> None:
    """Let all changes of a query vote at some moments, for the offsets at several speeds."""
    for first in range(0, len(motion.start), BLOCK_CHANGES):
        votes = motion.votes(slice(first, first + BLOCK_CHANGES), shown)
        for offsets in tried:
            offsets.add(first, shown.first, votes)


def align_sound(
    query: sound.Peaks,
    reference: sound.Peaks,
    mapping: Mapping,
    *,
    pitch: bool,
    slack: float = 1.0,
) -> Flags:
    """Tell for each peak of the query whether the reference has it at the mapped time.

    `slack` widens how far apart in time two peaks may be.
    """
    frames, steps = sound.moved(query, mapping.speed, pitch=pitch)
    frames = frames + mapping.offset_s * sound.FRAMES_PER_S
    return _coincide(frames, steps, reference, slack * TIME_SLACK)


TIME_SLACK, STEP_SLACK = 1.6, 2.5  # frames (26 ms) and 1/60 octaves


def _coincide(frames: Doubles, steps: Doubles, reference: sound.Peaks, slack: float) -> Flags:
    """Find for each (frame, step) whether a peak of the reference is near."""
    hit = np.zeros(len(frames), bool)
    if not len(reference.frames):
        return hit
    theirs = reference.frames.astype(np.float64)
    low = np.searchsorted(theirs, frames - slack)
    high = np.searchsorted(theirs, frames + slack)
    for ahead in range(int((high - low).max(initial=0))):
        at = low + ahead
        ok = at < high
        near = np.abs(reference.steps[np.clip(at, 0, len(theirs) - 1)] - steps) <= STEP_SLACK
        hit |= ok & near
    return hit


def smoothed(times: Doubles, values: Doubles, reach_s: float) -> Doubles:
    """Return the mean of the values within `reach_s` of each moment."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    low = np.searchsorted(times, times - reach_s)
    high = np.searchsorted(times, times + reach_s, "right")
    return np.asarray((total[high] - total[low]) / np.maximum(high - low, 1))

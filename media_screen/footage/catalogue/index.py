"""Finds the references that a fingerprint may come from: nearest hashes and pairs of peaks.

Pictures: a FAISS index over binary codes (Johnson, Douze and Jegou, "Billion-scale similarity
search with GPUs", 2019) that compares all of them: up to some millions of codes this takes
milliseconds, needs no training and misses nothing. Sound: one sorted table of pairs of peaks
(Wang, 2003), read out by votes on the offset. Both give candidates only; what follows verifies.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from media_screen.arrays import Bytes, Flags, Ints
from media_screen.footage.catalogue.align import SPEEDS, Mapping
from media_screen.footage.fingerprint import Fingerprint, picture, sound

# A hash is indexed when it differs from the last one kept, or after STILL_S of standstill.
STEP_S, STILL_S = 2.4, 10.0
CUT_S = 1.4  # least wait even then: shaky pictures jump all the time
PARTS_WAIT = 2.0  # times as long for the parts of the picture: most copies show all of it
STEP_BITS, CUT_BITS = 12, 50
LEAST_QUALITY = 5  # PDQ's measure; below there is hardly anything in the picture
# Codes farther away than so many random ones would be, for one hash of the query, are chance: 106
# bits in a catalogue of 1,500 codes, 90 in one of 6 million.
CHANCE_CODES = 5
QUERY_PACE = 0.4  # a short query gives a hash each second, so that some fall on indexed moments
NEAREST = 24  # codes looked at for each hash of the query
MOST_QUERY_HASHES = 10  # of one channel, mirrored or not
# A picture score from which nobody looks for the mirrored picture: three frames that are alike.
CLEAR_PICTURE = 1.5
# Of all keys of pairs every second is used, by a fixed scramble, in catalogue and query alike: it
# halves memory and time, and a few seconds of speech still give dozens.
KEY_SHARE = 2
MOST_QUERY_PAIRS = 6000
# Places read from the table at one speed: the keys of the query that are rarest in the catalogue
# say most and are taken first, so that time does not grow with the catalogue beyond this.
MOST_PLACES = 1_000_000
TICK = 4  # frames (64 ms) in one step of the offset
VOTE_BINS = 1 << 22  # at most; a short line is counted in fewer, which takes less time
CHUNK_PAIRS = 4_000_000  # sorted at a time while the table is built
# Gap between references on the common time line, ticks: longer than any query counts.
LINE_GAP = 4096
LEAST_VOTES = 4
MOST_SOUND, MOST_PICTURE = 8, 10  # candidates handed on
PITCHED = tuple((speed, pitch) for speed in SPEEDS for pitch in (True, False) if speed != 1.0)


@dataclass(slots=True)
class Candidate:
    """A reference that may be in the query: how alike pictures are, and offsets by sound."""

    reference: int
    picture: float = 0.0
    sounds: list[tuple[Mapping, bool, int]] = field(default_factory=list)  # pitch moved, votes


def thinned(
    times: npt.NDArray[np.floating], hashes: Bytes, quality: Bytes, pace: float = 1.0
) -> Ints:
    """Return which rows to index: a new one each STEP_S if it changed, at cuts, and at rests.

    `pace` multiplies the waits.
    """
    kept: list[int] = []
    for row in np.flatnonzero(quality >= LEAST_QUALITY):
        if kept:
            wait = (times[row] - times[kept[-1]]) / pace
            bits = int(picture.hamming(hashes[row], hashes[kept[-1]]))
            moved = bits > STEP_BITS and wait >= STEP_S
            cut = bits > CUT_BITS and wait >= CUT_S
            if not (moved or cut or wait >= STILL_S):
                continue
        kept.append(int(row))
    return np.array(kept, dtype=np.int64)


def codes_to_index(fingerprint: Fingerprint) -> Bytes:
    """Return the hashes of a reference that go into the index, (n, 32), each once."""
    found = [np.zeros((0, picture.HASH_BYTES), np.uint8)]
    for region in range(len(picture.REGIONS)):
        hashes, quality = fingerprint.hashes[:, region], fingerprint.quality[:, region]
        pace = PARTS_WAIT if region else 1.0
        found.append(hashes[thinned(fingerprint.times, hashes, quality, pace)])
    for track in np.unique(fingerprint.face_tracks):
        mine = np.flatnonzero(fingerprint.face_tracks == track)
        hashes = fingerprint.face_hashes[mine]
        rows = thinned(fingerprint.face_times[mine], hashes, fingerprint.face_quality[mine])
        found.append(hashes[rows])
    return np.unique(np.concatenate(found), axis=0)


def pairs_to_index(fingerprint: Fingerprint) -> npt.NDArray[np.uint64]:
    """Return the pairs of a reference: the key in the upper half, the tick in the lower."""
    keys, frames = sound.pairs(
        fingerprint.peak_frames.astype(np.float64),
        fingerprint.peak_steps.astype(np.float64),
        sound.REFERENCE_FAN,
    )
    chosen = _chosen(keys)
    ticks = np.rint(frames[chosen] / TICK).astype(np.uint64)
    return np.asarray((keys[chosen].astype(np.uint64) << np.uint64(32)) | ticks)


def _chosen(keys: npt.NDArray[np.uint32]) -> Flags:
    """Tell which keys are used; Knuth's multiplicative hash spreads them."""
    scrambled = (keys * np.uint32(2654435761)) >> np.uint32(16)
    return np.asarray(scrambled % KEY_SHARE == 0)


@dataclass(frozen=True, slots=True)
class Indexed:
    """What the index needs of one reference."""

    reference: int
    duration_s: float
    codes: Bytes
    pairs: npt.NDArray[np.uint64]


class ReferenceIndex:
    """All references of a catalogue in memory; built once, then only read."""

    def __init__(self, read: Callable[[], Iterable[Indexed]], *, threads: int = 1) -> None:
        """`read` gives all references, and is called twice: to count and to fill."""
        import faiss

        # The number of threads is a setting of the whole process; one is fast enough here.
        faiss.omp_set_num_threads(threads)
        self._codes: Any = faiss.IndexBinaryFlat(picture.HASH_BYTES * 8)
        owners: list[npt.NDArray[np.int32]] = []
        starts: list[int] = []
        references: list[int] = []
        counts = np.zeros(sound.KEYS, np.int64)
        place = 0
        for item in read():
            self._codes.add(np.ascontiguousarray(item.codes))
            owners.append(np.full(len(item.codes), len(references), np.int32))
            counts += np.bincount(_keys(item.pairs), minlength=sound.KEYS)
            starts.append(place)
            references.append(item.reference)
            place += int(item.duration_s * sound.FRAMES_PER_S / TICK) + LINE_GAP
        self._farthest = farthest(self._codes.ntotal)
        self._references = np.array(references, dtype=np.int64)
        self._owners = np.concatenate(owners) if owners else np.zeros(0, np.int32)
        self._starts = np.array(starts, dtype=np.int64)
        self._bins = vote_bins(place)
        self._first = np.concatenate([[0], np.cumsum(counts)])
        places = dict(zip(references, starts, strict=True))
        self._ticks = _filled(self._first, ((item, places[item.reference]) for item in read()))

    @property
    def nbytes(self) -> int:
        """Memory of the index in bytes."""
        codes = self._codes.ntotal * picture.HASH_BYTES
        return int(codes + self._owners.nbytes + self._ticks.nbytes + self._first.nbytes)

    def __len__(self) -> int:
        return len(self._references)

    def candidates(self, query: Fingerprint) -> list[Candidate]:
        """Return the references worth verifying, the likeliest first."""
        found: dict[int, Candidate] = {}
        peaks = sound.Peaks(query.peak_frames, query.peak_steps)
        heard = self._by_sound(peaks, [(1.0, True)])
        if not any(votes >= 6 * LEAST_VOTES for _, _, _, votes in heard):
            heard += self._by_sound(peaks, list(PITCHED))
        heard.sort(key=lambda item: -item[3])
        for number, mapping, pitch, votes in heard[: 2 * MOST_SOUND]:
            owner = found.setdefault(number, Candidate(int(self._references[number])))
            owner.sounds.append((mapping, pitch, votes))
        seen = sorted(self._by_picture(query).items(), key=lambda item: -item[1])
        for number, score in seen[:MOST_PICTURE]:
            found.setdefault(number, Candidate(int(self._references[number]))).picture = score
        return sorted(
            found.values(),
            key=lambda item: (-max([0, *(votes for *_, votes in item.sounds)]), -item.picture),
        )

    def _by_picture(self, query: Fingerprint) -> dict[int, float]:
        """Return a score for each reference that has hashes near those of the query."""
        score: dict[int, float] = defaultdict(float)
        if not self._codes.ntotal:
            return score
        for mirrored in (False, True):
            if mirrored and max(score.values(), default=0.0) >= CLEAR_PICTURE:
                break
            hashes = _query_codes(query, mirrored)
            nearest = min(NEAREST, self._codes.ntotal)
            distances, rows = self._codes.search(np.ascontiguousarray(hashes), nearest)
            close = 1.0 - distances / self._farthest
            for row in range(len(hashes)):
                ok = close[row] > 0
                owners, values = self._owners[rows[row][ok]], close[row][ok] ** 2
                for owner in np.unique(owners):
                    score[int(owner)] += float(values[owners == owner].max())
        return score

    def _by_sound(
        self, peaks: sound.Peaks, moves: list[tuple[float, bool]]
    ) -> list[tuple[int, Mapping, bool, int]]:
        """Return (number of the reference, mapping, whether pitch moved, votes)."""
        found = []
        for speed, pitch in moves:
            frames, steps = sound.moved(peaks, speed, pitch=pitch)
            keys, times = sound.pairs(frames, steps, sound.QUERY_FAN)
            chosen = np.flatnonzero(_chosen(keys))
            if chosen.size > MOST_QUERY_PAIRS:
                chosen = chosen[:: -(-chosen.size // MOST_QUERY_PAIRS)]
            for place, votes in self._votes(keys[chosen], times[chosen] / TICK):
                number = int(np.searchsorted(self._starts, place + LINE_GAP // 2, "right")) - 1
                offset = (place - self._starts[max(0, number)]) * TICK / sound.FRAMES_PER_S
                found.append((max(0, number), Mapping(speed, offset), pitch, votes))
        return found

    def _votes(
        self, keys: npt.NDArray[np.uint32], ticks: npt.NDArray[np.floating]
    ) -> list[tuple[int, int]]:
        """Return the places (ticks) on the common line where most pairs agree, with their votes."""
        if not keys.size or not self._ticks.size:
            return []
        low, count = self._first[keys], self._first[keys + np.uint32(1)] - self._first[keys]
        rare = np.argsort(count, kind="stable")
        rare = rare[(np.cumsum(count[rare]) <= MOST_PLACES) & (count[rare] > 0)]
        if not rare.size:
            return []
        low, count, ticks = low[rare], count[rare], ticks[rare]
        inside = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        place = self._ticks[inside + np.repeat(low, count)].astype(np.int64)
        place -= np.repeat(np.floor(ticks).astype(np.int64), count)
        # Places are folded into a table; neighbours are added since the true offset lies between.
        folded = np.bincount(place & (self._bins - 1), minlength=self._bins)
        folded = folded + np.roll(folded, -1)
        # The lowest count that few places reach: counts are small, so their histogram is quick.
        reached = np.cumsum(np.bincount(folded)[::-1])[::-1]
        least = int(np.searchsorted(-reached, -4 * MOST_SOUND))
        top = np.flatnonzero(folded >= max(LEAST_VOTES, least, int(folded.max() * 0.2)))
        if not top.size:
            return []
        return _unfolded(place, top, self._bins)


def vote_bins(line: int) -> int:
    """Return how many cells votes on a line of so many ticks are counted in, a power of two."""
    return min(VOTE_BINS, 1 << (2 * line + LINE_GAP).bit_length())


def _unfolded(place: Ints, top: Ints, bins: int) -> list[tuple[int, int]]:
    """Count the votes of the best table cells again, by their places in full."""
    wanted = np.zeros(bins, bool)
    wanted[top] = wanted[(top + 1) & (bins - 1)] = True
    exact, votes = np.unique(place[wanted[place & (bins - 1)]], return_counts=True)
    after = np.searchsorted(exact, exact + 1)
    after = np.clip(after, 0, len(exact) - 1)
    joined = votes + np.where(exact[after] == exact + 1, votes[after], 0)
    result: list[tuple[int, int]] = []
    for row in np.argsort(-joined, kind="stable"):
        if joined[row] < LEAST_VOTES or len(result) == 2 * MOST_SOUND:
            break
        if all(abs(int(exact[row]) - other) > 2 for other, _ in result):
            result.append((int(exact[row]), int(joined[row])))
    return result


def _query_codes(query: Fingerprint, mirrored: bool) -> Bytes:
    """Return the hashes to look up, of each region and of the faces."""
    found = [np.zeros((0, picture.HASH_BYTES), np.uint8)]
    for region in range(len(picture.REGIONS)):
        quality = query.quality[:, region]
        rows = thinned(query.times, query.hashes[:, region], quality, QUERY_PACE)
        found.append((query.mirrored if mirrored else query.hashes)[_some(rows), region])
    rows = thinned(query.face_times, query.face_hashes, query.face_quality, QUERY_PACE)
    found.append((query.face_mirrored if mirrored else query.face_hashes)[_some(rows)])
    return np.unique(np.concatenate(found), axis=0)


def farthest(codes: int) -> float:
    """Return the distance, bits, within which CHANCE_CODES of so many random codes are expected.

    Distances of random codes are binomial: half of the bits, with a deviation of half the root.
    """
    bits = picture.HASH_BYTES * 8
    share = min(0.1, CHANCE_CODES / max(1, codes))
    return bits / 2 + NormalDist().inv_cdf(share) * math.sqrt(bits) / 2


def _some(rows: Ints) -> Ints:
    """Return at most MOST_QUERY_HASHES of some rows, evenly."""
    if len(rows) <= MOST_QUERY_HASHES:
        return rows
    return np.asarray(rows[np.linspace(0, len(rows) - 1, MOST_QUERY_HASHES).astype(int)])


def _keys(pairs: npt.NDArray[np.uint64]) -> Ints:
    return np.asarray(pairs >> np.uint64(32), dtype=np.int64)


def _filled(first: Ints, items: Iterable[tuple[Indexed, int]]) -> npt.NDArray[np.uint32]:
    """Return the places on the line of all pairs, key by key; `first` is where each key begins.

    A part of the pairs is sorted at a time: all of them would take twice the memory of the table.
    """
    table = np.zeros(int(first[-1]), np.uint32)
    free = first[:-1].copy()
    waiting: list[npt.NDArray[np.uint64]] = []
    held = 0

    def fill() -> None:
        joined = np.sort(np.concatenate(waiting))
        keys = _keys(joined)
        counts = np.bincount(keys, minlength=len(free))
        rank = np.arange(len(keys)) - (np.cumsum(counts) - counts)[keys]
        table[free[keys] + rank] = (joined & np.uint64(0xFFFFFFFF)).astype(np.uint32)
        free[:] += counts

    for item, place in items:
        waiting.append(item.pairs + np.uint64(place))
        held += len(item.pairs)
        if held > CHUNK_PAIRS:
            fill()
            waiting, held = [], 0
    if waiting:
        fill()
    return table

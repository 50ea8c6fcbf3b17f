"""Remembers the fingerprints of what was screened, and finds in them what a file shares with them.

A memory is a catalogue file of its own beside the results: every file that was screened stands in
it, under its path, and all workers of a batch read and write it. A file is added first and then
compared with those before it, so of two copies screened at the same moment one finds the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from media_screen.evidence import Duplicate, SharedFootage
from media_screen.footage.campaigns.joined import Joined
from media_screen.footage.catalogue import Catalogue, MeasuredMatch
from media_screen.footage.catalogue.index import Candidate, Indexed, ReferenceIndex
from media_screen.footage.catalogue.match import Known, compare
from media_screen.footage.catalogue.parts import Query
from media_screen.footage.fingerprint import Fingerprint, picture
from media_screen.footage.shared import SAME_STILL, STILL_QUALITY, Common

# Pictures: PDQ hashes of the same picture differ by at most 31 of 256 bits (the recommendation of
# its authors, ThreatExchange, 2019).
STILL_BITS = 31
# The newest files are indexed anew for each search, all others only when there are more new ones
# than this, or than the root of twice their number: that makes the work of both together least.
LEAST_NEW = 32
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
            common = Common.between(mine, query, theirs, candidate)
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
                common = SAME_STILL
                if query is not None and candidate is not None:
                    known = self._known(number)
                    common = Common.between(mine, query, known, candidate) if known else Common()
                if common.part is not None:
                    shared.append(common.told(earlier.path, earlier.sha256))
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

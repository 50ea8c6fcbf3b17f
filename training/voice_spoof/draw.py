"""Draws batches in which genuine and synthetic speech differ in as little as possible.

The network learns whatever tells the classes apart. Of one collection both classes share studio,
speaker and format; of one pair they share the very words and the channel, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from media_screen.arrays import Rows
from training.voice_spoof.prepare import NO_PAIR, Prepared

Random = np.random.Generator
Key = TypeVar("Key")
Item = TypeVar("Item")

SAME_COLLECTION = 0.5  # share of synthetic windows that meet genuine ones of their collection


class Drawer:
    """Draws as many genuine windows as synthetic ones from some rows of the prepared."""

    def __init__(self, data: Prepared, rows: Rows, *, paired: float) -> None:
        self._paired = paired
        self._pairs = _Pairs(data, rows)
        single = [int(row) for row in rows if data.rows[row].pair == NO_PAIR]
        fake = [row for row in single if data.sound(row).fake]
        genuine = [row for row in single if not data.sound(row).fake]
        self._collection = {row: data.sound(row).collection for row in fake}
        self._families = _grouped((data.sound(row).family, row) for row in fake)
        self._kinds = _grouped((data.sound(row).web, row) for row in genuine)
        self._beside = _grouped((data.sound(row).collection, row) for row in genuine)

    def draw(self, count: int, random: Random) -> tuple[Rows, Rows]:
        """Return `count` genuine and `count` synthetic rows; the n-th of both belong together."""
        number = round(count * self._paired) if self._pairs else 0
        drawn = [self._pairs.draw(random) for _ in range(number)]
        drawn += [self._single(random) for _ in range(count - number)]
        genuine, fake = np.array(drawn, dtype=np.intp).T
        return genuine, fake

    def _single(self, random: Random) -> tuple[int, int]:
        """Draw a family of synthesis alike, and genuine speech of the page or of anywhere."""
        fake = _pick(_pick(tuple(self._families.values()), random), random)
        beside = self._beside.get(self._collection[fake])
        if beside is not None and random.random() < SAME_COLLECTION:
            return _pick(beside, random), fake
        return _pick(_pick(tuple(self._kinds.values()), random), random), fake


class _Pairs:
    """Genuine windows with their copies; a collection of n of them is drawn as often as root n."""

    def __init__(self, data: Prepared, rows: Rows) -> None:
        self._source: dict[tuple[int, int], int] = {}
        copies: dict[tuple[int, int], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for row in map(int, rows):
            key = (data.rows[row].pair, data.rows[row].copy)
            if key[0] == NO_PAIR:
                continue
            if data.sound(row).fake:
                copies[key][data.sound(row).family].append(row)
            else:
                self._source[key] = row
        self._copies = {key: own for key, own in copies.items() if key in self._source}
        self._keys = list(self._copies)
        names = [data.sound(self._source[key]).collection for key in self._keys]
        share = np.array([names.count(name) ** -0.5 for name in names])
        self._share = share / share.sum() if len(share) else share

    def __len__(self) -> int:
        return len(self._keys)

    def draw(self, random: Random) -> tuple[int, int]:
        """Return a genuine row and one of its copies, each family of vocoders alike."""
        key = self._keys[int(random.choice(len(self._keys), p=self._share))]
        return self._source[key], _pick(_pick(tuple(self._copies[key].values()), random), random)


def _grouped(pairs: Iterable[tuple[Key, int]]) -> Mapping[Key, Sequence[int]]:
    groups: dict[Key, list[int]] = {}
    for key, row in pairs:
        groups.setdefault(key, []).append(row)
    return groups


def _pick(items: Sequence[Item], random: Random) -> Item:
    return items[int(random.integers(len(items)))]

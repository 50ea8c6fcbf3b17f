"""Fits the lines of all folds, and the one of all data, by `models/voice_spoof/train.toml`."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from media_screen.arrays import Rows
from training import settings
from training.voice_spoof.prepare import CONDITIONS, TRAINED, Prepared
from training.voice_spoof.sources import Sound

SPARED = 10  # of so many genuine files one is spared in each fold, whatever its collection


@dataclass(frozen=True)
class Fold:
    """Collections of genuine speech and families of synthesis that are left out together."""

    number: int
    families: frozenset[str]
    collections: frozenset[str]

    def leaves_out(self, sound: Sound) -> bool:
        """Return whether the line of the fold must not be fitted to a sound."""
        return (
            sound.collection in self.collections
            or sound.family in self.families
            or self.spares(sound)
        )

    def spares(self, sound: Sound) -> bool:
        """Return whether a sound is, or copies, one of the genuine files that are spared.

        They show what an unseen system does in collections that are seen.
        """
        if sound.fake and not sound.source:
            return False
        name = sound.source or sound.name
        return zlib.crc32(name.encode()) % SPARED == self.number


@dataclass(frozen=True)
class SpoofSettings:
    """The settings of `models/voice_spoof/train.toml`."""

    shrink: float
    folds: tuple[Fold, ...]


def read_config(path: Path) -> SpoofSettings:
    """Read a train.toml."""
    record = settings.parsed(path)
    folds = tuple(
        Fold(number, frozenset(one["families"]), frozenset(one["collections"]))
        for number, one in enumerate(record.pop("fold"))
    )
    return SpoofSettings(**record, folds=folds)


def training_rows(data: Prepared, fold: Fold | None) -> Rows:
    """Return the rows to train on: none that the fold leaves out, and nothing made here.

    With the speech that `synthesise` makes the line knows less of what others made (AUC .86, and
    .89 without): copies of genuine speech by few vocoders teach it those. It is tested on, then.
    """
    return np.array(list(_trained(data, fold)), dtype=np.intp)


def _trained(data: Prepared, fold: Fold | None) -> Iterator[int]:
    for place, row in enumerate(data.rows):
        sound = data.sound(place)
        left_out = fold is not None and fold.leaves_out(sound)
        if row.condition in TRAINED and not (sound.made_here or left_out):
            yield place


def test_rows(data: Prepared, fold: Fold) -> Rows:
    """Return the rows that the fold leaves out, in the channels that are tested."""
    return np.array(list(_left_out(data, fold)), dtype=np.intp)


def _left_out(data: Prepared, fold: Fold) -> Iterator[int]:
    for place, row in enumerate(data.rows):
        if row.condition < len(CONDITIONS) and fold.leaves_out(data.sound(place)):
            yield place

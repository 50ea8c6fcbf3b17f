"""Draws batches of mouths with the voice around them, and changes both as recordings differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from media_screen.arrays import Array, Flags, Floats
from media_screen.detectors.lip_sync.movement import JAW, LIPS
from media_screen.detectors.lip_sync.sound import BANDS, STEPS, levels
from training.lip_sync.pieces import Piece

FRAMES = 64  # of a training example: 2.56 s, so that clips of 3 s take part
REACH = 30  # frames by which the voice is moved at most in training: 1.2 s
_EDGE = 8  # further frames of sound at both ends, which the convolutions look at
_POINTS = 3 * len(LIPS) + 2 * len(JAW)  # columns of movement; the rest are looks


@dataclass(frozen=True, eq=False)
class Batch:
    """Examples to train on.

    Movement (b, 64, 186), sound (b, 4 (64 + 2 reach + 2 edge), 40) and possible offsets
    (b, 2 reach + 1), False where the file has no sound for it.
    """

    movement: Floats
    sound: Floats
    possible: Flags


class ExampleDraw:
    """Draws examples: collections by the square root of their length, then a piece, then a place.

    Batch k depends on seed and k alone.
    """

    def __init__(self, pieces: Sequence[Piece], *, size: int, seed: int) -> None:
        self._pieces = [one for one in pieces if one.frames >= FRAMES]
        self._size, self._seed = size, seed
        groups: dict[str, list[int]] = defaultdict(list)
        for index, piece in enumerate(self._pieces):
            groups[piece.clip.collection].append(index)
        chances = np.zeros(len(self._pieces))
        for group in groups.values():
            lengths = np.array([self._pieces[i].frames for i in group], float)
            chances[group] = lengths / np.sqrt(lengths.sum())
        self._chances = chances / chances.sum()

    def batch(self, number: int) -> Batch:
        """Return one batch."""
        rng = np.random.default_rng((self._seed, number))
        drawn = rng.choice(len(self._pieces), self._size, p=self._chances, replace=False)
        rows = [self._example(self._pieces[index], rng) for index in drawn]
        movement, sound, possible = (np.stack(column) for column in zip(*rows, strict=True))
        return Batch(movement, _mixed(sound, rng), possible)

    def _example(self, piece: Piece, rng: np.random.Generator) -> tuple[Floats, Floats, Flags]:
        speed = float(rng.uniform(0.9, 1.1))
        room = piece.frames - FRAMES * speed
        place = float(rng.uniform(0, room)) if room > 0 else 0.0
        steps = place + speed * np.arange(FRAMES)
        movement = _at(piece.movement.features, steps)
        around = np.arange(-STEPS * (REACH + _EDGE), STEPS * (FRAMES + REACH + _EDGE))
        wanted = piece.first + STEPS * place + speed * around
        sound = _at(piece.mels, wanted)
        there = (wanted >= 0) & (wanted <= len(piece.mels) - 1)
        sound[~there] = 0.0
        frames = there[STEPS * _EDGE : -STEPS * _EDGE].reshape(-1, STEPS).all(axis=1)
        share = np.convolve(frames, np.ones(FRAMES), "valid") / FRAMES
        return _moved(movement, rng), _heard(sound, rng), share > 0.95


def trimmed(sound_embeddings: Floats) -> Floats:
    """Cut the edges off again, which are there for the convolutions only."""
    return sound_embeddings[:, _EDGE:-_EDGE]


def _at(rows: Floats, places: Array) -> Floats:
    """Return rows at places between them, by linear interpolation."""
    held = np.clip(places, 0, len(rows) - 1)
    low = np.minimum(held.astype(int), max(0, len(rows) - 2))
    share = (held - low)[:, None].astype(np.float32)
    high = np.minimum(low + 1, len(rows) - 1)
    return np.asarray(rows[low] * (1 - share) + rows[high] * share, np.float32)


def _moved(movement: Floats, rng: np.random.Generator) -> Floats:
    """Change how strongly a mouth moves, how finely it is seen, and which half of it is."""
    movement = movement - movement.mean(axis=0)
    movement[:, :_POINTS] *= rng.uniform(0.7, 1.4)
    movement[:, _POINTS:] *= rng.uniform(0.6, 1.5)
    if rng.random() < 0.25:  # fewer frames a second, as in small downloads
        kept = np.arange(0, FRAMES, 2) + int(rng.integers(2))
        movement = _at(movement[np.minimum(kept, FRAMES - 1)], (np.arange(FRAMES) - kept[0]) / 2)
    if rng.random() < 0.2:
        movement[:, :_POINTS] = 0.0
    elif rng.random() < 0.2:
        movement[:, _POINTS:] = 0.0
    spread = movement.std(axis=0) * rng.uniform(0.0, 0.5)
    return np.asarray(movement + rng.normal(0, 1, movement.shape) * spread, np.float32)


def _heard(sound: Floats, rng: np.random.Generator) -> Floats:
    """Change the course of frequencies, and cut off what lies above some band."""
    knots = rng.normal(0, 0.05, 5)
    course = np.interp(np.arange(BANDS), np.linspace(0, BANDS - 1, 5), knots)
    changed = np.clip(sound + course, 0.0, 1.0)
    if rng.random() < 0.2:
        changed[:, int(rng.integers(24, BANDS)) :] = 0.0
    return np.asarray(changed, np.float32)


def _mixed(sound: Floats, rng: np.random.Generator) -> Floats:
    """Lay other voices of the batch, or noise, under half of the sounds at 3 to 25 dB."""
    powers = 10 ** (9.0 * sound - 6.0)  # levels are -60 to 30 dB
    means = powers.mean(axis=(1, 2), keepdims=True)
    other = np.roll(powers, 1, axis=0) * (means / np.roll(means, 1, axis=0))
    fall = np.linspace(0, rng.uniform(0, 3), BANDS)
    flat = np.exp(-fall) * rng.gamma(1.0, 1.0, powers.shape)
    noise = np.where(rng.random((len(sound), 1, 1)) < 0.4, other, flat / flat.mean() * means)
    ratio = 10 ** (-rng.uniform(3, 25, (len(sound), 1, 1)) / 10)
    ratio[rng.random(len(sound)) < 0.5] = 0.0
    mixed = powers + ratio * noise
    return np.stack(
        [
            levels(one) if level else own
            for one, own, level in zip(mixed, sound, ratio[:, 0, 0], strict=True)
        ]
    )

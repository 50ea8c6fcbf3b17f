"""Turns what a store holds into pieces to train on: moving mouths beside the sound of the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from media_screen.arrays import Floats
from media_screen.detectors.lip_sync.movement import RATE, Movement, movement
from media_screen.detectors.lip_sync.sound import STEPS, mel_levels
from media_screen.detectors.lip_sync.synchrony import SyncNet, opening_curve
from training.lip_sync.prepare import TrainingClip, load

LEAST_FRAMES = 40  # 1.6 s; of less no offset can be told
MOST_MS = 360.0  # by which a file is believed to be off; a larger best offset is taken for chance
LEAST_OPENING = 0.3  # confidence from which the correlation with the opening of the mouth counts
LEAST_CONFIDENCE = 0.08  # the same of the network, half trained


@dataclass(frozen=True, eq=False)
class Piece:
    """One mouth in one shot of a clip.

    `mels` (m, 40) at 100 Hz are the levels of the sound of the whole file, of which row `first`
    belongs to the first movement.
    """

    clip: TrainingClip
    movement: Movement
    mels: Floats
    first: int

    @property
    def frames(self) -> int:
        """Return its length in frames of 40 ms."""
        return len(self.movement.features)


def pieces_of(store: Path, clips: Sequence[TrainingClip], version: str) -> Iterator[Piece]:
    """Give the pieces of the clips that are in a store."""
    for clip in clips:
        path = store / clip.file(version)
        if not path.is_file():
            continue
        seen = load(path)
        mels = mel_levels(seen.sound)
        for sight in seen.sights:
            found = movement(sight)
            if found is None or found.valid.sum() < LEAST_FRAMES:
                continue
            yield Piece(clip, found, mels, round(found.start * RATE * STEPS))


def aligned(pieces: Sequence[Piece], net: SyncNet | None = None) -> tuple[list[Piece], int]:
    """Move the sound of each piece to where it fits best, and leave out what fits nowhere.

    Clips from the web are off by up to a third of a second, and some show a face to another's
    voice. Without a network the loudness and the opening of the mouth decide, and nothing is left
    out. Returns the pieces and how many were moved by a frame or more.
    """
    kept, moved = [], 0
    for piece in pieces:
        if net is None:
            curve = opening_curve(piece.movement, piece.mels, piece.first)
            sure = LEAST_OPENING
        else:
            curve = net.embed(piece.movement, piece.mels, piece.first).curve()
            sure = LEAST_CONFIDENCE
        if curve is None:
            continue
        near = abs(curve.offset_ms) <= MOST_MS
        if curve.confidence >= sure and near:
            steps = round(curve.offset_ms * RATE * STEPS / 1000)
            moved += abs(steps) >= STEPS
            kept.append(replace(piece, first=piece.first - steps))
        elif net is None or near:
            kept.append(piece)
    return kept, moved

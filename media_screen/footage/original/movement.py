"""Compares how the parts of one face move in file and original, by the points of its mesh.

Both crops are cut by the same matrix, so that a difference of points is a difference of the faces
and not of the cut.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from media_screen.arrays import Doubles, Floats
from media_screen.faces.align import FACE_WIDTH

# Points of MediaPipe's mesh (canonical_face_model_uv_visualization).
UPPER_LIP, LOWER_LIP = 13, 14
LEFT_CORNER, RIGHT_CORNER = 61, 291
INNER_LIPS = (78, 80, 82, 13, 312, 310, 308, 318, 402, 14, 87, 88)
LIDS = ((159, 145), (386, 374))
BROWS = ((105, 33), (334, 263))  # each with the outer corner of its eye


@dataclass(frozen=True, eq=False)
class PartMovement:
    """One distance of a face over time, in file and original, as shares of the face's width."""

    file: Doubles
    original: Doubles

    @property
    def swing(self) -> float:
        """How much both move, root mean square."""
        return float(np.sqrt(self.file.var() + self.original.var()))

    @property
    def agreement(self) -> float:
        """1 where both move alike, 0 where they have nothing in common, down to -1."""
        mine, theirs = self.file - self.file.mean(), self.original - self.original.mean()
        total = float((mine * mine).sum() + (theirs * theirs).sum())
        return 1.0 - float(((mine - theirs) ** 2).sum()) / max(total, 1e-9)

    @property
    def apart(self) -> float:
        """How far both are apart, as a mean."""
        return float(np.abs(self.file - self.original).mean())


def curves(file: Floats, original: Floats) -> Mapping[str, PartMovement]:
    """Return how mouth, lids and brows move, of meshes (n, 468, 3) in px of the crop."""
    return {name: PartMovement(way(file), way(original)) for name, way in _WAYS.items()}


def displaced(file: Floats, original: Floats, points: tuple[int, ...] = ()) -> float:
    """Return the median distance of the same points of both, as a share of the face's width."""
    apart = np.linalg.norm(file[..., :2] - original[..., :2], axis=2)
    return float(np.median(apart[:, list(points)] if points else apart)) / FACE_WIDTH


def _between(one: int, other: int) -> Callable[[Floats], Doubles]:
    def distance(mesh: Floats) -> Doubles:
        lengths = np.linalg.norm(mesh[:, one, :2] - mesh[:, other, :2], axis=1)
        return np.asarray(lengths / FACE_WIDTH, np.float64)

    return distance


def _mean(pairs: tuple[tuple[int, int], ...]) -> Callable[[Floats], Doubles]:
    ways = [_between(*pair) for pair in pairs]
    return lambda mesh: np.asarray(np.mean([way(mesh) for way in ways], axis=0), np.float64)


_WAYS: Mapping[str, Callable[[Floats], Doubles]] = {
    "mouth_open": _between(UPPER_LIP, LOWER_LIP),
    "mouth_wide": _between(LEFT_CORNER, RIGHT_CORNER),
    "lids": _mean(LIDS),
    "brows": _mean(BROWS),
}

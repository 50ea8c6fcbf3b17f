"""Measures what a forged mouth gets wrong: its texture, its boundary, how it moves.

Each mark compares the mouth with a part of the same face that lip-sync leaves alone, or one
movement with another, so that size, light and codec, which change all of the face, change little.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from media_screen.arrays import Doubles, Flags, Floats
from media_screen.detectors.lip_sync.movement import (
    JAW,
    LEAST_SCORE,
    LIPS,
    RATE,
    STILL,
    Movement,
    frontal,
    movement,
)
from media_screen.detectors.lip_sync.sight import KINDS, REGIONS, Sight

LEAST_FRAMES = 25  # frames that show the face; of fewer no course of time can be told
_FAST = 6.0  # Hz; speech moves lips and jaw below it (Ohala 1975), noise and flicker do so above
NAMES = (
    "detail",  # fine detail of the mouth against that of the eyes
    "detail_nose",  # the same against the nose
    "sharpness",  # fine against middle detail, mouth against eyes: softness without teeth or beard
    "sharpness_chin",  # the same, chin against eyes
    "sharpness_cheeks",  # the same, cheeks against eyes: the edge of a pasted mouth lies there
    "flicker",  # change of fine detail from frame to frame for its amount, mouth against eyes
    "flicker_chin",  # the same, chin against nose
    "light",  # how the brightness of the chin wanders, against the cheeks
    "colour",  # how the colour of the chin wanders, against the nose
    "jaw_noise",  # fast movement of the jaw against that of the still points
    "lip_noise",  # share of the movement of the lips that is faster than speech
    "jaw_follows",  # correlation of the opening of the mouth with the drop of the chin
    "spread",  # how far the opening varies
    "closure",  # opening of the nearly closed mouth (10th percentile), against its spread
    "rounding",  # correlation of opening and width
)

_REGION = {name: number for number, name in enumerate(REGIONS)}
_CHIN = 152  # of the mesh


@dataclass(frozen=True, eq=False)
class Marks:
    """The marks of one mouth in one window: `values` (15,), in the order of NAMES."""

    values: Doubles


def measure_marks(sight: Sight) -> Marks | None:
    """Return the marks of a window, or None when the face is seen in too few frames."""
    good = sight.scores >= LEAST_SCORE
    found = movement(sight)
    if found is None or good.sum() < LEAST_FRAMES:
        return None
    values = [*_of_texture(sight.texture[good]), *_of_movement(sight, good, found)]
    return Marks(np.asarray(values, np.float64))


def _of_texture(texture: Floats) -> list[float]:
    """Return the first nine marks from (n, regions, kinds)."""
    mean = np.median(texture.astype(np.float64), axis=0) + 0.05  # levels; flat skin has little

    def level(region: str, kind: str) -> float:
        return math.log(float(mean[_REGION[region], KINDS.index(kind)]))

    def sharp(region: str) -> float:
        return level(region, "fine") - level(region, "middle")

    def unsteady(region: str) -> float:
        return level(region, "change") - level(region, "fine")

    def wander(region: str, kind: str) -> float:
        course = texture[:, _REGION[region], KINDS.index(kind)].astype(np.float64)
        return math.log(float(np.abs(np.diff(course)).mean()) + 0.02)

    return [
        level("mouth", "fine") - level("eyes", "fine"),
        level("mouth", "fine") - level("nose", "fine"),
        sharp("mouth") - sharp("eyes"),
        sharp("chin") - sharp("eyes"),
        sharp("cheeks") - sharp("eyes"),
        unsteady("mouth") - unsteady("eyes"),
        unsteady("chin") - unsteady("nose"),
        wander("chin", "light") - wander("cheeks", "light"),
        wander("chin", "colour") - wander("nose", "colour"),
    ]


def _of_movement(sight: Sight, good: Flags, found: Movement) -> list[float]:
    posed = frontal(sight.points[good]).astype(np.float64)
    jaw, still = _jerk(posed[:, JAW, :2]), _jerk(posed[:, STILL, :2])
    lips = found.features[found.valid][:, : 3 * len(LIPS)].astype(np.float64)
    opening = found.opening[found.valid].astype(np.float64)
    width = found.width[found.valid].astype(np.float64)
    chin = np.interp(
        found.start + np.flatnonzero(found.valid) / RATE, sight.times[good], posed[:, _CHIN, 1]
    )
    spread = float(opening.std())
    return [
        math.log(jaw + 1e-5) - math.log(still + 1e-5),
        _fast_share(lips),
        _correlation(opening, chin),
        math.log(spread + 1e-3),
        float(np.percentile(opening, 10)) / (spread + 5e-3),
        _correlation(opening, width),
    ]


def _jerk(points: Doubles) -> float:
    """Return the median second difference of points (n, k, 2), their noise from frame to frame."""
    return float(np.median(np.linalg.norm(np.diff(points, 2, axis=0), axis=2)))


def _fast_share(rows: Doubles) -> float:
    """Return the logarithm of the share of the power of movement that lies over 6 Hz."""
    spectrum = np.abs(np.fft.rfft(rows - rows.mean(axis=0), axis=0)) ** 2
    frequency = np.fft.rfftfreq(len(rows), 1 / RATE)
    total = float(spectrum.sum())
    fast = float(spectrum[frequency > _FAST].sum())
    return math.log((fast + 1e-9) / (total + 1e-9))


def _correlation(one: Doubles, other: Doubles) -> float:
    spread = float(one.std() * other.std())
    if spread < 1e-9:
        return 0.0
    return float(np.mean((one - one.mean()) * (other - other.mean())) / spread)

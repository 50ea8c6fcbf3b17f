"""Each mark answers to what it is named after."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from media_screen.detectors.lip_sync.marks import NAMES, measure_marks
from media_screen.detectors.lip_sync.movement import JAW
from media_screen.detectors.lip_sync.sight import KINDS, REGIONS, Sight
from tests.detectors.lip_sync.making import sight, syllables


def seen() -> Sight:
    rng = np.random.default_rng(3)
    one = sight(syllables(5.0))
    points = one.points + rng.normal(0, 0.05, one.points.shape).astype(np.float32)
    texture = one.texture * rng.uniform(0.95, 1.05, one.texture.shape).astype(np.float32)
    return replace(one, points=points, texture=texture)


def mark(one: Sight, name: str) -> float:
    found = measure_marks(one)
    assert found is not None and np.isfinite(found.values).all()
    return float(found.values[NAMES.index(name)])


def with_texture(region: str, kind: str, factor: float) -> Sight:
    one = seen()
    texture = one.texture.copy()
    texture[:, list(REGIONS).index(region), KINDS.index(kind)] *= factor
    return replace(one, texture=texture)


@pytest.mark.parametrize(
    ("name", "region", "kind"),
    [
        ("detail", "mouth", "fine"),
        ("detail_nose", "mouth", "fine"),
        ("sharpness", "mouth", "fine"),
        ("sharpness_chin", "chin", "fine"),
        ("sharpness_cheeks", "cheeks", "fine"),
        ("flicker", "mouth", "change"),
        ("flicker_chin", "chin", "change"),
    ],
)
def test_marks_of_texture_fall_with_what_they_measure(name: str, region: str, kind: str) -> None:
    assert mark(with_texture(region, kind, 0.5), name) < mark(seen(), name) - 0.5


def test_a_restless_jaw_shows() -> None:
    one = seen()
    points = one.points.copy()
    points[:, JAW] += np.random.default_rng(0).normal(0, 1.0, points[:, JAW].shape)
    assert mark(replace(one, points=points), "jaw_noise") > mark(one, "jaw_noise") + 1


def test_a_chin_that_stays_while_lips_move_shows() -> None:
    one = seen()
    points = one.points.copy()
    points[:, 152] = points[0, 152]
    assert mark(one, "jaw_follows") > 0.9
    assert mark(replace(one, points=points), "jaw_follows") < 0.5


def test_trembling_lips_show() -> None:
    slow, fast = sight(syllables(5.0)), sight(syllables(5.0) + 3 * (np.arange(125) % 2))
    assert mark(fast, "lip_noise") > mark(slow, "lip_noise") + 0.5
    assert mark(fast, "spread") > mark(slow, "spread")


def test_few_frames_have_no_marks() -> None:
    assert measure_marks(sight(syllables(0.8))) is None

"""Each kind of measure moves with what it is there for, and with little else."""

from __future__ import annotations

import numpy as np
import pytest

from media_screen.detectors.face_artifact import texture
from media_screen.detectors.face_artifact.texture import NAMES


def crop(seed: int = 0, *, noise: float = 12.0) -> np.ndarray:
    """A smooth picture with grain of its own in each colour."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:256, :256]
    waves = [128 + 50 * np.sin(x / (20 + 9 * c) + y / 31) for c in range(3)]
    grain = rng.normal(0, noise, (256, 256, 3))
    return np.clip(np.stack(waves, -1) + grain, 0, 255).astype(np.uint8)


def measured(picture: np.ndarray, name: str) -> float:
    return float(texture.measure(picture)[NAMES.index(name)])


def test_there_is_a_number_for_each_name() -> None:
    found = texture.measure(crop())
    assert found.shape == (len(NAMES),) and len(set(NAMES)) == len(NAMES)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("level", [0, 255, 128], ids=["black", "white", "grey"])
def test_a_flat_picture_is_measured_without_a_warning(level: int) -> None:
    with np.errstate(all="raise"):
        assert np.isfinite(texture.measure(np.full((256, 256, 3), level, np.uint8))).all()


def test_a_smoothed_mouth_lowers_the_energy_of_the_mouth_alone() -> None:
    import cv2

    before, after = crop(), crop()
    left, top, right, bottom = texture.PARTS["mouth"]
    after[top:bottom, left:right] = cv2.GaussianBlur(after, (0, 0), 2.0)[top:bottom, left:right]
    change = texture.measure(after) - texture.measure(before)
    assert change[NAMES.index("energy Y 0 mouth")] < -1
    for part in ("eyes", "forehead", "around"):
        assert change[NAMES.index(f"energy Y 0 {part}")] == pytest.approx(0, abs=1e-6)


def test_upsampling_makes_neighbours_alike() -> None:
    import cv2

    small = cv2.resize(crop(), (128, 128), interpolation=cv2.INTER_AREA)
    large = cv2.resize(small, (256, 256), interpolation=cv2.INTER_CUBIC)
    assert measured(large, "neighbours Y 0 0-1") > measured(crop(), "neighbours Y 0 0-1") + 0.3


def test_detail_that_is_in_brightness_alone_ties_no_channels() -> None:
    rng = np.random.default_rng(1)
    grain = np.repeat(rng.normal(0, 12, (256, 256, 1)), 3, axis=2)
    bright = np.clip(128 + grain, 0, 255).astype(np.uint8)
    red = bright.copy()
    red[..., 1:] = 128
    assert abs(measured(bright, "channels Y-Cr 0")) < 0.1 < measured(red, "channels Y-Cr 0")


@pytest.mark.parametrize(
    ("picture", "grey"),
    [(crop(), False), (np.repeat(crop()[..., :1], 3, axis=2), True)],
    ids=["colour", "grey"],
)
def test_pictures_without_colour_are_told(picture: np.ndarray, grey: bool) -> None:
    assert texture.is_grey(picture) is grey

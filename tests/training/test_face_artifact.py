"""Pseudo-fakes change what they should and nothing else; pairs, folds and stores hold together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from media_screen.faces.align import REFERENCE
from training.face_artifact import augment, blends, conditions
from training.face_artifact.crops import Crop, CropSource, read
from training.face_artifact.folds import split

POINTS = " ".join(f"{number:.1f}" for number in REFERENCE.ravel())


def picture(seed: int) -> np.ndarray:
    """A smooth picture with fine grain: both colour and sharpness can be seen to change."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:256, :256]
    waves = [128 + 60 * np.sin(x / (20 + 9 * c + seed) + y / 31) for c in range(3)]
    return np.clip(np.stack(waves, -1) + rng.normal(0, 12, (256, 256, 3)), 0, 255).astype(np.uint8)


def genuine() -> blends.Genuine:
    return blends.Genuine(picture(0), REFERENCE, picture(1), picture(2))


def changed(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return np.asarray(np.abs(before.astype(int) - after.astype(int)).max(axis=2) > 3)


@pytest.mark.parametrize("seed", range(6))
def test_a_mouth_edit_leaves_eyes_and_ground_alone(seed: int) -> None:
    source = genuine()
    fake = blends.mouth_edit(source, np.random.default_rng(seed))
    where = changed(source.crop, fake)
    assert where[165:200, 105:150].mean() > 0.2
    assert not where[:110].any() and not where[:, :20].any()


@pytest.mark.parametrize("kind", ["self_blend", "swap"])
def test_a_face_edit_changes_the_face_and_not_the_ground(kind: str) -> None:
    for seed in range(6):
        made = getattr(blends, kind)(genuine(), np.random.default_rng(seed))
        fake, ground = made if isinstance(made, tuple) else (made, genuine().crop)
        where = changed(ground, fake)
        assert not where[:40].any() and not where[:, :20].any() and not where[:, 236:].any()
        assert kind == "self_blend" or where[110:170, 100:160].mean() > 0.5


def test_both_of_a_pair_are_degraded_alike() -> None:
    for seed in range(12):
        one, other = augment.degrade([picture(3), picture(3)], seed)
        np.testing.assert_array_equal(one, other)


def test_some_degradations_change_much_and_some_nothing() -> None:
    shares = [
        changed(picture(3), augment.degrade([picture(3)], seed)[0]).mean() for seed in range(30)
    ]
    assert min(shares) == 0.0 and max(shares) > 0.5


def test_h264_at_a_low_rate_loses_more_than_at_a_high_one() -> None:
    loss = [
        np.abs(picture(4).astype(int) - augment.h264(picture(4), crf=crf)).mean()
        for crf in (18, 36)
    ]
    assert 0 < loss[0] < loss[1]


@pytest.mark.parametrize(
    "one", conditions.PHOTOGRAPHIC + conditions.DRAWN, ids=lambda f: f.__name__
)
def test_a_condition_gives_a_picture_of_the_same_size(one: conditions.Condition) -> None:
    made = one(picture(6), np.random.default_rng(0))
    assert made.shape == (256, 256, 3) and made.dtype == np.uint8
    assert one is conditions.plain or changed(picture(6), made).mean() > 0.02


def crop(path: str, track: int = 0) -> Crop:
    return Crop(path, "original", track, 0.0, 100.0, 0.0, 1.0, 0.5, POINTS)


def source(
    path: str, *, method: str = "real", collection: str = "", identity: str = ""
) -> CropSource:
    kind = "real_video" if method == "real" else "fake_video"
    return CropSource(path, kind, method, identity, collection or path, "0" * 64)


def test_folds_share_no_collection_method_or_person() -> None:
    sources = [
        source("1", collection="A", identity="ada"),
        source("2", method="Swap", collection="B", identity="ada"),
        source("3", method="Swap (v2)", collection="C"),
        source("4", collection="D", identity="bob"),
        source("5", method="Lips", collection="E"),
    ]
    folds = split(sources, 2)
    assert folds["1"] == folds["2"] == folds["3"]
    assert set(folds.values()) == {0, 1}
    assert folds == split(list(reversed(sources)), 2)


def test_a_store_that_lost_pixels_is_refused(tmp_path: Path) -> None:
    (tmp_path / "faces.csv").write_text(
        "path,version,track,time_s,size_px,yaw_deg,inside,sharpness,points\n"
        f"a.mp4,original,0,0.0,90,0,1,0.5,{POINTS}\n"
    )
    (tmp_path / "crops.u8").write_bytes(picture(0).tobytes())
    assert read(tmp_path)[0][0].size_px == 90.0
    (tmp_path / "crops.u8").write_bytes(b"\0" * (256 * 256 * 3 // 2) + b"")
    with pytest.raises(ValueError, match=r"cannot reshape|crops"):
        read(tmp_path)

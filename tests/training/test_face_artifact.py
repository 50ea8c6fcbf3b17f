"""Pseudo-fakes change what they should and nothing else; pairs, folds and stores hold together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from media_screen.faces.align import REFERENCE
from tests.making import quarters, write_video
from training.face_artifact import augment, blends, conditions, copies
from training.face_artifact.batches import PairSet, TrainingRecipe
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


def test_the_fixed_view_of_scoring_is_that_of_scanning() -> None:
    from training.face_artifact.view import view

    (framed,) = augment.frame_up([picture(5)], 1, side=160, still=True)
    np.testing.assert_allclose(framed.transpose(2, 0, 1), view(picture(5)[None])[0], atol=1)


def test_other_surroundings_are_the_same_for_both_and_leave_the_face() -> None:
    face = np.s_[110:190, 90:166]
    for seed in range(12):
        alike, other = picture(7), picture(7) // 2
        made = blends.surrounded(
            [alike, alike, other], REFERENCE, picture(9), np.random.default_rng(seed)
        )
        np.testing.assert_array_equal(made[0], made[1])
        assert not changed(alike, made[0])[face].any() and not changed(other, made[2])[face].any()
    outer = [
        changed(alike, blends.surrounded([alike], REFERENCE, alike // 3, rng)[0]).mean()
        for rng in map(np.random.default_rng, range(12))
    ]
    assert max(outer) > 0.2


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


def pairs(recipe: TrainingRecipe, seed: int = 1) -> PairSet:
    lines = [crop("a"), crop("a"), crop("b"), crop("f")]
    pixels = np.stack([picture(n) for n in range(4)])
    sources = [source("a"), source("b"), source("f", method="Swap")]
    return PairSet(lines, pixels, sources, recipe=recipe, side=64, length=10, seed=seed)


@pytest.mark.parametrize("pseudo", [0.0, 1.0], ids=["real-fakes", "pseudo-fakes"])
def test_a_pair_depends_on_seed_and_number_alone(pseudo: float) -> None:
    torch = pytest.importorskip("torch")
    made = [pairs(TrainingRecipe(pseudo=pseudo))[n] for n in (0, 1, 0)]
    assert made[0].shape == (2, 3, 64, 64) and made[0].dtype == torch.uint8
    assert torch.equal(made[0], made[2]) and not torch.equal(made[0], made[1])
    assert not torch.equal(made[0], pairs(TrainingRecipe(pseudo=pseudo), seed=2)[0])


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


@pytest.mark.parametrize(
    ("centre", "expected"),
    [
        ((320, 240), copies.Square(220, 140, 200)),
        ((10, 10), copies.Square(0, 0, 200)),
        ((640, 480), copies.Square(440, 280, 200)),
    ],
    ids=["middle", "upper-left", "lower-right"],
)
def test_a_portrait_lies_in_the_picture(
    centre: tuple[float, float], expected: copies.Square
) -> None:
    assert copies.portrait_window(centre, 100, 0.5, 640, 480) == expected


def test_a_portrait_is_no_larger_than_the_picture() -> None:
    assert copies.portrait_window((320, 240), 400, 0.5, 640, 480).side == 480


def test_a_copy_of_a_window_shows_that_part_alone(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    clip = write_video(tmp_path / "clip.mp4", [quarters(320, 240)] * 5)
    portrait = copies.Copy("portrait", side=60, crf=18)
    copies.reencode(clip, tmp_path / "cut.mp4", portrait, window=copies.Square(0, 0, 120))
    with av.open(str(tmp_path / "cut.mp4")) as opened:
        seen = [frame.to_ndarray(format="rgb24") for frame in opened.decode(video=0)]
    assert len(seen) == 5 and seen[0].shape == (60, 60, 3)
    expected = quarters(320, 240)[:120, :120].mean(axis=(0, 1))
    assert np.abs(seen[0].mean(axis=(0, 1)) - expected).max() < 12


def test_a_window_outside_of_the_picture_is_refused(tmp_path: Path) -> None:
    clip = write_video(tmp_path / "clip.mp4", [quarters(320, 240)] * 2)
    with pytest.raises(ValueError, match="does not lie in a picture of"):
        copies.reencode(clip, tmp_path / "cut.mp4", copies.LOW, window=copies.Square(300, 0, 120))


def test_what_can_teach_wrongly_is_left_out_of_pairs() -> None:
    lines, pixels = [crop("a"), crop("f"), crop("g")], np.stack([picture(n) for n in range(3)])
    panels = replace(source("f", method="Swap"), clean=False)
    sources = [source("a"), panels, source("g", method="Swap")]
    made = PairSet(lines, pixels, sources, recipe=TrainingRecipe(), side=64, length=1, seed=1)
    assert set(made.files) == {"a", "g"}

"""Pseudo-fakes of a batch change their region alone; pairs are treated alike; packs come back."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="training only")

import torch

from media_screen.faces.align import REFERENCE
from training.face_artifact import degrading, forging, learn, pack, vit

SIDE = forging.KEPT
MAPS = torch.from_numpy(forging.fit_points(np.stack([REFERENCE.ravel()] * 64)))
CPU = torch.device("cpu")


def noise(count: int, side: int = SIDE) -> torch.Tensor:
    """Smooth pictures with fine grain, each repeated for its pair."""
    torch.manual_seed(3)
    coarse = torch.rand(count, 3, 9, 9) * 200 + 25
    smooth = torch.nn.functional.interpolate(coarse, (side, side), mode="bicubic")
    return (smooth + torch.randn(count, 3, side, side) * 6).clamp(0, 255)


@pytest.mark.parametrize(
    ("region", "inside", "outside"),
    [
        pytest.param(0, (150, 128), (60, 128), id="face"),
        pytest.param(2, (190, 128), (100, 128), id="lower face"),
        pytest.param(3, (182, 128), (110, 128), id="mouth"),
        pytest.param(5, (110, 98), (182, 128), id="eyes"),
    ],
)
def test_a_mask_covers_its_region(
    region: int, inside: tuple[int, int], outside: tuple[int, int]
) -> None:
    torch.manual_seed(1)
    masks = forging.Masks()(MAPS, torch.full((64,), region))
    assert masks.shape == (64, 1, SIDE, SIDE) and masks.min() >= 0 and masks.max() <= 1
    middle, ground = (
        masks[:, 0, y - forging.TOP, x - forging.LEFT].mean() for y, x in (inside, outside)
    )
    assert middle > 0.85 and ground < 0.1


def test_the_map_of_a_mean_face_moves_nothing() -> None:
    np.testing.assert_allclose(MAPS[0], [1, 0, 0, 0, 1, 0], atol=1e-3)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of the layout of TAEF2, drawn by chance: the files are no part of this project."""
    folder = tmp_path_factory.mktemp("tiny")
    torch.manual_seed(5)

    def block(number: int) -> dict[str, torch.Tensor]:
        parts = {}
        for step in (0, 2, 4):
            parts[f"{number}.conv.{step}.weight"] = torch.randn(4, 4, 3, 3) * 0.1
            parts[f"{number}.conv.{step}.bias"] = torch.zeros(4)
        return parts

    def step(number: int, out: int, into: int, *, bias: bool) -> dict[str, torch.Tensor]:
        weight = {f"{number}.weight": torch.randn(out, into, 3, 3) * 0.3}
        return {**weight, f"{number}.bias": torch.full((out,), 0.4)} if bias else weight

    encoder = {**step(0, 4, 3, bias=True), **block(1), **step(2, 4, 4, bias=False)}
    encoder |= step(3, 4, 4, bias=True)
    decoder = {**step(1, 4, 4, bias=True), **block(3), **step(5, 4, 4, bias=False)}
    decoder |= step(6, 3, 4, bias=True)
    torch.save(encoder, folder / "taef2_encoder.pth")
    torch.save(decoder, folder / "taef2_decoder.pth")
    return folder


def test_a_batch_is_forged_inside_the_face_alone(tiny: Path) -> None:
    torch.manual_seed(2)
    genuine = noise(30)
    moments, strangers = genuine.roll(1, 0), genuine.roll(2, 0)
    forged, ground = forging.Forger(tiny)(genuine, MAPS[:30], moments, strangers)
    apart = (forged - ground).abs().amax(1)
    assert forged.shape == ground.shape and forged.min() >= 0 and forged.max() <= 255
    # The whole picture goes through the decoder in a tenth; the rest keeps its edges.
    whole = (apart[:, :8].amax((1, 2)) > 2).float().mean()
    assert 0.03 <= whole <= 0.2
    assert (apart.amax((1, 2)) > 1).float().mean() > 0.9


def test_pairs_are_framed_and_degraded_alike() -> None:
    torch.manual_seed(4)
    pairs = noise(12).repeat_interleave(2, 0)
    framed = degrading.frame(pairs, 176, 2)
    assert framed.shape == (24, 3, 176, 176)
    assert torch.equal(framed[::2], framed[1::2]) and not torch.equal(framed[0], framed[2])
    quiet = degrading.recolour(framed, degrading.Draws(12, 2, CPU), strength=1.0)
    assert torch.equal(quiet[::2], quiet[1::2])


def test_compression_does_what_jpeg_does() -> None:
    import cv2

    # Without fine grain, so that chance in rounding does not count.
    picture = torch.nn.functional.interpolate(noise(1), (64, 64), mode="area")
    plain = picture[0].permute(1, 2, 0).numpy()
    for quality in (35, 80):
        ours = degrading.compress(picture, torch.tensor([float(quality)]))[0].permute(1, 2, 0)
        flags = [cv2.IMWRITE_JPEG_QUALITY, quality]
        _, coded = cv2.imencode(".jpg", plain[..., ::-1].round().astype(np.uint8), flags)
        decoded: Any = cv2.imdecode(coded, cv2.IMREAD_COLOR)
        theirs = decoded[..., ::-1].astype(np.float32)
        lost = np.abs(theirs - plain).mean()
        assert np.abs(ours.numpy() - theirs).mean() < 0.6 * lost


@pytest.mark.parametrize("spread", [0.0, 0.8, 2.0])
def test_a_blur_is_a_gaussian(spread: float) -> None:
    import cv2

    picture = noise(1, 64)
    found = degrading.blur(picture, torch.tensor([spread]))[0, 0].numpy()
    plain = picture[0, 0].numpy()
    wanted = cv2.GaussianBlur(plain, (31, 31), spread) if spread else plain
    np.testing.assert_allclose(found[12:-12, 12:-12], wanted[12:-12, 12:-12], atol=0.05)


def test_a_pack_comes_back_row_by_row(tmp_path: Path) -> None:
    crops = noise(3, 256).permute(0, 2, 3, 1).numpy().astype(np.uint8)
    points = REFERENCE.ravel()
    faces = [
        pack.PackedFace("g", crops[0], points, pack.DFDC_GENUINE),
        pack.PackedFace("f", crops[1], points, pack.DFDC_FORGED, source="g"),
        pack.PackedFace("c", crops[2], points, pack.CLIP_FORGED, clip="k", group="Tool", fold=2),
    ]
    pack.write(faces, tmp_path)
    items = pack.read_items(tmp_path)
    assert items.source.tolist() == [-1, 0, -1] and items.fold.tolist() == [-1, -1, 2]
    pictures = pack.read_pictures(tmp_path, items, workers=2)
    for crop, found in zip(crops, pictures, strict=True):
        kept = crop[forging.TOP : forging.TOP + SIDE, forging.LEFT : forging.LEFT + SIDE]
        assert np.abs(found.astype(int) - kept).mean() < 6


def weights() -> dict[str, np.ndarray]:
    """A network by chance, of two layers: enough that heads and additions do something."""
    rng = np.random.default_rng(6)
    net = vit.VisionNet(vit.NetShape(depths=(2,)))
    found = {
        name: rng.normal(0, 0.02, tuple(one.shape)).astype(np.float32)
        for name, one in net.state_dict().items()
        if name.startswith("layers.") and "norm" not in name
    }
    found["patch.weight"] = rng.normal(0, 0.02, (768, 3, 16, 16)).astype(np.float32)
    found["positions"] = rng.normal(0, 0.02, (197, 768)).astype(np.float32)
    return found


def test_few_parameters_are_learned_and_they_tell_pictures_apart() -> None:
    torch.manual_seed(8)
    net = vit.build(weights(), vit.NetShape(side=48, depths=(1, 2), rank=2))
    total = sum(one.numel() for one in net.state_dict().values())
    assert sum(one.numel() for one in net.learned().values()) < 0.01 * total

    class Drawn:
        def draw(self) -> tuple[torch.Tensor, torch.Tensor, int]:
            pictures = noise(8, 48)
            pictures[::2, 0] *= 0.5
            return pictures, torch.tensor([1.0, 0.0]).repeat(4), 8

    learn.train(net, Drawn(), seconds=1, rates=(3e-2, 1e-3, 1e-3), steps=12)
    pictures, labels, _ = Drawn().draw()
    with torch.inference_mode():
        logits = net(pictures)
    assert logits.shape == (8, 2)
    assert (logits[labels == 1].amin(0) > logits[labels == 0].amax(0)).all()


def test_what_is_shipped_says_what_was_trained(tmp_path: Path) -> None:
    torch.manual_seed(9)
    net = vit.build(weights(), vit.NetShape(depths=(1, 2), rank=2))
    with torch.no_grad():
        for one in net.parameters():
            if one.requires_grad:
                one.add_(torch.randn_like(one) * 0.05)
    kept = {name: value.numpy() for name, value in net.learned().items()}
    np.savez(tmp_path / "learned.npz", depths=np.array([1, 2]), **kept)  # type: ignore[arg-type]
    again = vit.learned(weights(), tmp_path / "learned.npz")
    pictures = noise(2, 176)
    with torch.inference_mode():
        wanted = net(pictures)[:, 0]
        found = vit.WholeMeasures(again, told=1, depths=(1, 2))(pictures)
    assert found.shape == (2, 1 + 2 * 2 * vit.WIDTH)
    np.testing.assert_allclose(found[:, 0], wanted, atol=1e-4)


def test_weights_travel_in_eight_bits(tmp_path: Path) -> None:
    whole = np.random.default_rng(1).integers(-127, 128, (6, 4)).astype(np.float32)
    whole[0] = 127
    weights = {"layers.0.q.weight": whole * np.float32(0.01), "cls": np.ones(3, np.float32)}
    vit.write_small(weights, tmp_path / "small.npz")
    found = vit.read_small([tmp_path / "small.npz"])
    assert sorted(found) == sorted(weights)
    np.testing.assert_allclose(found["layers.0.q.weight"], weights["layers.0.q.weight"], atol=1e-6)


def test_a_large_maker_counts_as_the_root_of_its_size() -> None:
    clips = np.array([f"a{n}" for n in range(100)] + ["b0", "b1"])
    items = pack.Items(
        name=clips, kind=np.full(102, pack.CLIP_FORGED), source=np.full(102, -1), clip=clips,
        group=np.array(["A"] * 100 + ["B"] * 2), fold=np.zeros(102, int),
        maps=np.zeros((102, 6), np.float32),
        part=np.zeros(102, int), offset=np.zeros(102, int), length=np.zeros(102, int),
    )  # fmt: skip
    groups = learn._balanced(items, np.full(102, True))
    assert sorted(len(group) for group in groups) == [2] + [100] * math.isqrt(25)


def test_a_part_that_was_learned_is_kept_and_shipped(tmp_path: Path) -> None:
    torch.manual_seed(3)
    crops = noise(2, 256).permute(0, 2, 3, 1).numpy().astype(np.uint8)
    faces_of = [
        pack.PackedFace(str(n), one, REFERENCE.ravel(), pack.CLIP_GENUINE, clip=str(n), fold=0)
        for n, one in enumerate(crops)
    ]
    pack.write(faces_of, tmp_path / "pack")
    faces = learn.Faces(tmp_path / "pack", CPU, workers=1)
    net = vit.build(weights(), vit.NetShape(depths=(1, 2)))
    with torch.no_grad():
        net.get_parameter("heads.0.line.bias").fill_(0.25)
    learn.Kept(tmp_path, "run").add("first", net, faces, np.arange(2))
    again = learn.Kept(tmp_path, "run")
    assert not again.of("all") and set(again.of("first")) == set(net.learned())
    again.ship((1, 2), 1, tmp_path / "whole.npz")
    shipped = vit.learned(weights(), tmp_path / "whole.npz")
    assert (
        shipped.shape.depths == (1,) and shipped.get_parameter("heads.0.line.bias").item() == 0.25
    )

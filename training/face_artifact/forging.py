"""Makes pseudo-fakes of a batch of genuine faces on the device that trains.

What a forged face leaves behind is made in the very picture that it is then told from:

- two versions of one face blended through a mask (self-blended images: Shiohara and Yamasaki,
  "Detecting Deepfakes with Self-Blended Images", CVPR 2022), of the face, its lower part, the mouth
  or the eyes;
- a lower resolution inside a mask, as generators of 64 to 128 px leave it, at times sharpened;
- what the decoder of a diffusion model makes of it, inside a mask or of the whole picture;
- the mouth of another moment, and the face of a stranger.

Pictures are (n, 3, 208, 208) floats of 0 to 255: the middle of the 256 px crop of `faces.align`.
Masks are drawn as outlines in polar coordinates, so that a batch is one formula.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from media_screen.faces.align import REFERENCE
from training.face_artifact import blends
from training.face_artifact.degrading import Draws, blur, recolour, resize

# Part of the aligned 256 px crop that is kept, px: left and upper edge, and its side.
LEFT, TOP, KEPT = 24, 44, 208
RAYS = 64
EYES = np.array(
    [(78, 100), (98, 92), (118, 98), (138, 98), (158, 92), (178, 100), (176, 120), (158, 128),
     (140, 120), (116, 120), (98, 128), (80, 120)], np.float32,
)  # fmt: skip
REGIONS = (blends.FACE, blends.INNER, blends.LOWER, blends.MOUTH, blends.LOWER_BOX, EYES)
SHARES = (0.30, 0.17, 0.17, 0.16, 0.12, 0.08)  # how often each region is changed
KINDS = ("self_blend", "low_resolution", "decoder", "decoder_whole", "moment", "stranger")
KIND_SHARES = (0.30, 0.22, 0.16, 0.10, 0.12, 0.10)


def _radii(outline: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the middle of an outline and how far it reaches along every ray, px."""
    centre = outline.mean(axis=0)
    angles = (np.arange(RAYS) + 0.5) / RAYS * 2 * math.pi - math.pi
    reach = []
    for angle in angles:
        way = np.array([math.cos(angle), math.sin(angle)])
        far = 0.0
        for a, b in zip(outline, np.roll(outline, -1, axis=0), strict=True):
            sides = np.column_stack([way, a - b])
            if abs(np.linalg.det(sides)) > 1e-6:
                distance, share = np.linalg.solve(sides, a - centre)
                if 0 <= share <= 1:
                    far = max(far, distance)
        reach.append(far)
    return centre.astype(np.float32), np.array(reach, np.float32)


def fit_points(points: np.ndarray) -> np.ndarray:
    """Return (n, 6): the affine map from px of a crop to those of the mean face, by five points."""
    rows = []
    for five in points.reshape(-1, 5, 2):
        known = np.column_stack([five, np.ones(5)])
        matrix, *_ = np.linalg.lstsq(known, REFERENCE.astype(np.float64), rcond=None)
        rows.append(matrix.T.ravel())
    return np.array(rows, np.float32)


class Masks(nn.Module):
    """Draws masks of regions of faces, with bent and soft edges."""

    centres: Tensor
    reaches: Tensor
    grid: Tensor

    def __init__(self) -> None:
        super().__init__()
        found = [_radii(region) for region in REGIONS]
        self.register_buffer("centres", torch.from_numpy(np.stack([one[0] for one in found])))
        self.register_buffer("reaches", torch.from_numpy(np.stack([one[1] for one in found])))
        axis = torch.arange(KEPT, dtype=torch.float32)
        y, x = torch.meshgrid(axis + TOP, axis + LEFT, indexing="ij")
        self.register_buffer("grid", torch.stack([x, y, torch.ones_like(x)], -1))

    def forward(self, maps: Tensor, regions: Tensor) -> Tensor:
        """Return (n, 1, 208, 208) of 0 to 1 for faces with these maps (n, 6) to the mean face."""
        n, device = len(maps), maps.device
        draw = Draws(n, 1, device)
        places = torch.einsum("hwk,nck->nhwc", self.grid, maps.view(n, 2, 3))
        centres = self.centres[regions] + torch.randn(n, 2, device=device) * 3
        away = places - centres[:, None, None]
        scale = torch.exp(draw.normal(0.07))[:, None]
        reach = self.reaches[regions] * scale
        # Bend the outline by a few slow waves.
        rays = torch.arange(RAYS, device=device) / RAYS * 2 * math.pi
        for wave in (2, 3, 5):
            high = torch.randn(n, 1, device=device) * (4.0 / wave)
            reach = reach + high * torch.cos(wave * rays + draw.uniform(0, 6.28)[:, None])
        angle = torch.atan2(away[..., 1], away[..., 0])
        place = (angle + math.pi) / (2 * math.pi) * RAYS - 0.5
        low = torch.floor(place)
        share = place - low
        first = (low.long() % RAYS).flatten(1)
        second = ((low.long() + 1) % RAYS).flatten(1)
        near, far = reach.gather(1, first), reach.gather(1, second)
        edge = near.view_as(share) * (1 - share) + far.view_as(share) * share
        softness = torch.exp(draw.uniform(math.log(0.6), math.log(7.0)))[:, None, None]
        shift = torch.where(draw.chance(0.5), softness[:, 0, 0] * 1.5, 0.0)[:, None, None]
        inside = torch.sigmoid((edge - away.norm(dim=-1) - shift) / softness * 2)
        return inside[:, None]


class Decoder(nn.Module):
    """The tiny autoencoder of a diffusion model's latents (TAEF2, MIT): pictures in and out."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        for part in ("encoder", "decoder"):
            state = torch.load(folder / f"taef2_{part}.pth", map_location="cpu", weights_only=True)
            for name, values in state.items():
                self.register_buffer(f"{part}_{name}".replace(".", "_"), values.float())

    def forward(self, pictures: Tensor) -> Tensor:
        """Return pictures (n, 3, side, side) of 0 to 255 as the decoder gives them back."""
        x = self._run("encoder", pictures / 255)
        x = self._run("decoder", torch.tanh(x / 3) * 3)
        return (x * 255).clamp(0, 255)

    def _run(self, part: str, x: Tensor) -> Tensor:
        for number in range(20):
            stem = f"{part}_{number}"
            if hasattr(self, f"{stem}_conv_0_weight"):
                x = self._block(stem, x)
            elif hasattr(self, f"{stem}_weight"):
                weight = getattr(self, f"{stem}_weight")
                bias = getattr(self, f"{stem}_bias", None)
                if bias is None and part == "decoder":  # a step between scales has no bias
                    x = functional.interpolate(x, scale_factor=2)
                stride = 2 if bias is None and part == "encoder" else 1
                x = functional.conv2d(x, weight, bias, stride=stride, padding=1)
                if part == "decoder" and number == 1:
                    x = functional.relu(x)
        return x

    def _block(self, stem: str, x: Tensor) -> Tensor:
        if hasattr(self, f"{stem}_pool_0_weight"):
            y = functional.conv2d(x, getattr(self, f"{stem}_pool_0_weight"))
            norm = (getattr(self, f"{stem}_pool_1_weight"), getattr(self, f"{stem}_pool_1_bias"))
            y = functional.relu(functional.group_norm(y, 4, *norm))
            x = x + functional.conv2d(y, getattr(self, f"{stem}_pool_3_weight"))
        y = x
        for number in (0, 2, 4):
            weight = getattr(self, f"{stem}_conv_{number}_weight")
            bias = getattr(self, f"{stem}_conv_{number}_bias")
            y = functional.conv2d(y, weight, bias, padding=1)
            y = functional.relu(y) if number < 4 else y
        return functional.relu(y + x)


class Forger(nn.Module):
    """Makes a pseudo-fake of every genuine face of a batch, and the picture to tell it from."""

    def __init__(self, tiny: Path) -> None:
        super().__init__()
        self.masks = Masks()
        self.decoder = Decoder(tiny)

    @torch.no_grad()
    def forward(
        self, genuine: Tensor, maps: Tensor, moments: Tensor, strangers: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return forged pictures and their genuine sources, each (n, 3, 208, 208)."""
        n, device = len(genuine), genuine.device
        # As many of each kind in every batch: convolutions are planned anew for each new size.
        bounds = (torch.tensor(KIND_SHARES).cumsum(0) * n).round().long()
        kinds = torch.bucketize(torch.arange(n), bounds, right=True)[torch.randperm(n)].to(device)
        regions = torch.multinomial(torch.tensor(SHARES), n, replacement=True).to(device)
        regions = torch.where(kinds == 5, regions % 2, regions)  # a stranger's whole face
        regions = torch.where(kinds == 4, 2 + regions % 3, regions)  # the mouth of another moment
        ground = genuine.clone()
        source = genuine.clone()
        for number, kind in enumerate(KINDS):
            chosen = (kinds == number).nonzero()[:, 0]
            if len(chosen):
                made = getattr(self, f"_{kind}")
                source[chosen], ground[chosen] = made(
                    genuine[chosen], moments[chosen], strangers[chosen]
                )
        masks = self.masks(maps, regions)
        whole = (kinds == KINDS.index("decoder_whole")).view(-1, 1, 1, 1)
        draw = Draws(n, 1, device)
        opaque = torch.where(draw.chance(0.25) & (kinds == 0), draw.uniform(0.4, 0.9), 1.0)
        masks = torch.where(whole, torch.ones_like(masks), masks * opaque.view(-1, 1, 1, 1))
        taken = ((kinds == 4) | (kinds == 5)).nonzero()[:, 0]
        if len(taken):
            source[taken] = _toned(source[taken], ground[taken], masks[taken])
        return (source * masks + ground * (1 - masks)).clamp(0, 255), ground

    def _self_blend(self, genuine: Tensor, *_: Tensor) -> tuple[Tensor, Tensor]:
        draw = Draws(len(genuine), 1, genuine.device)
        styled = recolour(genuine, draw, strength=0.5)
        styled = _resharpened(styled, draw)
        swapped = draw.chance(0.5).view(-1, 1, 1, 1)
        source, ground = (
            torch.where(swapped, genuine, styled),
            torch.where(swapped, styled, genuine),
        )
        return _moved(source, draw), ground

    def _low_resolution(self, genuine: Tensor, *_: Tensor) -> tuple[Tensor, Tensor]:
        return _reduced(genuine), genuine

    def _decoder(self, genuine: Tensor, *_: Tensor) -> tuple[Tensor, Tensor]:
        side = (KEPT, 256, 160)[int(torch.randint(3, ()))]
        on_gpu = genuine.device.type == "cuda"
        with torch.autocast(genuine.device.type, dtype=torch.bfloat16, enabled=on_gpu):
            made = self.decoder(resize(genuine, side))
        return resize(made.float(), KEPT), genuine

    def _decoder_whole(self, genuine: Tensor, *_: Tensor) -> tuple[Tensor, Tensor]:
        return self._decoder(genuine)

    def _moment(self, genuine: Tensor, moments: Tensor, _: Tensor) -> tuple[Tensor, Tensor]:
        draw = Draws(len(genuine), 1, genuine.device)
        return torch.where(draw.chance(0.7).view(-1, 1, 1, 1), _reduced(moments), moments), genuine

    def _stranger(self, genuine: Tensor, _: Tensor, strangers: Tensor) -> tuple[Tensor, Tensor]:
        draw = Draws(len(genuine), 1, genuine.device)
        soft = draw.chance(0.6).view(-1, 1, 1, 1)
        return torch.where(soft, _reduced(strangers), strangers), genuine


def _reduced(pictures: Tensor) -> Tensor:
    """Show each picture at a lower resolution of its own, at times sharpened after it."""
    sides = (48, 64, 80, 96, 112, 128, 144)
    drawn = torch.randint(len(sides), (len(pictures),), device=pictures.device)
    result = torch.empty_like(pictures)
    for number, side in enumerate(sides):
        chosen = (drawn == number).nonzero()[:, 0]
        if len(chosen):
            result[chosen] = resize(resize(pictures[chosen], side), KEPT)
    draw = Draws(len(pictures), 1, pictures.device)
    amount = torch.where(draw.chance(0.4), draw.uniform(0.3, 2.0), 0.0).view(-1, 1, 1, 1)
    soft = blur(result, draw.uniform(0.8, 2.0))
    return (result + amount * (result - soft)).clamp(0, 255)


def _resharpened(pictures: Tensor, draw: Draws) -> Tensor:
    """Blur or sharpen each picture a little."""
    soft = blur(pictures, draw.uniform(0.5, 1.5))
    amount = draw.uniform(-0.8, 0.8).view(-1, 1, 1, 1)
    return (pictures + amount * (pictures - soft)).clamp(0, 255)


def _moved(pictures: Tensor, draw: Draws) -> Tensor:
    """Move and scale each picture by a few per cent."""
    n = len(pictures)
    scale = torch.exp(draw.normal(0.02))
    zero = torch.zeros_like(scale)
    shift = [draw.normal(0.02), draw.normal(0.02)]
    rows = [torch.stack([scale, zero, shift[0]], 1), torch.stack([zero, scale, shift[1]], 1)]
    grid = functional.affine_grid(torch.stack(rows, 1), [n, 3, KEPT, KEPT], align_corners=False)
    return functional.grid_sample(
        pictures, grid, padding_mode="reflection", align_corners=False, mode="bilinear"
    )


def _toned(source: Tensor, ground: Tensor, masks: Tensor) -> Tensor:
    """Move the colours of a source, inside its mask, to those of the ground."""
    weight = masks.sum(dim=(2, 3), keepdim=True).clamp(min=1)

    def stated(x: Tensor) -> tuple[Tensor, Tensor]:
        mean = (x * masks).sum(dim=(2, 3), keepdim=True) / weight
        spread = (((x - mean) ** 2 * masks).sum(dim=(2, 3), keepdim=True) / weight).sqrt()
        return mean, spread.clamp(min=2)

    (mean, spread), (wanted, width) = stated(source), stated(ground)
    return ((source - mean) / spread * width + wanted).clamp(0, 255)

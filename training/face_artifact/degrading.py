"""Degrades batches of pictures as platforms do, on the device that trains: nothing is copied back.

Whatever tells genuine from forged must survive what any copy goes through, and must not be what
only one class went through: every draw is made for a group of pictures (a forged one and its
genuine source) and done to all of it. Pictures are (n, 3, side, side) floats of 0 to 255.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

# Tables of the JPEG standard (ITU-T T.81, annex K).
_LUMA = (
    (16, 11, 10, 16, 24, 40, 51, 61), (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56), (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77), (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101), (72, 92, 95, 98, 112, 100, 103, 99),
)  # fmt: skip
_CHROMA = (
    (17, 18, 24, 47, 99, 99, 99, 99), (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99), (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 8,) * 4,
)  # fmt: skip
_TO_YCC = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))
_TO_RGB = ((1.0, 0.0, 1.402), (1.0, -0.344136, -0.714136), (1.0, 1.772, 0.0))
# Sides, px of 176, that a picture is reduced to; multiples of 16, that blocks fit.
SIDES = (176, 176, 176, 160, 144, 128, 112, 96, 80, 64)


@dataclass(frozen=True)
class Draws:
    """Random numbers of a device, the same for every picture of a group of `each` pictures."""

    groups: int
    each: int
    device: torch.device

    def uniform(self, low: float, high: float) -> Tensor:
        """Return (n,) numbers."""
        drawn = torch.rand(self.groups, device=self.device) * (high - low) + low
        return drawn.repeat_interleave(self.each)

    def chance(self, share: float) -> Tensor:
        """Return (n,) true for this share of the groups."""
        return self.uniform(0, 1) < share

    def normal(self, spread: float) -> Tensor:
        """Return (n,) numbers."""
        drawn = torch.randn(self.groups, device=self.device) * spread
        return drawn.repeat_interleave(self.each)


def frame(pictures: Tensor, side: int, each: int) -> Tensor:
    """Turn, scale, move and mirror pictures, and cut out their middle, (n, 3, side, side)."""
    n, _, whole, _ = pictures.shape
    draw = Draws(n // each, each, pictures.device)
    turn, scale = draw.normal(math.radians(4)), torch.exp(draw.normal(0.06)) * (side / whole)
    mirror = torch.where(draw.chance(0.5), -1.0, 1.0)
    cos, sin = torch.cos(turn) * scale, torch.sin(turn) * scale
    x, y = draw.normal(4 / whole), draw.normal(4 / whole)
    matrix = torch.stack(
        [torch.stack([cos * mirror, -sin, 2 * x], 1), torch.stack([sin * mirror, cos, 2 * y], 1)], 1
    )
    grid = functional.affine_grid(matrix, [n, 3, side, side], align_corners=False)
    return functional.grid_sample(
        pictures, grid, mode="bilinear", padding_mode="reflection", align_corners=False
    )


def degrade(pictures: Tensor, each: int) -> Tensor:
    """Recolour, reduce, blur, add noise to and compress pictures, alike within each group."""
    n, side = len(pictures), pictures.shape[-1]
    draw = Draws(n // each, each, pictures.device)
    pictures = recolour(pictures, draw, strength=1.0)
    sides = torch.randint(len(SIDES), (n // each,), device=pictures.device)
    sides = sides.repeat_interleave(each)
    result = torch.empty_like(pictures)
    for number, small in enumerate(SIDES):
        chosen = (sides == number).nonzero()[:, 0]
        if not len(chosen):
            continue
        own = Draws(len(chosen) // each, each, pictures.device)
        seen = resize(pictures[chosen], small)
        seen = blur(seen, torch.where(own.chance(0.3), own.uniform(0.3, 1.3), 0.0))
        noise = torch.where(own.chance(0.3), own.uniform(0.5, 7.0), 0.0)
        seen = seen + torch.randn_like(seen) * noise.view(-1, 1, 1, 1)
        seen = compress(seen, torch.where(own.chance(0.75), own.uniform(28, 95), 99.0))
        result[chosen] = resize(seen, side)
    # Some copies are sharpened by whoever shows them.
    amount = torch.where(draw.chance(0.12), draw.uniform(0.2, 1.0), 0.0).view(-1, 1, 1, 1)
    soft = blur(result, torch.full((n,), 1.0, device=pictures.device))
    return (result + amount * (result - soft)).clamp(0, 255)


def recolour(pictures: Tensor, draw: Draws, *, strength: float) -> Tensor:
    """Change brightness, contrast, gamma, saturation and the colour of the light."""

    def wide(values: Tensor) -> Tensor:
        return values.view(-1, 1, 1, 1)

    x = pictures / 255
    x = x.clamp(1e-3, 1) ** wide(torch.exp(draw.normal(0.18 * strength)))
    mean = x.mean(dim=(2, 3), keepdim=True)
    x = (x - mean) * wide(torch.exp(draw.normal(0.14 * strength))) + mean
    x = x + wide(draw.normal(0.05 * strength))
    light = torch.stack([draw.normal(0.035 * strength) for _ in range(3)], 1)[:, :, None, None]
    x = x * torch.exp(light)
    grey = (x * x.new_tensor(_TO_YCC[0]).view(1, 3, 1, 1)).sum(1, keepdim=True)
    amount = torch.exp(draw.normal(0.25 * strength))
    amount = torch.where(draw.chance(0.03 * strength), torch.zeros_like(amount), amount)
    x = grey + (x - grey) * wide(amount)
    return (x * 255).clamp(0, 255)


def resize(pictures: Tensor, side: int) -> Tensor:
    """Scale to a side by cubic weights, with what is too fine for it left out."""
    whole = pictures.shape[-1]
    if whole == side:
        return pictures
    weights = _cubic(whole, side, pictures.device)
    return (weights @ pictures @ weights.T).clamp(0, 255)


@functools.cache
def _cubic(whole: int, side: int, device: torch.device) -> Tensor:
    """Return the matrix (side, whole) that resamples a row (Keys, 1981; stretched to shrink)."""
    scale = max(1.0, whole / side)
    centres = (torch.arange(side, device=device) + 0.5) * (whole / side) - 0.5
    x = ((torch.arange(whole, device=device)[None] - centres[:, None]) / scale).abs()
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    weights = torch.where(x <= 1, near, torch.where(x < 2, far, torch.zeros_like(x)))
    return weights / weights.sum(1, keepdim=True)


def blur(pictures: Tensor, spreads: Tensor) -> Tensor:
    """Blur each picture by its own Gaussian, px; 0 leaves it as it is."""
    side = torch.arange(pictures.shape[-1], device=pictures.device)
    away = (side[None] - side[:, None]).float()
    weights = torch.exp(-0.5 * (away[None] / spreads.clamp(min=0.05)[:, None, None]) ** 2)
    weights = (weights / weights.sum(2, keepdim=True))[:, None]
    return weights @ pictures @ weights.transpose(2, 3)


def _cosines(device: torch.device) -> Tensor:
    """Return the 8 x 8 matrix of the cosine transform."""
    k = torch.arange(8, device=device, dtype=torch.float32)
    matrix = torch.cos((2 * k[None] + 1) * k[:, None] * math.pi / 16) / 2
    matrix[0] = math.sqrt(1 / 8)
    return matrix


def compress(pictures: Tensor, qualities: Tensor) -> Tensor:
    """Do to each picture what JPEG of its quality (1 to 100) does, with colour at half the size."""
    device = pictures.device
    scale = torch.where(qualities < 50, 50 / qualities, 2 - qualities / 50)[:, None, None]
    to_ycc = pictures.new_tensor(_TO_YCC)
    to_rgb = pictures.new_tensor(_TO_RGB)
    ycc = torch.einsum("ck,nkhw->nchw", to_ycc, pictures)
    planes = [ycc[:, 0] - 128]
    planes += [functional.avg_pool2d(ycc[:, k : k + 1], 2)[:, 0] for k in (1, 2)]
    cosines = _cosines(device)
    done = []
    for plane, table in zip(planes, (_LUMA, _CHROMA, _CHROMA), strict=True):
        steps = (pictures.new_tensor(table)[None] * scale).clamp(min=1)
        done.append(_quantised(plane, steps, cosines))
    size = done[0].shape[-2:]
    colours = [
        functional.interpolate(one[:, None], size, mode="bilinear", align_corners=False)[:, 0]
        for one in done[1:]
    ]
    ycc = torch.stack([done[0] + 128, *colours], 1)
    return torch.einsum("ck,nkhw->nchw", to_rgb, ycc).clamp(0, 255)


def _quantised(plane: Tensor, steps: Tensor, cosines: Tensor) -> Tensor:
    _, height, width = plane.shape
    # As one product with a matrix of blocks: thousands of products of 8 x 8 keep no GPU busy.
    down, across = (
        torch.kron(torch.eye(size // 8, device=cosines.device), cosines) for size in (height, width)
    )
    found = down @ plane @ across.T
    wide = steps.repeat(1, height // 8, width // 8)
    back: Tensor = down.T @ (torch.round(found / wide) * wide) @ across
    return back

"""The network that watches a face over two thirds of a second: convolutions in space, then in time.

Beside the picture it gets what changed since the frame before, since that is what is asked for.
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional

FRAMES = 16  # of 25 a second
SIDE = 96  # px, the middle of a crop of `windows`
WIDTHS = (12, 24, 40, 64, 96)  # channels; what two CPU cores train in an hour
CHANGE = 6.0  # how far changes are enlarged, to be about as large as the picture is


class MovementBlock(nn.Module):
    """Halves the picture, and mixes each moment with those beside it."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.space = nn.Conv3d(before, after, (1, 3, 3), (1, 2, 2), (0, 1, 1), bias=False)
        self.time = nn.Conv3d(after, after, (3, 1, 1), 1, (1, 0, 0), bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm3d(after), nn.BatchNorm3d(after)])
        self.around = nn.Sequential(
            nn.AvgPool3d((1, 2, 2), ceil_mode=True), nn.Conv3d(before, after, 1, bias=False)
        )

    def forward(self, clips: Tensor) -> Tensor:
        """Return (n, after, frames, side / 2, side / 2)."""
        seen = functional.relu(self.norms[0](self.space(clips)))
        mixed: Tensor = self.norms[1](self.time(seen)) + self.around(clips)
        return functional.relu(mixed)


class MovementNet(nn.Module):
    """Scores clips: the higher, the more they move like a forged face."""

    def __init__(self) -> None:
        super().__init__()
        first = nn.Conv3d(6, WIDTHS[0], (1, 5, 5), (1, 2, 2), (0, 2, 2), bias=False)
        self.stem = nn.Sequential(first, nn.BatchNorm3d(WIDTHS[0]), nn.ReLU())
        steps = itertools.pairwise(WIDTHS)
        self.blocks = nn.Sequential(*(MovementBlock(before, after) for before, after in steps))
        self.head = nn.Sequential(nn.Dropout(0.2), nn.Linear(2 * WIDTHS[-1], 1))

    def forward(self, clips: Tensor) -> Tensor:
        """Return (n,) for clips (n, 3, frames, side, side) of -1 to 1."""
        change = torch.zeros_like(clips)
        change[:, :, 1:] = (clips[:, :, 1:] - clips[:, :, :-1]) * CHANGE
        seen = self.blocks(self.stem(torch.cat([clips, change], dim=1)))
        told = torch.cat([seen.mean((2, 3, 4)), seen.mean((3, 4)).amax(2)], dim=1)
        scores: Tensor = self.head(told)[:, 0]
        return scores

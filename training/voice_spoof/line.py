"""Fits the line on what borrowed filters say of windows: logistic regression, shrunk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from media_screen.arrays import Doubles, Rows
from training.checkpoint import whole
from training.columns import occurrences
from training.voice_spoof.net import STATISTICS
from training.voice_spoof.prepare import Prepared

_LEAST_SPREAD = 1e-3  # of a statistic, so that one that never varies counts for nothing
_STEPS = 40  # of the search, after which the loss hardly falls


def fit_line(data: Prepared, rows: Rows, shrink: float, checkpoint: Path) -> nn.Linear:
    """Fit on rows, or load the checkpoint.

    Genuine and synthetic count alike, and of either a collection or family of n windows by root n.
    `shrink` is the weight of the squared slopes in the loss.
    """
    if not checkpoint.is_file():
        slopes, offset = _fitted(data, rows, shrink)
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        with whole(checkpoint) as file:
            save_file({"weight": slopes[None], "bias": offset[None]}, file)
    line = nn.Linear(STATISTICS, 1)
    line.load_state_dict(load_file(checkpoint))
    return line.requires_grad_(False)


@torch.inference_mode()
def scores(line: nn.Linear, data: Prepared, rows: Rows) -> Doubles:
    """Return the score of each of some prepared windows."""
    seen = torch.from_numpy(data.statistics[rows].astype(np.float32))
    return np.asarray(line(seen)[:, 0].numpy(), np.float64)


def _fitted(data: Prepared, rows: Rows, shrink: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Return slopes and offset on the statistics as they are."""
    seen = torch.from_numpy(data.statistics[rows].astype(np.float32))
    spread, mean = torch.std_mean(seen, dim=0)
    spread += _LEAST_SPREAD
    seen -= mean
    seen /= spread
    sign, share = _examples(data, rows)
    slopes = torch.zeros(STATISTICS, requires_grad=True)
    offset = torch.zeros((), requires_grad=True)
    search = torch.optim.LBFGS(
        [slopes, offset], max_iter=_STEPS, history_size=10, line_search_fn="strong_wolfe"
    )

    def loss() -> torch.Tensor:
        search.zero_grad()
        wrong = nn.functional.softplus(-sign * (seen @ slopes + offset))
        total = (share * wrong).sum() + shrink * (slopes * slopes).sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    search.step(loss)  # type: ignore[no-untyped-call]
    slopes = slopes.detach() / spread
    return slopes, offset.detach() - mean @ slopes


def _examples(data: Prepared, rows: Rows) -> tuple[torch.Tensor, torch.Tensor]:
    """Return of each row 1 for synthetic and -1 for genuine, and how much it counts."""
    sounds = [data.sound(int(row)) for row in rows]
    fake = np.array([sound.fake for sound in sounds])
    share = _rooted([sound.family if sound.fake else sound.collection for sound in sounds])
    for kind in (fake, ~fake):
        share[kind] /= 2 * share[kind].sum()
    return _tensor(np.where(fake, 1.0, -1.0)), _tensor(share)


def _rooted(names: Sequence[str]) -> Doubles:
    """Return for each item one over the root of how many bear its name."""
    return np.asarray(occurrences(np.array(names, dtype=str)) ** -0.5, np.float64)


def _tensor(values: Doubles) -> torch.Tensor:
    return torch.from_numpy(values.astype(np.float32))

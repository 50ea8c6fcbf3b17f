"""Fits the line of `Borrowed`: logistic regression on windows, and on pairs of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from media_screen.arrays import Doubles, Rows
from training.columns import occurrences
from training.voice_spoof.borrowed import STATISTICS, Borrowed, yamnet_layers
from training.voice_spoof.prepare import NO_PAIR, Prepared

Statistics = npt.NDArray[np.float16]

_AT_ONCE = 16  # windows whose statistics are computed together
_LEAST_SPREAD = 1e-3  # of a statistic, so that one that never varies counts for nothing
_STEPS = 40  # of the search, after which the loss hardly falls


@dataclass(frozen=True)
class LineSettings:
    """How the line is fitted, and how much its score counts beside those of other networks.

    `shrink` is the weight of the squared slopes in the loss, `pairs` that of the differences
    between copies and their own sources, and `alone` how much a window that is in no pair counts.
    """

    shrink: float
    pairs: float
    alone: float
    weight: float


def fit_line(
    data: Prepared, rows: Rows, settings: LineSettings, statistics: Statistics, checkpoint: Path
) -> Borrowed:
    """Fit on rows, or load the checkpoint.

    Genuine and synthetic count alike, and of either a collection or family of n windows by root n.
    The loss on pairs asks that the copy score higher than its source, by as much as may be.
    """
    net = Borrowed(yamnet_layers())
    if not checkpoint.is_file():
        slopes, offset = _fitted(data, rows, settings, statistics)
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        save_file({"weight": slopes[None], "bias": offset[None]}, checkpoint)
    net.line.load_state_dict(load_file(checkpoint))
    return net.eval()


def _fitted(
    data: Prepared, rows: Rows, settings: LineSettings, statistics: Statistics
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return slopes and offset on the statistics as they are."""
    seen = torch.from_numpy(statistics[rows].astype(np.float32))
    spread, mean = torch.std_mean(seen, dim=0)
    spread = spread + _LEAST_SPREAD
    seen = (seen - mean) / spread
    sign, share = _examples(data, rows, settings.alone)
    copies, sources, pair_share = _pairs(data, rows)
    apart = seen[copies] - seen[sources]
    slopes = torch.zeros(STATISTICS, requires_grad=True)
    offset = torch.zeros((), requires_grad=True)
    search = torch.optim.LBFGS(
        [slopes, offset], max_iter=_STEPS, history_size=10, line_search_fn="strong_wolfe"
    )

    def loss() -> torch.Tensor:
        search.zero_grad()
        wrong = nn.functional.softplus(-sign * (seen @ slopes + offset))
        total = (share * wrong).sum() + settings.shrink * (slopes * slopes).sum()
        if len(apart):
            lower = nn.functional.softplus(-(apart @ slopes))
            total = total + settings.pairs * (pair_share * lower).sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    search.step(loss)  # type: ignore[no-untyped-call]
    slopes = slopes.detach() / spread
    return slopes, offset.detach() - mean @ slopes


def _examples(data: Prepared, rows: Rows, alone: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Return of each row 1 for synthetic and -1 for genuine, and how much it counts."""
    sounds = [data.sound(int(row)) for row in rows]
    fake = np.array([sound.fake for sound in sounds])
    share = _rooted([sound.family if sound.fake else sound.collection for sound in sounds])
    single = np.array([data.rows[int(row)].pair == NO_PAIR for row in rows])
    share *= np.where(single, alone, 1.0)
    for kind in (fake, ~fake):
        share[kind] /= 2 * share[kind].sum()
    return _tensor(np.where(fake, 1.0, -1.0)), _tensor(share)


def _pairs(data: Prepared, rows: Rows) -> tuple[Rows, Rows, torch.Tensor]:
    """Return places among the rows of copies and of their sources, and how much a pair counts."""
    source, copies = {}, []
    for place, row in enumerate(map(int, rows)):
        if data.rows[row].pair == NO_PAIR:
            continue
        if data.sound(row).fake:
            copies.append(place)
        else:
            source[data.rows[row].pair, data.rows[row].copy] = place
    keys = {place: (data.rows[rows[place]].pair, data.rows[rows[place]].copy) for place in copies}
    both = [(place, source[keys[place]]) for place in copies if keys[place] in source]
    first, second = np.array(both, dtype=np.intp).reshape(-1, 2).T
    share = _rooted([data.sound(int(rows[place])).family for place in first])
    return first, second, _tensor(share / max(share.sum(), 1e-9))


def _rooted(names: Sequence[str]) -> Doubles:
    """Return for each item one over the root of how many bear its name."""
    return np.asarray(occurrences(np.array(names, dtype=str)) ** -0.5, np.float64)


def _tensor(values: npt.NDArray[np.floating]) -> torch.Tensor:
    return torch.from_numpy(values.astype(np.float32))


@torch.inference_mode()
def statistics_of(data: Prepared, file: Path) -> Statistics:
    """Return what `Borrowed.statistics` says of all rows; computed once and kept in a file."""
    if not file.is_file():
        net = Borrowed(yamnet_layers()).eval()
        found = np.zeros((len(data.rows), STATISTICS), np.float16)
        lengths = np.array([row.frames for row in data.rows])
        for length in np.unique(lengths):
            alike = np.flatnonzero(lengths == length)
            for start in range(0, len(alike), _AT_ONCE):
                chosen = alike[start : start + _AT_ONCE]
                windows = np.stack([data.features(int(row)) for row in chosen])
                found[chosen] = net.statistics(torch.from_numpy(windows)).numpy()
        file.parent.mkdir(parents=True, exist_ok=True)
        np.save(file, found)
    return np.asarray(np.load(file, mmap_mode="r"), np.float16)

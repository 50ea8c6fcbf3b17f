"""Trains the network on pseudo-fakes of genuine clips alone: seeded, checkpointed, resumable."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from media_screen.arrays import Doubles, Floats
from training import checkpoint
from training.descent import Descent, Plan
from training.over_time.examples import PairDraw, PairExample, Taught, middle
from training.over_time.moving import KINDS
from training.over_time.network import FRAMES, MovementNet
from training.over_time.windows import Windows

WARM_UP = 100  # steps
SAVE_EVERY = LOG_EVERY = 100  # steps
MAKERS = 2  # threads that make examples while the network learns from those before


@dataclass(frozen=True, kw_only=True)
class MovementPlan(Plan):
    """How long, how fast, and how many pairs a step."""

    rate: float = 1.5e-3
    decay: float = 0.02
    batch: int = 16


def train(
    plan: MovementPlan, taught: Sequence[Taught], kept: Path, *, device: str = "cpu"
) -> MovementNet:
    """Train to the end of the plan, going on from the checkpoint when there is one."""
    torch.manual_seed(plan.seed)
    model = MovementNet().to(device)
    descent = Descent(model, plan, warm_up=WARM_UP)
    descent.resume(kept, device=device)
    draw = PairDraw(taught, size=plan.batch, seed=plan.seed)
    started, total = time.monotonic(), 0.0
    ranked = np.zeros((len(KINDS), 2))
    model.train()
    with ThreadPoolExecutor(MAKERS) as makers:
        coming = makers.map(draw.example, draw.seeds(descent.step))
        while descent.step < plan.steps:
            batch = list(coming)
            coming = makers.map(draw.example, draw.seeds(descent.step + 1))
            forged, genuine = _scored(model, batch, device)
            loss = _loss(forged, genuine)
            descent.follow(loss)
            total += loss.item()
            for one, above in zip(batch, (forged > genuine).tolist(), strict=True):
                ranked[one.kind] += (above, 1)
            if descent.step % LOG_EVERY == 0:
                _tell(plan, descent.step, total / LOG_EVERY, ranked, time.monotonic() - started)
                total, ranked = 0.0, np.zeros((len(KINDS), 2))
            if descent.step % SAVE_EVERY == 0 or descent.step == plan.steps:
                descent.save(kept)
    return model.eval()


def load(kept: Path) -> MovementNet:
    """Return the network of a checkpoint, ready to score."""
    model = MovementNet()
    checkpoint.resume(kept, {"model": model})
    return model.eval()


@torch.no_grad()
def score(model: MovementNet, windows: Windows) -> float | None:
    """Return the mean score of both halves of all windows of a clip, None without any."""
    if not len(windows.crops):
        return None
    halves = [windows.crops[:, :FRAMES], windows.crops[:, FRAMES : 2 * FRAMES]]
    seen = np.concatenate([middle(half) for half in halves])
    return float(model(_clips(seen)).mean())


def _scored(model: MovementNet, batch: Sequence[PairExample], device: str) -> tuple[Tensor, Tensor]:
    clips = _clips(np.concatenate([one.clips for one in batch])).to(device)
    with torch.autocast(device, dtype=torch.bfloat16):
        scores = model(clips.to(memory_format=torch.channels_last_3d))
    forged, genuine = scores.float().view(-1, 2).unbind(1)
    return forged, genuine


def _loss(forged: Tensor, genuine: Tensor) -> Tensor:
    """Ask that forged ones score above nought, genuine ones below, and each pair in order."""
    softplus = functional.softplus
    return (softplus(-forged) + softplus(genuine) + softplus(genuine - forged)).mean()


def _clips(levels: Floats) -> Tensor:
    """Return (n, 3, frames, side, side) of -1 to 1."""
    planes = (levels / 127.5 - 1).transpose(0, 4, 1, 2, 3)
    return torch.from_numpy(np.ascontiguousarray(planes, np.float32))


def _tell(plan: Plan, step: int, loss: float, ranked: Doubles, seconds: float) -> None:
    shares = ranked[:, 0] / np.maximum(1, ranked[:, 1])
    told = " ".join(
        f"{kind.__name__} {share:.0%}" for kind, share in zip(KINDS, shares, strict=True)
    )
    print(f"step {step}/{plan.steps} loss {loss:.3f} {seconds:.0f} s, ranked: {told}", flush=True)

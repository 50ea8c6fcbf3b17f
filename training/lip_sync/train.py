"""Trains the synchrony network on one selection of pieces: seeded, checkpointed, resumable."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from training.descent import Descent, Plan
from training.lip_sync.batches import REACH, ExampleDraw, trimmed
from training.lip_sync.network import SyncNetwork
from training.lip_sync.pieces import Piece, aligned
from training.lip_sync.score import sync_net

WARM_UP = 40  # steps
SAVE_EVERY, LOG_EVERY = 100, 50  # steps
PARTS = 4  # of an example that are matched on their own, too: 0.64 s each
# How the right offset is spread: a frame more or less is nearly right, since recordings differ.
_NEAR = {-1: 0.15, 0: 0.7, 1: 0.15}


@dataclass(frozen=True, kw_only=True)
class SyncPlan(Plan):
    """How long, how fast and how large."""

    rate: float = 2e-3
    decay: float = 0.05
    batch: int = 16
    width: int = 80
    dropout: float = 0.2

    @property
    def realign(self) -> tuple[int, int]:
        """Return the steps at which the network itself says how far each clip is off."""
        return self.steps // 2, self.steps * 3 // 4


def train(plan: SyncPlan, pieces: Sequence[Piece], checkpoint: Path) -> SyncNetwork:
    """Train to the end of the plan, going on from the checkpoint when there is one."""
    torch.manual_seed(plan.seed)
    fitting, moved = aligned(pieces)
    print(f"{moved} of {len(pieces)} moved by the opening of the mouth", flush=True)
    model = SyncNetwork(width=plan.width, dropout=plan.dropout)
    descent = Descent(model, plan, warm_up=WARM_UP)
    descent.resume(checkpoint)
    examples: ExampleDraw | None = None
    started, total, right = time.monotonic(), 0.0, 0.0
    while descent.step < plan.steps:
        if examples is None or descent.step in plan.realign:
            if descent.step >= plan.realign[0]:
                found, moved = aligned(pieces, sync_net(model.eval()))
                print(f"{len(found)} of {len(pieces)} fit, {moved} moved", flush=True)
                if len(found) >= len(pieces) / 2:  # else the network knows too little yet
                    fitting = found
            examples = ExampleDraw(fitting, size=plan.batch, seed=plan.seed)
            model.train()
        batch = examples.batch(descent.step)
        mouth, voice = model(torch.from_numpy(batch.movement), torch.from_numpy(batch.sound))
        loss, hit = _loss(model, mouth, trimmed(voice), torch.from_numpy(batch.possible))
        descent.follow(loss)
        step, total, right = descent.step, total + loss.item(), right + hit
        if step % LOG_EVERY == 0:
            print(
                f"step {step}/{plan.steps} loss {total / LOG_EVERY:.3f} "
                f"offset right {right / LOG_EVERY:.0%} {time.monotonic() - started:.0f} s",
                flush=True,
            )
            total = right = 0.0
        if step % SAVE_EVERY == 0 or step == plan.steps:
            descent.save(checkpoint)
    return model.eval()


def load(plan: SyncPlan, checkpoint: Path) -> SyncNetwork:
    """Return the network of a checkpoint, ready to embed."""
    model = SyncNetwork(width=plan.width, dropout=plan.dropout)
    model.load_state_dict(torch.load(checkpoint, weights_only=True)["model"])
    return model.eval()


def _loss(
    model: SyncNetwork, mouth: torch.Tensor, voice: Any, possible: torch.Tensor
) -> tuple[torch.Tensor, float]:
    """Return the cost of mistaking offsets within clips and voices between clips.

    Multi-way matching (Chung et al., "Perfect match", ICASSP 2019) over whole examples and quarters
    of them; and the share of examples whose offset is right within a frame.
    """
    frames = mouth.shape[1]
    scale = model.log_scale.exp()
    moved = voice.unfold(1, frames, 1)  # b, offsets, embedding, frames
    single = torch.einsum("btc,bdct->bdt", mouth, moved)
    quarters = single.reshape(*single.shape[:2], PARTS, frames // PARTS).mean(dim=3)
    whole = quarters.mean(dim=2)
    target = torch.zeros(whole.shape[1])
    for near, share in _NEAR.items():
        target[REACH + near] = share
    offsets = _cross_entropy(scale * whole, possible, target)
    short = _cross_entropy(
        scale / 2 * quarters.transpose(1, 2).flatten(0, 1),
        possible.repeat_interleave(PARTS, dim=0),
        target,
    )
    aligned = voice[:, REACH : REACH + frames]
    across = scale * torch.einsum("btc,atc->ba", mouth, aligned) / frames
    truth = torch.arange(len(across))
    others = (
        nn.functional.cross_entropy(across, truth) + nn.functional.cross_entropy(across.T, truth)
    ) / 2
    best = whole.detach().masked_fill(~possible, -1e4).argmax(dim=1)
    hit = float(((best - REACH).abs() <= 1).float().mean())
    return offsets + short + 0.5 * others, hit


def _cross_entropy(
    logits: torch.Tensor, possible: torch.Tensor, target: torch.Tensor
) -> torch.Tensor:
    logs = logits.masked_fill(~possible, -1e4).log_softmax(dim=1)
    return -(target * logs.masked_fill(~possible, 0.0)).sum(dim=1).mean()

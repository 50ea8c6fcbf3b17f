"""Trains one network on one selection of files: seeded, checkpointed, resumable."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from training.descent import Descent, Plan
from training.face_artifact import network

BATCH = 16  # pairs
WARM_UP = 100  # steps
SAVE_EVERY = 200  # steps
LOG_EVERY = 20


@dataclass(frozen=True, kw_only=True)
class FacePlan(Plan):
    """How long and how fast; `sides` are (steps from here on, side of the input in px)."""

    sides: tuple[tuple[int, int], ...]
    decay: float = 0.02
    average: float = 0.998  # of the moving average of the weights, which is what is kept

    def side_at(self, step: int) -> int:
        """Return the side of the input, px, at a step."""
        return [side for start, side in self.sides if start <= step][-1]


def train(
    name: str,
    plan: FacePlan,
    make_pairs: Callable[..., Any],
    checkpoint: Path,
    *,
    device: str,
    workers: int,
    start: Path | None = None,
) -> nn.Module:
    """Train to the end of the plan, going on from the checkpoint when there is one.

    `make_pairs(side=, length=, seed=)` returns the data set; `start` is the checkpoint of another
    run whose averaged weights are the first ones. Returns the averaged network.
    """
    torch.manual_seed(plan.seed)
    torch.set_flush_denormal(True)  # tiny averages of the optimiser cost ten times a normal number
    model = network.make(name) if start is None else load(name, start)
    model.to(device)
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    mean = torch.optim.swa_utils.AveragedModel(
        model,
        multi_avg_fn=_average(plan.average),
        use_buffers=True,
    )
    descent = Descent(model, plan, warm_up=WARM_UP, kept={"mean": mean})
    descent.resume(checkpoint, device=device)
    started, first, total = time.monotonic(), descent.step, 0.0
    model.train()
    for images in _batches(make_pairs, plan, descent.step, workers):
        loss = _loss(model, images, device)
        descent.follow(loss)
        mean.update_parameters(model)
        step, total = descent.step, total + loss.item()
        if step % LOG_EVERY == 0:
            rate = (step - first) * 2 * BATCH / (time.monotonic() - started)
            print(
                f"step {step}/{plan.steps} loss {total / LOG_EVERY:.4f} {rate:.1f} images/s",
                flush=True,
            )
            total = 0.0
        if step % SAVE_EVERY == 0 or step == plan.steps:
            descent.save(checkpoint)
    return mean.module.eval()


def _loss(model: nn.Module, images: torch.Tensor, device: str) -> torch.Tensor:
    """Return the loss of pairs, labels softened by a fiftieth."""
    images = images.flatten(0, 1).to(device, memory_format=torch.channels_last)
    labels = torch.arange(len(images), device=device) % 2
    with torch.autocast(device, torch.bfloat16):
        logits = model(images.float())
    return nn.functional.binary_cross_entropy_with_logits(
        logits.float(), labels.float() * 0.96 + 0.02
    )


def load(name: str, checkpoint: Path) -> nn.Module:
    """Return the averaged network of a checkpoint, ready to score."""
    model = network.make(name)
    saved = torch.load(checkpoint, map_location="cpu", weights_only=True)["mean"]
    model.load_state_dict(
        {key.removeprefix("module."): value for key, value in saved.items() if key != "n_averaged"}
    )
    return model.eval()


def _average(decay: float) -> Any:
    """Average the weights over about 1 / (1 - decay) steps, over fewer while there are fewer.

    Without the second half a short run would keep a part of the weights that it began with.
    """

    @torch.no_grad()
    def update(averaged: Any, current: Any, count: torch.Tensor) -> None:
        share = min(decay, (1 + int(count)) / (10 + int(count)))
        for mean, now in zip(averaged, current, strict=True):
            if mean.is_floating_point():
                mean.lerp_(now, 1 - share)
            else:  # the number of batches seen, of a normalisation
                mean.copy_(now)

    return update


def _batches(
    make_pairs: Callable[..., Any], plan: FacePlan, step: int, workers: int
) -> Iterator[torch.Tensor]:
    """Yield batches from a step to the end, stage by stage of the input's side."""
    while step < plan.steps:
        side = plan.side_at(step)
        end = min([start for start, _ in plan.sides if start > step], default=plan.steps)
        end = min(end, plan.steps)
        pairs = make_pairs(side=side, length=end * BATCH, seed=plan.seed)
        numbers = range(step * BATCH, end * BATCH)
        yield from torch.utils.data.DataLoader(
            torch.utils.data.Subset(pairs, numbers),
            BATCH,
            num_workers=workers,
            prefetch_factor=4 if workers else None,
            worker_init_fn=_one_thread,
        )
        step = end


def _one_thread(_: int) -> None:
    import cv2

    cv2.setNumThreads(0)
    torch.set_num_threads(1)

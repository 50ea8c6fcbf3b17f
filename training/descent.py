"""Trains a network step by step: its optimiser, its learning rate, and where it is kept."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from training import checkpoint

LONGEST_GRADIENT = 2.0  # norm to which a gradient is cut, so that no odd batch throws it far off


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How long and how fast a network is trained."""

    steps: int
    rate: float  # peak learning rate of AdamW
    decay: float
    seed: int = 1


def rate_at(step: int, *, steps: int, warm_up: int) -> float:
    """Return the factor on the learning rate: up in a line, then a half cosine to a hundredth."""
    if step < warm_up:
        return (step + 1) / warm_up
    share = (step - warm_up) / max(1, steps - warm_up)
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share))


class Descent:
    """A network on its way to the end of a plan; `step` counts the steps that are done."""

    def __init__(
        self, model: nn.Module, plan: Plan, *, warm_up: int, kept: Mapping[str, Any] | None = None
    ) -> None:
        """Begin; `kept` names what else is kept in checkpoints."""
        self._model = model
        self._optimiser = torch.optim.AdamW(
            model.parameters(), lr=plan.rate, weight_decay=plan.decay
        )
        self._schedule = torch.optim.lr_scheduler.LambdaLR(
            self._optimiser, lambda step: rate_at(step, steps=plan.steps, warm_up=warm_up)
        )
        self._parts = {
            "model": model,
            **(kept or {}),
            "optimiser": self._optimiser,
            "schedule": self._schedule,
        }
        self.step = 0

    def resume(self, path: Path, *, device: str = "cpu") -> None:
        """Go on from a checkpoint when there is one."""
        self.step = checkpoint.resume(path, self._parts, device=device)

    def save(self, path: Path) -> None:
        """Write a checkpoint."""
        checkpoint.save(path, self.step, self._parts)

    def follow(self, loss: torch.Tensor) -> None:
        """Take one step down the gradient of a loss."""
        self._optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._model.parameters(), LONGEST_GRADIENT)
        self._optimiser.step()
        self._schedule.step()
        self.step += 1

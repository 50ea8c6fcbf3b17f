"""The settings of this training, from `models/lip_sync/train.toml`."""

from __future__ import annotations

from dataclasses import dataclass

from training import settings
from training.holding_out import ALL
from training.lip_sync.train import SyncPlan

NAME = "lip_sync"


@dataclass(frozen=True)
class SyncSettings:
    """All of the file: `plan` is of runs that hold a fold out, `plan_of_all` of the shipped one."""

    folds: int
    plan: SyncPlan
    plan_of_all: SyncPlan

    def plan_for(self, fold: str) -> SyncPlan:
        """Return the plan of one run."""
        return self.plan_of_all if fold == ALL else self.plan


def read_settings() -> SyncSettings:
    """Read the settings that are shipped."""
    record = settings.parsed(settings.path_of(NAME))
    sync = {**record["sync"], "seed": record["seed"]}
    all_steps = sync.pop("steps_all")
    plans = SyncPlan(**sync), SyncPlan(**{**sync, "steps": all_steps})
    return SyncSettings(record["folds"], *plans)

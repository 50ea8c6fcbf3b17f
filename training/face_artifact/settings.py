"""The settings of this training, from `models/face_artifact/train.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training import settings

NAME = "face_artifact"


@dataclass(frozen=True)
class TextureLine:
    """How one part of the line is fitted.

    `shrink` is the weight of the squared slopes of standardised measures in the loss, `pairs` that
    of blends against their own sources.
    """

    shrink: float
    pairs: float


@dataclass(frozen=True)
class NetworkRun:
    """How one network is trained that the line is compared with.

    `pseudo` is the share of forged pictures that are pseudo-fakes, `mouth` that of those which
    change the mouth only; `sides` are (first step, side of the input in px). `start` is the run
    whose network is trained further, and `steps_all` the length when nothing is held out.
    """

    network: str
    pseudo: float
    mouth: float
    steps: int
    sides: tuple[tuple[int, int], ...]
    steps_all: int = 0
    rate: float = 4e-4  # peak learning rate of AdamW
    start: str = ""

    @property
    def side(self) -> int:
        """The side of the input at the end, px, at which the network is tried."""
        return self.sides[-1][1]


@dataclass(frozen=True)
class FaceSettings:
    """All of the file."""

    seed: int
    folds: int
    of_texture: TextureLine
    of_features: TextureLine
    runs: Mapping[str, NetworkRun]

    def run(self, name: str) -> NetworkRun:
        """Return a run; leaves the program when none has the name."""
        if name not in self.runs:
            raise SystemExit(f"run must be one of {', '.join(self.runs)}, got {name!r}")
        return self.runs[name]


def read_settings() -> FaceSettings:
    """Read the settings that are shipped."""
    record = settings.parsed(settings.path_of(NAME))
    line = {part: TextureLine(**own) for part, own in record["line"].items()}
    runs = {name: _run(own) for name, own in record["run"].items()}
    return FaceSettings(record["seed"], record["folds"], runs=runs, **line)


def _run(record: dict[str, Any]) -> NetworkRun:
    sides = tuple((start, side) for start, side in record["sides"])
    return NetworkRun(**{**record, "sides": sides})

"""The settings of this training, from `models/face_artifact/train.toml`."""

from __future__ import annotations

from dataclasses import dataclass

from training import settings

NAME = "face_artifact"


@dataclass(frozen=True)
class StatesLine:
    """How the line is fitted.

    `shrink` is the weight of the squared slopes of standardised states in the loss, `told` that of
    the network's own opinion beside them, both of spread 1; `layers` those whose states are used.
    """

    shrink: float
    told: float
    layers: tuple[int, ...]


@dataclass(frozen=True)
class FaceSettings:
    """All of the file."""

    seed: int
    folds: int
    line: StatesLine


def read_settings() -> FaceSettings:
    """Read the settings that are shipped."""
    record = settings.parsed(settings.path_of(NAME))
    return FaceSettings(record["seed"], record["folds"], _line(**record["line"]))


def _line(*, shrink: float, told: float, layers: list[int]) -> StatesLine:
    return StatesLine(shrink, told, tuple(layers))

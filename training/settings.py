"""Reads the settings of a training, `models/DETECTOR/train.toml`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from media_screen import weights

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = "train.toml"


def path_of(detector: str) -> Path:
    """Return where the settings of a detector's training stand."""
    return weights.models_dir() / detector / FILE


def parsed(path: Path) -> dict[str, Any]:
    """Return what a file of settings says, for a trainer to make its own settings of."""
    return tomllib.loads(path.read_text("utf-8"))

"""Keeps what a training needs to go on where it stopped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a name to write to; a stop in the middle leaves the last file whole."""
    part = path.with_suffix(".part")
    yield part
    part.replace(path)


def save(path: Path, step: int, parts: Mapping[str, Any]) -> None:
    """Write the step that was reached, and the state of each part."""
    states = {name: part.state_dict() for name, part in parts.items()}
    with whole(path) as file:
        torch.save({"step": step, **states}, file)


def resume(path: Path, parts: Mapping[str, Any], *, device: str = "cpu") -> int:
    """Bring each part into the state that was kept; return its step, 0 without a checkpoint."""
    if not path.is_file():
        return 0
    saved = torch.load(path, map_location=device, weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(saved[name])
    return int(saved["step"])

"""Finds model files and gives them out only when their SHA-256 is the recorded one."""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

_BLOCK = 1 << 20  # bytes read at a time while hashing


class WeightsError(RuntimeError):
    """A model file is missing, unknown, or not the one that was recorded."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One recorded weight file: `name` is "FOLDER/FILE" below models/."""

    name: str
    sha256: str
    size_bytes: int
    licence: str
    origin: str


def models_dir() -> Path:
    """Return the folder that holds the models: inside the wheel, or beside it in a checkout."""
    inside = Path(__file__).parent / "models"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "models"


def recorded() -> tuple[ModelFile, ...]:
    """List every recorded weight file; reads `models/*/weights.json` and no weights."""
    files: list[ModelFile] = []
    for record in sorted(models_dir().glob("*/weights.json")):
        for file, facts in sorted(json.loads(record.read_text("utf-8"))["files"].items()):
            files.append(
                ModelFile(
                    name=f"{record.parent.name}/{file}",
                    sha256=facts["sha256"],
                    size_bytes=facts["bytes"],
                    licence=facts["licence"],
                    origin=facts["origin"],
                )
            )
    return tuple(files)


def sha256_of(path: Path) -> str:
    """Return the hex SHA-256 of a file, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


@functools.cache  # hashing 50 MB once a process is enough
def path(name: str) -> Path:
    """Return the verified path of a recorded weight file, such as "face_detector/yunet.onnx".

    Raises WeightsError when it is not recorded, missing, or differs from its recorded hash.
    """
    known = {file.name: file for file in recorded()}
    if name not in known:
        raise WeightsError(f"no weight file {name!r} is recorded; known: {sorted(known)}")
    file = models_dir() / name
    if not file.is_file():
        raise WeightsError(f"weight file {name!r} is missing from {models_dir()}")
    actual = sha256_of(file)
    if actual != known[name].sha256:
        raise WeightsError(
            f"weight file {name!r} was changed: expected SHA-256 {known[name].sha256}, got {actual}"
        )
    return file

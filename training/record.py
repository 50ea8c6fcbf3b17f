"""Writes the SHA-256 of every table in models/ into the code, after one of them was made anew.

    python -m training.record

The training, the conversion and the benchmarks that make these files call it by themselves.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from media_screen import weights
from media_screen.fusion import combination
from media_screen.weights import known_tables

CODE = Path(known_tables.__file__)
# What decides on verdicts and is no weight file, which weights.json vouches for.
TABLES = (
    weights.OPTIONAL,
    f"*/{weights.RECORD}",
    "*/calibration.json",
    "*/references.json",
    combination.FILE,
)


def tables(models: Path) -> tuple[str, ...]:
    """List the tables of a folder of models."""
    files = {file for pattern in TABLES for file in models.glob(pattern)}
    return tuple(sorted(file.relative_to(models).as_posix() for file in files))


def renew() -> None:
    """Write the hashes of the tables as they are now into the code, and use them from here on."""
    models = weights.models_dir()
    found = {name: weights.sha256_of(models / name) for name in tables(models)}
    lines = "".join(f"{sha256}  {name}\n" for name, sha256 in found.items())
    head, mark, rest = CODE.read_text("utf-8").partition('_SUMS = """\\\n')
    _, end, tail = rest.partition('"""')
    CODE.write_text(head + mark + lines + end + tail, "utf-8", newline="\n")
    known_tables.SHA256.clear()
    known_tables.SHA256.update(found)


def ship(name: str, record: Mapping[str, Any]) -> None:
    """Write a table of models/, and its hash into the code."""
    text = json.dumps(record, indent=1) + "\n"
    (weights.models_dir() / name).write_text(text, "utf-8", newline="\n")
    renew()


if __name__ == "__main__":
    renew()

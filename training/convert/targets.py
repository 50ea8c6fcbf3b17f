"""Writes converted nets and records their hashes, for faces and for voices."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import onnx

from training.convert.small_storage import store_small
from training.convert.sources import WeightSource, read_source


@dataclass(frozen=True)
class Target:
    """Say where a converted net goes, how, and in which width its large weights are stored.

    `producer` is written into the file; by default the file says what the source said.
    """

    source: WeightSource
    convert: Callable[[bytes], onnx.ModelProto]
    file: str
    width: str
    producer: str | None = None


def write_target(
    target: Target, *, place: Path | None, out: Path, width: str | None = None
) -> dict[str, object]:
    """Convert one net, write it, and return its entry for `weights.json`."""
    source = target.source
    model = store_small(target.convert(read_source(source, place)), width=width or target.width)
    if target.producer is not None:
        model.producer_name = target.producer
    onnx.checker.check_model(model, full_check=True)
    data = model.SerializeToString(deterministic=True)
    path = out / target.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return {
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "licence": source.licence,
        "origin": f"{source.origin}; from {source.package} {source.version}, {source.member}",
        "source_sha256": source.sha256,
    }


def write_records(entries: Mapping[str, Mapping[str, object]], *, out: Path) -> None:
    """Write `weights.json` beside the weights of each model folder.

    What it says of other files stays: a folder may hold some that are not converted.
    """
    for folder in sorted({Path(name).parent for name in entries}):
        record = out / folder / "weights.json"
        files = json.loads(record.read_text("utf-8"))["files"] if record.is_file() else {}
        for name, entry in entries.items():
            if Path(name).parent == folder:
                files[Path(name).name] = dict(entry)
        text = json.dumps({"files": files}, indent=2, sort_keys=True)
        record.write_text(text + "\n", encoding="utf-8")

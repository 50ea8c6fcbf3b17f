"""Writes networks and lines into the folder of models, with what `weights.json` says of each."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from media_screen import weights

if TYPE_CHECKING:
    import onnx
    import torch

OPSET = 17  # has every operator used here, and every ONNX Runtime that is supported reads it
PRODUCER = "media_screen training"  # written into the files, and so part of their hashes


@dataclass(frozen=True)
class WeightFile:
    """One file below models/ ("FOLDER/FILE"), and where it comes from."""

    name: str
    data: bytes
    origin: str
    licence: str = "Apache-2.0"
    source_sha256: str = ""  # of the file that it was converted from

    def entry(self) -> dict[str, object]:
        """Return what `weights.json` says of it."""
        source = {"source_sha256": self.source_sha256} if self.source_sha256 else {}
        return {
            "sha256": hashlib.sha256(self.data).hexdigest(),
            "bytes": len(self.data),
            "licence": self.licence,
            "origin": self.origin,
            **source,
        }


def write(files: Iterable[WeightFile], models: Path) -> None:
    """Write files and their entries; what stands beside them stays."""
    for file in files:
        path = models / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)
        _enter(path.with_name(weights.RECORD), path.name, file.entry())


def _enter(record: Path, name: str, entry: Mapping[str, object]) -> None:
    known = json.loads(record.read_text("utf-8"))["files"] if record.is_file() else {}
    text = json.dumps({"files": {**known, name: entry}}, indent=2, sort_keys=True)
    record.write_text(text + "\n", "utf-8")


def to_onnx(
    model: torch.nn.Module,
    example: tuple[torch.Tensor, ...],
    *,
    inputs: Sequence[str],
    outputs: Sequence[str],
    free: Mapping[str, Mapping[int, str]],
) -> bytes:
    """Return a network as an ONNX file; `free` names the axes of any length."""
    import torch

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "net.onnx"
        torch.onnx.export(
            model,
            example,
            target,
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes={name: dict(axes) for name, axes in free.items()},
            opset_version=OPSET,
            dynamo=False,
        )
        return target.read_bytes()


def sealed(net: onnx.ModelProto) -> bytes:
    """Return the bytes of a checked network that names this project as its producer."""
    import onnx

    net.producer_name = PRODUCER
    onnx.checker.check_model(net, full_check=True)
    return bytes_of(net)


def bytes_of(net: onnx.ModelProto) -> bytes:
    """Return the bytes of a network, the same whenever it is written."""
    return bytes(net.SerializeToString(deterministic=True))


def outputs_of(data: bytes, feeds: Mapping[str, Any]) -> list[Any]:
    """Return all outputs of a network as ONNX Runtime works them out on the CPU."""
    import onnxruntime

    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    return list(session.run(None, dict(feeds)))

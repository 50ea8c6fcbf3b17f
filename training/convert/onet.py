"""Writes MTCNN's O-Net as ONNX, from a torch file that is read without unpickling."""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Mapping

import numpy as np
import onnx

from media_screen.arrays import Array
from training.convert.onnx_models import Builder, make_model

# The convolutions of O-Net, in order, and after which of them values are pooled (window, px).
ONET_CONVOLUTIONS = (("conv1", 3), ("conv2", 3), ("conv3", 2), ("conv4", 0))


def read_torch_tensors(data: bytes) -> dict[str, Array]:
    """Return the tensors, flat as stored, of a torch file of the old kind (before version 1.6).

    Its pickles are only disassembled: they name each tensor and its storage. The storages follow as
    a list of keys, then for each an eight-byte count and that many 32-bit floats.
    """
    from pickletools import genops

    stream = io.BytesIO(data)
    parts = []
    for _ in range(5):  # magic number, protocol, system, tensors, storage keys
        parts.append([argument for _, argument, _ in genops(stream) if isinstance(argument, str)])
    keys = [text for text in parts[4] if text.isdigit()]
    values = {}
    for key in keys:
        (count,) = struct.unpack("<q", stream.read(8))
        values[key] = np.frombuffer(stream.read(4 * count), dtype="<f4")
    named: dict[str, Array] = {}
    name = ""
    for text in parts[3]:
        if "." in text and " " not in text:
            name = text
        elif text in values:
            named.setdefault(name, values[text])  # what follows the net is its optimiser's
    return named


def onet_to_onnx(data: bytes) -> onnx.ModelProto:
    """Write MTCNN's O-Net (48 px input, landmarks and face score) as ONNX."""
    flat = read_torch_tensors(data)
    build = Builder({})
    x, channels = "face", 3
    for name, pool in ONET_CONVOLUTIONS:
        out = flat[f"{name}.bias"].size
        side = math.isqrt(flat[f"{name}.weight"].size // (out * channels))
        kernel = build.weight(f"{name}.weight", _columns(flat, name, (out, channels, side, side)))
        build.add("Conv", [x, kernel, build.weight(f"{name}.bias", flat[f"{name}.bias"])], name)
        slope = flat[f"prelu{name[-1]}.weight"].reshape(-1, 1, 1)
        build.add("PRelu", [name, build.weight(f"{name}.slope", slope)], f"{name}/active")
        x, channels = f"{name}/active", out
        if pool:
            shape = {"kernel_shape": [pool, pool], "strides": [2, 2], "ceil_mode": 1}
            build.add("MaxPool", [x], f"{name}/pooled", **shape)
            x = f"{name}/pooled"
    # The original counts columns first.
    build.add("Transpose", [x], "columns", perm=[0, 3, 2, 1])
    build.add("Flatten", ["columns"], "flat")
    _dense(build, flat, "dense5", "flat", "dense5")
    build.add("PRelu", ["dense5", build.weight("slope5", flat["prelu5.weight"])], "dense5/active")
    _dense(build, flat, "dense6_3", "dense5/active", "landmarks")
    _dense(build, flat, "dense6_1", "dense5/active", "classes")
    build.add("Softmax", ["classes"], "score", axis=1)
    outputs = {"landmarks": 10, "score": 2}
    return make_model("onet", build.nodes, build.weights, ["n", 3, 48, 48], outputs)


def _columns(flat: Mapping[str, Array], name: str, shape: tuple[int, ...]) -> Array:
    """Return a layer's weights, which this file (its hash is fixed) stores columns first."""
    return flat[f"{name}.weight"].reshape(shape, order="F")


def _dense(build: Builder, flat: Mapping[str, Array], name: str, x: str, y: str) -> None:
    rows = flat[f"{name}.bias"].size
    weight = build.weight(f"{name}.weight", _columns(flat, name, (rows, -1)))
    build.add("Gemm", [x, weight, build.weight(f"{name}.bias", flat[f"{name}.bias"])], y, transB=1)

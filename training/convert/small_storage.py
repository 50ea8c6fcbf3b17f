"""Stores a model's large weights in fewer bits."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from media_screen.arrays import Array

# Tensors with fewer values than this stay in 32-bit floats: quantising biases saves nothing.
SMALLEST_QUANTISED = 1024


def store_small(model: onnx.ModelProto, *, width: str, least_side: int = 1) -> onnx.ModelProto:
    """Store large weights, of no side below `least_side`, as 16-bit floats or 8-bit integers.

    They become 32-bit again when a session folds constants. `Cast` and `Mul` are used, not
    `DequantizeLinear`, because onnxruntime leaves the latter to run in every call.
    """
    if width == "float32":
        return model
    small, casts = [], []
    for tensor in model.graph.initializer:
        value = numpy_helper.to_array(tensor)
        if (
            value.dtype != np.float32
            or value.size < SMALLEST_QUANTISED
            or value.ndim < 2
            or (min(value.shape) < least_side)
        ):
            small.append(tensor)
            continue
        stored, nodes = _stored(tensor.name, value, width)
        small.extend(stored)
        casts.extend(nodes)
    nodes = casts + list(model.graph.node)
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(small)
    model.graph.node.extend(nodes)
    return model


def _stored(
    name: str, value: Array, width: str
) -> tuple[list[onnx.TensorProto], list[onnx.NodeProto]]:
    if width == "float16":
        tensors = [numpy_helper.from_array(value.astype(np.float16), f"{name}/16")]
        return tensors, [helper.make_node("Cast", [f"{name}/16"], [name], to=TensorProto.FLOAT)]
    # Eight bits, symmetric, one scale for each output channel: its largest weight maps to 127. In a
    # matrix that rows are multiplied with (in, out) that is a column, in a convolution a row.
    axes = tuple(range(1, value.ndim)) if value.ndim > 2 else (0,)
    scale = np.maximum(np.abs(value).max(axis=axes, keepdims=True), 1e-12) / 127.0
    quantised = np.clip(np.rint(value / scale), -127, 127).astype(np.int8)
    tensors = [
        numpy_helper.from_array(quantised, f"{name}/8"),
        numpy_helper.from_array(scale.astype(np.float32), f"{name}/scale"),
    ]
    return tensors, [
        helper.make_node("Cast", [f"{name}/8"], [f"{name}/float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{name}/float", f"{name}/scale"], [name]),
    ]

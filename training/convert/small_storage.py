"""Stores a model's large weights in fewer bits."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from media_screen.arrays import Array

# Tensors with fewer values than this stay in 32-bit floats: quantising biases saves nothing.
SMALLEST_QUANTISED = 1024
_NO_STEP = 1e-6  # of the largest value of a channel: below, two values are one, rounded differently
_OFF_GRID = 0.05  # of a step


def store_small(
    model: onnx.ModelProto, *, width: str, least_side: int = 1, without: Collection[str] = ()
) -> onnx.ModelProto:
    """Store large weights, of no side below `least_side`, as 16-bit floats or 8-bit integers.

    "grid8" stores in 8 bits, without a loss, what came out of 8 bits: weights of which each output
    channel has at most 256 evenly spaced values. Others become 16-bit floats.

    Those whose names hold a word of `without` stay as they are.

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
            or any(word in tensor.name for word in without)
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
    on_grid = _on_grid(value) if width == "grid8" else None
    if on_grid is not None:
        return _evenly_spaced(name, *on_grid)
    if width != "int8":
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


def _on_grid(value: Array) -> tuple[Array, Array, Array] | None:
    """Return steps (0 to 255), their width and the lowest value of each channel, if it has such."""
    rows = value.reshape(len(value), -1).astype(np.float64)
    lowest = rows.min(axis=1, keepdims=True)
    width = np.ones_like(lowest)
    for place, row in enumerate(rows):
        apart = np.diff(np.unique(row))
        apart = apart[apart > _NO_STEP * max(float(np.abs(row).max()), 1e-30)]
        if len(apart):
            # The mean of all that are about one step, since each was rounded to 32 bits.
            counts = np.rint(apart / apart.min())
            width[place] = apart.sum() / counts.sum()
    steps = (rows - lowest) / width
    whole = np.rint(steps)
    if whole.max() > 255 or np.abs(steps - whole).max() > _OFF_GRID:
        return None
    sides = (len(value), *(1,) * (value.ndim - 1))
    steps8 = whole.astype(np.uint8).reshape(value.shape)
    return steps8, width.astype(np.float32).reshape(sides), lowest.astype(np.float32).reshape(sides)


def _evenly_spaced(
    name: str, steps: Array, width: Array, lowest: Array
) -> tuple[list[onnx.TensorProto], list[onnx.NodeProto]]:
    tensors = [
        numpy_helper.from_array(steps, f"{name}/8"),
        numpy_helper.from_array(width, f"{name}/width"),
        numpy_helper.from_array(lowest, f"{name}/lowest"),
    ]
    return tensors, [
        helper.make_node("Cast", [f"{name}/8"], [f"{name}/steps"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{name}/steps", f"{name}/width"], [f"{name}/above"]),
        helper.make_node("Add", [f"{name}/above", f"{name}/lowest"], [name]),
    ]


def stored_weights(model: onnx.ModelProto) -> dict[str, Array]:
    """Return the weights of a model by the names under which its layers take them."""
    values = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
    work: dict[str, Callable[..., Array]] = {
        "Cast": lambda value: value.astype(np.float32),
        "Mul": np.multiply,
        "Add": np.add,
    }
    for node in model.graph.node:
        if node.op_type in work and all(name in values for name in node.input):
            values[node.output[0]] = work[node.op_type](*(values[name] for name in node.input))
    return values

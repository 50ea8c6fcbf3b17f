"""Gives the OpenCV zoo's block-quantised YuNet and SFace plain weights and free shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from media_screen.arrays import Array
from training.convert.onnx_models import IR_VERSION, make_model
from training.weight_files import OPSET


def dequantise(model: onnx.ModelProto) -> dict[str, Array]:
    """Compute the weights behind `DequantizeLinear` and `Reshape` and drop those nodes."""
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    rest = []
    for node in model.graph.node:
        known = all(name in values for name in node.input)
        if node.op_type == "DequantizeLinear" and known:
            values[node.output[0]] = _dequantised(node, *(values[name] for name in node.input))
        elif node.op_type == "Reshape" and known:
            values[node.output[0]] = values[node.input[0]].reshape(values[node.input[1]])
        else:
            rest.append(node)
    del model.graph.node[:]
    model.graph.node.extend(rest)
    used = {name for node in rest for name in node.input}
    return {name: value for name, value in values.items() if name in used}


def _dequantised(node: onnx.NodeProto, quantised: Array, scale: Array, zero: Array) -> Array:
    attributes = {item.name: helper.get_attribute_value(item) for item in node.attribute}
    axis, block = int(attributes["axis"]), int(attributes["block_size"])
    keep = [slice(None)] * quantised.ndim
    keep[axis] = slice(0, quantised.shape[axis])

    def spread(values: Array) -> Array:
        return np.repeat(values, block, axis=axis)[tuple(keep)].astype(np.float32)

    return np.asarray(
        (quantised.astype(np.float32) - spread(zero)) * spread(scale), dtype=np.float32
    )


def yunet_to_onnx(data: bytes) -> onnx.ModelProto:
    """Give YuNet plain 32-bit weights and free batch, height and width (multiples of 32)."""
    model = onnx.load_model_from_string(data)
    weights = dequantise(model)
    for node in model.graph.node:
        if node.op_type == "Reshape":
            # Zero copies the batch size, where the zoo's file has the fixed batch of one.
            weights[node.input[1]] = np.array([0, *weights[node.input[1]][1:]], dtype=np.int64)
    _set_weights(model, weights)
    _free_shape(model.graph.input[0], ["n", 3, "height", "width"])
    for output in model.graph.output:
        width = output.type.tensor_type.shape.dim[2].dim_value
        _free_shape(output, ["n", f"cells_{output.name.split('_')[1]}", width])
    return model


def sface_to_onnx(data: bytes) -> onnx.ModelProto:
    """Give SFace plain weights, a free batch size, the names used here and unit-length output."""
    model = onnx.load_model_from_string(data)
    weights = dequantise(model)
    kept = [node for node in model.graph.node if node.op_type not in ("Dropout", "Constant")]
    dropped = {
        node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "Dropout"
    }
    for node in kept:
        for index, name in enumerate(node.input):
            node.input[index] = dropped.get(name, "face" if name == "data" else name)
    kept = [part for node in kept for part in _without_prelu(node, weights)]
    kept.append(helper.make_node("LpNormalization", ["fc1"], ["embedding"], axis=1, p=2))
    used = {name for node in kept for name in node.input}
    weights = {name: value for name, value in weights.items() if name in used}
    return make_model("sface", kept, weights, ["n", 3, 112, 112], {"embedding": 128})


def _without_prelu(node: onnx.NodeProto, weights: Mapping[str, Array]) -> list[onnx.NodeProto]:
    """Write a PReLU as plain arithmetic with the same values.

    onnxruntime 1.31 spends two thirds of SFace's time in its PRelu; this form is twice as fast.
    """
    if node.op_type != "PRelu":
        return [node]
    x, slope = node.input
    y = node.output[0]
    if weights[slope].max() <= 1.0:  # then the larger of x and slope * x is PReLU
        return [
            helper.make_node("Mul", [x, slope], [f"{y}/scaled"]),
            helper.make_node("Max", [x, f"{y}/scaled"], [y]),
        ]
    return [
        helper.make_node("Relu", [x], [f"{y}/positive"]),
        helper.make_node("Sub", [x, f"{y}/positive"], [f"{y}/negative"]),
        helper.make_node("Mul", [f"{y}/negative", slope], [f"{y}/scaled"]),
        helper.make_node("Add", [f"{y}/positive", f"{y}/scaled"], [y]),
    ]


def _set_weights(model: onnx.ModelProto, weights: Mapping[str, Array]) -> None:
    del model.graph.initializer[:]
    model.graph.initializer.extend(
        numpy_helper.from_array(value, name) for name, value in weights.items()
    )
    del model.graph.value_info[:]
    inputs = [value for value in model.graph.input if value.name not in weights]
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    del model.opset_import[:]
    model.opset_import.append(helper.make_opsetid("", OPSET))
    model.ir_version = IR_VERSION


def _free_shape(value: onnx.ValueInfoProto, shape: Sequence[int | str]) -> None:
    name = value.name
    value.CopyFrom(helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)))

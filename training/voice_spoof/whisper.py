"""Borrowed filters: the early layers of Whisper's encoder look at mel bands.

What 680,000 hours of speech taught them (Radford et al., "Robust Speech Recognition via Large-Scale
Weak Supervision", 2022) tells how sounds follow each other; the later layers know what was said,
which is the same for a voice and its clone. The weights are read as CTranslate2 stores them.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import nn

from media_screen.arrays import Array
from media_screen.speech.synthesis import MEL_BANDS
from training.convert.sources import WHISPER, read_source

WIDTH, HEADS = 512, 8  # of Whisper base
LAYERS = 2  # attention layers; with a third nothing is gained, and the last do worst alone
LONGEST = 250  # positions of 20 ms, of the 1,500 that it knows: 5 s; windows have 4 s at most
STATISTICS = (1 + LAYERS) * 2 * WIDTH  # mean and spread over time, of the convolutions, too
_SUBTYPES = {0: "<f4", 1: "i1", 2: "<i2", 3: "<i4", 4: "<f2"}  # how CTranslate2 numbers them


class WhisperLayers(nn.Module):
    """Tells what Whisper's first layers say of mel bands, over time."""

    def __init__(self, tensors: Mapping[str, Array]) -> None:
        super().__init__()
        self.first = nn.Conv1d(MEL_BANDS, WIDTH, 3, padding=1)
        self.second = nn.Conv1d(WIDTH, WIDTH, 3, stride=2, padding=1)
        self.layers = nn.ModuleList(_Layer() for _ in range(LAYERS))
        self.position = nn.Parameter(torch.zeros(LONGEST, WIDTH))
        self.load_state_dict(_state(tensors))
        self.requires_grad_(False)

    def forward(self, mel: torch.Tensor) -> torch.Tensor:
        """Return means and spreads of each layer for n x frames x 80: n x STATISTICS."""
        gelu = nn.functional.gelu
        x = gelu(self.second(gelu(self.first(mel.transpose(1, 2))))).transpose(1, 2)
        found = [x.mean(dim=1), x.std(dim=1)]
        x = x + self.position[: x.shape[1]]
        for layer in self.layers:
            x = layer(x)
            found += [x.mean(dim=1), x.std(dim=1)]
        return torch.cat(found, dim=1)


class _Layer(nn.Module):
    """One layer of a transformer, normalised in front of each part."""

    def __init__(self) -> None:
        super().__init__()
        self.before = nn.LayerNorm(WIDTH)
        self.asked = nn.Linear(WIDTH, 3 * WIDTH)
        self.told = nn.Linear(WIDTH, WIDTH)
        self.between = nn.LayerNorm(WIDTH)
        self.wide = nn.Linear(WIDTH, 4 * WIDTH)
        self.narrow = nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return what the layer makes of n x steps x WIDTH."""
        count, steps, _ = x.shape
        asked = self.asked(self.before(x)).view(count, steps, 3, HEADS, WIDTH // HEADS)
        query, key, value = asked.permute(2, 0, 3, 1, 4).unbind()
        weights = torch.softmax(query @ key.transpose(2, 3) / (WIDTH // HEADS) ** 0.5, dim=3)
        x = x + self.told((weights @ value).transpose(1, 2).reshape(count, steps, WIDTH))
        x = x + self.narrow(nn.functional.gelu(self.wide(self.between(x))))
        return x


def whisper_layers(place: Path | None = None) -> dict[str, Array]:
    """Return the weights of Whisper base's encoder out of the packages that hold them in parts.

    `place` is a folder into which both were unpacked; without one they are installed.
    """
    return read_tensors(b"".join(read_source(part, place) for part in WHISPER))


def read_tensors(data: bytes) -> dict[str, Array]:
    """Read the tensors of a model file of CTranslate2 (version 6, little-endian)."""
    reader = _Reader(data)
    version = reader.number("I")
    if version != 6:
        raise ValueError(f"expected a model file of version 6, got {version}")
    reader.text()
    reader.number("I")
    tensors: dict[str, Array] = {}
    for _ in range(reader.number("I")):
        name = reader.text()
        shape = [reader.number("I") for _ in range(reader.number("B"))]
        kind = np.dtype(_SUBTYPES[reader.number("B")])
        tensors[name] = np.frombuffer(reader.bytes(reader.number("I")), kind).reshape(shape)
    return tensors


class _Reader:
    """Reads numbers and texts one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def number(self, form: str) -> int:
        size = struct.calcsize(f"<{form}")
        return int(struct.unpack(f"<{form}", self.bytes(size))[0])

    def text(self) -> str:
        return self.bytes(self.number("H")).rstrip(b"\0").decode()

    def bytes(self, count: int) -> bytes:
        found = self._data[self._at : self._at + count]
        self._at += count
        return found


# Ours, and CTranslate2's, of one layer.
_NAMES = {
    "before": "self_attention/layer_norm",
    "asked": "self_attention/linear_0",
    "told": "self_attention/linear_1",
    "between": "ffn/layer_norm",
    "wide": "ffn/linear_0",
    "narrow": "ffn/linear_1",
}


def _state(tensors: Mapping[str, Array]) -> dict[str, torch.Tensor]:
    def tensor(name: str) -> torch.Tensor:
        return torch.from_numpy(tensors[f"encoder/{name}"].astype(np.float32))

    state = {"position": tensor("position_encodings/encodings")[:LONGEST]}
    for ours, theirs in (("first", "conv1"), ("second", "conv2")):
        state |= {f"{ours}.{part}": tensor(f"{theirs}/{part}") for part in ("weight", "bias")}
    for number in range(LAYERS):
        for ours, theirs in _NAMES.items():
            parts = ("gamma", "beta") if "norm" in theirs else ("weight", "bias")
            for part, name in zip(("weight", "bias"), parts, strict=True):
                state[f"layers.{number}.{ours}.{part}"] = tensor(f"layer_{number}/{theirs}/{name}")
    return state

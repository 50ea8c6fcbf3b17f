"""Trains the network on prepared windows, from a seed, with checkpoints that it goes on from."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from media_screen.arrays import Doubles, Floats, Rows
from media_screen.detectors.voice_spoof.network import LEVELS, PULSES
from training import settings
from training.checkpoint import whole
from training.voice_spoof.borrowed import Borrowed, yamnet_layers
from training.voice_spoof.draw import Drawer
from training.voice_spoof.line import LineSettings, fit_line, statistics_of
from training.voice_spoof.net import KINDS, Net
from training.voice_spoof.prepare import Prepared
from training.voice_spoof.sources import Sound

CHECKPOINT_STEPS = 100
SPARED = 10  # of so many genuine files one is spared in each fold, whatever its collection
SCORED = 32  # windows that are scored together


@dataclass(frozen=True)
class Fold:
    """Collections of genuine speech and families of synthesis that are left out together."""

    number: int
    families: frozenset[str]
    collections: frozenset[str]

    def leaves_out(self, sound: Sound) -> bool:
        """Return whether the network of the fold must not be trained on a sound."""
        return (
            sound.collection in self.collections
            or sound.family in self.families
            or self.spares(sound)
        )

    def spares(self, sound: Sound) -> bool:
        """Return whether a sound is, or copies, one of the genuine files that are spared.

        They show what an unseen system does in collections that are seen.
        """
        if sound.fake and not sound.source:
            return False
        name = sound.source or sound.name
        return zlib.crc32(name.encode()) % SPARED == self.number


@dataclass(frozen=True)
class TrainedNet:
    """One of the networks that are trained from nothing, and how."""

    kind: str
    channels: tuple[int, ...]
    crop: int
    paired: float
    steps: int


@dataclass(frozen=True)
class SpoofSettings:
    """The settings of `models/voice_spoof/train.toml`."""

    seed: int
    dropout: float
    batch: int
    learning_rate: float
    weight_decay: float
    label_smoothing: float
    line: LineSettings
    members: tuple[TrainedNet, ...]
    folds: tuple[Fold, ...]


def read_config(path: Path) -> SpoofSettings:
    """Read a train.toml."""
    record = settings.parsed(path)
    folds = tuple(
        Fold(number, frozenset(one["families"]), frozenset(one["collections"]))
        for number, one in enumerate(record.pop("fold"))
    )
    members = tuple(
        TrainedNet(**{**one, "channels": tuple(one["channels"])}) for one in record.pop("member")
    )
    line = LineSettings(**record.pop("line"))
    return SpoofSettings(**record, line=line, members=members, folds=folds)


def training_rows(data: Prepared, fold: Fold | None) -> Rows:
    """Return the rows to train on: none that the fold leaves out."""
    kept = [
        place
        for place in range(len(data.rows))
        if fold is None or not fold.leaves_out(data.sound(place))
    ]
    return np.array(kept, dtype=np.intp)


def test_rows(data: Prepared, fold: Fold) -> Rows:
    """Return the rows that the fold leaves out."""
    kept = [place for place in range(len(data.rows)) if fold.leaves_out(data.sound(place))]
    return np.array(kept, dtype=np.intp)


def fit_all(data: Prepared, rows: Rows, config: SpoofSettings, folder: Path, name: str) -> Net:
    """Train every member on rows, and return their sum."""
    for member in config.members:
        fit(data, rows, config, member, folder / f"{name}-{member.kind}.safetensors")
    statistics = statistics_of(data, folder / "statistics.npy")
    fit_line(data, rows, config.line, statistics, folder / f"{name}-line.safetensors")
    return load_net(folder, name, config)


def fit(
    data: Prepared, rows: Rows, config: SpoofSettings, member: TrainedNet, checkpoint: Path
) -> nn.Module:
    """Train on rows, or go on from the checkpoint; a step is the same whenever it is taken."""
    torch.manual_seed(config.seed)
    torch.set_flush_denormal(True)
    net = _built(member, config)
    optimiser = torch.optim.AdamW(
        net.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
    )
    done = _resume(checkpoint, net, optimiser)
    drawer = Drawer(data, rows, paired=member.paired)
    soft = config.label_smoothing
    net.train()
    for step in range(done, member.steps):
        random = np.random.default_rng((config.seed, step))
        torch.manual_seed(config.seed * 1_000_003 + step)
        for group in optimiser.param_groups:
            group["lr"] = config.learning_rate * _schedule(step / member.steps)
        genuine, fake = drawer.draw(config.batch // 2, random)
        examples = varied(_crops(data, genuine, fake, member.crop, random), random)
        target = torch.full((len(examples),), soft)
        target[len(genuine) :] = 1 - soft
        with torch.autocast("cpu", torch.bfloat16):
            scores = net(torch.from_numpy(examples))
        loss = nn.functional.binary_cross_entropy_with_logits(scores.float(), target)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        if (step + 1) % CHECKPOINT_STEPS == 0 or step + 1 == member.steps:
            _save(checkpoint, net, optimiser, step + 1)
            sys.stdout.write(f"{checkpoint.stem} step {step + 1} loss {loss.item():.3f}\n")
            sys.stdout.flush()
    return net.eval()


def _schedule(share: float) -> float:
    """Return the factor on the learning rate: up over the first tenth, then a half cosine down."""
    return min(1.0, share / 0.1 + 0.03) * 0.5 * (1 + float(np.cos(np.pi * share)))


def _crops(
    data: Prepared, genuine: Rows, fake: Rows, length: int, random: np.random.Generator
) -> Floats:
    """Return stretches of genuine windows and then of synthetic; those of a pair start alike."""
    starts = random.random(len(genuine))
    out = np.empty((2 * len(genuine), length, LEVELS + PULSES), np.float32)
    for place, row in enumerate((*genuine, *fake)):
        count = data.rows[row].frames
        start = int(starts[place % len(genuine)] * max(1, count - length + 1))
        # What is shorter repeats.
        out[place] = data.stored[row, np.arange(start, start + length) % count]
    return np.asarray(out / 255.0, np.float32)


def varied(features: Floats, random: np.random.Generator) -> Floats:
    """Vary features (2 n x frames x 288, changed in place), the n-th and 2 n-th alike.

    The dynamic range varies, and bands are gone.
    """
    half = len(features) // 2
    for place in range(half):
        pair = features[place::half]
        pair[..., :LEVELS] *= np.float32(random.uniform(0.85, 1.15))
        pair[..., LEVELS:] *= np.float32(random.uniform(0.9, 1.1))
        if random.random() < 0.5:
            start = int(random.integers(LEVELS - 8))
            pair[..., start : start + int(random.integers(4, 40))] = 0.0
        if random.random() < 0.3:
            start = LEVELS + int(random.integers(PULSES - 4))
            pair[..., start : start + int(random.integers(1, 6))] = 0.0
        if random.random() < 0.3:  # nothing above 3.4 to 8 kHz
            top = int(random.integers(13, PULSES))
            pair[..., top * LEVELS // PULSES : LEVELS] = 0.0
            pair[..., LEVELS + top :] = 0.0
    return features


def load_net(folder: Path, name: str, config: SpoofSettings) -> Net:
    """Return the sum of the trained members of that name, such as "fold0"."""
    borrowed = Borrowed(yamnet_layers())
    borrowed.line.load_state_dict(load_file(folder / f"{name}-line.safetensors"))
    members: list[nn.Module] = []
    for member in config.members:
        net = _built(member, config)
        _load(net, load_file(folder / f"{name}-{member.kind}.safetensors"))
        members.append(net)
    return Net(borrowed, config.line.weight, members).eval()


def _built(member: TrainedNet, config: SpoofSettings) -> nn.Module:
    net = KINDS[member.kind](member.channels, dropout=config.dropout)
    # Twice as fast on a CPU.
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return net


def _load(net: nn.Module, tensors: dict[str, torch.Tensor]) -> None:
    net.load_state_dict(
        {key[4:]: value for key, value in tensors.items() if key.startswith("net.")}
    )


def _save(path: Path, net: nn.Module, optimiser: torch.optim.Optimizer, step: int) -> None:
    tensors = {f"net.{name}": value.contiguous() for name, value in net.state_dict().items()}
    for place, state in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{place}.{key}": value.contiguous() for key, value in state.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as file:
        save_file(tensors, file, metadata={"step": str(step)})


def _resume(path: Path, net: nn.Module, optimiser: torch.optim.Optimizer) -> int:
    """Load a checkpoint into net and optimiser; returns the steps done, 0 without one."""
    if not path.is_file():
        return 0
    tensors = load_file(path)
    _load(net, tensors)
    state: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in tensors.items():
        if key.startswith("optimiser."):
            _, place, name = key.split(".")
            state.setdefault(int(place), {})[name] = value
    optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
    return int(state[0]["step"])


@torch.inference_mode()
def scores(net: nn.Module, windows: Sequence[Floats]) -> Doubles:
    """Return the score of each of many windows, frames x 288, of any lengths."""
    found = np.zeros(len(windows))
    lengths = np.array([len(one) for one in windows])
    for length in np.unique(lengths):
        alike = np.flatnonzero(lengths == length)
        for start in range(0, len(alike), SCORED):
            chosen = alike[start : start + SCORED]
            found[chosen] = net(torch.from_numpy(np.stack([windows[one] for one in chosen])))
    return found

"""Trains the network on prepared windows, from a seed, with checkpoints that it goes on from."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from media_screen.speech.spoof import BANDS, FINE_BANDS
from media_screen.training.voice_spoof.net import Net
from media_screen.training.voice_spoof.prepare import Prepared

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Rows = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float32]

CHECKPOINT_STEPS = 100


@dataclass(frozen=True)
class Fold:
    """Collections of genuine speech and families of synthesis that are left out together."""

    families: frozenset[str]
    collections: frozenset[str]


@dataclass(frozen=True)
class Config:
    """The settings of `models/voice_spoof/train.toml`."""

    seed: int
    width: int
    dropout: float
    crop: int
    batch: int
    steps: int
    learning_rate: float
    weight_decay: float
    label_smoothing: float
    folds: tuple[Fold, ...]


def read_config(path: Path) -> Config:
    """Read a train.toml."""
    record = tomllib.loads(path.read_text("utf-8"))
    folds = tuple(
        Fold(frozenset(one["families"]), frozenset(one["collections"]))
        for one in record.pop("fold")
    )
    return Config(**record, folds=folds)


def training_rows(data: Prepared, fold: Fold | None) -> Rows:
    """Return the rows to train on: none of a left-out family or collection."""
    sounds = [data.sounds[row.sound] for row in data.rows]
    return np.array(
        [
            place
            for place, sound in enumerate(sounds)
            if fold is None
            or not (sound.collection in fold.collections or sound.family in fold.families)
        ],
        dtype=np.intp,
    )


def test_rows(data: Prepared, fold: Fold) -> Rows:
    """Return the rows of left-out collections (genuine speech) and families (synthetic)."""
    sounds = [data.sounds[row.sound] for row in data.rows]
    return np.array(
        [
            place
            for place, sound in enumerate(sounds)
            if sound.family in fold.families
            or (not sound.fake and sound.collection in fold.collections)
        ],
        dtype=np.intp,
    )


def example_weights(data: Prepared, rows: Rows) -> npt.NDArray[np.float64]:
    """Return how often each row is drawn: both classes alike, and within a class each group alike.

    Groups of genuine speech are that of the web and the rest; of synthetic, its families.
    """
    groups: dict[tuple[bool, str], list[int]] = {}
    for place, row in enumerate(rows):
        sound = data.sounds[data.rows[row].sound]
        name = sound.family if sound.fake else "web" if sound.web else "studio"
        groups.setdefault((sound.fake, name), []).append(place)
    weights = np.zeros(len(rows))
    for (fake, _), places in groups.items():
        alike = sum(key[0] == fake for key in groups)
        weights[places] = 0.5 / alike / len(places)
    return np.asarray(weights / weights.sum())


def fit(data: Prepared, rows: Rows, config: Config, checkpoint: Path) -> Net:
    """Train on rows, or go on from the checkpoint; a step is the same whenever it is taken."""
    torch.manual_seed(config.seed)
    net = Net(width=config.width, dropout=config.dropout)
    optimiser = torch.optim.AdamW(
        net.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
    )
    done = _resume(checkpoint, net, optimiser)
    weights = example_weights(data, rows)
    features = [data.features(int(row)) for row in rows]
    fake = np.array([data.sounds[data.rows[row].sound].fake for row in rows], np.float32)
    soft = config.label_smoothing
    net.train()
    for step in range(done, config.steps):
        random = np.random.default_rng((config.seed, step))
        torch.manual_seed(config.seed * 1_000_003 + step)
        for group in optimiser.param_groups:
            group["lr"] = config.learning_rate * _schedule(step / config.steps)
        drawn = random.choice(len(rows), config.batch, p=weights)
        examples = np.stack([_crop(features[place], config.crop, random) for place in drawn])
        target = torch.from_numpy(fake[drawn] * (1 - 2 * soft) + soft)
        scores = net(torch.from_numpy(varied(examples, random)))
        loss = nn.functional.binary_cross_entropy_with_logits(scores, target)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        if (step + 1) % CHECKPOINT_STEPS == 0 or step + 1 == config.steps:
            _save(checkpoint, net, optimiser, step + 1)
            sys.stdout.write(f"{checkpoint.stem} step {step + 1} loss {loss.item():.3f}\n")
            sys.stdout.flush()
    return net.eval()


def _schedule(share: float) -> float:
    """Return the factor on the learning rate: up over the first tenth, then a half cosine down."""
    return min(1.0, share / 0.1 + 0.03) * 0.5 * (1 + float(np.cos(np.pi * share)))


def _crop(features: Floats, length: int, random: np.random.Generator) -> Floats:
    """Return a random stretch; what is shorter repeats."""
    start = int(random.integers(max(1, len(features) - length + 1)))
    return features[np.arange(start, start + length) % len(features)]


def varied(features: Floats, random: np.random.Generator) -> Floats:
    """Vary features (n x frames x 96, changed in place): dynamic range, and bands that are gone."""
    count = len(features)
    features[..., :BANDS] *= random.uniform(0.85, 1.15, (count, 1, 1)).astype(np.float32)
    features[..., BANDS:] *= random.uniform(0.9, 1.1, (count, 1, 1)).astype(np.float32)
    for one in features:
        if random.random() < 0.5:
            start = int(random.integers(BANDS - 8))
            one[:, start : start + int(random.integers(1, 10))] = 0.0
        if random.random() < 0.4:
            start = BANDS + int(random.integers(FINE_BANDS - 4))
            one[:, start : start + int(random.integers(1, 6))] = 0.0
        if random.random() < 0.3:  # nothing above 3.4 to 8 kHz
            top = int(random.integers(27, BANDS))
            one[:, top:BANDS] = 0.0
            one[:, BANDS + top // 2 :] = 0.0
    return features


def _save(path: Path, net: Net, optimiser: torch.optim.Optimizer, step: int) -> None:
    tensors = {f"net.{name}": value.contiguous() for name, value in net.state_dict().items()}
    for place, state in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{place}.{key}": value.contiguous() for key, value in state.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    save_file(tensors, part, metadata={"step": str(step)})
    part.replace(path)


def _resume(path: Path, net: Net, optimiser: torch.optim.Optimizer) -> int:
    """Load a checkpoint into net and optimiser; returns the steps done, 0 without one."""
    if not path.is_file():
        return 0
    tensors = load_file(path)
    net.load_state_dict(
        {key[4:]: value for key, value in tensors.items() if key.startswith("net.")}
    )
    state: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in tensors.items():
        if key.startswith("optimiser."):
            _, place, name = key.split(".")
            state.setdefault(int(place), {})[name] = value
    optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
    return int(state[0]["step"])


@torch.inference_mode()
def scores(net: Net, features: Sequence[Floats]) -> npt.NDArray[np.float64]:
    """Return the score of each of many windows, frames x 96, of any lengths."""
    return np.array([float(net(torch.from_numpy(one[None]))[0]) for one in features])

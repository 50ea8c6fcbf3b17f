"""Trains the network that sees a face whole, on a GPU in blocks of minutes.

    python -m training.face_artifact.learn --pack WORK/pack --weights WORK/clip.npz --tiny TINY
        --out OUT --name norms

TINY holds taef2_encoder.pth and taef2_decoder.pth of madebyollin/taesd. First a part that sees no
labelled clip is learned, from DFDC and stills: OUT/NAME.whole.npz, as those in `learned/` beside
this module. With --folds some more with clips follows, each fold held out once. What was held out
is scored, as it is and as a small copy. Everything is drawn on the device, and a training that was
stopped goes on with the part it was at. Without a GPU it runs, too, at a few pictures a second.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from training.checkpoint import whole
from training.face_artifact import pack, vit
from training.face_artifact.degrading import compress, degrade, frame, resize
from training.face_artifact.forging import Forger

RANKED = 0.5  # weight of the loss of a pair's order
SMOOTH = 0.05  # of the labels
AVERAGE = 0.998  # of the running mean of what is learned, from step to step
WARM = 0.04  # share of the time in which the rates rise
AGAIN = 0.6  # of the rates, when a network is trained further
SEED = 7
SIDE = 176  # px that the network sees, of the 208 that a pack keeps
MARGIN = 16  # px of the 208 on each side of them: they are moved and turned within it
SMALL_SIDE, SMALL_QUALITY = 88, 40.0  # px and JPEG quality of the copy that is judged too


@dataclass(frozen=True)
class Shares:
    """Pictures of one step: pairs made here, pairs of DFDC, forged and genuine ones of clips."""

    pseudo: int = 72
    dfdc: int = 48
    clips: int = 40


class Faces:
    """All faces of a pack on the device, with the rows that each draw may take."""

    def __init__(self, folder: Path, device: torch.device, *, workers: int) -> None:
        self.items = pack.read_items(folder)
        pictures = pack.read_pictures(folder, self.items, workers=workers)
        self.pictures = torch.from_numpy(pictures).to(device)
        self.maps = torch.from_numpy(self.items.maps).to(device)
        self.device = device

    def take(self, rows: npt.NDArray[np.int64]) -> Tensor:
        """Return pictures (n, 3, 208, 208) as floats."""
        chosen = self.pictures[torch.from_numpy(rows).to(self.device)]
        return chosen.permute(0, 3, 1, 2).float()


class Drawing(Protocol):
    """Whatever draws what one step sees."""

    def draw(self) -> tuple[Tensor, Tensor, int]:
        """Return pictures, labels, and how many first ones are pairs."""


class Batches:
    """Draws what one step sees; clips of a held-out fold are never among it."""

    def __init__(
        self, faces: Faces, forger: Forger, shares: Shares, *, held: int | None, clips: bool
    ) -> None:
        self._faces, self._forger, self._shares = faces, forger, shares
        items = faces.items
        self._rng = np.random.default_rng(SEED)
        free = clips & ((items.fold != held) if held is not None else items.fold >= 0)
        self._forged = _balanced(items, (items.kind == pack.CLIP_FORGED) & free)
        self._genuine = _balanced(items, (items.kind == pack.CLIP_GENUINE) & free)
        self._clips = bool(clips)
        self._stills = np.flatnonzero(items.kind == pack.STILL)
        self._dfdc = np.flatnonzero(items.kind == pack.DFDC_GENUINE)
        self._pairs = np.flatnonzero((items.kind == pack.DFDC_FORGED) & (items.source >= 0))
        self._moments: dict[str, npt.NDArray[np.int64]] = {}
        if clips:
            genuine = np.flatnonzero((items.kind == pack.CLIP_GENUINE) & free)
            for name in np.unique(items.clip[genuine]):
                self._moments[str(name)] = genuine[items.clip[genuine] == name]

    def draw(self) -> tuple[Tensor, Tensor, int]:
        """Return pictures (n, 3, 176, 176), labels (n,) and how many first ones are pairs.

        Pairs come first, the forged one before its source.
        """
        pairs = torch.cat([self._pseudo(), self._of_dfdc()])
        seen = degrade(frame(pairs, SIDE, 2), 2)
        labels = torch.tensor([1.0, 0.0], device=seen.device).repeat(len(seen) // 2)
        count = len(seen)
        if self._clips:
            n = self._shares.clips
            rows = np.concatenate([self._pick(self._forged, n), self._pick(self._genuine, n)])
            single = degrade(frame(self._faces.take(rows), SIDE, 1), 1)
            seen = torch.cat([seen, single])
            own = torch.cat([torch.ones(n), torch.zeros(n)]).to(labels.device)
            labels = torch.cat([labels, own])
        return seen, labels, count

    def _pick(
        self, groups: Sequence[Sequence[npt.NDArray[np.int64]]], count: int
    ) -> npt.NDArray[np.int64]:
        """Return rows: a group by chance, of it a clip, of that a face."""
        rows = []
        for _ in range(count):
            clips = groups[int(self._rng.integers(len(groups)))]
            clip = clips[int(self._rng.integers(len(clips)))]
            rows.append(clip[self._rng.integers(len(clip))])
        return np.array(rows, np.int64)

    def _pseudo(self) -> Tensor:
        rng, n = self._rng, self._shares.pseudo
        third = n * 3 // 10
        rows = [rng.choice(self._dfdc, third), rng.choice(self._stills, third)]
        rest = n - 2 * third
        more = self._pick(self._genuine, rest) if self._clips else rng.choice(self._stills, rest)
        chosen = np.concatenate([*rows, more])
        items = self._faces.items
        moments = np.array(
            [rng.choice(self._moments.get(str(items.clip[row]), [row])) for row in chosen]
        )
        strangers = rng.permutation(chosen)
        maps = self._faces.maps[torch.from_numpy(chosen).to(self._faces.device)]
        take = self._faces.take
        forged, ground = self._forger(take(chosen), maps, take(moments), take(strangers))
        return torch.stack([forged, ground], 1).flatten(0, 1)

    def _of_dfdc(self) -> Tensor:
        rows = self._rng.choice(self._pairs, self._shares.dfdc)
        both = np.stack([rows, self._faces.items.source[rows]], 1).ravel()
        return self._faces.take(both)


def _balanced(
    items: pack.Items, wanted: npt.NDArray[np.bool_]
) -> list[list[npt.NDArray[np.int64]]]:
    """Return the rows by group and clip; a large group stands there several times."""
    groups = []
    for group in np.unique(items.group[wanted]):
        own = np.flatnonzero(wanted & (items.group == group))
        clips = [own[items.clip[own] == name] for name in np.unique(items.clip[own])]
        # As often as the root of a quarter of its clips: neither once nor as often as it is large.
        groups += [clips] * max(1, round(math.sqrt(len(clips) / 4)))
    return groups


def loss_of(logits: Tensor, labels: Tensor, pairs: int) -> Tensor:
    """Return the loss over all depths: of the labels, and of the order within pairs."""
    soft = labels * (1 - 2 * SMOOTH) + SMOOTH
    wanted = soft[:, None].expand_as(logits)
    loss = functional.binary_cross_entropy_with_logits(logits, wanted)
    apart = logits[0:pairs:2] - logits[1:pairs:2]
    return loss + RANKED * functional.softplus(1 - apart).mean()


def train(
    net: vit.VisionNet,
    batches: Drawing,
    *,
    seconds: float,
    rates: Sequence[float],
    steps: int | None = None,
) -> None:
    """Train for a time or some steps, and leave the running mean in the network."""
    device = next(net.parameters()).device
    groups = vit.parameters(net, rates)
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01, betas=(0.9, 0.98))
    peaks = [group["lr"] for group in optimiser.param_groups]
    learned = [one for one in net.parameters() if one.requires_grad]
    means = [one.detach().clone() for one in learned]
    start, count, images = time.perf_counter(), 0, 0
    kept: list[Tensor] = []
    while True:
        share = (time.perf_counter() - start) / seconds if steps is None else count / steps
        if share >= 1:
            break
        factor = min(1.0, share / WARM + 0.02) * 0.5 * (1 + math.cos(math.pi * share))
        for group, peak in zip(optimiser.param_groups, peaks, strict=True):
            group["lr"] = peak * factor
        pictures, labels, pairs = batches.draw()
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
            logits = net(pictures)
        loss = loss_of(logits.float(), labels, pairs)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimiser.step()
        with torch.no_grad():
            decay = min(AVERAGE, (count + 1) / (count + 10))
            torch._foreach_mul_(means, decay)
            torch._foreach_add_(means, [one.detach() for one in learned], alpha=1 - decay)
        count += 1
        images += len(pictures)
        kept.append(loss.detach())
        if count % 100 == 0:
            print(f"{count} steps, loss {torch.stack(kept[-100:]).mean():.3f}", flush=True)
            if device.type == "cuda":
                torch.cuda.synchronize()
    with torch.no_grad():
        for one, mean in zip(learned, means, strict=True):
            one.copy_(mean)
    lasted = time.perf_counter() - start
    tail = float(torch.stack(kept[-50:]).mean()) if kept else 0.0
    print(f"{count} steps, {images} pictures, {lasted:.0f} s, loss {tail:.3f}", flush=True)


@torch.inference_mode()
def score(
    net: vit.VisionNet, faces: Faces, rows: npt.NDArray[np.int64], *, small: bool, batch: int = 256
) -> npt.NDArray[np.float32]:
    """Return the logits at every depth, mean of both flips, of faces as they are or small."""
    scored = []
    for start in range(0, len(rows), batch):
        pictures = faces.take(rows[start : start + batch])[..., MARGIN:-MARGIN, MARGIN:-MARGIN]
        if small:
            pictures = resize(pictures, SMALL_SIDE)
            quality = torch.full((len(pictures),), SMALL_QUALITY, device=pictures.device)
            pictures = _compressed(pictures, quality)
            pictures = resize(pictures, SIDE)
        on_gpu = pictures.device.type == "cuda"
        with torch.autocast(pictures.device.type, dtype=torch.bfloat16, enabled=on_gpu):
            both = net(pictures).float() + net(pictures.flip(3)).float()
        scored.append((both / 2).cpu().numpy())
    return np.concatenate(scored).astype(np.float32)


def _compressed(pictures: Tensor, quality: Tensor) -> Tensor:
    """Compress pictures whose side is no multiple of 16."""
    side = pictures.shape[-1]
    pad = -side % 16
    wide = functional.pad(pictures, (0, pad, 0, pad), "replicate")
    return compress(wide, quality)[..., :side, :side]


class Kept:
    """What a training has learned so far, in files: a part that is there is not learned again.

    A part is "first", the number of a fold that was held out, or "all". OUT/NAME.npz holds the
    parameters of each, OUT/NAME.scores.npz what it says of the clips that it never saw.
    """

    def __init__(self, out: Path, name: str) -> None:
        out.mkdir(parents=True, exist_ok=True)
        self._paths = out / f"{name}.npz", out / f"{name}.scores.npz"
        self._learned, self._scores = (
            dict(np.load(path, allow_pickle=False)) if path.is_file() else {}
            for path in self._paths
        )

    def of(self, part: str) -> dict[str, Tensor]:
        """Return the parameters of a part by name; empty when it was not learned yet."""
        start = f"{part}."
        return {
            name.removeprefix(start): torch.from_numpy(values).float()
            for name, values in self._learned.items()
            if name.startswith(start)
        }

    def add(
        self,
        part: str,
        net: vit.VisionNet,
        faces: Faces,
        rows: npt.NDArray[np.int64],
    ) -> None:
        """Keep a part, and what it says of these rows, as they are and small."""
        for name, value in net.learned().items():
            self._learned[f"{part}.{name}"] = value.cpu().half().numpy()
        self._scores[f"{part}.rows"] = rows
        self._scores[part] = score(net, faces, rows, small=False)
        self._scores[f"{part}.small"] = score(net, faces, rows, small=True)
        for path, values in zip(self._paths, (self._learned, self._scores), strict=True):
            with whole(path) as file, file.open("wb") as stream:
                np.savez(stream, **values)

    def ship(self, depths: Sequence[int], depth: int, path: Path) -> None:
        """Write the first part up to a depth, as `vit.learned` reads it."""
        later = tuple(f"layers.{number}." for number in range(depth, vit.LAYERS))
        used = [one for one in depths if one <= depth]
        heads = tuple(f"heads.{number}." for number in range(len(used), len(depths)))
        kept = {
            name: value.half().numpy()
            for name, value in self.of("first").items()
            if not name.startswith((*later, *heads))
        }
        np.savez_compressed(path, depths=np.array(used, np.int16), **kept)  # type: ignore[arg-type]


def learn(asked: argparse.Namespace) -> None:
    """Learn the first part, and with folds each of them and all, but for what is kept."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(SEED)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    faces = Faces(asked.pack, device, workers=16 if device.type == "cuda" else 2)
    print(f"{len(faces.items.name)} faces are read", flush=True)
    forger = Forger(asked.tiny).to(device).eval()
    shape = vit.NetShape(depths=tuple(asked.depths), rank=asked.rank)
    net = vit.build(vit.read_small(asked.weights), shape).to(device)
    if device.type == "cuda":
        net = vit.half(net)
    kept = Kept(asked.out, asked.name)
    shares = Shares(*asked.shares)
    clips = np.flatnonzero(faces.items.fold >= 0)
    parts = ["first", *map(str, range(asked.folds)), *(["all"] if asked.folds else [])]
    for part in parts:
        if kept.of(part):
            print(f"{part} is there", flush=True)
            continue
        held = int(part) if part.isdigit() else None
        batches = Batches(faces, forger, shares, held=held, clips=part != "first")
        if part != "first":
            net.load_state_dict({**net.state_dict(), **kept.of("first")})
        # What was learned before is not to be unlearned: lower rates the second time.
        rates = [rate * (1.0 if part == "first" else AGAIN) for rate in asked.rates]
        seconds = asked.seconds[0 if part == "first" else 2 if part == "all" else 1]
        train(net, batches, seconds=seconds, rates=rates, steps=asked.steps)
        kept.add(
            part, net, faces, clips if held is None else clips[faces.items.fold[clips] == held]
        )
    kept.ship(shape.depths, asked.ship, asked.out / f"{asked.name}.whole.npz")
    settings = {key: str(value) for key, value in vars(asked).items()}
    (asked.out / f"{asked.name}.json").write_text(json.dumps(settings, indent=1))


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m training.face_artifact.learn",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--pack", type=Path, required=True, help="what the step `pack` wrote")
    parser.add_argument("--weights", type=Path, nargs="+", required=True, help="clip.npz beside it")
    parser.add_argument("--tiny", type=Path, required=True, help="folder with taef2_*.pth")
    parser.add_argument("--out", type=Path, required=True, help="folder for what is learned")
    parser.add_argument("--name", required=True, help="of this training; the same goes on")
    parser.add_argument("--rank", type=int, default=0, help="of additions to every matrix")
    parser.add_argument(
        "--depths", type=int, nargs="+", default=(4, 6, 8, 10), help="layers with a head after them"
    )
    parser.add_argument("--ship", type=int, default=10, help="layers that NAME.whole.npz holds")
    parser.add_argument(
        "--rates", type=float, nargs=3, default=(1e-3, 4e-4, 3e-4), help="heads, additions, norms"
    )
    parser.add_argument(
        "--seconds", type=float, nargs=3, default=(130, 65, 85), help="first part, a fold, all"
    )
    parser.add_argument("--steps", type=int, default=None, help="of every part, in place of time")
    parser.add_argument("--folds", type=int, default=0, help="to train on with clips, one held out")
    parser.add_argument(
        "--shares", type=int, nargs=3, default=(72, 48, 40), help="pairs made, of DFDC; clips"
    )
    learn(parser.parse_args())


if __name__ == "__main__":
    main()

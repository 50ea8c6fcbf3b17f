"""Watches all clips, trains with collections held out, reads what was held out, and exports."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from media_screen import weights
from training import columns
from training.face_artifact.crops import read_sources
from training.face_artifact.folds import joined, split
from training.holding_out import ALL, parted
from training.lip_sync.prepare import COPY, ORIGINAL, PSEUDO, TrainingClip, read_clips
from training.record import renew

if TYPE_CHECKING:
    from media_screen.detectors.lip_sync.synchrony import SyncNet
    from training.lip_sync.line import LineTable
    from training.lip_sync.network import SyncNetwork

SCORES, VOICES = "scores.npz", "voices.npz"  # in the work folder


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one step."""
    parser = argparse.ArgumentParser(prog="python -m training.lip_sync", description=__doc__)
    parser.add_argument("--media", type=Path, required=True, help="folder with manifest.tsv")
    parser.add_argument("--work", type=Path, required=True, help="folder for store and checkpoints")
    steps = parser.add_subparsers(dest="step", required=True)
    steps.add_parser("prepare", help="watch the mouths of all clips, with copies and pseudo-fakes")
    step = steps.add_parser("train", help="train the synchrony network")
    step.add_argument("folds", nargs="+", help=f"folds to hold out, or {ALL!r}")
    steps.add_parser("score", help="read all clips with the networks that held them out")
    steps.add_parser("voices", help="lay voices over one another and measure them")
    steps.add_parser(
        "export",
        help="fit the lines of forged mouths and of several voices at once, "
        "and write what is shipped",
    )
    asked = parser.parse_args(arguments)
    run = {
        "prepare": _prepare,
        "train": _train,
        "score": _score,
        "voices": _voices,
        "export": _export,
    }
    run[asked.step](asked)
    return 0


def folds_of(media: Path) -> dict[str, int]:
    """Return the fold of each file: collections, methods and people stay together."""
    from training.lip_sync.settings import read_settings

    return dict(split(read_sources(media), read_settings().folds))


def groups_of(media: Path) -> dict[str, int]:
    """Return a number for all that shares a collection, a method or a person, by path."""
    groups = joined(read_sources(media))
    return {source.path: number for number, group in enumerate(groups) for source in group}


def checkpoint(work: Path, fold: str) -> Path:
    """Return where the network of a run is kept."""
    return work / f"sync-{fold}.pt"


def _prepare(asked: argparse.Namespace) -> None:
    from training.lip_sync.prepare import prepare

    for line in prepare(asked.media, asked.work / "store"):
        print(line, flush=True)


def _train(asked: argparse.Namespace) -> None:
    import torch

    from training.lip_sync.pieces import pieces_of
    from training.lip_sync.settings import read_settings
    from training.lip_sync.train import train

    # Both hold for the whole process, so the program decides on them and no function that it calls.
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)  # a network that is nearly trained is full of such numbers
    clips, folds = read_clips(asked.media), folds_of(asked.media)
    for fold in asked.folds:
        kept, _ = parted(clips, folds, fold)
        usable = [clip for clip in kept if clip.kind == "real_video"]
        pieces = list(pieces_of(asked.work / "store", usable, ORIGINAL))
        seconds = sum(piece.frames for piece in pieces) / 25
        print(f"fold {fold}: {len(pieces)} pieces, {seconds:.0f} s", flush=True)
        train(read_settings().plan_for(fold), pieces, checkpoint(asked.work, fold))


def _score(asked: argparse.Namespace) -> None:
    from training.lip_sync import score

    nets, folds = nets_of_folds(asked.work), folds_of(asked.media)
    found = score.score(
        nets, folds, asked.work / "store", read_clips(asked.media), (ORIGINAL, COPY, PSEUDO)
    )
    columns.save(asked.work / SCORES, found)
    print(f"{len(found.path)} windows of {len(set(found.path.tolist()))} clips")


def nets_of_folds(work: Path) -> dict[int, SyncNet]:
    """Return the network of each fold, which saw nothing of it."""
    from training.lip_sync.score import sync_net
    from training.lip_sync.settings import read_settings

    return {fold: sync_net(_trained(work, str(fold))) for fold in range(read_settings().folds)}


def _trained(work: Path, fold: str) -> SyncNetwork:
    from training.lip_sync.settings import read_settings
    from training.lip_sync.train import load

    return load(read_settings().plan_for(fold), checkpoint(work, fold))


def training_table(media: Path, work: Path) -> tuple[LineTable, list[TrainingClip]]:
    """Return the windows that the line of forged mouths is fitted on, and all clips."""
    from training.lip_sync import line, score

    clips = read_clips(media)
    scores = columns.load(work / SCORES, score.Scores)
    return line.table_of(scores, clips, groups_of(media)), clips


def _voices(asked: argparse.Namespace) -> None:
    from training.lip_sync import overlap

    known = list(overlap.voices(asked.media, asked.work / "store", read_clips(asked.media)))
    table = overlap.table_of(known)
    columns.save(asked.work / VOICES, table)
    print(f"{len(table.several)} sounds of {len(known)} voices")


def _export(asked: argparse.Namespace) -> None:
    from training.lip_sync import line, overlap
    from training.lip_sync.export import export

    table, _ = training_table(asked.media, asked.work)
    fitted = line.fit(table)
    for name, weight in line.contributions(fitted):
        print(f"{name:16} {weight:+.2f}")
    several = overlap.fit(columns.load(asked.work / VOICES, overlap.SoundTable))
    difference = export(_trained(asked.work, ALL), fitted, several, weights.models_dir())
    renew()
    print(f"the ONNX file differs from torch by {difference:.5f} at most")


if __name__ == "__main__":
    raise SystemExit(main())

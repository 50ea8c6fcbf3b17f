"""Watches all clips, trains with collections held out, reads what was held out, and exports."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from media_screen import weights
from media_screen.evaluation.protocol import refuse_overlap
from training.face_artifact.crops import read_sources
from training.face_artifact.folds import joined, split
from training.lip_sync.prepare import COPY, ORIGINAL, PSEUDO, TrainingClip, read_clips
from training.record import renew

CONFIG = "lip_sync/train.toml"
VOICES = "voices.npz"
ALL = "all"  # in place of a fold: trained on everything, which is what is shipped


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
    return dict(split(read_sources(media), int(config()["folds"])))


def groups_of(media: Path) -> dict[str, int]:
    """Return a number for all that shares a collection, a method or a person, by path."""
    groups = joined(read_sources(media))
    return {source.path: number for number, group in enumerate(groups) for source in group}


def config() -> dict[str, Any]:
    """Return the configuration."""
    import tomli

    return tomli.loads((weights.models_dir() / CONFIG).read_text("utf-8"))


def plan(fold: str) -> Any:
    """Return the plan of one run."""
    from training.lip_sync.train import Plan

    known = config()
    sync = dict(known["sync"])
    everything = sync.pop("steps_all")
    return Plan(**sync | ({"steps": everything} if fold == ALL else {}), seed=known["seed"])


def checkpoint(work: Path, fold: str) -> Path:
    """Return where the network of a run is kept."""
    return work / f"sync-{fold}.pt"


def _prepare(asked: argparse.Namespace) -> None:
    from training.lip_sync.prepare import prepare

    for line in prepare(asked.media, asked.work / "store"):
        print(line, flush=True)


def _train(asked: argparse.Namespace) -> None:
    from training.lip_sync.pieces import pieces_of
    from training.lip_sync.train import train

    clips, folds = read_clips(asked.media), folds_of(asked.media)
    for fold in asked.folds:
        kept = [clip for clip in clips if fold == ALL or folds[clip.path] != int(fold)]
        if fold != ALL:
            held = [clip for clip in clips if folds[clip.path] == int(fold)]
            refuse_overlap((one.sha256 for one in kept), (one.sha256 for one in held))
        usable = [clip for clip in kept if clip.kind == "real_video"]
        pieces = list(pieces_of(asked.work / "store", usable, ORIGINAL))
        seconds = sum(piece.frames for piece in pieces) / 25
        print(f"fold {fold}: {len(pieces)} pieces, {seconds:.0f} s", flush=True)
        train(plan(fold), pieces, checkpoint(asked.work, fold))


def _score(asked: argparse.Namespace) -> None:
    from training.lip_sync import score

    nets, folds = nets_of_folds(asked.work), folds_of(asked.media)
    found = score.score(
        nets, folds, asked.work / "store", read_clips(asked.media), (ORIGINAL, COPY, PSEUDO)
    )
    score.save(asked.work / "scores.npz", found)
    print(f"{len(found.path)} windows of {len(set(found.path.tolist()))} clips")


def nets_of_folds(work: Path) -> dict[int, Any]:
    """Return the network of each fold, which saw nothing of it."""
    from training.lip_sync.score import sync_net
    from training.lip_sync.train import load

    return {
        fold: sync_net(load(plan(str(fold)), checkpoint(work, str(fold))))
        for fold in range(int(config()["folds"]))
    }


def training_table(media: Path, work: Path) -> tuple[Any, list[TrainingClip]]:
    """Return the windows that the line of forged mouths is fitted on, and all clips."""
    from training.lip_sync import line, score

    clips = read_clips(media)
    scores = score.read(work / "scores.npz")
    return line.table_of(scores, clips, groups_of(media)), clips


def _voices(asked: argparse.Namespace) -> None:
    from training.lip_sync import overlap

    known = list(overlap.voices(asked.media, asked.work / "store", read_clips(asked.media)))
    table = overlap.table_of(known)
    overlap.save(asked.work / VOICES, table)
    print(f"{len(table.several)} sounds of {len(known)} voices")


def _export(asked: argparse.Namespace) -> None:
    from training.lip_sync import line, overlap
    from training.lip_sync.export import export
    from training.lip_sync.train import load

    table, _ = training_table(asked.media, asked.work)
    fitted = line.fit(table)
    for name, weight in line.contributions(fitted):
        print(f"{name:16} {weight:+.2f}")
    model = load(plan(ALL), checkpoint(asked.work, ALL))
    several = overlap.fit(overlap.read(asked.work / VOICES))
    difference = export(model, fitted, several, weights.models_dir())
    renew()
    print(f"the ONNX file differs from torch by {difference:.5f} at most")


if __name__ == "__main__":
    raise SystemExit(main())

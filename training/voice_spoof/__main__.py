"""The command line of the training: synthesise, prepare, train."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from media_screen import weights
from media_screen.detectors.voice_spoof.network import FEATURES
from media_screen.weights import nets
from training import settings, voice_spoof
from training.record import renew
from training.voice_spoof.net import Net
from training.voice_spoof.prepare import load_prepared, noises_of, prepare
from training.voice_spoof.sources import read_media, read_noises, read_synthesised
from training.voice_spoof.train import SpoofSettings, fit_all, read_config, training_rows
from training.weight_files import WeightFile, to_onnx, write

NAME = "voice_spoof"
ORIGIN = (
    "trained here: python -m training.voice_spoof train; in it the "
    "first seven layers of YAMNet by Google (tensorflow/models), unchanged"
)


def export(net: Net, models: Path) -> None:
    """Write a trained network as ONNX, for any number of frames, and record its hash."""
    net.eval().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    example = (torch.zeros(1, 200, FEATURES),)
    free = {"features": {0: "n", 1: "frames"}, "score": {0: "n"}}
    data = to_onnx(net, example, inputs=["features"], outputs=["score"], free=free)
    write([WeightFile(f"{NAME}/spoof.onnx", data, ORIGIN)], models)


def train(work: Path, config: SpoofSettings) -> None:
    """Train the network of every fold, and the one of all data that is shipped."""
    data = load_prepared(work / "prepared", "train")
    for number, fold in enumerate((*config.folds, None)):
        name = "all" if fold is None else f"fold{number}"
        net = fit_all(data, training_rows(data, fold), config, work / "nets", name)
        if fold is None:
            export(net, weights.models_dir())
            renew()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one step."""
    parser = argparse.ArgumentParser(
        prog="python -m training.voice_spoof", description=voice_spoof.__doc__
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("step", choices=("synthesise", "prepare", "train"))
    parser.add_argument("--media", type=Path, help="folder with manifest.tsv")
    parser.add_argument("--work", type=Path, required=True, help="folder for what is made")
    options = parser.parse_args(arguments)
    nets.limit_threads(1)
    torch.set_num_threads(1)
    if options.step == "train":
        train(options.work, read_config(settings.path_of(NAME)))
        return 0
    if options.media is None:
        parser.error(f"{options.step} needs --media")
    genuine = [sound for sound in read_media(options.media) if not sound.fake]
    if options.step == "synthesise":
        from training.voice_spoof.synthesise import synthesise

        for system, count in synthesise(genuine, options.work / "synthesised").items():
            sys.stdout.write(f"{system}: {count} files\n")
        return 0
    by_name = {sound.name: sound for sound in genuine}
    made = read_synthesised(options.work / "synthesised", by_name)
    noises = noises_of(read_noises(options.media))
    prepare([*read_media(options.media), *made], noises, options.work / "prepared")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

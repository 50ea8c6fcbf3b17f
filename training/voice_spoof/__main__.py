"""The command line of the training: synthesise, prepare, train."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import onnx
import torch

from media_screen import weights
from media_screen.speech.synthesis import LEVELS, MEL_BANDS
from media_screen.weights import nets
from training import settings, voice_spoof
from training.convert.small_storage import store_small
from training.convert.sources import WHISPER
from training.record import renew
from training.voice_spoof.line import fit_line
from training.voice_spoof.net import Net, Statistics
from training.voice_spoof.prepare import load_prepared, noises_of, prepare
from training.voice_spoof.sources import read_media, read_noises, read_synthesised
from training.voice_spoof.train import SpoofSettings, read_config, training_rows
from training.weight_files import WeightFile, sealed, to_onnx, write

NAME = "voice_spoof"
ORIGIN = (
    "trained here: python -m training.voice_spoof train; in it the first two layers of the encoder "
    f"of Whisper base by OpenAI (MIT; from {WHISPER[0].package} and {WHISPER[1].package} "
    f"{WHISPER[0].version}), in 8 bits, and the first seven layers of YAMNet by Google "
    "(Apache-2.0; tensorflow/models), unchanged"
)


def export(net: Net, models: Path) -> None:
    """Write a network as ONNX, for any number of frames, and record its hash."""
    example = (torch.zeros(1, 297, LEVELS), torch.zeros(1, 300, MEL_BANDS))
    free = {
        "levels": {0: "n", 1: "frames"},
        "mel": {0: "n", 1: "steps"},
        "score": {0: "n"},
    }
    data = to_onnx(net.eval(), example, inputs=["levels", "mel"], outputs=["score"], free=free)
    whole = onnx.load_from_string(data)
    small = store_small(whole, width="int8", least_side=3, without=["yamnet"])
    small = store_small(small, width="grid8", without=["mel", "line"])
    write([WeightFile(f"{NAME}/spoof.onnx", sealed(small), ORIGIN, "Apache-2.0 AND MIT")], models)


def train(work: Path, config: SpoofSettings) -> None:
    """Fit the line of every fold, and the one of all data that is shipped."""
    data = load_prepared(work / "prepared")
    for fold in (*config.folds, None):
        name = "all" if fold is None else f"fold{fold.number}"
        rows = training_rows(data, fold)
        line = fit_line(data, rows, config.shrink, work / "lines" / f"{name}.safetensors")
        sys.stdout.write(f"{name}: {len(rows)} windows\n")
        sys.stdout.flush()
        if fold is None:
            export(Net(Statistics(), line), weights.models_dir())
            renew()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one step."""
    parser = argparse.ArgumentParser(
        prog="python -m training.voice_spoof", description=voice_spoof.__doc__
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("step", choices=("synthesise", "prepare", "train"))
    parser.add_argument("--media", type=Path, help="folder with manifest.tsv")
    parser.add_argument(
        "--speech", type=Path, help="where `training.media --speech` laid out public recordings"
    )
    parser.add_argument("--work", type=Path, required=True, help="folder for what is made")
    options = parser.parse_args(arguments)
    nets.limit_threads(1)
    torch.set_num_threads(1)
    if options.step == "train":
        train(options.work, read_config(settings.path_of(NAME)))
        return 0
    if options.media is None:
        parser.error(f"{options.step} needs --media")
    media = list(read_media(options.media))
    genuine = [sound for sound in media if not sound.fake]
    if options.step == "synthesise":
        from training.voice_spoof.synthesise import synthesise

        for system, count in synthesise(genuine, options.work / "synthesised").items():
            sys.stdout.write(f"{system}: {count} files\n")
        return 0
    public = list(read_media(options.speech)) if options.speech else []
    made = read_synthesised(options.work / "synthesised", {one.name: one for one in genuine})
    noises = noises_of(read_noises(options.media))
    prepare([*media, *public, *made], noises, options.work / "prepared")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

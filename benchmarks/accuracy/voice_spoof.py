"""Scores the sound of the clips by networks of the folds that held their collection out.

WORK holds `nets/`, which `media_screen.training.voice_spoof` left, and, for copies, `copies/` of
`media-screen evaluate --reencode 480p`.
Training used the genuine clips, fold by fold, and never a forged one; a forged clip whose
collection no fold names is scored by the network of one fold, chosen by the collection's name. The
line from score to ratio is the shipped one, fitted to held-out scores of the same genuine clips.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from benchmarks.accuracy import ratios
from benchmarks.accuracy.clips import labelled
from benchmarks.accuracy.ratios import RESULTS, VERSIONS, Ratio
from benchmarks.accuracy.rules import NAMED
from media_screen import nets, weights
from media_screen.media import Media, MediaError
from media_screen.speech import find_speech, lacks_speech
from media_screen.speech.spoof import calibration, frame_features, log_spectra
from media_screen.speech.voices import find_voices
from media_screen.training.voice_spoof.net import Net
from media_screen.training.voice_spoof.train import Config, Fold, read_config

NAME = "voice_spoof"


def gather(work: Path, media: Path) -> None:
    """Write the ratios of clips, and of their copies where there are any."""
    nets.limit_threads(1)
    torch.set_num_threads(1)
    config = read_config(weights.models_dir() / NAME / "train.toml")
    folds = [_net(work / "nets" / f"fold{number}.safetensors", config)
             for number in range(len(config.folds))]  # fmt: skip
    copies = next((work / "copies").glob(f"{VERSIONS[1]}-*"), None)
    found = []
    for row in labelled(media):
        key, net = row["sha256"], folds[fold_of(row["collection"], config.folds)]
        files = {VERSIONS[0]: media / row["path"]}
        if copies is not None:
            files[VERSIONS[1]] = copies / f"{key[:NAMED]}.mp4"
        for version, file in files.items():
            score = _score(file, net)
            llr = None if score is None else calibration().llr(score)
            found.append(Ratio(key, version, score or 0.0, llr))
    ratios.write(ratios.path_of(NAME, RESULTS), found)


def fold_of(collection: str, folds: tuple[Fold, ...]) -> int:
    """Return the fold whose network never saw a collection."""
    for number, fold in enumerate(folds):
        if collection in fold.collections:
            return number
    return zlib.crc32(collection.encode()) % len(folds)


def _net(checkpoint: Path, config: Config) -> Net:
    """Load the network of a fold from its last checkpoint."""
    tensors = load_file(checkpoint)
    net = Net(width=config.width, dropout=config.dropout)
    net.load_state_dict(
        {key[4:]: value for key, value in tensors.items() if key.startswith("net.")}
    )
    return net.eval()


def _score(path: Path, net: Net) -> float | None:
    """Pool as the detector does: the mean of the windows of the most suspicious voice."""
    try:
        with Media.open(path, threads=1) as media:
            if not media.info.audio_codec:
                return None
            speech = find_speech(list(media.audio_blocks()))
            if lacks_speech(speech) is not None:
                return None
            voices = find_voices(media, speech)
    except MediaError:
        return None
    scores = [
        float(np.mean([_window(net, window.samples) for window in voice.windows]))
        for voice in voices
    ]
    return max(scores, default=None)


@torch.inference_mode()
def _window(net: Net, samples: np.ndarray) -> float:
    features = frame_features(log_spectra(samples))
    return float(net(torch.from_numpy(features[None]))[0])

"""Scores whole files, as the detector pools them, by networks that were not trained on their like.

`python -m benchmarks.voice --calibrate` writes records/ratios/voice_spoof.csv in the form
of `benchmarks.accuracy.ratios`. A genuine file is scored by the network that left its collection
out, a synthetic one by the network that left its family out. A forged video, of which no network
saw anything, takes the fold of its collection, or one by its name. The calibration is that of the
windows of the other folds.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.accuracy import ratios
from benchmarks.accuracy.ratios import Ratio
from benchmarks.voice import spoof
from benchmarks.voice.spoof import ScoredWindows
from media_screen.arrays import Floats
from media_screen.detectors.voice_spoof.network import features
from media_screen.media import Media, MediaError
from media_screen.speech import find_speech, lacks_speech
from media_screen.speech.voices import find_voices
from training import settings
from training.manifest import MediaRow, read_media_rows
from training.voice_spoof.channel import AAC_64, OPUS_24, telephone, through_codec
from training.voice_spoof.sources import family
from training.voice_spoof.train import Fold, load_net, read_config, scores

NAME = "voice_spoof"
KINDS = ("real_video", "fake_video", "real_audio", "fake_audio")
# How the sound of each version comes about. That of a copy at 480p is AAC, 64 kbit/s a channel.
CHANNELS: Mapping[str, Callable[[Floats], Floats]] = {
    "original": lambda samples: samples,
    "480p": partial(through_codec, codec=AAC_64),
    "opus24k": partial(through_codec, codec=OPUS_24),
    "telephone": telephone,
}


@dataclass(frozen=True)
class File:
    """A file with sound, and the fold whose network had not been trained on its like."""

    path: Path
    sha256: str
    fold: int


def files(media: Path, folds: Sequence[Fold]) -> Iterator[File]:
    """List the files that some fold leaves out, each content once.

    A file that may be either class is left out.
    """
    known: set[str] = set()
    for row in read_media_rows(media):
        if row.kind not in KINDS or row.unsure:
            continue
        fold = fold_of(row, folds)
        if fold is None and row.kind.endswith("video") and row.audio != "ok":
            fold = 0  # whose network is not asked
        if fold is not None and row.sha256 not in known:
            known.add(row.sha256)
            yield File(media / row.path, row.sha256, fold)


def fold_of(row: MediaRow, folds: Sequence[Fold]) -> int | None:
    """Return the number of the fold that leaves a line of the manifest out, None without one."""
    for fold in folds:
        if row.kind == "fake_audio":
            if family(row.method) in fold.families:
                return fold.number
        elif row.collection in fold.collections:
            return fold.number
    return zlib.crc32(row.collection.encode()) % len(folds) if row.kind == "fake_video" else None


def listen(file: File, kept: Path) -> None:
    """Keep what the network sees of each window of a file, by version and voice."""
    if kept.is_file():
        return
    found: dict[str, npt.NDArray[np.uint8]] = {}
    try:
        with Media.open(file.path, threads=1) as media:
            speech = find_speech(list(media.audio_blocks()))
            voices = () if lacks_speech(speech) is not None else find_voices(media, speech)
    except MediaError:
        voices = ()
    for voice in voices:
        for number, window in enumerate(voice.windows):
            for version, change in CHANNELS.items():
                seen = np.rint(features(change(window.samples)) * 255).astype(np.uint8)
                found[f"{version} {voice.number} {number}"] = seen
    kept.parent.mkdir(parents=True, exist_ok=True)
    np.savez(kept, **found)  # type: ignore[arg-type]


def gather(work: Path, media: Path, windows: ScoredWindows) -> None:
    """Write the ratios of all files and their copies, calibrated on other windows."""
    config = read_config(settings.path_of(NAME))
    bound = spoof.calibrate(windows)["bound"]
    found = []
    for fold in config.folds:
        # Cut off where the shipped detector is, so that what genuine speech reaches is seen.
        line = {**spoof.calibrate(windows.take(windows.fold != fold.number)), "bound": bound}
        net = load_net(work / "nets", f"fold{fold.number}", config)
        for file in files(media, config.folds):
            if file.fold != fold.number:
                continue
            kept = work / "versions" / f"{file.sha256}.npz"
            listen(file, kept)
            for version in CHANNELS:
                score = _pooled(net, kept, version)
                if score is None:
                    found.append(Ratio(file.sha256, version))
                else:
                    llr = float(spoof.ratios(np.array(score), line))
                    found.append(Ratio(file.sha256, version, score, llr))
    ratios.write(ratios.path_of(NAME), found)


def _pooled(net: torch.nn.Module, kept: Path, version: str) -> float | None:
    """Return the mean score of the windows of the most suspicious voice, as the detector pools."""
    voices: dict[str, list[Floats]] = {}
    with np.load(kept, allow_pickle=False) as record:
        for name in record.files:
            of, voice, _ = name.split(" ")
            if of == version:
                voices.setdefault(voice, []).append(record[name].astype(np.float32) / 255.0)
    means = [float(np.mean(scores(net, own))) for own in voices.values()]
    return max(means, default=None)

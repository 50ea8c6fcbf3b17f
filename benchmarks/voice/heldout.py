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
from torch import nn

from benchmarks.accuracy import ratios
from benchmarks.accuracy.ratios import Ratio
from benchmarks.voice import spoof
from benchmarks.voice.spoof import ScoredWindows
from media_screen.arrays import Floats
from media_screen.media import Media, MediaError
from media_screen.speech import find_speech, lacks_speech
from media_screen.speech.synthesis import log_spectra, mel_levels
from media_screen.speech.voices import find_voices
from training import settings
from training.manifest import MediaRow, read_media_rows
from training.voice_spoof.channel import AAC_64, OPUS_24, telephone, through_codec
from training.voice_spoof.line import fit_line
from training.voice_spoof.net import Statistics
from training.voice_spoof.prepare import Prepared, load_prepared, statistics_of
from training.voice_spoof.sources import family
from training.voice_spoof.train import Fold, read_config, training_rows

NAME = "voice_spoof"
WINDOWS = 4  # of a voice; the detector takes up to 24, and the mean of those says little more
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


def listen(file: File, net: Statistics, kept: Path) -> None:
    """Keep what the filters say of windows of a file, by version and voice."""
    if kept.is_file():
        return
    found: dict[str, npt.NDArray[np.float16]] = {}
    try:
        with Media.open(file.path, threads=1) as media:
            speech = find_speech(list(media.audio_blocks()))
            voices = () if lacks_speech(speech) is not None else find_voices(media, speech)
    except MediaError:
        voices = ()
    for voice in voices:
        places = np.linspace(0, len(voice.windows) - 1, min(WINDOWS, len(voice.windows)))
        for number, place in enumerate(places.astype(np.intp)):
            samples = voice.windows[place].samples
            for version, change in CHANNELS.items():
                found[f"{version} {voice.number} {number}"] = _statistics(net, change(samples))
    kept.parent.mkdir(parents=True, exist_ok=True)
    np.savez(kept, **found)  # type: ignore[arg-type]


def _statistics(net: Statistics, samples: Floats) -> npt.NDArray[np.float16]:
    seen = statistics_of(net, log_spectra(samples)[None], mel_levels(samples)[None])
    small: npt.NDArray[np.float16] = seen[0].astype(np.float16)
    return small


def gather(work: Path, media: Path, windows: ScoredWindows) -> None:
    """Write the ratios of all files and their copies, calibrated on other windows."""
    config = read_config(settings.path_of(NAME))
    bound = spoof.calibrate(windows)["bound"]
    found, net, data = [], Statistics().eval(), load_prepared(work / "prepared")
    for fold in config.folds:
        # Cut off where the shipped detector is, so that what genuine speech reaches is seen.
        ratio = {**spoof.calibrate(windows.take(windows.fold != fold.number)), "bound": bound}
        line = _line(work, data, fold, config.shrink)
        for file in files(media, config.folds):
            if file.fold != fold.number:
                continue
            kept = work / "versions" / f"{file.sha256}.npz"
            listen(file, net, kept)
            for version in CHANNELS:
                score = _pooled(line, kept, version)
                if score is None:
                    found.append(Ratio(file.sha256, version))
                else:
                    llr = float(spoof.ratios(np.array(score), ratio))
                    found.append(Ratio(file.sha256, version, score, llr))
    ratios.write(ratios.path_of(NAME), found)


def _line(work: Path, data: Prepared, fold: Fold, shrink: float) -> nn.Linear:
    checkpoint = work / "lines" / f"fold{fold.number}.safetensors"
    return fit_line(data, training_rows(data, fold), shrink, checkpoint)


def _pooled(line: nn.Linear, kept: Path, version: str) -> float | None:
    """Return the mean score of the windows of the most suspicious voice, as the detector pools."""
    slopes, offset = line.weight[0].numpy(), float(line.bias[0])
    voices: dict[str, list[float]] = {}
    with np.load(kept, allow_pickle=False) as record:
        for name in record.files:
            of, voice, _ = name.split(" ")
            if of == version:
                score = float(record[name].astype(np.float32) @ slopes) + offset
                voices.setdefault(voice, []).append(score)
    return max((float(np.mean(own)) for own in voices.values()), default=None)

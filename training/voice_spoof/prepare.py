"""Cuts windows of speech, sends them through channels, and keeps what the filters say of them."""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from media_screen.arrays import Floats, Rows
from media_screen.media import SAMPLE_RATE, Media, MediaError
from media_screen.speech import find_speech, speech_windows
from media_screen.speech.synthesis import LEVELS, log_spectra, mel_levels
from training.voice_spoof.channel import (
    AAC_64,
    OPUS_24,
    mixed,
    random_channel,
    telephone,
    through_codec,
    tones,
)
from training.voice_spoof.net import STATISTICS, Statistics
from training.voice_spoof.sources import Sound

CONDITIONS = ("clean", "AAC 64k", "Opus 24k", "music at 10 dB", "telephone")
# The numbers of two further copies of a window, which are only trained on: through a random chain
# of channels, and with music or noise of 3 to 20 dB that no test is made with.
RANDOM, MUSIC = len(CONDITIONS), len(CONDITIONS) + 1
TRAINED = (*(n for n, name in enumerate(CONDITIONS) if "music" not in name), RANDOM, MUSIC)
LENGTH = 3 * SAMPLE_RATE  # samples of a window
FRAMES = 297  # of such a window, in log spectra
LONG = 8 * SAMPLE_RATE  # samples from which a recording is searched for speech
# Windows of a file: of the web, whose channels and speakers vary within one, more than of others.
WEB_WINDOWS, LONG_WINDOWS, LONG_FROM = 4, 2, 3
SYSTEM_MOST = {"PWG": 60, "ClariNet": 30, "WaveNet": 30, "VALL-E": 200}  # files; else MOST
MOST = 200
MADE_MOST = 45  # files of one system that `synthesise` made
PART_S = 5.0  # s of genuine speech that are copied; of long recordings four such parts
SAVED_EACH = 50  # sounds


@dataclass(frozen=True)
class WindowRow:
    """One prepared window: of which sound, which window, through which channel, how long."""

    sound: int
    window: int
    condition: int
    frames: int


@dataclass(frozen=True)
class Prepared:
    """Prepared windows: their statistics (rows x STATISTICS) and log spectra, in bytes, on disk."""

    sounds: tuple[Sound, ...]
    rows: tuple[WindowRow, ...]
    statistics: npt.NDArray[np.float16]
    stored: npt.NDArray[np.uint8]

    def sound(self, row: int) -> Sound:
        """Return the sound of which a row is a window."""
        return self.sounds[self.rows[row].sound]

    def spectra(self, row: int) -> Floats:
        """Return the log spectra of a row, frames x 256."""
        return self.stored[row, : self.rows[row].frames].astype(np.float32) / 255.0


def load_prepared(folder: Path) -> Prepared:
    """Open what `prepare` wrote."""
    parts = sorted(folder.glob("part*.json"))
    if not parts:
        raise FileNotFoundError(f"{folder} holds no prepared windows: run the step `prepare`")
    sounds: list[Sound] = []
    rows: list[WindowRow] = []
    kept: list[tuple[Any, Any]] = []
    for part in parts:
        record = json.loads(part.read_text("utf-8"))
        own = [WindowRow(*row) for row in record["rows"]]
        rows += [replace(row, sound=row.sound + len(sounds)) for row in own]
        sounds += [Sound(**{**one, "path": Path(one["path"])}) for one in record["sounds"]]
        kept.append((np.load(part.with_suffix(".f16.npy")), np.load(part.with_suffix(".u8.npy"))))
    statistics, stored = zip(*kept, strict=True)
    return Prepared(tuple(sounds), tuple(rows), np.concatenate(statistics), np.concatenate(stored))


def prepare(sounds: Sequence[Sound], noises: Sequence[Floats], folder: Path) -> None:
    """Write the windows of all sounds, in parts; what is there already is kept.

    `noises` lie under the speech: those of tests are kept apart from those of training.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = np.random.default_rng(5)
    training = [*noises[::2], *(tones(5.0, made) for _ in range(16))]
    testing = [*noises[1::2], *(tones(5.0, made) for _ in range(8))]
    net = Statistics().eval()
    listed = list(_listed(sounds))
    for start in range(0, len(listed), SAVED_EACH):
        index = folder / f"part{start // SAVED_EACH:04d}.json"
        if not index.is_file():
            own = listed[start : start + SAVED_EACH]
            _store(own, [_copies(one, training, testing) for one in own], net, index)
            sys.stdout.write(f"{min(start + SAVED_EACH, len(listed))} of {len(listed)} sounds\n")
            sys.stdout.flush()


def _store(
    sounds: Sequence[Sound], copies: Sequence[list[list[Floats]]], net: Statistics, index: Path
) -> None:
    rows: list[list[int]] = []
    statistics = [np.zeros((0, STATISTICS), np.float16)]
    spectra = [np.zeros((0, FRAMES, LEVELS), np.uint8)]
    for place, windows in enumerate(copies):
        for number, window in enumerate(windows):
            levels = np.stack([log_spectra(one) for one in window])
            mel = np.stack([mel_levels(one) for one in window])
            statistics.append(statistics_of(net, levels, mel).astype(np.float16))
            stored = np.zeros((len(window), FRAMES, LEVELS), np.uint8)
            stored[:, : levels.shape[1]] = np.rint(levels[:, :FRAMES] * 255)
            spectra.append(stored)
            frames = min(levels.shape[1], FRAMES)
            rows += [[place, number, condition, frames] for condition in range(len(window))]
    np.save(index.with_suffix(".f16.npy"), np.concatenate(statistics))
    np.save(index.with_suffix(".u8.npy"), np.concatenate(spectra))
    record = {"sounds": [{**asdict(one), "path": str(one.path)} for one in sounds], "rows": rows}
    index.write_text(json.dumps(record), "utf-8")


@torch.inference_mode()
def statistics_of(net: Statistics, levels: Floats, mel: Floats) -> Floats:
    """Return what the filters say of windows of one length: n x STATISTICS."""
    found: Floats = net(torch.from_numpy(levels), torch.from_numpy(mel)).numpy()
    return found


def _listed(sounds: Sequence[Sound]) -> Iterator[Sound]:
    """Give the sounds in an order that looks random, and no more of one system than say much."""
    seen: dict[str, int] = {}
    for sound in sorted(sounds, key=lambda one: zlib.crc32(one.name.encode())):
        seen[sound.system] = seen.get(sound.system, 0) + 1
        most = MADE_MOST if sound.made_here else SYSTEM_MOST.get(sound.system, MOST)
        if not sound.fake or seen[sound.system] <= most:
            yield sound


def _copies(
    sound: Sound, training: Sequence[Floats], testing: Sequence[Floats]
) -> list[list[Floats]]:
    """Return the windows of a sound, each through all channels."""
    random = np.random.default_rng((7, zlib.crc32(sound.name.encode())))
    copies = []
    for window in _chosen(windows_of(sound.path), sound):
        part = _part(window, random)
        under = training[int(random.integers(len(training)))]
        changed = [
            *conditions(part, random, testing),
            random_channel(part, random, noises=training),
            mixed(part, under, random.uniform(3.0, 20.0), random),
        ]
        length = min(len(part), *map(len, changed))
        copies.append([np.asarray(one[:length], np.float32) for one in changed])
    return copies


def _chosen(windows: Sequence[Floats], sound: Sound) -> list[Floats]:
    """Return windows spread over a file."""
    most = WEB_WINDOWS if sound.web else LONG_WINDOWS if len(windows) >= LONG_FROM else 1
    places: Rows = np.linspace(0, len(windows) - 1, min(most, len(windows))).astype(np.intp)
    return [windows[place] for place in places]


def conditions(samples: Floats, random: np.random.Generator, noises: Sequence[Floats]) -> list[Any]:
    """Return a window in each of CONDITIONS, in their order."""
    music = noises[int(random.integers(len(noises)))]
    return [
        samples,
        through_codec(samples, AAC_64),
        through_codec(samples, OPUS_24),
        mixed(samples, music, 10.0, random),
        telephone(samples),
    ]


def parts(path: Path) -> Iterator[Floats]:
    """Give the parts of 5 s of genuine speech that vocoders copy."""
    samples = _read(path)
    size = round(PART_S * SAMPLE_RATE)
    starts = [0] if len(samples) <= 3 * size else range(0, len(samples) - size, 2 * size)
    for start in list(starts)[:4]:
        part = samples[start : start + size]
        if len(part) > SAMPLE_RATE and float(np.sqrt(np.mean(part**2))) > 0.003:
            yield part


def windows_of(path: Path) -> list[Floats]:
    """Return windows of speech of a file, silence cut off at both ends; none of a broken one.

    Long recordings are searched for speech, and up to 8 windows are spread over them; short ones,
    which are speech from end to end, give one or two windows of 3 s.
    """
    try:
        with Media.open(path) as media:
            blocks = list(media.audio_blocks())
            joined = np.concatenate([np.zeros(0, np.float32), *(part for _, part in blocks)])
            samples = trimmed(joined)
            if len(samples) > LONG:
                windows = speech_windows(find_speech(blocks), count=8)
                found = [media.audio(span) for span in windows]
                return [one for one in found if len(one) >= LENGTH // 2]
    except MediaError as error:
        sys.stderr.write(f"{error}\n")
        return []
    starts = range(0, max(1, len(samples) - LENGTH // 2), LENGTH)
    found = [samples[start : start + LENGTH] for start in starts][:2]
    return [one for one in found if len(one) >= LENGTH // 2]


def trimmed(samples: Floats) -> Floats:
    """Cut off what is quieter than a twentieth of the loudest 20 ms at both ends."""
    first, last = _ends(samples)
    return samples[first:last]


def _ends(samples: Floats, *, frame: int = 320) -> tuple[int, int]:
    rows = samples[: len(samples) // frame * frame].reshape(-1, frame)
    level = np.sqrt(np.mean(rows**2, axis=1))
    on = np.flatnonzero(level > max(0.05 * float(level.max(initial=0.0)), 0.003))
    return (int(on[0]) * frame, int(on[-1] + 1) * frame) if len(on) else (0, 0)


def noises_of(paths: Sequence[Path]) -> list[Floats]:
    """Return the sounds among files that are loud enough and hold hardly any speech."""
    found = []
    for path in paths:
        with Media.open(path) as media:
            blocks = list(media.audio_blocks())
        speech = find_speech(blocks)
        joined = np.concatenate([np.zeros(0, np.float32), *(samples for _, samples in blocks)])
        loud = len(joined) > 0 and float(np.sqrt(np.mean(joined**2))) > 0.005
        if loud and speech.seconds() < 0.1 * speech.duration_s:
            found.append(joined)
    return found


def _read(path: Path) -> Floats:
    with Media.open(path) as media:
        blocks = [samples for _, samples in media.audio_blocks()]
    return np.concatenate([np.zeros(0, np.float32), *blocks])


def _part(window: Floats, random: np.random.Generator) -> Floats:
    start = int(random.integers(max(1, len(window) - LENGTH + 1)))
    return window[start : start + LENGTH]

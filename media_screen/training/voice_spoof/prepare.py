"""Cuts windows of speech, sends them through channels, and keeps their spectra on disk."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from media_screen.media import SAMPLE_RATE, Media
from media_screen.speech import find_speech, speech_windows
from media_screen.speech.spoof import BINS, frame_features, log_spectra
from media_screen.training.voice_spoof.channel import (
    AAC_64,
    OPUS_24,
    mixed,
    random_channel,
    telephone,
    through_codec,
    tones,
)
from media_screen.training.voice_spoof.sources import Sound

Floats = npt.NDArray[np.float32]
Set = Literal["train", "test"]

CONDITIONS = ("clean", "AAC 64k", "Opus 24k", "music at 10 dB", "telephone")
LENGTH: dict[Set, int] = {"train": 2 * SAMPLE_RATE, "test": 3 * SAMPLE_RATE}  # samples of a window
FRAMES: dict[Set, int] = {"train": 197, "test": 297}  # spectra of such a window
GENUINE_WINDOWS, SHORT_WINDOWS = 8, 2  # of a long and of a short file
LONG = 8 * SAMPLE_RATE  # samples from which a recording is searched for speech
GENUINE_COPIES, FAKE_COPIES = 3, 2  # of a window; the first is as it is
TEST_WINDOWS = 2  # of a video; of other files one
MADE_MOST, COPIED_MOST, TESTED_MOST = 45, 110, 24  # files of one system that `synthesise` made


@dataclass(frozen=True)
class Row:
    """One prepared window: of which sound, which window and copy (or condition), how long."""

    sound: int
    window: int
    copy: int
    frames: int


@dataclass(frozen=True)
class Prepared:
    """Prepared windows; `spectra` is rows x frames x 256, unsigned bytes, on disk."""

    sounds: tuple[Sound, ...]
    rows: tuple[Row, ...]
    spectra: npt.NDArray[np.uint8]

    def features(self, row: int) -> Floats:
        """Return what the network sees of a row, frames x 96."""
        spectra = self.spectra[row, : self.rows[row].frames].astype(np.float32) / 255.0
        return frame_features(spectra)


def load_prepared(folder: Path, which: Set) -> Prepared:
    """Open what `prepare` wrote."""
    record = json.loads((folder / f"{which}.json").read_text("utf-8"))
    sounds = tuple(Sound(**{**one, "path": Path(one["path"])}) for one in record["sounds"])
    rows = tuple(Row(*one) for one in record["rows"])
    shape = (len(rows), FRAMES[which], BINS)
    return Prepared(sounds, rows, np.memmap(folder / f"{which}.u8", np.uint8, "r", shape=shape))


def prepare(sounds: Sequence[Sound], noises: Sequence[Floats], folder: Path) -> None:
    """Write the windows of all sounds for training and for tests.

    `noises` lie under the speech: those of tests are kept apart from those of training. Sounds are
    taken in an order that looks random, so a part of the result is a fair sample.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = np.random.default_rng(5)
    under = {
        "train": [*noises[::2], *(tones(5.0, made) for _ in range(16))],
        "test": [*noises[1::2], *(tones(5.0, made) for _ in range(8))],
    }
    seen: dict[str, int] = {}
    rows: dict[Set, list[Row]] = {"train": [], "test": []}
    order = sorted(range(len(sounds)), key=lambda place: zlib.crc32(sounds[place].name.encode()))
    with (folder / "train.u8").open("wb") as train, (folder / "test.u8").open("wb") as test:
        files: dict[Set, Any] = {"train": train, "test": test}
        for place in order:
            sound = sounds[place]
            seen[sound.system] = seen.get(sound.system, 0) + 1
            for which, window, copy, samples in _copies(sound, seen[sound.system], under):
                spectra, count = _stored(samples, FRAMES[which])
                files[which].write(spectra.tobytes())
                rows[which].append(Row(place, window, copy, count))
    for which, own in rows.items():
        record = {
            "sounds": [{**asdict(one), "path": str(one.path)} for one in sounds],
            "rows": [list(asdict(row).values()) for row in own],
        }
        (folder / f"{which}.json").write_text(json.dumps(record), "utf-8")


def _copies(
    sound: Sound, number: int, under: dict[str, list[Floats]]
) -> Iterator[tuple[Set, int, int, Floats]]:
    """Give (set, window, copy, samples) of one sound, the `number`-th of its system."""
    made = sound.collection == "packages" or sound.copied
    if made and number > (COPIED_MOST if sound.copied else MADE_MOST):
        return
    random = np.random.default_rng(zlib.crc32(sound.name.encode()))
    windows = windows_of(sound.path)[: 1 if made else None]
    for place, window in enumerate(windows):
        for copy in range(FAKE_COPIES if sound.fake else GENUINE_COPIES):
            part = _part(window, random, LENGTH["train"])
            changed = random_channel(part, random, noises=under["train"]) if copy else part
            yield "train", place, copy, changed
    if made and number > TESTED_MOST:
        return
    for place, window in enumerate(windows[: TEST_WINDOWS if sound.web and not sound.fake else 1]):
        part = _part(window, random, LENGTH["test"])
        for copy, changed in enumerate(conditions(part, random, under["test"])):
            yield "test", place, copy, changed


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


def windows_of(path: Path) -> list[Floats]:
    """Return windows of speech of a file, silence cut off at both ends.

    Long recordings are searched for speech, and up to 8 windows are spread over them; short ones,
    which are speech from end to end, give one or two windows of 3 s.
    """
    with Media.open(path) as media:
        blocks = list(media.audio_blocks())
        samples = trimmed(np.concatenate([np.zeros(0, np.float32), *(part for _, part in blocks)]))
        if len(samples) > LONG:
            windows = speech_windows(find_speech(blocks), count=GENUINE_WINDOWS)
            return [media.audio(span) for span in windows]
    starts = range(0, max(1, len(samples) - LENGTH["test"] // 2), LENGTH["test"])
    found = [samples[start : start + LENGTH["test"]] for start in starts][:SHORT_WINDOWS]
    return [one for one in found if len(one) >= LENGTH["test"] // 2]


def trimmed(samples: Floats, *, frame: int = 320) -> Floats:
    """Cut off what is quieter than a twentieth of the loudest 20 ms at both ends."""
    rows = samples[: len(samples) // frame * frame].reshape(-1, frame)
    level = np.sqrt(np.mean(rows**2, axis=1))
    on = np.flatnonzero(level > max(0.05 * float(level.max(initial=0.0)), 0.003))
    return samples[on[0] * frame : (on[-1] + 1) * frame] if len(on) else samples[:0]


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


def _part(window: Floats, random: np.random.Generator, length: int) -> Floats:
    start = int(random.integers(max(1, len(window) - length + 1)))
    return window[start : start + length]


def _stored(samples: Floats, frames: int) -> tuple[npt.NDArray[np.uint8], int]:
    spectra = log_spectra(samples)[:frames]
    out = np.zeros((frames, BINS), np.uint8)
    out[: len(spectra)] = np.rint(spectra * 255)
    return out, len(spectra)

"""Cuts windows of speech, sends them through channels, and keeps what the network sees on disk."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from media_screen.arrays import Floats
from media_screen.detectors.voice_spoof.network import FEATURES, features
from media_screen.media import SAMPLE_RATE, Media
from media_screen.speech import find_speech, speech_windows
from training.voice_spoof.channel import (
    AAC_64,
    OPUS_24,
    mixed,
    random_channel,
    telephone,
    through_codec,
    tones,
)
from training.voice_spoof.sources import PRACTICE, Sound

Set = Literal["train", "test"]

CONDITIONS = ("clean", "AAC 64k", "Opus 24k", "music at 10 dB", "telephone")
LENGTH: dict[Set, int] = {"train": 2 * SAMPLE_RATE, "test": 3 * SAMPLE_RATE}  # samples of a window
FRAMES: dict[Set, int] = {"train": 197, "test": 297}  # of such a window
GENUINE_WINDOWS, SHORT_WINDOWS = 8, 2  # of a long and of a short file
LONG = 8 * SAMPLE_RATE  # samples from which a recording is searched for speech
GENUINE_COPIES, FAKE_COPIES = 3, 2  # of a window through channels; the first is as it is
PAIR_COPIES = 3  # the same of a part of genuine speech and of what vocoders make of it
TEST_WINDOWS = 2  # of a video; of other files one
MADE_MOST, TESTED_MOST = 45, 24  # files of one system that `synthesise` made
PART_S = 5.0  # s of genuine speech that are copied; of long recordings four such parts
NO_PAIR = -1


@dataclass(frozen=True)
class WindowRow:
    """One prepared window: of which sound, which window and copy (or condition), how long.

    Rows of one `pair` and one copy are the same window through the same channel: genuine, and as
    vocoders make it again.
    """

    sound: int
    window: int
    copy: int
    frames: int
    pair: int = NO_PAIR


@dataclass(frozen=True)
class Prepared:
    """Prepared windows; `stored` is rows x frames x 288, unsigned bytes, on disk."""

    sounds: tuple[Sound, ...]
    rows: tuple[WindowRow, ...]
    stored: npt.NDArray[np.uint8]

    def sound(self, row: int) -> Sound:
        """Return the sound of which a row is a window."""
        return self.sounds[self.rows[row].sound]

    def features(self, row: int) -> Floats:
        """Return what the network sees of a row, frames x 288."""
        return self.stored[row, : self.rows[row].frames].astype(np.float32) / 255.0


def load_prepared(folder: Path, which: Set) -> Prepared:
    """Open what `prepare` wrote."""
    record = json.loads((folder / f"{which}.json").read_text("utf-8"))
    sounds = tuple(Sound(**{**one, "path": Path(one["path"])}) for one in record["sounds"])
    rows = tuple(WindowRow(*one) for one in record["rows"])
    shape = (len(rows), FRAMES[which], FEATURES)
    return Prepared(sounds, rows, np.memmap(folder / f"{which}.u8", np.uint8, "r", shape=shape))


def prepare(sounds: Sequence[Sound], noises: Sequence[Floats], folder: Path) -> None:
    """Write the windows of all sounds for training and for tests; a set that is there is kept.

    `noises` lie under the speech: those of tests are kept apart from those of training.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = np.random.default_rng(5)
    to_train = [*noises[::2], *(tones(5.0, made) for _ in range(16))]
    to_test = [*noises[1::2], *(tones(5.0, made) for _ in range(8))]
    _store(chain(_to_train(sounds, to_train), _pairs(sounds, to_train)), sounds, folder, "train")
    _store(_to_test(sounds, to_test), sounds, folder, "test")


def _store(
    windows: Iterable[tuple[WindowRow, Floats]], sounds: Sequence[Sound], folder: Path, which: Set
) -> None:
    index, rows = folder / f"{which}.json", []
    if index.is_file():
        return
    with (folder / f"{which}.u8").open("wb") as file:
        for row, samples in windows:
            seen = features(samples)[: FRAMES[which]]
            out = np.zeros((FRAMES[which], FEATURES), np.uint8)
            out[: len(seen)] = np.rint(seen * 255)
            file.write(out.tobytes())
            rows.append([row.sound, row.window, row.copy, len(seen), row.pair])
    record = {"sounds": [{**asdict(one), "path": str(one.path)} for one in sounds], "rows": rows}
    index.write_text(json.dumps(record), "utf-8")


def _listed(sounds: Sequence[Sound], most: int) -> Iterator[tuple[int, Sound]]:
    """Give (place, sound) of all that are no practice, `most` of each system of `synthesise`.

    The order looks random, so what is taken of a system is a fair sample.
    """
    seen: dict[str, int] = {}
    order = sorted(range(len(sounds)), key=lambda place: zlib.crc32(sounds[place].name.encode()))
    for place in order:
        sound = sounds[place]
        seen[sound.system] = seen.get(sound.system, 0) + 1
        made = bool(sound.source) or sound.collection == "packages"
        if sound.system not in PRACTICE and not (made and seen[sound.system] > most):
            yield place, sound


def _to_train(
    sounds: Sequence[Sound], noises: Sequence[Floats]
) -> Iterator[tuple[WindowRow, Floats]]:
    """Give the windows of genuine speech and of systems that speak or convert."""
    for place, sound in _listed(sounds, MADE_MOST):
        if sound.source:
            continue
        random = np.random.default_rng(zlib.crc32(sound.name.encode()))
        windows = windows_of(sound.path)[: 1 if sound.collection == "packages" else None]
        for number, window in enumerate(windows):
            for copy in range(FAKE_COPIES if sound.fake else GENUINE_COPIES):
                part = _part(window, random, LENGTH["train"])
                changed = random_channel(part, random, noises=noises) if copy else part
                yield WindowRow(place, number, copy, 0), changed


def _pairs(sounds: Sequence[Sound], noises: Sequence[Floats]) -> Iterator[tuple[WindowRow, Floats]]:
    """Give windows of genuine speech with all copies of them, each through the same channels."""
    copies: dict[tuple[str, int], list[int]] = {}
    for place, sound in enumerate(sounds):
        if sound.source:
            copies.setdefault((sound.source, sound.part), []).append(place)
    copied, pair = {name for name, _ in copies}, 0
    for place, sound in enumerate(sounds):
        if sound.name not in copied:
            continue
        for number, samples in enumerate(parts(sound.path)):
            group = [(place, samples)]
            group += [
                (one, _read(sounds[one].path)) for one in copies.get((sound.name, number), [])
            ]
            if len(group) > 1:
                yield from _pair(group, number, pair, f"{sound.name}@{number}", noises)
                pair += 1


def _pair(
    group: Sequence[tuple[int, Floats]], number: int, pair: int, name: str, noises: Sequence[Floats]
) -> Iterator[tuple[WindowRow, Floats]]:
    first, last = _ends(group[0][1])
    start = np.random.default_rng(zlib.crc32(name.encode()))
    for copy in range(PAIR_COPIES):
        begin = first + int(start.integers(max(1, last - first - LENGTH["train"] + 1)))
        count = min(LENGTH["train"], last - begin, *(len(one) - begin for _, one in group))
        if count < LENGTH["train"] // 2:
            continue
        for place, samples in group:
            same = np.random.default_rng(zlib.crc32(f"{name} {copy}".encode()))
            window = samples[begin : begin + count]
            changed = random_channel(window, same, noises=noises) if copy else window
            yield WindowRow(place, number, copy, 0, pair), changed


def _to_test(
    sounds: Sequence[Sound], noises: Sequence[Floats]
) -> Iterator[tuple[WindowRow, Floats]]:
    """Give the windows of all but practice, in each of CONDITIONS."""
    for place, sound in _listed(sounds, TESTED_MOST):
        random = np.random.default_rng((7, zlib.crc32(sound.name.encode())))
        windows = windows_of(sound.path)
        for number, window in enumerate(windows[: TEST_WINDOWS if _is_video(sound) else 1]):
            part = _part(window, random, LENGTH["test"])
            for condition, changed in enumerate(conditions(part, random, noises)):
                yield WindowRow(place, number, condition, 0), changed


def _is_video(sound: Sound) -> bool:
    return sound.web and not sound.fake


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


def _part(window: Floats, random: np.random.Generator, length: int) -> Floats:
    start = int(random.integers(max(1, len(window) - length + 1)))
    return window[start : start + length]

"""Does speech that was put into a recording score above the rest of its voice, and by how much?

    python -m benchmarks.voice.spans --media ../shared/media --work bench-work/spans

Hosts are the voices of genuine web videos of which the detector hears four windows or more. Within
one window some seconds are replaced, at the same level, by synthetic speech of a system that the
line never saw; as a control, by genuine speech of another recording. Each window is encoded again,
with and without. The lines are fitted here, to the media alone, and leave out the collections of
the hosts and the families of the systems. With `--calibrate`, what genuine recordings score is
written into the calibration of `voice_spoof`, which tells of a window that is farther above the
rest.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.markdown import heading, table
from benchmarks.places import HERE, write_page, write_record
from media_screen import weights
from media_screen.arrays import Floats
from media_screen.evaluation import metrics
from media_screen.media import SAMPLE_RATE, Media, MediaError
from media_screen.speech import find_speech
from media_screen.speech.synthesis import (
    LEAST_WINDOWS,
    RARELY,
    UNLIKE_REST,
    above_rest,
    log_spectra,
    mel_levels,
    spoof_net,
)
from media_screen.speech.voices import Voice, find_voices
from media_screen.weights import nets
from training import columns, settings
from training.record import ship
from training.voice_spoof.channel import AAC_64, OPUS_24, through_codec
from training.voice_spoof.line import fit_line
from training.voice_spoof.net import Statistics
from training.voice_spoof.prepare import LENGTH, Prepared, WindowRow, statistics_of, trimmed
from training.voice_spoof.sources import Sound, read_media
from training.voice_spoof.train import Fold, read_config, training_rows

COMMAND = "python -m benchmarks.voice.spans --media ../shared/media"
CALIBRATION = "voice_spoof/calibration.json"
WEB_WINDOWS, READ_WINDOWS = 3, 2  # of a file that lines are fitted to
CHANNELS = (None, AAC_64, OPUS_24)  # of each, in the order of `prepare.CONDITIONS`
UNSEEN = (("older-neural",), ("hifi-gan",), ("vits", "tortoise"))  # families, in turn
LENGTHS = (1, 2, 4)  # s that are put in
EACH = 2  # pieces of a kind and length that are put into a host, one at a time
FADE = SAMPLE_RATE // 100  # samples over which a piece goes over into what is around it
STEPS = 21  # of the percentiles that are shipped


@dataclass(frozen=True, eq=False)
class FittedWindows:
    """The windows that lines are fitted to: of which file, through which channel."""

    name: npt.NDArray[np.str_]
    channel: npt.NDArray[np.int_]
    statistics: npt.NDArray[np.float16]


@dataclass(frozen=True)
class PutIn:
    """A piece that was put into a window, and by how much that is above the rest of its voice.

    `shipped` is by the network that is shipped, which was fitted to all of these files; `highest`
    tells whether no other window of the voice scores higher.
    """

    host: str
    kind: str
    seconds: int
    system: str
    above: float
    shipped: float
    highest: bool


@dataclass(frozen=True)
class Host:
    """A genuine voice: how far its highest window is above the rest, and each window's distance."""

    name: str
    highest: float
    shipped: float
    windows: tuple[float, ...]


def measure(media: Path, work: Path) -> tuple[list[Host], list[PutIn]]:
    """Return what genuine voices score, and what was put into them."""
    sounds = {sound.name: sound for sound in read_media(media)}
    data = _prepared(sounds, work / "windows.npz")
    config = read_config(settings.path_of("voice_spoof"))
    hosts: list[Host] = []
    pieces: list[PutIn] = []
    for each in config.folds:
        families = frozenset(UNSEEN[each.number % len(UNSEEN)])
        fold = Fold(each.number, families, each.collections)
        checkpoint = work / f"line{fold.number}.safetensors"
        scorer = Scorer(fit_line(data, training_rows(data, fold), config.shrink, checkpoint))
        for found in _of_fold(list(sounds.values()), fold, scorer):
            (hosts if isinstance(found, Host) else pieces).append(found)  # type: ignore[arg-type]
    return hosts, pieces


class Scorer:
    """Scores windows by a line of a fold, and by the network that is shipped."""

    def __init__(self, line: torch.nn.Linear) -> None:
        self._line, self._net, self._shipped = line, Statistics().eval(), spoof_net()

    def both(self, samples: Floats) -> tuple[float, float]:
        """Return the scores of a window, as it sounds after a platform encoded it."""
        heard = through_codec(samples, AAC_64)
        seen = torch.from_numpy(statistics(self._net, heard))
        return float(self._line(seen[None])[0, 0]), self._shipped.score(heard)


def statistics(net: Statistics, samples: Floats) -> Floats:
    """Return what the filters say of one window."""
    found: Floats = statistics_of(net, log_spectra(samples)[None], mel_levels(samples)[None])[0]
    return found.astype(np.float32)


def _of_fold(sounds: Sequence[Sound], fold: Fold, scorer: Scorer) -> Iterator[Host | PutIn]:
    read = [sound for sound in sounds if not sound.web]
    sources = {
        "synthetic": [one for one in read if one.family in fold.families],
        "genuine": [one for one in read if not one.fake and one.collection in fold.collections]
        or [one for one in read if not one.fake],
    }
    for sound in sounds:
        if not sound.web or sound.collection not in fold.collections:
            continue
        voice = _voice(sound)
        if voice is not None and len(voice.windows) >= LEAST_WINDOWS:
            yield from _of_host(sound.name, voice, sources, scorer)


def _of_host(
    name: str, voice: Voice, sources: Mapping[str, Sequence[Sound]], scorer: Scorer
) -> Iterator[Host | PutIn]:
    windows = [window.samples for window in voice.windows]
    line, shipped = zip(*map(scorer.both, windows), strict=True)
    yield Host(
        name,
        above_rest(line)[1],
        above_rest(shipped)[1],
        tuple(_above(line, place, score) for place, score in enumerate(line)),
    )
    random = np.random.default_rng(zlib.crc32(name.encode()))
    for kind, among in sources.items():
        for seconds in (length for length in LENGTHS for _ in range(EACH)):
            source, piece = _piece(among, seconds * SAMPLE_RATE, random)
            place = int(random.integers(len(windows)))
            now, now_shipped = scorer.both(_replaced(windows[place], piece, random))
            yield PutIn(
                name,
                kind,
                seconds,
                source.system,
                _above(line, place, now),
                _above(shipped, place, now_shipped),
                now >= max(score for at, score in enumerate(line) if at != place),
            )


def _above(scores: Sequence[float], place: int, score: float) -> float:
    """Return by how much a score at a place is above the middle one of the others."""
    return float(score - np.median([one for at, one in enumerate(scores) if at != place]))


def _voice(sound: Sound) -> Voice | None:
    """Return the voice that speaks longest in a file."""
    with Media.open(sound.path, threads=1) as media:
        voices = find_voices(media, find_speech(media.audio_blocks()))
    return voices[0] if voices else None


def _read(sound: Sound) -> Floats:
    try:
        with Media.open(sound.path, threads=1) as media:
            parts = [samples for _, samples in media.audio_blocks()]
    except MediaError:
        parts = []
    return trimmed(np.concatenate([np.zeros(1, np.float32), *parts]))


def _piece(
    among: Sequence[Sound], length: int, random: np.random.Generator
) -> tuple[Sound, Floats]:
    """Draw a piece of a file that is long enough."""
    for place in random.permutation(len(among)):
        samples = _read(among[place])
        if len(samples) >= length:
            start = int(random.integers(len(samples) - length + 1))
            return among[place], samples[start : start + length]
    raise ValueError(f"no file has {length} samples of speech")


def _replaced(window: Floats, piece: Floats, random: np.random.Generator) -> Floats:
    """Return a window with a piece in it, at the level of what it replaces."""
    length = min(len(piece), len(window))
    at = int(random.integers(len(window) - length + 1))
    before, piece = window[at : at + length], piece[:length]
    level = float(np.sqrt(np.mean(before**2) / max(float(np.mean(piece**2)), 1e-9)))
    share = np.minimum(1.0, np.minimum(np.arange(length), np.arange(length)[::-1]) / FADE)
    middle = before * (1 - share) + piece * level * share
    return np.concatenate([window[:at], middle, window[at + length :]]).astype(np.float32)


def _prepared(sounds: Mapping[str, Sound], kept: Path) -> Prepared:
    """Return the windows that lines are fitted to, as kept or made now."""
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        made = list(_windows(list(sounds.values())))
        of_file, channels, found = zip(*made, strict=True)
        columns.save(kept, FittedWindows(np.array(of_file), np.array(channels), np.stack(found)))
    known = columns.load(kept, FittedWindows)
    names = sorted(set(known.name.tolist()))
    number = {name: place for place, name in enumerate(names)}
    rows = tuple(
        WindowRow(number[name], 0, int(channel), 0)
        for name, channel in zip(known.name.tolist(), known.channel, strict=True)
    )
    return Prepared(
        tuple(sounds[name] for name in names), rows, known.statistics, np.zeros((0, 0, 0), np.uint8)
    )


def _windows(sounds: Sequence[Sound]) -> Iterator[tuple[str, int, npt.NDArray[np.float16]]]:
    net = Statistics().eval()
    for sound in sounds:
        if sound.web:
            voice = _voice(sound)
            some = [] if voice is None else [one.samples[:LENGTH] for one in voice.windows]
            some = some[:WEB_WINDOWS]
        else:
            samples = _read(sound)
            some = [samples[n * LENGTH : (n + 1) * LENGTH] for n in range(READ_WINDOWS)]
        for window in some:
            if len(window) < LENGTH // 2:
                continue
            for channel, codec in enumerate(CHANNELS):
                heard = window if codec is None else through_codec(window, codec)
                yield sound.name, channel, statistics(net, heard).astype(np.float16)


def threshold(hosts: Sequence[Host]) -> float:
    """Return what all but RARELY of the highest windows of genuine voices are under."""
    return float(np.quantile([one.highest for one in hosts], 1 - RARELY))


def passing(hosts: Sequence[Host]) -> dict[str, int]:
    """Count the genuine voices that pass the threshold, by the lines and by the shipped network."""
    highest = threshold(hosts)
    return {
        "lines": sum(one.highest > highest for one in hosts),
        "shipped": sum(one.shipped > highest for one in hosts),
    }


def rates(hosts: Sequence[Host], pieces: Sequence[PutIn]) -> list[dict[str, Any]]:
    """Return, by kind and length of what was put in, how often it is told from the rest."""
    windows = np.concatenate([one.windows for one in hosts])
    highest = threshold(hosts)
    result = []
    for kind in ("synthetic", "genuine"):
        for seconds in LENGTHS:
            own = [one for one in pieces if one.kind == kind and one.seconds == seconds]
            above = np.array([one.above for one in own])
            fake = np.repeat([True, False], [len(above), len(windows)])
            result.append(
                {
                    "kind": kind,
                    "seconds": seconds,
                    "pieces": len(own),
                    "auc": round(float(metrics.auc(np.concatenate([above, windows]), fake)), 3),
                    "told": round(float(np.mean(above > highest)), 3),
                    "told_shipped": round(float(np.mean([p.shipped > highest for p in own])), 3),
                    "highest": round(float(np.mean([one.highest for one in own])), 3),
                }
            )
    return result


def page(record: Mapping[str, Any]) -> str:
    """Return voice_spans.md."""
    rows = [
        (
            f"{row['seconds']} s, {row['kind']}",
            row["pieces"],
            f"{row['auc']:.2f}",
            f"{row['told']:.0%}",
            f"{row['told_shipped']:.0%}",
            f"{row['highest']:.0%}",
        )
        for row in record["rates"]
    ]
    voices, heard = len(record["hosts"]), [len(one["windows"]) for one in record["hosts"]]
    return "\n".join(
        [
            *heading("Speech that was put into a recording", record["command"]),
            f"{voices} voices of genuine web videos, heard in {min(heard)} to {max(heard)} windows "
            f"of up to 4 s ({record['windows']} in all), with one window changed at a time and all "
            "encoded again (AAC 64k); what is longer than its window is cut. What counts is by how "
            "much a window scores above the middle one of the others. *Told* is one that is more "
            f"above them than the highest windows of {1 - RARELY:.0%} of the genuine voices are, "
            "by lines that saw neither the collection of the host nor a system of that family. "
            "*Shipped* is the shipped network at the same threshold: it was fitted to these files, "
            "and its scores spread less.",
            "",
            f"The threshold was set on these very voices: {record['passing']['lines']} of {voices} "
            f"pass it by the lines, {record['passing']['shipped']} by the shipped network. On "
            "others that was not measured, and of more windows one stands out by chance more "
            "often.",
            "",
            *table(
                ("put in", "pieces", "AUC by window", "told", "shipped", "highest of its voice"),
                rows,
            ),
            "",
            "Genuine speech of another recording differs from the rest, too, where it is long: "
            "what is told is that a window is unlike the others, not that it is synthetic.",
            "",
        ]
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.voice.spans", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--media", type=Path, required=True, help="folder with manifest.tsv")
    parser.add_argument("--work", type=Path, required=True, help="folder of what is kept")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of results/ and records/")
    parser.add_argument("--calibrate", action="store_true", help="write the calibration, too")
    options = parser.parse_args(arguments)
    nets.limit_threads(1)
    torch.set_num_threads(1)
    hosts, pieces = measure(options.media, options.work)
    record = {
        "command": COMMAND,
        "windows": sum(len(one.windows) for one in hosts),
        "passing": passing(hosts),
        "rates": rates(hosts, pieces),
        "hosts": [asdict(one) for one in hosts],
        "pieces": [asdict(one) for one in pieces],
    }
    if options.calibrate:
        highest = np.quantile([one.highest for one in hosts], np.linspace(0, 1, STEPS))
        known = dict(weights.record(CALIBRATION))
        ship(CALIBRATION, {**known, UNLIKE_REST: highest.round(4).tolist()})
    text = page(record)
    write_record("voice_spans", record, out=options.out)
    write_page("voice_spans", text, out=options.out)
    print(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

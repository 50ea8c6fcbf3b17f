"""Fits the line that hears several voices at once, on speech that is laid over other speech.

Recordings of read speech and genuine clips, each alone, alone in noise, after one another with
another voice, and under another voice; clips are what the line is judged on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from media_screen.arrays import Doubles, Flags, Floats
from media_screen.detectors.lip_sync.overlap import Overlap, measure
from media_screen.detectors.lip_sync.windows import WINDOW
from media_screen.evaluation.logistic import balanced, regress
from media_screen.evidence import Span
from media_screen.media import SAMPLE_RATE, Media
from training.lip_sync.prepare import ORIGINAL, TrainingClip, load
from training.lip_sync.score import speech_in
from training.manifest import read_media_rows
from training.voice_spoof.channel import coloured_noise

L2 = 0.02  # of standardised weights, a mean over examples: three measures need little
FALSE_ALARMS = 0.05  # of genuine clips of one voice, at which the limit lies
UNDER_DB = (0.0, 6.0)  # by how much the other voice of a clip is quieter
_LEAST = 3.0  # s
SEED = 5


@dataclass(frozen=True)
class LoneVoice:
    """Up to 5 s of somebody who speaks alone."""

    collection: str
    person: str
    samples: Floats
    clip: bool  # of a genuine video


@dataclass(frozen=True, eq=False)
class SoundTable:
    """Measures (n, 3) of sounds, whether they hold several voices, and what they are made of."""

    values: Doubles
    several: Flags
    collection: npt.NDArray[np.str_]
    clip: Flags
    under_db: Doubles  # of the other voice; NaN where there is none


def voices(media: Path, store: Path, clips: Sequence[TrainingClip]) -> Iterator[LoneVoice]:
    """Give the recordings of genuine speech, then the stretch of each clip with most speech."""
    for row in read_media_rows(media):
        if row.kind == "real_audio":
            with Media.open(media / row.path, threads=1) as opened:
                samples = opened.audio(Span(0.0, WINDOW))
            if len(samples) >= _LEAST * SAMPLE_RATE:
                yield LoneVoice(row.collection, row.identity, samples, False)
    for clip in clips:
        path = store / clip.file(ORIGINAL)
        if clip.kind != "real_video" or not path.is_file():
            continue
        sound, spoken = load(path).sound, speech_in(store, clip)
        starts = np.arange(0.0, max(0.1, len(sound) / SAMPLE_RATE - _LEAST), 1.0)
        speech = [
            sum(one.overlap(Span(start, start + WINDOW)) for one in spoken) for start in starts
        ]
        start = float(starts[int(np.argmax(speech))])
        if max(speech) >= WINDOW / 2:
            part = sound[round(start * SAMPLE_RATE) : round((start + WINDOW) * SAMPLE_RATE)]
            yield LoneVoice(clip.collection, clip.identity, part, True)


def table_of(known: Sequence[LoneVoice]) -> SoundTable:
    """Mix and measure; the same voices give the same table."""
    rng = np.random.default_rng(SEED)
    rows = []
    for voice in known:
        others = [one for one in known if one.clip == voice.clip and one.person != voice.person]
        other = others[int(rng.integers(len(others)))].samples
        noise = coloured_noise(len(voice.samples), rng)
        alone, length = voice.samples, min(len(voice.samples), len(other))
        made: list[tuple[Floats, float]] = [(alone, np.nan)]
        if not voice.clip:
            made.append((_over(alone, noise, float(rng.uniform(5, 20))), np.nan))
            half = length // 2
            made.append((np.concatenate([_level(alone)[:half], _level(other)[half:]]), np.nan))
        for under in UNDER_DB if voice.clip else (float(rng.uniform(0, 8)),):
            made.append((_over(alone, other, under), under))
        for samples, under in made:
            values = measure(samples)
            if values is not None:
                rows.append((values, not np.isnan(under), voice.collection, voice.clip, under))
    return SoundTable(*(np.array(column) for column in zip(*rows, strict=True)))


def fit(table: SoundTable) -> Overlap:
    """Fit the line, and the limit over which a twentieth of genuine clips of one voice lie."""
    slopes, offset, means, spreads = _line(table, np.ones(len(table.several), bool))
    raw = (table.values - means) / spreads @ slopes + offset
    limit = float(np.quantile(raw[table.clip & ~table.several], 1 - FALSE_ALARMS))
    rounded = [tuple(np.round(part, 5).tolist()) for part in (means, spreads, slopes)]
    return Overlap(rounded[0], rounded[1], rounded[2], round(offset, 5), round(limit, 3))


def held_out(table: SoundTable) -> Doubles:
    """Return the log odds of each row by a line fitted without its collection."""
    raw = np.zeros(len(table.several))
    for collection in np.unique(table.collection):
        own = table.collection == collection
        slopes, offset, means, spreads = _line(table, ~own)
        raw[own] = (table.values[own] - means) / spreads @ slopes + offset
    return raw


def _line(table: SoundTable, use: Flags) -> tuple[Doubles, float, Doubles, Doubles]:
    values, several = table.values[use], table.several[use]
    means, spreads = values.mean(axis=0), values.std(axis=0) + 1e-6
    share = balanced(several, np.ones(len(several)))
    slopes, offset = regress((values - means) / spreads, several, share, L2)
    return slopes, offset, means, spreads


def _level(samples: Floats) -> Floats:
    return np.asarray(samples / (np.sqrt(np.mean(samples**2)) + 1e-9), np.float32)


def _over(one: Floats, other: Floats, under_db: float) -> Floats:
    length = min(len(one), len(other))
    quieter = 10 ** (-under_db / 20)
    return np.asarray(_level(one[:length]) + quieter * _level(other[:length]), np.float32)

"""Is a voice known again when its recording is turned down, up, shifted or clipped?

    python -m benchmarks.voice.levels --media ../shared/media

Every recording of a speaker of whom there are several is written anew (16 bits) at another level,
around another zero line or through a codec, and read as any file is: speech found, voices kept
apart. The longest voice is compared with references of other recordings, which are left as they
are. Levels are the RMS of the whole recording; what goes over full scale is clipped.
"""

from __future__ import annotations

import argparse
import tempfile
import wave
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.places import HERE, write_page, write_record
from benchmarks.voice import identity
from benchmarks.voice.identity import Recording, Trials
from media_screen.arrays import Floats
from media_screen.evaluation import metrics
from media_screen.fusion.thresholds import VOICE_THRESHOLD
from media_screen.media import SAMPLE_RATE, Media
from media_screen.speech import find_speech
from media_screen.speech.embed import embedder
from media_screen.speech.ratio import calibration
from media_screen.speech.voices import Voice, find_voices
from media_screen.weights import nets
from training.voice_spoof.channel import AAC_64, OPUS_24, through_codec

COMMAND = "python -m benchmarks.voice.levels --media ../shared/media"
ORIGINAL = "as it is"
LEVELS = (-60, -50, -40, -30, -20)  # dB of full scale, RMS
OFFSETS = (0.05, 0.1, 0.2, 0.3)  # of full scale
OVER = (6, 12, 20)  # dB by which the loudest sample is raised over full scale
QUIET = -45  # dB, of a copy that is hardly heard and looks silent in an editor
FULL = 32_767

Change = Callable[[Floats], Floats]


def raised(samples: Floats, *, decibels: float) -> Floats:
    """Return a sound louder (or quieter) by so much."""
    return np.asarray(samples * np.float32(10 ** (decibels / 20)), np.float32)


def to_level(samples: Floats, *, decibels: float) -> Floats:
    """Return a sound at an RMS level."""
    return raised(samples, decibels=decibels - 10 * float(np.log10(np.mean(samples**2) + 1e-12)))


def clipped(samples: Floats, *, over: float) -> Floats:
    """Return a sound whose peaks are raised over full scale."""
    return raised(samples, decibels=over - 20 * float(np.log10(np.abs(samples).max() + 1e-6)))


def shifted(samples: Floats, *, offset: float, decibels: float = 0.0) -> Floats:
    """Return a sound around another zero line."""
    return np.asarray(raised(samples, decibels=decibels) + np.float32(offset), np.float32)


VERSIONS: Mapping[str, Change] = {
    ORIGINAL: lambda samples: samples,
    "AAC 64k": partial(through_codec, codec=AAC_64),
    "Opus 24k": partial(through_codec, codec=OPUS_24),
    **{f"at {level} dB": partial(to_level, decibels=level) for level in LEVELS},
    f"turned down by {-QUIET} dB": partial(raised, decibels=QUIET),
    **{f"offset {offset}": partial(shifted, offset=offset) for offset in OFFSETS},
    f"turned down by {-QUIET} dB, offset 0.2": partial(shifted, offset=0.2, decibels=QUIET),
    **{f"peaks {over} dB over full scale": partial(clipped, over=over) for over in OVER},
}


def written(samples: Floats, file: Path) -> None:
    """Write a sound as 16 bits; what is over full scale is clipped."""
    with wave.open(str(file), "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(SAMPLE_RATE)
        target.writeframes(np.rint(np.clip(samples, -1, 1) * FULL).astype("<i2").tobytes())


def voice_in(file: Path) -> Voice | None:
    """Return the voice of a file that speaks longest, as a scan finds it."""
    with Media.open(file, threads=1) as media:
        found = find_voices(media, find_speech(media.audio_blocks()))
    return found[0] if found else None


def embed_all(media: Path) -> list[Recording]:
    """Embed every recording, and the versions of those of speakers with several."""
    sounds = [
        (speaker, collection, blocks, speech)
        for speaker, collection, blocks in identity.read_sounds(media)
        if len(speech := identity.speech_of(blocks)) >= SAMPLE_RATE
    ]
    speakers = [speaker for speaker, *_ in sounds]
    return [
        Recording(
            speaker,
            collection,
            embedder().embed(speech),
            dict(versions(blocks)) if speakers.count(speaker) > 1 else {},
        )
        for speaker, collection, blocks, speech in sounds
    ]


def versions(blocks: Sequence[tuple[float, Floats]]) -> Iterator[tuple[tuple[str, float], Floats]]:
    """Give the embedding of each version of a recording in which a voice is found."""
    sound = identity.joined_blocks(blocks)[: round(identity.LONGEST * SAMPLE_RATE)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "version.wav"
        for name, change in VERSIONS.items():
            written(change(sound), file)
            voice = voice_in(file)
            if voice is not None:
                yield (name, 0.0), voice.embedding  # of any length


def table(data: Trials) -> list[dict[str, Any]]:
    """Return what is recognised of each version.

    A recording in which no voice is found counts as one that is not recognised.
    """
    names = list(VERSIONS)
    original = data.condition == names.index(ORIGINAL)
    asked = int(data.same[original].sum())
    ratio = calibration().llr
    rows = []
    for number, name in enumerate(names):
        keep = data.condition == number
        scores, same = data.normalised[keep], data.same[keep]
        llr = np.array([ratio(score, seconds=identity.LONGEST, snr_db=30.0) for score in scores])
        passed = llr >= VOICE_THRESHOLD
        heard = int(same.sum()) / asked
        rows.append(
            {
                "version": name,
                "heard": round(heard, 3),
                "eer": round(metrics.eer(scores, same), 4),
                "tpr_at_1": round(heard * metrics.tpr_at_fpr(scores, same, 0.01), 3),
                "tpr_at_5": round(heard * metrics.tpr_at_fpr(scores, same, 0.05), 3),
                "recognised": round(heard * float(passed[same].mean()), 3),
                "strangers": round(float(passed[~same].mean()), 4),
                "mean_score": round(float(scores[same].mean()), 2),
            }
        )
    return rows


def markdown(rows: Sequence[Mapping[str, Any]], pairs: tuple[int, int, int]) -> list[str]:
    """Return the table as lines of Markdown."""
    same, different, speakers = pairs
    lines = [
        "# Voices at other levels",
        "",
        f"`{COMMAND}`",
        "",
        f"{same} pairs of one person's recordings ({speakers} people) and {different} of strangers "
        "of the same collection. Heard: a voice was found. TPR: at 1% and 5% of strangers, each "
        "version by its own threshold. Recognised, strangers: over the threshold of a scan "
        f"({VOICE_THRESHOLD}). Not heard counts as not recognised.",
        "",
        "| version | heard | EER | TPR at 1% | TPR at 5% | recognised | strangers | mean score |",
        "|" + "---|" * 8,
    ]
    return lines + [
        f"| {row['version']} | {row['heard']:.0%} | {row['eer']:.1%} | {row['tpr_at_1']:.1%} | "
        f"{row['tpr_at_5']:.1%} | {row['recognised']:.1%} | {row['strangers']:.1%} | "
        f"{row['mean_score']:.2f} |"
        for row in rows
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.voice.levels", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--media", type=Path, required=True, help="folder with manifest.tsv")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of results/ and records/")
    options = parser.parse_args(arguments)
    nets.limit_threads(1)
    data = identity.trials(embed_all(options.media), list(VERSIONS))
    first = data.condition == 0
    pairs = (
        int(data.same[first].sum()),
        int(np.sum(~data.same[first])),
        len(np.unique(data.speaker[first & data.same])),
    )
    rows = table(data)
    text = "\n".join(markdown(rows, pairs)) + "\n"
    record = {"command": COMMAND, "versions": rows}
    write_record("voice_levels", record, out=options.out)
    write_page("voice_levels", text, out=options.out)
    print(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

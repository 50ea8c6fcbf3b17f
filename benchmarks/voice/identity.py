"""Compares voices across recordings, at lengths and through channels, and fits the calibration."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from media_screen import weights
from media_screen.arrays import Doubles, Flags, Floats, Rows
from media_screen.evaluation import calibration as calibrations
from media_screen.evaluation import metrics
from media_screen.media import SAMPLE_RATE, Media
from media_screen.speech import find_speech
from media_screen.speech.embed import embedder, unit
from media_screen.speech.ratio import NEAREST, Cohort
from training.manifest import MediaRow, read_media_rows
from training.record import renew
from training.voice_spoof.channel import (
    OPUS_24,
    coloured_noise,
    mixed,
    telephone,
    through_codec,
    tones,
)

LENGTHS = (2.0, 5.0)  # s of speech of the voice that is asked about
# s: two recordings of a speaker joined, because hardly any alone has so much speech. The embedding
# of joined speech is the mean of its parts'.
JOINED = 10.0
LONGEST = 15.0  # s of a recording that a reference is made of
REFERENCES = 6  # recordings of a person at most
CHANNELS = ("clean", "Opus 24k", "music at 10 dB", "telephone", "noise at 0 dB")
NOISY = ("noise at 0 dB",)
TESTED = 3  # recordings of a person that are sent through channels
# Corpora whose licence lets embeddings of their speakers be shipped (CC BY 4.0): LibriSpeech, VCTK
# and Multilingual LibriSpeech, as these collections hold them.
COHORT = ("resemble-ai/Resemblyzer", "Edresson/YourTTS", "auspicious3000/autovc-demo")


@dataclass(frozen=True)
class Recording:
    """One recording of one speaker: embeddings by (channel, length), and of all of it."""

    speaker: str
    collection: str
    whole: Floats
    parts: dict[tuple[str, float], Floats]


def speaker_of(row: MediaRow) -> str | None:
    """Return who speaks, across the names of collections; None when it is not known."""
    name = row.identity
    if row.collection == "Edresson/YourTTS":
        vctk = re.match(r"p\d+", name)
        return f"VCTK {vctk[0]}" if vctk else f"MLS {name.split('_')[0]}"
    if name in ("VCTK", "interview", "") or name.startswith("RAVDESS"):
        return None
    same = {"tortoise voice lj": "LJSpeech", "LIA vox obama.mov": "Obama", "uncrop_Obama": "Obama"}
    return same.get(name, name)


def read_sounds(media: Path) -> Iterator[tuple[str, str, list[tuple[float, Floats]]]]:
    """Give (speaker, collection, blocks of sound) of every genuine recording with a known voice."""
    for row in read_media_rows(media):
        if row.kind not in ("real_audio", "real_video"):
            continue
        if row.kind == "real_video" and row.audio != "ok":
            continue
        speaker = speaker_of(row)
        if speaker is None:
            continue
        with Media.open(media / row.path) as file:
            yield speaker, row.collection, list(file.audio_blocks())


def read_recordings(media: Path) -> Iterator[tuple[str, str, Floats]]:
    """Give (speaker, collection, speech without pauses) of every genuine recording."""
    for speaker, collection, blocks in read_sounds(media):
        speech = speech_of(blocks)
        if len(speech) >= SAMPLE_RATE:
            yield speaker, collection, speech


def speech_of(blocks: Sequence[tuple[float, Floats]]) -> Floats:
    """Return what is spoken in a sound, without pauses, up to LONGEST."""
    joined = joined_blocks(blocks)
    spoken = [
        joined[round(s.span.start * SAMPLE_RATE) : round(s.span.end * SAMPLE_RATE)]
        for s in find_speech(blocks).spoken
    ]
    return joined_blocks(enumerate(spoken))[: round(LONGEST * SAMPLE_RATE)]


def joined_blocks(blocks: Iterable[tuple[float, Floats]]) -> Floats:
    """Return the sound of blocks in one piece."""
    return np.concatenate([np.zeros(0, np.float32), *(samples for _, samples in blocks)])


def through(samples: Floats, channel: str, music: Floats, random: Any) -> Floats:
    """Send speech through one of CHANNELS."""
    if channel == "Opus 24k":
        return through_codec(samples, OPUS_24)
    if channel == "music at 10 dB":
        return mixed(samples, music, 10.0, random)
    if channel == "telephone":
        return telephone(samples)
    if channel == "noise at 0 dB":
        return mixed(samples, coloured_noise(len(samples), random), 0.0, random)
    return samples


def embed_all(media: Path) -> list[Recording]:
    """Embed every recording: whole, and at each length through each channel."""
    net, random = embedder(), np.random.default_rng(3)
    music = [tones(5.0, random) for _ in range(8)]
    found = list(read_recordings(media))
    speakers = [speaker for speaker, _, _ in found]
    tested: dict[str, int] = {}
    recordings = []
    for speaker, collection, speech in found:
        parts = {}
        repeated = speakers.count(speaker) > 1
        tested[speaker] = tested.get(speaker, 0) + repeated
        for channel in CHANNELS if repeated and tested[speaker] <= TESTED else CHANNELS[:1]:
            sent = through(speech, channel, music[int(random.integers(len(music)))], random)
            for length in LENGTHS:
                if len(speech) >= 0.8 * length * SAMPLE_RATE:
                    parts[channel, length] = net.embed(sent[: round(length * SAMPLE_RATE)])
        recordings.append(Recording(speaker, collection, net.embed(speech), parts))
    return recordings


def save(recordings: list[Recording], file: Path) -> None:
    """Keep embeddings, which take minutes to compute."""
    names = [
        {"speaker": r.speaker, "collection": r.collection, "parts": [list(key) for key in r.parts]}
        for r in recordings
    ]
    rows = [row for r in recordings for row in (r.whole, *r.parts.values())]
    np.savez(file, rows=np.stack(rows), names=np.frombuffer(json.dumps(names).encode(), np.uint8))


def load(file: Path) -> list[Recording]:
    """Read kept embeddings."""
    with np.load(file, allow_pickle=False) as record:
        names, rows = json.loads(record["names"].tobytes()), iter(record["rows"])
    return [
        Recording(
            one["speaker"],
            one["collection"],
            next(rows),
            {(channel, length): next(rows) for channel, length in one["parts"]},
        )
        for one in names
    ]


def cohort_of(recordings: list[Recording]) -> tuple[list[str], Floats]:
    """Return the speakers of the cohort, and a row for each: the mean over their recordings."""
    names = sorted({one.speaker for one in recordings if one.collection in COHORT})
    rows = [
        unit(np.sum([r.whole for r in recordings if r.speaker == name], axis=0)) for name in names
    ]
    return names, np.stack(rows)


@dataclass(frozen=True)
class Trials:
    """Comparisons of one recording with references of a speaker from other recordings."""

    cosine: Doubles
    normalised: Doubles
    same: Flags
    speaker: npt.NDArray[np.str_]  # whose references they are
    condition: Rows  # in CHANNELS
    length: Doubles


def _tested(recordings: list[Recording]) -> Iterator[tuple[Recording, list[Recording]]]:
    """Give each recording, and two of one speaker joined, with what they are made of."""
    for one in recordings:
        yield one, [one]
    for place, one in enumerate(recordings):
        for other in recordings[place + 1 : place + 2]:
            if (one.speaker, one.collection) != (other.speaker, other.collection):
                continue
            parts = {
                (channel, JOINED): unit(part + other.parts[channel, length])
                for (channel, length), part in one.parts.items()
                if length == LENGTHS[-1] and (channel, length) in other.parts
            }
            yield Recording(one.speaker, one.collection, one.whole, parts), [one, other]


def trials(recordings: list[Recording], conditions: Sequence[str] = CHANNELS) -> Trials:
    """Compare every part with every speaker of the same collection, own recording left out.

    Speakers of other collections would be told apart by the microphone.
    """
    names, rows = cohort_of(recordings)
    found = []
    for tested, own in _tested(recordings):
        near = {r.speaker for r in recordings if r.collection == tested.collection}
        for speaker in near:
            others = [
                r.whole
                for r in recordings
                if r.speaker == speaker and not any(r is one for one in own)
            ]
            if not others:
                continue
            reference = unit(np.sum(others[:REFERENCES], axis=0))
            strangers = np.array([name not in (speaker, tested.speaker) for name in names])
            cohort = Cohort(rows[strangers])
            for (channel, length), part in tested.parts.items():
                score = cohort.normalised(part, reference)
                found.append(
                    (
                        float(part @ reference),
                        score,
                        speaker == tested.speaker,
                        speaker,
                        conditions.index(channel),
                        length,
                    )
                )
    columns = list(zip(*found, strict=True))
    return Trials(*(np.array(column) for column in columns))


def weights_of(data: Trials) -> Doubles:
    """Weigh each speaker alike within each class."""
    names = np.char.add(data.speaker, np.where(data.same, "+", "-"))
    _, place, counts = np.unique(names, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / counts[place])


def table(data: Trials) -> list[dict[str, Any]]:
    """Return EER of cosine and normalised score, for each channel and length."""
    rows = []
    for number, channel in enumerate(CHANNELS):
        for length in (*LENGTHS, JOINED):
            keep = (data.condition == number) & (data.length == length)
            if data.same[keep].sum() < 3:
                continue
            rows.append(
                {
                    "channel": channel,
                    "length_s": length,
                    "same": int(data.same[keep].sum()),
                    "speakers": len(np.unique(data.speaker[keep & data.same])),
                    "different": int(np.sum(~data.same[keep])),
                    "eer_cosine": round(metrics.eer(data.cosine[keep], data.same[keep]), 4),
                    "eer_normalised": round(metrics.eer(data.normalised[keep], data.same[keep]), 4),
                }
            )
    return rows


def calibrate(data: Trials) -> dict[str, Any]:
    """Fit the normalised score: short, longer and long speech; noisy speech has its own line."""
    noisy = np.isin(data.condition, [CHANNELS.index(name) for name in NOISY])
    kinds = (
        (0.0, -math.inf, noisy),
        (0.0, 5.0, ~noisy & (data.length == 2.0)),
        (4.0, 5.0, ~noisy & (data.length == 5.0)),
    )
    rows = []
    for seconds, snr, keep in kinds:
        fitted = calibrations.fit(
            data.normalised[keep], data.same[keep], weights=weights_of(data)[keep]
        )
        llr = np.array([fitted.llr(value) for value in data.normalised[keep]])
        rows.append(
            {
                "least_seconds": seconds,
                "least_snr_db": -100.0 if math.isinf(snr) else snr,
                "slope": round(fitted.slope, 4),
                "intercept": round(fitted.offset, 4),
                "cllr": round(metrics.cllr(llr, data.same[keep]), 3),
                "min_cllr": round(metrics.min_cllr(data.normalised[keep], data.same[keep]), 3),
            }
        )
    people = len(np.unique(data.speaker[data.same]))
    strangers = len(np.unique(data.speaker))
    return {
        "net": "ge2e.onnx",
        "meaning": "llr = slope * score + intercept, clipped to limits; natural logarithm; score: "
        f"cosine normalised with the {NEAREST} nearest of the cohort",
        "rows": rows,
        "limits": [round(-math.log(people + 1), 2), round(math.log(strangers + 1), 2)],
        "pairs": {"people_with_same_pairs": people, "speakers": strangers},
    }


def ship_cohort(recordings: list[Recording]) -> None:
    """Write the cohort and record its hash."""
    import hashlib

    names, rows = cohort_of(recordings)
    folder = weights.models_dir() / "voice_identity"
    np.save(folder / "cohort.npy", rows.astype(np.float16), allow_pickle=False)
    data = (folder / "cohort.npy").read_bytes()
    record = json.loads((folder / "weights.json").read_text("utf-8"))
    record["files"]["cohort.npy"] = {
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "licence": "CC-BY-4.0",
        "origin": f"mean embeddings of {len(names)} speakers of LibriSpeech, VCTK and Multilingual "
        "LibriSpeech, made here by ge2e.onnx",
    }
    text = json.dumps(record, indent=2, sort_keys=True)
    (folder / "weights.json").write_text(text + "\n", "utf-8")
    renew()


def markdown(rows: list[dict[str, Any]]) -> list[str]:
    """Return the table as lines of Markdown."""
    lines = [
        "| channel | s | same / different pairs | speakers | EER, cosine | EER, normalised |",
        "|" + "---|" * 6,
    ]
    return lines + [
        f"| {row['channel']} | {row['length_s']:.0f} | {row['same']} / {row['different']} | "
        f"{row['speakers']} | {row['eer_cosine']:.1%} | {row['eer_normalised']:.1%} |"
        for row in rows
    ]

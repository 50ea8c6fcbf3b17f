"""What was seen and heard in a file, kept so that it can be examined again without decoding.

Enrolled people change more often than files. Whether a new person is in a file, or a new known
fake, follows from its face tracks, its voices and its fingerprint; it takes no pictures or samples.
What is kept are embeddings of faces and voices: biometric data, which belong into no record, page
or export.
"""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any
from zipfile import BadZipFile

import numpy as np

from media_screen.arrays import Array
from media_screen.evidence import Span
from media_screen.faces.align import Quality
from media_screen.faces.track import Face, Track
from media_screen.footage.fingerprint import LAYOUT, Fingerprint
from media_screen.hearing import Ear, OtherSound
from media_screen.look import Look
from media_screen.media import Mix
from media_screen.speech import Speech, SpeechSegment
from media_screen.speech.voices import Voice, VoiceWindow

VERSION = 1  # of the form of the bytes
# Bytes of one file. A minute has some 0.3 MB and an hour not much more, since as many places of it
# are looked at; with `thorough` it may be five times as much. More is not worth its room.
MOST_BYTES = 16 << 20
_MOST_UNPACKED = 256 << 20  # bytes; what claims more is no observation
_NO_PICTURE = np.zeros((0, 0, 3), np.uint8)
_NO_EMBEDDING = np.zeros(0, np.float32)
_NO_SAMPLES = np.zeros(0, np.float32)
_SUMS = ("frames", "small_faces", "further_faces", "turns", "covered")  # of a look


@dataclass(frozen=True, eq=False)
class KeptHearing:
    """What the one pass over the sound of a file found; in place of `hearing.Hearing`."""

    ear: Ear
    voices: tuple[Voice, ...]  # without samples
    synthesis: tuple[tuple[float, ...], ...]
    other_sounds: tuple[OtherSound, ...]
    share: float
    waveform: tuple[int, ...]

    def read(self) -> None:
        """Do nothing: it was read."""


@dataclass(frozen=True, eq=False)
class Observation:
    """What was seen and heard in a file; `look` is None without pictures, `sound` without sound.

    Faces have neither crop nor embedding, their tracks have one; voices have no samples.
    """

    fingerprint: Fingerprint
    look: Look | None = None
    sound: KeptHearing | None = None

    def to_bytes(self) -> bytes:
        """Return it as bytes for the disk: a compressed archive of arrays (NPZ)."""
        arrays = dict(_print_arrays("print", self.fingerprint))
        record: dict[str, Any] = {"version": VERSION, "print": _lengths(self.fingerprint)}
        if self.look is not None:
            record["look"] = _look_record(self.look)
            arrays |= _track_arrays(self.look.tracks)
        if self.sound is not None:
            record["sound"] = _sound_record(self.sound)
            arrays |= _sound_arrays(self.sound)
        arrays["record"] = np.frombuffer(json.dumps(record).encode("ascii"), np.uint8)
        stream = io.BytesIO()
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
        return stream.getvalue()

    @staticmethod
    def from_bytes(data: bytes) -> Observation:
        """Read what `to_bytes` wrote; raises ValueError when it is something else."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as archive:
                if sum(one.file_size for one in archive.zip.filelist) > _MOST_UNPACKED:
                    raise ValueError("it unpacks to too much")
                arrays = {name: archive[name] for name in archive.files}
            record = json.loads(arrays["record"].tobytes())
            if record["version"] != VERSION:
                raise ValueError(f"expected version {VERSION}, got {record['version']!r:.20}")
            return Observation(
                _print_of("print", record["print"], arrays),
                _look_of(record["look"], arrays) if "look" in record else None,
                _sound_of(record["sound"], arrays) if "sound" in record else None,
            )
        except (
            ArithmeticError, AttributeError, BadZipFile, EOFError, IndexError, KeyError, OSError,
            RuntimeError, TypeError, ValueError, zlib.error,
        ) as error:  # fmt: skip
            raise ValueError(f"not an observation: {error}") from error


# --- fingerprints --------------------------------------------------------------------------------


def _print_arrays(name: str, print_: Fingerprint) -> Iterator[tuple[str, Array]]:
    for part in LAYOUT:
        yield f"{name}.{part}", getattr(print_, part)


def _lengths(print_: Fingerprint) -> list[float]:
    return [float(print_.duration_s), float(print_.sound_s)]


def _print_of(name: str, lengths: Sequence[float], arrays: Mapping[str, Array]) -> Fingerprint:
    duration_s, sound_s = map(float, lengths)
    parts: dict[str, Any] = {part: arrays[f"{name}.{part}"] for part in LAYOUT}
    return Fingerprint(duration_s=duration_s, sound_s=sound_s, **parts)


# --- pictures ------------------------------------------------------------------------------------


def _look_record(look: Look) -> dict[str, Any]:
    return {
        "sums": [getattr(look, name) for name in _SUMS],
        "shots": _spans(look.shots),
        "windows": _spans(look.windows),
        "tracks": [[track.id, len(track.faces)] for track in look.tracks],
    }


def _look_of(record: Mapping[str, Any], arrays: Mapping[str, Array]) -> Look:
    return Look(
        shots=_spans_of(record["shots"]),
        windows=_spans_of(record["windows"]),
        tracks=tuple(_tracks_of(record["tracks"], arrays)),
        **dict(zip(_SUMS, record["sums"], strict=True)),
    )


def _track_arrays(tracks: Sequence[Track]) -> dict[str, Array]:
    faces = [face for track in tracks for face in track.faces]
    qualities = [[getattr(face.quality, one.name) for one in fields(Quality)] for face in faces]
    return {
        "faces.time_s": np.array([face.time_s for face in faces], np.float64),
        "faces.box": np.array([face.box for face in faces], np.float64).reshape(-1, 4),
        "faces.landmarks": np.array([face.landmarks for face in faces]).reshape(-1, 5, 2),
        "faces.score": np.array([face.score for face in faces], np.float64),
        "faces.quality": np.array(qualities, np.float64).reshape(-1, len(fields(Quality))),
        "tracks.embedding": np.array([track.embedding for track in tracks]),
    }


def _tracks_of(counts: Iterable[tuple[int, int]], arrays: Mapping[str, Array]) -> Iterator[Track]:
    rows = zip(
        arrays["faces.time_s"].tolist(),
        arrays["faces.box"].tolist(),
        arrays["faces.landmarks"],
        arrays["faces.score"].tolist(),
        arrays["faces.quality"].tolist(),
        strict=True,
    )
    for (number, count), embedding in zip(counts, arrays["tracks.embedding"], strict=True):
        faces = tuple(
            Face(
                time_s,
                (box[0], box[1], box[2], box[3]),
                points,
                score,
                Quality(*quality),
                _NO_PICTURE,
                _NO_EMBEDDING,
            )
            for _, (time_s, box, points, score, quality) in zip(range(count), rows, strict=False)
        )
        if len(faces) != count or not count:
            raise ValueError(f"expected {count} faces of a track, got {len(faces)}")
        track = Track(number, faces)
        vars(track)["embedding"] = embedding  # in place of the mean of those of its faces
        yield track


# --- sound ---------------------------------------------------------------------------------------


def _sound_record(sound: KeptHearing) -> dict[str, Any]:
    speech = sound.ear.speech
    return {
        "mix": sound.ear.mix.name,
        "speech": [float(speech.duration_s), float(speech.skipped_s)],
        "segments": [_segment_record(one) for one in speech.segments],
        "voices": [[one.number, one.mix.name, one.place, len(one.windows)] for one in sound.voices],
        "windows": [
            [float(window.span.start), float(window.span.end), float(window.snr_db)]
            for voice in sound.voices
            for window in voice.windows
        ],
        "synthesis": sound.synthesis,
        "others": [[one.place, _spans(one.spans), _lengths(one.fingerprint)]
                   for one in sound.other_sounds],
        "share": float(sound.share),
        "waveform": [int(level) for level in sound.waveform],
    }  # fmt: skip


def _sound_arrays(sound: KeptHearing) -> dict[str, Array]:
    windows = [window for voice in sound.voices for window in voice.windows]
    arrays: dict[str, Array] = {"windows.embedding": np.array([one.embedding for one in windows])}
    for number, other in enumerate(sound.other_sounds):
        arrays |= _print_arrays(f"other{number}", other.fingerprint)
    return arrays


def _sound_of(record: Mapping[str, Any], arrays: Mapping[str, Array]) -> KeptHearing:
    duration_s, skipped_s = record["speech"]
    segments = tuple(
        SpeechSegment(Span(start, end), kind, *rest)
        for start, end, kind, *rest in record["segments"]
    )
    return KeptHearing(
        ear=Ear(Mix[record["mix"]], Speech(segments, duration_s, skipped_s)),
        voices=tuple(_voices_of(record, arrays["windows.embedding"])),
        synthesis=tuple(map(tuple, record["synthesis"])),
        other_sounds=tuple(
            OtherSound(name, _spans_of(spans), _print_of(f"other{number}", lengths, arrays))
            for number, (name, spans, lengths) in enumerate(record["others"])
        ),
        share=record["share"],
        waveform=tuple(record["waveform"]),
    )


def _segment_record(one: SpeechSegment) -> list[Any]:
    levels = (one.snr_db, one.bandwidth_hz, one.level_db, one.music)
    return [float(one.span.start), float(one.span.end), one.kind, *map(float, levels)]


def _voices_of(record: Mapping[str, Any], embeddings: Array) -> Iterator[Voice]:
    rows = zip(record["windows"], embeddings, strict=True)
    for number, mix, place, count in record["voices"]:
        windows = tuple(
            VoiceWindow(Span(start, end), _NO_SAMPLES, embedding, snr_db)
            for _, ((start, end, snr_db), embedding) in zip(range(count), rows, strict=False)
        )
        if len(windows) != count or not count:
            raise ValueError(f"expected {count} windows of a voice, got {len(windows)}")
        yield Voice(number, windows, Mix[mix], place)


def _spans(spans: Iterable[Span]) -> list[list[float]]:
    return [[float(span.start), float(span.end)] for span in spans]


def _spans_of(record: Iterable[Sequence[float]]) -> tuple[Span, ...]:
    return tuple(Span(start, end) for start, end in record)

"""Watches talking clips once, and keeps whose faces and voices they hold and how mouths move."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from media_screen.arrays import Doubles, Floats
from media_screen.detectors.lip_sync.movement import Movement, movement
from media_screen.detectors.lip_sync.overlap import overlap
from media_screen.detectors.lip_sync.sight import crops_along, measure
from media_screen.detectors.lip_sync.windows import LEAST, WINDOW, course_of
from media_screen.evidence import Span
from media_screen.faces.mesh import mesh_net
from media_screen.look import WINDOW_FPS
from media_screen.media import Media, MediaError
from media_screen.speech import find_speech
from media_screen.speech.voices import find_voices

if TYPE_CHECKING:
    from media_screen.faces.track import Track
    from media_screen.look import Looker
    from media_screen.speech import Speech
    from training.manifest import MediaRow

LONGEST = 32.0  # s of a clip that are listened to
MOST_WINDOWS = 2  # windows of 5 s of a clip in which a mouth is followed, as in a scan
VOICE_WINDOWS = 8  # of 4 s of a clip
LEAST_FACES = 8  # .2 s apart, of a face that is followed
# Points of the mesh that habits are measured on: the parts of a face that don't move in speech,
# lips, lids and brows.
_STILL = (33, 133, 362, 263, 168, 6, 197, 195, 10, 151, 9, 127, 356, 234, 454)
KEPT = (*_STILL, 13, 14, 61, 291, 0, 17, 159, 145, 386, 374, 105, 334, 107, 336, 152)

_MOVED = ("features", "opening", "width", "valid")  # of a movement, besides its start


@dataclass(frozen=True, eq=False)
class WatchedFace:
    """A face that was followed: the times (s) at which it was seen, and what was seen then."""

    times: Doubles
    embeddings: Floats  # (n, 128), of unit length
    sizes: Doubles  # px
    yaws: Doubles  # degrees
    mean: Floats


@dataclass(frozen=True, eq=False)
class WatchedMouth:
    """A mouth in one window, and the face that it belongs to.

    `points` (n, KEPT, 3) are those of the mesh at `times`, `several` tells voices at once.
    """

    span: Span
    face: Floats
    size_px: float
    movement: Movement
    times: Doubles
    points: Floats
    several: bool
    speech_s: float


@dataclass(frozen=True, eq=False)
class HeardVoice:
    """One window of a voice: where it is, its embedding, and how clean it is."""

    span: Span
    embedding: Floats
    snr_db: float


@dataclass(frozen=True, eq=False)
class WatchedClip:
    """What is kept of one clip; its sound is at 16 kHz, `speech` the spans in which one speaks."""

    row: MediaRow
    faces: tuple[WatchedFace, ...]
    mouths: tuple[WatchedMouth, ...]
    voices: tuple[HeardVoice, ...]
    speech: tuple[Span, ...]
    sound: Floats

    @property
    def longest(self) -> WatchedFace | None:
        """The face that was seen most often, the larger of two."""
        return max(self.faces, key=lambda face: (len(face.times), face.sizes.mean()), default=None)


def watch_all(rows: Sequence[MediaRow], media: Path, work: Path) -> Iterator[WatchedClip]:
    """Give every clip that can be read, from WORK where it was watched before."""
    work.mkdir(parents=True, exist_ok=True)
    for row in rows:
        kept = work / f"{hashlib.sha256(f'{row.path} {row.sha256}'.encode()).hexdigest()[:20]}.npz"
        if not kept.is_file():
            try:
                save(watch(row, media / row.path), kept)
            except MediaError as error:
                print(f"{row.path}: {error}", flush=True)
                continue
        yield load(row, kept)


def watch(row: MediaRow, path: Path) -> WatchedClip:
    """Watch one clip where most is said, and listen to its start."""
    with Media.open(path, threads=1) as media:
        end = min(LONGEST, media.info.duration_s)
        if not media.info.audio_codec:
            looks = [_look(media, Span(start, start + WINDOW)) for start in _spread(end)]
            return WatchedClip(row, _faces(looks), (), (), (), np.zeros(0, np.float32))
        sound = media.audio(Span(0.0, end))
        speech = find_speech([(0.0, sound)])
        spans = _spoken(speech, end)
        looks = [_look(media, span) for span in spans]
        return WatchedClip(
            row,
            _faces(looks),
            tuple(
                mouth
                for span, tracks in zip(spans, looks, strict=True)
                for mouth in _mouths(media, span, tracks, speech)
            ),
            tuple(
                HeardVoice(window.span, window.embedding, window.snr_db)
                for voice in find_voices(media, speech, count=VOICE_WINDOWS)
                for window in voice.windows
            ),
            tuple(one.span for one in speech.spoken),
            sound,
        )


def _spread(end: float) -> list[float]:
    """Return the starts of windows that lie evenly in a clip without sound."""
    count = max(1, min(MOST_WINDOWS, int(end // WINDOW)))
    return [float(start) for start in np.linspace(0.0, max(0.0, end - WINDOW), count)]


def _spoken(speech: Speech, end: float) -> list[Span]:
    """Return the windows with the most speech that don't overlap, in order of time."""
    starts = np.arange(0.0, max(end - WINDOW, 0.0) + 0.5, 0.5)
    tried = [Span(float(start), float(start) + WINDOW) for start in starts]
    chosen: list[Span] = []
    for span in sorted(tried, key=lambda one: -round(speech.within(one), 2)):
        free = all(not one.overlap(span) for one in chosen)
        if len(chosen) < MOST_WINDOWS and free and speech.within(span) >= LEAST:
            chosen.append(span)
    return sorted(chosen, key=lambda one: one.start)


def _look(media: Media, span: Span) -> tuple[Track, ...]:
    """Return the faces that are followed through a window."""
    found = _looker().look_at(media.window(span, fps=WINDOW_FPS), span).tracks
    return tuple(track for track in found if len(track.faces) >= LEAST_FACES)


_LOOKERS: list[Looker] = []


def _looker() -> Looker:
    from media_screen.look import Looker
    from media_screen.weights import nets

    if not _LOOKERS:
        nets.limit_threads(1)
        _LOOKERS.append(Looker())
    return _LOOKERS[0]


def _faces(looks: Sequence[Sequence[Track]]) -> tuple[WatchedFace, ...]:
    return tuple(
        WatchedFace(
            np.array([face.time_s for face in track.faces]),
            np.stack([face.embedding for face in track.faces]),
            np.array([face.quality.size_px for face in track.faces]),
            np.array([face.quality.yaw_deg for face in track.faces]),
            track.embedding,
        )
        for tracks in looks
        for track in tracks
    )


def _mouths(
    media: Media, span: Span, tracks: Sequence[Track], speech: Speech
) -> Iterator[WatchedMouth]:
    courses = [course_of(track) for track in tracks]
    several = overlap().several(media.audio(span))
    seen = crops_along(media.window(span), courses)
    for track, (times, crops) in zip(tracks, seen, strict=True):
        sight = measure(times, crops, mesh_net("cpu"))
        found = movement(sight, span=(span.start, span.end))
        if found is not None:
            spoken, points = speech.within(span), sight.points[:, KEPT]
            yield WatchedMouth(
                span, track.embedding, track.best.quality.size_px, found, sight.times, points,
                several, spoken,
            )  # fmt: skip


def save(clip: WatchedClip, path: Path) -> None:
    """Keep what was watched; a stop in the middle leaves nothing half."""
    arrays: dict[str, Any] = {"sound": np.round(clip.sound * 32767).astype(np.int16)}
    arrays["speech"] = np.array([[one.start, one.end] for one in clip.speech]).reshape(-1, 2)
    for number, face in enumerate(clip.faces):
        for name in ("times", "embeddings", "sizes", "yaws", "mean"):
            arrays[f"face.{number}.{name}"] = getattr(face, name)
    for number, mouth in enumerate(clip.mouths):
        for name in ("face", "times", "points"):
            arrays[f"mouth.{number}.{name}"] = getattr(mouth, name)
        for name in _MOVED:
            arrays[f"mouth.{number}.{name}"] = getattr(mouth.movement, name)
    about = {
        "faces": len(clip.faces),
        "mouths": [
            [m.span.start, m.span.end, m.size_px, m.movement.start, m.several, m.speech_s]
            for m in clip.mouths
        ],
        "voices": [
            [one.span.start, one.span.end, one.embedding.tolist(), one.snr_db]
            for one in clip.voices
        ],
    }
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    part = path.with_suffix(".part.npz")
    np.savez(part, **arrays)
    part.replace(path)


def load(row: MediaRow, path: Path) -> WatchedClip:
    """Read what was watched back."""
    with np.load(path, allow_pickle=False) as kept:
        about = json.loads(kept["about"].tobytes())
        faces = tuple(
            WatchedFace(
                *(kept[f"face.{n}.{k}"] for k in ("times", "embeddings", "sizes", "yaws", "mean"))
            )
            for n in range(about["faces"])
        )
        mouths = tuple(
            WatchedMouth(
                Span(start, end),
                kept[f"mouth.{n}.face"],
                size,
                Movement(moved, *(kept[f"mouth.{n}.{k}"] for k in _MOVED)),
                kept[f"mouth.{n}.times"],
                kept[f"mouth.{n}.points"],
                several,
                speech_s,
            )
            for n, (start, end, size, moved, several, speech_s) in enumerate(about["mouths"])
        )
        voices = tuple(
            HeardVoice(Span(start, end), np.array(embedding, np.float32), snr)
            for start, end, embedding, snr in about["voices"]
        )
        spans = tuple(Span(start, end) for start, end in kept["speech"].tolist())
        sound = kept["sound"].astype(np.float32) / 32767
    return WatchedClip(row, faces, mouths, voices, spans, sound)

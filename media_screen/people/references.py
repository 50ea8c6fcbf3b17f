"""Reads the references of enrolled people once, and keeps what was found by content hash.

A picture gives its faces. An official video gives its face tracks, for the gallery, its
fingerprint, for the catalogue, its voices, and a small copy of itself, which what matches it is
compared with; a recording of the voice gives its voices. All is
kept beside the people, in `PEOPLE/.media_screen/`, so that enrolling again reads only what is new
or changed.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from media_screen import weights
from media_screen.arrays import Floats
from media_screen.database import Layout, connect, digest_of
from media_screen.evidence import Span
from media_screen.faces.embed import WEIGHTS as EMBEDDER
from media_screen.files import facts, private_folder, remove_database
from media_screen.footage.fingerprint import REFERENCE_FPS, Fingerprint, FingerprintBuilder
from media_screen.footage.original.proxy import PROXY_FPS, ProxyWriter
from media_screen.media import Media, MediaError, Source, identify, shown_path
from media_screen.media.reader import ROUNDING
from media_screen.speech import find_speech
from media_screen.speech.embed import VERSION as VOICE_VERSION
from media_screen.speech.embed import WEIGHTS as VOICE_EMBEDDER
from media_screen.speech.synthesis import WEIGHTS as SPOOF_NET
from media_screen.speech.synthesis import spoof_net
from media_screen.speech.voices import find_voices

if TYPE_CHECKING:
    from media_screen.faces.track import Track
    from media_screen.look import Looker
    from media_screen.media import Frame
    from media_screen.speech.voices import Voice

Way = Literal["picture", "video"]  # how the faces of a file were read

# Windows of a voice that are kept of a reference, to be listened to: half a minute, 8 kB.
MOST_WINDOWS = 8
_VOICES = 2  # version of what is kept of voices

CHUNK = 30.0  # s of official footage whose faces are held at a time: 120 frames, about 50 MB

_GALLERY = Layout(
    0x4D534741,  # "MSGA"
    2,
    """
    CREATE TABLE file (path BLOB PRIMARY KEY, facts TEXT NOT NULL, sha256 TEXT NOT NULL);
    CREATE TABLE found (
        sha256 TEXT NOT NULL,
        model TEXT NOT NULL,
        record TEXT NOT NULL,
        digest TEXT NOT NULL,
        PRIMARY KEY (sha256, model)
    )
    """,
)

_PROXY = "proxy"  # in the place of the model of what was found

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FoundFace:
    """One face of a reference picture, or one track of a reference video."""

    embedding: Floats  # unit length
    size_px: float
    sharpness: float  # 0 blurred to 1
    yaw_deg: float
    count: int  # frames that were averaged


@dataclass(frozen=True, slots=True)
class FoundWindow:
    """A few seconds of a voice in a reference."""

    span: Span
    embedding: Floats  # unit length


@dataclass(frozen=True, slots=True)
class FoundVoice:
    """One voice of a reference recording or video; `windows` are the most typical of it."""

    embedding: Floats  # unit length
    seconds: float  # of its speech that was listened to
    snr_db: float
    synthesis: float  # mean raw score of its windows in the check for synthetic speech
    windows: tuple[FoundWindow, ...] = ()
    sha256: str = ""  # of the reference


def read_voices(file: Path, *, device: str = "cpu") -> list[FoundVoice]:
    """Return the voices of a recording or video, longest first; [] when nobody speaks.

    Raises MediaError when it can't be read.
    """
    with Media.open(file) as media:
        speech = find_speech(media.audio_blocks(), device=device)
        voices = find_voices(media, speech, device=device)
    net = spoof_net(device)
    return [
        FoundVoice(
            voice.embedding,
            voice.seconds,
            voice.snr_db,
            float(np.mean([net.score(window.samples) for window in voice.windows])),
            _typical(voice),
        )
        for voice in voices
    ]


def _typical(voice: Voice) -> tuple[FoundWindow, ...]:
    """Return the windows of a voice that are most like the whole of it."""
    own = voice.embedding
    ranked = sorted(voice.windows, key=lambda window: -float(window.embedding @ own))
    return tuple(FoundWindow(one.span, one.embedding) for one in ranked[:MOST_WINDOWS])


def read_picture(looker: Looker, file: Path) -> list[FoundFace]:
    """Return the faces of a picture, largest first; raises MediaError when it can't be read."""
    with Media.open(file) as media:
        frame = next(iter(media.survey()), None)
    if frame is None:
        raise MediaError("it holds no picture")
    faces = looker.faces_in(frame.image)
    return [
        FoundFace(f.embedding, f.quality.size_px, f.quality.sharpness, f.quality.yaw_deg, 1)
        for f in faces
    ]


def read_video(
    looker: Looker,
    file: Path,
    *,
    proxy: ProxyWriter | None = None,
    source: Source | None = None,
) -> tuple[list[FoundFace], Fingerprint]:
    """Return face tracks and fingerprint of a reference video or sound file, in one decode.

    What is decoded goes to `proxy`, too; `source` is the file where it is open already. Memory is
    bounded by a chunk, whatever the length. Raises MediaError when it can't be read.
    """
    faces: list[FoundFace] = []
    with Media.open(file, source=source) as media:
        builder = FingerprintBuilder(duration_s=media.info.duration_s, reference=True)
        tracks = 0
        for span in _chunks(media):
            frames = _frames(media, span, proxy)
            look = looker.look_at(frames, span, on_frame=builder.add_frame)
            for number, track in enumerate(look.tracks, start=tracks):
                for face in track.faces:
                    builder.add_face(
                        face.time_s, face.crop, track=number, size_px=face.quality.size_px
                    )
                faces.append(_found(track))
            tracks += len(look.tracks)
        for start, samples in media.audio_blocks():
            builder.add_sound(start, samples)
            if proxy is not None:
                proxy.add_sound(start, samples)
    fingerprint = builder.finish()
    if fingerprint.empty:
        raise MediaError("neither pictures nor sound of it can be decoded")
    return faces, fingerprint


def write_proxy(file: Path, proxy: ProxyWriter) -> None:
    """Write the proxy of a reference that was read before; raises MediaError when it can't be."""
    with Media.open(file) as media:
        for span in _chunks(media):
            for _ in _frames(media, span, proxy):
                pass
        for start, samples in media.audio_blocks():
            proxy.add_sound(start, samples)


def _chunks(media: Media) -> Iterator[Span]:
    start = 0.0
    end = max(media.info.duration_s, CHUNK)  # a length of 0 is unknown: the first chunk is tried
    while media.info.kind == "video" and start < end:
        yield Span(start, start + CHUNK)
        start += CHUNK


def _frames(media: Media, span: Span, proxy: ProxyWriter | None) -> Iterator[Frame]:
    """Give the frames of a span to fingerprint, and hand those between them to the proxy, too."""
    if proxy is None:
        yield from media.window(span, fps=REFERENCE_FPS)
        return
    if media.info.audio_codec:
        proxy.expect_sound()
    yield from fewer(_shown(media.window(span, fps=PROXY_FPS), proxy), span, REFERENCE_FPS)


def _shown(frames: Iterable[Frame], proxy: ProxyWriter) -> Iterator[Frame]:
    """Pass frames on, and write what a viewer sees on a white page into the proxy."""
    for frame in frames:
        if not frame.view:
            proxy.add_frame(frame.time_s, frame.image)
        yield frame


def fewer(frames: Iterable[Frame], span: Span, fps: float) -> Iterator[Frame]:
    """Pass on those of the frames that are on the screen at `fps` moments a second of a span.

    Where none of them is shown at a moment, the one after it is.
    """
    start, number, passed = None, 0, False
    for frame in frames:
        if not frame.view:  # the other view of a frame goes with it
            if start is None:
                start = max(span.start, frame.time_s)
            end = frame.time_s + max(frame.shown_s - ROUNDING, ROUNDING)
            passed = start + number / fps < end
            while start + number / fps < end:
                number += 1
        if passed:
            yield frame


def _found(track: Track) -> FoundFace:
    quality = track.best.quality
    return FoundFace(
        track.embedding, quality.size_px, quality.sharpness, quality.yaw_deg, len(track.faces)
    )


class Store:
    """The cache of what was found in references, by content hash, embedder and way of reading.

    It knows nothing of whose the references are: that follows from where they lie at the time.
    """

    def __init__(self, folder: Path) -> None:
        hashes = {file.name: file.sha256 for file in weights.recorded()}
        self._model = hashes[EMBEDDER]
        networks = f"{hashes[VOICE_EMBEDDER]} {VOICE_VERSION} {hashes[SPOOF_NET]}"
        self._voice_model = f"{networks} {_VOICES}"
        private_folder(folder)
        self._file = file = folder / "gallery.sqlite"
        try:
            self._connection = connect(file, _GALLERY)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise OSError(f"{shown_path(file)} can't be used: {error}") from error
            # Whatever it is, it stands in the program's own folder, and all can be read again.
            _log.warning("%s is damaged and is made anew: %s", file, error)
            remove_database(file)
            self._connection = connect(file, _GALLERY)

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    def _row(self, sql: str, *values: str | bytes) -> tuple[Any, ...] | None:
        """Run one statement and return its first row; raises OSError where the file is damaged."""
        try:
            row: tuple[Any, ...] | None = self._connection.execute(sql, values).fetchone()
        except sqlite3.Error as error:
            raise OSError(
                f"{shown_path(self._file)} can't be used: {error}: delete it, and it is made anew"
            ) from error
        return row

    def hash_of(self, file: Path) -> str:
        """Return the SHA-256 of a file, computed again only when the file may have changed."""
        try:
            now = facts(file.stat())
        except OSError as error:
            raise MediaError(f"the file can't be opened: {error.strerror or error}") from error
        path = os.fsencode(file.absolute())
        row = self._row("SELECT sha256 FROM file WHERE path = ? AND facts = ?", path, now)
        if row is not None:
            return str(row[0])
        sha256, _ = identify(file)
        self._row("INSERT OR REPLACE INTO file VALUES (?, ?, ?)", path, now, sha256)
        return sha256

    def get(self, sha256: str, way: Way) -> tuple[list[FoundFace], str] | None:
        """Return (faces, error) as found before, or None."""
        known = self.kept(sha256, f"{self._model} {way}")
        if known is None:
            return None
        return [_face_of(row) for row in known["found"]], known["error"]

    def put(self, sha256: str, way: Way, faces: Sequence[FoundFace], error: str) -> None:
        """Keep the faces of a reference, or why it can't be read."""
        # The first picture of a video is not the tracks of its faces, whichever was read first.
        self._put(sha256, f"{self._model} {way}", map(_face_row, faces), error)

    def get_voices(self, sha256: str) -> tuple[list[FoundVoice], str] | None:
        """Return (voices, error) as found before, or None."""
        known = self.kept(sha256, self._voice_model)
        if known is None:
            return None
        return [_voice_of(row, sha256) for row in known["found"]], known["error"]

    def put_voices(self, sha256: str, voices: Sequence[FoundVoice], error: str) -> None:
        """Keep the voices of a reference, or why it can't be read."""
        self._put(sha256, self._voice_model, map(_voice_row, voices), error)

    def lacking_proxy(self, sha256: str) -> str:
        """Return why the proxy of a reference could not be written, "" where nothing is known."""
        known = self.kept(sha256, _PROXY)
        return str(known["error"]) if known else ""

    def put_proxy(self, sha256: str, error: str) -> None:
        """Keep why the proxy of a reference could not be written, "" where it was."""
        self._put(sha256, _PROXY, (), error)

    def kept(self, sha256: str, model: str) -> dict[str, Any] | None:
        """Return what is kept; None when it is not there, or not what was made of this file."""
        row = self._row(
            "SELECT record, digest FROM found WHERE sha256 = ? AND model = ?", sha256, model
        )
        if row is None or digest_of(sha256, model, row[0]) != row[1]:
            return None
        found: dict[str, Any] = json.loads(row[0])
        return found

    def keep(self, sha256: str, model: str, found: Mapping[str, Any]) -> None:
        """Keep what was found in a reference with a model."""
        record = json.dumps(found)
        self._row(
            "INSERT OR REPLACE INTO found VALUES (?, ?, ?, ?)",
            sha256,
            model,
            record,
            digest_of(sha256, model, record),
        )

    def _put(self, sha256: str, model: str, rows: Iterable[Sequence[Any]], error: str) -> None:
        self.keep(sha256, model, {"found": list(rows), "error": error})


def _face_row(face: FoundFace) -> list[Any]:
    numbers = float(face.size_px), float(face.sharpness), float(face.yaw_deg), int(face.count)
    return [_packed(face.embedding), *numbers]


def _face_of(row: Sequence[Any]) -> FoundFace:
    embedding, *numbers = row
    return FoundFace(_unpacked(embedding), *numbers)


def _voice_row(voice: FoundVoice) -> list[Any]:
    numbers = float(voice.seconds), float(voice.snr_db), float(voice.synthesis)
    windows = [[*one.span.to_list(), _packed(one.embedding)] for one in voice.windows]
    return [_packed(voice.embedding), *numbers, windows]


def _voice_of(row: Sequence[Any], sha256: str) -> FoundVoice:
    embedding, seconds, snr_db, synthesis, windows = row
    found = tuple(FoundWindow(Span(start, end), _unpacked(own)) for start, end, own in windows)
    return FoundVoice(_unpacked(embedding), seconds, snr_db, synthesis, found, sha256)


def _packed(embedding: Floats) -> str:
    return base64.b64encode(embedding.astype("<f4").tobytes()).decode("ascii")


def _unpacked(text: str) -> Floats:
    return np.frombuffer(base64.b64decode(text), "<f4")

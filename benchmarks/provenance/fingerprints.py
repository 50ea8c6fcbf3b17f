"""Fingerprints the files of `benchmarks.provenance`, once; fingerprints are kept as .npz files."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from media_screen.evidence import Span
from media_screen.faces.align import align
from media_screen.faces.detect import Detection, FaceDetector
from media_screen.footage.fingerprint import LAYOUT, REFERENCE_FPS, Fingerprint, FingerprintBuilder
from media_screen.media import Frame, Media

# Key frames and dense windows, as in `media_screen.look`; short files are covered by windows.
WINDOW_S, WINDOW_FPS, WINDOWS = 5.0, 5.0, 4
LEAST_FACE = 28.0  # px
MOST_FACES = 3
FACE_SIDE = 480  # px; frames are searched for faces at this size, half of the usual, to save time
VERSION = "6"  # part of the cache's names: raise it when fingerprints change


class FingerprintReader:
    """Fingerprints files; `folder` is the cache."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._detector = FaceDetector.load()
        self._detector = FaceDetector(self._detector._session, fine_side=FACE_SIDE)

    def read(self, path: Path, *, reference: bool) -> Fingerprint:
        """Return the fingerprint of a file, dense for a reference."""
        stat = path.stat()
        name = f"{VERSION}/{path}/{stat.st_size}/{stat.st_mtime_ns}/{reference}"
        kept = self._folder / f"{hashlib.sha256(name.encode()).hexdigest()[:24]}.npz"
        if kept.exists():
            with np.load(kept) as arrays:
                return Fingerprint(
                    duration_s=float(arrays["duration_s"]),
                    sound_s=float(arrays["sound_s"]),
                    **{name: arrays[name] for name in LAYOUT},
                )
        fingerprint = self._take(path, reference)
        arrays = {name: getattr(fingerprint, name) for name in LAYOUT}
        np.savez(kept, duration_s=fingerprint.duration_s, sound_s=fingerprint.sound_s, **arrays)
        return fingerprint

    def _take(self, path: Path, reference: bool) -> Fingerprint:
        with Media.open(path, threads=1) as media:
            length = media.info.duration_s
            builder = FingerprintBuilder(duration_s=length, reference=reference)
            tracks = _Tracks()
            for frame in _frames(media, reference):
                builder.add_frame(frame.time_s, frame.image)
                for face in self._detector.detect([frame.image])[0][:MOST_FACES]:
                    size = face.box[2] - face.box[0]
                    if size >= LEAST_FACE:
                        crop = align(frame.image, face.landmarks)
                        track = tracks.of(face)
                        builder.add_face(frame.time_s, crop, track=track, size_px=size)
            for start, samples in media.audio_blocks():
                builder.add_sound(start, samples)
        return builder.finish()


def _frames(media: Media, reference: bool) -> Iterator[Frame]:
    length = media.info.duration_s
    if reference:
        yield from media.window(Span(0.0, length + 1), fps=REFERENCE_FPS)
        return
    yield from media.survey()
    count = min(WINDOWS, max(1, math.ceil(length / WINDOW_S)))
    for index in range(count):
        start = max(0.0, (length / count) * (index + 0.5) - WINDOW_S / 2)
        yield from media.window(Span(start, start + WINDOW_S), fps=WINDOW_FPS)


class _Tracks:
    """Follows faces by place alone."""

    def __init__(self) -> None:
        self._last: list[tuple[float, float, float]] = []  # centre and width

    def of(self, face: Detection) -> int:
        x, y = (face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2
        width = face.box[2] - face.box[0]
        for number, (left, top, before) in enumerate(self._last):
            near = max(abs(x - left), abs(y - top)) < 0.7 * width
            if near and 0.6 < width / before < 1.6:
                self._last[number] = (x, y, width)
                return number
        self._last.append((x, y, width))
        return len(self._last) - 1

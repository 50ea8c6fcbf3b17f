"""Watches the mouths of all labelled clips with sound once, and keeps what was seen and heard.

The store holds one `.npz` for each file and version, with what `lip_sync.sight` measures and the
sound at 16 kHz. Stopping and starting again goes on after the last file that was written.
"""

from __future__ import annotations

import functools
import hashlib
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from media_screen.arrays import Floats, Image
from media_screen.detectors.lip_sync.sight import Course, Sight, crops_along, measure
from media_screen.evidence import Span
from media_screen.faces.align import REFERENCE
from media_screen.faces.detect import Detection, FaceDetector
from media_screen.faces.mesh import MeshNet
from media_screen.look import MIN_FACE, WINDOW_FPS
from media_screen.media import SAMPLE_RATE, Media, MediaError
from training.face_artifact import blends
from training.manifest import SHIFTED, read_media_rows

if TYPE_CHECKING:
    from media_screen.media import Frame


ORIGINAL, COPY, PSEUDO = "original", "480p", "pseudo"
# s of a file that are kept. A genuine clip trains the network, so all of it; the others are judged
# by windows as a scan takes them.
SECONDS = {"real_video": 30.0, "fake_video": 10.5}
COPY_SECONDS = 5.5
PSEUDO_SECONDS = 5.5
CHUNK = 5.0  # s that are decoded and measured together
# A copy at a low rate: px of the shorter side, x264's rate factor, bits a second of AAC.
COPY_SIDE, COPY_CRF, COPY_BITS = 480, 33, 32_000
_MOVED = 0.6  # face widths that a face moves at most between looks, 0.2 s apart
_RESCALED = 1.6  # times that its width changes


@dataclass(frozen=True)
class TrainingClip:
    """One labelled file with sound: its row in the manifest, reduced to what is needed."""

    path: str
    kind: str
    method: str
    identity: str
    collection: str
    sha256: str
    layout: str

    @property
    def fake(self) -> bool:
        """Whether mouth or face was forged; genuine clips with shifted sound are not."""
        return self.kind == "fake_video" and not self.shifted

    @property
    def shifted(self) -> bool:
        """Whether the sound of a genuine clip was shifted."""
        return self.method.startswith(SHIFTED)

    def file(self, version: str) -> str:
        """Return the name of its file in a store."""
        return f"{hashlib.sha256(self.path.encode()).hexdigest()[:16]}.{version}.npz"


@dataclass(frozen=True, eq=False)
class Seen:
    """What is kept of one file and version: the sound (16 kHz) and the faces that were followed."""

    sound: Floats
    sights: tuple[Sight, ...]


def read_clips(media: Path) -> list[TrainingClip]:
    """Return the clips that have sound and show a face."""
    return [
        TrainingClip(**{name: getattr(row, name) for name in TrainingClip.__dataclass_fields__})
        for row in read_media_rows(media)
        if row.kind in SECONDS and row.audio == "ok" and row.layout != "noface"
    ]


def prepare(media: Path, store: Path) -> Iterator[str]:
    """Fill a store, genuine originals first, and yield a line for each file that was added."""
    store.mkdir(parents=True, exist_ok=True)
    clips = sorted(read_clips(media), key=lambda clip: clip.kind == "fake_video")
    for version in (ORIGINAL, PSEUDO, COPY):
        for clip in clips:
            target = store / clip.file(version)
            if target.is_file() or (version == PSEUDO and not _is_forged_too(clip)):
                continue
            try:
                seen = _see(media / clip.path, clip, version)
            except MediaError as error:
                yield f"{clip.path} {version}: {error}"
                continue
            save(target, seen)
            frames = sum(len(sight.times) for sight in seen.sights)
            yield f"{clip.path} {version}: {len(seen.sights)} faces, {frames} frames"


def _is_forged_too(clip: TrainingClip) -> bool:
    """Whether a pseudo-fake is made of a clip: of every second genuine one, drawn by its name."""
    return clip.kind == "real_video" and zlib.crc32(clip.path.encode()) % 2 == 0


def save(path: Path, seen: Seen) -> None:
    """Write what was seen; a stop in the middle leaves nothing half."""
    arrays: dict[str, Any] = {"sound": np.round(seen.sound * 32767).astype(np.int16)}
    for number, sight in enumerate(seen.sights):
        for name in Sight.__dataclass_fields__:
            value = getattr(sight, name)
            kept = value.astype(np.float16) if name in ("points", "texture") else value
            arrays[f"{name}.{number}"] = kept
    part = path.with_suffix(".part.npz")
    np.savez(part, **arrays)
    part.replace(path)


def load(path: Path) -> Seen:
    """Read what was seen back."""
    with np.load(path, allow_pickle=False) as saved:
        sound = saved["sound"].astype(np.float32) / 32767
        count = sum(name.startswith("times.") for name in saved.files)
        sights = [
            Sight(
                times=saved[f"times.{number}"],
                points=saved[f"points.{number}"].astype(np.float32),
                scores=saved[f"scores.{number}"],
                mouths=saved[f"mouths.{number}"],
                texture=saved[f"texture.{number}"].astype(np.float32),
            )
            for number in range(count)
        ]
    return Seen(sound, tuple(sights))


def _see(path: Path, clip: TrainingClip, version: str) -> Seen:
    limit = SECONDS[clip.kind]
    if version == COPY:
        with tempfile.TemporaryDirectory() as folder, Media.open(path, threads=1) as media:
            small = Path(folder) / "copy.mp4"
            length = min(limit, COPY_SECONDS)
            write_copy(media, Span(0.0, length), small)
            with Media.open(small, threads=1) as copy:
                return _watch(copy, length)
    with Media.open(path, threads=1) as media:
        if version == PSEUDO:
            return _watch(media, PSEUDO_SECONDS, seed=zlib.crc32(clip.path.encode()))
        return _watch(media, limit)


def _watch(media: Media, limit: float, *, seed: int | None = None) -> Seen:
    """Watch the largest face of a file, shot by shot; with a seed, its mouth is forged first."""
    detector, net = _nets()
    whole = Span(0.0, min(limit, media.info.duration_s or limit))
    courses = follow(media.window(whole, fps=WINDOW_FPS), detector)
    sights: list[Sight] = []
    for course in courses:
        parts = []
        start = float(course.times[0]) - 0.1
        while start < course.times[-1]:
            span = Span(start, min(start + CHUNK, float(course.times[-1]) + 0.1))
            ((times, crops),) = crops_along(media.window(span), [course])
            if seed is not None and crops:
                crops = forge(crops, seed)
            if crops:
                parts.append(measure(times, crops, net))
            start += CHUNK
        if parts:
            sights.append(_joined(parts))
    return Seen(media.audio(whole), tuple(sights))


def _joined(parts: Sequence[Sight]) -> Sight:
    return Sight(
        *(np.concatenate([getattr(part, n) for part in parts]) for n in Sight.__dataclass_fields__)
    )


def follow(frames: Iterator[Frame], detector: FaceDetector) -> list[Course]:
    """Follow the largest face through frames 0.2 s apart; a jump begins a new course."""
    courses: list[list[tuple[float, Detection]]] = [[]]
    for frame in frames:
        (found,) = detector.detect([frame.image])
        found = [one for one in found if one.box[2] - one.box[0] >= MIN_FACE]
        if not found:
            continue
        face = max(found, key=lambda one: one.box[2] - one.box[0])
        if courses[-1] and not _continues(courses[-1][-1][1], face):
            courses.append([])
        courses[-1].append((frame.time_s, face))
    return [
        Course(np.array([t for t, _ in one]), np.stack([face.landmarks for _, face in one]))
        for one in courses
        if len(one) >= 8  # 1.6 s; of less nothing can be said
    ]


def _continues(before: Detection, after: Detection) -> bool:
    width = before.box[2] - before.box[0]
    ratio = (after.box[2] - after.box[0]) / width
    move = np.linalg.norm(after.landmarks.mean(axis=0) - before.landmarks.mean(axis=0)) / width
    return bool(move <= _MOVED and 1 / _RESCALED <= ratio <= _RESCALED)


def forge(crops: Sequence[Image], seed: int) -> list[Image]:
    """Replace the mouth in all crops of a window by that of another moment, in one way for all."""
    delay = int(np.random.default_rng(seed).integers(8, 40))  # frames
    points = REFERENCE
    return [
        blends.mouth_edit(
            blends.Genuine(crop, points, crops[(number + delay) % len(crops)], crop),
            np.random.default_rng(seed),
        )
        for number, crop in enumerate(crops)
    ]


def write_copy(media: Media, span: Span, target: Path) -> None:
    """Write a span as a small copy at a low rate, H.264 and AAC, at the times it had."""
    import av
    import cv2

    clock = Fraction(1, 90_000)
    info = media.info
    scale = min(1.0, COPY_SIDE / max(1, min(info.width, info.height)))
    width, height = (max(2, 2 * round(side * scale / 2)) for side in (info.width, info.height))
    with av.open(str(target), "w", format="mp4") as out:
        video = out.add_stream("libx264", options={"crf": str(COPY_CRF), "preset": "veryfast"})
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.time_base = video.codec_context.time_base = clock
        sound = out.add_stream("aac", rate=44_100, layout="mono")
        sound.bit_rate = COPY_BITS
        last = -1
        for frame in media.window(span):
            small = cv2.resize(frame.image, (width, height), interpolation=cv2.INTER_AREA)
            picture = av.VideoFrame.from_ndarray(np.asarray(small, np.uint8), format="rgb24")
            last = max(last + 1, round((frame.time_s - span.start) / clock))
            picture.pts, picture.time_base = last, clock
            out.mux(video.encode(picture))
        if last < 0:
            raise MediaError("not one of its frames can be decoded")
        out.mux(video.encode())
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=44_100)
        block = av.AudioFrame.from_ndarray(media.audio(span)[None], format="fltp", layout="mono")
        block.sample_rate, block.pts = SAMPLE_RATE, 0
        block.time_base = Fraction(1, SAMPLE_RATE)
        for part in (*resampler.resample(block), *resampler.resample(None)):
            out.mux(sound.encode(part))
        out.mux(sound.encode())


@functools.cache
def _nets() -> tuple[FaceDetector, MeshNet]:
    from media_screen.weights import nets

    nets.limit_threads(1)
    return FaceDetector.load(), MeshNet.load()

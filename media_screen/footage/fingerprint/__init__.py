"""Collects the fingerprint of a file from frames, faces and sound that are decoded anyway.

A fingerprint is compact (about 1.5 KB a second at 4 frames/s), says nothing about who is seen, and
is all that the catalogue needs: for finding a copy, for aligning it in time, and for telling
whether picture and sound follow the reference.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Protocol
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from media_screen.arrays import Array, Bytes, Codes, Floats
from media_screen.footage.fingerprint import picture, sound

REFERENCE_FPS = 4.0  # frames/s at which official footage is fingerprinted, from end to end
# A reference keeps a small picture every so many seconds, sooner after a change of so many bits.
THUMB_EVERY_S, THUMB_LEAST_S, THUMB_BITS = 30.0, 2.0, 60
MOST_THUMBS = 64  # kept of one reference, 0.25 MB
CUT = 25.0  # mean difference of grey levels between two shots
# Frames that share one decision about borders: 16 s of a reference, 10 s of a dense window.
STRETCH = 64

_REGIONS = len(picture.REGIONS)
_HASH, _SIZE = picture.HASH_BYTES, picture.DESCRIPTOR_SIZE

# Name, type and shape of one row of each array, as they are stored and checked.
LAYOUT: dict[str, tuple[str, tuple[int, ...]]] = {
    "times": ("<f4", ()),
    "hashes": ("|u1", (_REGIONS, _HASH)),
    "mirrored": ("|u1", (_REGIONS, _HASH)),
    "quality": ("|u1", (_REGIONS,)),
    "pictures": ("|i1", (_REGIONS, _SIZE)),
    "fine": ("|i1", (picture.FINE_SIZE,)),
    "face_times": ("<f4", ()),
    "face_tracks": ("<i2", ()),
    "face_sizes": ("<u2", ()),
    "face_hashes": ("|u1", (_HASH,)),
    "face_mirrored": ("|u1", (_HASH,)),
    "face_quality": ("|u1", ()),
    "faces": ("|i1", (_SIZE,)),
    "peak_frames": ("<u4", ()),
    "peak_steps": ("|u1", ()),
    "thumb_times": ("<f4", ()),
    "thumb_shapes": ("<f4", ()),
    "thumbs": ("|u1", (picture.GRID, picture.GRID)),
}
# Arrays that have one row for each frame, each face, each peak.
GROUPS = (
    ("times", "hashes", "mirrored", "quality", "pictures", "fine"),
    tuple(name for name in LAYOUT if name.startswith("face")),
    ("peak_frames", "peak_steps"),
    ("thumb_times", "thumb_shapes", "thumbs"),
)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is kept of a file to find it again; rows are in order of time.

    `hashes`, `mirrored`, `quality`, `pictures` have a second axis for the regions of
    `picture.REGIONS`; `fine` is the larger descriptor of the first region. `faces` describes
    the upper face (brow, eyes, nose), `face_sizes` the width of the face in px of the source (0:
    unknown). `thumbs` are small grey pictures, squeezed to squares (`thumb_shapes`: width over
    height), of every frame of a query and of few frames of a reference: where one lies in the other
    is found from them. `sound_s` is how much sound was heard, `duration_s` how long the file is.
    """

    duration_s: float
    sound_s: float
    times: Floats
    hashes: Bytes
    mirrored: Bytes
    quality: Bytes
    pictures: Codes
    fine: Codes
    face_times: Floats
    face_tracks: npt.NDArray[np.int16]
    face_sizes: npt.NDArray[np.uint16]
    face_hashes: Bytes
    face_mirrored: Bytes
    face_quality: Bytes
    faces: Codes
    peak_frames: npt.NDArray[np.uint32]
    peak_steps: Bytes
    thumb_times: Floats
    thumb_shapes: Floats
    thumbs: Bytes

    def __post_init__(self) -> None:
        for name, (kind, row) in LAYOUT.items():
            array = getattr(self, name)
            if array.dtype != np.dtype(kind) or array.shape[1:] != row:
                raise ValueError(
                    f"{name}: expected rows of {kind} {row}, got {array.dtype} {array.shape[1:]}"
                )
        for group in GROUPS:
            lengths = {name: len(getattr(self, name)) for name in group}
            if len(set(lengths.values())) > 1:
                raise ValueError(f"expected arrays of one length, got {lengths}")

    @property
    def empty(self) -> bool:
        """True when neither picture nor sound was taken in."""
        return not (len(self.times) or len(self.face_times) or len(self.peak_frames))

    @property
    def nbytes(self) -> int:
        """Size of all arrays in bytes."""
        return sum(getattr(self, name).nbytes for name in LAYOUT)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Fingerprint):
            return NotImplemented
        return all(
            np.array_equal(getattr(self, item.name), getattr(other, item.name))
            for item in fields(self)
        )

    __hash__ = None  # type: ignore[assignment]  # arrays don't hash

    def to_bytes(self) -> bytes:
        """Return it as bytes that travel between machines: an archive of arrays (NPZ)."""
        stream = io.BytesIO()
        arrays = {item.name: np.asarray(getattr(self, item.name)) for item in fields(self)}
        np.savez(stream, **arrays)  # type: ignore[arg-type]
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Fingerprint:
        """Read what `to_bytes` wrote; raises ValueError when it is something else."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in LAYOUT}
                lengths: dict[str, Any] = {
                    name: float(archive[name]) for name in ("duration_s", "sound_s")
                }
        except (KeyError, OSError, EOFError, TypeError, ValueError, BadZipFile) as error:
            raise ValueError(f"not a fingerprint: {error}") from error
        return cls(**lengths, **arrays)


def kept_thumbs(fingerprint: Fingerprint) -> dict[str, Array]:
    """Return the small pictures that a catalogue keeps: spread over the file, MOST_THUMBS."""
    count = len(fingerprint.thumb_times)
    rows = np.unique(np.linspace(0, count - 1, min(count, MOST_THUMBS)).astype(int))
    return {name: getattr(fingerprint, name)[rows] for name in GROUPS[3]}


class FingerprintBuilder:
    """Takes frames, faces and sound as they are decoded, in any order.

    >>> builder = FingerprintBuilder(duration_s=12.0)
    >>> builder.add_frame(0.0, image)  # RGB, any size
    >>> builder.add_sound(0.0, samples)  # mono, 16 kHz
    >>> fingerprint = builder.finish()
    """

    def __init__(self, *, duration_s: float = 0.0, reference: bool = False) -> None:
        """`reference` keeps few of the small pictures, so that hours of footage stay small."""
        self._duration = duration_s
        self._reference = reference
        self._thumbs: list[tuple[Any, ...]] = []
        self._waiting: list[tuple[float, Bytes]] = []
        self._frames: list[tuple[Any, ...]] = []
        self._faces: list[tuple[Any, ...]] = []
        self._picker: _Picker = sound.PeakPicker()
        self._last: tuple[float, Bytes] | None = None  # small picture kept last: time and hash
        self._end = 0.0

    @classmethod
    def resumed(cls, fingerprint: Fingerprint) -> FingerprintBuilder:
        """Return the builder of a finished fingerprint, which takes further frames and faces."""
        builder = cls(duration_s=fingerprint.duration_s)
        builder._frames, builder._faces, builder._thumbs = (
            list(zip(*(getattr(fingerprint, name) for name in names), strict=True))
            for names in (GROUPS[0], _FACE_COLUMNS, GROUPS[3])
        )
        peaks = sound.Peaks(fingerprint.peak_frames, fingerprint.peak_steps)
        builder._picker = _FinishedPicker(peaks, fingerprint.sound_s)
        return builder

    def add_frame(self, time_s: float, image: Bytes) -> None:
        """Take one frame: RGB, height x width x 3, uint8."""
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            raise ValueError(f"expected an RGB picture of uint8, got {image.dtype} {image.shape}")
        self._waiting.append((time_s, picture.to_grey(image)))
        self._end = max(self._end, time_s)
        if len(self._waiting) == STRETCH:
            self._settle()

    def add_face(self, time_s: float, crop: Bytes, *, track: int = 0, size_px: float = 0.0) -> None:
        """Take the aligned 256 x 256 crop of a face; `track` tells the faces of a moment apart.

        `size_px` is the width of the face in the source; too small ones are not judged.
        """
        from media_screen.faces import align

        if crop.shape != (align.CROP_SIDE, align.CROP_SIDE, 3):
            raise ValueError(f"expected a crop of 256 x 256 x 3, got {crop.shape}")
        import cv2

        grey = np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
        upper = picture.fingerprint(align.upper_face(grey))
        size = min(max(0, round(size_px)), 65535)
        self._faces.append(
            (
                time_s,
                track & 0x7FFF,
                size,
                upper.hash,
                upper.mirrored,
                upper.quality,
                upper.descriptor,
            )
        )

    def add_sound(self, start_s: float, samples: Floats) -> None:
        """Take the next piece of the sound: float32, mono, 16 kHz."""
        if samples.size:
            self._picker.add(start_s, samples)
            self._end = max(self._end, start_s + samples.size / sound.RATE)

    def finish(self) -> Fingerprint:
        """Return the fingerprint of all that was taken in."""
        self._settle()
        peaks = self._picker.finish()
        # A survey and a dense window may both give the same frame. Times are compared as they are
        # stored, for some may come from a finished fingerprint.
        frames = {np.float32(row[0]): row for row in self._frames}
        faces = {(np.float32(row[0]), int(row[1])): row for row in self._faces}
        thumbs = {np.float32(row[0]): row for row in self._thumbs}
        rows = (frames.values(), faces.values(), thumbs.values())
        names = (GROUPS[0], _FACE_COLUMNS, GROUPS[3])
        arrays: dict[str, Array] = {}
        for values, group in zip(rows, names, strict=True):
            arrays |= zip(group, _columns(values, group), strict=True)
        return Fingerprint(
            duration_s=float(self._duration or self._end),
            sound_s=self._picker.seconds,
            peak_frames=peaks.frames,
            peak_steps=peaks.steps,
            **arrays,
        )

    def _settle(self) -> None:
        """Hash the waiting frames inside the borders that they agree on."""
        for shot in _shots(self._waiting):
            box = picture.settled_box([picture.content_box(grey) for _, grey in shot])
            for time_s, grey in shot:
                self._hash(time_s, grey, box)
        self._waiting = []

    def _hash(self, time_s: float, grey: Bytes, box: picture.Box) -> None:
        parts = picture.regions(grey, box)
        prints = [picture.fingerprint(part) for part in parts]
        if not self._reference or self._is_new(time_s, prints[0].hash):
            shape = parts[0].shape[1] / parts[0].shape[0]
            self._thumbs.append((time_s, shape, prints[0].thumb))
        self._frames.append(
            (
                time_s,
                [piece.hash for piece in prints],
                [piece.mirrored for piece in prints],
                # A part of a card may look like more than there is on the whole of it.
                [piece.quality if prints[0].quality else 0 for piece in prints],
                [piece.descriptor for piece in prints],
                prints[0].fine,
            )
        )

    def _is_new(self, time_s: float, hash_: Bytes) -> bool:
        """Tell whether a reference shows something new, or has shown the same for long."""
        if self._last is not None:
            then, before = self._last
            changed = picture.hamming(hash_, before) > THUMB_BITS
            wait = THUMB_LEAST_S if changed else THUMB_EVERY_S
            if 0 <= time_s - then < wait:
                return False
        self._last = (time_s, hash_)
        return True


class _Picker(Protocol):
    """Takes sound, and gives its peaks."""

    seconds: float

    def add(self, start_s: float, samples: Floats) -> None: ...

    def finish(self) -> sound.Peaks: ...


class _FinishedPicker:
    """The peaks of sound that was heard before; there is no more of it."""

    def __init__(self, peaks: sound.Peaks, seconds: float) -> None:
        self._peaks, self.seconds = peaks, seconds

    def add(self, start_s: float, samples: Floats) -> None:
        pass  # its peaks are known

    def finish(self) -> sound.Peaks:
        return self._peaks


def _shots(frames: list[tuple[float, Bytes]]) -> list[list[tuple[float, Bytes]]]:
    """Split frames where the picture changes altogether: each shot has its own borders."""
    import cv2

    shots: list[list[tuple[float, Bytes]]] = []
    before: Bytes | None = None
    for time_s, grey in frames:
        small = np.asarray(cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA), np.uint8)
        if before is None or np.mean(cv2.absdiff(small, before)) > CUT:
            shots.append([])
        shots[-1].append((time_s, grey))
        before = small
    return shots


_FACE_COLUMNS = (
    "face_times",
    "face_tracks",
    "face_sizes",
    "face_hashes",
    "face_mirrored",
    "face_quality",
    "faces",
)


def _columns(rows: Iterable[tuple[Any, ...]], names: tuple[str, ...]) -> list[Array]:
    """Turn rows into one array a column, in order of time."""
    rows = sorted(rows, key=lambda row: row[0])
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return [
        np.array(column, dtype=LAYOUT[name][0]).reshape(-1, *LAYOUT[name][1])
        for name, column in zip(names, columns, strict=True)
    ]

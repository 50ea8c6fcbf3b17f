"""What the file is, how much of it was looked at, and the faces that were followed in it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from media_screen.evidence.records import fields_of, rounded
from media_screen.evidence.spans import Span

# Of a face beside the original: the file, the original, and where the two differ.
Part = Literal["file", "original", "difference"]
PARTS: tuple[Part, ...] = get_args(Part)

_NEARLY_WHOLE = 0.9999  # the largest share below 1 that a record has


@dataclass(frozen=True, slots=True)
class MediaStream:
    """One picture, sound or other track of the file, and whether it was judged.

    Players show and play the `default` ones; of the others the record at least says that they are
    there. `language` and `title` are what the container says: untrusted.
    """

    index: int
    kind: Literal["video", "audio", "other"]
    codec: str = ""
    language: str = ""
    title: str = ""
    default: bool = False
    judged: bool = False


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What the file is: path as shown, content hash, and the facts of its streams."""

    path: str
    sha256: str = ""
    kind: Literal["video", "image", "audio", "unknown"] = "unknown"
    size_bytes: int = 0
    duration_s: float = 0.0
    width: int = 0  # px as shown, after rotation
    height: int = 0  # px as shown, after rotation
    fps: float = 0.0  # average; 0 for pictures and sound
    container: str = ""
    video_codec: str = ""
    audio_codec: str = ""
    sidecar: str = ""  # path as shown of the sidecar that was read, "" for none
    streams: tuple[MediaStream, ...] = ()
    id: str = ""  # 16 hex digits that tell files apart which are shown alike; "" where none are

    def __post_init__(self) -> None:
        if self.id and not re.fullmatch(r"[0-9a-f]{16}", self.id):
            raise ValueError(f"an id is 16 hex digits, got {self.id!r:.60}")

    @property
    def key(self) -> str:
        """A short name that is safe as a file name and differs for each file: 16 hex digits."""
        return (
            self.id
            or hashlib.sha256(self.path.encode("utf-8", "backslashreplace")).hexdigest()[:16]
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the record of a file."""
        return fields_of(self) | {"streams": [fields_of(stream) for stream in self.streams]}

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> MediaInfo:
        """Read the record of a file back; older ones lack its streams."""
        streams = tuple(MediaStream(**stream) for stream in record.get("streams", ()))
        return MediaInfo(**{**record, "streams": streams})


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which share of the time of the picture and of the sound was looked at, 0 to 1.

    None where the file has no such stream. What was not looked at is never without finding.
    """

    picture: float | None = None
    sound: float | None = None

    def __post_init__(self) -> None:
        for share in (self.picture, self.sound):
            if share is not None and not 0.0 <= share <= 1.0:
                raise ValueError(f"a covered share is 0 to 1, got {share}")

    def to_dict(self) -> dict[str, float | None]:
        """Return the record of the shares; one that is not whole never reads as whole."""
        return {name: _rounded_share(share) for name, share in fields_of(self).items()}


def _rounded_share(share: float | None) -> float | None:
    found: float | None = rounded(share)
    return _NEARLY_WHOLE if share is not None and share < 1 == found else found


@dataclass(frozen=True, slots=True)
class TrackSummary:
    """One face followed through the file."""

    track: int
    span: Span
    faces: int
    size_px: float
    person: str | None = None
    cosine: float | None = None  # to the nearest enrolled person

    def to_dict(self) -> dict[str, Any]:
        """Return the record of a face that was followed."""
        return fields_of(self) | {"span": self.span.to_list()}

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> TrackSummary:
        """Read the record of a face that was followed back."""
        return TrackSummary(**{**record, "span": Span.from_list(record["span"])})


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small JPEG for the report; `track` is None for a whole frame.

    A frame of matched footage has its time there as `reference_s`, and the `time_s` of the frame of
    this file that it is to be compared with. So has a `part` of a face beside the original, which
    belongs to the one of `Verdict.comparisons` that has the number `comparison`.
    """

    time_s: float
    jpeg: bytes
    track: int | None = None
    reference_s: float | None = None
    part: Part | Literal[""] = ""
    comparison: int = 0

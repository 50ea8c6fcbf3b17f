"""Moments of speech to listen to, each beside the moment of a person's recordings most like it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from media_screen.evidence.records import fields_of, rounded
from media_screen.evidence.spans import Span

_SHA256 = re.compile(r"[0-9a-f]{64}")

HeardFor = Literal["most_like", "least_like", "most_synthetic"]  # why a moment is to be listened to


@dataclass(frozen=True, slots=True)
class RecordedMoment:
    """A stretch of a recording of an enrolled person.

    `path` leads to the file from the folder of people, with "/"; that it is the same one follows
    from its content.
    """

    path: str
    sha256: str
    size_bytes: int
    span: Span

    def __post_init__(self) -> None:
        if not _SHA256.fullmatch(self.sha256):
            raise ValueError(f"sha256 must be 64 hex digits, got {self.sha256!r:.80}")

    def to_dict(self) -> dict[str, Any]:
        """Return the record of a recorded moment."""
        return fields_of(self) | {"span": self.span.to_list()}

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> RecordedMoment:
        """Read the record of a recorded moment back."""
        return RecordedMoment(**{**record, "span": Span.from_list(record["span"])})


@dataclass(frozen=True, slots=True)
class HeardBeside:
    """A moment of speech in the file beside the one of the person's recordings most like it.

    `cosine` is that of the two voices.
    """

    heard_for: HeardFor
    span: Span
    recorded: RecordedMoment
    cosine: float

    def __post_init__(self) -> None:
        if self.heard_for not in get_args(HeardFor):
            raise ValueError(
                f"heard_for must be one of {get_args(HeardFor)}, got {self.heard_for!r}"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the record of a moment to listen to."""
        return {
            "heard_for": self.heard_for,
            "span": self.span.to_list(),
            "recorded": self.recorded.to_dict(),
            "cosine": rounded(self.cosine),
        }

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> HeardBeside:
        """Read the record of a moment to listen to back."""
        recorded = RecordedMoment.from_dict(record["recorded"])
        span = Span.from_list(record["span"])
        return HeardBeside(**{**record, "span": span, "recorded": recorded})

"""What a detector says: evidence, that it can not judge, or that it broke."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, get_args

from media_screen.evidence.listening import HeardBeside
from media_screen.evidence.records import fields_of
from media_screen.evidence.spans import Match, Span

Axis = Literal["identity", "manipulation", "provenance"]

Reason = Literal[
    "no_face",
    "face_too_small",
    "low_quality",
    "no_speech",
    "music",
    "too_short",
    "no_video",
    "no_audio",
    "no_sidecar",
    "no_reference",
    "no_model",
    "missing_package",
    "not_a_photographic_face",
    "profile",
    "several_voices",
    "voice_over",
    "turned",
    "crowd",
    "attached",
    "dubbed",
    "not_applicable",
    "unreadable",
    "too_large",
    "time_limit",
    "changed",
    "memory_limit",
]

REASONS: tuple[Reason, ...] = get_args(Reason)

LONGEST_ERROR = 300  # characters of an exception that go into a result

# What lacks in the set-up and not in a file: it is told once for a batch.
SETUP_REASONS: tuple[Reason, ...] = ("missing_package", "no_model", "no_reference")
# What ends the screening of a file, and would not with a higher limit.
LIMIT_REASONS: tuple[Reason, ...] = ("time_limit", "memory_limit", "too_large")
# How failures begin that a system short of memory, or whoever ends a process, brings about, too.
OF_MACHINE = (
    "the process that screened it ended: ",
    "the worker or node that screened it was lost",
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One measured finding of one detector, with the reason an analyst can act on.

    `score` is the detector's own number (0 to 1, or a cosine for identity). `llr` is a calibrated
    natural-log likelihood ratio, positive towards the suspicious side; on the identity axis,
    towards "is this `person`". It is bounded by what its calibration set supports. A learned score
    that was never calibrated has 0.0: it informs and weighs nothing; findings of rules (provenance,
    container) have modest constants that their detector states and explains. `span` and `track` are
    None for the one piece that pools the whole file. `finding` is a short code that the verdict
    table reads ("official", "lookalike_handle"); `values` are named measured numbers. `heard` are
    moments of speech to listen to beside recordings of `person`; results of older versions lack it.
    """

    detector: str
    axis: Axis
    score: float
    llr: float
    why: str
    span: Span | None = None
    track: int | None = None
    person: str | None = None
    finding: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    match: Match | None = None
    heard: tuple[HeardBeside, ...] = ()

    def __post_init__(self) -> None:
        if self.axis not in get_args(Axis):
            raise ValueError(f"axis must be one of {get_args(Axis)}, got {self.axis!r}")
        if not math.isfinite(self.score) or not math.isfinite(self.llr):
            raise ValueError(
                f"{self.detector}: score and llr must be finite, got {self.score}, {self.llr}"
            )
        object.__setattr__(self, "values", _frozen(self.values))

    def __reduce__(self) -> tuple[Any, ...]:
        # A mapping proxy does not pickle, and verdicts travel between processes.
        return Evidence.from_dict, (self.to_dict(),)

    @property
    def pooled(self) -> bool:
        """Whether it is about the whole file, and not about a stretch or a face of it."""
        return self.span is None and self.track is None

    def recorded(self) -> Evidence:
        """Return it as its record has it, spans to the millisecond."""
        return Evidence.from_dict(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Return the record of a piece of evidence."""
        return fields_of(self) | {
            "span": self.span and self.span.to_list(),
            "values": dict(self.values),
            "match": self.match and self.match.to_dict(),
            "heard": [one.to_dict() for one in self.heard],
        }

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> Evidence:
        """Read the record of a piece of evidence back."""
        span, match = record["span"], record["match"]
        return Evidence(
            **{
                **record,
                "span": None if span is None else Span.from_list(span),
                "match": None if match is None else Match.from_dict(match),
                "heard": tuple(map(HeardBeside.from_dict, record.get("heard", ()))),
            }
        )


@dataclass(frozen=True, slots=True)
class Abstention:
    """A detector's statement that it can't judge, with a code from `REASONS` and a sentence."""

    detector: str
    reason: Reason
    why: str

    def __post_init__(self) -> None:
        if self.reason not in REASONS:
            raise ValueError(f"reason must be one of {REASONS}, got {self.reason!r}")


@dataclass(frozen=True, slots=True)
class Failure:
    """A detector or stage that broke; it never reads as "authentic"."""

    detector: str
    error: str

    @classmethod
    def of(cls, detector: str, error: BaseException) -> Failure:
        """Return the failure of a detector or stage that raised this."""
        return cls(detector, f"{type(error).__name__}: {error}"[:LONGEST_ERROR])


def is_of_machine(failure: Failure) -> bool:
    """Tell whether what screened a file ended, which may be for reasons that lie elsewhere."""
    return failure.detector == "media" and failure.error.startswith(OF_MACHINE)


def _frozen(values: Mapping[str, float]) -> Mapping[str, float]:
    return MappingProxyType({str(key): float(value) for key, value in values.items()})

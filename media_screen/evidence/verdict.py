"""What a screening says: spans, evidence, abstentions, failures and the verdict they lead to.

Every other module speaks these types. This one imports the standard library only, so that a
saved verdict can be read, shown and exported without a single model or decoder installed.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal, get_args

SCHEMA = "media_screen.verdict/1"

Axis = Literal["identity", "manipulation", "provenance"]

Label = Literal[
    "official",
    "official_copy",
    "altered_official",
    "suspected_impersonation",
    "unverified_appearance",
    "synthetic_media",
    "no_finding",
    "unable_to_evaluate",
]

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

Relation = Literal["copy", "excerpt", "revoiced", "repictured", "known_fake"]

NameKind = Literal["person", "politician", "party", "place", "other"]
NamePlace = Literal["title", "description", "tags", "onscreen", "transcript"]

# "claimed": the post carries the handle or name of an official channel, and no id that proves it.
ChannelStanding = Literal["official", "claimed", "not_official", "lookalike", "unknown"]

# How readily manipulation is suspected: three stated rates of false alarms (models/fusion/card.md).
Sensitivity = Literal["low", "normal", "high"]

LABELS: tuple[Label, ...] = get_args(Label)
REASONS: tuple[Reason, ...] = get_args(Reason)
SENSITIVITIES: tuple[Sensitivity, ...] = get_args(Sensitivity)

# Prior probabilities of manipulation between which a posterior is given. A screening queue holds
# anything from one fake in a hundred to every second file; one number would pretend to know.
PRIOR_RANGE = (0.01, 0.5)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of time, `start` to `end` in seconds, half-open."""

    start: float
    end: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start) and math.isfinite(self.end) and self.start <= self.end):
            raise ValueError(f"a span needs finite start <= end, got {self.start} to {self.end}")

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.end - self.start

    def overlap(self, other: Span) -> float:
        """Seconds that both spans share."""
        return max(0.0, min(self.end, other.end) - max(self.start, other.start))


@dataclass(frozen=True, slots=True)
class Match:
    """A stretch of the file that matches enrolled official footage or a known fake."""

    person: str
    reference: str
    relation: Relation
    query_span: Span
    reference_span: Span
    picture: float  # share of the query span whose picture matches, 0 to 1
    sound: float  # share of the query span whose sound matches, 0 to 1


def _frozen(values: Mapping[str, float]) -> Mapping[str, float]:
    return MappingProxyType({str(key): float(value) for key, value in values.items()})


@dataclass(frozen=True, slots=True)
class Evidence:
    """One measured finding of one detector, with the reason an analyst can act on.

    `score` is the detector's own number (0 to 1, or a cosine for identity). `llr` is a calibrated
    natural-log likelihood ratio, positive towards the suspicious side; on the identity axis,
    towards "is this `person`". It is bounded by what its calibration set supports. A learned score
    that was never calibrated has 0.0: it informs and weighs nothing; findings of rules (provenance,
    container) have modest constants that their detector states and explains. `span` and `track` are
    None for the one piece that pools the whole file. `finding` is a short code that the verdict
    table reads ("official", "lookalike_handle"); `values` are named measured numbers.
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
        return _evidence_from_dict, (_evidence_to_dict(self),)


@dataclass(frozen=True, slots=True)
class Abstention:
    """A detector's statement that it can't judge, with a code from `REASONS` and a sentence."""

    detector: str
    reason: Reason
    why: str

    def __post_init__(self) -> None:
        if self.reason not in REASONS:
            raise ValueError(f"reason must be one of {REASONS}, got {self.reason!r}")


# What lacks in the set-up and not in a file: it is told once for a batch.
SETUP_REASONS: tuple[Reason, ...] = ("missing_package", "no_model", "no_reference")


@dataclass(frozen=True, slots=True)
class Failure:
    """A detector or stage that broke; it never reads as "authentic"."""

    detector: str
    error: str


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


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the file comes from, as far as sidecar, catalogue and credentials tell."""

    official: bool = False
    channel: ChannelStanding = "unknown"
    match: Match | None = None
    credentials: str = "unchecked"


@dataclass(frozen=True, slots=True)
class Post:
    """What the sidecar says of the publication; every text in it is untrusted."""

    platform: str = ""
    channel_id: str = ""
    handle: str = ""
    display_name: str = ""
    title: str = ""
    url: str = ""
    published: str = ""  # ISO 8601, UTC; "" when the sidecar does not say
    ai_labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An earlier file that this one repeats from end to end: the same bytes, or nearly the same.

    `path` is the earlier file as it was shown then, `sha256` its hash. `picture` and `sound` are
    the shares that both files have in common, 0 to 1, each of the file of which it is less.
    """

    path: str
    sha256: str
    exact: bool
    picture: float
    sound: float


@dataclass(frozen=True, slots=True)
class NameSeen:
    """A name that stands in a text of the file or its post; it is context, and no evidence.

    `name` is as enrolled (kind "person", then `person` is the slug) or as on the watch-list.
    `where` it was found first, `span` when for text that has a time, `text` the untrusted words
    around it, `spelled` the name as it is written there, and `distance` the letters by which that
    differs. `count` is how often it was found in that place.
    """

    name: str
    kind: NameKind
    where: NamePlace
    text: str
    spelled: str
    distance: int = 0
    count: int = 1
    span: Span | None = None
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What the texts around a file speak of: the names of enrolled people and of a watch-list."""

    names: tuple[NameSeen, ...] = ()


@dataclass(frozen=True, slots=True)
class TrackSummary:
    """One face followed through the file."""

    track: int
    span: Span
    faces: int
    size_px: float
    person: str | None = None
    cosine: float | None = None  # to the nearest enrolled person


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small JPEG for the report; `track` is None for a whole frame.

    A frame of matched footage has its time there as `reference_s`, and the `time_s` of the frame of
    this file that it is to be compared with.
    """

    time_s: float
    jpeg: bytes
    track: int | None = None
    reference_s: float | None = None


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one detector says of manipulation (`llr`), and how much of it counts (`added`).

    Both are natural-log likelihood ratios. `weight`, 0 to 1, is that of the detector; results of
    older versions lack it. What has a weight and adds nothing is a sound that seems genuine in a
    file whose picture seems less so, or the other way round. The detector "declared" stands for all
    that a file, its platform or a mark in its picture declares: it counts in full, once.
    """

    detector: str
    llr: float
    added: float
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Fusion:
    """How the ratio of manipulation was added up, and from which value on it is suspicious.

    What detectors add is cut off at `bound` either way before it is counted.
    """

    sensitivity: Sensitivity
    threshold: float
    bound: float
    contributions: tuple[Contribution, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result for one file: a label, the evidence for it, and all that could not be judged.

    `llr` holds the fused natural-log likelihood ratio per axis ("manipulation", "identity").
    `probability_bounds` is the probability of manipulation at the two ends of `PRIOR_RANGE`, or
    None when nothing calibrated spoke. `fusion` says what each detector adds to the ratio of
    manipulation; results of older versions lack it. `waveform` is the loudness of equal stretches
    of the file, 0 to 100, empty when its sound was not read. `coverage` says how much of the file
    was looked at and listened to; results of older versions lack it. `thumbnails` are for the
    report, `fingerprint` is for a memory of earlier files that another process keeps; neither is
    part of the record.
    """

    label: Label
    media: MediaInfo
    person: str | None = None
    llr: Mapping[str, float] = field(default_factory=dict)
    probability_bounds: tuple[float, float] | None = None
    fusion: Fusion | None = None
    summary: str = ""
    coverage: Coverage = Coverage()
    provenance: Provenance = Provenance()
    post: Post | None = None
    duplicate_of: Duplicate | None = None
    context: Context = Context()
    tracks: tuple[TrackSummary, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    abstentions: tuple[Abstention, ...] = ()
    failures: tuple[Failure, ...] = ()
    flags: tuple[str, ...] = ()
    device: str = "cpu"
    versions: Mapping[str, str] = field(default_factory=dict)
    timing_s: Mapping[str, float] = field(default_factory=dict)
    waveform: tuple[int, ...] = ()
    thumbnails: tuple[Thumbnail, ...] = field(default=(), compare=False, repr=False)
    fingerprint: bytes = field(default=b"", compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.label not in LABELS:
            raise ValueError(f"label must be one of {LABELS}, got {self.label!r}")

    def to_dict(self) -> dict[str, Any]:
        """Return the record that `schema/verdict.schema.json` describes, ready for JSON."""
        record: dict[str, Any] = {
            "schema": SCHEMA,
            "label": self.label,
            "person": self.person,
            "summary": self.summary,
            "llr": {axis: round(value, 4) for axis, value in self.llr.items()},
            "probability_bounds": list(self.probability_bounds)
            if self.probability_bounds
            else None,
            "fusion": _fusion_to_dict(self.fusion),
            "media": _fields(self.media)
            | {"streams": [_fields(stream) for stream in self.media.streams]},
            "coverage": {name: _rounded(share) for name, share in _fields(self.coverage).items()},
            "provenance": {
                "official": self.provenance.official,
                "channel": self.provenance.channel,
                "match": _match_to_dict(self.provenance.match),
                "credentials": self.provenance.credentials,
            },
            "post": _post_to_dict(self.post),
            "duplicate_of": None if self.duplicate_of is None else _fields(self.duplicate_of),
            "context": {"names": [_name_to_dict(name) for name in self.context.names]},
            "tracks": [_track_to_dict(track) for track in self.tracks],
            "evidence": [_evidence_to_dict(piece) for piece in self.evidence],
            "abstentions": [_fields(piece) for piece in self.abstentions],
            "failures": [_fields(piece) for piece in self.failures],
            "flags": list(self.flags),
            "device": self.device,
            "versions": dict(self.versions),
            "timing_s": {stage: round(value, 4) for stage, value in self.timing_s.items()},
            "waveform": list(self.waveform),
        }
        return record

    def to_json(self) -> str:
        """Return the record as one line of JSON, pure ASCII, so no name in it can break a line."""
        return json.dumps(self.to_dict(), ensure_ascii=True, allow_nan=False)

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> Verdict:
        """Read a record back; raises ValueError naming what is wrong with it."""
        schema = record.get("schema")
        if schema != SCHEMA:
            raise ValueError(f"expected a record of schema {SCHEMA!r}, got {schema!r}")
        try:
            return _verdict_from_dict(record)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a valid {SCHEMA} record: {error!r}") from error

    def with_thumbnails(self, thumbnails: tuple[Thumbnail, ...]) -> Verdict:
        """Return the same verdict carrying these pictures."""
        return replace(self, thumbnails=thumbnails)


def probability_bounds(llr: float) -> tuple[float, float]:
    """Turn a log likelihood ratio into the posterior at the two ends of `PRIOR_RANGE`."""

    def posterior(prior: float) -> float:
        log_odds = llr + math.log(prior / (1 - prior))
        return 1 / (1 + math.exp(-log_odds))

    low, high = PRIOR_RANGE
    return round(posterior(low), 4), round(posterior(high), 4)


# --- records ---------------------------------------------------------------------------------


def _fields(piece: Any) -> dict[str, Any]:
    return {name: getattr(piece, name) for name in piece.__dataclass_fields__}


def _span_to_list(span: Span | None) -> list[float] | None:
    return None if span is None else [round(span.start, 3), round(span.end, 3)]


def _span(value: Any) -> Span:
    start, end = value
    return Span(float(start), float(end))


def _evidence_to_dict(piece: Evidence) -> dict[str, Any]:
    return _fields(piece) | {
        "span": _span_to_list(piece.span),
        "values": dict(piece.values),
        "match": _match_to_dict(piece.match),
    }


def _evidence_from_dict(record: Mapping[str, Any]) -> Evidence:
    span = record["span"]
    return Evidence(
        **{
            **record,
            "span": None if span is None else _span(span),
            "match": _match_from_dict(record["match"]),
        }
    )


def _match_to_dict(match: Match | None) -> dict[str, Any] | None:
    if match is None:
        return None
    return _fields(match) | {
        "query_span": _span_to_list(match.query_span),
        "reference_span": _span_to_list(match.reference_span),
    }


def _match_from_dict(record: Mapping[str, Any] | None) -> Match | None:
    if record is None:
        return None
    spans = {key: _span(record[key]) for key in ("query_span", "reference_span")}
    return Match(**{**record, **spans})


def _fusion_to_dict(fusion: Fusion | None) -> dict[str, Any] | None:
    if fusion is None:
        return None
    return _fields(fusion) | {
        "contributions": [
            {name: _rounded(value) for name, value in _fields(piece).items()}
            for piece in fusion.contributions
        ]
    }


def _rounded(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value


def _fusion_from_dict(record: Mapping[str, Any] | None) -> Fusion | None:
    if record is None:
        return None
    parts = tuple(Contribution(**piece) for piece in record["contributions"])
    return Fusion(**{**record, "contributions": parts})


def _post_to_dict(post: Post | None) -> dict[str, Any] | None:
    return None if post is None else _fields(post) | {"ai_labels": list(post.ai_labels)}


def _name_to_dict(name: NameSeen) -> dict[str, Any]:
    return _fields(name) | {"span": _span_to_list(name.span)}


def _name_from_dict(record: Mapping[str, Any]) -> NameSeen:
    span = record["span"]
    return NameSeen(**{**record, "span": None if span is None else _span(span)})


def _track_to_dict(track: TrackSummary) -> dict[str, Any]:
    return _fields(track) | {"span": _span_to_list(track.span)}


def _media_from_dict(record: Mapping[str, Any]) -> MediaInfo:
    streams = tuple(MediaStream(**stream) for stream in record.get("streams", ()))
    return MediaInfo(**{**record, "streams": streams})


def _verdict_from_dict(record: Mapping[str, Any]) -> Verdict:
    provenance, post = record["provenance"], record["post"]
    if post is not None:
        post = Post(**{**post, "ai_labels": tuple(post["ai_labels"])})
    bounds = record["probability_bounds"]
    duplicate = record.get("duplicate_of")  # results written before there was a memory lack it
    names = record.get("context", {"names": ()})["names"]  # older results lack it
    return Verdict(
        label=record["label"],
        media=_media_from_dict(record["media"]),
        coverage=Coverage(**record.get("coverage", {})),  # older results lack it
        person=record["person"],
        summary=record["summary"],
        llr=dict(record["llr"]),
        probability_bounds=None if bounds is None else (float(bounds[0]), float(bounds[1])),
        fusion=_fusion_from_dict(record.get("fusion")),  # older results lack it
        provenance=Provenance(
            official=provenance["official"],
            channel=provenance["channel"],
            match=_match_from_dict(provenance["match"]),
            credentials=provenance["credentials"],
        ),
        post=post,
        duplicate_of=None if duplicate is None else Duplicate(**duplicate),
        context=Context(tuple(_name_from_dict(name) for name in names)),
        tracks=tuple(
            TrackSummary(**{**track, "span": _span(track["span"])}) for track in record["tracks"]
        ),
        evidence=tuple(_evidence_from_dict(piece) for piece in record["evidence"]),
        abstentions=tuple(Abstention(**piece) for piece in record["abstentions"]),
        failures=tuple(Failure(**piece) for piece in record["failures"]),
        flags=tuple(record["flags"]),
        device=record["device"],
        versions=dict(record["versions"]),
        timing_s=dict(record["timing_s"]),
        waveform=tuple(int(level) for level in record.get("waveform", ())),
    )

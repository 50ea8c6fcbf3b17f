"""The result for one file, and its record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from media_screen.evidence.comparison import FaceComparison
from media_screen.evidence.fusion import Fusion
from media_screen.evidence.media import Coverage, MediaInfo, Thumbnail, TrackSummary
from media_screen.evidence.origin import Context, Duplicate, Post, Provenance, SharedFootage
from media_screen.evidence.pieces import LIMIT_REASONS, Abstention, Evidence, Failure
from media_screen.evidence.records import fields_of
from media_screen.evidence.spans import Span
from media_screen.evidence.text import OnscreenText

SCHEMA = "media_screen.verdict/1"

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

LABELS: tuple[Label, ...] = get_args(Label)

# The order of a work queue, on the terminal and in reports: what needs a person's eye comes first.
# Of the two in the middle one says that nothing could be looked for and the other that nothing was
# found: neither is more concern than the other, but the first asks for more work.
BY_URGENCY: tuple[Label, ...] = (
    "suspected_impersonation",
    "altered_official",
    "synthetic_media",
    "unverified_appearance",
    "unable_to_evaluate",
    "no_finding",
    "official_copy",
    "official",
)


# Labels that say that something is wrong with the file.
ACCUSING: tuple[Label, ...] = ("suspected_impersonation", "altered_official", "synthetic_media")


@dataclass(frozen=True, slots=True)
class PassedAlong:
    """That a file has its label from another one of its campaign, which it repeats.

    `label`, `person` and `summary` are what the file had got for itself. `path`, `sha256` and `key`
    tell the file that is suspected in itself; `here` is the stretch of this file that is in it, too
    (None for all of a copy of the same bytes), `share` how much of this file that is, 0 to 1.
    """

    label: Label
    person: str | None
    summary: str
    path: str
    sha256: str
    key: str
    here: Span | None
    share: float

    def to_dict(self) -> dict[str, Any]:
        """Return the record of what was passed along."""
        return fields_of(self) | {"here": self.here and self.here.to_list()}

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> PassedAlong:
        """Read the record of what was passed along back."""
        here = record["here"]
        return PassedAlong(**{**record, "here": None if here is None else Span.from_list(here)})


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result for one file: a label, the evidence for it, and all that could not be judged.

    `llr` holds the fused natural-log likelihood ratio per axis ("manipulation", "identity").
    `probability_bounds` is the probability of manipulation at the two ends of `PRIOR_RANGE`, or
    None when nothing calibrated spoke. `fusion` says what each detector adds to the ratio of
    manipulation; results of older versions lack it. `waveform` is the loudness of equal stretches
    of the file, 0 to 100, empty when its sound was not read. `coverage` says how much of the file
    was looked at and listened to, `comparisons` how faces go beside the official footage that the
    file matches; results of older versions lack both. `shared` is what earlier files hold of it,
    `campaign` the id of the campaign it belongs to, "" for none, and `passed` is set when its label
    comes from another file of that; results of older versions lack all three. `text` is what was
    read in the picture, None where nobody did; `examined_as` is the path, as shown, of the file
    with the same bytes that was examined in its place, "" for none. `names` holds the names of the
    enrolled people in the record by their slugs; results of older versions lack it. `thumbnails`
    are for the report, `fingerprint` is for a memory of earlier files that another process keeps,
    `observed` is for examining the same bytes again without decoding them (biometric data), and
    `renewed` says that this was done; none of these is part of the record.
    """

    label: Label
    media: MediaInfo
    person: str | None = None
    llr: Mapping[str, float] = field(default_factory=dict)
    probability_bounds: tuple[float, float] | None = None
    fusion: Fusion | None = None
    summary: str = ""
    coverage: Coverage = field(default_factory=Coverage)
    provenance: Provenance = field(default_factory=Provenance)
    post: Post | None = None
    duplicate_of: Duplicate | None = None
    shared: tuple[SharedFootage, ...] = ()
    campaign: str = ""
    passed: PassedAlong | None = None
    context: Context = field(default_factory=Context)
    tracks: tuple[TrackSummary, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    abstentions: tuple[Abstention, ...] = ()
    failures: tuple[Failure, ...] = ()
    flags: tuple[str, ...] = ()
    device: str = "cpu"
    versions: Mapping[str, str] = field(default_factory=dict)
    timing_s: Mapping[str, float] = field(default_factory=dict)
    waveform: tuple[int, ...] = ()
    comparisons: tuple[FaceComparison, ...] = ()
    text: OnscreenText | None = None
    examined_as: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    thumbnails: tuple[Thumbnail, ...] = field(default=(), compare=False, repr=False)
    fingerprint: bytes = field(default=b"", compare=False, repr=False)
    observed: bytes = field(default=b"", compare=False, repr=False)
    renewed: bool = field(default=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.label not in LABELS:
            raise ValueError(f"label must be one of {LABELS}, got {self.label!r}")

    @property
    def failed(self) -> bool:
        """Whether the file could not be read, or a detector broke on it.

        That it holds more than was looked at (a cover, a further track) is no failure.
        """
        unread = (one for one in self.abstentions if one.detector == "media")
        return bool(self.failures) or any(one.reason != "attached" for one in unread)

    @property
    def limited(self) -> bool:
        """Whether its screening passed a limit, and may not under a higher one."""
        return any(
            one.detector == "media" and one.reason in LIMIT_REASONS for one in self.abstentions
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the record that `schema/verdict.schema.json` describes, ready for JSON."""
        bounds = self.probability_bounds
        return {
            "schema": SCHEMA,
            "label": self.label,
            "person": self.person,
            "summary": self.summary,
            "llr": {axis: round(value, 4) for axis, value in self.llr.items()},
            "probability_bounds": list(bounds) if bounds else None,
            "fusion": self.fusion and self.fusion.to_dict(),
            "media": self.media.to_dict(),
            "coverage": self.coverage.to_dict(),
            "provenance": self.provenance.to_dict(),
            "post": self.post and self.post.to_dict(),
            "duplicate_of": self.duplicate_of and fields_of(self.duplicate_of),
            "shared": [one.to_dict() for one in self.shared],
            "campaign": self.campaign,
            "passed": self.passed and self.passed.to_dict(),
            "context": self.context.to_dict(),
            "tracks": [track.to_dict() for track in self.tracks],
            "evidence": [piece.to_dict() for piece in self.evidence],
            "abstentions": [fields_of(piece) for piece in self.abstentions],
            "failures": [fields_of(piece) for piece in self.failures],
            "flags": list(self.flags),
            "device": self.device,
            "versions": dict(self.versions),
            "timing_s": {stage: round(value, 4) for stage, value in self.timing_s.items()},
            "waveform": list(self.waveform),
            "comparisons": [one.to_dict() for one in self.comparisons],
            "text": self.text and self.text.to_dict(),
            "examined_as": self.examined_as,
            "names": dict(self.names),
        }

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
            return _from_record(record)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a valid {SCHEMA} record: {error!r}") from error

    @property
    def people(self) -> frozenset[str]:
        """The slugs of the enrolled people whom the record speaks of."""
        match = self.provenance.match
        found = {self.person, match.person if match else None}
        found |= {self.passed.person if self.passed else None}
        found |= {piece.person for piece in self.evidence}
        found |= {track.person for track in self.tracks}
        found |= {name.person for name in self.context.names}
        found |= {one.person for one in self.comparisons}
        return frozenset(person for person in found if person)

    def name_of(self, person: str | None) -> str:
        """Return the name of a person of the record, the slug where none is told, "" for nobody."""
        return self.names.get(person, person) if person else ""

    def naming(self, names: Mapping[str, str]) -> Verdict:
        """Return the same verdict with the names, by slug, of those whom it speaks of."""
        told = {slug: name for slug, name in names.items() if slug in self.people}
        return replace(self, names={**self.names, **told})

    def with_thumbnails(self, thumbnails: tuple[Thumbnail, ...]) -> Verdict:
        """Return the same verdict carrying these pictures."""
        return replace(self, thumbnails=thumbnails)


def _from_record(record: Mapping[str, Any]) -> Verdict:
    """Read a record that has the schema; what older versions did not write is left out there."""
    bounds, fusion, post = record["probability_bounds"], record.get("fusion"), record["post"]
    duplicate, passed = record.get("duplicate_of"), record.get("passed")
    text = record.get("text")
    return Verdict(
        label=record["label"],
        media=MediaInfo.from_dict(record["media"]),
        coverage=Coverage(**record.get("coverage", {})),
        person=record["person"],
        summary=record["summary"],
        llr=dict(record["llr"]),
        probability_bounds=None if bounds is None else (float(bounds[0]), float(bounds[1])),
        fusion=None if fusion is None else Fusion.from_dict(fusion),
        provenance=Provenance.from_dict(record["provenance"]),
        post=None if post is None else Post.from_dict(post),
        duplicate_of=None if duplicate is None else Duplicate(**duplicate),
        shared=tuple(SharedFootage.from_dict(one) for one in record.get("shared", ())),
        campaign=record.get("campaign", ""),
        passed=None if passed is None else PassedAlong.from_dict(passed),
        context=Context.from_dict(record.get("context", {"names": ()})),
        tracks=tuple(TrackSummary.from_dict(track) for track in record["tracks"]),
        evidence=tuple(Evidence.from_dict(piece) for piece in record["evidence"]),
        abstentions=tuple(Abstention(**piece) for piece in record["abstentions"]),
        failures=tuple(Failure(**piece) for piece in record["failures"]),
        flags=tuple(record["flags"]),
        device=record["device"],
        versions=dict(record["versions"]),
        timing_s=dict(record["timing_s"]),
        waveform=tuple(int(level) for level in record.get("waveform", ())),
        comparisons=tuple(FaceComparison.from_dict(one) for one in record.get("comparisons", ())),
        text=None if text is None else OnscreenText.from_dict(text),
        examined_as=record.get("examined_as", ""),
        names=dict(record.get("names", {})),
    )

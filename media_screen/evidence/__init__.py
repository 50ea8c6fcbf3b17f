"""What a screening says: spans, evidence, abstentions, failures and the verdict they lead to.

Every other module speaks these types. This package imports the standard library only, so that a
saved verdict can be read, shown and exported without a single model or decoder installed.
"""

from __future__ import annotations

from media_screen.evidence.comparison import ComparedMoment, FaceComparison
from media_screen.evidence.fusion import (
    DECLARED,
    MANIPULATION_BOUND,
    PRIOR_RANGE,
    SENSITIVITIES,
    Contribution,
    Fusion,
    Sensitivity,
    probability_bounds,
)
from media_screen.evidence.media import (
    PARTS,
    Coverage,
    MediaInfo,
    MediaStream,
    Part,
    Thumbnail,
    TrackSummary,
)
from media_screen.evidence.origin import (
    ChannelStanding,
    Context,
    Duplicate,
    NameKind,
    NamePlace,
    NameSeen,
    Post,
    Provenance,
)
from media_screen.evidence.pieces import (
    REASONS,
    SETUP_REASONS,
    Abstention,
    Axis,
    Evidence,
    Failure,
    Reason,
)
from media_screen.evidence.spans import Match, Relation, Span
from media_screen.evidence.verdict import BY_URGENCY, LABELS, SCHEMA, Label, Verdict

__all__ = [
    "BY_URGENCY",
    "DECLARED",
    "LABELS",
    "MANIPULATION_BOUND",
    "PARTS",
    "PRIOR_RANGE",
    "REASONS",
    "SCHEMA",
    "SENSITIVITIES",
    "SETUP_REASONS",
    "Abstention",
    "Axis",
    "ChannelStanding",
    "ComparedMoment",
    "Context",
    "Contribution",
    "Coverage",
    "Duplicate",
    "Evidence",
    "FaceComparison",
    "Failure",
    "Fusion",
    "Label",
    "Match",
    "MediaInfo",
    "MediaStream",
    "NameKind",
    "NamePlace",
    "NameSeen",
    "Part",
    "Post",
    "Provenance",
    "Reason",
    "Relation",
    "Sensitivity",
    "Span",
    "Thumbnail",
    "TrackSummary",
    "Verdict",
    "probability_bounds",
]

"""What a screening says: spans, evidence, abstentions, failures and the verdict they lead to.

Every other module speaks these types. This package imports the standard library only, so that a
saved verdict can be read, shown and exported without a single model or decoder installed.
"""

from __future__ import annotations

from media_screen.evidence.campaign import (
    CAMPAIGN_ROLES,
    CAMPAIGN_SCHEMA,
    TIE_KINDS,
    AccountTie,
    Campaign,
    CampaignAccount,
    CampaignFile,
    CampaignRole,
    CommentActivity,
    SharedWording,
    TieKind,
)
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
    SharedFootage,
    SharedKind,
    SharedPart,
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
from media_screen.evidence.verdict import BY_URGENCY, LABELS, SCHEMA, Label, PassedAlong, Verdict

__all__ = [
    "BY_URGENCY",
    "CAMPAIGN_ROLES",
    "CAMPAIGN_SCHEMA",
    "DECLARED",
    "LABELS",
    "MANIPULATION_BOUND",
    "PARTS",
    "PRIOR_RANGE",
    "REASONS",
    "SCHEMA",
    "SENSITIVITIES",
    "SETUP_REASONS",
    "TIE_KINDS",
    "Abstention",
    "AccountTie",
    "Axis",
    "Campaign",
    "CampaignAccount",
    "CampaignFile",
    "CampaignRole",
    "ChannelStanding",
    "CommentActivity",
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
    "PassedAlong",
    "Post",
    "Provenance",
    "Reason",
    "Relation",
    "Sensitivity",
    "SharedFootage",
    "SharedKind",
    "SharedPart",
    "SharedWording",
    "Span",
    "Thumbnail",
    "TieKind",
    "TrackSummary",
    "Verdict",
    "probability_bounds",
]

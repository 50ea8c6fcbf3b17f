"""Verdicts for every cause of a suspicion, judged from evidence as a scan judges it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from media_screen.evidence import Evidence, Label, Post, Verdict
from media_screen.exports.causes import DECLARED_CAUSES, Supported
from media_screen.fusion.judge import judge
from tests.exports.made import hash_of
from tests.fusion.test_table import WEIGHING, face, footage, learned, piece
from tests.report import records

LENGTH_S = 10.0
REST = Evidence(
    "catalogue", "provenance", 1.0, 0.0, "a face", person="ada", finding="unmatched_rest"
)
LOOKALIKE = piece("lookalike_handle")
FORGED = learned("face_artifact", 4.0)  # by itself above the threshold
REMADE = Evidence(
    "original", "manipulation", 1.0, 0.0, "another mouth", person="ada", finding="remade"
)


def declared(finding: str, llr: float = 3.0) -> Evidence:
    """What a file, its platform or a mark in its picture declares."""
    return Evidence("container", "provenance", 1.0, llr, "says so", finding=finding)


@dataclass(frozen=True, slots=True)
class Case:
    """Evidence, the label that it gives, and all that the verdict supports saying."""

    evidence: Sequence[Evidence]
    label: Label
    supported: frozenset[Supported]


def case(label: Label, evidence: Sequence[Evidence], *supported: Supported) -> Case:
    return Case(evidence, label, frozenset(supported))


ADA = face("ada", 5.0)
FAKE: Label = "suspected_impersonation"
ALTERED: Label = "altered_official"
MADE_UP: Label = "synthetic_media"
CASES: dict[str, Case] = {
    "signs": case(FAKE, [ADA, FORGED], "shown", "measured"),
    "signs-and-a-look-alike": case(
        FAKE, [ADA, FORGED, LOOKALIKE], "shown", "measured", "lookalike"
    ),
    "signs-and-a-look-alike-of-another": case(
        FAKE, [ADA, FORGED, piece("lookalike_name", "bob")], "shown", "measured"
    ),
    "signs-of-nobody": case(MADE_UP, [FORGED], "nobody", "measured"),
    "signs-beside-footage": case(
        MADE_UP, [FORGED, footage("excerpt", "ada", 5)], "footage", "measured"
    ),
    **{one: case(MADE_UP, [declared(one)], "nobody", one) for one in DECLARED_CAUSES},
    "declared-of-a-person": case(FAKE, [ADA, declared("declared_ai")], "shown", "declared_ai"),
    "signs-and-declared": case(
        FAKE, [ADA, FORGED, declared("ai_generated")], "shown", "measured", "ai_generated"
    ),
    "signs-and-half-declared": case(
        FAKE, [ADA, FORGED, declared("declared_ai", 1.5)], "shown", "measured"
    ),
    "only-together": case(
        FAKE,
        [ADA, learned("face_artifact", 2.0), declared("declared_ai", 1.5)],
        "shown",
        "weighed",
    ),
    "known-fake": case(MADE_UP, [footage("known_fake", None, 5)], "nobody", "known_fake"),
    "known-fake-of-a-person": case(
        FAKE, [footage("known_fake", "ada", 5)], "recorded", "known_fake"
    ),
    "known-fake-that-shows": case(
        FAKE, [ADA, footage("known_fake", None, 5)], "shown", "known_fake"
    ),
    "known-fake-with-footage": case(
        FAKE,
        [footage("known_fake", None, 5), footage("excerpt", "ada", 5)],
        "footage",
        "known_fake",
    ),
    "known-fake-and-signs": case(
        FAKE, [ADA, FORGED, footage("known_fake", None, 5)], "shown", "known_fake", "measured"
    ),
    "re-voiced": case(ALTERED, [footage("revoiced", "ada", 5)], "revoiced"),
    "re-pictured": case(ALTERED, [footage("repictured", "ada", 5)], "repictured"),
    "parts-exchanged": case(ALTERED, [footage("altered_official", "ada", 5)], "altered_official"),
    "face-exchanged": case(ALTERED, [footage("excerpt", "ada", 5), REMADE], "remade"),
    "face-exchanged-and-signs": case(
        FAKE, [ADA, FORGED, footage("excerpt", "ada", 5), REMADE], "shown", "remade", "measured"
    ),
    "re-voiced-and-signs": case(
        FAKE, [ADA, FORGED, footage("revoiced", "ada", 5)], "shown", "revoiced", "measured"
    ),
    "look-alike": case(FAKE, [ADA, LOOKALIKE], "shown", "lookalike"),
    "look-alike-and-re-voiced": case(
        FAKE, [ADA, LOOKALIKE, footage("revoiced", "ada", 5)], "shown", "revoiced", "lookalike"
    ),
    "faces-not-compared": case(
        ALTERED, [FORGED, footage("copy", "ada", LENGTH_S)], "uncompared", "measured"
    ),
    "a-part-beside-it": case(
        ALTERED, [FORGED, footage("copy", "ada", LENGTH_S), REST], "beside", "measured"
    ),
}


def judged(evidence: Sequence[Evidence], *, name: str = "clip", platform: str = "x") -> Verdict:
    """The verdict on a file with this evidence, posted on this platform."""
    found = judge(evidence, duration_s=LENGTH_S, weighing=WEIGHING)
    media = replace(records.suspected(f"{name}.mp4").media, sha256=hash_of(name))
    post = Post(platform, name, f"@{name}", name, "t", f"https://example.org/{name}", "2025-09-13")
    return Verdict(
        label=found.label,
        media=media,
        person=found.person,
        llr=found.llr,
        probability_bounds=found.probability_bounds,
        fusion=found.fusion,
        summary=found.summary,
        provenance=found.provenance,
        post=post,
        evidence=tuple(evidence),
        flags=found.flags,
    )

"""What a label rests on is said where the ratio of manipulation could be read otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from media_screen.evidence import (
    ACCUSING,
    LABELS,
    Contribution,
    Fusion,
    Label,
    Match,
    PassedAlong,
    Provenance,
    Span,
    Verdict,
)
from media_screen.results.grounds import ground
from tests.report import records

LOW = Fusion("normal", 2.0, 5.0, (Contribution("face_artifact", -0.8, -0.8, 1.0),))
DECLARED = replace(LOW, contributions=(Contribution("declared", 1.5, 1.5, 1.0),))
FAKE = Match("xin-liu", "fake.mp4", "known_fake", Span(0, 9), Span(0, 9), 1.0, 1.0)
COPY = replace(FAKE, relation="copy")
PASSED = PassedAlong("no_finding", None, "", "a.mp4", "", "0" * 16, None, 1.0)


def called(label: Label, llr: float | None = -0.8, **more: object) -> Verdict:
    made = records.quiet(label, "a.mp4", "xin-liu", llr)
    return replace(made, **{"fusion": LOW, **more})  # type: ignore[arg-type]


CASES = {
    "over-the-threshold": (called("suspected_impersonation", 2.1), ""),
    "known-fake": (
        called("suspected_impersonation", provenance=Provenance(match=FAKE)),
        "known fake",
    ),
    "known-fake-of-nobody": (
        called("synthetic_media", provenance=Provenance(match=FAKE)),
        "known fake",
    ),
    "altered": (called("altered_official", provenance=Provenance(match=COPY)), "footage decides"),
    "altered-and-over": (called("altered_official", 3.0), "footage decides"),
    "suspected-by-footage": (
        called("suspected_impersonation", provenance=Provenance(match=COPY)),
        "footage decides",
    ),
    "copy": (called("official_copy", 1.0), "footage decides"),
    "official": (called("official", 3.0), "channel decides"),
    "official-in-doubt": (
        called("official", 3.0, flags=("review_official_channel",)),
        "channel decides",
    ),
    "look-alike": (
        called("suspected_impersonation", provenance=Provenance(channel="lookalike")),
        "channel decides",
    ),
    "declared": (called("synthetic_media", fusion=DECLARED), "declared"),
    "passed-along": (called("suspected_impersonation", passed=PASSED), "copy decides"),
    "nothing-found": (called("no_finding"), ""),
    "appearance": (called("unverified_appearance"), ""),
    "unjudged": (called("unable_to_evaluate", None), ""),
}


@pytest.mark.parametrize(("verdict", "short"), CASES.values(), ids=CASES)
def test_what_decides_is_told(verdict: Verdict, short: str) -> None:
    found = ground(verdict)
    assert (found.short if found else "") == short
    assert found is None or found.sentence.startswith("The label ")


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("llr", [-5.0, 5.0])
def test_no_number_contradicts_a_label_without_a_word(label: Label, llr: float) -> None:
    """A ratio on the other side of the label is never left to speak for itself."""
    match = Provenance(channel="lookalike", match=COPY)
    told = ground(called(label, llr, provenance=match))
    if label in ACCUSING and llr < 0:
        assert told is not None
    if label.startswith("official"):
        assert told is not None

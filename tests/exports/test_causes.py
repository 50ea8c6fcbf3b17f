"""Why a file is suspected: nothing is said that its verdict does not hold, whatever the cause."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_screen.evidence import ACCUSING, Coverage, Evidence, Verdict
from media_screen.exports.causes import (
    DECLARED_CAUSES,
    MEDIA_CAUSES,
    SUPPORTED,
    matches_known_fake,
    supported_claims,
)
from media_screen.exports.claims import looks_changed, looks_generated
from media_screen.fusion.facts import gather
from media_screen.fusion.suspicion import DECLARATIONS, why_suspicious
from media_screen.fusion.table import TABLE, look_up
from tests.exports.causing import CASES, LENGTH_S, Case, declared, judged
from tests.fusion.test_table import EXCUSING, SUSPICIOUS
from tests.report import invented


def said(verdict: Verdict) -> set[str]:
    return {claim.what for claim in supported_claims(verdict)}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_verdict_supports_its_causes_and_no_others(case: Case) -> None:
    verdict = judged(case.evidence)
    assert verdict.label == case.label
    assert said(verdict) == case.supported
    assert said(Verdict.from_dict(verdict.to_dict())) == case.supported, "of the saved record"


def test_every_accusing_row_of_the_table_and_every_claim_has_a_case() -> None:
    rows = set()
    for case in CASES.values():
        fusion = judged(case.evidence).fusion
        assert fusion is not None
        facts = gather(
            case.evidence,
            (),
            (),
            suspicion=why_suspicious(case.evidence, fusion),
            duration_s=LENGTH_S,
            coverage=Coverage(),
        )
        rows.add(id(look_up(facts)))
    assert rows == {id(row) for row in TABLE if row.label in ACCUSING}
    assert set().union(*(case.supported for case in CASES.values())) == set(SUPPORTED)
    assert set(DECLARED_CAUSES) == set(DECLARATIONS)


DECLARING = st.builds(declared, st.sampled_from(DECLARED_CAUSES), st.floats(0.1, 4))


@given(st.lists(st.one_of(SUSPICIOUS, EXCUSING, DECLARING), max_size=7))
def test_each_claim_has_its_evidence_and_each_suspected_file_a_cause(
    evidence: list[Evidence],
) -> None:
    verdict = judged(evidence)
    fusion, found = verdict.fusion, said(verdict)
    assert bool(found & {*MEDIA_CAUSES, "lookalike"}) == (verdict.label in ACCUSING)
    findings = {piece.finding for piece in evidence}
    assert found & {*DECLARATIONS, "known_fake", "revoiced", "repictured", "remade"} <= findings
    assert fusion is not None
    assert "measured" not in found or fusion.measured >= fusion.threshold
    assert "lookalike" not in found or verdict.provenance.channel == "lookalike"
    shown = {piece.person for piece in evidence if piece.axis == "identity"}
    claimed = {claim.person for claim in supported_claims(verdict) if claim.what == "shown"}
    assert claimed <= shown
    if verdict.label in ACCUSING:
        assert looks_generated(verdict) <= looks_changed(verdict)
        assert looks_generated(verdict) == bool(found & {"measured", "weighed", *DECLARED_CAUSES})


def test_a_label_that_was_passed_along_supports_nothing_of_the_file_itself() -> None:
    source = judged(CASES["signs"].evidence)
    copy = replace(source, passed=invented.through(source))
    assert said(copy) == set()


def test_a_known_fake_alone_is_not_said_to_be_made_by_ai() -> None:
    for name in ("known-fake", "known-fake-of-a-person", "known-fake-that-shows"):
        verdict = judged(CASES[name].evidence)
        assert matches_known_fake(verdict)
        assert looks_changed(verdict) and not looks_generated(verdict)

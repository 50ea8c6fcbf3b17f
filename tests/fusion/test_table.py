"""The verdict table over all that can come together: suspicion never lowers, nobody is denied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from media_screen.evidence import BY_URGENCY, LABELS, Coverage, Evidence, Match, Sensitivity, Span
from media_screen.fusion.combination import Combination, Threshold
from media_screen.fusion.facts import Facts, told
from media_screen.fusion.judge import Judgement, judge
from media_screen.fusion.table import TABLE, VerdictRow, look_up
from media_screen.weights.calibration import percent

# From least to most concern. That nothing was found and that nothing could be looked for is alike:
# neither is more concern than the other.
CONCERN = {label: concern for concern, label in enumerate(reversed(BY_URGENCY))}
CONCERN["unable_to_evaluate"] = CONCERN["no_finding"]


def piece(finding: str, person: str | None = "ada") -> Evidence:
    return Evidence("x", "provenance", 1.0, 0.0, finding, person=person, finding=finding)


NOTHING = Facts((), None, None, None, None, None, None, None, None, None, "", True, "", Coverage())
# Every value that each fact can have; two people tell whose it is.
VALUES: dict[str, list[Any]] = {
    "presented": [(), ("ada",), ("bob", "ada")],
    "official": [None, piece("official"), piece("official", "bob")],
    "lookalike": [None, piece("lookalike_name"), piece("lookalike_name", "eve")],
    "claimed": [None, piece("claimed_official")],
    "copy": [None, piece("copy")],
    "excerpt": [None, piece("excerpt")],
    "unconfirmed": [None, piece("copy")],
    "rest": [None, piece("unmatched_rest")],
    "altered": [None, piece("revoiced"), piece("remade", "bob")],
    "known_fake": [None, piece("known_fake", None), piece("known_fake")],
    "suspicion": ["", "blended"],
    "blind": ["", "nobody could look"],
}
# The suspicious ones: what a fact is before and after one more piece of evidence.
ADDED: dict[str, list[tuple[Any, Any]]] = {
    "presented": [((), ("ada",)), (("ada",), ("bob", "ada")), (("ada",), ("ada", "bob"))],
    "lookalike": [(None, piece("lookalike_name")), (None, piece("lookalike_name", "eve"))],
    "unconfirmed": [(None, piece("copy"))],
    "rest": [(None, piece("unmatched_rest"))],
    "altered": [(None, piece("revoiced")), (None, piece("remade", "bob"))],
    "known_fake": [(None, piece("known_fake", None)), (None, piece("known_fake"))],
    "suspicion": [("", "blended")],
}


def every_case() -> Iterator[Facts]:
    for values in product(*VALUES.values()):
        yield replace(NOTHING, **dict(zip(VALUES, values, strict=True)))


@pytest.mark.parametrize("fact", ADDED)
def test_one_more_suspicious_fact_never_lowers_the_concern(fact: str) -> None:
    for facts in every_case():
        for before, after in ADDED[fact]:
            if getattr(facts, fact) != before:
                continue
            less, more = look_up(facts), look_up(replace(facts, **{fact: after}))
            assert CONCERN[less.label] <= CONCERN[more.label], (facts, after)


def test_who_is_recognised_is_never_denied() -> None:
    for facts in every_case():
        row = look_up(facts)
        sentence = row.sentence(facts, row.person(facts) or "")
        if facts.presented:
            assert row.label not in ("synthetic_media", "no_finding", "unable_to_evaluate"), facts
            assert "nobody" not in sentence.replace("nobody could look", ""), facts


def test_only_an_official_channel_and_a_whole_copy_excuse_a_forged_person() -> None:
    for facts in every_case():
        if facts.presented and facts.suspicion and not facts.official and not facts.copy:
            assert look_up(facts).label == "suspected_impersonation", facts


def test_an_official_post_in_doubt_is_never_called_clean() -> None:
    for facts in every_case():
        if facts.official and (facts.suspicion or facts.known_fake or facts.altered):
            row = look_up(facts)
            assert row.label == "official" and "taken over" in row.sentence(facts, "Ada"), facts


def test_every_row_is_reached_and_its_sentence_ends() -> None:
    rows = {
        id(row): row.sentence(facts, "Ada") for facts in every_case() for row in [look_up(facts)]
    }
    rows |= {
        id(row): row.sentence(it, "Ada")
        for it in [replace(NOTHING, compared=False)]
        for row in [look_up(it)]
    }
    assert {id(row) for row in TABLE} == set(rows)
    assert all(sentence.endswith(".") and ".." not in sentence for sentence in rows.values())


def test_every_label_has_its_place_in_the_queue_and_its_row() -> None:
    assert sorted(BY_URGENCY) == sorted(LABELS)
    assert {row.label for row in TABLE} == set(LABELS)


@pytest.mark.parametrize(
    "change",
    [{"when": ("offical",)}, {"unless": ("x",)}, {"who": "x"}, {"say": "It is {x}."}],
    ids=str,
)
def test_a_row_reads_facts_that_there_are(change: dict[str, Any]) -> None:
    row: dict[str, Any] = {"when": ("official",), "label": "official", "say": "Of {name}: {doubt}."}
    assert VerdictRow(**row)
    with pytest.raises(ValueError, match="facts that there are not"):
        VerdictRow(**row | change)


# --- the same on evidence --------------------------------------------------------------------

WEIGHING = Combination(
    {"picture": {"face_artifact": 0.8}, "sound": {"voice_spoof": 0.7}},
    bound=3.5,
    thresholds={
        "low": Threshold(0.005, 2.6),
        "normal": Threshold(0.01, 2.0),
        "high": Threshold(0.05, 1.0),
    },
)


def face(person: str, llr: float) -> Evidence:
    return Evidence("face_identity", "identity", 0.5, llr, "alike", person=person)


def learned(detector: str, llr: float) -> Evidence:
    return Evidence(detector, "manipulation", 0.5, llr, "blended")


def footage(finding: str, person: str | None, end: float) -> Evidence:
    relation: Any = finding if finding in ("revoiced", "repictured", "known_fake") else "copy"
    found = Match(person or "", "talk.mp4", relation, Span(0, end), Span(0, end), 1.0, 1.0)
    return Evidence(
        "catalogue", "provenance", 1.0, 0.0, finding, person=person, finding=finding, match=found
    )


PEOPLE = st.sampled_from(["ada", "bob"])
SUSPICIOUS = st.one_of(
    st.builds(
        learned, st.sampled_from(["face_artifact", "voice_spoof", "other"]), st.floats(0.01, 6)
    ),
    st.builds(face, PEOPLE, st.floats(0.01, 8)),
    st.builds(piece, st.sampled_from(["lookalike_name", "lookalike_handle"]), PEOPLE),
    st.builds(piece, st.just("unmatched_rest"), PEOPLE),
    st.builds(
        footage,
        st.sampled_from(["revoiced", "repictured", "altered_official"]),
        PEOPLE,
        st.floats(1, 20),
    ),
    st.builds(footage, st.just("known_fake"), st.sampled_from([None, "ada"]), st.floats(1, 20)),
    st.builds(
        lambda llr: Evidence(
            "container", "manipulation", 1.0, llr, "says so", finding="declared_ai"
        ),
        st.floats(0.1, 4),
    ),
)
EXCUSING = st.one_of(
    st.builds(learned, st.sampled_from(["face_artifact", "voice_spoof"]), st.floats(-6, 0)),
    st.builds(face, PEOPLE, st.floats(-8, 0)),
    st.builds(piece, st.sampled_from(["official", "claimed_official", "not_official"]), PEOPLE),
    st.builds(footage, st.sampled_from(["copy", "excerpt"]), PEOPLE, st.floats(1, 20)),
)


@example([footage("copy", "ada", 16.0)], piece("unmatched_rest"), "low")
@given(
    st.lists(st.one_of(SUSPICIOUS, EXCUSING), max_size=7),
    SUSPICIOUS,
    st.sampled_from(["low", "normal", "high"]),
)
def test_more_suspicious_evidence_never_lowers_a_verdict(
    evidence: list[Evidence], more: Evidence, sensitivity: Sensitivity
) -> None:
    def judged(pieces: list[Evidence]) -> Judgement:
        return judge(pieces, duration_s=20.0, weighing=WEIGHING, sensitivity=sensitivity)

    before, after = judged(evidence), judged([*evidence, more])
    assert CONCERN[before.label] <= CONCERN[after.label], (before.summary, after.summary)
    assert after.llr.get("manipulation", 0) >= before.llr.get("manipulation", -9) - 1e-9


# --- coverage --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("coverage", "label", "words"),
    [
        pytest.param(Coverage(1.0, 1.0), "no_finding", "", id="whole"),
        pytest.param(Coverage(), "no_finding", "", id="of-an-older-result"),
        pytest.param(Coverage(0.9996, None), "no_finding", "Only 99% of the picture", id="nearly"),
        pytest.param(
            Coverage(0.5, 0.25),
            "no_finding",
            "Only 50% of the picture's time was looked at and 25% of the sound's time was "
            "listened to.",
            id="sampled",
        ),
        pytest.param(
            Coverage(0.04, 1.0),
            "unable_to_evaluate",
            "only 4% of the picture",
            id="one-frame-of-25-s",
        ),
        pytest.param(
            Coverage(None, 0.0), "unable_to_evaluate", "only 0% of the sound", id="nothing-heard"
        ),
    ],
)
def test_what_was_not_looked_at_is_not_without_finding(
    coverage: Coverage, label: str, words: str
) -> None:
    judged = judge([face("ada", -3.0)], coverage=coverage)
    assert judged.label == label and words in judged.summary
    assert ("partly_covered" in judged.flags) == bool(told(coverage)) == bool(words)


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0, "0%"), (0.001, "under 1%"), (0.5, "50%"), (0.9999, "99%"), (1.0, "100%")],
)
def test_a_share_is_rounded_away_from_all_and_nothing(share: float, words: str) -> None:
    assert percent(share) == words

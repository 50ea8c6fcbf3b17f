"""The verdict table, row by row, and the sums that lead to it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, cast

import pytest

from media_screen.evidence import (
    MANIPULATION_BOUND,
    Abstention,
    Contribution,
    Evidence,
    Failure,
    Match,
    Span,
)
from media_screen.fusion import judge as judging
from media_screen.fusion.combination import Combination, Threshold
from media_screen.fusion.thresholds import IDENTITY_THRESHOLD

# The shipped weights change with what is measured; the table must not.
OVER = 2.0
WEIGHING = Combination(
    {"picture": {"face_artifact": 0.8, "lip_sync": 0.5}, "sound": {"voice_spoof": 0.0}},
    bound=3.5,
    thresholds={
        "low": Threshold(0.005, 2.6),
        "normal": Threshold(0.01, OVER),
        "high": Threshold(0.05, 1.0),
    },
)
judge = partial(judging.judge, weighing=WEIGHING)
SHOWN = Evidence("face_identity", "identity", 0.7, IDENTITY_THRESHOLD + 1, "alike", person="ada")
CLEARER = Evidence("face_identity", "identity", 0.8, IDENTITY_THRESHOLD + 2, "alike", person="bob")
STRANGER = Evidence("face_identity", "identity", 0.1, -3.0, "not alike", person="ada")
FORGED = Evidence("face_artifact", "manipulation", 0.9, OVER / 0.8 + 0.5, "blended")
GENUINE = Evidence("face_artifact", "manipulation", 0.1, -1.5, "no trace")
PLAIN = Evidence("container", "manipulation", 0.0, 0.0, "plain")
NO_FACE = Abstention("face_identity", "no_face", "no face was found")
SMALL = Abstention("face_identity", "face_too_small", "3 faces, all narrower than 28 px")
NOBODY = Abstention("face_identity", "no_reference", "nobody is enrolled")
SOUND = Abstention("face_consistency", "no_video", "the file has sound only")
BROKEN = Abstention("media", "unreadable", "the file is empty (0 bytes)")
CRASH = Failure("face_identity", "ValueError: x")


SAME = Evidence("original", "manipulation", 0.0, -3.0, "as it was", finding="as_original")
REMADE = Evidence("original", "manipulation", 1.0, OVER + 1, "the mouth", finding="remade")
UNCLEAR = Evidence("original", "manipulation", 0.5, 0.0, "unclear", finding="unclear")
INCOMPLETE = Evidence("original", "manipulation", 0.1, 0.0, "some", finding="incomplete")
FACELESS = Abstention("original", "no_face", "no face is seen")
NO_MATCH = Abstention("original", "not_applicable", "no enrolled official footage is seen")
NO_PROXY = Abstention("original", "no_reference", "only a fingerprint is kept")


def channel(finding: str, person: str | None = "ada") -> Evidence:
    return Evidence(
        "channel", "provenance", 1.0, 0.0, f"{finding} {{odd}}", person=person, finding=finding
    )


def match(finding: str, person: str | None = "ada") -> Evidence:
    relation: Any = "copy" if finding == "altered_official" else finding
    found = Match(person or "", "talk.mp4", relation, Span(0, 4), Span(5, 9), 1.0, 1.0)
    return Evidence(
        "catalogue", "provenance", 1.0, 0.0, finding, person=person, finding=finding, match=found
    )


TABLE = [
    ("official post", [channel("official"), SHOWN, GENUINE], [], "official"),
    ("official post without face", [channel("official"), PLAIN], [NO_FACE], "official"),
    ("official handle, no id", [channel("claimed_official"), SHOWN], [], "unverified_appearance"),
    (
        "official handle, forged",
        [channel("claimed_official"), SHOWN, FORGED],
        [],
        "suspected_impersonation",
    ),
    (
        "official handle of one, look-alike of another",
        [channel("claimed_official", "bob"), channel("lookalike_handle"), SHOWN],
        [],
        "suspected_impersonation",
    ),
    (
        "official handle without the person",
        [channel("claimed_official"), STRANGER],
        [],
        "no_finding",
    ),
    ("official post, forged", [channel("official"), SHOWN, FORGED], [], "official"),
    (
        "copy elsewhere",
        [match("copy"), SAME, channel("not_official", None), SHOWN],
        [],
        "official_copy",
    ),
    ("excerpt, detector errs", [match("excerpt"), SAME, SHOWN, FORGED], [], "official_copy"),
    (
        "copy on look-alike",
        [match("copy"), SAME, channel("lookalike_name"), SHOWN],
        [],
        "official_copy",
    ),
    ("re-voiced", [match("revoiced"), SHOWN], [], "altered_official"),
    ("re-pictured", [match("repictured"), PLAIN], [NO_FACE], "altered_official"),
    ("seconds exchanged", [match("altered_official"), SHOWN], [], "altered_official"),
    ("face changed", [match("copy"), REMADE, SHOWN], [], "altered_official"),
    ("face changed, forged", [match("copy"), REMADE, SHOWN, FORGED], [], "suspected_impersonation"),
    ("copy without a face", [match("copy"), PLAIN], [FACELESS], "official_copy"),
    ("copy not compared", [match("copy"), SHOWN], [NO_PROXY], "unverified_appearance"),
    ("copy compared in part", [match("copy"), SAME, SHOWN], [NO_PROXY], "unverified_appearance"),
    ("face not confirmed", [match("copy"), UNCLEAR, SHOWN], [], "unverified_appearance"),
    ("not all compared", [match("copy"), INCOMPLETE, SHOWN], [], "unverified_appearance"),
    (
        "face of nobody, not confirmed",
        [match("copy"), UNCLEAR, STRANGER],
        [],
        "unverified_appearance",
    ),
    (
        "face not confirmed, forged",
        [match("copy"), UNCLEAR, STRANGER, FORGED],
        [],
        "altered_official",
    ),
    (
        "official post, not confirmed",
        [channel("official"), match("copy"), UNCLEAR],
        [],
        "official",
    ),
    ("known fake", [match("known_fake"), SHOWN], [], "suspected_impersonation"),
    ("known fake of nobody", [match("known_fake", None)], [], "synthetic_media"),
    (
        "known fake of nobody, who is shown",
        [match("known_fake", None), SHOWN],
        [],
        "suspected_impersonation",
    ),
    (
        "known fake of nobody, from footage",
        [match("known_fake", None), match("revoiced")],
        [],
        "suspected_impersonation",
    ),
    ("re-voiced and forged", [match("revoiced"), SHOWN, FORGED], [], "suspected_impersonation"),
    (
        "re-voiced on look-alike",
        [match("revoiced"), SHOWN, channel("lookalike_name")],
        [],
        "suspected_impersonation",
    ),
    (
        "look-alike of the less clear of two",
        [SHOWN, CLEARER, channel("lookalike_name")],
        [],
        "suspected_impersonation",
    ),
    ("forged person", [SHOWN, FORGED], [], "suspected_impersonation"),
    (
        "forged, not official",
        [channel("not_official", None), SHOWN, FORGED],
        [],
        "suspected_impersonation",
    ),
    ("look-alike channel", [channel("lookalike_handle"), SHOWN], [], "suspected_impersonation"),
    ("look-alike without the person", [channel("lookalike_handle"), STRANGER], [], "no_finding"),
    ("unverified", [channel("not_official", None), SHOWN, GENUINE], [], "unverified_appearance"),
    ("no sidecar", [SHOWN], [], "unverified_appearance"),
    ("forged stranger", [STRANGER, FORGED], [], "synthetic_media"),
    ("stranger", [STRANGER, GENUINE], [], "no_finding"),
    ("no face", [PLAIN], [NO_FACE], "no_finding"),
    ("faces too small", [PLAIN], [SMALL], "unable_to_evaluate"),
    ("sound only", [PLAIN], [NOBODY, SOUND], "unable_to_evaluate"),
    ("unreadable", [], [BROKEN], "unable_to_evaluate"),
    ("nothing at all", [], [], "unable_to_evaluate"),
]


@pytest.mark.parametrize(
    ("evidence", "abstentions", "label"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
def test_the_table(evidence: list[Evidence], abstentions: list[Abstention], label: str) -> None:
    judged = judge(evidence, abstentions, names={"ada": "Ada {0} Example"})
    assert judged.label == label
    assert judged.summary.endswith(".") and "{person}" not in judged.summary


@pytest.mark.parametrize(
    ("evidence", "flag"),
    [
        ([channel("official"), SHOWN, FORGED], "review_official_channel"),
        ([channel("official"), match("revoiced")], "review_official_channel"),
        ([match("copy"), SAME, channel("lookalike_handle"), SHOWN], "lookalike_channel"),
    ],
    ids=["hijacked", "official-but-altered", "copy-on-lookalike"],
)
def test_contradictions_are_flagged(evidence: list[Evidence], flag: str) -> None:
    assert flag in judge(evidence).flags


def test_a_failure_never_reads_as_authentic() -> None:
    judged = judge([PLAIN], [NO_FACE], [CRASH])
    assert judged.label == "unable_to_evaluate" and "incomplete" in judged.flags
    assert "face_identity failed" in judged.summary


def test_a_failure_does_not_hide_what_others_found() -> None:
    assert judge([SHOWN, FORGED], [], [CRASH]).label == "suspected_impersonation"


@pytest.mark.parametrize("unmatched", [NO_MATCH, FACELESS], ids=["no-original", "no-face"])
def test_why_it_can_not_be_evaluated_comes_from_the_file_first(unmatched: Abstention) -> None:
    judged = judge([PLAIN], [unmatched, NOBODY, SOUND], duration_s=4.0)
    assert judged.label == "unable_to_evaluate" and "sound only" in judged.summary


def test_of_a_picture_nobody_to_compare_with_comes_first() -> None:
    judged = judge([PLAIN], [SOUND, NOBODY], duration_s=0.0)
    assert judged.label == "unable_to_evaluate" and NOBODY.why.rstrip(".") in judged.summary


@pytest.mark.parametrize(
    ("duration_s", "label"),
    [(4.0, "official_copy"), (4.9, "official_copy"), (40.0, "unverified_appearance")],
    ids=["whole", "with-end-card", "a-tenth"],
)
def test_a_short_excerpt_does_not_vouch_for_the_rest(duration_s: float, label: str) -> None:
    judged = judge([match("excerpt"), SAME, SHOWN], duration_s=duration_s)  # the match is 4 s long
    assert judged.label == label
    assert ("contains_official_footage" in judged.flags) == (label != "official_copy")
    assert judged.provenance.match is not None


@pytest.mark.parametrize("unlike", [UNCLEAR, INCOMPLETE], ids=["unclear", "incomplete"])
def test_a_match_without_a_face_vouches_for_no_other(unlike: Evidence) -> None:
    judged = judge([match("copy"), unlike, SHOWN], [FACELESS])
    assert judged.label == "unverified_appearance"
    assert judge([match("copy"), SAME, SHOWN], [FACELESS]).label == "official_copy"


def test_official_footage_in_front_of_a_fabrication_clears_nothing() -> None:
    part = judge([match("excerpt"), SAME, SHOWN, FORGED], duration_s=40.0)
    assert part.label == "suspected_impersonation"
    assert part.fusion == judge([match("excerpt"), SHOWN, FORGED], duration_s=40.0).fusion
    assert judge([match("excerpt"), SAME, SHOWN, FORGED], duration_s=4.0).label == "official_copy"


def footage(person: str, reference: str, start: float, end: float) -> Evidence:
    span = Span(start, end)
    found = Match(person, reference, "copy", span, Span(0, end - start), 1.0, 1.0)
    return Evidence(
        "catalogue", "provenance", 1.0, 0.0, reference, person=person, finding="copy", match=found
    )


TALK = footage("ada", "talk.mp4", 3, 100)
OTHERS: dict[str, list[Evidence]] = {
    "alone": [],
    "her-own-intro": [footage("ada", "intro.mp4", 0, 3)],
    "another-persons-clip": [footage("bob", "clip.mp4", 0, 3)],
    "several-clips": [footage(who, f"{who}.mp4", 0, 3) for who in ("bob", "cleo")],
}


@pytest.mark.parametrize("others", OTHERS.values(), ids=OTHERS)
def test_short_clips_do_not_hide_whose_footage_fills_a_file(others: list[Evidence]) -> None:
    unsure = judge([*others, TALK], [NOBODY], duration_s=100.0)
    assert (unsure.label, unsure.person) == ("unverified_appearance", "ada")
    assert unsure.provenance.match == TALK.match
    copied = judge([*others, TALK, SAME], duration_s=100.0)
    assert (copied.label, copied.person) == ("official_copy", "ada")
    assert "talk.mp4" in copied.summary


def test_the_channel_is_told_before_how_the_face_looks() -> None:
    judged = judge([channel("lookalike_handle"), SHOWN, FORGED], names={"ada": "Ada"})
    assert judged.label == "suspected_impersonation"
    assert judged.summary.startswith("Presents Ada on a channel that imitates an official one")
    assert "looks fabricated, too" in judged.summary


def test_the_nearest_of_several_people_is_named() -> None:
    judged = judge([SHOWN, CLEARER], names={"ada": "Ada", "bob": "Bob"})
    assert judged.person == "bob" and judged.summary.endswith("It also presents Ada.")


def test_a_lookalike_of_someone_else_is_no_impersonation_of_the_person_shown() -> None:
    assert judge([SHOWN, channel("lookalike_handle", "bob")]).label == "unverified_appearance"


WINDOW = Evidence("lip_sync", "manipulation", 0.9, 4.0, "window", span=Span(0, 5), track=0)
POOLED = Evidence("lip_sync", "manipulation", 0.9, 1.5, "pooled")
WEAK = Evidence("voice_spoof", "manipulation", 0.7, 2.0, "odd")
STRANGE = Evidence("of_a_package", "manipulation", 1.0, 9.0, "odd")
LABEL = Evidence("credentials", "provenance", 1.0, 3.0, "labelled", finding="ai_generated")


@pytest.mark.parametrize(
    ("evidence", "llr"),
    [
        pytest.param([WINDOW, POOLED, PLAIN], 0.75, id="the-pooled-piece-weighed"),
        pytest.param([FORGED, POOLED], 0.8 * FORGED.llr + 0.75, id="detectors-add-up"),
        pytest.param([FORGED, FORGED, POOLED], 3.5, id="cut-off-at-the-bound"),
        pytest.param([GENUINE, GENUINE, GENUINE, GENUINE], -3.5, id="and-below"),
        pytest.param([FORGED, FORGED, LABEL], MANIPULATION_BOUND, id="with-labels-at-another"),
        pytest.param([PLAIN, WINDOW], None, id="windows-alone-say-nothing"),
        pytest.param([WEAK, STRANGE], None, id="what-does-not-count-says-nothing"),
        pytest.param([WEAK, LABEL], 3.0, id="a-label-is-not-weighed"),
    ],
)
def test_manipulation_is_summed_by_weight_and_bounded(
    evidence: list[Evidence], llr: float | None
) -> None:
    judged = judge(evidence)
    found = judged.llr.get("manipulation")
    assert found is None if llr is None else found == pytest.approx(llr)
    assert (judged.probability_bounds is None) == (llr is None)


def test_the_parts_of_the_sum_are_kept_the_largest_first() -> None:
    parts = judge([WEAK, POOLED, GENUINE, LABEL]).fusion.contributions
    assert parts == (
        Contribution("declared", 3.0, 3.0, 1.0),
        Contribution("face_artifact", -1.5, cast("float", pytest.approx(-1.2)), 0.8),
        Contribution("lip_sync", 1.5, cast("float", pytest.approx(0.75)), 0.5),
        Contribution("voice_spoof", 2.0, 0.0, 0.0),
    )


@pytest.mark.parametrize(
    ("picture", "sound", "total"),
    [
        pytest.param(2.0, 1.0, 2.6, id="both-look-forged"),
        pytest.param(2.0, -2.0, 1.6, id="a-genuine-voice-does-not-clear-a-forged-face"),
        pytest.param(-2.0, 2.0, 2.0, id="a-genuine-face-does-not-clear-a-forged-voice"),
        pytest.param(-2.0, -0.5, -0.5, id="both-seem-genuine-the-less-so-counts"),
        pytest.param(-2.0, None, -1.6, id="no-sound"),
        pytest.param(0.0, -2.0, 0.0, id="a-face-that-says-neither-is-no-clean-bill"),
    ],
)
def test_picture_and_sound_are_forged_apart(
    picture: float, sound: float | None, total: float
) -> None:
    weighing = replace(
        WEIGHING, weights={"picture": {"face_artifact": 0.8}, "sound": {"voice_spoof": 1.0}}
    )
    evidence = [Evidence("face_artifact", "manipulation", 0.5, picture, "face")]
    if sound is not None:
        evidence.append(Evidence("voice_spoof", "manipulation", 0.5, sound, "voice"))
    judged = judging.judge(evidence, weighing=weighing)
    assert judged.llr["manipulation"] == pytest.approx(total)
    added = sum(part.added for part in judged.fusion.contributions)
    assert added == pytest.approx(total)


def test_a_reason_names_what_adds_up_and_not_what_does_not_count() -> None:
    summary = judge([SHOWN, FORGED, POOLED, WEAK]).summary
    assert "looks fabricated: blended (log likelihood ratio +3." in summary
    assert "face_artifact +2.4, lip_sync +0.8)" in summary
    assert "voice_spoof" not in summary


@pytest.mark.parametrize(
    ("llr", "flagged"), [(0.9, ""), (1.5, "high"), (2.2, "high normal"), (2.8, "high normal low")]
)
def test_a_lower_sensitivity_marks_less(llr: float, flagged: str) -> None:
    piece = Evidence("face_artifact", "manipulation", 0.9, llr / 0.8, "blended")
    labels = {
        name: judge([STRANGER, piece], sensitivity=name).label for name in ("low", "normal", "high")
    }
    assert {name for name, label in labels.items() if label == "synthetic_media"} == set(
        flagged.split()
    )


def test_a_label_is_believed_whatever_detectors_and_sensitivity_say() -> None:
    judged = judge([STRANGER, GENUINE, LABEL], sensitivity="low")
    assert judged.label == "synthetic_media" and judged.llr["manipulation"] == pytest.approx(1.8)


DECLARATIONS = [
    ("credentials", "ai_generated", 3.0, "synthetic_media"),
    ("credentials", "platform_ai_label", 3.0, "synthetic_media"),
    ("onscreen", "generator_mark", 2.3, "synthetic_media"),
    ("onscreen", "generator_name", 1.0, "no_finding"),
    ("credentials", "ai_composite", 1.0, "no_finding"),
    ("credentials", "dubbed", 0.0, "no_finding"),
]


@pytest.mark.parametrize(("detector", "finding", "llr", "label"), DECLARATIONS)
def test_what_declares_itself_generated_counts_as_manipulated(
    detector: str, finding: str, llr: float, label: str
) -> None:
    piece = Evidence(detector, "provenance", 1.0, llr, "says so", finding=finding)
    assert judge([STRANGER, piece]).label == label
    assert judge([SHOWN, piece]).label == (
        "suspected_impersonation" if label == "synthetic_media" else "unverified_appearance"
    )


def test_one_declaration_seen_in_three_places_counts_once() -> None:
    pieces = [
        Evidence("credentials", "provenance", 1.0, 3.0, "x", finding="ai_generated"),
        Evidence("credentials", "provenance", 1.0, 3.0, "x", finding="platform_ai_label"),
        Evidence("container", "manipulation", 1.0, 3.0, "x", finding="declared_ai"),
    ]
    assert judge(pieces).llr["manipulation"] == pytest.approx(3.0)


def test_the_state_of_credentials_is_told_apart_from_what_they_say() -> None:
    label = Evidence("credentials", "provenance", 1.0, 3.0, "x", finding="platform_ai_label")
    state = Evidence("credentials", "provenance", 0.0, 0.0, "x", finding="trusted")
    assert judge([label, state]).provenance.credentials == "trusted"
    assert judge([label]).provenance.credentials == "unchecked"


def test_provenance_tells_the_channel_and_the_match() -> None:
    provenance = judge([match("excerpt"), channel("not_official", None)]).provenance
    assert provenance.channel == "not_official" and not provenance.official
    assert provenance.match is not None and provenance.match.relation == "excerpt"


@pytest.mark.parametrize(
    ("detector", "llr", "person"),
    [
        pytest.param("face_identity", 1.5, "ada", id="face"),
        pytest.param("voice_identity", 1.5, None, id="a voice needs more"),
        pytest.param("voice_identity", 3.5, "ada", id="voice"),
    ],
)
def test_a_face_and_a_voice_have_thresholds_of_their_own(
    detector: str, llr: float, person: str | None
) -> None:
    piece = Evidence(detector, "identity", 0.8, llr, "alike", person="ada")
    judgement = judge([piece])
    assert judgement.person == person
    assert judgement.llr["identity"] == llr


def test_files_whose_faces_were_compared_count_as_compared_without_voices() -> None:
    piece = Evidence("face_identity", "identity", 0.0, -2.0, "not alike", person="ada")
    silent = Abstention("voice_identity", "no_reference", "no voice is enrolled")
    assert "nobody who is enrolled" in judge([piece], [silent]).summary

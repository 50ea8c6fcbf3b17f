"""What is said of a mouth, its face and a voice together, and that it moves no label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from media_screen.detectors.lip_sync.fit import WORDS as FITS
from media_screen.evidence import Abstention, Evidence, Span
from media_screen.fusion.judge import judge
from media_screen.fusion.thresholds import (
    IDENTITY_THRESHOLD,
    OTHER_FACE,
    OTHER_VOICE,
    VOICE_THRESHOLD,
)
from media_screen.fusion.together import FITTING, WORDS, told_together

STILL = Abstention("lip_sync", "voice_over", "the mouth is nearly still")


def face(llr: float, track: int | None = 0, person: str = "ada") -> list[Evidence]:
    """A face that is followed, with the piece for the whole file."""
    places = (track, None) if track is not None else (None,)
    return [
        Evidence("face_identity", "identity", 0.5, llr, "alike", track=place, person=person)
        for place in places
    ]


def voice(llr: float) -> list[Evidence]:
    return [Evidence("voice_identity", "identity", 0.5, llr, "heard", person="ada")]


def mouth(*fits: str, track: int = 0, agreement: float = 0.3) -> list[Evidence]:
    return [
        Evidence(
            "lip_sync",
            "manipulation",
            0.5,
            0.0,
            "seen",
            span=Span(5.0 * number, 5.0 * number + 5),
            track=track,
            finding=f"mouth_{fit}",
            values={"agreement": agreement},
        )
        for number, fit in enumerate(fits)
    ]


OWN, OTHER = face(IDENTITY_THRESHOLD), face(OTHER_FACE)
THEIRS, ANOTHERS, EITHER = voice(VOICE_THRESHOLD), voice(OTHER_VOICE), voice(0.0)
TOGETHER = ("fits",) * FITTING


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        pytest.param([*OWN, *ANOTHERS, *mouth(*TOGETHER)], "swapped face", id="another's-voice"),
        pytest.param([*OWN, *ANOTHERS, *mouth("against")], "voice-over, a dub", id="voice-over"),
        pytest.param([*OWN, *THEIRS, *mouth("against", "still")], "narration", id="narration"),
        pytest.param([*OTHER, *THEIRS, *mouth(*TOGETHER)], "somebody else", id="another's-mouth"),
        pytest.param([*OWN, *THEIRS, *mouth(*TOGETHER)], "", id="the-person-speaks"),
        pytest.param([*OWN, *EITHER, *mouth(*TOGETHER)], "", id="voice-that-may-be-theirs"),
        pytest.param([*OWN, *ANOTHERS, *mouth("fits")], "", id="one-window-is-too-few"),
        pytest.param([*OWN, *ANOTHERS, *mouth("fits", "unclear")], "", id="not-in-each-window"),
        pytest.param([*OWN, *ANOTHERS, *mouth("fits", "against")], "", id="two-who-speak"),
        pytest.param([*OWN, *mouth(*TOGETHER)], "", id="no-voice-enrolled"),
        pytest.param([*ANOTHERS, *mouth(*TOGETHER)], "", id="no-face-compared"),
        pytest.param([*face(0.0), *THEIRS, *mouth(*TOGETHER)], "", id="face-that-may-be-theirs"),
        pytest.param(
            [
                *OWN,
                *face(OTHER_FACE, 1),
                *ANOTHERS,
                *mouth("against", agreement=0.0),
                *mouth(*TOGETHER, track=1),
            ],
            "",
            id="somebody-beside-them-speaks",
        ),
    ],
)
def test_what_the_three_say_together(evidence: list[Evidence], words: str) -> None:
    said = told_together(evidence, (), "ada", "Ada {0}")
    assert (words in said and "Ada {0}" in said) if words else said == ""


def test_a_still_mouth_under_anothers_voice_is_told() -> None:
    assert "still mouth" in told_together([*OWN, *ANOTHERS], [STILL], "ada", "Ada")


def test_every_sentence_ends_and_names_the_person() -> None:
    assert all(say.endswith(".") and "{name}" in say for say in WORDS.values())
    assert {fit for _, fit, _ in WORDS} <= set(FITS)


@pytest.mark.parametrize("evidence", [[*OWN, *ANOTHERS], [*OTHER, *THEIRS]], ids=["face", "voice"])
@pytest.mark.parametrize("fits", [TOGETHER, ("against",)], ids=["fits", "against"])
def test_it_is_told_in_words_and_moves_no_label(
    evidence: Sequence[Evidence], fits: tuple[str, ...]
) -> None:
    silent = judge(evidence, names={"ada": "Ada"})
    judged = judge([*evidence, *mouth(*fits)], names={"ada": "Ada"})
    assert judged.label == silent.label and judged.llr == silent.llr
    said = told_together([*evidence, *mouth(*fits)], (), "ada", "Ada")
    assert judged.summary == f"{silent.summary} {said}".strip()


def test_official_footage_is_left_alone() -> None:
    post: Any = Evidence(
        "channel", "provenance", 1.0, 0.0, "posted", person="ada", finding="official"
    )
    evidence = [post, *OWN, *ANOTHERS]
    assert judge([*evidence, *mouth(*TOGETHER)]).summary == judge(evidence).summary

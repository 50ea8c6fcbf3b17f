"""English sentences of results are recognised, and said in another language."""

from __future__ import annotations

import re

import pytest

from media_screen.languages import CODES, English, LanguageError, Pattern, find_language

FRENCH, CHINESE = find_language("fr"), find_language("zh-Hant")

SAID = {
    "whole": ("nobody speaks", "personne ne parle", "沒有人說話"),
    "with-a-number": (
        "the face from 0.5 s to 12.0 s is nearest to ada",
        "le visage de 0,5 s à 12,0 s est le plus proche de ada",
        "0.5 秒至 12.0 秒的臉最接近 ada",
    ),
    "sentence-in-sentence": (
        "Presents Ada Lovelace, not on an official channel, and looks fabricated: the face (6 views) "
        "scores higher than 96% of genuine clips measured, in a check for forgery by a network that "
        "learned to tell faces from forged copies of them (log likelihood ratio +1.4: face_artifact "
        "+1.4).",
        "Présente Ada Lovelace, hors d’une chaîne officielle, et semble fabriqué\xa0: le visage "
        "(6 vues) obtient un score plus haut que 96\u202f% des clips authentiques mesurés, selon un "
        "réseau qui a appris à distinguer des visages de leurs copies falsifiées (log du rapport de "
        "vraisemblance +1,4\xa0: artefacts du visage +1,4).",
        "呈現 Ada Lovelace，不在官方頻道上，且看起來是偽造的：臉（6 個畫面）的分數高於96% 的"
        "實測真實影片，由學會區分真臉與偽造臉的神經網路檢查（對數概似比 +1.4：臉部瑕疵 +1.4）。",
    ),
    "two-sentences": (
        "Could not be evaluated: nobody speaks. Only 40% of the picture's time was looked at.",
        "N’a pu être évalué\xa0: personne ne parle. Seulement 40\u202f% de la durée de l’image a été "
        "regardé.",
        "無法評估：沒有人說話。僅檢視了畫面時間的 40%。",
    ),
    "a-span-after-a-word": (
        "measured, 0:00.1 to 0:10.6, not weighed: nobody speaks",
        "mesuré, de 0:00.1 à 0:10.6, sans poids\xa0: personne ne parle",
        "已測量，0:00.1 至 0:10.6，未列入權重：沒有人說話",
    ),
    "a-voice-is-no-name": (
        "of those enrolled, voice 1 (0.6 s to 10.3 s) is nearest to ada",
        "parmi les personnes enregistrées, voix 1 (0,6 s à 10,3 s) est la plus proche de ada",
        "在登錄人物中，聲音 1（0.6 秒至 10.3 秒）最接近 ada",
    ),
    "a-track-is-no-name": (
        "what is heard on sound track 2 (ger) is the sound of a.mp4",
        "ce qui est entendu sur la piste sonore 2 (ger) est le son de a.mp4",
        "在聲軌 2 (ger)聽到的是 a.mp4 的聲音",
    ),
    "a-stop-that-was-added": (
        "2 own videos screened as if nothing were known of them, 1 not yet.",
        "2 vidéos de la personne, examinées comme si l’on n’en savait rien, 1 pas encore.",
        "2 部自己的影片已在視為一無所知的情況下篩檢，1 部尚未。",
    ),
    "thousands": ("12,345", "12\u202f345", "12,345"),
    "percent": ("84%", "84\u202f%", "84%"),
    "day": ("2026-11-28", "28/11/2026", "2026/11/28"),
    "time": ("2026-11-28 08:05", "28/11/2026 08:05", "2026/11/28 08:05"),
}


@pytest.mark.parametrize(("english", "french", "chinese"), SAID.values(), ids=SAID)
def test_a_sentence_is_said_in_each_language(english: str, french: str, chinese: str) -> None:
    assert FRENCH.say(english) == french
    assert CHINESE.say(english) == chinese
    assert find_language("en").say(english) is english


@pytest.mark.parametrize(
    "text",
    [
        "the frobnicator hums",
        "The frobnicator hums.",
        "Look at this!",
        "nobody expects it",
        "Guten Tag",
        "one to two",
    ],
)
def test_what_no_catalogue_knows_stays_english_and_is_marked(text: str) -> None:
    for language in (FRENCH, CHINESE):
        assert language.say(text) == text
        assert isinstance(language.say(text), English)


@pytest.mark.parametrize(
    "name", ["Official", "no finding", "nobody speaks", "the face", "<b>{x}</b>"]
)
def test_a_name_within_a_sentence_is_not_translated(name: str) -> None:
    said = FRENCH.say(f"Published on the official channel of {name}; nothing suspicious was found.")
    assert said == (
        f"Publié sur la chaîne officielle de {name}\u202f; rien de suspect n’a été trouvé."
    )


@pytest.mark.parametrize("quoted", ["\u201cOfficial\u201d", "'nobody speaks'", '"the face"'])
def test_what_is_quoted_is_not_translated(quoted: str) -> None:
    assert quoted in CHINESE.say(f"the picture names the account that published it: {quoted}")


HOSTILE = {
    "commas": "a, " * 3_333,
    "and": "the face and " * 800,
    "brackets": "(" * 5_000 + ")" * 5_000,
    "of": "Presents " + " of ".join(["the face"] * 900),
    "spaces": " " * 10_000,
    "places": "{name}" * 1_500,
    "colons": "the picture names the account that published it: " * 200,
    "one-word": "x" * 10_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_take_a_bounded_number_of_steps(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from media_screen.languages import catalogue

    steps = 0
    match = Pattern.match

    def counted(self: Pattern, text: str) -> tuple[str, ...] | None:
        nonlocal steps
        steps += 1
        return match(self, text)

    monkeypatch.setattr(Pattern, "match", counted)
    language = catalogue.Language("fr")
    assert isinstance(language.say(text), str)
    assert steps < 400 * catalogue.MOST_STEPS


@pytest.mark.parametrize(
    ("message", "text", "parts"),
    [
        pytest.param("{a} of {b}", "1 of 2", ("1", "2"), id="places-at-the-ends"),
        pytest.param("x{a}y", "x1y", ("1",), id="literals-at-the-ends"),
        pytest.param("x{a}y", "x1z", None, id="another-end"),
        pytest.param("see {a}{b}.", "see 12.", ("12",), id="places-that-touch"),
        pytest.param("aa{a}aa", "aaa", None, id="ends-that-overlap"),
    ],
)
def test_a_pattern_gives_what_stands_in_its_places(
    message: str, text: str, parts: tuple[str, ...] | None
) -> None:
    assert Pattern(message).match(text) == parts


def test_another_language_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(LanguageError, match=re.escape("en, fr, zh-Hant, got 'de'")):
        find_language("de")
    assert CODES[0] == "en"

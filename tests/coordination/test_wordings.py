"""Texts that are the same or nearly: in three languages, whatever the order, never by chance."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from media_screen.coordination import wordings
from media_screen.coordination.wordings import LIKENESS, Texts, likeness, normal, shingles

MINISTER = "The minister admits that the harbour was sold last night"
HAN = "\u6e2f\u53e3\u5df2\u7ecf\u88ab\u79d8\u5bc6\u51fa\u552e\u90e8\u957f\u7ec8\u4e8e\u627f\u8ba4"
HINDI = (
    "\u092e\u0902\u0924\u094d\u0930\u0940 \u0928\u0947 \u0915\u0939\u093e \u0915\u093f "
    "\u092c\u0902\u0926\u0930\u0917\u093e\u0939 \u092c\u0947\u091a "
    "\u0926\u093f\u092f\u093e \u0939\u0948"
)
THAI = (
    "\u0e23\u0e31\u0e10\u0e21\u0e19\u0e15\u0e23\u0e35\u0e22\u0e2d\u0e21\u0e23\u0e31\u0e1a"
    "\u0e27\u0e48\u0e32\u0e02\u0e32\u0e22\u0e17\u0e48\u0e32\u0e40\u0e23\u0e37\u0e2d"
)
ARABIC = "\u0628\u0650\u0644\u0627\u062f\u064c"
FRENCH = "Le ministre avoue que le port a \u00e9t\u00e9 vendu cette nuit"

ALIKE = [
    pytest.param(MINISTER, MINISTER.upper() + "!!", id="case-and-marks"),
    pytest.param(
        MINISTER, f"@some.body {MINISTER} \U0001f631 https://example.com/x", id="handle-link"
    ),
    pytest.param(MINISTER, f"BREAKING: {MINISTER}", id="a-word-before"),
    pytest.param(MINISTER, MINISTER.replace("night", "week"), id="a-word-changed"),
    pytest.param(MINISTER, MINISTER.replace("i", "i\u200b"), id="zero-width-spaces"),
    pytest.param(
        MINISTER, "".join(chr(ord(c) + 0xFEE0) if c != " " else c for c in MINISTER), id="wide"
    ),
    pytest.param(HAN, HAN + "\u4e86", id="chinese-a-sign-more"),
    pytest.param(HAN, HAN.replace("\u79d8\u5bc6", "\u6084\u6084"), id="chinese-a-word-changed"),
    pytest.param(HAN, f"\u3010{HAN[:9]}\uff0c{HAN[9:]}\u3011", id="chinese-marks"),
    pytest.param(HAN, f"https://example.com/x{HAN}", id="chinese-after-a-link"),
    pytest.param(HAN, f"www.example.com/x{HAN}", id="chinese-after-a-link-without-scheme"),
    pytest.param(HAN, f"@some.body{HAN}", id="chinese-after-a-handle"),
    pytest.param(HAN, f"\uff20some_body{HAN}", id="chinese-after-a-wide-handle"),
    pytest.param(HAN, f"@\u9648\u5c0f\u660e {HAN}", id="chinese-after-a-chinese-handle"),
    pytest.param(MINISTER, f"https://example.com/x\u2014{MINISTER}", id="a-dash-after-a-link"),
    pytest.param(MINISTER, f"https://example.com/x\u200b{MINISTER}", id="unseen-after-a-link"),
    pytest.param(MINISTER, f"https://example.com/x\u27a1{MINISTER}", id="an-arrow-after-a-link"),
    pytest.param(MINISTER, "\u0335\u0321".join(MINISTER), id="marks-piled-up"),
    pytest.param(HINDI, f"{HINDI}!!", id="hindi"),
    pytest.param(THAI, f"@some.body {THAI}", id="thai"),
    pytest.param(FRENCH, FRENCH + " dernier", id="french-a-word-more"),
    pytest.param(FRENCH, FRENCH.replace("\u00e9", "e\u0301"), id="french-other-form-of-accents"),
]
OTHERS = [
    pytest.param(MINISTER, "The minister visits the harbour in the night", id="one-event"),
    pytest.param(MINISTER, FRENCH, id="translated"),
    pytest.param(HAN, HAN[:4] + "\u4eca\u5929\u5929\u6c14\u53bb\u9493\u9c7c", id="chinese"),
    pytest.param("Breaking news", "Breaking news", id="a-phrase"),
    pytest.param("\u7a81\u53d1\u65b0\u95fb", "\u7a81\u53d1\u65b0\u95fb", id="a-chinese-phrase"),
    pytest.param("@a_long_handle_of_somebody !", "@a_long_handle_of_somebody !", id="a-handle"),
    pytest.param("https://example.com/an/address", "https://example.com/an/address", id="link"),
    pytest.param("", "", id="nothing"),
]  # fmt: skip


NORMAL = [
    pytest.param(HINDI, HINDI, id="hindi"),
    pytest.param(THAI, THAI, id="thai"),
    pytest.param(
        "\u0628\u0650\u0644\u0627\u062f\u064c", "\u0628\u0650\u0644\u0627\u062f\u064c", id="arabic"
    ),
    pytest.param("So_it (is)!", "so it is", id="marks"),
    pytest.param("x" * 9_000, "x" * 2_000, id="long"),
]


@pytest.mark.parametrize(("text", "plain"), NORMAL)
def test_words_of_any_script_stay_whole(text: str, plain: str) -> None:
    assert normal(text) == plain


def groups(*texts: str) -> list[int]:
    """The number of the wording of each text, -1 for none."""
    known = Texts()
    numbers = [known.add(text) for text in texts]
    leaders = known.wordings().leader
    return [int(leaders[number]) if number >= 0 else -1 for number in numbers]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_one_wording_is_recognised(one: str, other: str) -> None:
    first, second = groups(one, other)
    assert first == second != -1


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_other_texts_and_phrases_are_no_wording(one: str, other: str) -> None:
    first, second = groups(one, other)
    assert first != second or first == -1


def made(count: int, words: int = 14) -> list[str]:
    drawn = random.Random(4)
    letters = "abcdefghijklmnopqrstuvwxyz"
    known = ["".join(drawn.choices(letters, k=drawn.randint(3, 9))) for _ in range(900)]
    return [" ".join(drawn.choices(known, k=words)) for _ in range(count)]


def test_candidates_lead_to_what_comparing_all_pairs_finds() -> None:
    drawn = random.Random(5)
    texts = made(60)
    for text in texts[:40]:
        parts = text.split()
        for changed in range(drawn.randint(0, 2)):
            parts[drawn.randrange(14)] = f"word{changed}"
        texts.append(" ".join(parts))
    found = groups(*texts)
    sets = [shingles(normal(text)) for text in texts]
    for (a, one), (b, other) in itertools.combinations(enumerate(sets), 2):
        exact = likeness(one, other)
        assert found[a] != found[b] or exact >= LIKENESS
        assert found[a] == found[b] or exact < 0.8  # one in 8,000,000 of those is missed


def test_the_order_of_texts_changes_nothing() -> None:
    texts = [*made(30), *(f"{text} again" for text in made(20)), *made(10), MINISTER, HAN, FRENCH]
    known = Texts()
    for text in texts:
        known.add(text)
    expected = {known.texts[at] for at in known.wordings().leader}
    for seed in range(5):
        random.Random(seed).shuffle(texts)
        again = Texts()
        for text in texts:
            again.add(text)
        assert {again.texts[at] for at in again.wordings().leader} == expected


def test_the_text_that_is_used_most_stands_for_its_wording() -> None:
    known = Texts()
    for text in (f"a {MINISTER}", f"b {MINISTER}", f"b {MINISTER}"):
        known.add(text)
    found = known.wordings()
    assert [known.texts[at] for at in found.leader] == [f"b {MINISTER}"] * 2
    assert found.alike[1] == 1.0 and LIKENESS <= found.alike[0] < 1.0


@pytest.mark.parametrize(
    "text", [MINISTER, HAN, f"{HAN} and {MINISTER} {HAN}"], ids=["en", "zh", "both"]
)
def test_signatures_are_made_of_the_same_pieces_as_the_comparison(text: str) -> None:
    plain = [normal(text), "abcd", normal(FRENCH)]
    hashes, ends = wordings._hashed(plain)
    for at, own in enumerate(plain):
        assert len(np.unique(hashes[int(ends[at]) : int(ends[at + 1])])) == len(shingles(own))


def test_no_texts_are_no_wordings() -> None:
    assert groups() == [] and len(Texts().wordings().leader) == 0

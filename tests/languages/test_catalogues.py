"""Every sentence that a page can show has its words in every language."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest
from babel.messages.pofile import read_po

import media_screen
from media_screen.detectors import channel
from media_screen.detectors.credentials import manifest
from media_screen.detectors.lip_sync import fit
from media_screen.evidence import Relation
from media_screen.footage.original import alteration
from media_screen.languages import CODES, English, Pattern, find_language, placeholders
from media_screen.results import words
from tests.sentences import CATALOGUES, sentences

OTHERS = CODES[1:]
MESSAGES = sentences()


def catalogue(code: str) -> dict[str, str]:
    with (CATALOGUES / f"{code}.po").open("rb") as stream:
        return {str(each.id): str(each.string) for each in read_po(stream) if each.id}


@pytest.mark.parametrize("code", OTHERS)
def test_no_message_is_missing_or_left_over(code: str) -> None:
    assert catalogue(code).keys() == MESSAGES.keys(), "python -m tests.sentences, then translate"


@pytest.mark.parametrize("code", OTHERS)
def test_no_translation_is_empty_or_unsure(code: str) -> None:
    with (CATALOGUES / f"{code}.po").open("rb") as stream:
        unsure = [
            each.id for each in read_po(stream) if each.id and (each.fuzzy or not each.string)
        ]
    assert not unsure


# Places that hold an ending or a verb of English, which a language may have no place for.
GRAMMAR = {"stills_else", "follows", "row", "4"}


@pytest.mark.parametrize("code", OTHERS)
def test_translations_have_the_places_of_the_message(code: str) -> None:
    for message, said in catalogue(code).items():
        wanted, given = Counter(placeholders(message)), Counter(placeholders(said))
        assert not given - wanted, f"{message}: {said}"
        assert not (wanted - given).keys() - GRAMMAR, f"{message}: {said}"


@pytest.mark.parametrize("code", OTHERS)
def test_places_that_touch_are_filled_as_one(code: str) -> None:
    for message, said in catalogue(code).items():
        kept = set(Pattern(message).names) - GRAMMAR
        assert kept <= set(placeholders(said)), f"{message}: {said}"


@pytest.mark.parametrize("code", OTHERS)
def test_a_label_claims_no_more_than_the_english(code: str) -> None:
    told = catalogue(code)
    for message, said in told.items():
        if "authentic" in message and "no " in message:
            assert re.search("aucun|沒有|不代表|pas|ne signifie", said), said


# What detectors call what they find: where they write it, and where it is the name of something.
_WRITTEN = re.compile(r"""finding ?=[^,\n]*?"([a-z_]+)"(?:[^,\n]*? else "([a-z_]+)")?""")
_YIELDED = re.compile(r"""(?:_evidence|yield)\(?\s*\(?\s*"([a-z_]+)", """)


def written_findings() -> set[str]:
    root = Path(media_screen.__file__).parent / "detectors"
    texts = [path.read_text("utf-8") for path in root.rglob("*.py")]
    found = [one for text in texts for each in (_WRITTEN, _YIELDED) for one in each.findall(text)]
    return {name for one in found for name in ((one,) if isinstance(one, str) else one) if name}


FINDINGS = {
    *written_findings(),
    *(f"mouth_{name}" for name in get_args(fit.Fit)),
    *get_args(alteration.Kind),
    *get_args(channel.Finding),
    *get_args(manifest.State),
    *get_args(Relation),
    *words.FINDINGS,
}


def test_findings_are_gathered_from_all_detectors() -> None:
    expected = {"plain", "declared_ai", "generator_name", "own_account", "dubbed", "no_match"}
    assert expected <= FINDINGS


@pytest.mark.parametrize("code", OTHERS)
@pytest.mark.parametrize("finding", sorted(FINDINGS))
def test_each_finding_has_words(code: str, finding: str) -> None:
    assert not isinstance(find_language(code).say(words.finding_words(finding)), English)


def test_catalogues_name_files_of_the_package_alone() -> None:
    for code in OTHERS:
        lines = (CATALOGUES / f"{code}.po").read_text("utf-8").splitlines()
        named = {line for line in lines if line.startswith("#: ")}
        assert all(line.startswith("#: media_screen/") for line in named)

"""What a person decided stands above the verdict in every export, and beside it where it stays."""

from __future__ import annotations

import json
from typing import Any

import pytest

from media_screen.evidence import Answer, DecidedFile, Decision
from media_screen.package.complaints import complaints
from media_screen.results.ledger import Ledger
from tests.exports.made import FAKE, campaign, posted, written

CLEARED: tuple[Answer, ...] = ("genuine", "dismissed")
WHY = "She was asked \x1b[31m<b>"


def decided(*answers: tuple[str, Answer], note: str = WHY) -> Ledger:
    """A ledger of these answers by the names of files, each by Ada."""
    files = {
        name: DecidedFile(posted(row).media.sha256, f"{name}.mp4")
        for row in FAKE
        for name in row[:1]
    }
    entries = (
        Decision(f"{number:032x}", (files[name],), "ada", "2026-11-28T08:00:00Z", "", answer, note)
        for number, (name, answer) in enumerate(answers)
    )
    return Ledger(tuple(entries))


def bundle(form: str, ledger: Ledger) -> list[dict[str, Any]]:
    made, verdicts = campaign()
    objects: list[dict[str, Any]] = json.loads(written(form, verdicts, [made], ledger))["objects"]
    return objects


def of_kind(objects: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [one for one in objects if one["type"] == kind]


OPINIONS = {
    "confirmed_fake": ("strongly-agree", None),
    "genuine": ("strongly-disagree", True),
    "dismissed": ("disagree", True),
}


@pytest.mark.parametrize(("answer", "said"), OPINIONS.items(), ids=OPINIONS.keys())
@pytest.mark.parametrize("form", ["stix", "opencti"])
def test_an_answer_is_an_opinion_on_the_indicator(
    form: str, answer: Answer, said: tuple[str, bool | None]
) -> None:
    before = of_kind(bundle(form, Ledger()), "indicator")
    objects = bundle(form, decided(("fake", answer)))
    (opinion,) = of_kind(objects, "opinion")
    assert (opinion["opinion"], opinion["authors"]) == (said[0], ["ada"])
    assert "She was asked" in opinion["explanation"] and "\x1b" not in opinion["explanation"]
    indicators = {one["id"]: one for one in of_kind(objects, "indicator")}
    assert indicators.keys() == {one["id"] for one in before}
    (about,) = opinion["object_refs"]
    assert indicators[about].get("revoked") == said[1]


def test_an_answer_on_what_nothing_is_suspected_of_is_a_note() -> None:
    for ledger in (decided(("news", "confirmed_fake")), decided(("fake", "to_check"))):
        notes = of_kind(bundle("stix", ledger), "note")
        assert [one["authors"] for one in notes if one["abstract"] == "Decided by a person"] == [
            ["ada"]
        ]


@pytest.mark.parametrize("answer", CLEARED)
@pytest.mark.parametrize("form", ["misp", "mediareview"])
def test_what_a_person_cleared_accuses_nobody(form: str, answer: Answer) -> None:
    made, verdicts = campaign()
    before = written(form, verdicts, [made])
    one = written(form, verdicts, [made], decided(("copy", answer)))
    none = written(form, verdicts, [made], decided(("copy", answer), ("fake", answer)))
    sha256 = posted(FAKE[1]).media.sha256
    assert sha256 in before and sha256 not in one
    assert posted(FAKE[0]).media.sha256 in one
    assert "TransformedContent" not in none and "impersonation" not in none


def test_a_confirmed_fake_is_marked_in_misp() -> None:
    made, verdicts = campaign()
    text = written("misp", verdicts, [made], decided(("fake", "confirmed_fake")))
    (event,) = json.loads(text)["response"]
    files = [one for one in event["Event"]["Object"] if one["name"] == "file"]
    (told,) = [one for one in files if one.get("comment")]
    assert told["comment"].startswith("A person decided by ada: confirmed_fake. She was asked")
    tags = [tag["name"] for one in told["Attribute"] for tag in one.get("Tag", ())]
    assert tags == ['media-screen:decision="confirmed_fake"']


@pytest.mark.parametrize("answer", CLEARED)
def test_no_complaint_names_what_a_person_cleared(answer: Answer) -> None:
    made, verdicts = campaign()
    named = "https://tiktok.example/copy"
    texts = [one.text for one in complaints(made, verdicts)]
    cleared = [one.text for one in complaints(made, verdicts, decided(("copy", answer)))]
    assert any(named in text for text in texts)
    assert not any(named in text for text in cleared)


@pytest.mark.parametrize("answer", CLEARED)
def test_an_account_is_not_suspected_for_what_a_person_cleared(answer: Answer) -> None:
    made, verdicts = campaign()
    text = written("graphml", verdicts, [made])
    none = written("graphml", verdicts, [made], decided(("copy", answer), ("fake", answer)))
    assert text.lower().count("true</data>") == 2 and "true</data>" not in none.lower()

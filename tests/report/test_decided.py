"""What people decided stands beside the label on every page, and changes nothing of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from media_screen.evidence import Answer, DecidedFile, HandCheck
from media_screen.report import write_report
from media_screen.results.ledger import campaign_files, decide, read_ledger
from media_screen.results.words import ANSWERS, LABELS
from tests.report import invented, records
from tests.report.pages import Page, check_markup

MEDIA = records.suspected().media
FILE = DecidedFile(MEDIA.sha256, MEDIA.path, "suspected_impersonation")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    campaign, verdicts = invented.small()
    invented.write(tmp_path, campaign, verdicts=[*records.every_label(), *verdicts])
    return tmp_path


def note(out: Path, file: DecidedFile = FILE, **what: Any) -> None:
    what = {"who": "ada", "after": read_ledger(out).head} | what
    decide(out, (file,), **what)


def pages(out: Path) -> tuple[Page, Page, Page]:
    """The batch page, and those of the suspected file and of the campaign."""
    write_report(out)
    names = ("index.html", f"files/{MEDIA.key}.html", f"campaigns/{invented.ID}.html")
    found = [Page((out / "report" / name).read_text("utf-8")) for name in names]
    for page in found:
        check_markup(page)
    return found[0], found[1], found[2]


def test_without_decisions_no_page_speaks_of_any(out: Path) -> None:
    for page in pages(out):
        assert "Decided by people" not in page.words()


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_stands_beside_the_label(out: Path, answer: Answer) -> None:
    note(out, answer=answer, note="one\ntwo", checks=(HandCheck("office_call", "never said it"),))
    index, page, _ = pages(out)
    words = ANSWERS[answer][0]
    assert words in page.words() and LABELS["suspected_impersonation"].name in page.words()
    assert "Call to the person's office" in page.words() and "never said it" in page.words()
    assert "<bdi>one</bdi><br><bdi>two</bdi>" in page.html
    assert f'class="decided d-{answer}"' in index.html
    assert index.having("data-decided")[0][1]["data-decided"] == answer


def test_what_was_seen_too_late_and_taken_back_is_told(out: Path) -> None:
    note(out, answer="genuine", who="eve")
    note(out, answer="confirmed_fake", after="")
    note(out, note="later", who="kim")
    _, page, _ = pages(out)
    assert "had not seen" in page.words() and "eve: genuine" in page.words()
    entry = read_ledger(out).entries[1].id
    note(out, undoes=entry)
    _, page, _ = pages(out)
    assert "(taken back)" in page.words() and "had not seen" not in page.words()


def test_another_label_since_is_told(out: Path) -> None:
    note(out, DecidedFile(MEDIA.sha256, MEDIA.path, "no_finding"), answer="genuine")
    assert "the program called the file: No finding." in pages(out)[1].words()


def test_a_campaign_counts_what_was_decided_on_its_members(out: Path) -> None:
    campaign, _ = invented.small()
    files = campaign_files(campaign)
    decide(out, files[:1], who="ada", after="", answer="confirmed_fake", campaign=campaign.id)
    index, _, page = pages(out)
    assert "joined the campaign after it was decided on" in page.words()
    assert "decided" in index.words() and "undecided" in page.words()
    decide(out, files, who="ada", after="", answer="confirmed_fake", campaign=campaign.id)
    index, _, page = pages(out)
    assert f"Confirmed fake \u00d7{len(campaign.members)}." in page.words()
    assert index.html.count('class="decided d-confirmed_fake"') == 1 + len(campaign.members)


@pytest.mark.parametrize("number", range(len(records.HOSTILE)))
def test_hostile_texts_stay_text(out: Path, number: int) -> None:
    hostile = records.HOSTILE[number]
    checks = (HandCheck(hostile[:200], hostile),)
    note(out, answer="to_check", note=hostile, who=hostile, assignee=hostile, checks=checks)
    assert "Decided by people" in pages(out)[1].words()


def test_broken_lines_are_told(out: Path) -> None:
    (out / "ledger.jsonl").write_text("{\n")
    assert "ledger.jsonl" in pages(out)[0].words()

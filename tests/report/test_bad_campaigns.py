"""A campaign that can't be read or shown costs itself alone, and the batch page says so."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from media_screen.evidence import Campaign
from media_screen.report import write_report
from media_screen.report.campaign_view import campaign_view
from tests.report import invented, records
from tests.report.pages import check_markup
from tests.results.test_campaigns import MOST, is_number

from .test_pages import file_page, read

LARGE = invented.large(12, files=14)


def greatest(found: Any) -> Any:
    """Put the greatest number that its schema allows in the place of each number of a record."""
    if isinstance(found, dict):
        return {
            name: 1 if name in ("share", "alike") else greatest(part)
            for name, part in found.items()
        }
    if isinstance(found, list):
        return [greatest(part) for part in found]
    return MOST if is_number(found) else found


def test_a_campaign_of_the_greatest_numbers_is_shown(tmp_path: Path) -> None:
    campaign, verdicts = invented.small()
    invented.write(tmp_path, verdicts=verdicts)
    (tmp_path / "campaigns.jsonl").write_text(json.dumps(greatest(campaign.to_dict())))
    told: list[str] = []
    write_report(tmp_path, tell=lambda note: told.append(note))
    assert not [note for note in told if "campaigns.jsonl" in note]
    page = read(tmp_path / "report" / "campaigns" / f"{campaign.id}.html")
    check_markup(page)
    assert "9,007,199,254,740,991 comments" in page.words()


def test_a_line_that_is_no_campaign_costs_itself_alone(tmp_path: Path) -> None:
    campaign, verdicts = invented.small()
    invented.write(tmp_path, LARGE[0], verdicts=[*verdicts, *LARGE[1]])
    hostile = campaign.to_dict()
    hostile["ties"][0]["count"] = 10**400
    with (tmp_path / "campaigns.jsonl").open("a") as stream:
        stream.write(json.dumps(hostile) + "\n<b>\n")
    told: list[str] = []
    index = read(write_report(tmp_path, tell=told.append))
    check_markup(index)
    assert "1 campaign of 14 files" in index.words()
    assert "2 lines of campaigns.jsonl were left out of this report line 2: ties.0.count: " in (
        index.words()
    )
    assert any(note.startswith("of campaigns.jsonl 2 lines were left out") for note in told)
    assert [one.stem for one in (tmp_path / "report" / "campaigns").iterdir()] == [LARGE[0].id]


def test_without_a_line_that_can_be_read_there_are_not_no_campaigns(tmp_path: Path) -> None:
    records.write_results(tmp_path, records.every_label())
    (tmp_path / "campaigns.jsonl").write_text("{}\n")
    words = read(write_report(tmp_path)).words()
    assert "1 line of campaigns.jsonl was left out" in words and "No campaigns" not in words
    assert "their record can\u2019t be read: the next scan into this folder writes it" in words


@pytest.mark.parametrize("error", [OverflowError, RecursionError, KeyError, ZeroDivisionError])
def test_a_campaign_that_cannot_be_shown_costs_itself_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    campaign, verdicts = invented.small()

    def failing(shown: Campaign, *others: Any) -> Any:
        if shown.id == campaign.id:
            raise error("too much")
        return campaign_view(shown, *others)

    monkeypatch.setattr("media_screen.report.pages.campaign_view", failing)
    last = replace(LARGE[0], label="no_finding", id="c-999999999999")
    invented.write(tmp_path, LARGE[0], campaign, last, verdicts=[*verdicts, *LARGE[1]])
    index = read(write_report(tmp_path))
    check_markup(index)
    assert "1 campaign of 14 files" in index.words()
    assert "1 line of campaigns.jsonl was left out of this report line 2: " in index.words()
    assert 'begins {"schema": "media_screen.campaign/1", "id": "c-0123' in index.words()
    names = {one.stem for one in (tmp_path / "report" / "campaigns").iterdir()}
    assert names == {LARGE[0].id}
    page = read(tmp_path / "report" / "campaigns" / f"{LARGE[0].id}.html")
    assert "campaign 1 of 1" in page.words()
    for verdict in verdicts:
        assert campaign.id not in read(file_page(tmp_path, verdict)).html

"""Trusted channels of others are read by stable id alone, and what is wrong with them is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from media_screen.people.checking import check_people
from media_screen.people.registry import PeopleError
from media_screen.people.trusted import LONGEST_TEXT, TrustedChannel, load_trusted
from tests.people.test_checking import RECORD, UC, whole

REUTERS = "UC" + "hqUTb7kYRX8-EiaN3XFrSQ"
ENTRY = f'[[trusted]]\nplatform = "youtube"\nid = "{REUTERS}"\nname = "Reuters"\n'


def written(people: Path, text: str) -> Path:
    (people / "trusted.toml").write_text(text, "utf-8")
    return people


def test_a_trusted_channel_is_told_with_its_id(tmp_path: Path) -> None:
    (one,) = load_trusted(written(tmp_path, ENTRY))
    assert one == TrustedChannel("youtube", REUTERS, "Reuters")
    assert one.told == f"Reuters (youtube {REUTERS})"


def test_without_a_file_nobody_is_trusted(tmp_path: Path) -> None:
    assert load_trusted(tmp_path) == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("trusted = 1", r"\[\[trusted\]\]", id="no-tables"),
        pytest.param("[[trust]]", "did you mean `trusted`", id="misspelt"),
        pytest.param('[[trusted]]\nname = "Reuters"', "`platform` is missing", id="no-platform"),
        pytest.param(
            '[[trusted]]\nplatform = "youtube"\nname = "Reuters"', "stable id alone", id="no-id"
        ),
        pytest.param(ENTRY.replace(REUTERS, "@Reuters"), "stable id of a youtube", id="handle"),
        pytest.param(ENTRY + ENTRY, "is listed for 'Reuters' and for", id="twice"),
        pytest.param(ENTRY.replace('"Reuters"', '"Reu\\nters"'), "one line", id="two-lines"),
        pytest.param(
            ENTRY.replace("Reuters", "R" * (LONGEST_TEXT + 1)), "at most 200", id="long-name"
        ),
        pytest.param(ENTRY + "handle = 'reuters'", "unknown key `handle`", id="unknown-key"),
        pytest.param("[[trusted", "not valid TOML", id="broken"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(PeopleError, match=told):
        load_trusted(written(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        pytest.param(ENTRY, None, id="right"),
        pytest.param(ENTRY.replace(REUTERS, ""), "`id` is missing", id="no-id"),
        pytest.param(ENTRY.replace(REUTERS, UC), "own channel of ada", id="own-channel"),
    ],
)
def test_checking_the_people_checks_the_trusted_channels(
    tmp_path: Path, text: str, wrong: str | None
) -> None:
    whole(tmp_path, text=RECORD)
    _, remarks = check_people(written(tmp_path, text))
    found = [one.text for one in remarks if one.wrong]
    assert found == [] if wrong is None else any(wrong in one for one in found)

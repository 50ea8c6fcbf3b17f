"""A record gets one more account, and keeps every byte that was there."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_screen.people.record import (
    new_record,
    read_for_change,
    with_channel,
    write_record,
)
from media_screen.people.registry import OfficialChannel, PeopleError, parse_person
from media_screen.results.plain import toml_text

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path("people/ada")
NEW = OfficialChannel("youtube", "UC2", "ada")
TABLE = '\n[[channel]]\nplatform = "youtube"\nid = "UC2"\nhandle = "ada"\n'

# What stood in a record, and what stands there after an account was added.
CHANGES = {
    "name-alone": ('name = "Ada"\n', 'name = "Ada"\n' + TABLE),
    "no-line-end": ('name = "Ada" # !', 'name = "Ada" # !\n' + TABLE),
    "comments": (
        '# mine\nname = "Ada"\n\n[[channel]] # first\nplatform = "x"\nid = "1" # one\n# end\n',
        '# mine\nname = "Ada"\n\n[[channel]] # first\nplatform = "x"\nid = "1" # one\n# end\n'
        + TABLE,
    ),
    "handle-without-an-id": (
        'name = "Ada"\n[[channel]] # hers\nplatform = "yt"\nhandle = "@ADA"\n',
        'name = "Ada"\n[[channel]] # hers\nid = "UC2"\nplatform = "yt"\nhandle = "@ADA"\n',
    ),
    "the-second-of-two": (
        'name = "Ada"\n[[channel]]\nplatform = "x"\nhandle = "ada"\n'
        '[[ "channel" ]]\nplatform = "youtube"\nhandle = "ada"\n',
        'name = "Ada"\n[[channel]]\nplatform = "x"\nhandle = "ada"\n'
        '[[ "channel" ]]\nid = "UC2"\nplatform = "youtube"\nhandle = "ada"\n',
    ),
    "a-text-that-looks-like-a-table": (
        'name = "Ada"\naliases = ["""\n[[channel]]\n"""]\n[[channel]]\n'
        'platform = "youtube"\nhandle = "ada"\n',
        'name = "Ada"\naliases = ["""\n[[channel]]\n"""]\n[[channel]]\nid = "UC2"\n'
        'platform = "youtube"\nhandle = "ada"\n',
    ),
    "an-empty-id": (
        'name = "Ada"\n[[channel]]\nplatform = "youtube"\nid = ""\nhandle = "ada"\n',
        'name = "Ada"\n[[channel]]\nplatform = "youtube"\nid = ""\nhandle = "ada"\n' + TABLE,
    ),
    "windows": (
        'name = "Ada"\r\n[[channel]]\r\nplatform = "youtube"\r\nhandle = "ada"\r\n',
        'name = "Ada"\r\n[[channel]]\r\nid = "UC2"\r\nplatform = "youtube"\r\nhandle = "ada"\r\n',
    ),
    "windows-appended": ('name = "Ada"\r\n', 'name = "Ada"\r\n' + TABLE.replace("\n", "\r\n")),
}


@pytest.mark.parametrize(("before", "after"), CHANGES.values(), ids=CHANGES)
def test_an_account_is_added_and_all_else_stays(before: str, after: str) -> None:
    person = parse_person(before.encode(), FOLDER)
    changed = with_channel(before.encode(), person, NEW)
    assert changed.decode() == after
    assert ("youtube", "UC2") in [
        (one.platform, one.id) for one in parse_person(changed, FOLDER).channels
    ]


def test_accounts_in_one_line_are_left_to_the_user_with_the_lines_to_add() -> None:
    text = b'name = "Ada"\nchannel = [{platform = "x", id = "1"}]\n'
    with pytest.raises(PeopleError, match=r"\[\[channel\]\].*\n.*\n.*\nid = \"UC2\"") as raised:
        with_channel(text, parse_person(text, FOLDER), NEW)
    assert "person.toml" in str(raised.value)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_one_plain_line_that_reads_as_it_was(text: str) -> None:
    line = toml_text(text)
    assert tomllib.loads(f"x = {line}") == {"x": text}
    assert line.isprintable()


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip),
    st.text("abc\U0001f600\x7f\u202e\"\\'[]#=\n", min_size=1).filter(str.strip),
)
def test_a_new_record_reads_as_it_was_meant(name: str, text: str) -> None:
    channel = OfficialChannel("youtube", text.strip(), text.strip())
    person = parse_person(new_record(name.strip(), [channel]).encode(), FOLDER)
    assert (person.name, person.channels) == (name.strip(), (channel,))


def test_a_record_keeps_the_mode_that_it_had_and_a_new_one_is_private(tmp_path: Path) -> None:
    write_record(tmp_path, b"new")
    file = tmp_path / "person.toml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o640)
    write_record(tmp_path, b"changed")
    assert (stat.S_IMODE(file.stat().st_mode), file.read_bytes()) == (0o640, b"changed")
    assert os.listdir(tmp_path) == ["person.toml"]


def test_a_linked_record_is_not_changed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.toml").write_text('name = "Ada"')
    (tmp_path / "person.toml").symlink_to("elsewhere.toml")
    person = parse_person(b'name = "Ada"', tmp_path)
    with pytest.raises(PeopleError, match="it is a link"):
        read_for_change(person)

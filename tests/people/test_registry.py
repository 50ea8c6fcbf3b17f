"""The registry of people: what a person.toml may say, and how mistakes in it are told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from media_screen.folders import said
from media_screen.people.registry import OfficialChannel, PeopleError, Person, load_people

FULL = """
name = " Xin Liu "
aliases = ["\u5218\u6b23", "Liu Xin", " "]

[[channel]]
platform = "YouTube"
id = "UC123"
handle = "@XinLiu"
url = "https://www.youtube.com/@XinLiu"

[[channel]]
platform = "X"
handle = "xinliu"
"""


def write(folder: Path, slug: str, text: str) -> None:
    (folder / slug).mkdir(parents=True)
    (folder / slug / "person.toml").write_text(text, "utf-8")


def test_a_registry_is_read_in_the_order_of_its_slugs(tmp_path: Path) -> None:
    write(tmp_path, "xin-liu", FULL)
    write(tmp_path, "anna", 'name = "Anna"')
    (tmp_path / "README.md").write_text("notes")
    (tmp_path / ".git").mkdir()
    (tmp_path / "_galleries").mkdir()
    assert load_people(tmp_path) == (
        Person("anna", "Anna", (), (), tmp_path / "anna"),
        Person(
            slug="xin-liu",
            name="Xin Liu",
            aliases=("\u5218\u6b23", "Liu Xin"),
            channels=(
                OfficialChannel("youtube", "UC123", "XinLiu", "https://www.youtube.com/@XinLiu"),
                OfficialChannel("twitter", "", "xinliu", ""),
            ),
            folder=tmp_path / "xin-liu",
        ),
    )


def test_an_empty_registry_holds_nobody(tmp_path: Path) -> None:
    assert load_people(tmp_path) == ()


def test_reference_files_are_listed_without_sidecars_and_leftovers(tmp_path: Path) -> None:
    write(tmp_path, "anna", 'name = "Anna"')
    video = b"\x1aE\xdf\xa3"
    for name, content in {
        "faces/b.jpg": b"x",
        "faces/a.jpg": b"x",
        "faces/.DS_Store": b"x",
        "faces/Thumbs.db": b"x",
        "voice/a.wav": b"x",
        "voice/notes.txt": b"x",
        "official/2024/talk.mp4": video,
        "official/2024/talk.info.json": b"x",
        "official/2024/talk.jpg": b"x",
        "official/2024/talk.f137.mp4": video,
        "official/2024/next.mp4.part": b"x",
        "official/...Really.mp4": b"x",
        "official/.cache/x.mp4": b"x",
    }.items():
        path = tmp_path / "anna" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (anna,) = load_people(tmp_path)
    assert [path.name for path in anna.faces] == ["a.jpg", "b.jpg"]
    assert [path.name for path in anna.voice] == ["a.wav"]
    assert [path.name for path in anna.official] == ["...Really.mp4", "talk.mp4"]
    assert said(anna.left_out) == (
        "3 of yt-dlp's other files (1 can be played), 1 file of another kind, "
        "3 of the system or other programs"
    )


def test_a_registry_that_is_a_pipe_is_told_and_not_opened(tmp_path: Path) -> None:
    (tmp_path / "anna").mkdir()
    os.mkfifo(tmp_path / "anna" / "person.toml")
    with pytest.raises(PeopleError, match="not a regular file"):
        load_people(tmp_path)


def test_a_person_without_reference_folders_has_no_files(tmp_path: Path) -> None:
    write(tmp_path, "anna", 'name = "Anna"')
    (anna,) = load_people(tmp_path)
    assert (anna.faces, anna.voice, anna.official) == ((), (), ())


CHANNEL = 'name = "Anna"\n[[channel]]\n'
MISTAKES = {
    "no-name": ("", '`name` is missing or empty: add a line such as name = "Liu"'),
    "blank-name": ('name = " "', "`name` is missing or empty: add a line"),
    "name-no-text": (
        "name = 5",
        "expected `name` to be text, got int '5': put it in quotes, as in name = \"Xin Liu\"",
    ),
    "aliases-no-list": (
        'name = "Anna"\naliases = "Ann"',
        'expected `aliases` to be a list of texts, got str \'Ann\': write aliases = ["...", "..."]',
    ),
    "misspelt-key": ('name = "Anna"\nalias = []', "unknown key `alias`: did you mean `aliases`?"),
    "plural-table": (
        'name = "Anna"\n[[channels]]\nplatform = "x"',
        "unknown key `channels`: did you mean `channel`?",
    ),
    "foreign-key": (
        'name = "Anna"\nbirthday = 1990',
        "unknown key `birthday`: expected one of name, aliases, channel",
    ),
    "one-bracket": (
        'name = "Anna"\n[channel]\nplatform = "x"',
        "expected `channel` to be tables, got dict \"{'platform': 'x'}\": write [[channel]] "
        "(two brackets) above each account",
    ),
    "misspelt-channel-key": (
        CHANNEL + 'plattform = "x"',
        "channel 1: unknown key `plattform`: did you mean `platform`?",
    ),
    "no-platform": (
        CHANNEL + 'id = "UC1"',
        "channel 1: `platform` is missing or empty: expected one of youtube, tiktok, douyin, ",
    ),
    "misspelt-platform": (
        CHANNEL + 'platform = "Youtub"\nid = "UC1"',
        "channel 1: unknown `platform` 'youtub': did you mean 'youtube'?",
    ),
    "neither-id-nor-handle": (
        CHANNEL + 'platform = "x"',
        "channel 1: expected an `id`, a `handle` or both, got neither: add the stable id",
    ),
    "second-channel": (
        CHANNEL + 'platform = "x"\nid = "1"\n[[channel]]\nplatform = "x"',
        "channel 2: expected an `id`, a `handle` or both, got neither",
    ),
    "number-as-id": (
        CHANNEL + 'platform = "tiktok"\nid = 6691488002098119685',
        "channel 1: expected `id` to be text, got int '6691488002098119685': put it in quotes",
    ),
    "handle-as-id": (
        CHANNEL + 'platform = "youtube"\nid = "@anna"',
        "channel 1: expected `id` to be the stable id of the account, got '@anna'",
    ),
    "address-without-scheme": (
        CHANNEL + 'platform = "x"\nid = "1"\nurl = "x.com/anna"',
        "channel 1: expected `url` to begin with https://, got 'x.com/anna'",
    ),
    "no-toml": ("name = Anna", "not valid TOML: Invalid value (at line 1, column 8)"),
    "endless-number": ("name = " + "1" * 5000, "not valid TOML: Exceeds the limit"),
    "endless-name": (
        f'name = "{"x" * 5000}"',
        "expected `name` to have at most 1000 characters, got 5000",
    ),
}


@pytest.mark.parametrize(("text", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_names_the_file_the_key_and_the_remedy(
    tmp_path: Path, text: str, message: str
) -> None:
    write(tmp_path, "anna", text)
    with pytest.raises(PeopleError) as caught:
        load_people(tmp_path)
    file, _, said = str(caught.value).partition(": ")
    assert file == str(tmp_path / "anna" / "person.toml")
    assert said.startswith(message)


def test_another_site_is_no_misspelling(tmp_path: Path) -> None:
    write(tmp_path, "anna", CHANNEL + 'platform = "Bilibili"\nid = "7"')
    assert load_people(tmp_path)[0].channels == (OfficialChannel("bilibili", "7"),)


SHARED = {
    "id": ('id = "UC1"\nhandle = "a"', 'id = "UC1"\nhandle = "b"', "youtube id 'UC1'"),
    "handle": ('id = "UC1"\nhandle = "@Anna"', 'id = "UC2"\nhandle = "anna"', "handle 'anna'"),
}


@pytest.mark.parametrize(("first", "second", "message"), SHARED.values(), ids=SHARED)
def test_an_account_belongs_to_one_person(
    tmp_path: Path, first: str, second: str, message: str
) -> None:
    write(tmp_path, "anna", f'name = "Anna"\n[[channel]]\nplatform = "YouTube"\n{first}')
    write(tmp_path, "bob", f'name = "Bob"\n[[channel]]\nplatform = "youtube"\n{second}')
    with pytest.raises(PeopleError) as caught:
        load_people(tmp_path)
    said = str(caught.value)
    assert said.startswith(str(tmp_path / "bob" / "person.toml"))
    assert message in said
    assert f"already listed in {tmp_path / 'anna' / 'person.toml'}" in said


def test_the_same_id_on_two_platforms_is_no_conflict(tmp_path: Path) -> None:
    write(tmp_path, "anna", CHANNEL + 'platform = "x"\nid = "1"')
    write(tmp_path, "bob", CHANNEL + 'platform = "tiktok"\nid = "1"')
    assert [person.slug for person in load_people(tmp_path)] == ["anna", "bob"]


def test_two_entries_of_one_person_may_share_a_handle(tmp_path: Path) -> None:
    entry = '[[channel]]\nplatform = "tiktok"\nhandle = "anna"\n'
    write(tmp_path, "anna", f'name = "Anna"\n{entry}id = "1"\n{entry}id = "MS4w"')
    assert [channel.id for channel in load_people(tmp_path)[0].channels] == ["1", "MS4w"]


def test_a_missing_folder_says_what_to_create(tmp_path: Path) -> None:
    with pytest.raises(PeopleError, match="expected a folder with one folder per person"):
        load_people(tmp_path / "nobody")


def test_the_folder_of_one_person_is_told_from_that_of_all(tmp_path: Path) -> None:
    write(tmp_path, "anna", 'name = "Anna"')
    (tmp_path / "anna/faces").mkdir()
    with pytest.raises(PeopleError, match=f"the folder of one person.*: name {tmp_path}$"):
        load_people(tmp_path / "anna")


@pytest.mark.parametrize("name", ["anna.jpg", "talk.mp4"])
def test_files_where_folders_of_people_belong_are_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(PeopleError, match=f"a folder for each person, got none but {name}: create"):
        load_people(tmp_path)
    write(tmp_path, "anna", 'name = "Anna"')
    assert len(load_people(tmp_path)) == 1


def test_a_folder_without_a_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "anna").mkdir()
    with pytest.raises(PeopleError, match=r"anna.person\.toml: this file is missing: create it"):
        load_people(tmp_path)


def test_a_folder_name_that_would_break_an_address_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "anna b", 'name = "Anna"')
    with pytest.raises(PeopleError, match="expected a folder name of letters, digits"):
        load_people(tmp_path)

"""People and accounts are added as sidecars name them, and nothing hostile in those is obeyed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from media_screen.people.accounts import add_person
from media_screen.people.naming import slug_of, the_person
from media_screen.people.registry import OfficialChannel, PeopleError, load_people

UC = "UC" + "a1B2c3D4e5F6g7H8i9J0-_"
YOUTUBE: Mapping[str, Any] = {
    "id": "v1",
    "extractor_key": "Youtube",
    "webpage_url": "https://www.youtube.com/watch?v=v1",
    "channel_id": UC,
    "uploader_id": "@xinliu",
    "channel": "Xin Liu",
}
TIKTOK: Mapping[str, Any] = {
    "id": "7",
    "extractor_key": "TikTok",
    "webpage_url": "https://www.tiktok.com/@xin.liu/video/7",
    "uploader": "xin.liu",
    "uploader_id": "6900000000000000001",
    "channel_id": "MS4wLjABAAAAx-1_y",
}
GALLERY_DL: Mapping[str, Any] = {
    "category": "twitter",
    "subcategory": "tweet",
    "tweet_id": 1,
    "author": {"id": 44196397, "name": "xinliu", "nick": "Xin Liu"},
}


def sidecar(folder: Path, record: Mapping[str, Any], name: str = "post.info.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(record), "utf-8")
    return path


def tree(folder: Path) -> dict[str, bytes]:
    """What lies below a folder, by name."""
    files = sorted(folder.rglob("*"))
    return {
        str(one.relative_to(folder)): one.read_bytes() if one.is_file() else b"" for one in files
    }


@pytest.mark.parametrize(
    ("record", "channels"),
    [
        pytest.param(YOUTUBE, [("youtube", UC, "xinliu")], id="yt-dlp"),
        pytest.param(
            TIKTOK,
            [
                ("tiktok", "6900000000000000001", "xin.liu"),
                ("tiktok", "MS4wLjABAAAAx-1_y", "xin.liu"),
            ],
            id="two-ids",
        ),
        pytest.param(GALLERY_DL, [("twitter", "44196397", "xinliu")], id="gallery-dl"),
    ],
)
def test_a_new_person_has_the_ids_and_handles_of_the_sidecar(
    tmp_path: Path, record: Mapping[str, Any], channels: list[tuple[str, str, str]]
) -> None:
    people = tmp_path / "people"
    added = add_person(people, " Xin  Liu ", [sidecar(tmp_path, record)])
    (person,) = load_people(people)
    assert (person.slug, added.is_new) == ("xin-liu", True)
    assert [(one.platform, one.id, one.handle) for one in person.channels] == channels
    assert sorted(os.listdir(person.folder)) == ["faces", "official", "person.toml", "voice"]
    before = tree(people)
    again = add_person(people, "xin liu", [sidecar(tmp_path, record)])
    assert not again.is_new and not any(account.is_new for account in again.accounts)
    assert tree(people) == before


def test_the_file_of_a_post_stands_for_its_sidecar(tmp_path: Path) -> None:
    sidecar(tmp_path, YOUTUBE)
    (tmp_path / "post.mp4").write_bytes(b"x")
    (account,) = add_person(tmp_path / "people", "Xin Liu", [tmp_path / "post.mp4"]).accounts
    assert account.channel.id == UC
    (tmp_path / "alone.mp4").write_bytes(b"x")
    with pytest.raises(PeopleError, match=r"alone\.mp4: not valid JSON"):
        add_person(tmp_path / "people", "Xin Liu", [tmp_path / "alone.mp4"])


@pytest.mark.parametrize("name", ["Xin Liu", "xin-liu", "XIN LIU", "\uff38in  Liu", "\u5218\u6b23"])
def test_an_account_is_added_to_who_is_there_under_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "people" / "xin-liu"
    folder.mkdir(parents=True)
    text = '# mine\nname = "Xin Liu"\naliases = ["\u5218\u6b23"]\n'
    (folder / "person.toml").write_text(text, "utf-8")
    added = add_person(tmp_path / "people", name, [sidecar(tmp_path, YOUTUBE)])
    assert not added.is_new
    assert (folder / "person.toml").read_text("utf-8").startswith(text)
    (person,) = load_people(tmp_path / "people")
    assert person.channels == (OfficialChannel("youtube", UC, "xinliu"),)


def test_a_folder_that_was_made_by_hand_gets_its_record(tmp_path: Path) -> None:
    faces = tmp_path / "people" / "xin-liu" / "faces"
    faces.mkdir(parents=True)
    (faces / "a.jpg").write_bytes(b"x")
    assert add_person(tmp_path / "people", "Xin Liu", [sidecar(tmp_path, YOUTUBE)]).is_new
    (person,) = load_people(tmp_path / "people")
    assert person.faces == (faces / "a.jpg",)


def test_a_changed_handle_is_told(tmp_path: Path) -> None:
    people = tmp_path / "people"
    add_person(people, "Xin Liu", [sidecar(tmp_path, YOUTUBE)])
    renamed = add_person(people, "Xin Liu", [sidecar(tmp_path, {**YOUTUBE, "uploader_id": "@new"})])
    assert renamed.accounts[0].notes == (
        "it is listed with the handle 'xinliu', and has 'new' now",
    )


LONG = "x" * 10_000
PLAYLIST = {**YOUTUBE, "_type": "playlist"}
REFUSED: dict[str, tuple[str, Any, str]] = {
    "path-above": ("../../x", YOUTUBE, "without a slash"),
    "dots": ("..", YOUTUBE, "it has no letter"),
    "nothing": (" ", YOUTUBE, "it has no letter"),
    "backslash": ("a\\b", YOUTUBE, "without a slash"),
    "null": ("a\0b", YOUTUBE, "printable"),
    "escape": ("a\x1b[31mb", YOUTUBE, "printable"),
    "bidi": ("a\u202eb", YOUTUBE, "printable"),
    "half-a-character": ("a\ud800b", YOUTUBE, "printable"),
    "long": (LONG, YOUTUBE, "at most 200 characters, got 10000"),
    "no-json": ("Xin Liu", LONG, "expected a JSON object"),
    "no-id": ("Xin Liu", {**YOUTUBE, "channel_id": None}, "no stable id .* Copy channel ID"),
    "handle-for-id": ("Xin Liu", {**YOUTUBE, "channel_id": "@xinliu"}, "no stable id"),
    "name-for-id": ("Xin Liu", {**YOUTUBE, "channel_id": "xinliu"}, "no stable id"),
    "long-id": ("Xin Liu", {**YOUTUBE, "channel_id": LONG}, "no stable id"),
    "id-with-lines": ("Xin Liu", {**TIKTOK, "uploader_id": "1\n2", "channel_id": 0.5}, "no stable"),
    "list": ("Xin Liu", PLAYLIST, "not of one video"),
    "other-page": ("Xin Liu", {**YOUTUBE, "webpage_url": "https://a.example/"}, "not of that site"),
}


@pytest.mark.parametrize(("name", "record", "why"), REFUSED.values(), ids=REFUSED)
def test_what_proves_nothing_is_refused_and_nothing_is_written(
    tmp_path: Path, name: str, record: Mapping[str, Any], why: str
) -> None:
    path = sidecar(tmp_path, record)
    before = tree(tmp_path)
    with pytest.raises(PeopleError, match=why) as raised:
        add_person(tmp_path / "people", name, [path])
    assert len(str(raised.value)) < 1_000
    assert tree(tmp_path) == before


@pytest.mark.parametrize("handle", ["@a b", "@../../x", "@a\nname = 1", "@\x1b[31m", "@\u202ea"])
def test_a_handle_that_can_not_be_one_is_left_out(tmp_path: Path, handle: str) -> None:
    path = sidecar(tmp_path, {**YOUTUBE, "uploader_id": handle})
    (account,) = add_person(tmp_path / "people", "Xin Liu", [path]).accounts
    assert account.channel == OfficialChannel("youtube", UC, "")
    assert "was left out" in account.notes[0]


def test_an_account_of_somebody_else_is_refused(tmp_path: Path) -> None:
    people, path = tmp_path / "people", sidecar(tmp_path, YOUTUBE)
    add_person(people, "Xin Liu", [path])
    before = tree(people)
    with pytest.raises(PeopleError, match=rf"nothing was written: .* id '{UC}' is already listed"):
        add_person(people, "Eve", [path])
    handle = sidecar(tmp_path, {**YOUTUBE, "channel_id": "UC" + "b" * 22})
    with pytest.raises(PeopleError, match=r"nothing was written: .* handle 'xinliu' is already"):
        add_person(people, "Eve", [handle])
    assert tree(people) == before


def test_another_person_of_the_same_folder_is_told_apart(tmp_path: Path) -> None:
    people = tmp_path / "people"
    add_person(people, "Xin Liu", [sidecar(tmp_path, YOUTUBE)])
    other = sidecar(tmp_path, TIKTOK)
    with pytest.raises(PeopleError, match=r"is the folder of 'Xin Liu': .* --slug"):
        add_person(people, "Xin.Liu", [other])
    with pytest.raises(PeopleError, match=r"is the folder of 'Xin Liu': .* --slug"):
        add_person(people, "Zoe", [other], slug="xin-liu")
    add_person(people, "Xin.Liu", [other], slug="xin-liu-2")
    assert [one.slug for one in load_people(people)] == ["xin-liu", "xin-liu-2"]
    with pytest.raises(PeopleError, match="expected a slug"):
        add_person(people, "Zoe", [other], slug="../zoe")


@pytest.mark.parametrize("linked", ["folder", "record"])
def test_no_link_leads_out_of_the_folder_of_people(tmp_path: Path, linked: str) -> None:
    people, outside = tmp_path / "people", tmp_path / "outside"
    outside.mkdir()
    (outside / "person.toml").write_text('name = "Xin Liu"')
    people.mkdir()
    if linked == "folder":
        (people / "xin-liu").symlink_to(outside)
    else:
        (people / "xin-liu").mkdir()
        (people / "xin-liu" / "person.toml").symlink_to(outside / "person.toml")
    before = tree(outside)
    with pytest.raises(PeopleError, match="it is a link"):
        add_person(people, "Xin Liu", [sidecar(tmp_path, YOUTUBE)])
    assert tree(outside) == before


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Xin Liu", "xin-liu"),
        ("  J. R. \u00d3'Neil ", "j-r-\u00f3-neil"),
        ("\u5218\u6b23", "\u5218\u6b23"),
        ("_x_", "x"),
        ("a" * 300, "a" * 60),
    ],
)
def test_the_folder_is_called_like_the_person(name: str, slug: str) -> None:
    assert slug_of(name) == slug


def test_two_people_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    for slug in ("ada", "ada-2"):
        (tmp_path / slug).mkdir()
        (tmp_path / slug / "person.toml").write_text('name = "Ada L."')
    people = load_people(tmp_path)
    assert the_person(people, "ada-2").slug == "ada-2"
    with pytest.raises(PeopleError, match=r"2 people are called 'ada l\.'.* ada, ada-2"):
        the_person(people, "ada l.")
    with pytest.raises(PeopleError, match="nobody enrolled is called 'Bob': there is ada, ada-2"):
        the_person(people, "Bob")

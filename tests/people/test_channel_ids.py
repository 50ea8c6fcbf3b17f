"""Enrolling says what an account without its id is worth, and takes the id from where it stands."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from media_screen.people.channel_ids import advice
from media_screen.people.registry import OfficialChannel, PeopleError, Person, load_people
from media_screen.sidecar import Account, account_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

UC = "UC" + "a1B2c3D4e5F6g7H8i9J0-_"
SEC_UID = "MS4wLjABAAAAx-1_y"

ADDRESSES: dict[str, tuple[str, Account]] = {
    "youtube-id": (f"https://www.youtube.com/channel/{UC}", Account("youtube", UC)),
    "youtube-handle": ("https://www.youtube.com/@xinliu", Account("youtube", "", "xinliu")),
    "youtube-handle-page": ("https://youtube.com/@xinliu/videos", Account("youtube", "", "xinliu")),
    "youtube-handle-escaped": ("https://youtube.com/@%E5%88%98", Account("youtube", "", "\u5218")),
    "youtube-custom": ("https://www.youtube.com/c/XinLiu", Account("youtube")),
    "youtube-user": ("https://www.youtube.com/user/XinLiu", Account("youtube")),
    "youtube-short-id": ("https://www.youtube.com/channel/UCx", Account("youtube")),
    "youtube-video": ("https://www.youtube.com/watch?v=1", Account("youtube")),
    "tiktok": ("https://www.tiktok.com/@xin.liu?lang=en", Account("tiktok", "", "xin.liu")),
    "tiktok-id": (f"https://www.tiktok.com/@{SEC_UID}", Account("tiktok", SEC_UID)),
    "tiktok-video": ("https://www.tiktok.com/t/Z1", Account("tiktok")),
    "douyin": (f"https://www.douyin.com/user/{SEC_UID}", Account("douyin", SEC_UID)),
    "x": ("https://x.com/xinliu", Account("twitter", "", "xinliu")),
    "twitter": ("https://mobile.twitter.com/xinliu/", Account("twitter", "", "xinliu")),
    "twitter-id": ("https://twitter.com/i/user/44196397", Account("twitter", "44196397")),
    "x-intent": ("https://x.com/intent/user?user_id=44196397", Account("twitter", "44196397")),
    "x-home": ("https://x.com/home", Account("twitter")),
    "facebook-id": ("https://www.facebook.com/profile.php?id=1000", Account("facebook", "1000")),
    "facebook-name": ("https://www.facebook.com/xin.liu", Account("facebook", "", "xin.liu")),
    "facebook-people": ("https://facebook.com/people/Xin/1000/", Account("facebook", "1000")),
    "facebook-token": ("https://facebook.com/people/Xin/pfbid0x/", Account("facebook")),
    "facebook-id-of-letters": ("https://facebook.com/profile.php?id=x", Account("facebook")),
    "instagram": ("https://www.instagram.com/xin.liu/", Account("instagram", "", "xin.liu")),
    "instagram-post": ("https://www.instagram.com/p/abc/", Account("instagram")),
    "another-site": (f"https://evil.example/channel/{UC}", Account()),
    "user-in-front": (f"https://evil.example\\@youtube.com/channel/{UC}", Account()),
    "many-fields": ("https://facebook.com/profile.php?" + "a&" * 99, Account("facebook")),
    "nothing": ("", Account()),
}


@pytest.mark.parametrize(("url", "account"), ADDRESSES.values(), ids=ADDRESSES)
def test_an_address_names_an_id_or_a_handle(url: str, account: Account) -> None:
    assert account_of(url) == account


def enrolled(folder: Path, *lines: str) -> Person:
    person = folder / "xin"
    person.mkdir(exist_ok=True)
    text = "\n".join(['name = "Xin Liu"', *("[[channel]]\n" + line for line in lines)])
    (person / "person.toml").write_text(text)
    return load_people(folder)[0]


@pytest.mark.parametrize(
    ("line", "channel"),
    [
        pytest.param(
            f'url = "https://www.youtube.com/channel/{UC}"',
            OfficialChannel("youtube", UC, "", f"https://www.youtube.com/channel/{UC}"),
            id="id-and-platform",
        ),
        pytest.param(
            'platform = "x"\nurl = "https://x.com/xinliu"',
            OfficialChannel("twitter", "", "xinliu", "https://x.com/xinliu"),
            id="handle",
        ),
        pytest.param(
            f'platform = "tiktok"\nid = "123"\nurl = "https://www.tiktok.com/@{SEC_UID}"',
            OfficialChannel("tiktok", "123", "", f"https://www.tiktok.com/@{SEC_UID}"),
            id="other-kind-of-id",
        ),
    ],
)
def test_what_an_address_holds_is_taken(
    tmp_path: Path, line: str, channel: OfficialChannel
) -> None:
    assert enrolled(tmp_path, line).channels == (channel,)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param(
            'platform = "tiktok"\nid = "1"\nurl = "https://x.com/xin"',
            "`platform` is 'tiktok', but `url` is an address of twitter",
            id="platform",
        ),
        pytest.param(
            'platform = "x"\nid = "1"\nurl = "https://x.com/i/user/2"',
            "`id` is '1', but `url` names the id '2'",
            id="id",
        ),
        pytest.param('url = "https://www.youtube.com/c/XinLiu"', "got neither", id="neither"),
    ],
)
def test_an_address_that_contradicts_is_refused(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(PeopleError, match=message):
        enrolled(tmp_path, line)


def post(person: Person, **fields: Any) -> None:
    official = person.folder / "official"
    official.mkdir(exist_ok=True)
    (official / "talk.mp4").write_bytes(b"x")
    record = {
        "extractor_key": "Youtube",
        "webpage_url": "https://www.youtube.com/watch?v=1",
        "ext": "mp4",
        "channel_id": UC,
        "uploader_id": "@XinLiu",
        **fields,
    }
    (official / "talk.info.json").write_text(json.dumps(record))


def told(folder: Path) -> tuple[str, str]:
    (person,) = load_people(folder)
    (one,) = advice(person)
    return one.why, one.fix


HANDLE = 'platform = "youtube"\nhandle = "@xinliu"'


def test_an_account_without_its_id_is_told(tmp_path: Path) -> None:
    enrolled(tmp_path, HANDLE, f'platform = "youtube"\nid = "{UC}"')
    why, fix = told(tmp_path)
    assert why == (
        'the youtube account "@xinliu" has no id: posts that carry its handle are called a claim, '
        "never official"
    )
    assert fix.startswith('add id = "..." to it in person.toml: ')


def test_the_id_is_suggested_from_a_sidecar(tmp_path: Path) -> None:
    post(enrolled(tmp_path, HANDLE))
    _, fix = told(tmp_path)
    assert f'add id = "{UC}", which the sidecars in official/ hold' in fix


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"uploader_id": "@another"}, id="another-handle"),
        pytest.param({"extractor_key": "TikTok"}, id="another-site"),
        pytest.param({"webpage_url": "https://evil.example/"}, id="page-of-another-site"),
        pytest.param({"channel_id": None}, id="no-id"),
    ],
)
def test_no_strange_id_is_suggested(tmp_path: Path, fields: dict[str, Any]) -> None:
    post(enrolled(tmp_path, HANDLE), **fields)
    assert UC not in told(tmp_path)[1]


def test_a_person_without_accounts_is_told_what_to_paste(tmp_path: Path) -> None:
    post(enrolled(tmp_path))
    assert f'[[channel]] and below it platform = "youtube" and id = "{UC}"' in told(tmp_path)[1]


def test_what_is_to_be_pasted_holds_no_more_than_a_text(tmp_path: Path) -> None:
    hostile = 'x"\n[[channel]]\nid = "y'
    post(enrolled(tmp_path, HANDLE), channel_id=hostile)
    _, fix = told(tmp_path)
    line = fix.split("add ")[1].split(", which")[0]
    assert tomllib.loads(line) == {"id": hostile}


@pytest.mark.parametrize("line", ["", f'platform = "youtube"\nid = "{UC}"'], ids=["none", "id"])
def test_what_lacks_nothing_is_not_told(tmp_path: Path, line: str) -> None:
    enrolled(tmp_path, *filter(None, [line]))
    (person,) = load_people(tmp_path)
    assert list(advice(person)) == []

"""A row is enough: of a platform to enrol and read its channels, of a downloader to be read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from media_screen import sidecar
from media_screen.detectors.channel import Channel
from media_screen.evidence import Evidence, MediaInfo
from media_screen.folders import look_through
from media_screen.people.registry import Person, load_people
from media_screen.sidecar import DOWNLOADERS, PLATFORMS, Downloader, Platform, Sidecar
from media_screen.sidecar.downloaders import downloader_of
from media_screen.sidecar.platforms import AccountFields

UC = "UC" + "a1B2c3D4e5F6g7H8i9J0-_"
SEC_UID = "MS4wLjABAAAAx-1_y"
MOVIE = b"\x1aE\xdf\xa3"
INFO = MediaInfo("a.mp4", kind="video", size_bytes=4, duration_s=12.0)

# What yt-dlp calls this platform is not its name, as for some real ones.
MADE_UP = Platform(
    name="peertalk",
    aliases=("pt",),
    hosts=("peertalk.example",),
    extractors=("PeerTubeTalk",),
    account=AccountFields(ids=("account_id",), handles=("account",), names=("shown",)),
    id_pages=("accounts/ID",),
    handle_page="@HANDLE",
    seen_address=r"peertalk\.example\s?/\s?@NAME",
)
LISTED = [one for one in (*PLATFORMS, MADE_UP) if one.hosts and one.account.ids]
WITHOUT_IDS = [one for one in PLATFORMS if one.hosts and not one.account.ids]

SAVER = Downloader(
    name="saver",
    suffix=".post",
    marks=("saved_by",),
    sites=("where",),
    account=AccountFields(ids=("who.number",), handles=("who.handle",), handle_pages=()),
    pages=("link",),
    titles=("headline",),
    extensions=("kind",),
    durations=("seconds",),
    authored=frozenset(("headline", "who")),
)
SAVED = {
    "saved_by": "1.0",
    "where": "twitter",
    "who": {"number": 44196397, "handle": "@xinliu"},
    "link": "https://x.com/xinliu/status/1",
    "headline": "News",
    "kind": "mp4",
}


@pytest.fixture(autouse=True)
def rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add the made-up rows to the tables, wherever these are looked up."""
    for place in ("platforms", "sites"):
        monkeypatch.setattr(f"media_screen.sidecar.{place}.PLATFORMS", (*PLATFORMS, MADE_UP))
    for place in ("sidecar", "sidecar.downloaders", "folders.names", "folders.one"):
        monkeypatch.setattr(f"media_screen.{place}.DOWNLOADERS", (*DOWNLOADERS, SAVER))


def enrolled(folder: Path, **channel: str) -> tuple[Person, ...]:
    (folder / "people/xin").mkdir(parents=True)
    lines = ['name = "Xin Liu"', "[[channel]]", *(f'{k} = "{v}"' for k, v in channel.items())]
    (folder / "people/xin/person.toml").write_text("\n".join(lines))
    return load_people(folder / "people")


def finding(post: Sidecar, people: tuple[Person, ...]) -> str:
    case: Any = SimpleNamespace(sidecar=post, people=people, trusted=())
    (piece,) = Channel().examine(case)
    return piece.finding if isinstance(piece, Evidence) else ""


def some_id(platform: Platform) -> str:
    own = {"youtube": UC, "douyin": SEC_UID, "tiktok": SEC_UID, "bluesky": "did:plc:z72i7hdynmk6r"}
    return own.get(platform.name, "44196397")


def record_of(platform: Platform, *, extractor: str, host: str) -> dict[str, Any]:
    """A post of the platform as yt-dlp writes it."""
    account = platform.account
    return {
        "extractor_key": extractor,
        "webpage_url": f"https://{host}/post/1",
        "ext": "mp4",
        **dict.fromkeys(account.names, "Xin Liu"),
        **dict.fromkeys(account.handles, "xinliu"),
        **{key: some_id(platform) for key in account.ids[-1:]},
    }


def save(folder: Path, name: str, record: object) -> Path:
    (folder / "a.mp4").write_bytes(MOVIE)
    (folder / name).write_text(json.dumps(record))
    return folder / "a.mp4"


@pytest.mark.parametrize("platform", LISTED, ids=lambda row: row.name)
def test_a_row_is_enough_to_enrol_and_to_be_official(tmp_path: Path, platform: Platform) -> None:
    people = enrolled(tmp_path, platform=platform.name, id=some_id(platform))
    for extractor in platform.extractors:
        for host in platform.hosts:
            media = save(
                tmp_path, "a.info.json", record_of(platform, extractor=extractor, host=host)
            )
            beside = sidecar.find(media)
            assert beside is not None
            post = sidecar.read(beside).fitted(media, INFO)
            assert (post.platform, post.channel_id) == (platform.name, some_id(platform))
            assert finding(post, people) == "official"


@pytest.mark.parametrize("platform", LISTED, ids=lambda row: row.name)
def test_a_post_of_another_site_is_not_official(tmp_path: Path, platform: Platform) -> None:
    people = enrolled(tmp_path, platform=platform.name, id=some_id(platform))
    other = next(one for one in LISTED if one != platform)
    for extractor, host in (
        (platform.extractors[0], other.hosts[0]),
        (platform.extractors[0], f"{platform.hosts[0]}.evil.example"),
        (platform.extractors[0] + "x", platform.hosts[0]),
    ):
        post = sidecar.parse(record_of(platform, extractor=extractor, host=host))
        assert finding(post, people) != "official"


@pytest.mark.parametrize("platform", WITHOUT_IDS, ids=lambda row: row.name)
def test_a_platform_whose_posts_hold_no_id_is_known_and_proves_nothing(
    tmp_path: Path, platform: Platform
) -> None:
    people = enrolled(tmp_path, platform=platform.name, handle="xinliu")
    record = record_of(platform, extractor=platform.extractors[0], host=platform.hosts[0])
    post = sidecar.parse(record)
    assert (post.platform, post.channel_ids) == (platform.name, ())
    assert not post.fit.against
    assert finding(post, people) == "claimed_official"


@pytest.mark.parametrize(
    ("platform", "page"),
    [(one, page) for one in LISTED for page in one.id_pages],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_the_address_of_an_account_is_enough_to_enrol_it(
    tmp_path: Path, platform: Platform, page: str
) -> None:
    path = page.replace("ID", some_id(platform)).replace("*", "Xin")
    (person,) = enrolled(tmp_path, url=f"https://{platform.hosts[0]}/{path}")
    (channel,) = person.channels
    assert (channel.platform, channel.id) == (platform.name, some_id(platform))


@pytest.mark.parametrize(
    "platform",
    [one for one in (*LISTED, *WITHOUT_IDS) if one.handle_page],
    ids=lambda row: row.name,
)
def test_a_handle_is_a_claim(tmp_path: Path, platform: Platform) -> None:
    url = f"https://{platform.hosts[0]}/{platform.handle_page.replace('HANDLE', 'xinliu')}"
    people = enrolled(tmp_path, url=url)
    assert people[0].channels[0].handle == "xinliu"
    record = record_of(platform, extractor=platform.extractors[0], host=platform.hosts[0])
    post = sidecar.parse({**record, "uploader_url": url})
    assert finding(post, people) == "claimed_official"


@pytest.mark.parametrize(
    ("platform", "text", "stable"),
    [
        ("youtube", UC, True),
        ("youtube", UC[:-1], False),
        ("youtube", "123", False),
        ("youtube", "xinliu", False),
        ("tiktok", "6900000000000000001", True),
        ("tiktok", SEC_UID, True),
        ("tiktok", "xin.liu", False),
        ("twitter", "44196397", True),
        ("twitter", "xinliu", False),
        ("facebook", "1000", True),
        ("facebook", "xin.liu", False),
        ("twitter", "\u0661\u0662", False),  # digits of another script
        ("vimeo", "user1", True),
        ("vimeo", "@user", False),
        ("vimeo", "", False),
    ],
)
def test_an_id_is_known_by_its_form_where_the_platform_is(
    platform: str, text: str, stable: bool
) -> None:
    assert sidecar.is_stable_id(text, platform) == stable


def test_names_hosts_and_extractors_belong_to_one_row() -> None:
    rows = (*PLATFORMS, MADE_UP)
    for texts in (
        [text for one in rows for text in (one.name, *one.aliases)],
        [host for one in rows for host in one.hosts],
        [key for one in rows for key in one.extractors],
    ):
        assert len(set(texts)) == len(texts)
    for one in rows:
        re.compile(one.seen_address), re.compile(one.seen_logo)
        assert not one.hosts or (one.extractors and one.account.names)


# --- downloaders -----------------------------------------------------------------------------

GALLERY = {
    "category": "instagram",
    "subcategory": "post",
    "owner_id": "25025320",
    "username": "xin.liu",
    "fullname": "Xin Liu",
    "post_url": "https://www.instagram.com/p/BqvsDleB3lV/",
    "post_id": "1922949326347663701",
    "description": "News",
    "tags": ["#news"],
    "date": "2018-11-29 01:04:04",
    "extension": "mp4",
}
TWEET = {
    "category": "twitter",
    "subcategory": "tweet",
    "tweet_id": 604341487988576256,
    "author": {"id": 44196397, "name": "xinliu", "nick": "Xin Liu"},
    "user": {"id": 1, "name": "another", "nick": "Altered or synthetic content"},
    "content": "Altered or synthetic content",
    "date": "2015-05-29 17:40:51",
    "extension": "mp4",
}
TIKTOK = {
    "category": "tiktok",
    "subcategory": "post",
    "id": "7240568259186019630",
    "author": {"id": "123", "secUid": SEC_UID, "uniqueId": "xin.liu", "nickname": "Xin"},
    "user": "xin.liu",
    "desc": "News",
    "title": "News",
    "date": "2023-06-03 19:32:10",
    "aigcLabelType": "1",
    "duration": 12,
    "extension": "mp4",
}
READ = {
    "instagram": (
        GALLERY,
        ("instagram", ("25025320",), "xin.liu", "Xin Liu", "2018-11-29T01:04:04Z"),
    ),
    "twitter": (TWEET, ("twitter", ("44196397",), "xinliu", "Xin Liu", "2015-05-29T17:40:51Z")),
    "tiktok": (TIKTOK, ("tiktok", ("123", SEC_UID), "xin.liu", "Xin", "2023-06-03T19:32:10Z")),
}


@pytest.mark.parametrize(("record", "expected"), READ.values(), ids=READ)
def test_a_record_of_gallery_dl_is_read(record: dict[str, Any], expected: tuple[Any, ...]) -> None:
    post = sidecar.parse(record)
    read = (post.platform, post.channel_ids, post.handle, post.display_name, post.published)
    assert read == expected
    assert post.problems == ()
    assert bool(post.ai_labels) is ("aigcLabelType" in record)


def test_what_the_uploader_wrote_is_no_label_of_gallery_dl() -> None:
    assert sidecar.parse(TWEET).ai_labels == ()


@pytest.mark.parametrize(
    ("record", "platform", "expected"),
    [
        pytest.param(GALLERY, {"platform": "instagram", "id": "25025320"}, "official", id="page"),
        pytest.param(
            TWEET, {"platform": "x", "id": "44196397"}, "claimed_official", id="no-page-no-proof"
        ),
        pytest.param(
            {**GALLERY, "post_url": "https://evil.example/"},
            {"platform": "instagram", "id": "25025320"},
            "claimed_official",
            id="page-of-another-site",
        ),
        pytest.param(
            {**GALLERY, "extension": "jpg"},
            {"platform": "instagram", "id": "25025320"},
            "claimed_official",
            id="of-another-file",
        ),
    ],
)
def test_a_sidecar_of_gallery_dl_proves_what_yt_dlps_would(
    tmp_path: Path, record: dict[str, Any], platform: dict[str, str], expected: str
) -> None:
    media = save(tmp_path, "a.mp4.json", record)
    beside = sidecar.find(media)
    assert beside is not None and beside.name == "a.mp4.json"
    post = sidecar.read(beside).fitted(media, INFO)
    assert finding(post, enrolled(tmp_path, **platform)) == expected


def test_a_made_up_downloader_is_read(tmp_path: Path) -> None:
    media = save(tmp_path, "a.mp4.post", SAVED)
    beside = sidecar.find(media)
    assert beside is not None
    post = sidecar.read(beside).fitted(media, INFO)
    assert (post.title, post.handle, post.fit.doubts) == ("News", "xinliu", ())
    assert finding(post, enrolled(tmp_path, platform="x", id="44196397")) == "official"


def test_the_sidecar_of_yt_dlp_goes_first(tmp_path: Path) -> None:
    save(tmp_path, "a.mp4.json", GALLERY)
    media = save(tmp_path, "a.info.json", {"extractor_key": "Youtube"})
    assert sidecar.find(media) == tmp_path / "a.info.json"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param({"title": "a.mp4", "photoTakenTime": {}}, id="another-program"),
        pytest.param(["category", "subcategory"], id="list"),
        pytest.param("category", id="text"),
    ],
)
def test_json_of_other_programs_is_no_sidecar(tmp_path: Path, content: object) -> None:
    media = save(tmp_path, "a.mp4.json", content)
    assert sidecar.find(media) is None
    assert [one.kind for one in look_through(tmp_path).left_out] == ["other"]


@pytest.mark.parametrize("name", ["a.mp4.json", "a.mp4.post", "a.info.json"])
def test_sidecars_are_left_aside_as_such(tmp_path: Path, name: str) -> None:
    media = save(tmp_path, name, GALLERY)
    listing = look_through(tmp_path)
    assert listing.media == (media,)
    assert [(one.path.name, one.kind) for one in listing.left_out] == [(name, "sidecar")]


def test_a_record_tells_who_wrote_it_whatever_its_name() -> None:
    assert downloader_of({**GALLERY, "extractor_key": "Instagram"}).name == "yt-dlp"
    assert downloader_of({}).name == "yt-dlp"
    assert downloader_of(GALLERY).name == "gallery-dl"

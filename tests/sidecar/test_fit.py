"""A sidecar proves a post of the site itself, and of the one file that it was written for."""

from __future__ import annotations

import json
import os
import time
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_screen import sidecar
from media_screen.case import Case
from media_screen.detectors.channel import Channel
from media_screen.evidence import Evidence, MediaInfo
from media_screen.people.registry import OfficialChannel, Person
from tests.fakes import stand_in
from tests.making import touch

UC = "UC" + "a1B2c3D4e5F6g7H8i9J0-_"
RECORD: dict[str, Any] = {
    "id": "abcdefghijk", "title": "News", "ext": "mp4", "duration": 17, "width": 640,
    "height": 360, "filesize": 500_000, "extractor": "youtube", "extractor_key": "Youtube",
    "webpage_url": "https://www.youtube.com/watch?v=1", "channel_id": UC,
    "channel": "Xin Liu", "uploader_id": "@xinliu", "_type": "video",
}  # fmt: skip
INFO = MediaInfo("News.mp4", kind="video", size_bytes=500_000, duration_s=17.04, width=640,
                 height=360)  # fmt: skip
XIN = Person("xin", "Xin Liu", (), (OfficialChannel("youtube", UC, "xinliu"),), Path("xin"))


def finding(post: sidecar.Sidecar) -> str:
    pieces = [
        piece
        for piece in Channel().examine(stand_in(Case, sidecar=post, people=(XIN,), trusted=()))
        if isinstance(piece, Evidence)
    ]
    return "+".join(piece.finding for piece in pieces) or "abstained"


def published(changes: dict[str, Any], *, media: str = "News.mp4", info: MediaInfo = INFO) -> str:
    record = {key: value for key, value in {**RECORD, **changes}.items() if value is not None}
    read = replace(sidecar.parse(record), path=Path("/nowhere/News.info.json"))
    return finding(read.fitted(Path("/nowhere", media), info))


# --- the site --------------------------------------------------------------------------------

PAGES = [
    "https://www.youtube.com/watch?v=1", "https://youtube.com/watch?v=1", "https://youtu.be/1",
    "https://m.youtube.com/watch?v=1", "https://music.youtube.com/watch?v=1",
    "HTTPS://WWW.YouTube.COM/watch", "http://www.youtube.com/shorts/1", "https://youtube.com",
]  # fmt: skip
OTHER_PAGES = {
    "longer-domain": "https://youtube.com.evil.example/watch",
    "ends-alike": "https://notyoutube.com/watch",
    "in-the-path": "https://evil.example/youtube.com/watch",
    "in-the-query": "https://evil.example/?u=https://youtube.com/",
    "in-the-fragment": "https://evil.example/#youtube.com",
    "user": "https://youtube.com@evil.example/",
    "user-of-the-site": "https://evil.example@youtube.com/",
    "user-and-password": "https://a:b@youtube.com/",
    "empty-user": "https://@youtube.com/",
    "backslash": "https://evil.example\\@youtube.com/",
    "backslash-before": "https://youtube.com\\@evil.example/",
    "backslash-in-the-path": "https://youtube.com/\\evil.example",
    "three-slashes": "https:///youtube.com/",
    "no-slashes": "https:youtube.com/",
    "port": "https://youtube.com:8443/",
    "usual-port": "https://youtube.com:443/",
    "no-port": "https://youtube.com:/",
    "final-dot": "https://youtube.com./",
    "two-dots": "https://www..youtube.com/",
    "leading-dot": "https://.youtube.com/",
    "unknown-subdomain": "https://evil.youtube.com/",
    "cyrillic": "https://y\u043eutube.com/",
    "wide": "https://\uff59outube.com/",
    "kelvin": "https://youtube.com/".replace("t", "\u1e6d"),
    "punycode": "https://xn--yutube-wqf.com/",
    "ideographic-dot": "https://youtube\u3002com/",
    "zero-width": "https://you\u200btube.com/",
    "escape": "https://youtube%2ecom/",
    "newline": "https://evil.example\n@youtube.com/",
    "tab": "https://you\ttube.com/",
    "space": "https://youtube.com .evil.example/",
    "null": "https://youtube.com\x00.evil.example/",
    "brackets": "https://[youtube.com]/",
    "brackets-open": "https://[youtube.com/",
    "address": "https://142.250.74.78/watch",
    "another-site": "https://www.tiktok.com/@xinliu/video/1",
    "archive": "https://web.archive.org/web/2024/https://www.youtube.com/watch?v=1",
    "mirror": "https://yewtu.be/watch?v=1",
    "scheme": "javascript:https://www.youtube.com/",
    "file": "file://www.youtube.com/watch",
    "no-scheme": "www.youtube.com/watch",
    "other-top-level": "https://www.youtube.co/",
    "semicolon": "https://youtube.com;evil.example/",
    "none": None,
    "number": 5,
}  # fmt: skip
OTHER_EXTRACTORS = {
    "longer": "YoutubeEvilSite",
    "longer-after-a-colon": "Youtube:evil",
    "archive": "YoutubeWebArchive",
    "generic": "Generic",
    "lower-case": "youtube",
    "cyrillic": "Y\u043eutube",
    "kelvin": "Youtube\u212a",
    "wide": "\uff39outube",
    "another-site": "TikTok",
    "blank-in-front": "Not Youtube",
    "none": None,
    "empty": "",
    "list": ["Youtube"],
    "number": 1,
}


@pytest.mark.parametrize("page", PAGES)
def test_a_post_of_the_site_is_official(page: str) -> None:
    assert published({"webpage_url": page}) == "official"


@pytest.mark.parametrize("page", OTHER_PAGES.values(), ids=OTHER_PAGES)
def test_a_page_that_is_not_surely_of_the_site_proves_nothing(page: object) -> None:
    assert published({"webpage_url": page}) != "official"


@pytest.mark.parametrize("page", OTHER_PAGES.values(), ids=OTHER_PAGES)
def test_nor_does_it_for_the_generic_extractor(page: object) -> None:
    assert published({"webpage_url": page, "extractor_key": "Generic"}) != "official"


@pytest.mark.parametrize("key", OTHER_EXTRACTORS.values(), ids=OTHER_EXTRACTORS)
def test_an_extractor_that_is_not_surely_of_the_site_proves_nothing(key: object) -> None:
    assert published({"extractor_key": key}) != "official"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"_type": "playlist"}, id="playlist"),
        pytest.param({"info_dict": RECORD}, id="record-of-a-test"),
        pytest.param({"channel_id": None}, id="handle-and-no-id"),
        pytest.param({"channel_id": UC.lower()}, id="id-in-another-case"),
        pytest.param({"channel_id": UC + " x"}, id="id-and-more"),
        pytest.param({"channel_id": [UC]}, id="id-in-a-list"),
        pytest.param({"channel_id": None, "uploader_url": f"https://evil.example/channel/{UC}"},
                     id="id-in-a-strange-address"),
    ],
)  # fmt: skip
def test_a_record_that_proves_no_publisher(changes: dict[str, Any]) -> None:
    assert published(changes) != "official"


@pytest.mark.parametrize(
    ("key", "page", "proves"),
    [
        ("Vimeo", "https://vimeo.com/1", True),
        ("Vimeo", "https://vimeo.evil.example/1", False),
        ("Vimeo", "https://evil.example/vimeo.com", False),
        ("Vimeo", "https://notvimeo.com/1", False),
    ],
)
def test_a_site_that_is_not_in_the_table_is_known_by_its_domain(
    key: str, page: str, proves: bool
) -> None:
    assert sidecar.parse({**RECORD, "extractor_key": key, "webpage_url": page}).fit.proves is proves


@pytest.mark.parametrize(
    ("key", "page"),
    [
        ("TwitchCollection", "https://www.twitch.example/1"),
        ("Niconico", "https://www.nicovideo.jp/watch/1"),
        ("BBCCoUk", "https://www.bbc.co.uk/news/1"),
        ("PeerTube", "https://framatube.org/w/1"),
        ("Vimeo", "https://vimeo.evil.example/1"),
    ],
)
def test_a_site_that_nobody_lists_is_not_called_false(key: str, page: str) -> None:
    fit = sidecar.parse({**RECORD, "extractor_key": key, "webpage_url": page}).fit
    assert not fit.proves
    assert not fit.against


def snowflake(hours: float) -> str:
    """The id of a post or an upload on X, so many hours after a first one."""
    return str((1_700_000_000_000_000_000 >> 22) + round(hours * 3_600_000) << 22)


POSTS_ON_X = {
    "its-own-video": (snowflake(0), snowflake(0.01), True),
    "uploaded-for-half-an-hour": (snowflake(0), snowflake(0.5), True),
    "video-of-yesterday": (snowflake(0), snowflake(24), False),
    "video-of-two-hours-ago": (snowflake(0), snowflake(2), False),
    "id-of-the-post-for-both": (snowflake(5), snowflake(5), True),
    "post-without-an-id-of-its-own": (snowflake(5), "", True),
    "broadcast": ("1yNGaQLWpejGj", "1yNGaQLWpejGj", True),
}


@pytest.mark.parametrize(("media", "post", "proves"), POSTS_ON_X.values(), ids=POSTS_ON_X)
def test_a_video_that_is_older_than_its_post_may_be_quoted(
    media: str, post: str, proves: bool
) -> None:
    """yt-dlp gives the video of a quoted post to the account that quotes it."""
    record = {"extractor_key": "Twitter", "id": media, "channel_id": "77", "title": "So wrong"}
    page = f"https://x.com/xin/status/{post or media}"
    for named in ({"display_id": post}, {}) if post != "" else ({},):
        assert sidecar.parse({**record, **named, "webpage_url": page}).fit.proves is proves


@pytest.mark.parametrize(
    ("name", "record", "proves"),
    [
        pytest.param("News.mp4.info.json", {"channel_id": UC}, True, id="the-same-account"),
        pytest.param("News.mp4.info.json", {"channel_id": "UC" + "z" * 22}, False, id="another"),
        pytest.param("News.mp4.info.json", {"channel_id": None}, True, id="no-account"),
        pytest.param("News.mp4.info.json", None, True, id="broken"),
        pytest.param("Other.mp4.info.json", {"channel_id": "UC" + "z" * 22}, True, id="not-its"),
    ],
)
def test_sidecars_of_one_file_that_name_two_accounts_prove_neither(
    tmp_path: Path, name: str, record: dict[str, Any] | None, proves: bool
) -> None:
    media = tmp_path / "News.mp4"
    (tmp_path / "News.info.json").write_text(json.dumps(RECORD))
    media.write_bytes(b"x")
    text = "{" if record is None else json.dumps({**RECORD, **record})
    (tmp_path / name).write_text(text)
    beside = sidecar.find(media)
    assert beside is not None and beside.name == "News.info.json"
    fit = sidecar.read(beside).fitted(media, INFO).fit
    assert ("names another account" in " ".join(fit.lacking)) is not proves
    assert fit.proves is proves


# --- the file --------------------------------------------------------------------------------


def of(**changes: Any) -> MediaInfo:
    return MediaInfo(**({**vars_of(INFO), **changes}))


def vars_of(info: MediaInfo) -> dict[str, Any]:
    return {name: getattr(info, name) for name in MediaInfo.__dataclass_fields__}


FILES: dict[str, tuple[dict[str, Any], str, MediaInfo, bool]] = {
    "itself": ({}, "News.mp4", INFO, True),
    "another-kind": ({}, "News.webm", INFO, False),
    "its-picture": ({}, "News.jpg", of(kind="image", duration_s=0.0), False),
    "one-stream": ({}, "News.f137.mp4", INFO, False),
    "stream-with-a-name": ({}, "News.fdash-video=1.mp4", INFO, False),
    "kind-of-the-final-name": ({"ext": "webm", "_filename": "x/News.mp4"}, "News.mp4", INFO, True),
    "kind-of-the-download": (
        {"ext": "webm", "requested_downloads": [{"ext": "mp4"}]}, "News.mp4", INFO, True,
    ),
    "kind-of-another-final-name": ({"_filename": "News.webm"}, "News.mp4", INFO, False),
    "kind-not-said": ({"ext": None}, "News.mp4", INFO, False),
    "larger": ({}, "News.mp4", of(size_bytes=9_000_000), False),
    "with-a-cover-picture": ({}, "News.mp4", of(size_bytes=1_500_000), True),
    "smaller": ({}, "News.mp4", of(size_bytes=300_000), False),
    "size-not-said": ({"filesize": None}, "News.mp4", of(size_bytes=9_000_000), True),
    "wider": ({}, "News.mp4", of(width=1280), False),
    "half-as-large": ({}, "News.mp4", of(width=320, height=180), False),
    "turned": ({}, "News.mp4", of(width=360, height=640), True),
    "whole-blocks": ({}, "News.mp4", of(height=368), True),
    "no-picture": ({}, "News.mp4", of(kind="audio", width=0, height=0), False),
    "longer": ({}, "News.mp4", of(duration_s=30.0), False),
    "shorter": ({}, "News.mp4", of(duration_s=10.0), False),
    "length-of-the-file-unknown": ({}, "News.mp4", of(duration_s=0.0), False),
    "length-not-said": ({"duration": None}, "News.mp4", of(duration_s=60.0), True),
    "section": ({"section_start": 2.0, "section_end": 5.0}, "News.mp4", of(duration_s=3.1), True),
    "section-from-a-key-frame": (
        {"section_start": 5, "section_end": 8}, "News.mp4", of(duration_s=8.0), True,
    ),
    "section-to-the-end": ({"section_start": 12.0}, "News.mp4", of(duration_s=5.0), True),
    "not-that-section": (
        {"duration": 900, "section_start": 2.0, "section_end": 5.0}, "News.mp4",
        of(duration_s=60.0), False,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "media", "info", "proves"), FILES.values(), ids=FILES)
def test_a_sidecar_proves_its_own_file_only(
    changes: dict[str, Any], media: str, info: MediaInfo, proves: bool
) -> None:
    expected = "official" if proves else "claimed_official"
    assert published(changes, media=media, info=info) == expected


@pytest.mark.parametrize(("changes", "media", "info", "proves"), FILES.values(), ids=FILES)
def test_what_does_not_fit_takes_no_suspicion_away(
    changes: dict[str, Any], media: str, info: MediaInfo, proves: bool
) -> None:
    impostor = {**changes, "channel_id": "UC" + "x" * 22, "aigcLabelType": "1"}
    assert published(impostor, media=media, info=info) == "lookalike_handle"


NAMES = {
    "two-cases": (["News.mp4", "News.MP4"], "News.info.json"),
    "two-forms": (["N\u00e9ws.mp4", "Ne\u0301ws.mp4"], "N\u00e9ws.info.json"),
    "joined-and-stream": (["News.mp4", "News.f137.mp4"], "News.info.json"),
    "two-kinds": (["News.mp4", "News.webm", "News.jpg"], "News.info.json"),
    "name-and-name-of-the-name": (["News.mp4", "News.mp4.mp4"], "News.mp4.info.json"),
    "upper-case": (["News.MP4"], "News.info.json"),
    "other-form": (["Ne\u0301ws.mp4"], "N\u00e9ws.info.json"),
    "appended": (["News.mp4"], "News.mp4.info.json"),
}


@pytest.mark.parametrize(("media", "name"), NAMES.values(), ids=NAMES)
def test_one_file_at_most_takes_a_sidecar_as_proof(
    tmp_path: Path, media: list[str], name: str
) -> None:
    (tmp_path / name).write_text(json.dumps(RECORD))
    for one in media:
        (tmp_path / one).write_bytes(b"x")
    proven = []
    for path in (tmp_path / one for one in media):
        found = sidecar.find(path)
        assert found == tmp_path / name
        proven.append(finding(sidecar.read(found).fitted(path, INFO)))
    assert set(proven) <= {"official", "claimed_official"}
    assert proven.count("official") <= 1
    assert len(media) > 1 or proven == ["official"]


class Listings:
    """Counts how often a folder is listed, and says how long ago it last changed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        monkeypatch.setattr("os.listdir", self._list)
        monkeypatch.setattr("os.scandir", self._scan)
        self.now_s = time.time()
        monkeypatch.setattr("time.time", lambda: self.now_s)

    def _list(self, path: Any = ".", *, list_: Any = os.listdir) -> Any:
        self.count += 1
        return list_(path)

    def _scan(self, path: Any = ".", *, scan: Any = os.scandir) -> Any:
        self.count += 1
        return scan(path)


@pytest.fixture
def listings(monkeypatch: pytest.MonkeyPatch) -> Listings:
    return Listings(monkeypatch)


def fitted(folder: Path, name: str) -> str:
    """What speaks against a file, whose sidecar has its name."""
    found = sidecar.find(folder / name)
    assert found is not None
    return "+".join(sidecar.read(found).fitted(folder / name, INFO).fit.against)


def test_a_folder_is_listed_once_for_all_of_its_files(tmp_path: Path, listings: Listings) -> None:
    for number in range(50):
        (tmp_path / f"{number}.mp4").write_bytes(b"x")
        (tmp_path / f"{number}.info.json").write_text(json.dumps(RECORD))
    listings.now_s += 60
    assert {fitted(tmp_path, f"{number}.mp4") for number in range(50)} == {""}
    assert listings.count <= 1


def set_back(folder: Path, before: os.stat_result, *, seen: os.stat_result) -> None:
    """Give a folder its former time of change, later than what was seen by the clock's own step."""
    while folder.stat().st_ctime_ns == seen.st_ctime_ns:
        os.utime(folder, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("name", ["NEWS.mp4", "news", "nEws.MP4"])
def test_what_comes_into_a_folder_and_goes_is_seen(
    tmp_path: Path, listings: Listings, name: str
) -> None:
    """However long the folder was left alone before, and whatever time it is given."""
    touch(tmp_path, "News.mp4")
    (tmp_path / "News.info.json").write_text(json.dumps(RECORD))
    listings.now_s += 60
    before = tmp_path.stat()
    assert fitted(tmp_path, "News.mp4") == ""
    (tmp_path / name).write_bytes(b"x")
    set_back(tmp_path, before, seen=before)
    assert fitted(tmp_path, "News.mp4").startswith(f"'{name}' beside it may be")
    seen = tmp_path.stat()
    (tmp_path / name).unlink()
    set_back(tmp_path, before, seen=seen)
    assert fitted(tmp_path, "News.mp4") == ""


def test_what_comes_at_the_very_moment_is_seen(tmp_path: Path, listings: Listings) -> None:
    """The clock of a file system goes in steps: a folder may change twice within one."""
    touch(tmp_path, "News.mp4")
    (tmp_path / "News.info.json").write_text(json.dumps(RECORD))
    for _ in range(20):
        assert fitted(tmp_path, "News.mp4") == ""
        (tmp_path / "NEWS.mp4").write_bytes(b"x")
        assert fitted(tmp_path, "News.mp4").startswith("'NEWS.mp4' beside it may be")
        (tmp_path / "NEWS.mp4").unlink()
    assert listings.count >= 40


def test_of_several_rivals_the_first_is_named(tmp_path: Path) -> None:
    touch(tmp_path, "News.mp4", "news", "NEWS.mp4", "news.MP4")
    (tmp_path / "News.info.json").write_text(json.dumps(RECORD))
    assert fitted(tmp_path, "News.mp4").startswith("'NEWS.mp4' beside it may be")
    assert fitted(tmp_path, "News.mp4").count("beside") == 1


@pytest.mark.parametrize(
    "part",
    ["f137", "f140-drc", "fhls-1080p", "fdash-video=1", "faudio_only", "fdownload_addr-0",
     "fvideo=4500000", "fvideo", "faudio", "fhttp-2176.5", "f0"],
)  # fmt: skip
def test_a_stream_finds_the_sidecar_of_its_post(tmp_path: Path, part: str) -> None:
    beside = tmp_path / "Caf\u00e9.info.json"
    beside.write_text("{}")
    for form in ("NFC", "NFD"):
        name = unicodedata.normalize(form, f"Caf\u00e9.{part}.mp4")
        assert sidecar.find(tmp_path / name) == beside


# --- whatever is changed ---------------------------------------------------------------------

VALUES: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
    | st.sampled_from([*PAGES, *(page for page in OTHER_PAGES.values() if page), "Youtube",
                       "Generic", "TikTok", UC, "@xinliu", "Xin Liu", [], {}, [UC]])
)  # fmt: skip


@settings(max_examples=300)
@given(
    changes=st.dictionaries(st.sampled_from([*RECORD, "info_dict", "uploader_url"]), VALUES),
    media=st.sampled_from(["News.mp4", "News.webm", "News.f137.mp4"]),
    duration=st.floats(0, 60),
)
def test_no_change_makes_a_stranger_official_or_a_look_alike_a_claim(
    changes: dict[str, Any], media: str, duration: float
) -> None:
    """Whatever a record holds: proof needs the id, the site and the file, all of them."""
    record = {**RECORD, **changes}
    got = published(changes, media=media, info=of(duration_s=duration))
    if got == "official":
        assert record["channel_id"] == UC and record["extractor_key"] == "Youtube"
        assert record["webpage_url"] in PAGES and media == "News.mp4"
    impostor = {**changes, "channel_id": "UC" + "x" * 22, "uploader_id": "@xinliu",
                "extractor_key": "Youtube", "info_dict": None}  # fmt: skip
    assert published(impostor, media=media, info=of(duration_s=duration)) == "lookalike_handle"

"""What the sidecars of each site say, and that no sidecar can break the reader."""

from __future__ import annotations

import io
import json
import math
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from media_screen import sidecar
from media_screen.evidence import Post
from media_screen.sidecar import Described, Sidecar, SidecarError, stream
from media_screen.sidecar.labels import (
    AI_LABEL_TIKTOK_CREATOR,
    AI_LABEL_TIKTOK_MODERATION,
    AI_LABEL_TIKTOK_OTHER,
    AI_LABEL_YOUTUBE,
)
from media_screen.sidecar.stream import as_utf8, read_stream
from tests.channels import MADE, real_sidecars, write_made

UC = "UC" + "a1B2c3D4e5F6g7H8i9J0-_"  # 24 characters, as YouTube's are
SEC_UID = "MS4wLjABAAAAx-1_y"


def site(extractor_key: str, **fields: Any) -> dict[str, Any]:
    return {"extractor_key": extractor_key, **fields}


# --- who published it, by site ---------------------------------------------------------------

SITES = {
    "youtube": (
        site("Youtube", channel_id=UC, uploader_id="@XinLiu", channel="Xin Liu", uploader="XL"),
        ("youtube", (UC,), "XinLiu", "Xin Liu"),
    ),
    "youtube-playlist": (
        site("YoutubeTab", _type="playlist", channel_id=UC, uploader_id="@XinLiu", channel="Xin"),
        ("youtube", (UC,), "XinLiu", "Xin"),
    ),
    "youtube-id-in-place-of-the-handle": (
        site("Youtube", uploader_id=UC, uploader_url="https://www.youtube.com/@XinLiu"),
        ("youtube", (UC,), "XinLiu", ""),
    ),
    "youtube-only-addresses": (
        {
            "channel_url": f"https://www.youtube.com/channel/{UC}",
            "uploader_url": "https://www.youtube.com/@%E5%88%98%E6%AC%A3",
        },
        ("youtube", (UC,), "\u5218\u6b23", ""),
    ),
    "youtube-custom-address-is-no-handle": (
        site("Youtube", channel_id=UC, uploader_url="https://www.youtube.com/c/XinLiu"),
        ("youtube", (UC,), "", ""),
    ),
    "tiktok-has-two-ids": (
        site("TikTok", uploader="xin.liu", uploader_id="123", channel_id=SEC_UID, channel="Xin"),
        ("tiktok", ("123", SEC_UID), "xin.liu", "Xin"),
    ),
    "tiktok-second-id-in-the-address": (
        site(
            "TikTokVM",
            uploader="xin.liu",
            uploader_id=123,
            creator="Xin",
            uploader_url=f"https://www.tiktok.com/@{SEC_UID}",
        ),
        ("tiktok", ("123", SEC_UID), "xin.liu", "Xin"),
    ),
    "douyin-nickname-in-place-of-the-handle": (
        site("Douyin", uploader="\u5218\u6b23", uploader_id="123"),
        ("douyin", ("123",), "", "\u5218\u6b23"),
    ),
    "twitter": (
        site("Twitter", channel_id="44196397", uploader_id="xinliu", uploader="Xin Liu"),
        ("twitter", ("44196397",), "xinliu", "Xin Liu"),
    ),
    "x-by-its-host": (
        {"webpage_url": "https://x.com/xinliu/status/1", "uploader_id": "@xinliu"},
        ("twitter", (), "xinliu", ""),
    ),
    "instagram": (
        site("InstagramStory", uploader_id="2815873", channel="xin.liu", uploader="Xin Liu"),
        ("instagram", ("2815873",), "xin.liu", "Xin Liu"),
    ),
    "facebook": (
        site("FacebookReel", uploader_id="100063551323670", uploader="Xin Liu"),
        ("facebook", ("100063551323670",), "", "Xin Liu"),
    ),
    "facebook-token-is-no-stable-id": (
        site("Facebook", uploader_id="pfbid0cibUN6tV7DYgdb", uploader="Xin Liu"),
        ("facebook", (), "", "Xin Liu"),
    ),
    "other-site": (
        site("Vimeo", uploader_id="user1", uploader="Xin"),
        ("vimeo", ("user1",), "", "Xin"),
    ),
    "other-site-can-not-pose-as-youtube": (
        site(
            "Generic",
            webpage_url="https://youtube.com.evil.example/watch",
            channel_url=f"https://www.youtube.com/channel/{UC}",
            channel_id=UC,
        ),
        ("youtube.com.evil.example", (UC,), "", ""),
    ),
    "host-that-only-ends-like-youtube": (
        {"webpage_url": "https://notyoutube.com/watch", "channel_id": UC},
        ("notyoutube.com", (UC,), "", ""),
    ),
    "extractor-name": ({"extractor": "youtube:tab", "channel_id": UC}, ("youtube", (UC,), "", "")),
    "extractor-test": (
        {
            "extractor_class": "YoutubeIE",
            "test_url": "whatever",
            "info_dict": {"channel_id": UC, "channel": "re:Xin Liu", "duration": "<type:int>"},
        },
        ("youtube", (UC,), "", ""),
    ),
    "nothing": ({}, ("", (), "", "")),
}


@pytest.mark.parametrize(("record", "expected"), SITES.values(), ids=SITES)
def test_the_publisher_is_read_by_the_table_of_the_site(
    record: dict[str, Any], expected: tuple[str, tuple[str, ...], str, str]
) -> None:
    read = sidecar.parse(record)
    assert (read.platform, read.channel_ids, read.handle, read.display_name) == expected
    assert read.channel_id == (read.channel_ids[0] if read.channel_ids else "")
    assert read.problems == ()


def test_a_post_carries_what_a_verdict_records() -> None:
    record = site(
        "TikTok",
        id="7",
        uploader="xin",
        uploader_id="123",
        channel="Xin Liu",
        title=" News ",
        webpage_url="https://www.tiktok.com/@xin/video/7",
        timestamp=1620905839,
        aigcLabelType="1",
    )
    assert sidecar.parse(record).post() == Post(
        platform="tiktok",
        channel_id="123",
        handle="xin",
        display_name="Xin Liu",
        title="News",
        url="https://www.tiktok.com/@xin/video/7",
        published="2021-05-13T11:37:19Z",
        ai_labels=(AI_LABEL_TIKTOK_CREATOR,),
    )


@pytest.mark.parametrize(
    ("shown", "same"),
    [
        pytest.param("@XinLiu", True, id="at-sign"),
        pytest.param(" xinLIU", True, id="case"),
        pytest.param("\uff20xinliu", True, id="wide-at-sign"),
        pytest.param("xin_liu", False, id="separator"),
        pytest.param("x\u0131nliu", False, id="dotless-i"),
        pytest.param("@@xinliu", False, id="two-at-signs"),
    ],
)
def test_handles_compare_without_at_sign_and_case(shown: str, same: bool) -> None:
    assert (sidecar.handle_key(shown) == sidecar.handle_key("xinliu")) is same


def test_a_kelvin_sign_is_no_k() -> None:
    assert sidecar.handle_key("mar\u212a") != sidecar.handle_key("mark")


# --- labels ----------------------------------------------------------------------------------

LABELS = {
    "creator": ({"aigcLabelType": "1"}, (AI_LABEL_TIKTOK_CREATOR,)),
    "creator-number": ({"aigcLabelType": 1}, (AI_LABEL_TIKTOK_CREATOR,)),
    "other-type": ({"aigcLabelType": "2"}, (AI_LABEL_TIKTOK_OTHER,)),
    "zero-is-none": ({"aigcLabelType": "0", "moderationAigcLabelType": 0}, ()),
    "junk-is-none": ({"aigcLabelType": [True, None, "x"]}, ()),
    "nested": (
        {"itemInfo": {"itemStruct": {"moderationAigcLabelType": 2}}},
        (AI_LABEL_TIKTOK_MODERATION,),
    ),
    "app-spelling": ({"aigc_info": {"aigc_label_type": 1}}, (AI_LABEL_TIKTOK_CREATOR,)),
    "both": (
        {"aigcLabelType": "1", "moderationAigcLabelType": "1"},
        (AI_LABEL_TIKTOK_CREATOR, AI_LABEL_TIKTOK_MODERATION),
    ),
    "youtube-data": (
        {"items": [{"status": {"containsSyntheticMedia": True}}]},
        (AI_LABEL_YOUTUBE,),
    ),
    "youtube-data-false": ({"status": {"containsSyntheticMedia": False}}, ()),
    "youtube-page": (
        {"howThisWasMade": {"bodyHeader": {"content": "Altered or synthetic content"}}},
        (AI_LABEL_YOUTUBE,),
    ),
    "a-title-is-the-uploaders-word": ({"title": "Altered or synthetic content"}, ()),
    "a-comment-is-a-strangers-word": (
        {"comments": [{"text": "Altered or synthetic content", "aigcLabelType": "1"}]},
        (),
    ),
    "labels-of-other-videos": ({"entries": [{"aigcLabelType": "1"}]}, ()),
}


@pytest.mark.parametrize(("record", "expected"), LABELS.values(), ids=LABELS)
def test_platform_labels(record: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert sidecar.parse(record).ai_labels == expected


DUBBED = {
    "page-text": ({"audio": {"note": "Automatically dubbed"}}, True),
    "chosen-format": ({"format_note": "English (US) dubbed-auto, medium"}, True),
    "chosen-formats": ({"requested_formats": [{}, {"format_note": "fr dubbed"}]}, True),
    "offered-not-chosen": (
        {"format_note": "original", "formats": [{"format_note": "dubbed-auto"}]},
        False,
    ),
    "the-uploader-says-so": ({"description": "Automatically dubbed", "title": "dubbed"}, False),
    "silent": ({}, False),
}


@pytest.mark.parametrize(("record", "expected"), DUBBED.values(), ids=DUBBED)
def test_dubs_of_the_platform(record: dict[str, Any], expected: bool) -> None:
    assert sidecar.parse(record).dubbed is expected


# --- wrong and hostile values ----------------------------------------------------------------

DATES = {
    "seconds": ({"timestamp": 1620905839.9, "upload_date": "19990101"}, "2021-05-13T11:37:19Z"),
    "release": ({"release_timestamp": 1620905839}, "2021-05-13T11:37:19Z"),
    "only-the-day": ({"upload_date": "20210513"}, "2021-05-13"),
    "an-early-year": ({"upload_date": "00010101"}, "0001-01-01"),
    "moment": (
        {"category": "twitter", "subcategory": "tweet", "date": "0999-12-31 23:59:59"},
        "0999-12-31T23:59:59Z",
    ),
    "placeholder": (
        {"info_dict": {"timestamp": "<type:int>", "upload_date": "re:\\d{8}"}},
        "",
    ),
    "none": ({}, ""),
}


@pytest.mark.parametrize(("record", "expected"), DATES.values(), ids=DATES)
def test_the_date_is_iso_8601(record: dict[str, Any], expected: str) -> None:
    read = sidecar.parse(record)
    assert (read.published, read.problems) == (expected, ())


NO_DATES = {
    "month-without-zero": "2024111",
    "blanks": "2024 1 1",
    "no-such-day": "20240230",
    "no-such-month": "20241301",
    "no-year": "00000101",
    "digits-of-another-script": "\u0662\u0660\u0662\u0664\u0660\u0661\u0660\u0661",
    "wide-digits": "\uff12\uff10\uff12\uff14\uff10\uff11\uff10\uff11",
    "longer": "202401011",
    "with-strokes": "2024-01-01",
    "sign": "+2024101",
    "two-lines": "20240101\n20240102",
}
NO_MOMENTS = {
    **NO_DATES,
    "day-without-zero": "2024-1-1 00:00:00",
    "hour-without-zero": "2024-01-01 0:00:00",
    "no-such-hour": "2024-01-01 24:00:00",
    "no-such-second": "2024-01-01 00:00:61",
    "year-of-five-digits": "12024-01-01 00:00:00",
    "year-of-two-digits": "24-01-01 00:00:00",
    "digits-of-another-script-in-one": "2024-01-0\u0661 00:00:00",
    "two-blanks": "2024-01-01  00:00:00",
}


@pytest.mark.parametrize("text", NO_DATES.values(), ids=NO_DATES)
def test_what_is_no_date_is_a_problem(text: str) -> None:
    read = sidecar.parse(site("Youtube", upload_date=text))
    assert read.published == ""
    assert read.problems == (f"upload_date: expected a date as YYYYMMDD, got str {text!a}",)


@pytest.mark.parametrize("text", NO_MOMENTS.values(), ids=NO_MOMENTS)
def test_what_is_no_moment_is_a_problem(text: str) -> None:
    of_both = {"category": "twitter", "subcategory": "t", "date": text, "author": {"date": text}}
    read = sidecar.parse(of_both)
    assert (read.published, read.account_created) == ("", "")
    expected = f"expected a date as YYYY-MM-DD HH:MM:SS, got str {text!a}"
    assert set(read.problems) == {f"date: {expected}", f"author.date: {expected}"}


PROBLEMS = {
    "text": ({"title": 5}, "title: expected text, got int 5"),
    "container": ({"title": {"a": 1}}, "title: expected text, got dict"),
    "duration-text": (
        {"duration": "12\n\u202e"},
        "duration: expected a number from 0 to 4.10244e+09, got str '12\\n\\u202e'",
    ),
    "duration-nan": (
        {"duration": math.nan},
        "duration: expected a number from 0 to 4.10244e+09, got float nan",
    ),
    "duration-huge": (
        {"duration": 10**5000},
        "duration: expected a number from 0 to 4.10244e+09, got int",
    ),
    "duration-bool": (
        {"duration": True},
        "duration: expected a number from 0 to 4.10244e+09, got bool True",
    ),
    "date": (
        {"upload_date": "20219999"},
        "upload_date: expected a date as YYYYMMDD, got str '20219999'",
    ),
    "id": (
        {"id": "x" * 1000},
        f"id: expected an id of at most 200 characters, got str '{'x' * 40}'...",
    ),
    "flag": (
        {"channel_is_verified": "yes"},
        "channel_is_verified: expected true or false, got str 'yes'",
    ),
    "tags": ({"tags": "a"}, "tags: expected a list of texts, got str 'a'"),
    "tag": ({"tags": ["a", 1]}, "tags: expected only texts in the list, got int 1"),
    "script-address": (
        {"webpage_url": "javascript:alert(1)"},
        "webpage_url: expected an http(s) address of at most 2048 characters, "
        "got str 'javascript:alert(1)'",
    ),
}


@pytest.mark.parametrize(("record", "line"), PROBLEMS.values(), ids=PROBLEMS)
def test_a_wrong_value_costs_its_field_and_is_reported(record: dict[str, Any], line: str) -> None:
    read = sidecar.parse({**record, "channel": "Xin Liu"})
    assert read.problems == (line,)
    assert read.display_name == "Xin Liu"
    kept = sidecar.parse({"channel": "Xin Liu"})
    untouched = {**vars(read), "problems": (), "tags": ()}
    assert untouched == vars(kept)


# What the tests of yt-dlp write where a value changes, and what somebody may call a video.
PLACEHOLDERS = {
    "pattern": "re:^Xin Liu .+$",
    "answer": "re: Irena Valequist speaks (leaked)?",
    "answer-of-several-lines": "re: Buy at https://scam.example/win (today)\nor (tomorrow)",
    "hash": "md5:" + "0a" * 16,
    "number": "count:5",
    "most": "maxcount:12",
    "expression": "<expr>",
    "type": "<type:str>",
    "beginning": "startswith:Xin",
    "part": "contains:Xin",
}


@pytest.mark.parametrize("text", PLACEHOLDERS.values(), ids=PLACEHOLDERS)
def test_a_placeholder_is_one_in_a_record_of_a_test_alone(text: str) -> None:
    record = {"title": text, "description": text, "uploader": text, "tags": [text], "ext": text}
    read = sidecar.parse(record)
    assert (read.title, read.description, read.display_name) == (text,) * 3
    assert read.described.extension == text and read.problems == ()
    tested = sidecar.parse({"info_dict": record | {"id": "a"}})
    assert (tested.title, tested.description, tested.display_name) == ("",) * 3
    assert tested.video_id == "a" and tested.described.extension == "" and tested.problems == ()


def test_a_link_after_an_answer_is_found() -> None:
    text = "re: Buy at https://scam.example/win (today only)"
    assert sidecar.parse({"description": text}).links == ("https://scam.example/win",)


def test_a_placeholder_in_place_of_a_number_is_a_wrong_value_outside_of_tests() -> None:
    expected = "duration: expected a number from 0 to 4.10244e+09, got str '<type:int>'"
    assert sidecar.parse({"duration": "<type:int>"}).problems == (expected,)
    assert sidecar.parse({"info_dict": {"duration": "<type:int>"}}).problems == ()


def test_texts_are_capped_and_free_of_what_breaks_other_programs() -> None:
    read = sidecar.parse({"title": "a\x00b\ud800" + "c" * 2_000_000, "tags": ["t" * 9_999] * 9_999})
    assert read.title == "a\ufffdb\ufffd" + "c" * (sidecar.MAX_TITLE - 4)
    assert (len(read.tags), len(read.tags[0])) == (200, 200)


def test_verified_is_true_only_when_the_site_says_so() -> None:
    assert sidecar.parse({"channel_is_verified": True}).verified
    assert not sidecar.parse({}).verified


WORDS = (
    "id title description tags channel channel_id uploader uploader_id uploader_url channel_url "
    "webpage_url original_url duration timestamp upload_date extractor extractor_key "
    "channel_is_verified info_dict test_url aigcLabelType status items"
)
KEYS = WORDS.split()
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=40)
    | st.sampled_from(["Youtube", "TikTok", "https://[", "https://youtube.com/@\u202e", "re:\\"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=8), inner, max_size=8)
    ),
    max_leaves=20,
)


@settings(max_examples=200)
@given(record=st.dictionaries(st.sampled_from(KEYS), JSON, max_size=12))
@example(record={"webpage_url": "https://[::1", "duration": -1, "timestamp": 1e308})
@example(record={"info_dict": {"info_dict": {}}, "channel_id": -5})
def test_no_record_breaks_the_parser(record: dict[str, Any]) -> None:
    read = sidecar.parse(record)
    assert isinstance(read, Sidecar)
    text = repr(vars(read))
    text.encode("utf-8")  # no lone surrogate came through
    assert len(text) < 200_000
    assert read.duration_s is None or math.isfinite(read.duration_s)
    assert all(line.isascii() and "\n" not in line for line in read.problems)


# --- files -----------------------------------------------------------------------------------

UNREADABLE = {
    "empty": (b"", "not valid JSON"),
    "cut": (b'{"id": "a', "not valid JSON"),
    "list": (b"[1]", "expected a JSON object, got list"),
    "cut-in-the-first-key": (b'{"id', "not valid JSON"),
    "text": (b"<html>", "not valid JSON"),
    "deep": (b"[" * 200_000, "nested too deeply"),
}


@pytest.mark.parametrize(("data", "message"), UNREADABLE.values(), ids=UNREADABLE)
def test_an_unreadable_sidecar_says_why(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "a.info.json"
    path.write_bytes(data)
    with pytest.raises(SidecarError, match=message) as caught:
        sidecar.read(path)
    assert str(path) in str(caught.value)


def test_a_missing_sidecar_says_so(tmp_path: Path) -> None:
    with pytest.raises(SidecarError, match="can't be read: No such file"):
        sidecar.read(tmp_path / "a.info.json")


PARTLY = {
    "cut": b'{"channel": "Xin Liu", "id": "a", "title": "b',
    "cut-in-a-list": b'{"channel": "Xin Liu", "id": "a", "tags": ["b", "c',
    "not-utf-8": b'{"channel": "Xin Liu", "id": "a", "title": "\xff"}',
    "text-behind": b'{"channel": "Xin Liu", "id": "a"} {"channel": "Eve"}',
    "deep": b'{"channel": "Xin Liu", "id": "a", "x": ' + b"[" * 200_000,
    "control-character": b'{"channel": "Xin Liu", "id": "a", "title": "\x01"}',
    "literal": b'{"channel": "Xin Liu", "id": "a", "is_live": tru',
}


@pytest.mark.parametrize("data", PARTLY.values(), ids=PARTLY)
def test_a_damaged_sidecar_is_used_as_far_as_it_goes_and_proves_nothing(
    tmp_path: Path, data: bytes
) -> None:
    path = tmp_path / "a.info.json"
    path.write_bytes(data)
    read = sidecar.read(path)
    assert (read.display_name, read.video_id) == ("Xin Liu", "a")
    assert "used as far as it goes" in read.problems[0] and len(read.problems[0]) < 300
    assert not read.fit.proves and "only a part of the sidecar could be read" in read.fit.lacking


FOLLOWED = [
    pytest.param(site("Youtube", channel_follower_count=12), ("", 12), id="yt-dlp"),
    pytest.param(site("Youtube", channel_follower_count="many"), ("", None), id="no-number"),
    pytest.param(
        {
            "category": "twitter",
            "subcategory": "tweet",
            "author": {"date": "2025-10-01 08:30:00", "followers_count": 3},
        },
        ("2025-10-01T08:30:00Z", 3),
        id="gallery-dl-twitter",
    ),
    pytest.param(
        {"category": "twitter", "subcategory": "t", "author": {"date": "0099-10-01 08:30:00"}},
        ("0099-10-01T08:30:00Z", None),
        id="an-early-year",
    ),
    pytest.param(
        {"category": "tiktok", "subcategory": "post", "authorStats": {"followerCount": 5}},
        ("", 5),
        id="gallery-dl-tiktok",
    ),
    pytest.param(site("Youtube"), ("", None), id="unknown"),
]


@pytest.mark.parametrize(("record", "expected"), FOLLOWED)
def test_age_and_followers_of_an_account_are_read(
    record: dict[str, Any], expected: tuple[str, int | None]
) -> None:
    read = sidecar.parse(record)
    assert (read.account_created, read.followers) == expected


SEEN = [
    pytest.param(site("Youtube", view_count=12_400), 12_400, id="yt-dlp"),
    pytest.param(site("Youtube", view_count=-1), None, id="below-none"),
    pytest.param(site("Youtube", view_count=None), None, id="not-told"),
    pytest.param(
        {"category": "twitter", "subcategory": "tweet", "view_count": 7}, 7, id="gallery-dl-twitter"
    ),
    pytest.param(
        {"category": "tiktok", "subcategory": "post", "stats": {"playCount": 0}},
        0,
        id="gallery-dl-tiktok",
    ),
]


@pytest.mark.parametrize(("record", "views"), SEEN)
def test_the_views_of_a_post_are_read(record: dict[str, Any], views: int | None) -> None:
    assert sidecar.parse(record).post().views == views


LINKED = [
    ("see https://example.com/a?b=c.", ("https://example.com/a?b=c",)),
    ("(HTTP://example.com/a), <https://example.com/b>", ("HTTP://example.com/a", "https://example.com/b")),
    ("\u770bhttps://example.com/a\u3002\u597d", ("https://example.com/a",)),
    ("https://example.com/a https://example.com/a", ("https://example.com/a",)),
    ("javascript:alert(1) www.example.com ftp://example.com https://", ()),
    ("https://... https:///// (https://) https://???a", ()),
    ("https://example.com/a_ https://example.com/~a~", ("https://example.com/a_", "https://example.com/~a~")),
    ("(https://en.wikipedia.org/wiki/Port_(sea))", ("https://en.wikipedia.org/wiki/Port_(sea)",)),
    ("https://en.wikipedia.org/wiki/Port_(sea).", ("https://en.wikipedia.org/wiki/Port_(sea)",)),
    ("[https://example.com/a[1]] {https://example.com/b}", ("https://example.com/a[1]", "https://example.com/b")),
    ("https://example.com/a\u200bb https://example.com/b\u2026", ("https://example.com/a", "https://example.com/b")),
    ("https://example.com/a\u27a1 https://example.com/b\u2b50", ("https://example.com/a", "https://example.com/b")),
    ("\u201chttps://example.com/a\u201d `https://example.com/b`", ("https://example.com/a", "https://example.com/b")),
    ("https://example.com/caf\u00e9", ("https://example.com/caf\u00e9",)),
    ("", ()),
]  # fmt: skip


@pytest.mark.parametrize(("text", "links"), LINKED)
def test_links_are_found_in_title_and_description(text: str, links: tuple[str, ...]) -> None:
    assert sidecar.parse({"title": "A", "description": text}).links == links
    assert sidecar.parse({"title": text}).links == links


def test_a_list_of_links_is_cut() -> None:
    text = " ".join(f"https://example.com/{number}" for number in range(99))
    assert len(sidecar.parse({"description": text}).links) == 50


def test_an_address_that_is_too_long_is_none() -> None:
    text = f"https://example.com/{'a' * 3_000} https://example.com/b"
    assert sidecar.parse({"description": text}).links == ("https://example.com/b",)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize(
    "table", [SITES, LABELS, DUBBED, DATES], ids=["sites", "labels", "dubs", "dates"]
)
def test_a_large_sidecar_reads_like_a_small_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: dict[str, Any], encoding: str
) -> None:
    path = tmp_path / "a.info.json"
    for record, _ in table.values():
        text = json.dumps(
            {"title": "\u5218\U0001f600", "tags": ["a", "b"], **record}, ensure_ascii=False
        )
        path.write_text(text, encoding)
        whole = sidecar.read(path)
        with monkeypatch.context() as patch:
            patch.setattr(sidecar, "MAX_WHOLE", 0)
            assert sidecar.read(path) == whole


def test_a_hundred_thousand_comments_are_read_over(tmp_path: Path) -> None:
    path = tmp_path / "a.info.json"
    comment = json.dumps({"id": "c", "text": "x" * 300, "aigcLabelType": "1", "replies": [{}]})
    with path.open("w") as file:
        file.write(f'{{"title": "a", "comments": [{comment}')
        file.writelines(f", {comment}" for _ in range(99_999))
        file.write('], "extractor_key": "Youtube", "channel_id": "b"}')
    assert path.stat().st_size > 32 << 20
    tracemalloc.start()
    read = sidecar.read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (read.title, read.platform, read.channel_ids) == ("a", "youtube", ("b",))
    assert read.problems == () and read.ai_labels == ()
    assert peak < 8 << 20, "memory does not grow with the comments"


FLOODS = {
    "fields": "{" + "".join(f'"k{i}": {{"a": 1}}, ' for i in range(50_000)) + '"z": 1}',
    "nested": '{"x": [' + '{"a": [1, 2, {"b": 3}]}, ' * 50_000 + '1], "channel": "Xin Liu"}',
    "deep": '{"x": ' + '{"a": ' * 60_000 + "1" + "}" * 60_000 + ', "channel": "Xin Liu"}',
    "numbers": '{"x": [' + "1, " * 200_000 + '1], "channel": "Xin Liu"}',
    "text": '{"x": "' + "y" * 5_000_000 + '", "channel": "Xin Liu"}',
}


@pytest.mark.parametrize("text", FLOODS.values(), ids=FLOODS)
def test_what_is_kept_of_a_large_sidecar_is_bounded(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.info.json"
    path.write_text(text)
    record, ended = read_stream(path)
    assert ended == "" and len(json.dumps(record)) < 500_000
    assert "z" in record or record.get("channel") == "Xin Liu" or len(record) == 2_000


LONG = {
    "letters": "y" * 6_000_000,
    "escaped-quotes": '\\"' * 3_000_000,
    "escaped-backslashes": "\\\\" * 3_000_000,
    "backslashes-before-the-end": "y" * 5_999_999 + "\\\\" * 99,
    "escaped-numbers": "\\u5218" * 1_000_000,
    "escaped-pairs": "\\ud83d\\ude00" * 500_000,
    "characters-of-several-bytes": "\u5218\U0001f600" * 1_000_000,
    "brackets-and-commas": "[{,: " * 1_200_000,
}
MOST_PASSED_ON = 2 << 20  # bytes; a parser goes over a text again with each block that it is given


def passed_on(path: Path) -> bytes:
    """What the parser is given of a file."""
    with path.open("rb") as file:
        text = as_utf8(file)
        return b"".join(iter(lambda: text.read(1 << 18), b""))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    "form",
    [
        pytest.param('{{"title": "{}", {}}}', id="field"),
        pytest.param('{{"x": ["{}"], {}}}', id="in-a-list"),
        pytest.param('{{"{}": 1, {}}}', id="key"),
    ],
)
@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_of_a_long_text_only_the_beginning_is_parsed_and_all_behind_it(
    tmp_path: Path, text: str, form: str, encoding: str
) -> None:
    path = tmp_path / "a.info.json"
    path.write_text(form.format(text, '"channel": "Xin Liu", "tags": ["\\\\", "b\\""]'), encoding)
    assert len(passed_on(path)) < MOST_PASSED_ON
    with path.open(encoding=encoding) as file:
        whole = json.load(file)
    assert read_stream(path) == (cut(whole), "")


def cut(value: Any) -> Any:
    """A value with its texts cut as the reader cuts them."""
    if isinstance(value, dict):
        return {cut(key): cut(item) for key, item in value.items()}
    if isinstance(value, list):
        return [cut(item) for item in value]
    return value[:40_000] if isinstance(value, str) else value


@pytest.mark.parametrize("begun", ["", "0.", "1e"], ids=["whole", "fraction", "exponent"])
def test_a_number_of_millions_of_digits_is_damage(tmp_path: Path, begun: str) -> None:
    path, digits = tmp_path / "a.info.json", begun + "1" * 3_000_000
    path.write_text(f'{{"channel": "Xin Liu", "x": [1, {digits}, 2], "channel_id": "b"}}')
    with pytest.raises(ValueError, match="number"):
        passed_on(path)
    record, ended = read_stream(path)
    assert record["channel"] == "Xin Liu" and "channel_id" not in record and "number" in ended


@pytest.mark.parametrize("size", range(8, 40))
def test_a_text_may_end_and_be_cut_anywhere(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """With blocks of any size, and texts that are long from 60 bytes on."""
    monkeypatch.setattr(stream, "_LONGEST", 60)
    texts = ["\\\\" * count + '\\"\\u5218\u5218x' * count for count in range(20)]
    whole = "[" + ", ".join(f'"{text}", {{"{text}": -1.5e3}}' for text in texts) + "]"
    text = as_utf8(io.BytesIO(whole.encode()))
    read = json.loads(b"".join(iter(lambda: text.read(size), b"")), strict=False)
    wanted = json.loads(whole)
    assert [one[:5] for one in read[::2]] == [one[:5] for one in wanted[::2]]
    assert [len(one) for one in read[1::2]] == [1] * len(texts)
    assert [list(one.values()) for one in read[1::2]] == [[-1500.0]] * len(texts)
    assert read[:8] == wanted[:8], "short ones are whole"


MANY = {
    "numbers": '{"channel": "Xin Liu", "comments": [' + "1, " * 2_000 + '1], "channel_id": "b"}',
    "fields": '{"channel": "Xin Liu"' + ', "a": 1' * 2_000 + ', "channel_id": "b"}',
    "lists": '{"channel": "Xin Liu", "x": [' + "[], " * 2_000 + '1], "channel_id": "b"}',
}


@pytest.mark.parametrize("text", MANY.values(), ids=MANY)
def test_a_record_of_more_values_than_can_be_read_in_time_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    path = tmp_path / "a.info.json"
    path.write_text(text)
    assert read_stream(path)[1] == ""
    monkeypatch.setattr(stream, "MAX_EVENTS", 2_000)
    record, ended = read_stream(path)
    assert record["channel"] == "Xin Liu" and "channel_id" not in record
    assert ended == "expected at most 2000 values"


def test_numbers_that_json_does_not_know_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.info.json"
    path.write_text(f'\ufeff{{"id": "a", "duration": NaN, "timestamp": 1{"0" * 9999}}}', "utf-8")
    read = sidecar.read(path)
    assert (read.video_id, read.duration_s, read.published) == ("a", None, "")
    assert len(read.problems) == 2


FIND = {
    "beside": ("a.mp4", ["a.info.json"], "a.info.json"),
    "appended": ("a.mp4", ["a.mp4.info.json"], "a.mp4.info.json"),
    "own-name-first": ("a.mp4", ["a.mp4.info.json", "a.info.json"], "a.info.json"),
    "dots": ("a. b [x.y].mp4", ["a. b [x.y].info.json"], "a. b [x.y].info.json"),
    "one-stream": ("a.f137.mp4", ["a.info.json"], "a.info.json"),
    "one-stream-with-a-suffix": ("a.f140-drc.m4a", ["a.info.json"], "a.info.json"),
    "one-stream-by-name": ("a.fhls-1080p.mp4", ["a.info.json"], "a.info.json"),
    "thumbnail": ("a.webp", ["a.info.json"], "a.info.json"),
    "an-edit-is-another-file": ("a.fake.mp4", ["a.info.json"], None),
    "none": ("a.mp4", ["b.info.json"], None),
    "name-at-the-limit": (f"{'n' * 251}.mp4", [], None),
}


@pytest.mark.parametrize(("media", "present", "expected"), FIND.values(), ids=FIND)
def test_the_sidecar_lies_beside_the_file(
    tmp_path: Path, media: str, present: list[str], expected: str | None
) -> None:
    for name in present:
        (tmp_path / name).write_text("{}")
    found = sidecar.find(tmp_path / media)
    assert found == (None if expected is None else tmp_path / expected)


def test_a_folder_is_no_sidecar(tmp_path: Path) -> None:
    (tmp_path / "a.info.json").mkdir()
    assert sidecar.find(tmp_path / "a.mp4") is None


@pytest.mark.parametrize(
    ("stated", "lasts", "fits"),
    [
        pytest.param(13.0, 14.9, True, id="rounded"),
        pytest.param(13.0, 17.0, False, id="short-clip-of-another-length"),
        pytest.param(7200.0, 7100.0, True, id="two-percent-of-two-hours"),
        pytest.param(600.0, 41.0, False, id="another-file"),
        pytest.param(None, 41.0, True, id="sidecar-does-not-say"),
        pytest.param(600.0, None, True, id="length-unknown"),
        pytest.param(600.0, math.inf, True, id="length-not-finite"),
    ],
)
def test_a_sidecar_of_another_length_is_noticed(
    stated: float | None, lasts: float | None, fits: bool
) -> None:
    said = sidecar.mismatch(Described(duration_s=stated), duration_s=lasts)
    assert (said == "") is fits
    if not fits:
        assert f"{stated:.1f} s" in said and f"{lasts:.1f} s" in said


# --- sidecars of many channels ---------------------------------------------------------------

# The fields of a real record that hold id, handle and name, written down here a second time.
FIELDS = {
    "youtube": ("channel_id", "uploader_id"),
    "tiktok": ("uploader_id", "uploader"),
    "douyin": ("uploader_id", "uploader"),
}


def test_every_sidecar_reads_with_the_right_publisher(tmp_path: Path) -> None:
    """Made ones of each site everywhere, and the real ones where the labelled media are."""
    real, published = real_sidecars(), 0
    for path in (*write_made(tmp_path), *real):
        read = sidecar.read(path)
        assert read.problems == (), path.name
        record = json.loads(path.read_bytes())
        record = record.get("info_dict", record)
        if read.platform not in FIELDS or not record.get("uploader_id"):
            continue
        published += 1
        id_key, handle_key = FIELDS[read.platform]
        assert read.channel_id == record[id_key], path.name
        shown = record[handle_key].lstrip("@")
        # One Douyin record holds the nickname where the handle belongs.
        assert (read.handle or read.display_name) == shown, path.name
        assert read.display_name or read.platform == "tiktok", path.name
    assert published >= len(MADE) + (100 if real else 0)

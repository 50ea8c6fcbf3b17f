"""Who acts together in one campaign; all posts are invented."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from media_screen import sidecar
from media_screen.coordination import MAX_TIES, AccountPost, coordinate, post_of
from media_screen.coordination.posts import accounts_of, moment_of, said
from media_screen.coordination.sharing import link_key, tags_key
from media_screen.evidence import Campaign

NOON = 1_760_011_200
TITLE = "The minister admits that the harbour was sold last night"
PRAISE = "Finally somebody says what all of us have been thinking for years"


def post(number: int, account: str = "", **fields: Any) -> AccountPost:
    at_s = fields.pop("at_s", 10_000 * number)
    own = AccountPost(
        key=f"{number:016x}",
        media="c1",
        account=f"youtube:{account or f'a{number}'}",
        platform="youtube",
        published=said(NOON + at_s),
        handle=account or f"a{number}",
    )
    return replace(own, **fields)


# --- posts -------------------------------------------------------------------------------------


def test_a_sidecar_becomes_a_post() -> None:
    read = sidecar.parse(
        {
            "extractor_key": "TikTok",
            "uploader_id": "123",
            "uploader": "xin.liu",
            "channel": "Xin",
            "title": f"{TITLE} #harbour",
            "description": "see https://example.com/a.",
            "tags": ["Sold"],
            "timestamp": NOON,
            "channel_follower_count": 7,
        }
    )
    made = post_of(read, key="k", media="c1")
    assert (made.account, made.handle, made.name) == ("tiktok:123", "xin.liu", "Xin")
    assert (made.links, made.tags) == (("https://example.com/a",), ("Sold", "harbour"))
    assert (made.published, made.followers) == ("2025-10-09T12:00:00Z", 7)
    assert made.moment is not None and made.moment.timestamp() == NOON


ACCOUNTS = [
    pytest.param({"channel_id": "UCx", "uploader_id": "@Xin"}, "youtube:UCx", id="stable-id"),
    pytest.param({"uploader_id": "@Xin"}, "youtube:xin", id="handle"),
    pytest.param({"channel": "Xin"}, "", id="a-name-is-no-account"),
]


@pytest.mark.parametrize(("fields", "expected"), ACCOUNTS)
def test_an_account_is_known_by_its_id_or_handle(fields: dict[str, Any], expected: str) -> None:
    read = sidecar.parse({"extractor_key": "Youtube", **fields})
    assert post_of(read, key="k", media="c1").account == expected


HINDI, THAI = "\u0939\u093f\u0928\u094d\u0926\u0940", "\u0e02\u0e48\u0e32\u0e27"
ARABIC = "\u0628\u0650\u0644\u0627\u062f\u064c"
HASHTAGS = [
    pytest.param("#news #a", ["news"], id="latin"),
    pytest.param(f"#{HINDI}, #x", [HINDI], id="hindi"),
    pytest.param(f"#{THAI}", [THAI], id="thai"),
    pytest.param(f"#{ARABIC}.", [ARABIC], id="arabic"),
    pytest.param("\uff03\u6e2f\u53e3", ["\u6e2f\u53e3"], id="chinese"),
    pytest.param("#cafe\u0301", ["cafe\u0301"], id="accents-apart"),
    pytest.param("#\ufe0f\u20e3 #\u0301\u0301\u0301", [], id="marks-alone"),
]


@pytest.mark.parametrize(("title", "tags"), HASHTAGS)
def test_a_tag_is_read_to_its_end_in_any_script(title: str, tags: list[str]) -> None:
    read = sidecar.parse({"extractor_key": "Youtube", "title": title})
    assert list(post_of(read, key="k", media="c1").tags) == tags


@pytest.mark.parametrize("text", ["", "2025-10-09", "2025-13-09T12:00:00Z", "soon"])
def test_what_is_no_exact_time_is_no_moment(text: str) -> None:
    assert moment_of(text) is None


LINKS = [
    ("https://www.example.com/a/", "example.com/a"),
    ("http://m.example.com/a?utm_source=x&fbclid=y#part", "example.com/a"),
    ("https://example.com/a?igsh=x&igshid=y&mibextid=z&ref_src=q", "example.com/a"),
    ("https://example.com/?b=2&a=1", "example.com?a=1&b=2"),
    ("https://youtube.com/watch?v=abc&si=track&t=5", "youtube.com/watch?v=abc"),
    ("https://m.youtube.com/watch?v=abc&feature=share&ref=x", "youtube.com/watch?v=abc"),
    ("https://x.com/a/status/1?s=20&t=abc", "x.com/a/status/1"),
    ("https://example.com/story?s=1", "example.com/story?s=1"),
    ("https://example.com/a?ref=2&si=3&feature=4", "example.com/a?feature=4&ref=2&si=3"),
    ("https://youtube.com.example.com/watch?t=5", "youtube.com.example.com/watch?t=5"),
    ("https://example.com/?page", "example.com?page="),
    ("https://example.com/a?x=&y=1", "example.com/a?x=&y=1"),
    ("https://example.com:8443/a", "example.com:8443/a"),
    ("https://example.com:443/a", "example.com/a"),
    ("http://example.com:80/a", "example.com/a"),
    ("https://example.com:99999/a", ""),
    ("https://example.com/#/news/5", "example.com#/news/5"),
    ("https://example.com/", ""),
    ("https://[broken/a", ""),
    ("https://example.com/a?" + "&".join(f"k{n}=1" for n in range(99)), ""),
]


@pytest.mark.parametrize(("link", "place"), LINKS)
def test_ways_to_write_a_link_lead_to_one_place(link: str, place: str) -> None:
    assert link_key(link) == place


def test_tags_are_one_thing_where_there_are_enough() -> None:
    one, other = post(1, tags=("News", "Port", "#Sold")), post(2, tags=("sold", "port", "news"))
    assert tags_key(one) == tags_key(other) == "news port sold"
    assert tags_key(post(3, tags=("news", "fyp"))) == ""


def test_an_account_is_told_by_its_latest_post() -> None:
    posts = [
        post(3, "b", at_s=90, followers=9, created="2025-10-01", name="New"),
        post(1, "b", at_s=10, followers=5, name="Old"),
        post(2, "b", published="2025-10-08", handle=""),
        post(4, "a", at_s=50),
        post(5, account="", at_s=0),
    ]
    posts[4] = replace(posts[4], account="")
    first, second = accounts_of(posts)
    assert (first.id, first.handle, first.name, first.followers) == ("youtube:b", "b", "New", 9)
    assert (first.first, first.last) == ("2025-10-08", "2025-10-09T12:01:30Z")
    assert first.posts == tuple(f"{n:016x}" for n in (1, 2, 3)) and first.created == "2025-10-01"
    assert (second.id, second.followers, second.scheme) == ("youtube:a", None, "")


# --- one campaign ------------------------------------------------------------------------------

KINDS = [
    pytest.param({"title": TITLE}, {"title": f"{TITLE}!!"}, "title", TITLE, id="title"),
    pytest.param({"title": TITLE}, {"title": f"Look: {TITLE}"}, "title", "", id="like-title"),
    pytest.param({"description": TITLE}, {"description": TITLE}, "description", TITLE, id="text"),
    pytest.param(
        {"links": ("https://example.com/a",)},
        {"links": ("https://www.example.com/a?utm_medium=x",)},
        "link",
        "https://example.com/a",
        id="link",
    ),
    pytest.param({"tags": tuple("abc")}, {"tags": tuple("cba")}, "tag", "a b c", id="tags"),
]


@pytest.mark.parametrize(("one", "other", "kind", "example"), KINDS)
def test_accounts_are_tied_by_what_both_post_in_time(
    one: dict[str, Any], other: dict[str, Any], kind: str, example: str
) -> None:
    posts = [post(1, "b", at_s=0, **one), post(2, "a", at_s=40, **other)]
    (tie,) = coordinate(posts, {}).ties
    assert (tie.one, tie.other, tie.by) == ("youtube:a", "youtube:b", kind)
    assert (tie.count, tie.apart_s) == (1, 40.0) and example in tie.example
    assert coordinate(posts, {}, within_s=39).ties == ()
    assert coordinate([posts[0], replace(posts[1], published="2025-10-09")], {}).ties == ()


def test_footage_ties_in_a_campaign_only_when_it_is_shared_again() -> None:
    posts = [post(1, "a", at_s=0), post(2, "b", at_s=30)]
    assert coordinate(posts, {}).ties == ()
    (tie,) = coordinate([*posts, post(3, "a", at_s=900), post(4, "b", at_s=905)], {}).ties
    assert (tie.by, tie.count, tie.apart_s, tie.example) == ("media", 2, 5.0, "")


def test_a_wording_is_told_at_any_distance_in_time() -> None:
    posts = [post(1, title=TITLE), post(2, title=f"{TITLE} again"), post(3, title="Another thing")]
    found = coordinate(posts, {})
    (wording,) = found.wordings
    assert (wording.where, wording.count, found.ties) == ("title", 2, ())
    assert wording.accounts == ("youtube:a1", "youtube:a2") and 0.6 <= wording.alike < 1
    assert (wording.first, wording.last) == (posts[0].published, posts[1].published)


def test_accounts_that_comment_alike_are_tied(tmp_path: Path) -> None:
    path = tmp_path / "a.info.json"
    comments = [
        {"id": f"c{n}", "text": PRAISE, "author_id": f"a{n}", "timestamp": NOON + 7 * n}
        for n in (1, 2, 9)
    ]
    path.write_text(json.dumps({"comments": comments}))
    found = coordinate([post(1), post(2)], {f"{1:016x}": path})
    assert [(tie.one, tie.other, tie.by, tie.apart_s) for tie in found.ties] == [
        ("youtube:a1", "youtube:a2", "comment", 7.0)
    ]
    assert found.comments.authors == 3 and found.wordings[0].count == 3


def test_a_long_text_is_cut_where_it_is_told() -> None:
    long = " ".join(f"{TITLE} {number}" for number in range(300))
    found = coordinate([post(1, description=long), post(2, description=long + " end")], {})
    assert [len(wording.text) for wording in found.wordings] == [2_000]


def test_so_many_ties_are_listed_and_the_others_are_told_of() -> None:
    posts = [post(number, title=TITLE, at_s=0) for number in range(70)]
    found = coordinate(posts, {})
    assert len(found.ties) == MAX_TIES
    assert found.problems == ("title: only the 2000 strongest ties are listed",)


def test_what_is_found_fits_the_schema_of_campaigns() -> None:
    posts = [
        post(number, f"harbour_voice{number}", title=TITLE, at_s=number) for number in range(9)
    ]
    found = coordinate(posts, {})
    campaign = Campaign(
        id="c-0123456789ab",
        label="suspected_impersonation",
        person=None,
        reason="",
        through=f"{1:016x}",
        files=(),
        accounts=found.accounts,
        ties=found.ties,
        wordings=found.wordings,
        comments=found.comments,
    )
    assert Campaign.from_dict(json.loads(json.dumps(campaign.to_dict()))) == campaign
    assert {account.scheme for account in found.accounts} == {"harbour_voice + 1 digit"}


def test_the_order_of_posts_changes_nothing() -> None:
    drawn = random.Random(1)
    posts = [
        post(n, f"a{n % 9}", at_s=drawn.randrange(900), title=f"{TITLE} {n % 3}") for n in range(60)
    ]
    expected = coordinate(posts, {})
    assert expected.ties
    for _ in range(3):
        drawn.shuffle(posts)
        assert coordinate(posts, {}) == expected


def test_nothing_is_found_in_nothing() -> None:
    found = coordinate([], {})
    assert not (found.accounts or found.ties or found.wordings or found.problems)
    assert found.comments.read == 0

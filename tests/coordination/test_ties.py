"""Who is tied to whom: the numbers of CooRTweet and of the QUT toolkit on a common example."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from media_screen.coordination import coordinate, ties
from media_screen.coordination.ties import (
    CROWD,
    MAX_WITHIN_S,
    ActedAlike,
    Share,
    WindowError,
    acted_alike,
)
from media_screen.coordination.wordings import Texts
from media_screen.sidecar.fields import MAX_TIMESTAMP

DATA = Path(__file__).parent / "data"
KINDS = ("media", "same text", "like text", "link")
WINDOWS = (10, 60, 600)  # s


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


POSTS, QUT, COORTWEET = rows("posts.csv"), rows("qut.csv"), rows("coortweet.csv")


def things(kind: str) -> Iterator[tuple[dict[str, str], object]]:
    """The posts of the example, each with what it shares; reposts share nothing but the post."""
    texts = Texts()
    numbers = [texts.add(post["message"]) for post in POSTS]
    leaders = texts.wordings().leader
    for post, number in zip(POSTS, numbers, strict=True):
        if bool(post["repost_id"]) != (kind == "media"):
            continue
        if kind == "media":
            yield post, post["repost_id"]
        elif kind == "same text":
            yield post, post["message"].lower()
        elif kind == "like text":
            yield post, int(leaders[number])
        else:
            yield from ((post, link) for link in post["urls"].split())


def tied(kind: str, within_s: int, *, at_least: int = 1) -> list[ActedAlike]:
    shares = [
        Share(what, post["user_id"], post["message_id"], float(post["timestamp"]))
        for post, what in things(kind)
    ]
    return acted_alike(shares, within_s=within_s, at_least=at_least)


@pytest.mark.parametrize("within_s", WINDOWS)
@pytest.mark.parametrize("kind", KINDS)
def test_posts_with_a_partner_are_the_weights_of_the_qut_toolkit(kind: str, within_s: int) -> None:
    theirs = {
        (row["account"], row["other"]): int(row["weight"])
        for row in QUT
        if (row["kind"], row["within_s"]) == (kind, str(within_s))
    }
    ours = {}
    for tie in tied(kind, within_s):
        ours[tie.one, tie.other] = tie.posts_one
        ours[tie.other, tie.one] = tie.posts_other
    assert ours == theirs and theirs


@pytest.mark.parametrize("within_s", WINDOWS)
@pytest.mark.parametrize("kind", ["media", "same text", "link"])
def test_pairs_of_posts_are_the_weights_of_coortweet(kind: str, within_s: int) -> None:
    theirs = {
        frozenset((row["account"], row["other"])): int(row["weight"])
        for row in COORTWEET
        if (row["kind"], row["within_s"], row["min_participation"]) == (kind, str(within_s), "1")
    }
    ours = {frozenset((tie.one, tie.other)): tie.pairs for tie in tied(kind, within_s)}
    assert ours == theirs and theirs


@pytest.mark.parametrize("kind", ["media", "same text", "link"])
def test_two_posts_each_is_within_their_least_participation_of_two(kind: str) -> None:
    theirs = {
        frozenset((row["account"], row["other"])): int(row["weight"])
        for row in COORTWEET
        if (row["kind"], row["within_s"], row["min_participation"]) == (kind, "600", "2")
    }
    ours = {frozenset((t.one, t.other)): t.pairs for t in tied(kind, 600, at_least=2)}
    assert ours and ours.items() <= theirs.items()


def share(account: str, moment_s: float, what: str = "x", post: str = "") -> Share:
    return Share(what, account, post or f"{account}{moment_s}", moment_s)


TIES = [
    pytest.param([share("a", 0), share("b", 60)], [("a", "b", 1, 1, 1, 60)], id="at-the-end"),
    pytest.param([share("a", 0), share("b", 60.1)], [], id="just-over"),
    pytest.param([share("b", 5), share("a", 0)], [("a", "b", 1, 1, 1, 5)], id="accounts-in-order"),
    pytest.param([share("a", 0), share("a", 1)], [], id="one-account"),
    pytest.param([share("a", 0), share("b", 0, "y")], [], id="another-thing"),
    pytest.param(
        [share("a", 0), share("a", 10), share("a", 20), share("b", 12)],
        [("a", "b", 3, 3, 1, 2)],
        id="one-busy-account",
    ),
    pytest.param(
        [share("a", 0, "x", "p"), share("a", 0, "y", "p"), share("b", 9, "x"), share("b", 9, "y")],
        [("a", "b", 2, 1, 1, 9)],
        id="two-things-in-one-post",
    ),
    pytest.param(
        [share("a", 0), share("b", 0), share("b", 0)], [("a", "b", 1, 1, 1, 0)], id="twice"
    ),
    pytest.param([], [], id="nothing"),
]


@pytest.mark.parametrize(("shares", "expected"), TIES)
def test_two_accounts_are_tied_by_what_both_shared_in_the_window(
    shares: list[Share], expected: list[tuple[object, ...]]
) -> None:
    found = [
        (t.one, t.other, t.pairs, t.posts_one, t.posts_other, t.apart_s)
        for t in acted_alike(shares, within_s=60)
    ]
    assert found == expected


def test_the_strongest_tie_comes_first_and_shows_what_was_shared_closest() -> None:
    shares = [
        share("a", 0),
        share("b", 9),
        share("c", 5),
        share("a", 100, "y"),
        share("b", 101, "y"),
    ]
    first, *others = acted_alike(shares, within_s=20)
    assert (first.one, first.other, first.pairs, first.what) == ("a", "b", 2, "y")
    assert [(t.one, t.other) for t in others] == [("b", "c"), ("a", "c")]


def test_one_busy_account_is_not_tied_where_both_have_to_repeat_it() -> None:
    shares = [share("a", 0), share("a", 10), share("b", 5)]
    assert acted_alike(shares, at_least=2) == []
    assert len(acted_alike([*shares, share("b", 15)], at_least=2)) == 1


def test_of_a_crowd_each_is_paired_with_those_that_follow() -> None:
    crowd = [share(f"a{number:03}", 0) for number in range(3 * CROWD)]
    found = acted_alike(crowd)
    assert len(found) == CROWD * (2 * CROWD) + CROWD * (CROWD - 1) // 2
    assert acted_alike(crowd, most=7) == found[:7]


FLOODS = {
    "by-one-account": ["x"] * 3 * CROWD,
    "by-two-accounts-in-turn": ["x", "y"] * 2 * CROWD,
    "by-half-a-crowd": [f"x{number % (CROWD // 2)}" for number in range(5 * CROWD)],
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
def test_nobody_hides_behind_a_flood_of_the_same_thing(flood: list[str]) -> None:
    noise = [share(account, 1 + at / 100) for at, account in enumerate(flood)]
    found = acted_alike([share("a", 0), *noise, share("b", 59)])
    (tie,) = (tie for tie in found if (tie.one, tie.other) == ("a", "b"))
    assert (tie.pairs, tie.apart_s) == (1, 59.0)
    assert {frozenset((tie.one, tie.other)) for tie in found} >= {
        frozenset((one, other)) for one in "ab" for other in flood
    }


@pytest.mark.parametrize("order", ["aabb", "abab", "abba", "bbaa"])
def test_who_shares_again_in_a_crowd_is_tied_for_it(order: str) -> None:
    crowd = [share(f"x{number % 9}", 10 + number / 1_000) for number in range(4 * CROWD)]
    twice = [share(account, 10 + at / 10) for at, account in enumerate(order)]
    found = acted_alike([*crowd, *twice], within_s=1, at_least=2)
    assert ("a", "b") in {(tie.one, tie.other) for tie in found}


def test_many_shares_in_crowds_have_fewer_pairs_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ties, "MAX_PAIRS", 3_000)
    crowd = [share(f"a{number:04}", 0) for number in range(1_000)]
    assert len(acted_alike(crowd)) == 3 * 997 + 2 + 1


def test_what_only_one_account_shared_costs_nothing() -> None:
    alone = [share("a", at, f"thing {at}") for at in range(500)]
    assert acted_alike([*alone, share("b", 3, "thing 3")])[0].what == "thing 3"
    assert acted_alike(alone) == []


EVER = [-(10.0**9), 0.0, MAX_TIMESTAMP]


def test_any_times_and_any_number_of_things_are_compared() -> None:
    shares = [
        share(account, moment_s, f"thing {number}")
        for number in range(2_000)
        for moment_s in EVER
        for account in "ab"
    ]
    (tie,) = acted_alike(shares, within_s=MAX_WITHIN_S)
    assert (tie.pairs, tie.posts_one, tie.apart_s) == (6_000, 3, 0.0)


WINDOWS_OF_NOTHING = [-1.0, float("nan"), float("inf"), -float("inf"), MAX_WITHIN_S + 1, 1e300]


@pytest.mark.parametrize("within_s", WINDOWS_OF_NOTHING)
def test_a_window_that_means_nothing_is_refused(within_s: float) -> None:
    with pytest.raises(WindowError, match=r"expected a window .* 0 to 31536000 seconds, got"):
        acted_alike([], within_s=within_s)
    with pytest.raises(WindowError):
        coordinate([], {}, within_s=within_s)


def test_a_tie_of_no_post_is_refused() -> None:
    with pytest.raises(ValueError, match="expected at_least of 1 or more, got 0"):
        acted_alike([], at_least=0)

"""The picture of the network: the same each time, in its frame, and readable when it is large."""

from __future__ import annotations

import math
from itertools import combinations, pairwise

import pytest

from media_screen.evidence import AccountTie, CampaignAccount, TieKind
from media_screen.report.network import MOST_DRAWN, MOST_LINES, draw_network, label_width
from tests.report import invented


def account(name: str, *, posts: int = 1, scheme: str = "") -> CampaignAccount:
    return CampaignAccount(f"x:{name}", "x", name, name, ("0" * 16,) * posts, scheme=scheme)


def tie(one: str, other: str, by: TieKind = "media", count: int = 1) -> AccountTie:
    return AccountTie(f"x:{one}", f"x:{other}", by, count, 1.0)


@pytest.mark.parametrize(
    "ties",
    [
        pytest.param([], id="no-ties"),
        pytest.param([tie("a", "gone")], id="with-an-account-that-is-not-there"),
        pytest.param([tie("a", "a")], id="with-itself"),
    ],
)
def test_where_nothing_is_tied_there_is_no_picture(ties: list[AccountTie]) -> None:
    assert draw_network([account("a"), account("b")], ties) is None


def test_two_hundred_accounts_are_apart_inside_and_half_of_them_named() -> None:
    campaign, _ = invented.large()
    view = draw_network(campaign.accounts, campaign.ties)
    assert view is not None and view == draw_network(campaign.accounts, campaign.ties)
    assert len(view.dots) == MOST_DRAWN and len(view.lines) <= MOST_LINES
    assert view.accounts == 201 and view.pairs == len(campaign.ties)
    assert all(0 < dot.x < view.width and 0 < dot.y < view.height for dot in view.dots)
    gaps = [math.dist((a.x, a.y), (b.x, b.y)) for a, b in combinations(view.dots, 2)]
    assert sum(gap < 8 for gap in gaps) <= 8  # dots that lie on one another
    assert sum(bool(dot.label) for dot in view.dots) >= MOST_DRAWN / 2


def test_no_two_names_lie_on_one_another() -> None:
    campaign, _ = invented.large()
    view = draw_network(campaign.accounts, campaign.ties)
    assert view is not None
    boxes = []
    for dot in view.dots:
        width = label_width(dot.label)
        left = dot.label_x - {"start": 0.0, "middle": width / 2, "end": width}.get(dot.anchor, 0.0)
        if dot.label:
            boxes.append((left, dot.label_y, width))
    for (x1, y1, w1), (x2, y2, w2) in combinations(boxes, 2):
        assert abs(y1 - y2) >= 11 or x1 + w1 <= x2 or x2 + w2 <= x1


def test_tied_accounts_lie_nearer_than_others() -> None:
    groups = [[f"{letter}{n}" for n in range(6)] for letter in "ab"]
    ties = [tie(*pair) for group in groups for pair in combinations(group, 2)]
    accounts = [account(name) for group in groups for name in group]
    view = draw_network(accounts, [*ties, tie("a0", "b0")])
    assert view is not None
    at = {dot.title.split(":")[1]: (dot.x, dot.y) for dot in view.dots}
    within = [math.dist(at[a], at[b]) for group in groups for a, b in combinations(group, 2)]
    across = [math.dist(at[a], at[b]) for a in groups[0] for b in groups[1]]
    assert sum(within) / len(within) < 0.5 * sum(across) / len(across)


def test_of_too_many_ties_those_stay_that_hold_a_group_together() -> None:
    names = [f"n{n:03d}" for n in range(60)]
    ties = [tie(*pair, count=5) for pair in combinations(names, 2)]
    ties += [tie(one, other, "title") for one, other in pairwise(names)]
    view = draw_network([account(name) for name in names], ties)
    assert view is not None and len(view.lines) == MOST_LINES
    assert sum(line.kind == "title" for line in view.lines) == len(names) - 1
    assert {(one.kind, one.pairs) for one in view.kinds} == {("media", 1770), ("title", 59)}


def test_ties_of_several_kinds_run_side_by_side() -> None:
    accounts = [account("a", posts=3), account("b", scheme="letters + 4 digits")]
    view = draw_network(accounts, [tie("a", "b"), tie("a", "b", "link")])
    assert view is not None
    assert len({(line.x1, line.y1) for line in view.lines}) == 2
    assert [dot.schemed for dot in view.dots] == [False, True]
    assert view.dots[0].radius > view.dots[1].radius
    assert "3 posts, 2 ties" in view.dots[0].title

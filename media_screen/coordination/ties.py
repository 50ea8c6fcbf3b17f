"""Ties accounts by what they did alike within a short time.

Two accounts are tied when both shared the same thing (footage, a wording, a link, tags) at most so
many seconds apart. The definitions are those of CooRTweet (`detect_groups`, and the edge weight of
`generate_coordinated_network`: pairs of posts) and of the Coordination Network Toolkit of QUT
(posts of one account that have a match by the other), and a test holds the numbers to theirs.

That accounts act together is context for an analyst. It moves no likelihood ratio: people who mean
well do the same, and news spreads at once.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from media_screen.arrays import Flags, Ints, Rows

_Value = TypeVar("_Value", bound=Hashable)

# The window of the QUT toolkit, s. CooRTweet has 10 s, which fits clicks on "share"; to upload a
# file takes longer. In a campaign of 200 posts a day a post has by chance 0.4 others within a
# minute, and 6 within a quarter of an hour (benchmarks/results/coordination.md).
WITHIN_S = 60.0
# Of a crowd that shares one thing within the window each share is paired with so many that
# follow: 20,000 posts in a minute would make 200 million pairs that tell nothing more.
CROWD = 100


@dataclass(frozen=True, slots=True)
class Share:
    """That an account shared something in a post; `what` is equal for the same thing."""

    what: Hashable
    account: str
    post: str
    moment_s: float  # since 1970


@dataclass(frozen=True, slots=True)
class ActedAlike:
    """How often two accounts shared the same within the window.

    `pairs` are pairs of posts, one of each account, counted for each thing that they share
    (CooRTweet's `weight`); `posts_one` and `posts_other` are the posts of either account that have
    such a partner (QUT's weights from `one` to `other`, and back). `apart_s` is the least time
    between two of them, and `what` the thing that was shared then.
    """

    one: str
    other: str
    pairs: int
    posts_one: int
    posts_other: int
    apart_s: float
    what: Hashable


def acted_alike(
    shares: Iterable[Share], *, within_s: float = WITHIN_S, at_least: int = 1
) -> list[ActedAlike]:
    """Return the pairs of accounts that shared the same at most `within_s` seconds apart.

    Kept are those where each of the two did so in `at_least` posts, so that one busy account is
    not tied to many; two or more imply CooRTweet's `min_participation`. The strongest come first.
    Raises ValueError when `within_s` or `at_least` is too small to mean anything.
    """
    if not within_s >= 0 or at_least < 1:
        raise ValueError(
            f"expected within_s of at least 0 and at_least of 1 or more, got {within_s}, {at_least}"
        )
    unique = sorted(dict.fromkeys(shares), key=lambda share: (share.moment_s, share.post))
    if len(unique) < 2:
        return []
    table = _Shares(unique)
    early, late = table.close(within_s)
    found = table.counted(early, late, at_least)
    return sorted(found, key=lambda tie: (-tie.pairs, tie.apart_s, tie.one, tie.other))


class _Shares:
    """Shares as columns of numbers, by thing and time."""

    def __init__(self, shares: Sequence[Share]) -> None:
        self.accounts = sorted({share.account for share in shares})
        number = {account: at for at, account in enumerate(self.accounts)}
        account = np.array([number[share.account] for share in shares], np.intp)
        self.things, thing = _numbered([share.what for share in shares])
        _, post = _numbered([share.post for share in shares])
        millis: Ints = np.array([round(1000 * share.moment_s) for share in shares], np.int64)
        order = np.lexsort((millis, thing))
        self.account, self.thing, self.post = account[order], thing[order], post[order]
        self.millis = millis[order]

    def close(self, within_s: float) -> tuple[Rows, Rows]:
        """Return the rows of shares of one thing by two accounts in the window, earlier first."""
        window = min(round(1000 * within_s), 1 << 42)  # 139 years
        # All things on one axis of time, each after the other, farther apart than the window.
        length = int(self.millis.max() - self.millis.min()) + window + 1
        if length > np.iinfo(np.int64).max // len(self.things):
            raise ValueError(f"too many things over too long a time: {len(self.things)}")
        axis = self.millis - self.millis.min() + self.thing.astype(np.int64) * length
        rows = np.arange(len(axis))
        last = np.searchsorted(axis, axis + window, "right") - 1
        count = np.minimum(last - rows, CROWD)
        early = np.repeat(rows, count)
        late = early + 1 + np.arange(len(early)) - np.repeat(np.cumsum(count) - count, count)
        two: Flags = self.account[early] != self.account[late]
        return early[two], late[two]

    def counted(self, early: Rows, late: Rows, at_least: int) -> list[ActedAlike]:
        """Count pairs of rows by pair of accounts."""
        if not len(early):
            return []
        swapped = self.account[early] > self.account[late]
        one, other = np.where(swapped, late, early), np.where(swapped, early, late)
        tie = self.account[one] * len(self.accounts) + self.account[other]
        apart = self.millis[late] - self.millis[early]
        order = np.lexsort((apart, tie))
        ties, first, pairs = np.unique(tie[order], return_index=True, return_counts=True)
        posts = [_distinct(tie, self.post[rows], ties) for rows in (one, other)]
        kept = np.flatnonzero(np.minimum(*posts) >= at_least)
        closest = order[first]  # of each tie, the pair of posts least apart
        return [
            ActedAlike(
                one=self.accounts[int(ties[at]) // len(self.accounts)],
                other=self.accounts[int(ties[at]) % len(self.accounts)],
                pairs=int(pairs[at]),
                posts_one=int(posts[0][at]),
                posts_other=int(posts[1][at]),
                apart_s=float(apart[closest[at]]) / 1000,
                what=self.things[self.thing[early[closest[at]]]],
            )
            for at in kept
        ]


def _distinct(tie: Ints, post: Rows, ties: Ints) -> Ints:
    """Count the different posts of each tie; `ties` are all numbers of ties, sorted."""
    many = int(post.max()) + 1
    at = np.unique(np.searchsorted(ties, tie) * many + post) // many
    return np.bincount(at, minlength=len(ties))


def _numbered(values: Sequence[_Value]) -> tuple[list[_Value], Rows]:
    """Number the different values, from 0, in their order."""
    number = {value: at for at, value in enumerate(dict.fromkeys(values))}
    return list(number), np.fromiter((number[value] for value in values), np.intp, len(values))

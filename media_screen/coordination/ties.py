"""Ties accounts by what they did alike within a short time.

Two accounts are tied when both shared the same thing (footage, a wording, a link, tags) at most so
many seconds apart. The definitions are those of CooRTweet (`detect_groups`, and the edge weight of
`generate_coordinated_network`: pairs of posts) and of the Coordination Network Toolkit of QUT
(posts of one account that have a match by the other), and a test holds the numbers to theirs.

That accounts act together is context for an analyst. It moves no likelihood ratio: people who mean
well do the same, and news spreads at once.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import numpy as np

from media_screen.arrays import Doubles, Flags, Ints, Rows
from media_screen.errors import SetupError

_Value = TypeVar("_Value", bound=Hashable)

# The window of the QUT toolkit, s. CooRTweet has 10 s, which fits clicks on "share"; to upload a
# file takes longer. In a campaign of 200 posts a day a post has by chance 0.4 others within a
# minute, and 6 within a quarter of an hour (benchmarks/results/coordination.md).
WITHIN_S = 60.0
MAX_WITHIN_S = 31_536_000.0  # a year; who shares a thing that far apart does not do so together
# Where more shares of one thing follow within the window, it is a crowd: a share is then paired
# with the next and the last one of each account alone, of so many accounts. All of 20,000 in a
# minute would make 200 million pairs that tell nothing more; and an account that floods hides none
# behind it.
CROWD = 100
MAX_PAIRS = 2_000_000  # as many shares in a crowd have fewer pairs each; some 320 MB


class WindowError(SetupError, ValueError):
    """A window of time that means nothing: negative, endless or no number."""


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
    shares: Iterable[Share],
    *,
    within_s: float = WITHIN_S,
    at_least: int = 1,
    most: int | None = None,
) -> list[ActedAlike]:
    """Return the pairs of accounts that shared the same at most `within_s` seconds apart.

    Kept are those where each of the two did so in `at_least` posts, so that one busy account is
    not tied to many; two or more imply CooRTweet's `min_participation`. The strongest come first,
    `most` of them. Raises ValueError for a window, or an `at_least`, that means nothing.
    """
    checked_window(within_s)
    if at_least < 1:
        raise ValueError(f"expected at_least of 1 or more, got {at_least}")
    unique = sorted(dict.fromkeys(shares), key=lambda share: (share.moment_s, share.post))
    if len(unique) < 2:
        return []
    table = _Shares(unique)
    early, late = table.close(within_s)
    return table.counted(early, late, at_least, most)


def checked_window(within_s: float) -> float:
    """Return a window as it is; raises WindowError for one that means nothing."""
    if not 0 <= within_s <= MAX_WITHIN_S:  # NaN compares false
        raise WindowError(
            f"expected a window (within_s) of 0 to {MAX_WITHIN_S:.0f} seconds, got {within_s}"
        )
    return within_s


def of_several(thing: Rows, account: Rows) -> Flags:
    """Say of each share whether several accounts shared that thing."""
    if not len(thing):
        return np.zeros(0, np.bool_)
    accounts = int(account.max()) + 1
    uses = np.unique(thing * accounts + account)
    several: Flags = (np.bincount(uses // accounts, minlength=int(thing.max()) + 1) > 1)[thing]
    return several


def in_turns(thing: Rows, account: Rows, moment_s: Doubles) -> Rows:
    """Return the order in which shares are kept when there are too many of them.

    First comes what each account shared first of each thing, then each second one; and in each
    round one share of every account after the other. So nobody's are pushed out by another's flood.
    """
    if not len(thing):
        return thing
    again = _turn(thing * (int(account.max()) + 1) + account, moment_s)
    own = _turn(account * (int(again.max()) + 1) + again, moment_s)
    return np.lexsort((moment_s, own, again))


def _turn(group: Rows, moment_s: Doubles) -> Rows:
    """Number the shares of each group in order of time."""
    order = np.lexsort((moment_s, group))
    begins = np.flatnonzero(np.append(True, np.diff(group[order]) != 0))
    turn = np.empty_like(order)
    turn[order] = np.arange(len(order)) - np.repeat(begins, np.diff(np.append(begins, len(order))))
    return turn


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
        order = order[of_several(thing[order], account[order])]
        self.account, self.thing, self.post = account[order], thing[order], post[order]
        self.millis = millis[order]

    def close(self, within_s: float) -> tuple[Rows, Rows]:
        """Return the rows of shares of one thing by two accounts in the window, earlier first."""
        axis = self.thing + 1j * self.millis  # complex numbers are in order of both
        rows = np.arange(len(axis))
        window = 1j * round(1000 * within_s)
        last = np.searchsorted(axis, axis + window, "right") - 1
        crowd = max(1, min(CROWD, MAX_PAIRS // max(1, len(rows))))
        few = np.flatnonzero(last - rows <= crowd)
        count = (last - rows)[few]
        early = np.repeat(few, count)
        late = early + 1 + np.arange(len(early)) - np.repeat(np.cumsum(count) - count, count)
        two: Flags = self.account[early] != self.account[late]
        pairs = early[two] * len(rows) + late[two]
        if len(few) < len(rows):
            first = np.searchsorted(axis, axis - window, "left")
            after = _next_of_each(self.account, last, crowd)
            # The last one before is the next one where time runs back.
            before = rows[-1] - _next_of_each(self.account[::-1], rows[-1] - first[::-1], crowd)
            parts = [after[:, 0] * len(rows) + after[:, 1], before[:, 1] * len(rows) + before[:, 0]]
            pairs = np.unique(np.concatenate([pairs, *parts]))
        return pairs // max(1, len(rows)), pairs % max(1, len(rows))

    def counted(self, early: Rows, late: Rows, at_least: int, most: int | None) -> list[ActedAlike]:
        """Count pairs of rows by pair of accounts; return the strongest."""
        if not len(early):
            return []
        swapped = self.account[early] > self.account[late]
        one, other = np.where(swapped, late, early), np.where(swapped, early, late)
        tie = self.account[one] * len(self.accounts) + self.account[other]
        apart = self.millis[late] - self.millis[early]
        order = np.lexsort((apart, tie))
        ties, first, pairs = np.unique(tie[order], return_index=True, return_counts=True)
        posts = [_distinct(tie, self.post[rows], ties) for rows in (one, other)]
        closest = order[first]  # of each tie, the pair of posts least apart
        strongest = np.lexsort((apart[closest], -pairs))  # and by the names of the accounts
        kept = strongest[np.minimum(*posts)[strongest] >= at_least][:most]
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


def _next_of_each(account: Rows, last: Rows, crowd: int) -> Rows:
    """Return pairs of rows, each with the next one of each account, where it is in a crowd.

    That is where more than `crowd` rows follow up to the `last` one; of so many accounts.
    """
    pairs = array("q")
    following: OrderedDict[int, int] = OrderedDict()  # of each account the next row, in order
    accounts, ends = account.tolist(), last.tolist()
    for row in range(len(ends) - 1, -1, -1):
        own, end = accounts[row], ends[row]
        following.pop(own, None)
        if end - row > crowd:
            for other in islice(following.values(), crowd):
                if other > end:
                    break
                pairs.extend((row, other))
        following[own] = row
        following.move_to_end(own, last=False)
    return np.asarray(pairs, np.intp).reshape(-1, 2)


def _distinct(tie: Ints, post: Rows, ties: Ints) -> Ints:
    """Count the different posts of each tie; `ties` are all numbers of ties, sorted."""
    many = int(post.max()) + 1
    at = np.unique(np.searchsorted(ties, tie) * many + post) // many
    return np.bincount(at, minlength=len(ties))


def _numbered(values: Sequence[_Value]) -> tuple[list[_Value], Rows]:
    """Number the different values, from 0, in their order."""
    number = {value: at for at, value in enumerate(dict.fromkeys(values))}
    return list(number), np.fromiter((number[value] for value in values), np.intp, len(values))

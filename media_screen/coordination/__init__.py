"""Says who acts together: accounts tied by what they share, their wordings and their comments.

Everything here is context for an analyst. It moves no likelihood ratio and no label: that accounts
post in chorus says nothing of whether a picture is forged, and people who mean well do so, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from media_screen.coordination.comments import FindNames, look_through
from media_screen.coordination.posts import AccountPost, account_id, accounts_of, post_of
from media_screen.coordination.sharing import shared_by
from media_screen.coordination.ties import WITHIN_S, Share, WindowError, acted_alike, checked_window
from media_screen.evidence import (
    AccountTie,
    CampaignAccount,
    CommentActivity,
    SharedWording,
    TieKind,
)

__all__ = [
    "WITHIN_S",
    "AccountPost",
    "Coordination",
    "FindNames",
    "WindowError",
    "account_id",
    "checked_window",
    "coordinate",
    "post_of",
]

# Of each kind, the strongest. A picture of the network is readable at 200 accounts, which have
# fewer, and a campaign has to stay one line of JSON.
MAX_TIES = 2_000
MAX_EXAMPLE = 200  # characters of what two accounts share
# Two accounts may share one thing by chance; that they do so again is unlikely, and is what
# coordination means in the literature (Giglietto and others, 2020). In one campaign all accounts
# share the footage anyway: at 200 posts a day over a thousand pairs of accounts do so within a
# minute of each other by chance, and two of them twice (benchmarks/results/coordination.md).
AGAIN = 2


@dataclass(frozen=True, slots=True)
class Coordination:
    """Who acts together in one campaign; context, which moves no verdict.

    `problems` are sentences on what could not be read or is not listed.
    """

    accounts: tuple[CampaignAccount, ...] = ()
    ties: tuple[AccountTie, ...] = ()
    wordings: tuple[SharedWording, ...] = ()
    comments: CommentActivity = CommentActivity()  # noqa: RUF009 (frozen)
    problems: tuple[str, ...] = ()


def coordinate(
    posts: Sequence[AccountPost],
    comments: Mapping[str, Path],
    *,
    within_s: float = WITHIN_S,
    find_names: FindNames | None = None,
) -> Coordination:
    """Say who acts together in the files of one campaign.

    `comments` are the sidecars with comments, by the key of their file. Accounts are tied by what
    they shared at most `within_s` seconds apart: once for words, links and tags, `AGAIN` for the
    footage itself, which all of them share. `find_names` gives the names in a comment. Raises
    WindowError when `within_s` is no window.
    """
    accounts = accounts_of(posts)
    spoken = look_through(
        comments,
        find_names=find_names,
        platforms={post.key: post.platform for post in posts},
        accounts=frozenset(account.id for account in accounts),
    )
    shared, wordings = shared_by(posts)
    ties, left_out = _ties({**shared, "comment": spoken.shares}, within_s=within_s)
    return Coordination(
        accounts=accounts,
        ties=ties,
        wordings=(*wordings, *spoken.wordings),
        comments=spoken.activity,
        problems=(*spoken.problems, *left_out),
    )


def _ties(
    shared: Mapping[TieKind, Sequence[Share]], *, within_s: float
) -> tuple[tuple[AccountTie, ...], list[str]]:
    """Tie accounts by each kind of thing; also say what is left out."""
    ties: list[AccountTie] = []
    left_out = []
    for kind, shares in shared.items():
        least = AGAIN if kind == "media" else 1
        found = acted_alike(shares, within_s=within_s, at_least=least, most=MAX_TIES + 1)
        if len(found) > MAX_TIES:
            left_out.append(f"{kind}: only the {MAX_TIES} strongest ties are listed")
        ties += [
            AccountTie(
                one=tie.one,
                other=tie.other,
                by=kind,
                count=tie.pairs,
                apart_s=tie.apart_s,
                example="" if kind == "media" else str(tie.what)[:MAX_EXAMPLE],
            )
            for tie in found[:MAX_TIES]
        ]
    return tuple(ties), left_out

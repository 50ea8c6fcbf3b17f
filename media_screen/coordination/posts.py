"""Posts as the search for coordination sees them: who shared which footage, when, with what words.

All texts come from sidecars, so strangers wrote them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from media_screen.coordination.letters import WORD
from media_screen.coordination.schemes import schemes
from media_screen.evidence import CampaignAccount
from media_screen.sidecar import Sidecar, handle_key

MAX_LISTED = 200  # of accounts, authors, bursts or wordings in one list; a page shows no more
_MAX_TAGS = 50  # of one post
_HASHTAG = re.compile(rf"[#\uff03](\w[{WORD}]{{1,99}})")


@dataclass(frozen=True, slots=True)
class AccountPost:
    """One file as a post of an account; all texts are untrusted.

    `media` stands for the footage that it shows: equal in two posts of the same, as the id of the
    campaign is. `account` is the platform, a colon, and the stable id or else the handle, "" where
    nobody knows. `published` is ISO 8601 in UTC, a bare date when only that is known: then
    `moment` is None, and the post is tied to nobody by time.
    """

    key: str
    media: str
    account: str
    platform: str = ""
    published: str = ""
    title: str = ""
    description: str = ""
    links: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    handle: str = ""
    name: str = ""
    created: str = ""
    followers: int | None = None

    @property
    def moment(self) -> datetime | None:
        """When it was posted (UTC), None where at most the day is known."""
        return moment_of(self.published)


def post_of(sidecar: Sidecar, *, key: str, media: str) -> AccountPost:
    """Return what a sidecar says of the post of a file; `key` and `media` are the caller's ids."""
    return AccountPost(
        key=key,
        media=media,
        account=account_id(sidecar.platform, sidecar.channel_id, sidecar.handle),
        platform=sidecar.platform,
        published=sidecar.published,
        title=sidecar.title,
        description=sidecar.description,
        links=sidecar.links,
        tags=(*sidecar.tags, *_hashtags(f"{sidecar.title}\n{sidecar.description}")),
        handle=sidecar.handle,
        name=sidecar.display_name,
        created=sidecar.account_created,
        followers=sidecar.followers,
    )


def account_id(platform: str, channel_id: str, handle: str) -> str:
    """Return the id of an account, "" where neither its stable id nor its handle is known."""
    known = channel_id or handle_key(handle)
    return f"{platform}:{known}" if known else ""


def moment_of(published: str) -> datetime | None:
    """Read ISO 8601 in UTC to the second; None for a bare date and for anything else."""
    try:
        return datetime.strptime(published, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return None


def said(moment_s: float) -> str:
    """Write seconds since 1970 as ISO 8601 in UTC."""
    return datetime.fromtimestamp(int(moment_s), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _hashtags(text: str) -> list[str]:
    return _HASHTAG.findall(text)[:_MAX_TAGS]


# --- accounts ----------------------------------------------------------------------------------


def accounts_of(posts: Sequence[AccountPost]) -> tuple[CampaignAccount, ...]:
    """Return who posted, by when they first did."""
    by_account: dict[str, list[AccountPost]] = defaultdict(list)
    for post in posts:
        if post.account:
            by_account[post.account].append(post)
    names = {id_: _last(own, "handle") or _last(own, "name") for id_, own in by_account.items()}
    patterns = schemes(names)
    found = [_account(id_, own, patterns.get(id_, "")) for id_, own in by_account.items()]
    return tuple(sorted(found, key=lambda one: (one.first or "9999", one.id)))


def _account(id_: str, posts: Sequence[AccountPost], scheme: str) -> CampaignAccount:
    times = sorted(filter(None, (post.published for post in posts)))
    return CampaignAccount(
        id=id_,
        platform=posts[0].platform,
        handle=_last(posts, "handle"),
        name=_last(posts, "name"),
        posts=tuple(sorted({post.key for post in posts})),
        first=times[0] if times else "",
        last=times[-1] if times else "",
        created=_last(posts, "created"),
        followers=_last(posts, "followers"),
        scheme=scheme,
    )


def _last(posts: Sequence[AccountPost], field: str) -> Any:
    """Return what the latest post knows of its account."""
    ordered = sorted(posts, key=lambda post: (post.published, post.key), reverse=True)
    known = (value for post in ordered if (value := getattr(post, field)) not in ("", None))
    return next(known, None if field == "followers" else "")

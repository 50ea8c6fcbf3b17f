"""Says what posts share: footage, wordings of title and description, links, tags."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from media_screen.coordination.posts import MAX_LISTED, AccountPost
from media_screen.coordination.ties import Share
from media_screen.coordination.wordings import Texts
from media_screen.evidence import SharedWording, TieKind
from media_screen.sidecar import platform_of_host

# Fewer tags are what a platform suggests and thousands use ("news", "fyp"): all tags of a post
# together are one thing.
LEAST_TAGS = 3
# What is added to an address to follow who clicks, and changes nothing of where it leads: on any
# site, and on those where the same short names could not be the number of a page.
_TRACKING = re.compile(r"utm_\w+|fbclid|gclid|igsh(?:id)?|mibextid|ref_(?:src|url)")
_TRACKING_ON = dict.fromkeys(("youtube", "twitter"), frozenset(("s", "t", "si", "feature", "ref")))
_USUAL_PORTS = {"http": 80, "https": 443}

_Where = Literal["title", "description"]


def shared_by(
    posts: Sequence[AccountPost],
) -> tuple[dict[TieKind, list[Share]], tuple[SharedWording, ...]]:
    """Return who shared which thing when, by its kind, and the wordings that several accounts used.

    Wordings are looked for at any distance in time, those of most accounts first.
    """
    titles, same_titles = _worded(posts, "title")
    descriptions, same_descriptions = _worded(posts, "description")
    shared: dict[TieKind, list[Share]] = {
        "media": _shares((post, post.media) for post in posts),
        "title": titles,
        "description": descriptions,
        "link": _shares(_linked(posts)),
        "tag": _shares((post, tags_key(post)) for post in posts),
    }
    return shared, (*same_titles, *same_descriptions)


def _shares(things: Iterable[tuple[AccountPost, str]]) -> list[Share]:
    """Turn posts, and what they share, into shares; unknown accounts and times tie nobody."""
    return [
        Share(what, post.account, post.key, moment.timestamp())
        for post, what in things
        if what and post.account and (moment := post.moment)
    ]


# --- wordings ----------------------------------------------------------------------------------


def _worded(posts: Sequence[AccountPost], where: _Where) -> tuple[list[Share], list[SharedWording]]:
    texts = Texts()
    numbers = [texts.add(getattr(post, where)) for post in posts]
    wordings = texts.wordings()
    used: dict[int, list[tuple[AccountPost, float]]] = defaultdict(list)
    for post, number in zip(posts, numbers, strict=True):
        if number >= 0:
            leader = int(wordings.leader[number])
            used[leader].append((post, float(wordings.alike[number])))
    shares = _shares((post, texts.texts[at]) for at, uses in used.items() for post, _ in uses)
    found = [_wording(texts.texts[at], where, uses) for at, uses in used.items()]
    several = [wording for wording in found if len(wording.accounts) > 1]
    several.sort(key=lambda wording: (-len(wording.accounts), wording.text))
    return shares, several[:MAX_LISTED]


def _wording(text: str, where: _Where, uses: Sequence[tuple[AccountPost, float]]) -> SharedWording:
    times = sorted(filter(None, (post.published for post, _ in uses)))
    return SharedWording(
        text=text,
        where=where,
        accounts=tuple(sorted({post.account for post, _ in uses if post.account})[:MAX_LISTED]),
        files=tuple(sorted({post.key for post, _ in uses})[:MAX_LISTED]),
        count=len(uses),
        alike=round(min(alike for _, alike in uses), 3),
        first=times[0] if times else "",
        last=times[-1] if times else "",
    )


# --- links and tags ----------------------------------------------------------------------------


def _linked(posts: Sequence[AccountPost]) -> Iterator[tuple[AccountPost, str]]:
    """Give the places that links lead to, each in one of the ways to write it."""
    places = [(post, link, link_key(link)) for post in posts for link in post.links]
    written: dict[str, str] = {}
    for _, link, place in places:
        written[place] = min(link, written.get(place, link))
    yield from ((post, written[place]) for post, _, place in places if place)


def link_key(link: str) -> str:
    """Return where an address leads: no scheme, www, tracking or fragment; "" for a bare host.

    Addresses that only differ in what follows who clicks are one. A fragment is kept where it is
    a path inside a page ("#/a", "#!a"). A shortened address stays what it is: nothing is looked up.
    """
    try:
        split = urlsplit(link)
        name, port = split.hostname or "", split.port
        query = parse_qsl(split.query, keep_blank_values=True, max_num_fields=50)
    except ValueError:  # a malformed host or port, or too many fields
        return ""
    more = _TRACKING_ON.get(platform_of_host(name), frozenset())
    kept = [pair for pair in query if not (_TRACKING.fullmatch(pair[0].lower()) or pair[0] in more)]
    path = split.path.rstrip("/") + (f"?{urlencode(sorted(kept))}" if kept else "")
    path += f"#{split.fragment}" if split.fragment.startswith(("/", "!")) else ""
    if not name or not path:
        return ""
    host = name.removeprefix("www.").removeprefix("m.")
    if port not in (None, _USUAL_PORTS.get(split.scheme)):
        host = f"{host}:{port}"
    return f"{host}{path}"


def tags_key(post: AccountPost) -> str:
    """Return all tags of a post in one text, "" for fewer than tell anything."""
    tags = {unicodedata.normalize("NFKC", tag).casefold().strip(" #") for tag in post.tags}
    tags.discard("")
    return " ".join(sorted(tags)) if len(tags) >= LEAST_TAGS else ""

"""Finds accounts whose name is burnt into a picture: "TikTok @name", "youtube.com/@name"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from media_screen.evidence import TextLine
from media_screen.names.folding import fold, within_one
from media_screen.people.registry import Person
from media_screen.sidecar import PLATFORMS, Sidecar

_NAME = r"([A-Za-z0-9_][A-Za-z0-9_.\-]{2,29})"
# Not after a letter (a mail address), not before another @.
_HANDLE = re.compile(rf"(?<![\w@])@\s?{_NAME}(?![\w@])")
_URLS = {
    one.name: re.compile(one.seen_address.replace("NAME", _NAME), re.IGNORECASE)
    for one in PLATFORMS
    if one.seen_address
}
# Parts of addresses that are no accounts.
_FOLDERS = frozenset(
    (
        "watch",
        "shorts",
        "reel",
        "reels",
        "status",
        "hashtag",
        "video",
        "videos",
        "share",
        "groups",
        "pages",
        "intent",
        "explore",
        "stories",
        "home",
        "search",
        "playlist",
        "channel",
        "embed",
        "events",
        "profile",
    )
)
# Platforms burn their logos in beside or above the handle.
_LOGOS = {one.name: re.compile(one.seen_logo, re.IGNORECASE) for one in PLATFORMS if one.seen_logo}
_WEB_ENDINGS = (".com", ".net", ".org", ".de", ".fr", ".es", ".co.uk", ".ru", ".cn")
_MIN_LETTERS = 3  # in a handle: "@5pm" and "@2x" are none


@dataclass(frozen=True, slots=True)
class SeenAccount:
    """An account that was read in one or more pictures; the handle is untrusted and may be misread.

    `platform` is "" where only a handle was read.
    """

    handle: str
    platform: str
    lines: tuple[TextLine, ...]


def find_accounts(lines: Sequence[TextLine], *, stills: int) -> tuple[SeenAccount, ...]:
    """Find the accounts in the lines of `stills` pictures of one file, each once.

    A bare handle in one picture of several is not taken: a code editor, an article or a passer-by's
    shirt shows those. An address, or the logo of a platform in the same picture, makes it one.
    """
    logos = find_logos(lines)
    found: dict[str, list[tuple[str, str, TextLine]]] = {}
    for line in lines:
        for handle, platform in _accounts(line.text):
            key = _known_key(fold(handle), found)
            found.setdefault(key, []).append((handle, platform, line))
    accounts = []
    for readings in found.values():
        times = {line.time_s for _, _, line in readings}
        near = {name for name, marks in logos.items() if times & {mark.time_s for mark in marks}}
        platform = next((name for _, name, _ in readings if name), "")
        if not platform and not near and len(times) < min(2, stills):
            continue
        handle = max((reading[0] for reading in readings), key=len)
        accounts.append(
            SeenAccount(
                handle,
                platform or next(iter(sorted(near)), ""),
                tuple(line for _, _, line in readings),
            )
        )
    return tuple(accounts)


def find_logos(lines: Sequence[TextLine]) -> dict[str, list[TextLine]]:
    """Find logos of platforms: lines that hold nothing else, by the platform's name."""
    found: dict[str, list[TextLine]] = {}
    for line in lines:
        for platform, pattern in _LOGOS.items():
            if pattern.fullmatch(line.text):
                found.setdefault(platform, []).append(line)
    return found


def is_publisher(handle: str, post: Sidecar) -> bool:
    """Say whether a handle, as it was read, may be that of the account that published the file."""
    read = fold(handle)
    for name in (post.handle, post.display_name):
        own = fold(name)
        if not own:
            continue
        if _is_same(read, own):
            return True
        # Long handles are cut off in marks, and at the edge of a cropped picture.
        if min(len(read), len(own)) >= 5 and (own.startswith(read) or own.endswith(read)):
            return True
    return False


def owner(handle: str, people: Sequence[Person]) -> Person | None:
    """Return the enrolled person one of whose handles reads like this one."""
    read = fold(handle)
    for person in people:
        if any(account.handle and fold(account.handle) == read for account in person.channels):
            return person
    return None


def _accounts(text: str) -> Iterator[tuple[str, str]]:
    for platform, pattern in _URLS.items():
        for match in pattern.finditer(text):
            if (name := match[1].rstrip(".-")).casefold() not in _FOLDERS and _is_handle(name):
                yield name, platform
                return
    for match in _HANDLE.finditer(text):
        if _is_handle(name := match[1].rstrip(".-")):
            yield name, ""


def _is_handle(name: str) -> bool:
    letters = sum(c.isalpha() for c in name)
    return letters >= _MIN_LETTERS and not name.casefold().endswith(_WEB_ENDINGS)


def _known_key(read: str, known: dict[str, list[tuple[str, str, TextLine]]]) -> str:
    """Return the key of a handle that was read before, perhaps with one letter misread."""
    return next((key for key in known if _is_same(read, key)), read)


def _is_same(a: str, b: str) -> bool:
    return a == b or (min(len(a), len(b)) >= 6 and within_one(a, b))

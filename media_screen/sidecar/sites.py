"""Knows whose an extractor key, a host or the address of a profile is.

A site is known by yt-dlp's exact extractor key and by the host of an address. What only begins or
ends like one of them is another site.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from media_screen.sidecar.fields import MAX_NAME, clean
from media_screen.sidecar.platforms import PLATFORMS, Platform, platform_of

_NUMBER = re.compile(r"[0-9]{1,30}")
_HANDLE = re.compile(r"[\w.-]{1,64}")  # of any script: YouTube's may be
_AT = ("@", "\uff20")
# A host as browsers and parsers agree on it: no user, port, escapes, other scripts, final dot.
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
# Parsers leave these out or read them as a slash: the host that is shown is then another one.
_AMBIGUOUS = re.compile(r"[\x00-\x20\x7f\\]")


def platform_name(text: str) -> str:
    """Return the one spelling used here for a platform: "X" and "Twitter" are "twitter"."""
    name = text.strip().casefold()
    return next((one.name for one in PLATFORMS if name in one.aliases), name)


def handle_key(handle: str) -> str:
    """Return what two spellings of one handle share: no leading @, and no case.

    A letter of another script that lower-cases to an ASCII one (the Kelvin sign) is kept as it
    is: for the platform that is another handle.
    """
    bare = without_at(handle.strip())
    return "".join(low if (low := c.lower()).isascii() == c.isascii() else c for c in bare)


def without_at(handle: str) -> str:
    """Return a handle without the @ before it, in either width."""
    return handle.removeprefix(_AT[0]).removeprefix(_AT[1])


def is_second_id(text: str) -> bool:
    """Say whether a text is the token that some platforms give an account beside its number."""
    return any(one.two_ids and _is_token(text, one) for one in PLATFORMS)


def is_token(text: str) -> bool:
    """Say whether a text is an id that can't be taken for a number or a handle."""
    return any(_is_token(text, one) for one in PLATFORMS)


def _is_token(text: str, platform: Platform) -> bool:
    return platform.token is not None and platform.token.fullmatch(text) is not None


def has_form_of_id(text: str, platform: Platform) -> bool:
    """Say whether a text is written as the ids of a platform are, as far as no number is meant."""
    return (platform.token or _NUMBER).fullmatch(text) is not None


def is_stable_id(text: str, name: str) -> bool:
    """Say whether a text can be the stable id of an account of a platform, and is no handle."""
    platform = platform_of(name)
    if platform is None:  # nobody knows how its ids are written
        return bool(text) and not text.startswith(_AT)
    has_numbers = platform.token is None or platform.two_ids
    is_number = has_numbers and _NUMBER.fullmatch(text) is not None
    return is_number or _is_token(text, platform)


def host_of(url: str) -> str:
    """Return the host of an address, "" when programs could differ about which one it is."""
    if _AMBIGUOUS.search(url):
        return ""
    try:
        host = urlsplit(url).netloc.lower()
    except ValueError:  # malformed network location
        return ""
    return host if len(host) <= MAX_NAME and _HOST.fullmatch(host) else ""


def platform_of_host(host: str) -> str:
    """Return the platform whose host this is, or ""."""
    return next((one.name for one in PLATFORMS if host in one.hosts), "")


def platform_of_extractor(key: str) -> str:
    """Return the platform of an extractor key; that of an unlisted site is the key itself."""
    return _listed(key) or key.casefold()


def is_extractor_of(key: str, platform: str) -> bool:
    """Say whether a key is, letter by letter, that of an extractor for a platform."""
    return _listed(key) == platform if platform_of(platform) else key.lower() == platform


def _listed(key: str) -> str:
    return next((one.name for one in PLATFORMS if key in one.extractors), "")


def is_host_of(host: str, platform: str) -> bool:
    """Say whether a host is that of a platform; an unlisted site is known by its domain's name."""
    if (listed := platform_of(platform)) is not None:
        return host in listed.hosts
    return platform in host.split(".")[-2:-1]


# --- accounts in addresses -------------------------------------------------------------------


@dataclass(frozen=True)
class Account:
    """An account as an address names it: by a stable id, by a handle, or by neither."""

    platform: str = ""
    id: str = ""
    handle: str = ""  # without the leading @


# First parts of paths that are no accounts, where accounts stand at that place.
_NO_ACCOUNTS = frozenset(
    (
        "watch", "shorts", "live", "playlist", "feed", "results", "hashtag", "embed", "v",
        "c", "channel", "user", "i", "intent", "home", "search", "explore", "settings",
        "people", "pages", "groups", "events", "reel", "reels", "p", "tv", "stories", "share",
        "video", "videos", "photo", "story.php", "profile.php", "permalink.php", "profile",
    )
)  # fmt: skip


def account_of(url: str) -> Account:
    """Return the account that the address of a profile names; of other addresses the platform."""
    platform = platform_of(platform_of_host(host_of(url)))
    if platform is None:
        return Account()
    split = urlsplit(url)
    parts = [clean(unquote(part), MAX_NAME) for part in split.path.split("/") if part]
    query = parse_qs(split.query, max_num_fields=50) if split.query.count("&") < 50 else {}
    texts = (_id_at(page, parts, query) for page in platform.id_pages)
    found = next((text for text in texts if has_form_of_id(text, platform)), "")
    handle = "" if found else _handle_in(platform, parts)
    return Account(platform.name, found, handle)


def _id_at(page: str, parts: list[str], query: Mapping[str, list[str]]) -> str:
    """Return what stands in an address where the page of an account has its id."""
    path, _, asked = page.partition("?")
    wanted = path.split("/")
    if len(parts) != len(wanted):
        return ""
    found = query.get(asked.removesuffix("=ID"), [""])[0] if asked else ""
    for part, want in zip(parts, wanted, strict=True):
        if want == "@ID" and part.startswith(_AT):
            found = part[1:]
        elif want == "ID":
            found = part
        elif want not in ("*", part):
            return ""
    return found


def _handle_in(platform: Platform, parts: list[str]) -> str:
    if not parts or not platform.handle_page:
        return ""
    if platform.handle_page.startswith("@") and not parts[0].startswith(_AT):
        return ""
    handle = without_at(parts[0])
    return handle if handle not in _NO_ACCOUNTS and _HANDLE.fullmatch(handle) else ""

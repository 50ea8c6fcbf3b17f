"""Knows the sites: which extractors and hosts are theirs, and which fields hold an account.

A site is known by yt-dlp's exact extractor key and by the host of an address. What only begins or
ends like one of them is another site.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from media_screen.sidecar.fields import MAX_NAME, clean


@dataclass(frozen=True)
class Site:
    """Which fields of one site hold the stable ids, the handle and the display name, best first."""

    ids: tuple[str, ...]
    handles: tuple[str, ...]
    names: tuple[str, ...]
    hosts: tuple[str, ...] = ()
    extractors: tuple[str, ...] = ()  # keys as yt-dlp writes them


SITES: Mapping[str, Site] = {
    "youtube": Site(
        ids=("channel_id",),
        handles=("uploader_id",),
        names=("channel", "uploader"),
        hosts=("youtube.com", "www.youtube.com", "m.youtube.com", "music.youtube.com", "youtu.be",
               "youtube-nocookie.com", "www.youtube-nocookie.com"),
        extractors=("Youtube", "YoutubeTab", "YoutubePlaylist", "YoutubeClip", "YoutubeYtBe",
                    "YoutubeLivestreamEmbed", "YoutubeShortsAudioPivot"),
    ),
    "tiktok": Site(
        ids=("uploader_id", "channel_id"),
        handles=("uploader",),
        names=("channel", "creator"),
        hosts=("tiktok.com", "www.tiktok.com", "m.tiktok.com", "vm.tiktok.com", "vt.tiktok.com"),
        extractors=("TikTok", "TikTokVM", "TikTokLive", "TikTokUser", "TikTokCollection",
                    "TikTokSound", "TikTokEffect", "TikTokTag"),
    ),
    "douyin": Site(
        ids=("uploader_id", "channel_id"),
        handles=("uploader",),
        names=("channel", "creator"),
        hosts=("douyin.com", "www.douyin.com", "v.douyin.com", "iesdouyin.com",
               "www.iesdouyin.com"),
        extractors=("Douyin",),
    ),
    "twitter": Site(
        ids=("channel_id",),
        handles=("uploader_id",),
        names=("uploader",),
        hosts=("twitter.com", "www.twitter.com", "m.twitter.com", "mobile.twitter.com", "x.com",
               "www.x.com", "mobile.x.com"),
        extractors=("Twitter", "TwitterCard", "TwitterAmplify", "TwitterBroadcast",
                    "TwitterSpaces", "TwitterShortener"),
    ),
    "facebook": Site(
        ids=("uploader_id", "channel_id"),
        handles=(),
        names=("uploader", "channel"),
        hosts=("facebook.com", "www.facebook.com", "m.facebook.com", "web.facebook.com",
               "mbasic.facebook.com", "fb.watch", "www.fb.watch"),
        extractors=("Facebook", "FacebookReel", "FacebookPluginsVideo", "FacebookAds",
                    "FacebookRedirectURL"),
    ),
    "instagram": Site(
        ids=("uploader_id",),
        handles=("channel",),
        names=("uploader",),
        hosts=("instagram.com", "www.instagram.com", "m.instagram.com"),
        extractors=("Instagram", "InstagramIOS", "InstagramStory", "InstagramUser",
                    "InstagramTag"),
    ),
}  # fmt: skip
GENERIC = Site(("channel_id", "uploader_id"), (), ("channel", "uploader", "creator"))
PLATFORMS = tuple(SITES)
_ALIASES = {"x": "twitter", "x.com": "twitter", "yt": "youtube", "fb": "facebook"}
_ALIASES |= {"ig": "instagram", "\u6296\u97f3": "douyin"}
_BY_HOST = {host: name for name, site in SITES.items() for host in site.hosts}
_BY_EXTRACTOR = {key: name for name, site in SITES.items() for key in site.extractors}

_YOUTUBE_ID = re.compile(r"UC[\w-]{22}", re.ASCII)
_SEC_UID = re.compile(r"MS4wLjAB[\w-]+", re.ASCII)  # TikTok's and Douyin's second stable id
_NUMBER = re.compile(r"[0-9]{1,30}")
_HANDLE = re.compile(r"[\w.-]{1,64}")  # of any script: YouTube's may be
# A host as browsers and parsers agree on it: no user, port, escapes, other scripts, final dot.
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
# Parsers leave these out or read them as a slash: the host that is shown is then another one.
_AMBIGUOUS = re.compile(r"[\x00-\x20\x7f\\]")


def platform_name(text: str) -> str:
    """Return the one spelling used here for a platform: "X" and "Twitter" are "twitter"."""
    name = text.strip().casefold()
    return _ALIASES.get(name, name)


def handle_key(handle: str) -> str:
    """Return what two spellings of one handle share: no leading @, and no case.

    A letter of another script that lower-cases to an ASCII one (the Kelvin sign) is kept as it
    is: for the platform that is another handle.
    """
    bare = handle.strip().removeprefix("@").removeprefix("\uff20")
    return "".join(low if (low := c.lower()).isascii() == c.isascii() else c for c in bare)


def is_second_id(text: str) -> bool:
    """Say whether a text is the token that TikTok and Douyin give an account beside its number."""
    return _SEC_UID.fullmatch(text) is not None


def is_youtube_id(text: str) -> bool:
    """Say whether a text is the id of a YouTube channel."""
    return _YOUTUBE_ID.fullmatch(text) is not None


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
    return _BY_HOST.get(host, "")


def platform_of_extractor(key: str) -> str:
    """Return the platform of an extractor key; that of an unlisted site is the key itself."""
    return _BY_EXTRACTOR.get(key) or key.casefold()


def is_extractor_of(key: str, platform: str) -> bool:
    """Say whether a key is, letter by letter, that of an extractor for a platform."""
    return _BY_EXTRACTOR.get(key) == platform if platform in SITES else key.lower() == platform


def is_host_of(host: str, platform: str) -> bool:
    """Say whether a host is that of a platform; an unlisted site is known by its domain's name."""
    if platform in SITES:
        return _BY_HOST.get(host) == platform
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
    platform = platform_of_host(host_of(url))
    if not platform:
        return Account()
    split = urlsplit(url)
    parts = [clean(unquote(part), MAX_NAME) for part in split.path.split("/") if part]
    query = parse_qs(split.query, max_num_fields=50) if split.query.count("&") < 50 else {}
    found = _id_in(platform, parts, query)
    handle = "" if found else _handle_in(platform, parts)
    return Account(platform, found, handle)


def _id_in(platform: str, parts: list[str], query: Mapping[str, list[str]]) -> str:
    first = parts[0] if parts else ""
    last = parts[-1] if parts else ""
    if platform == "youtube":
        return last if first == "channel" and len(parts) == 2 and is_youtube_id(last) else ""
    if platform == "tiktok":
        return token if len(parts) == 1 and is_second_id(token := first[1:]) else ""
    if platform == "douyin":
        return last if first == "user" and len(parts) == 2 and is_second_id(last) else ""
    number = ""
    if platform == "twitter":
        number = last if parts[:2] == ["i", "user"] and len(parts) == 3 else ""
        number = query.get("user_id", [""])[0] if parts == ["intent", "user"] else number
    elif platform == "facebook":
        number = last if first == "people" and len(parts) == 3 else ""
        number = query.get("id", [""])[0] if parts == ["profile.php"] else number
        number = first if len(parts) == 1 and first.isdecimal() else number
    return number if _NUMBER.fullmatch(number) else ""


def _handle_in(platform: str, parts: list[str]) -> str:
    if not parts or platform == "douyin":
        return ""
    first = parts[0]
    if platform in ("youtube", "tiktok") and not first.startswith(("@", "\uff20")):
        return ""  # youtube.com/c/NAME and /user/NAME are older names, which are no handles
    handle = first.removeprefix("@").removeprefix("\uff20")
    return handle if handle not in _NO_ACCOUNTS and _HANDLE.fullmatch(handle) else ""

"""Reads what the downloader wrote beside a file: who published it, where, when, and how labelled.

The sidecar is yt-dlp's `NAME.info.json`. Which field holds the stable id differs by site, so a
table says it per site. Every text in it was written by a stranger: it is capped, never followed
as a path, and a wrong type costs one field and leaves a line in `problems`, not the whole record.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from media_screen.errors import MediaScreenError
from media_screen.evidence import Post
from media_screen.sidecar.fields import MAX_NAME, Fields, clean, url_or_empty
from media_screen.sidecar.labels import labels_of

MAX_BYTES = 32 << 20  # bytes; the largest real sidecar (thousands of comments) is a few MB
MAX_TITLE = 1_000  # characters
MAX_DESCRIPTION = 20_000  # characters; YouTube allows 5,000
MAX_TIMESTAMP = 4_102_444_800  # seconds since 1970; the year 2100

# Sites round the length to whole seconds, and joining picture and sound moves the end by a little.
DURATION_TOLERANCE_S = 2.0
DURATION_TOLERANCE_SHARE = 0.02


class SidecarError(MediaScreenError, ValueError):
    """A sidecar can't be read at all; the message says which file and why."""


@dataclass(frozen=True)
class Sidecar:
    """What the sidecar says of the publication; every text in it is untrusted.

    `channel_ids` holds all stable ids of the channel (TikTok has two), `channel_id` the first.
    `handle` is as shown, without the leading @. `verified` is true only when the site says so:
    its absence says nothing. `published` is ISO 8601 in UTC, a bare date when only that is known.
    """

    platform: str = ""
    video_id: str = ""
    channel_id: str = ""
    channel_ids: tuple[str, ...] = ()
    handle: str = ""
    display_name: str = ""
    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    url: str = ""
    published: str = ""
    duration_s: float | None = None
    verified: bool = False
    ai_labels: tuple[str, ...] = ()
    dubbed: bool = False
    problems: tuple[str, ...] = ()

    def post(self) -> Post:
        """Return the part of it that a verdict records."""
        return Post(
            platform=self.platform,
            channel_id=self.channel_id,
            handle=self.handle,
            display_name=self.display_name,
            title=self.title,
            url=self.url,
            published=self.published,
            ai_labels=self.ai_labels,
        )


@dataclass(frozen=True)
class _Site:
    """Which fields of one site hold the stable ids, the handle and the display name, best first."""

    ids: tuple[str, ...]
    handles: tuple[str, ...]
    names: tuple[str, ...]
    hosts: tuple[str, ...] = ()


_TIKTOK = _Site(("uploader_id", "channel_id"), ("uploader",), ("channel", "creator"))
_SITES: Mapping[str, _Site] = {
    "youtube": _Site(
        ("channel_id",),
        ("uploader_id",),
        ("channel", "uploader"),
        ("youtube.com", "youtu.be", "youtube-nocookie.com"),
    ),
    "tiktok": _Site(_TIKTOK.ids, _TIKTOK.handles, _TIKTOK.names, ("tiktok.com",)),
    "douyin": _Site(_TIKTOK.ids, _TIKTOK.handles, _TIKTOK.names, ("douyin.com", "iesdouyin.com")),
    "twitter": _Site(("channel_id",), ("uploader_id",), ("uploader",), ("twitter.com", "x.com")),
    "facebook": _Site(
        ("uploader_id", "channel_id"), (), ("uploader", "channel"), ("facebook.com", "fb.watch")
    ),
    "instagram": _Site(("uploader_id",), ("channel",), ("uploader",), ("instagram.com",)),
}
_GENERIC = _Site(("channel_id", "uploader_id"), (), ("channel", "uploader", "creator"))
PLATFORMS = tuple(_SITES)
_ALIASES = {"x": "twitter", "x.com": "twitter", "yt": "youtube", "fb": "facebook"}
_ALIASES |= {"ig": "instagram", "\u6296\u97f3": "douyin"}

_YOUTUBE_ID = re.compile(r"UC[\w-]{22}", re.ASCII)
_SEC_UID = re.compile(r"MS4wLjAB[\w-]+", re.ASCII)  # TikTok's and Douyin's second stable id
_TIKTOK_HANDLE = re.compile(r"[\w.-]{1,64}", re.ASCII)  # anything else there is a nickname
# Facebook hides some ids behind tokens that differ for each visit: no stable id.
_UNSTABLE_ID = re.compile(r"pfbid\w+", re.ASCII)

# Folders of profile addresses that come before the account.
_PROFILE_FOLDERS = {"youtube": ("channel", "user"), "douyin": ("user",)}


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


# --- finding and reading ---------------------------------------------------------------------

# Streams that were not joined keep their format id: NAME.f137.mp4, NAME.fhls-1080p.mp4. Only ids
# that yt-dlp writes: NAME.fake.mp4 is somebody's edit, and the sidecar of NAME is not its own.
_FORMAT_SUFFIX = re.compile(r"\.f(?:\d|hls|dash|http|h26[45]|bytevc)[\w-]*$", re.ASCII)


def without_format(stem: str) -> str:
    """Return the name of a file without the format id of a stream that was not joined."""
    return _FORMAT_SUFFIX.sub("", stem)


def find(media: Path) -> Path | None:
    """Return the sidecar that lies beside a media file, or None.

    Several files may share one sidecar. Only names made from the file's own are looked at.
    """
    stem = media.stem
    names = [f"{stem}.info.json", f"{media.name}.info.json"]
    if (bare := without_format(stem)) != stem:
        names.append(f"{bare}.info.json")
    for name in names:
        path = media.parent / name
        try:
            if path.is_file():
                return path
        except OSError:  # the longer name is over what the file system takes
            continue
    return None


def read(path: Path) -> Sidecar:
    """Read a sidecar file; raises SidecarError with the reason when it can't be read."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise SidecarError(f"{path}: can't be read: {error.strerror or error}") from error
    if len(data) > MAX_BYTES:
        raise SidecarError(
            f"{path}: expected at most {MAX_BYTES >> 20} MB, this sidecar is larger: "
            "write it again without comments"
        )
    try:
        record = json.loads(data, parse_int=_parse_int)
    except RecursionError as error:
        raise SidecarError(f"{path}: nested too deeply for a sidecar") from error
    except ValueError as error:  # JSON and encoding errors
        raise SidecarError(f"{path}: not valid JSON: {error}") from error
    if not isinstance(record, Mapping):
        raise SidecarError(f"{path}: expected a JSON object, got {type(record).__name__}")
    return parse(record)


def _parse_int(digits: str) -> int | float:
    # Python refuses to parse integers of thousands of digits; no field needs more than 20.
    return int(digits) if len(digits) <= 30 else float(digits)


def parse(record: Mapping[str, Any]) -> Sidecar:
    """Turn a sidecar record into a Sidecar; wrong types cost the field and leave a problem."""
    inner = record.get("info_dict")
    if isinstance(inner, Mapping):
        fields = Fields(inner, wrapped=True)
        fallback = url_or_empty(record.get("test_url") or record.get("url"))
        extractor = Fields(record).text("extractor_class", MAX_NAME)
    else:
        fields, fallback, extractor = Fields(record), "", ""
    platform = _platform(fields, fallback, extractor)
    site = _SITES.get(platform, _GENERIC)
    ids = _ids(fields, platform, site)
    handle, nickname = _handle(fields, platform, site)
    names = [fields.text(key, MAX_NAME) for key in site.names]
    labels, dubbed = labels_of(fields.record)
    return Sidecar(
        platform=platform,
        video_id=fields.id("id"),
        channel_id=ids[0] if ids else "",
        channel_ids=ids,
        handle=handle,
        display_name=next(filter(None, [*names, nickname]), ""),
        title=fields.text("title", MAX_TITLE) or fields.text("fulltitle", MAX_TITLE),
        description=fields.text("description", MAX_DESCRIPTION),
        tags=fields.texts("tags"),
        url=fields.url("webpage_url") or fields.url("original_url") or fallback,
        published=_published(fields),
        duration_s=fields.number("duration", low=0.0, high=MAX_TIMESTAMP),
        verified=fields.flag("channel_is_verified"),
        ai_labels=labels,
        dubbed=dubbed,
        problems=tuple(fields.problems),
    )


def mismatch(sidecar: Sidecar, *, duration_s: float | None) -> str:
    """Say why this sidecar can't belong to a file of this length, or "" when it can.

    The lengths may differ by 2 s plus 2 % of the longer one. A file cut on download (sections,
    removed sponsor parts) differs by more: the sentence is a warning, no proof of anything.
    """
    stated = sidecar.duration_s
    if not stated or not duration_s or not math.isfinite(duration_s):
        return ""
    allowed = DURATION_TOLERANCE_S + DURATION_TOLERANCE_SHARE * max(stated, duration_s)
    if abs(stated - duration_s) <= allowed:
        return ""
    return (
        f"the sidecar says {stated:.1f} s, the file lasts {duration_s:.1f} s "
        f"(up to {allowed:.1f} s apart would be normal): the sidecar may belong to another file, "
        "or the file was cut"
    )


def _published(fields: Fields) -> str:
    seconds = fields.number("timestamp", low=0, high=MAX_TIMESTAMP)
    if seconds is None:
        seconds = fields.number("release_timestamp", low=0, high=MAX_TIMESTAMP)
    if seconds is not None:
        return datetime.fromtimestamp(int(seconds), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    day = fields.text("upload_date", MAX_NAME)
    try:
        return datetime.strptime(day, "%Y%m%d").strftime("%Y-%m-%d") if day else ""
    except ValueError:
        fields.problem("upload_date", "a date as YYYYMMDD", day)
        return ""


# --- who published it ------------------------------------------------------------------------


def _host_platform(url: str) -> str:
    try:
        host = (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:  # malformed network location
        return ""
    for platform, site in _SITES.items():
        if any(host == known or host.endswith(f".{known}") for known in site.hosts):
            return platform
    return host[:MAX_NAME]


def _platform(fields: Fields, fallback: str, extractor: str) -> str:
    """Name the site. The extractor decides: on an unknown site the other fields are its own say."""
    stated = fields.text("extractor_key", MAX_NAME) or fields.text("extractor", MAX_NAME)
    family = (stated or extractor).split(":")[0].casefold()
    for platform in PLATFORMS:
        if family.startswith(platform):
            return platform
    page = fields.url("webpage_url") or fields.url("original_url") or fallback
    if family == "generic":
        return _host_platform(page) or family
    if family:
        return family
    urls = (page, fields.url("channel_url"), fields.url("uploader_url"))
    return _host_platform(next(filter(None, urls), ""))


def _url_name(fields: Fields, platform: str, key: str) -> str:
    """Return the account part of a profile address on this platform, or ""."""
    url = fields.url(key)
    if not url or _host_platform(url) != platform:
        return ""
    parts = [clean(unquote(part), MAX_NAME) for part in urlsplit(url).path.split("/") if part]
    if len(parts) > 1 and parts[0] in _PROFILE_FOLDERS.get(platform, ()):
        return parts[1]
    return parts[0] if len(parts) == 1 and not parts[0].endswith(".php") else ""


def _ids(fields: Fields, platform: str, site: _Site) -> tuple[str, ...]:
    found = [fields.id(key) for key in site.ids]
    if platform == "youtube" and not any(found):
        candidates = [fields.id("uploader_id"), _url_name(fields, platform, "channel_url")]
        found += [text for text in candidates if _YOUTUBE_ID.fullmatch(text)]
    if platform in ("tiktok", "douyin"):
        urls = [_url_name(fields, platform, key) for key in ("channel_url", "uploader_url")]
        found += [text for url in urls if _SEC_UID.fullmatch(text := url.removeprefix("@"))]
    stable = [text for text in dict.fromkeys(found) if text and not _UNSTABLE_ID.fullmatch(text)]
    return tuple(stable[:1] if site is _GENERIC else stable)


def _handle(fields: Fields, platform: str, site: _Site) -> tuple[str, str]:
    """Return the handle, and the text that stood in its place when that was no handle."""
    nickname = ""
    texts = [fields.text(key, MAX_NAME) for key in site.handles]
    if site is _GENERIC:
        texts += [text for text in [fields.id("uploader_id")] if text.startswith("@")]
    for text in [*texts, _url_name(fields, platform, "uploader_url") if platform in _SITES else ""]:
        handle = text.removeprefix("@").removeprefix("\uff20").strip()
        if not handle or _YOUTUBE_ID.fullmatch(handle) or _SEC_UID.fullmatch(handle):
            continue
        if platform in ("tiktok", "douyin") and not _TIKTOK_HANDLE.fullmatch(handle):
            nickname = nickname or text
            continue
        return handle, nickname
    return "", nickname

"""Reads what the downloader wrote beside a file: who published it, where, when, and how labelled.

The sidecar is yt-dlp's `NAME.info.json`. Which field holds the stable id differs by site, so a
table says it per site. Every text in it was written by a stranger: it is capped, never followed
as a path, and a wrong type costs one field and leaves a line in `problems`, not the whole record.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path, PurePath
from typing import Any

from media_screen.errors import MediaScreenError
from media_screen.evidence import MediaInfo, Post
from media_screen.sidecar.fields import MAX_NAME, Fields, url_or_empty
from media_screen.sidecar.fit import Described, Fit, escaped, fit_to_file, mismatch, without_format
from media_screen.sidecar.labels import labels_of
from media_screen.sidecar.sites import (
    GENERIC,
    PLATFORMS,
    SITES,
    Account,
    Site,
    account_of,
    handle_key,
    host_of,
    is_extractor_of,
    is_host_of,
    is_second_id,
    is_youtube_id,
    platform_name,
    platform_of_extractor,
    platform_of_host,
)
from media_screen.sidecar.stream import read_stream

__all__ = [
    "PLATFORMS",
    "Account",
    "Described",
    "Fit",
    "Sidecar",
    "SidecarError",
    "account_of",
    "find",
    "handle_key",
    "is_second_id",
    "mismatch",
    "parse",
    "platform_name",
    "read",
    "without_format",
]

MAX_WHOLE = 8 << 20  # bytes read at once; larger ones have thousands of comments
MAX_TITLE = 1_000  # characters
MAX_DESCRIPTION = 20_000  # characters; YouTube allows 5,000
MAX_TIMESTAMP = 4_102_444_800  # seconds since 1970; the year 2100
_MAX_COUNT = 1e15  # bytes or pixels

_TIKTOK_HANDLE = re.compile(r"[\w.-]{1,64}", re.ASCII)  # anything else there is a nickname
# Facebook hides some ids behind tokens that differ for each visit: no stable id.
_UNSTABLE_ID = re.compile(r"pfbid\w+", re.ASCII)


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
    described: Described = Described()  # noqa: RUF009 (frozen)
    path: Path | None = None  # where it was read
    fit: Fit = Fit()  # noqa: RUF009 (frozen)

    def fitted(self, media: Path, info: MediaInfo) -> Sidecar:
        """Return it with all that speaks against its being the sidecar of this file."""
        more = fit_to_file(self.described, media=media, sidecar=self.path, info=info)
        fit = Fit(self.fit.against + more.against, self.fit.lacking + more.lacking)
        return replace(self, fit=fit)

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


# --- finding and reading ---------------------------------------------------------------------


def find(media: Path) -> Path | None:
    """Return the sidecar that lies beside a media file, or None.

    Several files may share one sidecar; `Sidecar.fitted` tells whose it is. Only names made from
    the file's own are looked at, in both forms in which accents are stored.
    """
    names = dict.fromkeys((media.stem, media.name, without_format(media.stem)))
    for form in (form for name in names for form in (name, *_other_forms(name))):
        path = media.parent / f"{form}.info.json"
        try:
            if path.is_file():
                return path
        except OSError:  # the longer name is over what the file system takes
            continue
    return None


def _other_forms(name: str) -> list[str]:
    forms = (unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name))
    return [form for form in forms if form != name]


def read(path: Path) -> Sidecar:
    """Read a sidecar file; raises SidecarError with the reason when nothing of it can be read.

    A large one is read piece by piece, and a damaged one up to where it breaks: then it proves
    nothing, and what it says stands as a claim.
    """
    try:
        record, damage = _record(path)
    except OSError as error:
        raise SidecarError(f"{path}: can't be read: {error.strerror or error}") from error
    if not isinstance(record, Mapping) or not (record or not damage):
        wrong = damage or f"expected a JSON object, got {type(record).__name__}"
        raise SidecarError(f"{path}: {wrong}")
    found = replace(parse(record), path=path)
    if not damage:
        return found
    lacking = (*found.fit.lacking, "only a part of the sidecar could be read")
    fit = replace(found.fit, lacking=lacking)
    return replace(found, fit=fit, problems=(f"{damage}: used as far as it goes", *found.problems))


def _record(path: Path) -> tuple[Any, str]:
    """Return what a file holds, and what is wrong with it, "" when nothing is."""
    damage = ""
    if path.stat().st_size <= MAX_WHOLE:
        try:
            return json.loads(path.read_bytes(), parse_int=_parse_int), ""
        except RecursionError:
            damage = "nested too deeply for a sidecar"
        except ValueError as error:  # JSON and encoding errors
            damage = f"not valid JSON: {error}"
    record, ended = read_stream(path)
    return record, damage or (ended and f"not valid JSON: {ended}")


def _parse_int(digits: str) -> int | float:
    # Python refuses to parse integers of thousands of digits; no field needs more than 20.
    return int(digits) if len(digits) <= 30 else float(digits)


def parse(record: Mapping[str, Any]) -> Sidecar:
    """Turn a sidecar record into a Sidecar; wrong types cost the field and leave a problem."""
    inner = record.get("info_dict")
    if isinstance(inner, Mapping):
        fields = Fields(inner, wrapped=True)
        fallback = url_or_empty(record.get("test_url") or record.get("url"))
        extractor = Fields(record).text("extractor_class", MAX_NAME).removesuffix("IE")
    else:
        fields, fallback, extractor = Fields(record), "", ""
    page = fields.url("webpage_url") or fields.url("original_url") or fallback
    platform = _platform(fields, page, extractor)
    site = SITES.get(platform, GENERIC)
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
        url=page,
        published=_published(fields),
        duration_s=fields.number("duration", low=0.0, high=MAX_TIMESTAMP),
        verified=fields.flag("channel_is_verified"),
        ai_labels=labels,
        dubbed=dubbed,
        described=_described(fields),
        fit=_fit_of_record(fields, platform),
        problems=tuple(fields.problems),
    )


def _described(fields: Fields) -> Described:
    """Read what a sidecar says of its file; the final name, where it is kept, knows it best."""
    final = fields.text("_filename", MAX_NAME * 10) or fields.text("filename", MAX_NAME * 10)
    suffix = PurePath(final).suffix[1:]
    downloads = fields.record.get("requested_downloads")
    if isinstance(downloads, list) and len(downloads) == 1 and isinstance(downloads[0], Mapping):
        suffix = Fields(downloads[0]).text("ext", MAX_NAME) or suffix
    return Described(
        extension=suffix or fields.text("ext", MAX_NAME),
        size_bytes=fields.number("filesize", low=0, high=_MAX_COUNT),
        width=fields.number("width", low=0, high=_MAX_COUNT),
        height=fields.number("height", low=0, high=_MAX_COUNT),
        duration_s=fields.number("duration", low=0.0, high=MAX_TIMESTAMP),
        section=(
            fields.number("section_start", low=0.0, high=MAX_TIMESTAMP),
            fields.number("section_end", low=0.0, high=MAX_TIMESTAMP),
        ),
    )


def _fit_of_record(fields: Fields, platform: str) -> Fit:
    """Say what in a record itself keeps it from proving a publisher.

    The extractor and the address of the page must name the same site: either alone is a text.
    """
    against, lacking = [], []
    key, page = fields.text("extractor_key", MAX_NAME), fields.url("webpage_url")
    kind = fields.text("_type", MAX_NAME)
    if kind not in ("", "video"):
        against.append(f"the sidecar is of a {escaped(kind)}, not of one video")
    if fields.wrapped:
        lacking.append("the sidecar is a record of a test, not of a download")
    elif not key or not page:
        lacking.append("the sidecar names no extractor, or no address of the page")
    elif not is_extractor_of(key, platform) or not is_host_of(host_of(page), platform):
        against.append(
            f"the sidecar was made by yt-dlp's {escaped(key)}, and its page {escaped(page)} is "
            "not of that site"
        )
    return Fit(tuple(against), tuple(lacking))


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


def _platform(fields: Fields, page: str, extractor: str) -> str:
    """Name the site. The extractor decides: on an unknown site the other fields are its own say."""
    key = fields.text("extractor_key", MAX_NAME) or extractor
    family = platform_of_extractor(key) if key else ""
    if not family:
        family = fields.text("extractor", MAX_NAME).split(":")[0].lower()
    if family and family != "generic":
        return family
    urls = [page]
    if not family:
        urls += [fields.url("channel_url"), fields.url("uploader_url")]
    host = host_of(next(filter(None, urls), ""))
    return platform_of_host(host) or host.removeprefix("www.") or family


def _account(fields: Fields, platform: str, key: str) -> Account:
    """Return the account that the address of a profile on this platform names."""
    found = account_of(fields.url(key))
    return found if found.platform == platform else Account()


def _ids(fields: Fields, platform: str, site: Site) -> tuple[str, ...]:
    found = [fields.id(key) for key in site.ids]
    if platform == "youtube" and not any(found):
        candidates = [fields.id("uploader_id"), _account(fields, platform, "channel_url").id]
        found += [text for text in candidates if is_youtube_id(text)]
    if platform in ("tiktok", "douyin"):
        found += [_account(fields, platform, key).id for key in ("channel_url", "uploader_url")]
    stable = [text for text in dict.fromkeys(found) if text and not _UNSTABLE_ID.fullmatch(text)]
    return tuple(stable[:1] if site is GENERIC else stable)


def _handle(fields: Fields, platform: str, site: Site) -> tuple[str, str]:
    """Return the handle, and the text that stood in its place when that was no handle."""
    nickname = ""
    texts = [fields.text(key, MAX_NAME) for key in site.handles]
    if site is GENERIC:
        texts += [text for text in [fields.id("uploader_id")] if text.startswith("@")]
    for text in [*texts, _account(fields, platform, "uploader_url").handle]:
        handle = text.removeprefix("@").removeprefix("\uff20").strip()
        if not handle or is_youtube_id(handle) or is_second_id(handle):
            continue
        if platform in ("tiktok", "douyin") and not _TIKTOK_HANDLE.fullmatch(handle):
            nickname = nickname or text
            continue
        return handle, nickname
    return "", nickname

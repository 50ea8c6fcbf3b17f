"""Reads what the downloader wrote beside a file: who published it, where, when, and how labelled.

The sidecar is yt-dlp's `NAME.info.json`, or that of another program in `downloaders`. Which field
holds the stable id differs by site, so the table in `platforms` says it per site. Every text in it
was written by a stranger: it is capped, never followed as a path, and a wrong type costs one field
and leaves a line in `problems`, not the whole record.
"""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path, PurePath
from typing import Any

from media_screen.errors import MediaScreenError
from media_screen.evidence import MediaInfo, Post
from media_screen.files import open_regular
from media_screen.sidecar.comments import Comment, CommentsError, read_comments
from media_screen.sidecar.downloaders import DOWNLOADERS, DateField, Downloader, downloader_of
from media_screen.sidecar.fields import MAX_NAME, MAX_TIMESTAMP, Fields, url_or_empty
from media_screen.sidecar.fit import (
    Described,
    Fit,
    contradicted_by,
    fit_of_record,
    fit_to_file,
    mismatch,
    without_format,
)
from media_screen.sidecar.labels import labels_of
from media_screen.sidecar.links import links_in
from media_screen.sidecar.platforms import PLATFORMS, Platform, platform_names, platform_of
from media_screen.sidecar.publisher import publisher_of
from media_screen.sidecar.sites import (
    Account,
    account_of,
    handle_key,
    is_second_id,
    is_stable_id,
    platform_name,
    platform_of_host,
)
from media_screen.sidecar.stream import read_stream, sha256_of

__all__ = [
    "DOWNLOADERS",
    "PLATFORMS",
    "Account",
    "Comment",
    "CommentsError",
    "Described",
    "Downloader",
    "Fit",
    "Platform",
    "Sidecar",
    "SidecarError",
    "account_of",
    "find",
    "handle_key",
    "is_second_id",
    "is_sidecar",
    "is_stable_id",
    "links_in",
    "mismatch",
    "parse",
    "platform_name",
    "platform_names",
    "platform_of",
    "platform_of_host",
    "read",
    "read_comments",
    "sha256_of",
    "without_format",
]

MAX_WHOLE = 8 << 20  # bytes read at once; larger ones have thousands of comments
MAX_TITLE = 1_000  # characters
MAX_DESCRIPTION = 20_000  # characters; YouTube allows 5,000
_MAX_COUNT = 1e15  # bytes, pixels, views or followers


class SidecarError(MediaScreenError, ValueError):
    """A sidecar can't be read at all; the message says which file and why."""


@dataclass(frozen=True)
class Sidecar:
    """What the sidecar says of the publication; every text in it is untrusted.

    `channel_ids` holds all stable ids of the channel (TikTok has two), `channel_id` the first.
    `handle` is as shown, without the leading @. `verified` is true only when the site says so:
    its absence says nothing. `published` is ISO 8601 in UTC, a bare date when only that is known.
    `links` stand in the title and description. `account_created` (ISO 8601, UTC), `followers` and
    `views` are known where the site tells the downloader, as they were at the download.
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
    links: tuple[str, ...] = ()
    url: str = ""
    published: str = ""
    duration_s: float | None = None
    verified: bool = False
    account_created: str = ""
    followers: int | None = None
    views: int | None = None
    ai_labels: tuple[str, ...] = ()
    dubbed: bool = False
    problems: tuple[str, ...] = ()
    described: Described = Described()  # noqa: RUF009 (frozen)
    path: Path | None = None  # where it was read
    fit: Fit = Fit()  # noqa: RUF009 (frozen)

    def fitted(self, media: Path, info: MediaInfo) -> Sidecar:
        """Return it with all that speaks against its being the sidecar of this file."""
        more = fit_to_file(self.described, media=media, sidecar=self.path, info=info)
        others = tuple(_contradictions(self, media))
        fit = Fit(self.fit.against + more.against, self.fit.lacking + more.lacking + others)
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
            description=self.description,
            views=self.views,
            followers=self.followers,
        )


# --- finding and reading ---------------------------------------------------------------------


def find(media: Path) -> Path | None:
    """Return the sidecar that lies beside a media file, or None.

    Several files may share one sidecar, and one file may have several; `Sidecar.fitted` tells
    whose it is, and what others say. Only names made from the file's own are looked at, in both
    forms in which accents are stored.
    """
    return next(_all_beside(media), None)


def _all_beside(media: Path) -> Iterator[Path]:
    """Give all sidecars that lie beside a file, the one that is believed first."""
    for made_by in DOWNLOADERS:
        stems = (media.stem, media.name, without_format(media.stem))
        names = dict.fromkeys(stems if made_by.replaces else (media.name,))
        for form in (form for name in names for form in (name, *_other_forms(name))):
            path = media.parent / f"{form}{made_by.suffix}"
            if _is_sidecar_of(path, made_by):
                yield path


def _contradictions(post: Sidecar, media: Path) -> Iterator[str]:
    """Say which sidecars beside a file name another account than the one that is believed."""
    for path in _all_beside(media) if post.channel_ids else ():
        if post.path is None or path.name == post.path.name:
            continue
        try:
            other = read(path)
        except SidecarError:
            continue
        if other.channel_ids and not set(other.channel_ids) & set(post.channel_ids):
            yield contradicted_by(path)


def is_sidecar(path: Path) -> bool:
    """Say whether a file is a sidecar: by its name, and where others share that by its content."""
    return any(path.name.endswith(one.suffix) and _is_sidecar_of(path, one) for one in DOWNLOADERS)


def _is_sidecar_of(path: Path, made_by: Downloader) -> bool:
    try:
        if not path.is_file():
            return False
        record = _record(path)[0] if made_by.shared else None
    except OSError:  # the longer name is over what the file system takes
        return False
    if not made_by.shared:
        return True
    return isinstance(record, Mapping) and all(mark in record for mark in made_by.marks)


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
    with open_regular(path) as file:
        is_large = os.fstat(file.fileno()).st_size > MAX_WHOLE
        data = b"" if is_large else file.read(MAX_WHOLE)  # also of one that grows meanwhile
    if not is_large:
        try:
            return json.loads(data, parse_int=_parse_int), ""
        except RecursionError:
            damage = "nested too deeply for a sidecar"
        except ValueError as error:  # JSON and encoding errors
            damage = f"not valid JSON: {error}"
    record, ended = read_stream(path)
    return record, damage or ended


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
    made_by = downloader_of(fields.record)
    page = next(filter(None, map(fields.url, made_by.pages)), fallback)
    publisher = publisher_of(fields, made_by, page=page, extractor=extractor)
    labels, dubbed = labels_of(fields.record, authored=made_by.authored)
    title = fields.first_text(made_by.titles, MAX_TITLE)
    description = fields.first_text(made_by.descriptions, MAX_DESCRIPTION)
    return Sidecar(
        platform=publisher.platform,
        video_id=next(filter(None, map(fields.id, made_by.ids)), ""),
        channel_id=publisher.ids[0] if publisher.ids else "",
        channel_ids=publisher.ids,
        handle=publisher.handle,
        display_name=publisher.name,
        title=title,
        description=description,
        tags=next(filter(None, map(fields.texts, made_by.tags)), ()),
        links=links_in(f"{title}\n{description}"),
        url=page,
        published=_published(fields, made_by),
        duration_s=fields.first_number(made_by.durations, low=0.0, high=MAX_TIMESTAMP),
        verified=any(map(fields.flag, made_by.verified)),
        account_created=_date(fields, made_by.created),
        followers=_count(fields, made_by.followers),
        views=_count(fields, made_by.views),
        ai_labels=labels,
        dubbed=dubbed,
        described=_described(fields, made_by),
        fit=fit_of_record(fields, publisher.platform, made_by),
        problems=tuple(fields.problems),
    )


def _count(fields: Fields, keys: Sequence[str]) -> int | None:
    number = fields.first_number(keys, low=0, high=_MAX_COUNT)
    return None if number is None else int(number)


def _described(fields: Fields, made_by: Downloader) -> Described:
    """Read what a sidecar says of its file; the final name, where it is kept, knows it best."""
    final = fields.first_text(made_by.written, MAX_NAME * 10)
    suffix = PurePath(final).suffix[1:]
    downloads = fields.record.get("requested_downloads")
    if isinstance(downloads, list) and len(downloads) == 1 and isinstance(downloads[0], Mapping):
        suffix = Fields(downloads[0], wrapped=fields.wrapped).text("ext", MAX_NAME) or suffix
    return Described(
        extension=suffix or fields.first_text(made_by.extensions, MAX_NAME),
        size_bytes=fields.first_number(made_by.sizes, low=0, high=_MAX_COUNT),
        width=fields.number("width", low=0, high=_MAX_COUNT),
        height=fields.number("height", low=0, high=_MAX_COUNT),
        duration_s=fields.first_number(made_by.durations, low=0.0, high=MAX_TIMESTAMP),
        section=(
            fields.number("section_start", low=0.0, high=MAX_TIMESTAMP),
            fields.number("section_end", low=0.0, high=MAX_TIMESTAMP),
        ),
        suffix=made_by.suffix,
    )


def _published(fields: Fields, made_by: Downloader) -> str:
    seconds = fields.first_number(made_by.seconds, low=0, high=MAX_TIMESTAMP)
    if seconds is not None:
        return datetime.fromtimestamp(int(seconds), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return _date(fields, made_by.dates)


def _date(fields: Fields, dates: Sequence[DateField]) -> str:
    for date in dates:
        text = fields.text(date.key, MAX_NAME)
        try:
            if text:
                return date.read(text)
        except ValueError:
            fields.problem(date.key, date.expected, text)
    return ""

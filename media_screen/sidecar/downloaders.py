"""Lists the downloaders, a row each: what a sidecar is called and what its fields are called.

A further downloader is one more row. Where fields of fields are meant, dots stand between:
"author.id". The record says which downloader wrote it, whatever the file is called.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from media_screen.sidecar.platforms import AccountFields


@dataclass(frozen=True)
class DateField:
    """A field that holds a date as text, or a moment in UTC, and how it is written there."""

    key: str
    shape: str  # in which each capital letter stands for a digit
    form: str  # the same for strptime, which takes other digits and fewer, too

    @property
    def expected(self) -> str:
        """What the field should hold, in words."""
        return f"a date as {self.shape}"

    def read(self, text: str) -> str:
        """Return the date or moment of a text in ISO 8601; raises ValueError for what is none."""
        if not re.fullmatch(re.sub("[A-Z]", "[0-9]", self.shape), text):
            raise ValueError(f"expected {self.expected}")
        moment = datetime.strptime(text, self.form)
        # Not by strftime, which gives years before 1000 fewer than four digits.
        return f"{moment.isoformat()}Z" if "HH" in self.shape else moment.date().isoformat()


@dataclass(frozen=True, kw_only=True)
class Downloader:
    """One downloader: the name of its sidecars, and the fields of them, best first.

    A record is its own when it has all `marks`. `account` is None where the fields differ by
    platform: then its row tells. Of `pages` only the first proves which page was downloaded.
    """

    name: str
    suffix: str  # of the sidecar, after the whole name of the media
    marks: tuple[str, ...]
    replaces: bool = False  # the suffix stands in place of that of the media, too
    shared: bool = False  # other programs' files end like this: the record has to have the marks
    sites: tuple[str, ...]  # fields that name the site
    has_extractors: bool = False  # by keys that platforms list; else by the platform's name
    families: tuple[str, ...] = ()  # fields that name it up to a colon
    profiles: tuple[str, ...] = ()  # addresses of the account, which tell the site at the last
    account: AccountFields | None = None
    ids: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    seconds: tuple[str, ...] = ()  # since 1970, of the publication
    dates: tuple[DateField, ...] = ()
    created: tuple[DateField, ...] = ()  # of the account
    followers: tuple[str, ...] = ()  # how many the account has
    views: tuple[str, ...] = ()  # how many the post has
    durations: tuple[str, ...] = ()
    verified: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    written: tuple[str, ...] = ()  # final names, whose suffix goes before the extension
    sizes: tuple[str, ...] = ()
    authored: frozenset[str] = frozenset()  # strangers' words, in which no label is looked for


def _moment(key: str) -> DateField:
    """Return a date as gallery-dl writes it."""
    return DateField(key, "YYYY-MM-DD HH:MM:SS", "%Y-%m-%d %H:%M:%S")


DOWNLOADERS: tuple[Downloader, ...] = (
    Downloader(
        name="yt-dlp",
        suffix=".info.json",
        marks=("extractor_key",),
        replaces=True,
        sites=("extractor_key",),
        has_extractors=True,
        families=("extractor",),
        profiles=("channel_url", "uploader_url"),
        ids=("id",),
        pages=("webpage_url", "original_url"),
        titles=("title", "fulltitle"),
        descriptions=("description",),
        tags=("tags",),
        seconds=("timestamp", "release_timestamp"),
        dates=(DateField("upload_date", "YYYYMMDD", "%Y%m%d"),),
        followers=("channel_follower_count",),
        views=("view_count",),
        durations=("duration",),
        verified=("channel_is_verified",),
        extensions=("ext",),
        written=("_filename", "filename"),
        sizes=("filesize",),
    ),
    # Written by its postprocessor "metadata". Fields differ by site, and no two mean different
    # things. Of the sites listed here only Instagram's records hold the address of the page: those
    # of the others name an account and prove nothing.
    Downloader(
        name="gallery-dl",
        suffix=".json",
        marks=("category", "subcategory"),
        shared=True,
        sites=("category",),
        account=AccountFields(
            ids=("author.id", "author.secUid", "owner_id"),
            handles=("author.uniqueId", "author.name", "username"),
            names=("author.nickname", "author.nick", "fullname"),
            handle_pages=(),
        ),
        ids=("tweet_id", "post_id", "id"),
        pages=("post_url",),
        titles=("title",),
        descriptions=("content", "desc", "description"),
        tags=("hashtags", "tags"),
        dates=(_moment("date"),),
        created=(_moment("author.date"),),  # of Twitter's accounts
        followers=("author.followers_count", "authorStats.followerCount"),
        views=("view_count", "stats.playCount"),
        durations=("duration",),
        extensions=("extension",),
        authored=frozenset(("content", "hashtags", "user", "username", "fullname")),
    ),
)


def downloader_of(record: Mapping[str, Any]) -> Downloader:
    """Return the downloader that wrote a record; without marks of any it is the first's."""
    made = (one for one in DOWNLOADERS if all(mark in record for mark in one.marks))
    return next(made, DOWNLOADERS[0])

"""Where a file comes from, and what its post and earlier files tell of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from media_screen.evidence.records import fields_of
from media_screen.evidence.spans import Match, Span

NameKind = Literal["person", "politician", "party", "place", "other"]
NamePlace = Literal["title", "description", "tags", "onscreen", "transcript"]

# How much two files share: each lies in the other as good as whole; this one lies in the earlier
# one, or holds it; or both have more that is their own.
SharedKind = Literal["repeat", "excerpt", "contains", "quote"]
# In what: picture and sound, or one alone while the other is another one (or lacks); only faces, in
# another frame.
SharedPart = Literal["both", "picture", "sound", "face"]

# "claimed": the post carries the handle or name of an official channel, and no id that proves it.
ChannelStanding = Literal["official", "claimed", "not_official", "lookalike", "unknown"]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the file comes from, as far as sidecar, catalogue and credentials tell.

    `trusted` names the trusted channel of somebody else's that published it, "" for none; results
    of older versions lack it.
    """

    official: bool = False
    channel: ChannelStanding = "unknown"
    match: Match | None = None
    credentials: str = "unchecked"
    trusted: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the record of where a file comes from."""
        return fields_of(self) | {"match": self.match and self.match.to_dict()}

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> Provenance:
        """Read the record of where a file comes from back."""
        match = record["match"]
        return Provenance(
            official=record["official"],
            channel=record["channel"],
            match=None if match is None else Match.from_dict(match),
            credentials=record["credentials"],
            trusted=record.get("trusted", ""),
        )


@dataclass(frozen=True, slots=True)
class Post:
    """What the sidecar says of the publication; every text in it is untrusted.

    `views` of the post and `followers` of the account are as they were at the download, None where
    the site does not tell. Results of older versions lack them and the description.
    """

    platform: str = ""
    channel_id: str = ""
    handle: str = ""
    display_name: str = ""
    title: str = ""
    url: str = ""
    published: str = ""  # ISO 8601, UTC; "" when the sidecar does not say
    ai_labels: tuple[str, ...] = ()
    description: str = ""
    views: int | None = None
    followers: int | None = None

    @property
    def account(self) -> str:
        """Who posted it: the handle, else the shown name, else the id of the channel."""
        return self.handle or self.display_name or self.channel_id

    def to_dict(self) -> dict[str, Any]:
        """Return the record of a post."""
        return fields_of(self) | {"ai_labels": list(self.ai_labels)}

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> Post:
        """Read the record of a post back."""
        return Post(**{**record, "ai_labels": tuple(record["ai_labels"])})


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An earlier file that this one repeats from end to end: the same bytes, or nearly the same.

    `path` is the earlier file as it was shown then, `sha256` its hash. `picture` and `sound` are
    the shares that both files have in common, 0 to 1, each of the file of which it is less.
    """

    path: str
    sha256: str
    exact: bool
    picture: float
    sound: float


@dataclass(frozen=True, slots=True)
class SharedFootage:
    """What of this file is in an earlier one, too, which is no official footage for being so.

    `path` is the earlier file as it was shown then, `sha256` its hash. `here` and `there` are the
    stretches of both from the first to the last that is shared, `share_here` and `share_there` how
    much of either file it is, 0 to 1.
    """

    path: str
    sha256: str
    kind: SharedKind
    part: SharedPart
    here: Span
    there: Span
    share_here: float
    share_there: float

    def to_dict(self) -> dict[str, Any]:
        """Return the record of what is shared."""
        spans = {name: getattr(self, name).to_list() for name in ("here", "there")}
        return fields_of(self) | spans

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> SharedFootage:
        """Read the record of what is shared back."""
        spans = {name: Span.from_list(record[name]) for name in ("here", "there")}
        return SharedFootage(**{**record, **spans})


@dataclass(frozen=True, slots=True)
class NameSeen:
    """A name that stands in a text of the file or its post; it is context, and no evidence.

    `name` is as enrolled (kind "person", then `person` is the slug) or as on the watch-list.
    `where` it was found first, `span` when for text that has a time, `text` the untrusted words
    around it, `spelled` the name as it is written there, and `distance` the letters by which that
    differs. `count` is how often it was found in that place.
    """

    name: str
    kind: NameKind
    where: NamePlace
    text: str
    spelled: str
    distance: int = 0
    count: int = 1
    span: Span | None = None
    person: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the record of a name."""
        return fields_of(self) | {"span": self.span and self.span.to_list()}

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> NameSeen:
        """Read the record of a name back."""
        span = record["span"]
        return NameSeen(**{**record, "span": None if span is None else Span.from_list(span)})


@dataclass(frozen=True, slots=True)
class Context:
    """What the texts around a file speak of: the names of enrolled people and of a watch-list."""

    names: tuple[NameSeen, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the record of the names."""
        return {"names": [name.to_dict() for name in self.names]}

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> Context:
        """Read the record of the names back."""
        return Context(tuple(NameSeen.from_dict(name) for name in record["names"]))

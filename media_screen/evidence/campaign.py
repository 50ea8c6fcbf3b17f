"""A campaign: files that repeat one another, who posted them, and what ties the accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from media_screen.evidence.records import fields_of
from media_screen.evidence.spans import Span
from media_screen.evidence.verdict import LABELS, Label

CAMPAIGN_SCHEMA = "media_screen.campaign/1"

# How a file stands in a campaign: it repeats others or is an excerpt of one; it is the official
# post that the others use; or it quotes a short part beside footage of its own.
CampaignRole = Literal["member", "original", "quotes"]
CAMPAIGN_ROLES: tuple[CampaignRole, ...] = get_args(CampaignRole)

# What two accounts did alike, which ties them.
TieKind = Literal["media", "title", "description", "comment", "link", "tag"]
TIE_KINDS: tuple[TieKind, ...] = get_args(TieKind)


@dataclass(frozen=True, slots=True)
class CampaignFile:
    """One file of a campaign, and how it is tied to another one of it.

    `label` is the one in its verdict, `own_label` what it had got for itself. `to` is the key of
    the file that it shares footage with, "" for the one that came first; `here` is the stretch of
    this file that is there, too, and `share` how much of this file that is, 0 to 1.
    """

    key: str
    path: str
    sha256: str
    role: CampaignRole
    label: Label
    own_label: Label
    person: str | None = None
    account: str = ""  # id of a `CampaignAccount`, "" where nobody knows who posted it
    to: str = ""
    kind: str = ""  # of `SharedFootage`, or "same_file"
    part: str = ""  # of `SharedFootage`
    here: Span | None = None
    share: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the record of a file of a campaign."""
        return fields_of(self) | {"here": self.here and self.here.to_list()}

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> CampaignFile:
        """Read the record of a file of a campaign back."""
        here = record["here"]
        return CampaignFile(**{**record, "here": None if here is None else Span.from_list(here)})


@dataclass(frozen=True, slots=True)
class CampaignAccount:
    """Who posted files of a campaign; all texts are untrusted.

    `id` is the platform, a colon, and the stable id or else the handle. `posts` are keys of files;
    `first` and `last` when they were posted (ISO 8601, UTC). `created` and `followers` are known
    where the sidecar has them. `scheme` is the pattern by which several names here are made, such
    as "letters + 4 digits", "" for none.
    """

    id: str
    platform: str
    handle: str
    name: str
    posts: tuple[str, ...]
    first: str = ""
    last: str = ""
    created: str = ""
    followers: int | None = None
    scheme: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the record of an account."""
        return fields_of(self) | {"posts": list(self.posts)}

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> CampaignAccount:
        """Read the record of an account back."""
        return CampaignAccount(**{**record, "posts": tuple(record["posts"])})


@dataclass(frozen=True, slots=True)
class AccountTie:
    """That two accounts did the same within a short time, and how often.

    `one` and `other` are ids of accounts in order; `apart_s` is the least time between two such
    posts, s. `example` is one of what they share (a title, a link): untrusted text.
    """

    one: str
    other: str
    by: TieKind
    count: int
    apart_s: float
    example: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the record of a tie."""
        return fields_of(self)


@dataclass(frozen=True, slots=True)
class SharedWording:
    """A text that several accounts used, word for word or nearly; untrusted.

    `alike` is how alike to `text` the one least like it is, 0 to 1 (Jaccard of their shingles).
    `accounts` and `files` name at most 200, `count` counts all uses.
    """

    text: str
    where: Literal["title", "description", "comment"]
    accounts: tuple[str, ...]  # ids of accounts; of comments, names of their authors
    files: tuple[str, ...]  # keys
    count: int
    alike: float
    first: str = ""
    last: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the record of a wording."""
        return fields_of(self) | {"accounts": list(self.accounts), "files": list(self.files)}

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> SharedWording:
        """Read the record of a wording back."""
        lists = {name: tuple(record[name]) for name in ("accounts", "files")}
        return SharedWording(**{**record, **lists})


@dataclass(frozen=True, slots=True)
class CommentActivity:
    """What comments under the files of a campaign do together, as far as yt-dlp kept them.

    `recurring` are authors who wrote under several of the files, with how many files; `bursts` are
    starts of minutes (ISO 8601, UTC) with many more comments than usual, and how many; `names` are
    the enrolled and watched names they contain, and how often.
    """

    read: int = 0
    authors: int = 0
    recurring: tuple[tuple[str, int], ...] = ()
    bursts: tuple[tuple[str, int], ...] = ()
    names: tuple[tuple[str, int], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the record of comments."""
        pairs = {name: [list(pair) for pair in getattr(self, name)] for name in _PAIRS}
        return fields_of(self) | pairs

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> CommentActivity:
        """Read the record of comments back."""
        pairs = {name: tuple((one, count) for one, count in record[name]) for name in _PAIRS}
        return CommentActivity(**{**record, **pairs})


_PAIRS = ("recurring", "bursts", "names")


@dataclass(frozen=True, slots=True)
class Campaign:
    """Files that repeat one another, whole or in part, as one object.

    `label` is the most urgent of its members, `person` whom that concerns, and `reason` the
    sentence of the verdict it comes from, whose file is `through`. `first` and `last` are when
    members were posted. `id` stays when files are added; `merged` are the ids of campaigns that
    turned out to be this one. The rest is context: it tells who did what together, and is no
    evidence that anything was forged.
    """

    id: str
    label: Label
    person: str | None
    reason: str
    through: str
    files: tuple[CampaignFile, ...]
    merged: tuple[str, ...] = ()
    first: str = ""
    last: str = ""
    accounts: tuple[CampaignAccount, ...] = ()
    ties: tuple[AccountTie, ...] = ()
    wordings: tuple[SharedWording, ...] = ()
    comments: CommentActivity = CommentActivity()

    def __post_init__(self) -> None:
        if self.label not in LABELS:
            raise ValueError(f"label must be one of {LABELS}, got {self.label!r}")

    @property
    def members(self) -> tuple[CampaignFile, ...]:
        """The files that repeat one another, without official posts and those that only quote."""
        return tuple(file for file in self.files if file.role == "member")

    @property
    def posted_wordings(self) -> tuple[SharedWording, ...]:
        """The wordings of titles and descriptions: who wrote a comment posted none of the files."""
        return tuple(one for one in self.wordings if one.where != "comment")

    def to_dict(self) -> dict[str, Any]:
        """Return the record that `schema/campaign.schema.json` describes, ready for JSON."""
        lists = {
            name: [one.to_dict() for one in getattr(self, name)]
            for name in ("files", "accounts", "ties", "wordings")
        }
        plain = {"merged": list(self.merged), "comments": self.comments.to_dict()}
        return {"schema": CAMPAIGN_SCHEMA} | fields_of(self) | lists | plain

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> Campaign:
        """Read a record back; raises ValueError naming what is wrong with it."""
        schema = record.get("schema")
        if schema != CAMPAIGN_SCHEMA:
            raise ValueError(f"expected a record of schema {CAMPAIGN_SCHEMA!r}, got {schema!r}")
        try:
            known = {name: value for name, value in record.items() if name != "schema"}
            return Campaign(
                **{
                    **known,
                    "files": tuple(CampaignFile.from_dict(one) for one in record["files"]),
                    "accounts": tuple(CampaignAccount.from_dict(one) for one in record["accounts"]),
                    "ties": tuple(AccountTie(**one) for one in record["ties"]),
                    "wordings": tuple(SharedWording.from_dict(one) for one in record["wordings"]),
                    "merged": tuple(record["merged"]),
                    "comments": CommentActivity.from_dict(record["comments"]),
                }
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a valid {CAMPAIGN_SCHEMA} record: {error!r}") from error

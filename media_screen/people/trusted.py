"""Reads which channels of others a user trusts, such as news and partners, and knows their posts.

    people/trusted.toml      one [[trusted]] for each channel: platform, id, name

That a post is by one of them is told as context. It acquits of nothing: they are deceived, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from media_screen.people.registry import (
    PeopleError,
    Person,
    check_keys,
    parse_toml,
    read_record,
    shown_value,
    text_of,
)
from media_screen.sidecar import Sidecar, is_stable_id, platform_name, platform_names

TRUSTED_FILE = "trusted.toml"  # in the folder of people
_KEYS = ("platform", "id", "name")
LONGEST_TEXT = 200  # characters; it stands in sentences and cells
MOST_TRUSTED = 10_000  # channels; each post is compared with all of them


@dataclass(frozen=True, slots=True)
class TrustedChannel:
    """A channel of somebody else's that a user trusts; the name is the user's own for it."""

    platform: str
    id: str
    name: str

    @property
    def told(self) -> str:
        """Name and account, as results tell it."""
        return f"{self.name} ({self.platform} {self.id})"


def load_trusted(folder: Path) -> tuple[TrustedChannel, ...]:
    """Return the trusted channels of a folder of people, () without any; raises PeopleError."""
    file = folder / TRUSTED_FILE
    return parse_trusted(read_record(file), file) if file.exists() else ()


def parse_trusted(text: bytes, file: Path) -> tuple[TrustedChannel, ...]:
    """Return the trusted channels that a file with this text lists; raises PeopleError."""
    record = parse_toml(text, str(file))
    check_keys(record, ("trusted",), str(file))
    tables = record.get("trusted", [])
    if not isinstance(tables, list) or not all(isinstance(table, Mapping) for table in tables):
        raise PeopleError(
            f"{file}: expected `trusted` to be tables, got {shown_value(tables)}: "
            "write [[trusted]] (two brackets) above each channel"
        )
    if len(tables) > MOST_TRUSTED:
        raise PeopleError(f"{file}: expected at most {MOST_TRUSTED} channels, got {len(tables)}")
    found = tuple(
        _channel(table, f"{file}: trusted {number}") for number, table in enumerate(tables, start=1)
    )
    _refuse_twice(found, file)
    return found


def _channel(table: Mapping[str, object], where: str) -> TrustedChannel:
    check_keys(table, _KEYS, where)
    examples = {"platform": '"youtube"', "id": '"UC..."', "name": '"Reuters"'}
    texts = {
        key: text_of(table, key, where, example=f"{key} = {example}")
        for key, example in examples.items()
    }
    for key, text in texts.items():
        if not text:
            raise PeopleError(
                f"{where}: `{key}` is missing or empty: add {key} = {examples[key]}; "
                "a channel is trusted by its stable id alone"
            )
        if not text.isprintable() or len(text) > LONGEST_TEXT:
            raise PeopleError(
                f"{where}: expected `{key}` to be one line of at most {LONGEST_TEXT} characters, "
                f"got {shown_value(text)}"
            )
    platform = platform_name(texts["platform"])
    if platform in platform_names() and not is_stable_id(texts["id"], platform):
        raise PeopleError(
            f"{where}: expected `id` to be the stable id of a {platform} account, got "
            f"{texts['id']!r}: it is `channel_id` in a yt-dlp sidecar"
        )
    return TrustedChannel(platform, texts["id"], texts["name"])


def _refuse_twice(channels: Sequence[TrustedChannel], file: Path) -> None:
    seen: dict[tuple[str, str], TrustedChannel] = {}
    for one in channels:
        first = seen.setdefault((one.platform, one.id), one)
        if first is not one:
            raise PeopleError(
                f"{file}: the {one.platform} id {one.id!r} is listed for {first.name!r} and for "
                f"{one.name!r}: remove one of the two"
            )


def own_and_trusted(
    people: Iterable[Person], trusted: Iterable[TrustedChannel]
) -> Iterator[tuple[Person, TrustedChannel]]:
    """Give each trusted channel that is enrolled as a person's own, with the person."""
    by_id = {(one.platform, one.id): one for one in trusted}
    for person in people:
        for account in person.channels:
            if (account.platform, account.id) in by_id:
                yield person, by_id[account.platform, account.id]


def publisher_of(post: Sidecar, trusted: Iterable[TrustedChannel]) -> TrustedChannel | None:
    """Return the trusted channel that a post names by its stable id, or None."""
    for one in trusted:
        if one.platform == post.platform and one.id in post.channel_ids:
            return one
    return None

"""Reads the registry of enrolled people: their names, official channels and reference files.

    people/xin-liu/person.toml      name, aliases, and one [[channel]] for each official account
    people/xin-liu/faces/           pictures of the face
    people/xin-liu/voice/           recordings of the voice
    people/xin-liu/official/        genuine videos, with their sidecars

A typing error here would turn an official channel into a stranger's, so unknown keys are errors.
"""

from __future__ import annotations

import difflib
import functools
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from media_screen.errors import SetupError
from media_screen.files import read_regular
from media_screen.folders import LeftOut, Listing, look_through
from media_screen.sidecar import (
    Account,
    account_of,
    handle_key,
    is_second_id,
    platform_name,
    platform_names,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

REGISTRY_FILE = "person.toml"
_PERSON_KEYS = ("name", "aliases", "channel")
_CHANNEL_KEYS = ("platform", "id", "handle", "url")
FOLDERS = ("faces", "voice", "official")
KNOWN_FAKES = "_known_fakes"  # beside the people: media that were found to be fabricated
TRUST = "_trust"  # beside the people: certificates (*.pem) that a user trusts to sign media
_MAX_TEXT = 1_000  # characters of a value; names, ids and addresses are far shorter
_CLOSE = 0.75  # difflib ratio from which a misspelt key or platform gets a suggestion


class PeopleError(SetupError, ValueError):
    """The registry of people is wrong; the message names the file, the key and the remedy."""


@dataclass(frozen=True)
class OfficialChannel:
    """One official account. The id is stable; a handle may be given up and taken by another."""

    platform: str
    id: str = ""
    handle: str = ""  # without the leading @
    url: str = ""


@dataclass(frozen=True)
class Person:
    """One enrolled person; `slug` is the name of the folder and the person's key everywhere."""

    slug: str
    name: str
    aliases: tuple[str, ...]
    channels: tuple[OfficialChannel, ...]
    folder: Path

    @property
    def faces(self) -> tuple[Path, ...]:
        """Reference pictures of the face, sorted."""
        return self._listings["faces"].media

    @property
    def voice(self) -> tuple[Path, ...]:
        """Reference recordings of the voice, sorted."""
        return self._listings["voice"].media

    @property
    def official(self) -> tuple[Path, ...]:
        """Genuine published media, sorted, without their sidecars."""
        return self._listings["official"].media

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """What lies among the references and is none: leftovers of downloads, linked folders."""
        return tuple(one for name in FOLDERS for one in self._listings[name].left_out)

    @functools.cached_property
    def _listings(self) -> Mapping[str, Listing]:
        places = {name: self.folder / name for name in FOLDERS}
        return {
            name: look_through(place) if os.path.isdir(place) else Listing()
            for name, place in places.items()
        }


def load_people(folder: Path) -> tuple[Person, ...]:
    """Read every person below a folder, sorted by slug; raises PeopleError on the first mistake."""
    if not os.path.isdir(folder):
        raise PeopleError(
            f"{folder}: expected a folder with one folder per person, found none: "
            f"create {folder / 'SLUG' / REGISTRY_FILE}"
        )
    if os.path.isfile(folder / REGISTRY_FILE):
        raise PeopleError(
            f"{folder}: this is the folder of one person, expected the one that holds a folder for "
            f"each: name {folder.absolute().parent}"
        )
    people = tuple(map(read_person, person_folders(folder)))
    if not people and (stray := _stray_media(folder)):
        raise PeopleError(
            f"{folder}: expected a folder for each person, got none but {stray}: create "
            f"{folder / 'SLUG' / REGISTRY_FILE}, and put pictures of the face into faces/ beside it"
        )
    refuse_shared_accounts(people)
    return people


def _stray_media(folder: Path) -> str:
    """Return the name of a picture or video that lies where folders of people are expected."""
    return next((path.name for path in look_through(folder).media if path.parent == folder), "")


def person_folders(folder: Path) -> list[Path]:
    """Return the folder of each person, sorted; names with . or _ before them are none."""
    return [
        entry
        for entry in sorted(folder.iterdir())
        if os.path.isdir(entry) and not entry.name.startswith((".", "_"))
    ]


def read_person(folder: Path) -> Person:
    """Read the record in a person's folder; raises PeopleError on the first mistake."""
    return parse_person(read_record(folder / REGISTRY_FILE), folder)


def parse_person(text: bytes, folder: Path) -> Person:
    """Return the person whose record has this text; raises PeopleError on the first mistake."""
    if not all(char.isalnum() or char in "-_." for char in folder.name):
        raise PeopleError(
            f"{folder}: expected a folder name of letters, digits, '-', '_' and '.', "
            f"got {folder.name!r}: rename it, the name identifies the person in every result"
        )
    where = str(folder / REGISTRY_FILE)
    record = parse_toml(text, where)
    check_keys(record, _PERSON_KEYS, where)
    name = text_of(record, "name", where, example='name = "Xin Liu"')
    if not name:
        raise PeopleError(f'{where}: `name` is missing or empty: add a line such as name = "Liu"')
    return Person(
        slug=folder.name,
        name=name,
        aliases=_texts(record, "aliases", where),
        channels=_channels(record, where),
        folder=folder,
    )


def read_record(file: Path) -> bytes:
    """Return the text of a person's record; raises PeopleError when it can't be read."""
    if os.path.exists(file) and not os.path.isfile(file):
        raise PeopleError(f"{file}: it is not a regular file: replace it")  # a pipe would wait
    try:
        return read_regular(file)
    except FileNotFoundError:
        raise PeopleError(
            f"{file}: this file is missing: create it with a line such as name = "
            f'"{file.parent.name}", or move the folder elsewhere'
        ) from None
    except OSError as error:
        raise PeopleError(f"{file}: can't be read: {error.strerror or error}") from error


def parse_toml(text: bytes, where: str) -> Mapping[str, Any]:
    """Return what a TOML file with this text holds; raises PeopleError."""
    try:
        return tomllib.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # TOML, encoding, numbers of 5,000 digits
        raise PeopleError(f"{where}: not valid TOML: {error}") from error


def _channels(record: Mapping[str, Any], where: str) -> tuple[OfficialChannel, ...]:
    tables = record.get("channel", [])
    if not isinstance(tables, list) or not all(isinstance(table, Mapping) for table in tables):
        raise PeopleError(
            f"{where}: expected `channel` to be tables, got {shown_value(tables)}: "
            "write [[channel]] (two brackets) above each account"
        )
    named = [(table, f"{where}: channel {n}") for n, table in enumerate(tables, start=1)]
    return tuple(_channel(table, place) for table, place in named)


def _channel(table: Mapping[str, Any], where: str) -> OfficialChannel:
    check_keys(table, _CHANNEL_KEYS, where)
    url = text_of(table, "url", where, example='url = "https://..."')
    if url and not url.startswith(("http://", "https://")):
        raise PeopleError(
            f"{where}: expected `url` to begin with https://, got {url!r}: correct it, "
            "or leave it out"
        )
    named = account_of(url)
    platform = platform_name(text_of(table, "platform", where, example='platform = "youtube"'))
    channel = OfficialChannel(
        platform=platform or named.platform,
        id=text_of(table, "id", where, example='id = "UC..."') or named.id,
        handle=text_of(table, "handle", where, example='handle = "@name"').lstrip("@\uff20")
        or named.handle,
        url=url,
    )
    _check_channel(channel, named, where)
    return channel


def _check_channel(channel: OfficialChannel, named: Account, where: str) -> None:
    """Refuse an account that can't be one; `named` is what its address says."""
    platform, known = channel.platform, platform_names()
    if not platform:
        raise PeopleError(
            f"{where}: `platform` is missing or empty: expected one of {', '.join(known)}, "
            "or another site's name as yt-dlp spells it"
        )
    if platform not in known and (near := _nearest(platform, known)):
        raise PeopleError(f"{where}: unknown `platform` {platform!r}: did you mean {near!r}?")
    if channel.id.startswith(("@", "http://", "https://")):
        raise PeopleError(
            f"{where}: expected `id` to be the stable id of the account, got {channel.id!r}: "
            "that is a handle or an address; the id is `channel_id` in a yt-dlp sidecar"
        )
    if not (channel.id or channel.handle):
        raise PeopleError(
            f"{where}: expected an `id`, a `handle` or both, got neither: add the stable id, "
            "which is `channel_id` in a yt-dlp sidecar"
        )
    if named.platform and named.platform != platform:
        raise PeopleError(
            f"{where}: `platform` is {platform!r}, but `url` is an address of {named.platform}: "
            "correct one of them"
        )
    if named.id and named.id != channel.id and is_second_id(named.id) == is_second_id(channel.id):
        raise PeopleError(
            f"{where}: `id` is {channel.id!r}, but `url` names the id {named.id!r}: "
            "correct one of them"
        )


def check_keys(record: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    """Refuse a key that is not known; raises PeopleError."""
    for key in record:
        if key not in known:
            near = _nearest(key, known)
            remedy = f"did you mean `{near}`?" if near else f"expected one of {', '.join(known)}"
            raise PeopleError(f"{where}: unknown key `{key[:60]}`: {remedy}")


def _nearest(text: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(text.casefold(), known, n=1, cutoff=_CLOSE)
    return close[0] if close else ""


def text_of(record: Mapping[str, Any], key: str, where: str, *, example: str) -> str:
    """Return the text of a key, "" where it is not there; raises PeopleError."""
    value = record.get(key, "")
    if not isinstance(value, str):
        raise PeopleError(
            f"{where}: expected `{key}` to be text, got {shown_value(value)}: "
            f"put it in quotes, as in {example}"
        )
    if len(value) > _MAX_TEXT:
        raise PeopleError(
            f"{where}: expected `{key}` to have at most {_MAX_TEXT} characters, got {len(value)}"
        )
    return value.strip()


def _texts(record: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = record.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise PeopleError(
            f"{where}: expected `{key}` to be a list of texts, got {shown_value(value)}: "
            f'write {key} = ["...", "..."]'
        )
    return tuple(item.strip() for item in value if item.strip())


def shown_value(value: object) -> str:
    """Return kind and beginning of a value that is wrong, for a message."""
    return f"{type(value).__name__} {str(value)[:60]!r}"


def refuse_shared_accounts(people: Sequence[Person]) -> None:
    """Raise PeopleError when one account is listed for two people: whose post would it be?"""
    for error in shared_accounts(people):
        raise error


def shared_accounts(people: Sequence[Person]) -> Iterator[PeopleError]:
    """Give an error for each account that is listed for two people."""
    owners: dict[tuple[str, str, str], Person] = {}
    for person in people:
        for channel in person.channels:
            # An account listed without its id is known by its handle only.
            keys = [("id", channel.platform, channel.id)] if channel.id else []
            if channel.handle:
                keys.append(("handle", channel.platform, handle_key(channel.handle)))
            for kind, platform, text in keys:
                first = owners.setdefault((kind, platform, text), person)
                if first is not person:
                    yield PeopleError(
                        f"{person.folder / REGISTRY_FILE}: the {platform} {kind} {text!r} is "
                        f"already listed in {first.folder / REGISTRY_FILE}: an account belongs to "
                        "one person, remove it from one of the two files"
                    )

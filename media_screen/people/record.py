"""Writes the record of a person, person.toml: a new one, or one more account into an old one.

An old record was written by hand: what stands in it stays, byte for byte, with its comments. Lines
are put in between, and count only when the record then reads exactly as it was meant to.
"""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from media_screen.files import private_folder, write_atomically
from media_screen.people.registry import (
    REGISTRY_FILE,
    OfficialChannel,
    PeopleError,
    Person,
    parse_person,
    read_record,
)
from media_screen.results.plain import toml_text
from media_screen.sidecar import handle_key

_MOST_TABLES = 200  # of a record, below whose heads a line is tried


def new_record(name: str, channels: Sequence[OfficialChannel]) -> str:
    """Return the record of a person who has none."""
    lines = [
        f"name = {toml_text(name)}",
        "aliases = []  # other names and spellings, which are looked for in posts",
    ]
    return "\n".join(lines) + "\n" + "".join(_table(one, "\n") for one in channels)


def with_channel(text: bytes, person: Person, channel: OfficialChannel) -> bytes:
    """Return the record of a person with one more account; all else in it stays as it is.

    An account that is listed by its handle alone gets the id. Raises PeopleError where the record
    is written in a way in which no line can be added.
    """
    for changed, wanted in _ways(text, person, channel):
        try:
            found = parse_person(changed, person.folder)
        except PeopleError:
            continue
        if (found.name, found.aliases, found.channels) == (person.name, person.aliases, wanted):
            return changed
    lines = _table(channel, "\n").strip()
    raise PeopleError(
        f"{person.folder / REGISTRY_FILE}: expected each account below a line [[channel]]: "
        f"write the accounts so, and add\n{lines}"
    )


def _ways(
    text: bytes, person: Person, channel: OfficialChannel
) -> Iterator[tuple[bytes, tuple[OfficialChannel, ...]]]:
    """Give texts that may hold the account, best first, and the accounts that each should hold."""
    newline = b"\r\n" if b"\r\n" in text else b"\n"
    lacking = _without_id(person, channel)
    if lacking is not None:
        before = person.channels[lacking]
        filled = OfficialChannel(before.platform, channel.id, before.handle, before.url)
        wanted = (*person.channels[:lacking], filled, *person.channels[lacking + 1 :])
        line = f"id = {toml_text(channel.id)}".encode() + newline
        for head in _heads(text):
            yield text[:head] + line + text[head:], wanted
    end = b"" if not text or text.endswith(b"\n") else newline
    table = _table(channel, newline.decode()).encode()
    yield text + end + table, (*person.channels, channel)


def _without_id(person: Person, channel: OfficialChannel) -> int | None:
    """Return the place of the entry that names this account by its handle alone."""
    same = (
        number
        for number, one in enumerate(person.channels)
        if not one.id
        and one.platform == channel.platform
        and handle_key(one.handle) == handle_key(channel.handle)
    )
    return next(same, None)


def _heads(text: bytes) -> list[int]:
    """Return where the lines end that may begin a table of an account."""
    ends, position = [], 0
    for line in text.splitlines(keepends=True):
        position += len(line)
        if line.lstrip().startswith(b"[[") and line.endswith(b"\n"):
            ends.append(position)
    return ends[:_MOST_TABLES]


def _table(channel: OfficialChannel, newline: str) -> str:
    lines = ["", "[[channel]]", f"platform = {toml_text(channel.platform)}"]
    lines += [f"id = {toml_text(channel.id)}"] * bool(channel.id)
    lines += [f"handle = {toml_text(channel.handle)}"] * bool(channel.handle)
    return newline.join((*lines, ""))


def read_for_change(person: Person) -> bytes:
    """Return the record of a person as it is; raises PeopleError when it may not be written."""
    file = person.folder / REGISTRY_FILE
    if file.is_symlink():
        raise PeopleError(
            f"{file}: it is a link, and what it leads to is not changed: put the file here itself"
        )
    return read_record(file)


def write_record(folder: Path, text: bytes) -> None:
    """Write a record in one step; one that was there keeps its mode. Raises OSError."""
    file = folder / REGISTRY_FILE
    if file.exists():
        write_atomically(file, [text], durable=True, mode=stat.S_IMODE(file.stat().st_mode))
    else:
        write_atomically(file, [text], durable=True)


def own_folder(people: Path, folder: Path) -> None:
    """Make a folder below that of the people; raises PeopleError where a link stands in the way."""
    if not people.exists():
        private_folder(people)
    place = people
    for part in folder.relative_to(people).parts:
        place /= part
        if place.is_symlink():
            raise PeopleError(
                f"{place}: it is a link, and nothing is written outside of {people}: "
                "put a folder in its place"
            )
        with contextlib.suppress(FileExistsError):
            place.mkdir(mode=0o700)

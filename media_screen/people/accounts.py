"""Adds a person, or a further account of one, as the sidecars of posts name the account.

Sidecars are untrusted: their texts are written as texts, and never as the name of a folder.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from media_screen import sidecar as sidecars
from media_screen.media import shown_path
from media_screen.people.naming import checked_name, checked_slug, find_person, slug_of
from media_screen.people.record import (
    new_record,
    own_folder,
    read_for_change,
    with_channel,
    write_record,
)
from media_screen.people.registry import (
    FOLDERS,
    REGISTRY_FILE,
    OfficialChannel,
    PeopleError,
    Person,
    parse_person,
    person_folders,
    read_person,
    refuse_shared_accounts,
)
from media_screen.sidecar import SidecarError, handle_key, is_stable_id, platform_of


@dataclass(frozen=True, slots=True)
class AddedAccount:
    """An account as a sidecar names it, whether it is new to the person, and what to know of it."""

    channel: OfficialChannel
    display_name: str
    is_new: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddedPerson:
    """A person after accounts were added, and whether the person is new."""

    person: Person
    is_new: bool
    accounts: tuple[AddedAccount, ...]


def add_person(people: Path, name: str, files: Sequence[Path], *, slug: str = "") -> AddedPerson:
    """Enrol the accounts that published the posts of these sidecars as those of a person.

    Who is not there yet gets a folder. Raises PeopleError, with nothing written, where a sidecar
    holds no stable id or the account is another person's.
    """
    found = [pair for file in files for pair in _accounts(file)]
    others, person = _people_and(people, name, slug)
    before = None if person is None else read_for_change(person)
    if person is None:
        person = _new_person(people, others, checked_name(name), slug)
    accounts, text = [], before
    wanted = person
    for account in found:
        is_new = _entry(wanted, account.channel) is None
        accounts.append(replace(account, is_new=is_new, notes=_notes(account, wanted)))
        if is_new and text is not None:
            text = with_channel(text, wanted, account.channel)
            wanted = parse_person(text, person.folder)
        elif is_new:
            wanted = replace(wanted, channels=(*wanted.channels, account.channel))
    try:
        refuse_shared_accounts([*others, wanted])
    except PeopleError as error:
        raise PeopleError(f"nothing was written: {error}") from error
    if text is None:
        text = new_record(wanted.name, wanted.channels).encode()
        wanted = parse_person(text, person.folder)
    if text != before:
        _write(people, wanted, text)
    return AddedPerson(wanted, before is None, tuple(accounts))


def _people_and(people: Path, name: str, slug: str) -> tuple[list[Person], Person | None]:
    """Return the enrolled people but the one who is meant, and that one, None for a new person."""
    folders = person_folders(people) if os.path.isdir(people) else []
    asked = slug or slug_of(name)
    # A folder that was made by hand for this person has no record yet.
    there = [one for one in folders if one.name != asked or os.path.lexists(one / REGISTRY_FILE)]
    enrolled = [read_person(one) for one in there]
    person = find_person(enrolled, slug or name)
    if person is not None and find_person([person], name) is None:
        raise _is_taken(person, name)  # --slug names somebody else
    return [one for one in enrolled if one is not person], person


def _new_person(people: Path, others: Sequence[Person], name: str, slug: str) -> Person:
    slug = checked_slug(slug or slug_of(name))
    taken = next((one for one in others if one.slug == slug), None)
    if taken is not None:
        raise _is_taken(taken, name)
    return Person(slug, name, (), (), people / slug)


def sidecar_at(file: Path) -> Path:
    """Return a sidecar that was named, or the one beside the video that was named in its place."""
    beside = None if file.suffix == ".json" else sidecars.find(file)
    return beside or file


def _is_taken(person: Person, name: str) -> PeopleError:
    return PeopleError(
        f"{person.folder} is the folder of {person.name!r}: name that person, or choose another "
        f"folder for {name!r} with --slug"
    )


def _accounts(file: Path) -> Iterator[AddedAccount]:
    """Give the ids of the account that published the post of a sidecar, each as an entry."""
    try:
        post = sidecars.read(sidecar_at(file))
    except SidecarError as error:
        raise PeopleError(str(error)) from error
    shown = shown_path(file)
    if post.fit.against:
        raise PeopleError(f"{shown}: {post.fit.against[0]}: use that of a post of the person's own")
    ids = [one for one in post.channel_ids if _is_plain(one) and is_stable_id(one, post.platform)]
    if not ids or not _is_plain(post.platform):
        platform = platform_of(post.platform)
        where = f": {platform.where_id}" if platform is not None else ""
        raise PeopleError(
            f"{shown}: it holds no stable id of an account, and names prove nothing{where}"
        )
    handle = post.handle.lstrip("@\uff20")
    notes = list(post.fit.lacking)
    if handle and not _is_plain(handle):
        notes.append(f"the handle {handle[:60]!r} can't be one, and was left out")
        handle = ""
    if platform_of(post.platform) is None:
        notes.append(f"whether ids of {post.platform} stay the same is not known here")
    for one in ids:
        channel = OfficialChannel(post.platform, one, handle)
        yield AddedAccount(channel, post.display_name, True, tuple(notes))


def _is_plain(text: str) -> bool:
    """Say whether a text can be an id or a handle: printable, and in one piece."""
    return bool(text) and text.isprintable() and not set(text) & set(" /\\")


def _notes(account: AddedAccount, person: Person) -> tuple[str, ...]:
    """Say what else to know of an account, beside what its sidecar lacks."""
    channel = account.channel
    before = _entry(person, channel)
    if before is None or not channel.handle or not before.handle:
        return account.notes
    if handle_key(before.handle) == handle_key(channel.handle):
        return account.notes
    changed = f"it is listed with the handle {before.handle!r}, and has {channel.handle!r} now"
    return (*account.notes, changed)


def _entry(person: Person, channel: OfficialChannel) -> OfficialChannel | None:
    """Return what a person's record says of an account by its id, None when it is not there."""
    key = (channel.platform, channel.id)
    return next((one for one in person.channels if (one.platform, one.id) == key), None)


def _write(people: Path, person: Person, text: bytes) -> None:
    """Write a record, and make the folders of references beside it."""
    own_folder(people, person.folder)
    write_record(person.folder, text)
    for name in FOLDERS:
        with contextlib.suppress(FileExistsError):
            (person.folder / name).mkdir(mode=0o700)

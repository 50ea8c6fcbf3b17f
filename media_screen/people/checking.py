"""Says what is missing or wrong in the folder of people, without running a network.

Whether faces and voices can be used is told by enrolling (`people.enrol`); this is what comes
before: what can't be read, what is listed twice, and what makes nothing official.
"""

from __future__ import annotations

import contextlib
import difflib
import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from media_screen import sidecar as sidecars
from media_screen.files import read_regular
from media_screen.folders import CACHE_FOLDER, look_through
from media_screen.media import MediaError, identify, shown_path
from media_screen.people.additions import files_of, first_decoded
from media_screen.people.channel_ids import advice, owns
from media_screen.people.enrol import known_fakes, odd_entries
from media_screen.people.gallery import Problem
from media_screen.people.naming import shared_names
from media_screen.people.registry import (
    FOLDERS,
    KNOWN_FAKES,
    REGISTRY_FILE,
    TRUST,
    PeopleError,
    Person,
    person_folders,
    read_person,
    shared_accounts,
)
from media_screen.people.trusted import TRUSTED_FILE, load_trusted, own_and_trusted
from media_screen.results.plain import counted
from media_screen.sidecar import handle_key, is_second_id, is_stable_id

_CLOSE = 0.6  # difflib ratio from which the name of a folder is taken for a misspelt one


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about the folder of people in a sentence, and whether it is wrong or a note."""

    text: str
    wrong: bool = False


def check_people(folder: Path) -> tuple[tuple[Person, ...], tuple[Remark, ...]]:
    """Return who is enrolled, and what is missing or wrong; raises PeopleError without a folder."""
    if not os.path.isdir(folder):
        raise PeopleError(f"{folder}: expected a folder with one folder per person, found none")
    people: list[Person] = []
    remarks: list[Remark] = []
    for one in person_folders(folder):
        try:
            people.append(read_person(one))
        except PeopleError as error:
            remarks.append(Remark(str(error), wrong=True))
    if not people and not remarks:
        remarks.append(Remark(f"{folder}: nobody is enrolled: media-screen people add", wrong=True))
    remarks += _names_and_accounts(people)
    remarks += _trusted_channels(folder, people)
    for person in people:
        remarks += _of_person(person)
    remarks += _fakes(folder, people)
    remarks += _trusted(folder)
    remarks += _same_content(folder)
    remarks += _strays(folder)
    return tuple(people), tuple(remarks)


def _names_and_accounts(people: Sequence[Person]) -> Iterator[Remark]:
    """Tell accounts and names that two people have."""
    for error in shared_accounts(people):
        yield Remark(str(error), wrong=True)
    for name, first, second in shared_names(people):
        yield Remark(f"{first.slug} and {second.slug} are both called {name!r}")


def _trusted_channels(folder: Path, people: Sequence[Person]) -> Iterator[Remark]:
    """Tell what is wrong with the trusted channels of others."""
    try:
        trusted = load_trusted(folder)
    except PeopleError as error:
        yield Remark(str(error), wrong=True)
        return
    for person, one in own_and_trusted(people, trusted):
        why = f"the trusted channel {one.told} is enrolled as an own channel of {person.slug}"
        yield Remark(f"{shown_path(folder / TRUSTED_FILE)}: {why}: remove one of the two", True)


def _of_person(person: Person) -> Iterator[Remark]:
    """Tell what is missing or wrong in the record and the references of a person."""
    yield from _ids(person)
    lacks = {
        "faces": "no picture of the face in faces/: nobody can be recognised by it"
        + (" but by the faces in official/" if person.official else ""),
        "voice": "no recording of the voice in voice/",
        "official": "nothing in official/: copies of the person's own videos can't be recognised",
    }
    for name, lack in lacks.items():
        if not getattr(person, name):
            wrong = name == "faces" and not person.official
            yield Remark(f"{person.slug}: {lack}", wrong)
    if len(person.faces) == 1:
        yield Remark(f"{person.slug}: only one picture in faces/: add a second one")
    for file in (*person.faces, *person.voice, *person.official):
        yield from _unreadable(file)
    for file in person.official:
        yield from _published_elsewhere(person, file)
    yield from map(_remark, odd_entries(person.slug, person.left_out))


def _ids(person: Person) -> Iterator[Remark]:
    where = shown_path(person.folder / REGISTRY_FILE)
    if not any(channel.id for channel in person.channels):
        yield Remark(
            f"{where}: no account has a stable id, so that no post can be official: "
            "media-screen people add NAME --sidecar FILE",
            wrong=bool(person.channels),  # who has none may be enrolled by the face alone
        )
    for one in advice(person):
        yield Remark(f"{where}: {one.why}: {one.fix}")
    ids: dict[tuple[str, str], set[str]] = defaultdict(set)
    seen = set()
    for channel in person.channels:
        key = (channel.platform, channel.id)
        if channel.id and key in seen:
            yield Remark(f"{where}: the {channel.platform} id {channel.id!r} stands there twice")
        seen.add(key)
        if channel.id and not is_stable_id(channel.id, channel.platform):
            why = f"{channel.id!r} is not written as the ids of {channel.platform} are"
            yield Remark(f"{where}: {why}: take it from a sidecar", wrong=True)
        elif channel.id and channel.handle and not is_second_id(channel.id):
            ids[channel.platform, handle_key(channel.handle)].add(channel.id)
    for (platform, handle), found in ids.items():
        if len(found) > 1:
            told = f"{len(found)} ids of {platform} have the handle {handle!r}"
            yield Remark(f"{where}: {told}: a handle has one owner at a time")


def _unreadable(file: Path) -> Iterator[Remark]:
    try:
        first_decoded(file)
    except MediaError as error:
        yield Remark(f"{shown_path(file)}: {error}: replace the file", wrong=True)


def _published_elsewhere(person: Person, file: Path) -> Iterator[Remark]:
    """Tell a genuine video whose sidecar names a channel that is not enrolled."""
    beside = sidecars.find(file)
    if beside is None:
        return
    try:
        post = sidecars.read(beside)
    except sidecars.SidecarError as error:
        yield Remark(str(error))
        return
    if post.channel_ids and not owns(person, post):
        named = f"{' or '.join(post.channel_ids)} of {post.platform}"
        yield Remark(
            f"{shown_path(file)}: its sidecar names {named}, which is not enrolled for "
            f"{person.slug}: is it genuine?"
        )


def _remark(problem: Problem) -> Remark:
    return Remark(f"{problem.file}: {problem.why}: {problem.fix}", problem.refused)


def _fakes(folder: Path, people: Sequence[Person]) -> Iterator[Remark]:
    """Tell what is wrong among the known fakes."""
    fakes = known_fakes(folder)
    yield from map(_remark, odd_entries("", fakes.left_out))
    slugs, nobodys = {person.slug for person in people}, set()
    for file in fakes.media:
        parts = file.relative_to(folder / KNOWN_FAKES).parts
        if len(parts) > 1 and parts[0] not in slugs:
            nobodys.add(parts[0])
        try:
            kind = first_decoded(file).kind
        except MediaError as error:
            yield Remark(f"{shown_path(file)}: {error}: replace the file", wrong=True)
            continue
        if kind == "image":
            why = "a picture is not recognised again: known fakes are videos and sound"
            yield Remark(f"{shown_path(file)}: {why}", wrong=True)
    for name in sorted(nobodys):
        place = shown_path(folder / KNOWN_FAKES / name)
        yield Remark(f"{place}: nobody's slug, so that these count as fakes of nobody enrolled")


def _trusted(folder: Path) -> Iterator[Remark]:
    for file in sorted((folder / TRUST).glob("*.pem")):
        try:
            x509.load_pem_x509_certificates(read_regular(file))
        except (OSError, ValueError) as error:
            yield Remark(f"{shown_path(file)}: no certificate (PEM): {error}", wrong=True)


def _same_content(folder: Path) -> Iterator[Remark]:
    """Tell files that lie in two places, of which one may not: as official and as known fake."""
    by_size: dict[int, list[Path]] = defaultdict(list)
    by_content: dict[str, list[Path]] = defaultdict(list)
    for file in _references(folder):
        by_size[file.stat().st_size].append(file)
    for file in (file for files in by_size.values() if len(files) > 1 for file in files):
        with contextlib.suppress(MediaError):  # which is told where it is read
            by_content[identify(file)[0]].append(file)
    for files in (files for files in by_content.values() if len(files) > 1):
        owners = {file.relative_to(folder).parts[0] for file in files}
        places = " and ".join(shown_path(file) for file in files)
        yield Remark(f"the same file lies at {places}: take one away", wrong=len(owners) > 1)


def _references(folder: Path) -> Iterator[Path]:
    """Give the files of people and known fakes that can be read, without records and sidecars."""
    for file in files_of(folder):
        first, *inner = file.relative_to(folder).parts
        is_reference = inner and not first.startswith(".") and first != TRUST
        is_record = file.name == REGISTRY_FILE or sidecars.is_sidecar(file)
        if is_reference and not is_record and os.access(file, os.R_OK):
            yield file


def _strays(folder: Path) -> Iterator[Remark]:
    """Tell media that lie where nobody looks for references."""
    aside: Counter[Path] = Counter()
    for file in look_through(folder).media:
        parts = file.relative_to(folder).parts
        is_persons = len(parts) > 2 and parts[1] in FOLDERS and not parts[0].startswith("_")
        if not is_persons and parts[0] not in (KNOWN_FAKES, CACHE_FOLDER):
            aside[file.parent] += 1
    for place, count in sorted(aside.items()):
        near = difflib.get_close_matches(place.name, FOLDERS, n=1, cutoff=_CLOSE)
        remedy = f"is {near[0]}/ meant?" if near else "put them into faces/, voice/ or official/"
        yield Remark(
            f"{shown_path(place)}: nobody looks for {counted(count, 'file')} here: {remedy}"
        )

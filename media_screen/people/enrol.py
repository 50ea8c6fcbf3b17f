"""Checks the references of enrolled people, builds the galleries, and fills the catalogue.

`PEOPLE/<slug>/faces`, `voice` and `official` are each person's references; `PEOPLE/_known_fakes`
may hold fakes that were found before, those of a person in a folder of that person's slug.
"""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from media_screen.files import remove_database
from media_screen.folders import Kind, LeftOut, Listing, look_through
from media_screen.footage.catalogue import Catalogue, CatalogueError
from media_screen.footage.original.proxy import Proxies, ProxyError, ProxyWriter
from media_screen.media import MediaError, shown_path
from media_screen.people.cache import CATALOGUE, cache_folder, proxies_of
from media_screen.people.channel_ids import advice
from media_screen.people.gallery import Gallery, Problem, face_template, problem_of, voice_template
from media_screen.people.references import (
    FoundFace,
    FoundVoice,
    Store,
    Way,
    read_picture,
    read_video,
    read_voices,
    write_proxy,
)
from media_screen.people.registry import KNOWN_FAKES, REGISTRY_FILE

if TYPE_CHECKING:
    from media_screen.footage.fingerprint import Fingerprint
    from media_screen.look import Looker
    from media_screen.people.registry import Person

T = TypeVar("T", FoundFace, FoundVoice)
Source = Literal["picture", "voice", "official", "known_fake"]  # what a reference is for

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class References:
    """The faces and voices that were found in the references of people, by file."""

    people: tuple[Person, ...]
    faces: Mapping[_Work, list[FoundFace]]
    voices: Mapping[_Work, list[FoundVoice]]

    def gallery(self, problems: list[Problem], *, without: Path | None = None) -> Gallery:
        """Make of them what others are compared with, but for one file; tell what is wrong."""
        faces = {item: found for item, found in self.faces.items() if item.file != without}
        voices = {item: found for item, found in self.voices.items() if item.file != without}
        seen = [
            face_template(
                person,
                _own(person, "picture", faces),
                _own(person, "official", faces),
                problems,
            )
            for person in self.people
        ]
        heard = [
            voice_template(
                person,
                _own(person, "voice", voices),
                _own(person, "official", voices),
                problems,
            )
            for person in self.people
        ]
        return Gallery(
            tuple(one for one in seen if one is not None),
            tuple(one for one in heard if one is not None),
        )


@dataclass(frozen=True, slots=True)
class Enrolment:
    """The result of enrolling a folder of people."""

    gallery: Gallery
    catalogue: Path | None  # the file of official footage and known fakes; None when there is none
    problems: tuple[Problem, ...]
    read: int  # references that were read anew
    kept: int  # references whose earlier result was used again
    left_out: tuple[LeftOut, ...] = ()  # of the folders of references: no reference
    proxies: Proxies = Proxies()  # noqa: RUF009 (frozen); small copies of the official footage
    known_fakes: int = 0  # files that were found before, of enrolled people and of others
    references: References | None = None  # what was found in them, to leave one out again


OnReference = Callable[[str, Path, int, int], None]  # person, file, done, total


def _without_ids(person: Person) -> Iterator[Problem]:
    """Tell accounts that prove nothing, since their id is not enrolled."""
    for one in advice(person):
        yield problem_of(
            person.slug, person.folder / REGISTRY_FILE, one.why, one.fix, refused=False
        )


@dataclass(frozen=True, slots=True)
class _Work:
    """One reference to read. `person` is "" for a known fake of nobody in particular."""

    person: str
    file: Path
    kind: Source

    @property
    def reference(self) -> str:
        """Its name in the catalogue."""
        return shown_path(Path(self.file.name))

    @property
    def filed_as(self) -> Literal["official", "known_fake"]:
        """What it is in the catalogue."""
        return "known_fake" if self.kind == "known_fake" else "official"

    def precedence(self) -> tuple[bool, bool]:
        """Sort first what counts when one content lies in several places."""
        return self.kind != "known_fake", not self.person


def enrol(
    folder: Path,
    people: Sequence[Person],
    looker: Callable[[], Looker],
    *,
    device: str = "cpu",
    cache: Path | None = None,
    on_reference: OnReference | None = None,
    retry: bool = True,
) -> Enrolment:
    """Check every reference of the people in a folder, build their gallery, fill the catalogue.

    `looker` makes the face networks, and is called only when a reference was not read before;
    `device` is where those of the voice run; `cache` is where what is found is kept, by default
    beside the people. With `retry` small copies that could not be written before are tried again.
    Raises OSError or CatalogueError when the cache can't be written.
    """
    looker = functools.cache(looker)
    kept_in = cache or cache_folder(folder)
    fakes = known_fakes(folder)
    work = list(_work(folder, people, fakes))
    read = _WhatWasRead(_known_beforehand(people, fakes))
    proxies = proxies_of(folder, kept_in)
    with (
        closing(Store(kept_in)) as store,
        _open_catalogue(kept_in / CATALOGUE) as catalogue,
    ):
        kept = _Kept(store, catalogue, proxies, retry=retry)
        for done, item in enumerate(work):
            if on_reference is not None:
                on_reference(item.person, item.file, done, len(work))
            read.take(item, kept, looker, device)
        for item in _file_by_place(catalogue, read.places, read.problems):
            read.faces.pop(item, None)
            read.voices.pop(item, None)
        entries = catalogue.entries()
        proxies.drop_others({one.sha256 for one in entries if one.kind == "official"})
    references = References(tuple(people), read.faces, read.voices)
    gallery = references.gallery(read.problems)  # which finds problems, too
    return Enrolment(
        gallery=gallery,
        catalogue=kept_in / CATALOGUE if read.places else None,
        problems=tuple(read.problems),
        read=read.fresh,
        kept=len(work) - read.fresh,
        left_out=(*(one for person in people for one in person.left_out), *fakes.left_out),
        known_fakes=len(fakes.media),
        proxies=proxies,
        references=references,
    )


def _known_beforehand(people: Sequence[Person], fakes: Listing) -> list[Problem]:
    """Return what is wrong before any reference is opened."""
    told = [problem for one in people for problem in odd_entries(one.slug, one.left_out)]
    told += odd_entries("", fakes.left_out)
    return told + [problem for person in people for problem in _without_ids(person)]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is kept of references: faces and voices, fingerprints, and small copies."""

    store: Store
    catalogue: Catalogue
    proxies: Proxies
    retry: bool  # to write what could not be written before


class _WhatWasRead:
    """What the references hold, gathered one by one, and what is wrong with some of them."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        self.faces: dict[_Work, list[FoundFace]] = {}
        self.voices: dict[_Work, list[FoundVoice]] = {}
        self.places: dict[str, list[_Work]] = {}  # by content, of what belongs into the catalogue
        self.fresh = 0  # references that were not read before

    def take(
        self,
        item: _Work,
        kept: _Kept,
        looker: Callable[[], Looker],
        device: str,
    ) -> None:
        """Read one reference, or what is known of its content."""
        fresh, error = False, ""
        try:
            sha256 = kept.store.hash_of(item.file)
        except MediaError as unreadable:
            self._refuse(item, str(unreadable))
            return
        if item.kind != "voice":
            self.faces[item], error, fresh = _seen(kept, looker, item, sha256)
            if not error and item.kind != "picture":
                self.places.setdefault(sha256, []).append(item)
        if item.kind == "official" and not error:
            lack, copied = _copied(kept, item, sha256, retry=kept.retry and not fresh)
            fresh |= copied
            self._lacks_proxy(item, lack)
        if item.kind in ("voice", "official") and not error:
            self.voices[item], error, heard = _heard(kept.store, item, sha256, device)
            fresh |= heard
        self.fresh += fresh
        if error:
            self._refuse(item, error)

    def _refuse(self, item: _Work, why: str) -> None:
        self.problems.append(problem_of(item.person, item.file, why, "replace the file"))

    def _lacks_proxy(self, item: _Work, why: str) -> None:
        if why:
            told = (
                f"no small copy of it can be kept ({why}): what matches it isn't compared with it"
            )
            fix = "make room where the references are kept, and enroll again"
            self.problems.append(problem_of(item.person, item.file, told, fix, refused=False))


def _own(
    person: Person, kind: Source, found: Mapping[_Work, list[T]]
) -> list[tuple[Path, list[T]]]:
    return [
        (item.file, things)
        for item, things in found.items()
        if (item.person, item.kind) == (person.slug, kind)
    ]


def _seen(
    kept: _Kept, looker: Callable[[], Looker], item: _Work, sha256: str
) -> tuple[list[FoundFace], str, bool]:
    """Return the faces of a reference, why it can't be read, and whether it was read anew."""
    way: Way = "picture" if item.kind == "picture" else "video"
    known = kept.store.get(sha256, way)
    if known is not None and (way == "picture" or known[1] or kept.catalogue.has(sha256)):
        return *known, False
    known = _read(kept, looker(), item, sha256)
    kept.store.put(sha256, way, *known)
    return *known, True


def _copied(kept: _Kept, item: _Work, sha256: str, *, retry: bool) -> tuple[str, bool]:
    """Return why there is no proxy of an official video, "" for none, and whether it was read."""
    if kept.proxies.path(sha256) is not None:
        return "", False
    why = kept.store.lacking_proxy(sha256)
    if why and not retry:
        return why, False
    with kept.proxies.writer(sha256) as proxy:
        try:
            write_proxy(item.file, proxy)
            why = _finished(proxy)
        except MediaError as error:
            why = str(error)
    kept.store.put_proxy(sha256, why)
    return why, True


def _finished(proxy: ProxyWriter) -> str:
    """Let a proxy appear, and return why it can't."""
    try:
        proxy.finish()
    except ProxyError as error:
        return str(error)
    return ""


def _heard(
    store: Store, item: _Work, sha256: str, device: str
) -> tuple[list[FoundVoice], str, bool]:
    """Return the voices of a reference, why it can't be read, and whether it was read anew."""
    known = store.get_voices(sha256)
    if known is not None:
        return *known, False
    try:
        found = read_voices(item.file, device=device)
        known = [replace(voice, sha256=sha256) for voice in found], ""
    except MediaError as error:
        known = [], str(error)
    store.put_voices(sha256, *known)
    return *known, True


def _open_catalogue(path: Path) -> Catalogue:
    """Open the catalogue; a damaged one is begun anew, since all of it can be read again."""
    try:
        return Catalogue.open(path)
    except CatalogueError as error:
        _log.warning("%s", error)
        remove_database(path)  # whatever it is, it stands in the program's own folder
        return Catalogue.open(path)


def _work(folder: Path, people: Sequence[Person], fakes: Listing) -> Iterator[_Work]:
    for person in people:
        yield from (_Work(person.slug, file, "picture") for file in person.faces)
        yield from (_Work(person.slug, file, "voice") for file in person.voice)
        yield from (_Work(person.slug, file, "official") for file in person.official)
    slugs = {person.slug for person in people}
    for file in fakes.media:
        owner = file.relative_to(folder / KNOWN_FAKES).parts[0]
        yield _Work(owner if owner in slugs else "", file, "known_fake")


def known_fakes(folder: Path) -> Listing:
    """List the media beside the people that were found to be fabricated."""
    fakes = folder / KNOWN_FAKES
    return look_through(fakes) if os.path.isdir(fakes) else Listing()


# What a user should know of, among what is left out: it may have been meant as a reference.
_TOLD: Mapping[Kind, tuple[str, str]] = {
    "link": ("a linked folder is not looked into", "copy its files, or link each of them"),
    "special": ("it is not a regular file", "take it away"),
    "unreadable": ("the folder can't be looked into", "let this user read it"),
}


def odd_entries(person: str, left_out: Sequence[LeftOut]) -> Iterator[Problem]:
    """Tell what is left out of the references, and may have been meant as one."""
    for one in left_out:
        if one.kind in _TOLD:
            yield problem_of(person, one.path, *_TOLD[one.kind])


def _read(kept: _Kept, looker: Looker, item: _Work, sha256: str) -> tuple[list[FoundFace], str]:
    """Return the faces of a reference and, when it can't be read, why; videos are catalogued."""
    try:
        if item.kind == "picture":
            return read_picture(looker, item.file), ""
        faces, fingerprint = _read_video(kept, looker, item, sha256)
    except MediaError as error:
        return [], str(error)
    kept.catalogue.add(item.person, item.reference, sha256, fingerprint, kind=item.filed_as)
    return faces, ""


def _read_video(
    kept: _Kept, looker: Looker, item: _Work, sha256: str
) -> tuple[list[FoundFace], Fingerprint]:
    """Read a video, and write the proxy of an official one where it is not there, in one decode."""
    if item.kind != "official" or kept.proxies.path(sha256) is not None:
        return read_video(looker, item.file)
    with kept.proxies.writer(sha256) as proxy:
        found = read_video(looker, item.file, proxy=proxy)
        kept.store.put_proxy(sha256, _finished(proxy))
    return found


def _file_by_place(
    catalogue: Catalogue, places: Mapping[str, Sequence[_Work]], problems: list[Problem]
) -> list[_Work]:
    """File each entry under what its file is now, and return the official files that are fakes.

    A file may have been moved since it was read: from one person to another, or to the known fakes.
    What lies in two places counts as a fake rather than as official, and as a person's rather than
    nobody's.
    """
    refused = []
    for entry in catalogue.entries():
        if entry.sha256 not in places:
            catalogue.remove(sha256=entry.sha256)  # its file was taken out of the folder
            continue
        first, *others = sorted(places[entry.sha256], key=_Work.precedence)
        filed = (entry.person, entry.reference, entry.kind)
        if filed != (first.person, first.reference, first.filed_as):
            catalogue.file_under(entry.sha256, first.person, first.reference, kind=first.filed_as)
        for other in others:
            if (other.person, other.kind) == (first.person, first.kind):
                continue  # a second copy says nothing else
            is_fake = first.kind == "known_fake" and other.kind == "official"
            why = f"the same file lies at {shown_path(first.file)}, and counts as that"
            problems.append(
                problem_of(
                    other.person, other.file, why, "take one of the two away", refused=is_fake
                )
            )
            if is_fake:
                refused.append(other)
    return refused

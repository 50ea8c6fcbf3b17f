"""Adds files to the folder of people: genuine videos, pictures and recordings, and known fakes.

Files are copied whole or not at all, with their sidecars; nothing that is there is written over,
and no link is followed out of the folder of people.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from media_screen import sidecar as sidecars
from media_screen.evidence import MediaInfo
from media_screen.files import new_file, open_regular, private_folder
from media_screen.folders import CACHE_FOLDER, look_through
from media_screen.media import Media, MediaError, identify, shown_path
from media_screen.people.channel_ids import owns
from media_screen.people.record import own_folder
from media_screen.people.registry import KNOWN_FAKES, PeopleError, Person
from media_screen.sidecar import DOWNLOADERS, Downloader, Sidecar, SidecarError

Purpose = Literal["faces", "voice", "official"]

_LONGEST_STEM, _LONGEST_SUFFIX = 150, 20  # bytes and characters of the name of a file
_BLOCK = 1 << 20  # bytes copied at a time
_MOST_OF_ONE_NAME = 1_000
_PLACES: dict[str, Purpose] = {"image": "faces", "audio": "voice", "video": "official"}
_TAKES: dict[Purpose, tuple[str, ...]] = {
    "faces": ("image",),
    "voice": ("audio", "video"),
    "official": ("video", "audio"),
}
_WORDS = {"image": "a picture", "audio": "sound", "video": "a video"}


@dataclass(frozen=True, slots=True)
class AddedFile:
    """Where a file lies now, with its sidecar, and whether it lay there before."""

    file: Path
    sidecar: Path | None = None
    is_new: bool = True
    notes: tuple[str, ...] = ()


def add_official(
    people: Path, person: Person, file: Path, *, into: Purpose | None = None, anyway: bool = False
) -> AddedFile:
    """Copy a genuine video, picture or recording to a person's references, with its sidecar.

    Videos go to official/, pictures to faces/, sound to voice/, or where `into` says. A video whose
    sidecar names no channel of the person by its id is refused, or told with `anyway`. Raises
    PeopleError.
    """
    info = _readable(file)
    place = into or _PLACES[info.kind]
    if info.kind not in _TAKES[place]:
        taken = " or ".join(_WORDS[kind] for kind in _TAKES[place])
        raise PeopleError(
            f"{shown_path(file)}: expected {taken} for {place}/, got {_WORDS[info.kind]}"
        )
    post, notes = _post_of(file)
    if place == "official":
        doubt = _doubt(person, post, file, info)
        if doubt and post is not None and not anyway:
            raise PeopleError(
                f"{shown_path(file)}: {doubt}: add the account first (media-screen people add), "
                "or add the file --anyway when you know that it is genuine"
            )
        notes += (doubt,) * bool(doubt)
    folder = person.folder / place
    return replace(_taken(people, file, post, folder), notes=notes)


def add_fake(people: Path, person: Person | None, file: Path) -> AddedFile:
    """Copy a video or sound that was found to be fabricated to the known fakes.

    `person` is who is shown in it, None for nobody who is enrolled. Raises PeopleError.
    """
    info = _readable(file)
    if info.kind == "image":
        raise PeopleError(
            f"{shown_path(file)}: expected a video or sound for {KNOWN_FAKES}/, got a picture: "
            "pictures are not recognised again"
        )
    post, notes = _post_of(file)
    folder = people / KNOWN_FAKES
    folder = folder if person is None else folder / person.slug
    return replace(_taken(people, file, post, folder), notes=notes)


def _readable(file: Path) -> MediaInfo:
    """Return what a file is, once something of it was decoded; raises PeopleError."""
    try:
        return first_decoded(file)
    except MediaError as error:
        raise PeopleError(f"{shown_path(file)}: {error}") from error


def first_decoded(file: Path) -> MediaInfo:
    """Decode the beginning of a file, and return what it is; raises MediaError."""
    with Media.open(file) as media:
        if media.info.kind not in _PLACES:
            raise MediaError("it is neither a video nor a picture nor sound")
        seen = media.info.kind != "audio" and next(iter(media.survey()), None) is not None
        if not seen and next(media.sound(block_s=1.0), None) is None:
            raise MediaError("neither pictures nor sound of it can be decoded")
        return media.info


def _post_of(file: Path) -> tuple[Sidecar | None, tuple[str, ...]]:
    """Return what lies beside a file, None for nothing, and what is wrong with it."""
    beside = sidecars.find(file)
    if beside is None:
        return None, ()
    try:
        return sidecars.read(beside), ()
    except SidecarError as error:
        return None, (f"its sidecar is left where it is: {error}",)


def _doubt(person: Person, post: Sidecar | None, file: Path, info: MediaInfo) -> str:
    """Return why nothing proves that a file is a post of a person's, "" when it is proved."""
    if post is None:
        return "no sidecar beside it says who published it"
    against = post.fitted(file, info).fit.against
    if against:
        return against[0]
    if not post.channel_ids:
        return "its sidecar names no account by a stable id"
    if not owns(person, post):
        named = f"{' or '.join(post.channel_ids)} of {post.platform or 'an unknown site'}"
        return f"its sidecar names {named}, which is not enrolled for {person.slug}"
    return ""


def _taken(people: Path, file: Path, post: Sidecar | None, folder: Path) -> AddedFile:
    """Copy a file and its sidecar into a folder of the people, unless it lies there already."""
    for known in same_content(people, file):
        if known.is_relative_to(folder):
            return AddedFile(known, sidecars.find(known), is_new=False)
        if not _may_lie_twice(known.relative_to(people), folder.relative_to(people)):
            raise PeopleError(
                f"{shown_path(file)}: the same file lies at {shown_path(known)}: "
                "take that away first, when it belongs elsewhere"
            )
    own_folder(people, folder)
    target = _free_name(folder, file.name)
    beside = None
    if post is not None and post.path is not None:
        made_by = next(one for one in DOWNLOADERS if post.path.name.endswith(one.suffix))
        beside = target.with_name(_sidecar_of(target, made_by))
        _copy(people, post.path, beside)  # first: a file is never there without what belongs to it
    _copy(people, file, target)
    listed = look_through(folder).media
    if target not in listed:
        for one in filter(None, (target, beside)):
            one.unlink(missing_ok=True)
        raise PeopleError(
            f"{shown_path(file)}: under this name it counts as a leftover of a download: rename it"
        )
    return AddedFile(target, beside)


def _may_lie_twice(known: Path, folder: Path) -> bool:
    """Say whether one content may lie in two places: in two of one person's, for face and voice."""
    return known.parts[0] == folder.parts[0] != KNOWN_FAKES


def same_content(people: Path, file: Path) -> Iterator[Path]:
    """Give the files among the people that hold the same as a file."""
    size, sha256 = file.stat().st_size, ""
    for one in files_of(people):
        with contextlib.suppress(OSError, MediaError):
            if one.stat().st_size == size:
                sha256 = sha256 or identify(file)[0]
                if identify(one)[0] == sha256:
                    yield one


def files_of(people: Path) -> Iterator[Path]:
    """Give the regular files in the folders of people and of known fakes."""
    for top, folders, names in os.walk(people):
        folders[:] = sorted(name for name in folders if name != CACHE_FOLDER)
        for name in sorted(names):
            path = Path(top, name)
            if os.path.isfile(path):
                yield path


def _free_name(folder: Path, name: str) -> Path:
    """Return where a file of this name can be put, under the name or one like it."""
    letters = "".join(c if c.isprintable() and c not in "/\\" else "_" for c in name)
    path = Path(letters.lstrip(". ") or "file")
    stem = path.stem.encode()[:_LONGEST_STEM].decode("utf-8", "ignore")
    suffix = path.suffix[:_LONGEST_SUFFIX]
    for number in range(1, _MOST_OF_ONE_NAME):
        target = folder / (f"{stem}{suffix}" if number == 1 else f"{stem}-{number}{suffix}")
        # A sidecar that lies there is another file's.
        taken = (target, *(target.with_name(_sidecar_of(target, one)) for one in DOWNLOADERS))
        if not any(map(os.path.lexists, taken)):
            return target
    raise PeopleError(f"{folder}: {_MOST_OF_ONE_NAME} files are called like {name[:60]!r}")


def _sidecar_of(media: Path, made_by: Downloader) -> str:
    """Return the name of the sidecar that a downloader writes for a file."""
    return (media.stem if made_by.replaces else media.name) + made_by.suffix


def _copy(people: Path, source: Path, target: Path) -> None:
    """Copy a file in one step: what is there under its name is whole."""
    kept_in = people / CACHE_FOLDER  # where half a file is no reference
    private_folder(kept_in)
    with open_regular(source) as stream:
        temporary, opened = new_file(kept_in / target.name)
        try:
            with opened as copy:
                while block := stream.read(_BLOCK):
                    copy.write(block)
            os.replace(temporary, target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

"""Tells of the entries of one folder which are screened, and what the others are."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path, PurePath

from media_screen.folders.names import (
    CACHE_FOLDER,
    OUTPUT_MARKS,
    PICTURES,
    SYSTEM_FOLDERS,
    Claim,
    Kind,
    claim,
    is_output,
    is_system_folder,
)
from media_screen.folders.recognise import Content, recognise
from media_screen.sidecar import DOWNLOADERS, is_sidecar


class Folder:
    """One folder while it is looked through.

    `ward` is what the folder is when it is not the user's own: there only what plays, or has a
    sidecar, is screened.
    """

    def __init__(self, path: Path, ward: Kind | None) -> None:
        """List the folder; raises OSError when it can't be looked into."""
        self._path, self._ward = path, ward
        with os.scandir(path) as entries:
            self._entries = sorted(entries, key=lambda entry: entry.name)
        self._names = {_composed(entry.name): entry.name for entry in self._entries}
        self._is_output = any(self._names.keys() >= set(marks) for marks in OUTPUT_MARKS)
        self._owners: dict[str, list[str]] = {}  # files that are screened, by stem and by name
        self._contents: dict[str, Content] = {}
        self._sidecars: dict[str, bool] = {}

    def files(self) -> list[tuple[str, Kind | None]]:
        """Return each file with what it is left out as, None when it is screened, in order."""
        files = [entry for entry in self._entries if not _is_folder(entry)]
        claims = [(entry, self._claim(entry.name)) for entry in files]
        decided: dict[str, Kind | None] = {}
        for _, group in groupby(sorted(claims, key=_rank), key=_rank):
            owners: list[tuple[str, str]] = []
            for entry, made in group:
                decided[entry.name] = self._kind(entry, made)
                if decided[entry.name] is None:
                    stems = made.owners if made else (PurePath(entry.name).stem,)
                    owners += [(_composed(stem), entry.name) for stem in {*stems, entry.name}]
            for stem, name in owners:  # none of one rank belongs to another of it
                self._owners.setdefault(stem, []).append(name)
        return [(entry.name, decided[entry.name]) for entry in files]

    def folders(self) -> Iterator[tuple[str, Kind | None, bool]]:
        """Give each folder with what it is, and whether it is looked into."""
        for entry in self._entries:
            if not _is_folder(entry):
                continue
            name = entry.name
            sign = SYSTEM_FOLDERS.get(name.casefold())
            if entry.is_symlink():
                yield name, "link", False
            elif sign and os.path.isfile(self._path / name / sign):
                yield name, "system", False
            elif name == CACHE_FOLDER or (self._is_output and is_output(name)):
                yield name, "own", True
            else:
                yield name, "system" if is_system_folder(name) else self._ward, True

    def plays(self, name: str) -> bool:
        """Tell whether one of its files is a video or sound, as far as it was opened."""
        return self._contents.get(name) == "stream"

    # --- inside ------------------------------------------------------------------------------

    def _claim(self, name: str) -> Claim | None:
        ward = self._ward_of(name)
        made = claim(name) if ward is None else Claim(ward)
        foreign = made is not None and made.kind == "sidecar" and not self._is_sidecar(name)
        return Claim("other") if foreign else made

    def _kind(self, entry: os.DirEntry[str], made: Claim | None) -> Kind | None:
        """Return what a file is left out as, None when it is to be screened."""
        if made is None:
            return None
        if not os.path.isfile(entry.path):
            if made.only_beside or made.doubtful:
                return None  # what screens it says what it is, without opening it
            return "special" if os.path.exists(entry.path) else made.kind
        content = self._content(entry.name)
        own_sidecar = self._has_sidecar(entry.name)
        if made.kind == self._ward_of(entry.name):
            screened = content == "stream" or (content == "picture" and own_sidecar)
        elif made.only_beside:
            hides = PurePath(entry.name).suffix.lower() in PICTURES and content == "stream"
            screened = hides or own_sidecar or not self._beside(made)
        elif made.doubtful and content == "":
            screened = made.kind == "other"  # it may be media of a kind that is not known here
        else:
            screened = content in ("stream", "picture") and not self._beside(made)
        if screened:
            return None
        alone = made.kind == "sidecar" and not self._files_of(made)
        return "orphan" if alone else made.kind

    def _ward_of(self, name: str) -> Kind | None:
        return "own" if self._is_output and is_output(name) else self._ward

    def _beside(self, made: Claim) -> bool:
        """Tell whether the media that a leftover is left from is here, and plays."""
        return any(self._content(name) == "stream" for name in self._files_of(made))

    def _files_of(self, made: Claim) -> list[str]:
        return [name for stem in made.owners for name in self._owners.get(_composed(stem), ())]

    def _has_sidecar(self, name: str) -> bool:
        """Tell whether a file was downloaded by itself: leftovers have no sidecar of their own."""
        stem = _composed(PurePath(name).stem)
        own = [_composed(name) + one.suffix for one in DOWNLOADERS]
        if stem not in self._owners:  # else it is shared
            own += [stem + one.suffix for one in DOWNLOADERS if one.replaces]
        return any(self._is_sidecar(self._names[one]) for one in own if one in self._names)

    def _is_sidecar(self, name: str) -> bool:
        """Tell whether a file of the name of a sidecar is one, and not another program's."""
        if name not in self._sidecars:  # it may take a look into the file
            sure = any(name.endswith(one.suffix) and not one.shared for one in DOWNLOADERS)
            self._sidecars[name] = sure or is_sidecar(self._path / name)
        return self._sidecars[name]

    def _content(self, name: str) -> Content:
        """Return what a file holds; "" for what can't be read."""
        if name not in self._contents:
            path = self._path / name
            try:
                self._contents[name] = recognise(path) if os.path.isfile(path) else ""
            except OSError:
                self._contents[name] = ""
        return self._contents[name]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _rank(pair: tuple[os.DirEntry[str], Claim | None]) -> int:
    return pair[1].rank if pair[1] else 0


def _composed(name: str) -> str:
    """Return a name as it is compared: file systems differ in how they spell accents."""
    return unicodedata.normalize("NFC", name)

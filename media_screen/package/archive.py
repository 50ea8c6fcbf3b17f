"""Puts files into one ZIP or folder, which takes its place when it is whole."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from media_screen.errors import MediaScreenError
from media_screen.files import new_file, open_regular

_BLOCK = 1 << 20  # bytes read at once
HALF_PORTABLE = ".results.portable-"  # as folders begin that a killed program may leave
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first time that a ZIP can name: the same in each
_STORED = {".jpg", ".mp4", ".webm", ".mkv", ".mov", ".m4a", ".mp3", ".png", ".webp"}  # packed as is


class PackageError(MediaScreenError, RuntimeError):
    """A package can't be made: there is nothing to pack, or a file changed meanwhile."""


@dataclass(frozen=True, slots=True)
class PackedFile:
    """One file of a package: its name in it, where it lies now, and its SHA-256."""

    name: str
    path: Path
    sha256: str


def files_in(folder: Path) -> dict[str, Path]:
    """Return the files in a folder by their names within it."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in files}


def hashed(files: Mapping[str, Path]) -> list[PackedFile]:
    """Return files in the order of their names, each with its hash."""
    return [PackedFile(name, path, sha256_of(path)) for name, path in sorted(files.items())]


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    digest = hashlib.sha256()
    for block in _blocks(path):
        digest.update(block)
    return digest.hexdigest()


def write_zip(
    target: Path, folder: str, files: Sequence[PackedFile], more: Mapping[str, bytes] | None = None
) -> None:
    """Write all into one folder of a new ZIP, which takes its place when it is whole."""
    temporary, opened = new_file(target)
    try:
        with opened as stream, zipfile.ZipFile(stream, "w") as archive:
            for one in files:
                _add(archive, f"{folder}/{one.name}", _checked(one))
            for name, data in sorted((more or {}).items()):
                _add(archive, f"{folder}/{name}", [data])
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_folder(target: Path, files: Sequence[PackedFile]) -> None:
    """Write all into a new folder, which takes its place when it is whole."""
    with tempfile.TemporaryDirectory(prefix=HALF_PORTABLE, dir=target.parent) as name:
        made = Path(name) / "made"
        made.mkdir(mode=0o755)
        for one in files:
            path = made / one.name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as stream:
                stream.writelines(_checked(one))
        if target.is_dir():
            target.rmdir()  # an empty one, or this fails
        made.rename(target)


def _add(archive: zipfile.ZipFile, name: str, blocks: Iterable[bytes]) -> None:
    entry = zipfile.ZipInfo(name, _EARLIEST)
    entry.create_system = 3  # Unix, whatever this is, so that modes are read
    entry.external_attr = 0o644 << 16
    stored = Path(name).suffix.lower() in _STORED
    entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with archive.open(entry, "w", force_zip64=True) as stream:
        for block in blocks:
            stream.write(block)


def _checked(file: PackedFile) -> Iterator[bytes]:
    """Give a file's content; raises PackageError when it is not what was hashed before."""
    digest = hashlib.sha256()
    for block in _blocks(file.path):
        digest.update(block)
        yield block
    if digest.hexdigest() != file.sha256:
        raise PackageError(f"{file.name} changed while it was packed: make the package again")


def _blocks(path: Path) -> Iterator[bytes]:
    with open_regular(path) as stream:
        yield from iter(partial(stream.read, _BLOCK), b"")

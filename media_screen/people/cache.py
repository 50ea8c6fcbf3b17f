"""Where what was found in the references of people is kept, when that can't be beside them.

People may lie in a folder that is mounted read-only or belongs to another user. Nothing is then
written there, and nothing that was found before is lost: it is taken over.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import shutil
import tempfile
from pathlib import Path

from media_screen.files import open_regular, private_folder, write_atomically
from media_screen.folders import CACHE_FOLDER
from media_screen.footage.original.proxy import Proxies

GALLERY, CATALOGUE = "gallery.sqlite", "catalogue.sqlite"
PROXIES = "proxies"  # folder of small copies of the official videos, by the hash of their content
ORIGINALS = "originals"  # in the output of a scan: what is enrolled, and its official posts
ENROLMENT_PAGE = "enrolment.html"  # in the cache: what was made of the references, to read
REFERENCES = "references"  # in the output of a scan: the cache of people that can't be written


def cache_folder(people: Path, instead: Path | None = None) -> Path:
    """Return a folder that can be written: the one beside the people, else `instead`.

    Without `instead` it is a private temporary one, which goes with this process. Raises OSError
    when `instead` can't be written either.
    """
    beside = people / CACHE_FOLDER
    if _can_be_written(beside):
        return beside
    folder = _temporary() if instead is None else instead
    private_folder(folder)
    for name in (GALLERY, CATALOGUE):
        _take_over(beside / name, folder / name)
    return folder


def proxies_of(people: Path, cache: Path) -> Proxies:
    """Return the proxies of enrolled people: those in their cache, and what lies beside them.

    Those beside people who can't be written are read where they are, being large.
    """
    folders = dict.fromkeys((cache / PROXIES, people / CACHE_FOLDER / PROXIES))
    return Proxies(tuple(folders))


def _can_be_written(folder: Path) -> bool:
    try:
        private_folder(folder)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        return False
    files = (folder / name for name in (GALLERY, CATALOGUE))
    return all(os.access(file, os.W_OK) for file in files if file.exists())


@functools.cache  # one for each process
def _temporary() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="media-screen-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _take_over(source: Path, target: Path) -> None:
    """Copy a database that nobody is writing; without it all is read again."""
    journal = source.with_name(source.name + "-wal")
    with contextlib.suppress(OSError):
        if source.is_file() and not target.exists() and not journal.exists():
            with open_regular(source) as stream:
                write_atomically(target, iter(lambda: stream.read(1 << 20), b""))

"""Writing and removing files whole and privately, and never through a link.

What the program keeps is about people's faces and voices, so its files are readable by their owner
alone, whatever the umask, in folders that nobody else enters. A name that is a link is refused: it
may lead to any file of the user's. What else could happen between the look at a name and its use
can't, since nobody else may write into these folders.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700  # modes: for the owner alone
# Nothing is followed, nothing waits for the other end of a pipe, no text is translated.
_CAREFULLY = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_OF_NAME = 80  # bytes of a file's name that its temporary one keeps; file systems take 143 and more
JOURNALS = ("-wal", "-shm", "-journal")  # what SQLite leaves beside a database
# What is written into a folder of results: the results in each form, what is known of them, pages
# and pictures; what an earlier version left; and what is half written when the program is killed.
_OUTPUT = re.compile(
    r"results\.(?:[\w-]+\.)?(?:jsonl|json|csv|graphml|gexf|zip)(?:\.old)?"
    r"|(?:campaigns|ledger)\.jsonl|(?:watch|scanned|people|changes)\.json"
    rf"|(?:state|memory|campaigns|observed)\.sqlite(?:{'|'.join(JOURNALS)}|\.old)?"
    r"|report|thumbs|references|originals"
    r"|\.results\.(?:package|portable)-\w+|\..+\.[0-9a-f]+\.tmp",
    re.ASCII | re.DOTALL,
)


def is_result(name: str) -> bool:
    """Tell whether the program writes a file or folder of this name into a folder of results."""
    return bool(_OUTPUT.fullmatch(name))


def write_atomically(
    path: Path, chunks: Iterable[bytes], *, durable: bool = False, mode: int = PRIVATE_FILE
) -> None:
    """Write the chunks to `path` in one step: a reader sees the old file or the new one.

    With `durable` it is on the disk before the old one goes.

    The new file is private, unless it takes the place of the user's own, which had another `mode`.
    A link at `path` is replaced, and where it leads is left alone; what is neither file nor link (a
    device, a folder) is refused with an OSError.
    """
    with contextlib.suppress(FileNotFoundError):
        kind = path.lstat().st_mode
        if not (stat.S_ISREG(kind) or stat.S_ISLNK(kind)):
            raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    temporary, opened = new_file(path)
    try:
        with opened as stream:
            stream.writelines(chunks)
            _make_private(stream.fileno(), mode)
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def new_file(path: Path) -> tuple[Path, BinaryIO]:
    """Begin a private file beside `path`, to take its place once it is whole."""
    # A name that can't be foreseen, and must be new: nobody can lay a link there before.
    name = os.fsencode(path.name)[:_OF_NAME].decode("utf-8", "ignore") or "file"
    temporary = path.with_name(f".{name}.{secrets.token_hex(8)}.tmp")
    file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _CAREFULLY, PRIVATE_FILE)
    _make_private(file, PRIVATE_FILE)
    return temporary, open(file, "wb")


def open_private(path: Path, flags: int, *, make: bool = True) -> int:
    """Open a file of the program's own, by default made where missing; returns the descriptor.

    Raises OSError for a link, for what is no regular file, and for a file that has a second name,
    which would be written as well.
    """
    try:
        file = os.open(path, flags | (os.O_CREAT if make else 0) | _CAREFULLY, PRIVATE_FILE)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK):
            raise _refused("it is a link, and links are not followed", path) from error
        raise
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            raise _refused("it is not a regular file", path)
        if status.st_nlink > 1:
            raise _refused("it has a second name (a hard link), which would change too", path)
        _make_private(file, PRIVATE_FILE)
    except BaseException:
        os.close(file)
        raise
    return file


def open_regular(path: Path) -> BinaryIO:
    """Open a file to read it; a pipe or device, which may never end, is refused with an OSError."""
    file = os.open(path, os.O_RDONLY | _CAREFULLY & ~getattr(os, "O_NOFOLLOW", 0))
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise _refused("it is not a regular file", path)
    return open(file, "rb")


def read_regular(path: Path) -> bytes:
    """Return what stands in a file; a pipe or device is refused with an OSError."""
    with open_regular(path) as stream:
        return stream.read()


def private_folder(path: Path) -> None:
    """Make a folder of the program's own, and those above it; make one that is there private.

    One that is there only loses rights: what its owner made read-only stays so.

    Raises OSError when it is a link, no folder, or another user's.
    """
    if not path.parent.exists():
        private_folder(path.parent)
    rights = PRIVATE_FOLDER
    try:
        path.mkdir(mode=PRIVATE_FOLDER)
        status = path.lstat()
    except FileExistsError:
        status = path.lstat()
        rights &= status.st_mode
    if stat.S_ISLNK(status.st_mode):
        raise _refused("it is a link, and links are not followed", path)
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
    refuse_strangers(path)
    if stat.S_IMODE(status.st_mode) != rights and os.name == "posix":
        path.chmod(rights)


def refuse_strangers(folder: Path) -> None:
    """Raise OSError when a folder is another user's, who could change what is in it at any time.

    The system's own user, who can do so everywhere, counts as no other, and may use all folders.
    """
    if hasattr(os, "geteuid") and os.geteuid() != 0:
        owner = folder.stat().st_uid
        if owner not in (0, os.geteuid()):
            raise _refused("it belongs to another user", folder)


def facts(status: os.stat_result) -> str:
    """Return what changes when a file is written or replaced, even if its size and time are kept.

    The time of change of the entry (ctime) can't be set back as that of the content can; it also
    changes with the mode or a new link, so facts that differ only say that the content may.
    """
    return ":".join(
        str(part)
        for part in (status.st_size, status.st_mtime_ns, status.st_ino, status.st_ctime_ns)
    )


def file_id(path: Path) -> str:
    """Return 16 hex digits that differ for each file of this machine, however it is shown."""
    # By where its folder really is, so that it is one file through every path that leads to it.
    place = os.path.join(os.path.realpath(path.parent), path.name)
    return hashlib.sha256(os.fsencode(place)).hexdigest()[:16]


def ready_database(path: Path) -> None:
    """Make an SQLite file private before it is opened, with the journals beside it; or refuse.

    SQLite itself follows links, writes into a file of any other name, too, and gives new journals
    the mode that the database has.
    """
    for file in _with_journals(path)[1:]:
        with contextlib.suppress(FileNotFoundError):
            os.close(open_private(file, os.O_RDWR, make=False))
    os.close(open_private(path, os.O_RDWR))


def remove_database(path: Path) -> None:
    """Remove an SQLite file with the journals beside it, which must not be laid over a new one."""
    for file in _with_journals(path):
        file.unlink(missing_ok=True)


def _with_journals(path: Path) -> tuple[Path, ...]:
    return tuple(path.with_name(path.name + suffix) for suffix in ("", *JOURNALS))


def _make_private(file: int, mode: int) -> None:
    """Give an open file its mode: what `os.open` was told is less what the umask takes away."""
    if hasattr(os, "fchmod") and stat.S_IMODE(os.fstat(file).st_mode) != mode:
        os.fchmod(file, mode)


def _refused(why: str, path: Path) -> OSError:
    return OSError(errno.EPERM, why, str(path))

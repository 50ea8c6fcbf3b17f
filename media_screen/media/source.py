"""The bytes of one file, opened once: what is hashed is what is decoded, wherever the path leads.

A path can lead to another file from one moment to the next. So each pass over a file reads from the
descriptor that was opened first, at a place of its own, and whether the file was written to or
replaced meanwhile can be asked at the end.
"""

from __future__ import annotations

import functools
import hashlib
import io
import os
import stat
from pathlib import Path
from typing import BinaryIO, Literal, Protocol, cast

from media_screen.files import facts
from media_screen.media.errors import MediaError

_BLOCK = 1 << 20  # bytes read at a time while hashing
# A pipe with nobody at its other end would be waited for.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Openable(Protocol):
    """What can be opened to be read from its beginning: a path, or a source."""

    def open(self, mode: Literal["rb"], /) -> BinaryIO:
        """Open it; each stream has its own place."""


class Source:
    """An open file. Use `with Source(path) as source`; raises MediaError for what is no file."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = os.open(path, _FLAGS)
        except OSError as error:
            raise MediaError(f"the file can't be opened: {error.strerror or error}") from error
        self.path = path
        status = os.fstat(self._file)
        if not stat.S_ISREG(status.st_mode):
            os.close(self._file)
            raise MediaError("it is not a regular file")
        self._facts, self.size = facts(status), status.st_size

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; streams that were opened stay open."""
        os.close(self._file)

    def open(self, _mode: Literal["rb"] = "rb", /) -> BinaryIO:
        """Return a stream over the same bytes; as of a path, so that either can be given."""
        return cast(BinaryIO, io.BufferedReader(_Reader(os.dup(self._file))))

    @functools.cached_property
    def sha256(self) -> str:
        """The SHA-256 of the bytes in hex; read when it is first asked for."""
        return self._hashed()

    def refuse_change(self) -> None:
        """Raise MediaError when the file was written to, or its path leads to another one now.

        A new mode or link changes the facts and not the content: then the content decides.
        """
        try:
            now = os.stat(self.path)
        except OSError:
            now = None
        if now is not None and facts(now) == self._facts:
            return
        opened = os.fstat(self._file)
        same = now is not None and os.path.samestat(now, opened)
        if not (same and opened.st_size == self.size and self._hashed() == self.sha256):
            raise MediaError(
                "the file changed while it was screened: screen it when nothing writes to it",
                reason="changed",
            )

    def _hashed(self) -> str:
        digest = hashlib.sha256()
        try:
            with self.open() as stream:
                while block := stream.read(_BLOCK):
                    digest.update(block)
        except OSError as error:
            raise MediaError(f"the file can't be read: {error.strerror or error}") from error
        return digest.hexdigest()


class _Reader(io.RawIOBase):
    """Reads a descriptor at a place of its own, which others that read it do not move."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._file

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = os.pread(self._file, len(buffer), self._at)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at}.get(whence)
        at = (os.fstat(self._file).st_size if start is None else start) + offset
        if at < 0:
            raise ValueError(f"a place in a file is 0 or more, got {at}")
        self._at = at
        return at

    def tell(self) -> int:
        return self._at

    def close(self) -> None:
        if not self.closed:
            os.close(self._file)
        super().close()

"""Reads a large or damaged sidecar piece by piece: what is wanted is kept, up to where it breaks.

Thousands of comments make a sidecar of any size. They are read over, as are the lists of formats
and fragments, so that memory depends on what is kept and not on what a record holds.
"""

from __future__ import annotations

import codecs
import hashlib
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from media_screen.errors import MediaScreenError
from media_screen.files import open_regular

MAX_BYTES = 1 << 30  # read of one file; some 10 s of a processor when it holds comments
MAX_EVENTS = 100_000_000  # keys, values and ends read of one file; some 20 s, were it only these
_MAX_TEXT = 40_000  # characters of one value
_LONGEST = 512 << 10  # bytes of a text that are parsed; `_MAX_TEXT` characters never have more
# Given to the parser at once, which begins an unfinished text anew with each: few for a long one.
_BLOCK = 128 << 10  # bytes
_BETWEEN = re.compile(rb"[\s,:\[\]{}]")  # what stands between values, of which a number has nothing
_MAX_DEPTH = 40  # of lists and objects in one another
_MAX_VALUES = 20_000  # kept below the top level
_MAX_FIELDS = 2_000  # kept of the top level
# What is large and says nothing of the post: words of others, and what could have been downloaded.
_BULK = frozenset(
    (
        "comments",
        "formats",
        "fragments",
        "subtitles",
        "automatic_captions",
        "thumbnails",
        "heatmap",
        "entries",
        "chapters",
        "requested_subtitles",
        "http_headers",
    )
)


class TooMuchError(MediaScreenError, ValueError):
    """A file of JSON holds more than is read of one."""


def read_stream(path: Path) -> tuple[Any, str]:
    """Return what a JSON file holds without its bulk, and why it ended early, "" when it did not.

    The value is None when the file does not begin with an object. Raises OSError.
    """
    import ijson  # here, because few sidecars need it

    builder = ijson.ObjectBuilder()
    with open_regular(path) as file:
        try:
            for event, value in _wanted(events_of(file)):
                builder.event(event, value)
        except (ijson.JSONError, ValueError, OverflowError) as error:
            return getattr(builder, "value", None), damage_of(error)
    return getattr(builder, "value", None), ""


def damage_of(error: Exception) -> str:
    """Return what is wrong with a file, by the error that ended its reading."""
    why = " ".join(str(error).split())[:80]
    return why if isinstance(error, TooMuchError) else f"not valid JSON: {why}"


def events_of(file: BinaryIO) -> Iterator[tuple[str, Any]]:
    """Give what the parser meets in a file of JSON, up to its bounds; of long texts the beginning.

    Raises ijson.JSONError, ValueError or OverflowError where the JSON is damaged or too much.
    """
    import ijson

    events = ijson.basic_parse(as_utf8(file), use_float=True, buf_size=_BLOCK)
    yield from itertools.islice(events, MAX_EVENTS)
    if next(events, None) is not None:
        raise TooMuchError(f"expected at most {MAX_EVENTS} values")


def sha256_of(path: Path) -> str:
    """Return the hex SHA-256 of a file, as far as one is read; raises OSError."""
    digest = hashlib.sha256()
    with open_regular(path) as file:
        read = _Limited(file, MAX_BYTES + 1)  # a longer one is damaged
        while block := read.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


class _Limited:
    """The first bytes of a file, as a file."""

    def __init__(self, file: BinaryIO, limit: int) -> None:
        self._file, self._left = file, limit

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, none after the limit."""
        data = self._file.read(min(size, self._left) if size >= 0 else self._left)
        self._left -= len(data)
        return data


def as_utf8(file: BinaryIO) -> Any:
    """Return a file that gives the text of another as UTF-8, whatever encoding JSON is in.

    It ends after `MAX_BYTES`, and a text in it after `_LONGEST`; reading a number as long raises
    TooMuchError.
    """
    encoding = json.detect_encoding(file.read(4))
    file.seek(0)
    limited: Any = _Limited(file, MAX_BYTES)
    # What is no text becomes a sign that no id or handle can hold.
    return _Shortened(codecs.EncodedFile(limited, "utf-8", encoding, "replace"))


class _Shortened:
    """A file of JSON in UTF-8 without what goes on after `_LONGEST` bytes of a text."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._held = b""  # a backslash, when what it escapes is in the next block
        self._in_text = False
        self._length = 0  # bytes of blocks, since one in which a text or number ended

    def read(self, size: int = -1) -> bytes:
        """Return about `size` bytes, none at the end."""
        while data := self._file.read(size):
            if kept := self._kept(self._held + data):
                return kept
        rest, self._held = self._held, b""
        return rest

    def _kept(self, block: bytes) -> bytes:
        # Escaped quotes are blanked: every one that is left begins or ends a text.
        plain = block.replace(rb"\\", b"__").replace(rb"\"", b"__")
        self._held = b"\\" if plain.endswith(b"\\") else b""
        block = block.removesuffix(self._held)
        quotes = plain.count(b'"')
        if not quotes and (self._in_text or not _BETWEEN.search(plain)):
            return self._kept_of_one_value(block)
        was_cut = self._in_text and self._length > _LONGEST
        self._in_text ^= quotes % 2 == 1
        self._length = 0
        return block[plain.find(b'"') :] if was_cut else block

    def _kept_of_one_value(self, block: bytes) -> bytes:
        """Return what is passed on of a block in which no text and no number ends."""
        before, self._length = self._length, self._length + len(block)
        if self._length <= _LONGEST:
            return block
        if not self._in_text:
            raise TooMuchError(f"expected numbers of at most {_LONGEST} digits")
        # Zeros end a "\u12" at which the block before may have broken off.
        return b"0000" if before <= _LONGEST else b""


def _wanted(events: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Pass on the events of what is kept: no bulk, nothing too deep, texts cut, within a budget."""
    depth = fields = values = 0
    over: int | None = None  # the depth at which a value that is read over began
    for event, value in events:
        step = event.startswith("start_") - event.startswith("end_")
        if over is not None:
            depth += step
            if depth == over and event != "map_key":
                over = None
            continue
        if event == "map_key":
            fields += depth == 1
            if value in _BULK or (fields > _MAX_FIELDS if depth == 1 else values > _MAX_VALUES):
                over = depth
                continue
        elif depth > 1 and step >= 0:
            values += 1
            if values > _MAX_VALUES or depth + step > _MAX_DEPTH:
                over = depth if step else None
                depth += step
                continue
        depth += step
        yield event, value[:_MAX_TEXT] if isinstance(value, str) else value

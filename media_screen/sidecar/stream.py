"""Reads a large or damaged sidecar piece by piece: what is wanted is kept, up to where it breaks.

Thousands of comments make a sidecar of any size. They are read over, as are the lists of formats
and fragments, so that memory depends on what is kept and not on what a record holds.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

MAX_BYTES = 1 << 30  # read of one file; some 20 s of a processor
_MAX_TEXT = 40_000  # characters of one value
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


def read_stream(path: Path) -> tuple[Any, str]:
    """Return what a JSON file holds without its bulk, and why it ended early, "" when it did not.

    The value is None when the file does not begin with an object. Raises OSError.
    """
    import ijson  # here, because few sidecars need it

    builder = ijson.ObjectBuilder()
    with path.open("rb") as file:
        try:
            for event, value in _wanted(ijson.basic_parse(as_utf8(file), use_float=True)):
                builder.event(event, value)
        except (ijson.JSONError, ValueError, OverflowError) as error:
            return getattr(builder, "value", None), " ".join(str(error).split())[:80]
    return getattr(builder, "value", None), ""


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

    It ends after `MAX_BYTES`.
    """
    encoding = json.detect_encoding(file.read(4))
    file.seek(0)
    limited: Any = _Limited(file, MAX_BYTES)
    # What is no text becomes a sign that no id or handle can hold.
    return codecs.EncodedFile(limited, "utf-8", encoding, "replace")


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

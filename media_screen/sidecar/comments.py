"""Reads the comments that yt-dlp keeps in a sidecar (`--write-comments`), one after the other.

There may be hundreds of thousands, all written by strangers: one is in memory at a time, with
its texts cut, and a field of a wrong type is as good as none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from media_screen.errors import MediaScreenError
from media_screen.files import open_regular
from media_screen.sidecar.fields import MAX_NAME, MAX_TIMESTAMP, clean, id_of, number_of
from media_screen.sidecar.stream import damage_of, events_of

MAX_COMMENT = 2_000  # characters of a comment; YouTube allows 10,000, and nearly none has 2,000
_FIELDS = frozenset(("id", "text", "author", "author_id", "timestamp"))
_INSIDE = 3  # how deep the fields of a comment lie: record, list, comment


class CommentsError(MediaScreenError, ValueError):
    """The comments of a sidecar can't be read, or not further; the message says why."""


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment as yt-dlp keeps it; every text in it is untrusted.

    `moment_s` is in seconds since 1970, None where nobody knows. YouTube tells only how long ago
    a comment was written, so that yt-dlp's is rounded to the minute, hour or day.
    """

    id: str
    text: str
    author: str
    author_id: str
    moment_s: float | None


def read_comments(path: Path) -> Iterator[Comment]:
    """Give the comments of a sidecar in their order; memory does not grow with their number.

    Raises CommentsError where the file can't be opened or breaks off, after what could be read.
    """
    import ijson  # here, because few sidecars hold comments

    try:
        with open_regular(path) as file:
            for record in _records(events_of(file)):
                yield _comment(record)
    except OSError as error:
        raise CommentsError(f"{path.name}: can't be read: {error.strerror or error}") from error
    except (ijson.JSONError, ValueError, OverflowError) as error:
        message = f"{path.name}: {damage_of(error)}: comments are used as far as it goes"
        raise CommentsError(message) from error


def _records(events: Iterator[tuple[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give the wanted fields of each comment; what is deeper in one is read over."""
    depth, listed, key = 0, False, ""
    record: dict[str, Any] = {}
    for event, value in events:
        if event == "map_key":
            if depth == 1:
                listed = value == "comments"
            key = value if listed and depth == _INSIDE and value in _FIELDS else ""
        elif event.startswith("start_"):
            depth += 1
            if depth == _INSIDE:
                record = {}
            key = ""
        elif event.startswith("end_"):
            if event == "end_map" and listed and depth == _INSIDE:
                yield record
            depth -= 1
        elif key:
            record[key] = value


def _comment(record: Mapping[str, Any]) -> Comment:
    return Comment(
        id=id_of(record.get("id")) or "",
        text=_text(record.get("text"), MAX_COMMENT),
        author=_text(record.get("author"), MAX_NAME),
        author_id=id_of(record.get("author_id")) or "",
        moment_s=number_of(record.get("timestamp"), low=0, high=MAX_TIMESTAMP),
    )


def _text(value: object, limit: int) -> str:
    return clean(value, limit) if isinstance(value, str) else ""

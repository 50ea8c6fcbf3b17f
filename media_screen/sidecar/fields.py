"""Reads typed values out of an untrusted record, and notes what was wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MAX_NAME = 200  # characters of a handle, id, display name or tag; the sites allow 30 to 100
MAX_URL = 2_048  # characters
MAX_TAGS = 200
MAX_TIMESTAMP = 4_102_444_800  # seconds since 1970; the year 2100
_MAX_PROBLEMS = 20  # lines; a hostile record must not fill a report
_MAX_SHOWN = 40  # characters of a wrong value that a problem line quotes

# The extractor tests of yt-dlp write these where the value is volatile. In a record of a download
# they are what somebody wrote: "re: my answer" is a title.
_PLACEHOLDER = re.compile(
    r"<(?:type:\w+|expr)>|md5:[0-9a-f]{32}|(?:min|max)?count:\d+|(?:re|startswith|contains):.*",
    re.DOTALL,
)
_UNSAFE = re.compile("[\x00\ud800-\udfff]")


@dataclass
class Fields:
    """Reads typed values out of an untrusted record and notes what was wrong.

    A key with dots leads into objects: "author.id". Of several keys the first that holds something
    counts, and the others are not looked at. A record that was `wrapped` is that of a test, and
    placeholders stand for values in it.
    """

    record: Mapping[str, Any]
    wrapped: bool = False
    problems: list[str] = field(default_factory=list)

    def _get(self, key: str) -> Any:
        value: Any = self.record
        for name in key.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        is_placeholder = self.wrapped and isinstance(value, str) and _PLACEHOLDER.fullmatch(value)
        return None if is_placeholder else value

    def problem(self, key: str, expected: str, value: object) -> None:
        """Note that a field held something else than expected."""
        line = f"{key}: expected {expected}, got {_shown(value)}"
        if line not in self.problems and len(self.problems) < _MAX_PROBLEMS:
            self.problems.append(line)

    def text(self, key: str, limit: int) -> str:
        """Return a text, cut to `limit` characters, or ""."""
        value = self._get(key)
        if value is None or isinstance(value, str):
            return clean(value or "", limit)
        self.problem(key, "text", value)
        return ""

    def first_text(self, keys: Sequence[str], limit: int) -> str:
        """Return the first text that one of the fields holds, or ""."""
        return next(filter(None, (self.text(key, limit) for key in keys)), "")

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the texts of a list, without those that are none."""
        value = self._get(key)
        if value is None:
            return ()
        if not isinstance(value, Sequence) or isinstance(value, str):
            self.problem(key, "a list of texts", value)
            return ()
        kept = [clean(item, MAX_NAME) for item in value[:MAX_TAGS] if isinstance(item, str)]
        if wrong := [item for item in value[:MAX_TAGS] if not isinstance(item, str)]:
            self.problem(key, "only texts in the list", wrong[0])
        return tuple(filter(None, kept))

    def id(self, key: str) -> str:
        """Return an id as text, or ""."""
        value = self._get(key)
        if value is None:
            return ""
        found = id_of(value)
        if found is None:
            self.problem(key, f"an id of at most {MAX_NAME} characters", value)
        return found or ""

    def number(self, key: str, *, low: float, high: float) -> float | None:
        """Return a finite number within bounds, or None."""
        value = self._get(key)
        if value is None:
            return None
        found = number_of(value, low=low, high=high)
        if found is None:
            self.problem(key, f"a number from {low:g} to {high:g}", value)
        return found

    def first_number(self, keys: Sequence[str], *, low: float, high: float) -> float | None:
        """Return the first number that one of the fields holds, or None."""
        found = (self.number(key, low=low, high=high) for key in keys)
        return next((number for number in found if number is not None), None)

    def flag(self, key: str) -> bool:
        """Return whether the field is literally true."""
        value = self._get(key)
        if value is not None and not isinstance(value, bool):
            self.problem(key, "true or false", value)
        return value is True

    def url(self, key: str) -> str:
        """Return an http(s) address, or ""."""
        value = self._get(key)
        url = url_or_empty(value)
        if value and not url:
            self.problem(key, f"an http(s) address of at most {MAX_URL} characters", value)
        return url


def id_of(value: object) -> str | None:
    """Return an id as text, None for what is none: a shortened id would be another id."""
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() <= 128:
        return str(value)  # some extractors give numbers
    return clean(value, MAX_NAME) if isinstance(value, str) and len(value) <= MAX_NAME else None


def number_of(value: object, *, low: float, high: float) -> float | None:
    """Return a finite number within bounds, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if low <= value <= high else None  # NaN compares false


def _shown(value: object) -> str:
    if isinstance(value, str):
        cut = ascii(value[:_MAX_SHOWN])
        return f"str {cut}{'...' if len(value) > _MAX_SHOWN else ''}"
    if isinstance(value, float) or (isinstance(value, int) and value.bit_length() <= 128):
        return f"{type(value).__name__} {value}"
    return type(value).__name__


def clean(text: str, limit: int) -> str:
    """Return a text that any program can hold: trimmed, cut, without NUL and lone surrogates."""
    # Lone surrogates can't be written as UTF-8, and NUL ends a text in too many programs.
    return _UNSAFE.sub("\ufffd", text.strip()[:limit])


def url_or_empty(value: object) -> str:
    """Return an http(s) address as it is, and "" for anything else (javascript:, file:, junk)."""
    if not isinstance(value, str) or len(value) > MAX_URL:
        return ""
    url = clean(value, MAX_URL)
    return url if url.lower().startswith(("http://", "https://")) else ""

"""Makes text plain for terminals and logs: what is untrusted hides, colours and links nothing."""

from __future__ import annotations

import logging
from typing import Any

_ESCAPED = {'"': '\\"', "\\": "\\\\"}  # by TOML


def plain(text: str) -> str:
    """Make untrusted text safe for a terminal: no control, bidi or escape characters."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def plain_lines(text: str) -> str:
    """Make untrusted lines safe for a terminal, each by itself."""
    return "\n".join(plain(line) for line in text.splitlines())


def toml_text(text: str) -> str:
    """Return a text as TOML writes it, in one line and without what steers a terminal."""
    return '"' + "".join(map(_toml_letter, text)) + '"'


def _toml_letter(letter: str) -> str:
    if letter.isprintable():
        return _ESCAPED.get(letter, letter)
    number = ord(letter)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def counted(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun: "1 file", "2 files", "1 copy", "2 copies"."""
    return f"{count} {one if count == 1 else many or one + 's'}"


class PlainFormatter(logging.Formatter):
    """Formats log records so that no name or error in them can write lines or colours of its own.

    What belongs to a record after its first line, a traceback, is set in.
    """

    def __init__(self) -> None:
        super().__init__("%(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return the message without what terminals obey."""
        return plain(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:
        """Return the traceback, indented, each line plain."""
        lines = super().formatException(ei).splitlines()
        return "\n".join(f"    {plain(line)}" for line in lines)


def log_plainly(level: int) -> None:
    """Send the log of this process to stderr, each record plain, unless it goes somewhere yet."""
    handler = logging.StreamHandler()
    handler.setFormatter(PlainFormatter())
    logging.basicConfig(level=level, handlers=[handler])

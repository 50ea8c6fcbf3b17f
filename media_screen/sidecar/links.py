"""Finds the addresses that are written in a text."""

from __future__ import annotations

import re

MAX_LINKS = 50  # of one post; a text with more is a list of links
# Up to what can't stand in an address as people write it: spaces, quotes, brackets, Han and its
# punctuation, which follows an address without a space.
_LINK = re.compile(r"https?://[^\s<>\"'\u00ab\u00bb\u201c\u201d\u2e80-\U0010ffff]{4,2000}", re.I)
_AFTER = ".,;:!?)]}*_~"  # ends the sentence around an address, not the address


def links_in(text: str) -> tuple[str, ...]:
    """Return the http(s) addresses in a text, each once, in the order in which they stand.

    They are untrusted, and nothing follows them.
    """
    found = (link.rstrip(_AFTER) for link in _LINK.findall(text))
    return tuple(dict.fromkeys(found))[:MAX_LINKS]

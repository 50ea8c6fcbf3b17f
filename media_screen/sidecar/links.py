"""Finds the addresses that are written in a text."""

from __future__ import annotations

import re

from media_screen.sidecar.fields import MAX_URL

MAX_LINKS = 50  # of one post; a text with more is a list of links
# What can stand in an address as people write it: no spaces, quotes and dashes of print, arrows and
# other signs, Han and its punctuation, emoji; these follow an address without a space.
IN_LINK = r"[^\s<>\"'`\u00ab\u00bb\u200b-\u206f\u2190-\u2bff\u2e80-\U0010ffff]"
_LINK = re.compile(rf"https?://(?=[^\W_]){IN_LINK}{{4,}}", re.I)
_AFTER = ".,;:!?*"  # ends the sentence around an address, not the address
_BRACKETS = {")": "(", "]": "[", "}": "{"}


def links_in(text: str) -> tuple[str, ...]:
    """Return the http(s) addresses in a text, each once, in the order in which they stand.

    They are untrusted, and nothing follows them.
    """
    found = dict.fromkeys(_alone(link) for link in _LINK.findall(text) if len(link) <= MAX_URL)
    return tuple(found)[:MAX_LINKS]


def _alone(link: str) -> str:
    """Return an address without the end of the sentence, and the brackets, around it."""
    while link.endswith(tuple(_AFTER)) or _closes(link):
        link = link[:-1]
    return link


def _closes(link: str) -> bool:
    """Say whether the last sign of an address closes a bracket that was opened before it."""
    opened = _BRACKETS.get(link[-1])
    return opened is not None and link.count(link[-1]) > link.count(opened)

"""Compares texts as optical character recognition gives them: l, 1 and I are one letter there."""

from __future__ import annotations

import unicodedata

_SAME = str.maketrans({"l": "i", "1": "i", "|": "i", "0": "o", "5": "s", "8": "b", "9": "g"})


def fold(text: str) -> str:
    """Return what two readings of one text share: no case, accents, spaces or punctuation.

    Letters that are mixed up in reading become one.
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text)).casefold()
    return "".join(c for c in plain.translate(_SAME) if c.isalnum())


def is_letter(char: str) -> bool:
    """Say whether a character would continue a word before or after it; Chinese has no words."""
    return char.isalnum() and ord(char) < 0x2E80


def within_one(a: str, b: str) -> bool:
    """Say whether one change, insertion or removal of a character at most turns `a` into `b`."""
    if len(a) > len(b):
        a, b = b, a
    if len(b) - len(a) > 1:
        return False
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(a))
    return a[at + 1 :] == b[at + 1 :] if len(a) == len(b) else a[at:] == b[at + 1 :]

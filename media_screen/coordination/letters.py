r"""Knows what belongs to the letters of any script, as it is written in a class of a pattern.

`\w` leaves out the marks that vowels are in Devanagari, Thai or Arabic: a pattern without them
cuts such a word at each of its vowels.
"""

from __future__ import annotations

import unicodedata

# Diacritics that are put over letters of any script. What has a form of its own with its letter
# ("\u00e9") was composed before; the others are piled up by people who want to hide a word.
PILED = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_FIRST, _LAST = 0x300, 0x20000  # the first mark, and where signs that take none begin


def _marks() -> str:
    """Return the marks of all scripts as ranges; those that enclose a sign are no letters."""
    is_mark = [unicodedata.category(chr(code)) in ("Mn", "Mc") for code in range(_FIRST, _LAST)]
    steps = zip([False, *is_mark], [*is_mark, False], strict=True)
    ends = [_FIRST + at for at, (before, after) in enumerate(steps) if before != after]
    ranges = zip(ends[::2], ends[1::2], strict=True)
    return "".join(f"{chr(low)}-{chr(high - 1)}" for low, high in ranges)


MARKS = _marks()
WORD = rf"\w{MARKS}"  # letters, digits, marks and the underscore, for use in [...]

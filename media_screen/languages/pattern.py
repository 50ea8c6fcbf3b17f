"""Sentences with places for what varies, recognised in time that grows with the text alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

SHORT = 11  # characters; what has more fits nothing else by chance
_PLACE = re.compile(r"\{(\w*)(?:[:!][^{}]*)?\}")
_TOUCHING = re.compile(r"(\{\w+\})(?:\{\w+\})+")
_BEFORE, _AFTER = " \n\t;,:\u00b7(", " \n\t;,:\u00b7)"
# Places that hold a name as somebody wrote it, which means nothing that could be translated.
_NAMES = re.compile(
    r"(^|_)(name|path|reference|title|slug|person|platform(_or)?|ids|tie_one|tie_other)$"
)
# Places that hold a time, in seconds or as a clock shows it: "a, 0:01 to 0:02" is no span.
_TIMES = re.compile(r"_(start|end)$")
_TIME = re.compile(r"[-\u2212]?\d[\d:.,]*")


class English(str):
    """A text that no catalogue knows: it is shown as it is, and marked as English."""

    __slots__ = ()


def core(text: str) -> tuple[str, str, str]:
    """Return what stands before a text, the text itself, and what stands after it.

    Blanks and marks at the ends belong to the place where a text stands. A bracket that closes
    what the text opens is its own.
    """
    inner = text.lstrip(_BEFORE)
    before = text[: len(text) - len(inner)]
    kept = inner.rstrip(_AFTER)
    while kept.count("(") > kept.count(")") and inner[len(kept) :].startswith(")"):
        kept += ")"
    return before, kept, inner[len(kept) :]


def placeholders(message: str) -> list[str]:
    """Return the names of the places in a message, in their order."""
    found = _PLACE.findall(message)
    return [name or str(number) for number, name in enumerate(found, 1)]


@dataclass(frozen=True)
class Pattern:
    """A message with places: `{count} faces of {name}`.

    Places that touch can't be told apart, and are one: the first.
    """

    message: str

    @cached_property
    def literals(self) -> tuple[str, ...]:
        """What stands before, between and after the places."""
        return tuple(_PLACE.split(_TOUCHING.sub(r"\1", self.message))[::2])

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the places."""
        return tuple(placeholders(_TOUCHING.sub(r"\1", self.message)))

    @cached_property
    def weight(self) -> int:
        """How many characters are fixed; 0 where none is a letter, which would match anything."""
        fixed = "".join(self.literals)
        return len(fixed) if re.search(r"[^\W\d_]{2}", fixed) else 0

    @property
    def short(self) -> bool:
        """Whether it has few words, as "{} of {}": it counts only when its parts are known."""
        return self.weight < SHORT

    @cached_property
    def fits_by_chance(self) -> bool:
        """Whether it has few words and a name, which may be anything, and nothing holds that name.

        "repeats {path}: {stretch}" is held by how it begins and by the part that must be known.
        """
        named = [names_something(name) for name in self.names]
        return self.short and any(named) and (all(named) or not self.literals[0])

    def match(self, text: str) -> tuple[str, ...] | None:
        """Return what stands in the places of a text, or None where the text is another one.

        The first place at which each literal is found is taken, so that nothing is tried twice: a
        text in which no time stands there, where a time belongs, is taken for another one.
        """
        first, *middle, last = self.literals
        if not text.startswith(first) or not text.endswith(last):
            return None
        at, end, found = len(first), len(text) - len(last), []
        for literal in middle:
            where = text.find(literal, at, end)
            if where < 0:
                return None
            found.append(text[at:where])
            at = where + len(literal)
        if end < at:
            return None
        parts = (*found, text[at:end])
        return parts if all(map(_can_hold, self.names, parts)) else None

    def fill(self, parts: Mapping[str, str]) -> str:
        """Return the message with parts in its places, as plain text."""
        literals, names = self._all
        pairs = zip_longest(literals, (parts.get(name, "") for name in names), fillvalue="")
        return "".join(literal + part for literal, part in pairs)

    @cached_property
    def _all(self) -> tuple[list[str], list[str]]:
        """What stands around all places, and their names, those that touch apart."""
        return _PLACE.split(self.message)[::2], placeholders(self.message)


def _can_hold(place: str, part: str) -> bool:
    return _TIMES.search(place) is None or _TIME.fullmatch(part) is not None


def names_something(place: str) -> bool:
    """Tell whether a place holds a name, which stays as it is in every language."""
    return _NAMES.search(place) is not None

"""One language: its catalogue, its numbers and dates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from importlib.resources import files

from media_screen.errors import MediaScreenError
from media_screen.languages.pattern import English, Pattern, core, names_something

CODES = ("en", "fr", "zh-Hant")
DEEPEST = 6  # sentences within sentences; those of the package have at most four
LONGEST = 20_000  # characters; what is longer is no sentence of this package
VAGUE, SHORT = 5, 12  # fixed characters, below which a pattern needs parts that are known: "to", "of"
MOST_PARTS = 40  # of a text that several sentences make up
REMEMBERED = 20_000  # sentences: those of a page of 5,000 files, several times over

_NUMBER = re.compile(r"([+\-\u2212\u00d7]?)(\d[\d,]{0,20})(\.\d{1,9})?( ?%)?")
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(?::\d\d)?)?")
_QUOTED = re.compile("\u201c[^\u201c\u201d]*\u201d|\"[^\"]*\"|'[^']*'")
_WORDS = re.compile(r"[^\W\d_]{2}")
_ENDS = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_SEPARATORS = ("; ", ": ", ", ", " and ", " (", " \u00b7 ")


class LanguageError(MediaScreenError):
    """A language that the pages are not written in."""


class Language:
    """Says English sentences of this package in a language."""

    def __init__(self, code: str) -> None:
        self.code = code
        self._said = lru_cache(REMEMBERED)(self._say)

    @property
    def english(self) -> bool:
        """Whether all stays as it is."""
        return self.code == "en"

    def say(self, text: str) -> str:
        """Return a text in this language; one that is not known is an `English`."""
        if self.english or not text:
            return text
        return self._said(str(text))

    def message(self, message: str) -> str:
        """Return a message of a template in this language; itself where there is none."""
        before, inner, after = core(message)
        said = self._messages.get(inner)
        return message if said is None else self._mark(before) + said + self._mark(after)

    def _say(self, text: str) -> str:
        if len(text) > LONGEST:
            return English(text)
        said = self._translate(text, 0)
        if said is None and text[:1].isupper():  # a sentence that begins one of the page
            lowered = self._translate(text[:1].lower() + text[1:], 0)
            said = lowered and lowered[:1].upper() + lowered[1:]
        return English(text) if said is None else said

    def _translate(self, text: str, depth: int) -> str | None:
        """Return a text in this language, or None where the catalogue doesn't know it."""
        before, inner, after = core(text)
        if not inner or depth > DEEPEST:
            return None
        said = (
            self._messages.get(inner)
            or self._measure(inner)
            or (inner if _QUOTED.fullmatch(inner) or not _WORDS.search(inner) else None)
            or self._sentences(inner, depth)
            or self._by_pattern(inner, depth)
            or self._split(inner, depth)
        )
        return None if said is None else self._mark(before) + said + self._mark(after)

    def _sentences(self, text: str, depth: int) -> str | None:
        parts = _ENDS.split(text)
        if not 1 < len(parts) <= MOST_PARTS:
            return None
        said = [self._translate(part, depth + 1) for part in parts]
        return None if None in said else self._gap.join(filter(None, said))

    def _by_pattern(self, text: str, depth: int) -> str | None:
        for pattern, said in self._candidates(text):
            found = pattern.match(text)
            if found is not None:
                known = {
                    name: part if names_something(name) else self._translate(part, depth + 1)
                    for name, part in zip(pattern.names, found, strict=True)
                }
                if _enough(pattern.weight, [part is not None for part in known.values()]):
                    parts = zip(known.items(), found, strict=True)
                    return said.fill({name: told or part for (name, told), part in parts})
        return None

    def _split(self, text: str, depth: int) -> str | None:
        for separator in _SEPARATORS:
            parts = text.split(separator)
            if 1 < len(parts) <= MOST_PARTS:
                said = [self._translate(part, depth + 1) for part in parts]
                if None not in said:
                    return self._mark(separator).join(filter(None, said))
        return None

    def _measure(self, text: str) -> str | None:
        """Return a number or a date as this language writes it, or None for another text."""
        number, date = _NUMBER.fullmatch(text), _DATE.fullmatch(text)
        if number:
            return self._number(*number.groups(default=""))
        return self._date(date[1], date[2]) if date else None

    def _number(self, sign: str, whole: str, fraction: str, percent: str) -> str:
        from babel.numbers import format_decimal

        grouped = "," in whole
        pattern = ("#,##0" if grouped else "0") + ("." + "0" * (len(fraction) - 1) if fraction else "")
        value = Decimal(whole.replace(",", "") + fraction)
        said = format_decimal(value, format=pattern, locale=self._locale)
        return sign + said + (self._percent if percent else "")

    def _date(self, day: str, time: str | None) -> str | None:
        from babel.dates import format_date

        try:
            moment = datetime.fromisoformat(day)
        except ValueError:
            return None
        said = format_date(moment, format="medium", locale=self._locale)
        return f"{said} {time}" if time else said

    def _mark(self, mark: str) -> str:
        return self._marks.get(mark, mark)

    @property
    def _locale(self) -> str:
        return self.code.replace("-", "_")

    @property
    def _percent(self) -> str:
        return "\u202f%" if self.code == "fr" else "%"

    @property
    def _gap(self) -> str:
        return "" if self.code == "zh-Hant" else " "

    @cached_property
    def _marks(self) -> dict[str, str]:
        if self.code == "fr":
            return {": ": "\u00a0: ", "; ": "\u202f; ", ":": "\u00a0:", " and ": " et "}
        return {
            ": ": "\uff1a", ":": "\uff1a", "; ": "\uff1b", ", ": "\uff0c", " and ": "\u548c", " (": " (",
        }  # fmt: skip

    @cached_property
    def _messages(self) -> dict[str, str]:
        from babel.messages.pofile import read_po

        path = files("media_screen.languages") / "po" / f"{self.code}.po"
        with path.open("rb") as stream:
            return {
                str(each.id): str(each.string)
                for each in read_po(stream)
                if each.id and each.string and not each.fuzzy
            }

    def _candidates(self, text: str) -> Iterator[tuple[Pattern, Pattern]]:
        opened, free = self._patterns
        own = opened.get(text[:3], ())
        yield from sorted((*own, *free), key=lambda pair: -pair[0].weight) if own else free

    @cached_property
    def _patterns(self) -> tuple[dict[str, list[_Pair]], list[_Pair]]:
        """The messages with places: by how they begin, and those that begin with a place."""
        opened: dict[str, list[_Pair]] = {}
        free: list[_Pair] = []
        for message, said in self._messages.items():
            pattern = Pattern(message)
            if pattern.names and pattern.weight:
                start = pattern.literals[0][:3]
                place = opened.setdefault(start, []) if len(start) == 3 else free
                place.append((pattern, Pattern(said)))
        free.sort(key=lambda pair: -pair[0].weight)
        return opened, free


def _enough(weight: int, known: list[bool]) -> bool:
    """Tell whether a pattern that fits says what the text says, and does not fit by chance."""
    return weight >= SHORT or (any(known) if weight >= VAGUE else all(known))


_Pair = tuple[Pattern, Pattern]
Say = Callable[[str], str]


@lru_cache(len(CODES))
def find_language(code: str) -> Language:
    """Return a language by its code; raise LanguageError for one that there is not."""
    if code not in CODES:
        raise LanguageError(f"language must be one of {', '.join(CODES)}, got {code!r}")
    return Language(code)

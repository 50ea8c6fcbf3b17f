"""One language: its catalogue, its numbers and dates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from importlib.resources import files
from itertools import islice

from media_screen.errors import MediaScreenError
from media_screen.languages.pattern import English, Pattern, core, names_something

CODES = ("en", "fr", "zh-Hant")
DEEPEST = 6  # sentences within sentences; those of the package have at most four
LONGEST = 20_000  # characters; what is longer is no sentence of this package
MOST_SPLITS = 12  # places at which a text is taken apart
MOST_STEPS = 600  # parts looked at for one text, before it stays English
REMEMBERED = 20_000  # sentences: those of a page of 5,000 files, several times over

_NUMBER = re.compile(r"([+\-\u2212\u00d7]?)(\d[\d,]{0,20})(\.\d{1,9})?( ?%)?")
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(?::\d\d)?( UTC)?)?")
# What is quoted, codes, and names of files stay as they are.
_DATA = re.compile(
    "\u201c[^\u201c\u201d]*\u201d|\"[^\"]*\"|'[^']*'|[a-z]+(?:_[a-z]+)+|\\S{1,200}\\.\\w{2,5}"
)
_WORDS = re.compile(r"[^\W\d_]{2}")
_BETWEEN = re.compile(
    r"; |: |, | and | \(| \u00b7 |(?<=[.!?])\s+(?=[A-Z])| (?=\u00d7)"
    r"|(?<=^[a-z]) | (?=[+\u2212-]?\d[\d.,]*$)"
)


class LanguageError(MediaScreenError):
    """A language that the pages are not written in."""


@dataclass(frozen=True, slots=True)
class Said:
    """A text in another language, and how many characters of it no catalogue knows."""

    text: str
    unknown: int


class Language:
    """Says English sentences of this package in a language."""

    def __init__(self, code: str) -> None:
        self.code = code
        self._said = lru_cache(REMEMBERED)(self._say)
        self._known: dict[str, Said] = {}
        self._tried: dict[tuple[str, int], Said] = {}  # of the text that is read now
        self._steps = 0

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
        self._steps = MOST_STEPS
        self._tried.clear()
        if len(self._known) > REMEMBERED:
            self._known.clear()
        said = min(self._as_shown(text), key=lambda one: one.unknown)
        return English(text) if said.unknown >= len(core(text)[1]) else said.text

    def _as_shown(self, text: str) -> Iterator[Said]:
        """Read a text as it is, and as one that lost or got its stop, or got a capital."""
        said = self._translate(text, 0)
        yield said
        if said.unknown and text[-1] not in ".!?":
            stopped = self._translate(text + ".", 0)
            yield Said(stopped.text.rstrip(".\u3002"), stopped.unknown)
        if said.unknown and text.endswith("."):
            unstopped = self._translate(text[:-1], 0)
            yield Said(unstopped.text + self._stop, unstopped.unknown and unstopped.unknown + 1)
        if said.unknown and text[:1].isupper():
            lowered = self._translate(text[:1].lower() + text[1:], 0)
            yield Said(lowered.text[:1].upper() + lowered.text[1:], lowered.unknown)

    def _translate(self, text: str, depth: int) -> Said:
        """Return a text in this language, as far as the catalogue knows it."""
        known = self._known.get(text) or self._tried.get((text, depth))
        if known is None:
            known = self._tried[text, depth] = self._read(text, depth)
            if not known.unknown:
                self._known[text] = known
        return known

    def _read(self, text: str, depth: int) -> Said:
        before, inner, after = core(text)
        told = self._messages.get(inner) or self._measure(inner)
        if told is None and (_DATA.fullmatch(inner) or not _WORDS.search(inner)):
            told = self._messages.get(inner.replace("_", " "), inner)
        if told is not None:
            return Said(self._mark(before) + told + self._mark(after), 0)
        best = Said(inner, len(inner))
        self._steps -= 1
        if depth < DEEPEST and self._steps > 0:
            for said in self._readings(inner, depth):
                best = min(best, said, key=lambda one: one.unknown)
                if not best.unknown:
                    break
        return Said(self._mark(before) + best.text + self._mark(after), best.unknown)

    def _readings(self, text: str, depth: int) -> Iterator[Said]:
        """Give each way to read a text, the most fixed words first."""
        late = []
        for pattern, said in self._candidates(text):
            if pattern.fits_by_chance:
                late.append((pattern, said))
            else:
                yield from self._by_pattern(pattern, said, text, depth)
        yield from self._splits(text, depth)
        for pattern, said in late:
            yield from self._by_pattern(pattern, said, text, depth)

    def _by_pattern(self, pattern: Pattern, said: Pattern, text: str, depth: int) -> Iterator[Said]:
        found = pattern.match(text)
        if found is None:
            return
        parts = [
            Said(self._messages.get(part, part) if name.endswith("_or") else part, 0)
            if names_something(name)
            else self._translate(part, depth + 1)
            for name, part in zip(pattern.names, found, strict=True)
        ]
        filled = dict(zip(pattern.names, (part.text for part in parts), strict=True))
        unknown = sum(part.unknown for part in parts)
        if not unknown or not pattern.short:
            yield Said(said.fill(filled), unknown)

    def _splits(self, text: str, depth: int) -> Iterator[Said]:
        """Give the text in two parts, each of which is known; what stands in brackets need not."""
        for found in islice(_BETWEEN.finditer(text), MOST_SPLITS):
            left = self._translate(text[: found.start()], depth + 1)
            if left.unknown:
                continue
            right = self._translate(text[found.end() :], depth + 1)
            if not right.unknown or (found[0] == " (" and text.endswith(")")):
                ended = text[found.start() - 1] in ".!?" and not found[0].strip()
                between = self._gap if ended else self._mark(found[0])
                yield Said(left.text + between + right.text, right.unknown)

    def _measure(self, text: str) -> str | None:
        """Return a number or a date as this language writes it, or None for another text."""
        number, date = _NUMBER.fullmatch(text), _DATE.fullmatch(text)
        if number:
            return self._number(*number.groups(default=""))
        return self._date(date[1], (date[2] or "") + (date[3] or "")) if date else None

    def _number(self, sign: str, whole: str, fraction: str, percent: str) -> str:
        from babel.numbers import format_decimal

        grouped = "," in whole
        pattern = ("#,##0" if grouped else "0") + (
            "." + "0" * (len(fraction) - 1) if fraction else ""
        )
        value = Decimal(whole.replace(",", "") + fraction)
        said = format_decimal(value, format=pattern, locale=self._locale)
        return sign + said + (self._percent if percent else "")

    def _date(self, day: str, time: str) -> str | None:
        from babel.dates import format_date

        try:
            moment = datetime.fromisoformat(day)
        except ValueError:
            return None
        said = format_date(moment, format="short", locale=self._locale)
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
    def _stop(self) -> str:
        return "\u3002" if self.code == "zh-Hant" else "."

    @property
    def _gap(self) -> str:
        return "" if self.code == "zh-Hant" else " "

    @cached_property
    def _marks(self) -> dict[str, str]:
        if self.code == "fr":
            return {
                ": ": "\u00a0: ",
                "; ": "\u202f; ",
                ":": "\u00a0:",
                " and ": " et ",
                ", and ": " et ",
            }
        return {
            ": ": "\uff1a", ":": "\uff1a", "; ": "\uff1b", ", ": "\uff0c", ", and ": "\uff0c",
            " and ": "\u548c", " (": " (",
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
            # Those of templates have numbers, and are looked up whole.
            if pattern.weight and pattern.names and not pattern.names[0].isdigit():
                start = pattern.literals[0][:3]
                place = opened.setdefault(start, []) if len(start) == 3 else free
                place.append((pattern, Pattern(said)))
        free.sort(key=lambda pair: -pair[0].weight)
        return opened, free


_Pair = tuple[Pattern, Pattern]
Say = Callable[[str], str]


@lru_cache(len(CODES))
def find_language(code: str) -> Language:
    """Return a language by its code; raise LanguageError for one that there is not."""
    if code not in CODES:
        raise LanguageError(f"language must be one of {', '.join(CODES)}, got {code!r}")
    return Language(code)

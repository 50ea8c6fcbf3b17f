"""Finds names in a text in whatever spelling, in a time that grows with the text alone.

Letters are compared as a hurried reader sees them (see `names.alike`): without case and
accents, with look-alikes of other scripts as the Latin letter, traditional Han characters as the
simplified ones. Names of words match whole words; a long name may differ by a letter or two, a
short one may not. Han, kana and Hangul have no spaces, so their names match anywhere in a text.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from media_screen.names.alike import edit_distance, fold_character, simplified

MAX_TEXT = 60_000  # characters searched of one text
# (letters of a name from which so many may differ): "Macron" and "Micron" are two names, "Emmanuel
# Macron" and "Emanuel Makron" one. In each word one may differ, and not its first.
ALLOWED = ((14, 2), (8, 1))
MIN_FUZZY_WORD = 4  # letters of a word in which one may differ
MIN_FUZZY_HAN = 5  # characters: transcribed foreign names, of which one may be another
MIN_ANY_CASE = 4  # letters of a single word; shorter ones ("RN", "Xi") count only as written
MIN_JOINED = 6  # letters of a name written as one word, as in hashtags: "Li Na" is not "Lina"
_GAP = re.compile(r"[^\w\n]{0,3}")  # between the words of a name
_HAN_GAP = re.compile(r"[^\w\n]{0,2}")  # between the characters, such as the dot in foreign names


@dataclass(frozen=True, slots=True)
class FoundName:
    """Where a name stands in a text, as indices, and by how many letters it differs."""

    start: int
    end: int
    distance: int


@dataclass(frozen=True, slots=True)
class _Spelling:
    """One way to write a name: the folded words that follow each other."""

    name: int
    words: tuple[str, ...]
    allowed: int
    as_written: str = ""  # when the case matters


@dataclass(frozen=True, slots=True)
class _Han:
    """A name in a script without spaces, folded."""

    name: int
    text: str


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int


@dataclass(slots=True)
class _Folded:
    """A folded text; `at` is the index in the original of each of its characters."""

    text: str
    at: list[int]
    words: list[_Word] = field(default_factory=list)


class Spellings:
    """All spellings of a list of names, indexed by their first words.

    `turned` says of which names the two words may also stand the other way round.
    """

    def __init__(self, names: Sequence[Sequence[str]], *, turned: Sequence[bool]) -> None:
        self._by_first: dict[str, list[_Spelling]] = defaultdict(list)
        self._near: dict[str, set[str]] = defaultdict(set)  # words by what is left without a letter
        self._words: set[str] = set()
        self._han: list[_Han] = []
        for index, (spellings, both_ways) in enumerate(zip(names, turned, strict=True)):
            for text in spellings:
                self._add(index, text, both_ways=both_ways)

    def find(self, text: str) -> Iterator[tuple[int, list[FoundName]]]:
        """Give the index of each name that is found, with its places, which do not overlap."""
        text = text[:MAX_TEXT]
        folded = _fold(text)
        places: dict[int, list[FoundName]] = defaultdict(list)
        for name, found in (*self._find_words(text, folded), *self._find_han(text, folded)):
            places[name].append(found)
        for name in sorted(places):
            yield name, _apart(places[name])

    def _add(self, name: int, text: str, *, both_ways: bool) -> None:
        folded = _fold(text)
        if any(map(_is_spaceless, folded.text)):
            self._han.append(_Han(name, _letters(folded)))
            return
        words = tuple(word.text for word in folded.words)
        orders: list[tuple[str, ...]] = [words]
        if both_ways and len(words) == 2:
            orders.append(words[::-1])
        joined = "".join(words)
        if len(words) > 1 and len(joined) >= MIN_JOINED:
            orders.append((joined,))
        allowed = next((most for length, most in ALLOWED if len(joined) >= length), 0)
        as_written = text.strip() if len(joined) < MIN_ANY_CASE and len(words) == 1 else ""
        for order in orders:
            spelling = _Spelling(name, order, allowed, as_written)
            self._by_first[order[0]].append(spelling)
            for word in order:
                self._index(word)

    def _index(self, word: str) -> None:
        if word not in self._words:
            self._words.add(word)
            if len(word) >= MIN_FUZZY_WORD:
                for rest in _without_one(word):
                    self._near[rest].add(word)

    def _find_words(self, text: str, folded: _Folded) -> Iterator[tuple[int, FoundName]]:
        known = {text: self._alike(text) for text in {word.text for word in folded.words}}
        alike = [known[word.text] for word in folded.words]
        for at, candidates in enumerate(alike):
            for first in candidates:
                for spelling in self._by_first.get(first, ()):
                    found = self._match(spelling, at, text, folded.words, alike)
                    if found is not None:
                        yield spelling.name, found

    def _match(
        self,
        spelling: _Spelling,
        at: int,
        text: str,
        words: list[_Word],
        alike: list[dict[str, int]],
    ) -> FoundName | None:
        """Return where a spelling stands from a word on, or None."""
        last = at + len(spelling.words) - 1
        if last >= len(words):
            return None
        distance = 0
        for offset, wanted in enumerate(spelling.words):
            differs = alike[at + offset].get(wanted)
            if differs is None:
                return None
            distance += differs
            if offset and not _GAP.fullmatch(
                text, words[at + offset - 1].end, words[at + offset].start
            ):
                return None
        start, end = words[at].start, words[last].end
        if distance > spelling.allowed or spelling.as_written not in ("", text[start:end]):
            return None
        return FoundName(start, end, distance)

    def _alike(self, word: str) -> dict[str, int]:
        """Return the words of names that a word may stand for, with the letters that differ."""
        found = {word: 0} if word in self._words else {}
        if len(word) >= MIN_FUZZY_WORD - 1 and len(word) <= 40 and self._near:
            shorter = _without_one(word)
            candidates = (shorter & self._words).union(
                *(self._near.get(text, ()) for text in (word, *shorter))
            )
            for near in candidates - {word}:
                if near[0] == word[0] and edit_distance(word, near, limit=1) == 1:
                    found[near] = 1
        return found

    def _find_han(self, text: str, folded: _Folded) -> Iterator[tuple[int, FoundName]]:
        if not self._han or not any(map(_is_spaceless, folded.text)):
            return
        at = [i for char, i in zip(folded.text, folded.at, strict=True) if char.isalnum()]
        letters = _letters(folded)
        for name in self._han:
            for start, distance in _occurrences(name.text, letters):
                places = at[start : start + len(name.text)]
                gaps = itertools.pairwise(places)
                if all(_HAN_GAP.fullmatch(text, i + 1, j) for i, j in gaps if j > i + 1):
                    yield name.name, FoundName(places[0], places[-1] + 1, distance)


def is_findable(text: str) -> bool:
    """Say whether a name is long enough to be looked for: two letters or characters."""
    return len(_letters(_fold(text[:MAX_TEXT]))) >= 2


def _occurrences(name: str, text: str) -> Iterator[tuple[int, int]]:
    """Give (start, characters that differ) of a name; the halves of a long one may differ once."""
    if len(name) < MIN_FUZZY_HAN:
        yield from ((start, 0) for start in _starts(name, text))
        return
    half = len(name) // 2
    starts = {*_starts(name[:half], text)}
    starts |= {start - half for start in _starts(name[half:], text)}
    for start in sorted(starts):
        window = text[max(0, start) : start + len(name)]
        if start >= 0 and len(window) == len(name):
            differs = sum(a != b for a, b in zip(name, window, strict=True))
            if differs <= 1:
                yield start, differs


def _starts(part: str, text: str) -> Iterator[int]:
    start = text.find(part)
    while start >= 0:
        yield start
        start = text.find(part, start + 1)


def _apart(found: list[FoundName]) -> list[FoundName]:
    """Leave out what overlaps with an earlier or better place of the same name."""
    kept: list[FoundName] = []
    for one in sorted(found, key=lambda one: (one.start, one.distance, -one.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept


def _without_one(word: str) -> set[str]:
    return {word[:i] + word[i + 1 :] for i in range(len(word))}


def _letters(folded: _Folded) -> str:
    return "".join(char for char in folded.text if char.isalnum())


def _fold(text: str) -> _Folded:
    """Fold a text and split it into words; characters without spaces between them are no words."""
    chars: list[str] = []
    at: list[int] = []
    words: list[_Word] = []
    word = ""
    start = end = 0
    for index, char in enumerate(text):
        new_word = char.isupper() and _in_hashtag(text, index)
        for part in _fold_one(char):
            chars.append(part)
            at.append(index)
            letter = part.isalnum() and not _is_spaceless(part)
            if word and (not letter or new_word):
                words.append(_Word(word, start, end))
                word = ""
            if letter:
                start = start if word else index
                word, end, new_word = word + part, index + 1, False
    if word:
        words.append(_Word(word, start, end))
    return _Folded("".join(chars), at, words)


def _in_hashtag(text: str, index: int) -> bool:
    """Say whether a capital begins a word of a hashtag: #VivianeDemo."""
    if index == 0 or not text[index - 1].islower():
        return False
    begin = max(text.rfind(" ", 0, index), text.rfind("\n", 0, index)) + 1
    return text.startswith(("#", "\uff03"), begin)


@functools.lru_cache(maxsize=16384)
def _fold_one(char: str) -> str:
    folded = fold_character(char)
    return "".join(map(simplified, folded)) if any(map(_is_spaceless, folded)) else folded


def _is_spaceless(char: str) -> bool:
    """Say whether a character is of a script that sets no spaces between words."""
    return "\u1100" <= char <= "\u11ff" or "\u2e80" <= char <= "\u9fff" or char >= "\U00020000"

"""Tells whether one handle or name was made to be taken for another.

A text is folded until what a hurried reader can't tell apart is equal: letters of other scripts
that look Latin (Unicode UTS #39), styled letters, accents, invisible characters, I/l/|, rn/m,
vv/w, traditional Han characters; then digits that stand for letters, separators, and words such
as "official". What remains may differ by one or two keys. Not covered: transliteration (Liu Xin
for a Chinese name, unless enrolled as an alias), Japanese new and old characters, a Han character
replaced by one that only looks like it, and typing errors in names of Han, kana or Hangul.
"""

from __future__ import annotations

import functools
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

from media_screen.sidecar import handle_key

Kind = Literal["same", "confusable", "separators", "digits", "affix", "typo"]

MAX_CHARACTERS = 128  # compared of each text; the sites allow 30 to 100
# Below these lengths (letters and digits, separators gone) unrelated short names meet by chance.
MIN_CONFUSABLE = 3
MIN_SPELLING = 4  # separators moved, digits for letters
MIN_AFFIX = 5  # a word added
MIN_NUMBERED = 6  # only digits added: first names with a number are most people's handle
MIN_NAME = 5  # a display name in letters
MIN_NAME_CJK = 2
# (shortest length, keys that may differ): real names of one family differ by one key, too.
TYPO_LIMITS = ((12, 2), (7, 1))
MIN_NAME_TYPO = 10

# Small capitals are no UTS #39 confusables, and are what "fancy text" sites offer.
_SMALL_CAPITALS = dict(
    zip(
        "\u1d00\u0299\u1d04\u1d05\u1d07\ua730\u0262\u029c\u026a\u1d0a\u1d0b\u029f\u1d0d\u0274"
        "\u1d0f\u1d18\u0280\ua731\u1d1b\u1d1c\u1d20\u1d21\u028f\u1d22\u0138",
        "abcdefghijklmnoprstuvwyzk",
        strict=True,
    )
)
# Blocks of marks that go on any letter. Vowel signs and voicing marks of other scripts stay.
_MARKS = re.compile(
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\U000e0100-\U000e01ef]"
)
_INVISIBLE = ("Cc", "Cf", "Cn", "Co", "Cs")
_STROKES = str.maketrans({"i": "l", "|": "l"})
_DIGITS = str.maketrans("012345789$@!", "olzeastbgsal")

# Words that claim to be the person. "fan", "clips", "news" say what the account is: not listed.
_CLAIMS = (
    "account backup channel dr hd hq iam im its live mr mrs ms new ofc ofcl official officially "
    "offiziell officiel oficial ufficiale only original page real the true tv verified yt "
    "\u5b98\u65b9 \u672c\u4eba \u771f \u9891\u9053 \u5e10\u53f7 \u8d26\u53f7 \u516c\u5f0f "
    "\u30c1\u30e3\u30f3\u30cd\u30eb \uacf5\uc2dd \ucc44\ub110 "
    "\u043e\u0444\u0438\u0446\u0438\u0430\u043b\u044c\u043d\u044b\u0439 "
    "\u043e\u0444\u0438\u0446\u0438\u0430\u043b\u044c\u043d\u0430\u044f"
)


@dataclass(frozen=True)
class Likeness:
    """How one text resembles another: by which trick, and by how many keys they differ."""

    kind: Kind
    distance: int  # keys typed, left out, replaced or swapped, on the texts as shown
    similarity: float  # 1 minus the distance as a share of the longer text


def handle_likeness(shown: str, enrolled: str) -> Likeness | None:
    """Say how a handle resembles an enrolled one, or None when it does not."""
    kind = _handle_kind(shown[:MAX_CHARACTERS], enrolled[:MAX_CHARACTERS])
    if kind is None:
        return None
    return _likeness(kind, *(handle_key(text[:MAX_CHARACTERS]) for text in (shown, enrolled)))


def name_likeness(shown: str, enrolled: str) -> Likeness | None:
    """Say how a display name resembles an enrolled person's, or None when it does not.

    The whole name must do so: "Xin Liu Official" does, "News about Xin Liu" does not. The order
    of the words does not matter.
    """
    kind = _name_kind(shown[:MAX_CHARACTERS], enrolled[:MAX_CHARACTERS])
    return None if kind is None else _likeness(kind, shown.casefold(), enrolled.casefold())


def spells_name(handle: str, name: str) -> bool:
    """Say whether a handle is nothing but a person's name, with separators, digits or a claim."""
    core = _bare(skeleton(name[:MAX_CHARACTERS]))
    text = _bare(skeleton(handle[:MAX_CHARACTERS]))
    if len(core) < MIN_NUMBERED and not (_is_cjk(core) and len(core) >= MIN_NAME_CJK):
        return False
    return text == core or _claims(text, core)


def look_alike_letters(text: str) -> tuple[str, ...]:
    """Name the characters of a text that pass for a Latin letter or digit, or can't be seen."""
    named: dict[str, None] = {}
    for char in text[:MAX_CHARACTERS]:
        fold = fold_character(char)
        if char.isascii() or (fold and not fold.isascii()):
            continue
        unseen = "invisible" if unicodedata.category(char) in _INVISIBLE else "an added mark"
        stands = f"for {fold!r}" if fold else unseen
        named[f"U+{ord(char):04X} {unicodedata.name(char, 'unnamed')} {stands}"] = None
    return tuple(named)


# --- folding ---------------------------------------------------------------------------------


@functools.cache
def _prototypes() -> Mapping[str, str]:
    """Map each confusable character to the one it is taken for, an ASCII one where there is one.

    The package lists every pair in both directions; in UTS #39 all look-alikes of a character
    share one prototype, which is the one with several partners.
    """
    data = files("confusable_homoglyphs").joinpath("confusables.json").read_text("utf-8")
    table = {char: [pair["c"] for pair in pairs] for char, pairs in json.loads(data).items()}
    prototypes = {}
    for char, partners in table.items():
        latin = [text for text in partners if text.isascii() and text.isalnum()]
        if latin:
            prototypes[char] = min(latin, key=len)
        elif len(partners) == 1:
            partner = partners[0]
            several = len(table.get(partner, ())) > 1
            prototypes[char] = partner if several else min(char, partner)
    for char, prototype in tuple(prototypes.items()):
        # A letter stays one: "ð" is no sum of signs, nor a Han character its radical.
        if char.isalnum() and not any(map(str.isalnum, prototype)):
            del prototypes[char]
            if "\u2e80" <= prototype <= "\u2eff":
                prototypes[prototype] = char
    return prototypes


@functools.lru_cache(maxsize=8192)
def fold_character(char: str) -> str:
    """Fold one character: what it looks like, in lower case, or "" when it can't be seen."""
    folded = ""
    for part in _decomposed(char):
        text = part if part.isascii() else _prototypes().get(part, part)
        for piece in _decomposed(text.casefold()):
            if unicodedata.category(piece) not in _INVISIBLE:
                folded += _SMALL_CAPITALS.get(piece, piece)
            elif piece.isspace():
                folded += " "
    # A capital I is taken for l, and so are i and | in many fonts.
    return folded.translate(_STROKES)


def _decomposed(text: str) -> str:
    return _MARKS.sub("", unicodedata.normalize("NFKD", text))


@functools.lru_cache(maxsize=8192)
def skeleton(text: str) -> str:
    """Return what two texts share that look alike; for comparing, not for showing."""
    folded = "".join(map(fold_character, text[:MAX_CHARACTERS]))
    folded = folded.replace("rn", "m").replace("vv", "w")
    return simplified(folded) if _is_cjk(folded) else folded


def simplified(text: str) -> str:
    """Return a text with its traditional Han characters replaced by the simplified ones."""
    return str(_converter().convert(text))


@functools.cache
def _converter() -> Any:
    import opencc  # here, because only Han text needs its dictionaries

    return opencc.OpenCC("t2s")


def _is_cjk(text: str) -> bool:
    return any(
        "\u1100" <= char <= "\u11ff" or "\u2e80" <= char <= "\u9fff" or char >= "\U00020000"
        for char in text
    )


def _bare(text: str) -> str:
    return "".join(char for char in text if _is_word(char))


def _is_word(char: str) -> bool:
    return char.isalnum() or unicodedata.category(char).startswith("M")


# --- comparing -------------------------------------------------------------------------------


def _handle_kind(shown: str, enrolled: str) -> Kind | None:
    if handle_key(shown) == handle_key(enrolled):
        return "same"
    mine, theirs = skeleton(handle_key(shown)), skeleton(handle_key(enrolled))
    text, core = _bare(mine), _bare(theirs)
    if not text or not any(map(str.isalpha, core)):
        return None
    if mine == theirs and len(core) >= MIN_CONFUSABLE:
        return "confusable"
    if text == core and len(core) >= MIN_SPELLING:
        return "separators"
    plain, plain_core = _bare(mine.translate(_DIGITS)), _bare(theirs.translate(_DIGITS))
    if plain == plain_core and len(core) >= MIN_SPELLING:
        return "digits"
    unnumbered = _unnumbered(text).translate(_DIGITS)
    renumbered = unnumbered == plain_core and len(core) >= MIN_NUMBERED
    if renumbered or _claims(text, core) or _claims(unnumbered, plain_core):
        return "affix"
    same_letters = _letters(text) == _letters(core)
    return "typo" if not same_letters and _is_typo(plain, plain_core) else None


def _name_kind(shown: str, enrolled: str) -> Kind | None:
    words, core_words = _words(shown), _words(enrolled)
    text, core = "".join(words), "".join(core_words)
    if len(core) < (MIN_NAME_CJK if _is_cjk(core) else MIN_NAME):
        return None
    if text == core or sorted(words) == sorted(core_words):
        return "same" if _plain(shown) == _plain(enrolled) else "confusable"
    claim_free = sorted(word for word in words if not _claim_pattern().fullmatch(word))
    if claim_free == sorted(core_words) or (_is_cjk(core) and _claims(text, core)):
        return "affix"
    if text.translate(_DIGITS) == core.translate(_DIGITS):
        return "digits"
    if _is_cjk(core) or len(core) < MIN_NAME_TYPO:
        return None
    return "typo" if edit_distance(text, core, limit=1) == 1 else None


def _words(name: str) -> list[str]:
    spaced = "".join(char if _is_word(char) else " " for char in skeleton(name))
    return spaced.split()


def _plain(name: str) -> list[str]:
    """Return the sorted words of a name as they are: equal ones need no trick."""
    folded = unicodedata.normalize("NFC", name).casefold()
    spaced = "".join(char if _is_word(char) else " " for char in folded)
    return sorted(simplified(spaced).split() if _is_cjk(spaced) else spaced.split())


def _unnumbered(text: str) -> str:
    return text.rstrip("0123456789")


def _letters(text: str) -> str:
    return "".join(char for char in text if not char.isdigit())


@functools.cache
def _claim_pattern() -> re.Pattern[str]:
    words = sorted({_bare(skeleton(word)) for word in _CLAIMS.split()}, key=len, reverse=True)
    return re.compile(f"(?:{'|'.join(map(re.escape, words))}|[0-9])+")


def _claims(text: str, core: str) -> bool:
    """Say whether a text is the core with digits or claiming words before or behind it."""
    if len(core) < MIN_AFFIX and not _is_cjk(core):
        return False
    start = text.find(core)
    while start >= 0:
        added = [part for part in (text[:start], text[start + len(core) :]) if part]
        if added and all(map(_claim_pattern().fullmatch, added)):
            return len(core) >= MIN_NUMBERED or not all(map(str.isdigit, added))
        start = text.find(core, start + 1)
    return False


def _is_typo(text: str, core: str) -> bool:
    limit = next((keys for length, keys in TYPO_LIMITS if len(core) >= length), 0)
    return limit > 0 and edit_distance(text, core, limit=limit) <= limit


def _likeness(kind: Kind, shown: str, enrolled: str) -> Likeness:
    first, second = shown[:MAX_CHARACTERS], enrolled[:MAX_CHARACTERS]
    distance = edit_distance(first, second)
    return Likeness(kind, distance, 1 - distance / max(len(first), len(second), 1))


def edit_distance(first: str, second: str, *, limit: int = MAX_CHARACTERS) -> int:
    """Count keys typed, left out, replaced or swapped (Damerau-Levenshtein, no key edited twice).

    Stops at `limit` + 1, which then means "more than the limit".
    """
    if abs(len(first) - len(second)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, char in enumerate(first, start=1):
        two_before, before, row = before, row, [i]
        for j, other in enumerate(second, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (char != other))
            if i > 1 and j > 1 and char == second[j - 2] and first[i - 2] == other:
                cost = min(cost, two_before[j - 2] + 1)
            row.append(cost)
        if min(row) > limit and min(before) > limit:
            return limit + 1
    return min(row[-1], limit + 1)

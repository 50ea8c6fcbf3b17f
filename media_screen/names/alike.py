"""Tells whether one handle or name was made to be taken for another.

A text is folded until what a hurried reader can't tell apart is equal: letters of other scripts
that look Latin (Unicode UTS #39), letters of "fancy text" sites, accents, invisible characters,
I/l/|, rn/m, vv/w, traditional Han characters, text that is shown backwards or upside down; then
separators, words such as "official", and digits and signs that stand for letters. What remains may
differ by one or two keys, whatever else was changed. Not covered: transliteration (Liu Xin for a
Chinese name, unless enrolled as an alias), Japanese new and old characters, Han characters that
only look like others or like Latin letters, and typing errors in names of Han, kana or Hangul.
"""

from __future__ import annotations

import functools
import itertools
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

from media_screen.sidecar import handle_key

Kind = Literal["same", "confusable", "separators", "digits", "affix", "typo"]

# How a name may resemble another, what needs the least trick first.
_PLAINEST: tuple[Kind, ...] = ("same", "affix", "confusable", "digits", "separators", "typo")

MAX_CHARACTERS = 128  # compared of each text; the sites allow 30 to 100
MAX_READ = 4_096  # characters read of it: what can't be seen is left out before it is cut
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
# Letters of "fancy text" sites that UTS #39 does not know as those that they are taken for, by the
# Latin letter. All are in lower case: a capital that only looks Latin would part the two cases of
# a Greek or Russian name.
_FANCY = {
    char: letter
    for letter, chars in {
        "a": "\u15e9\u01df\u2c65\u03bb\u0434\u0250",
        "b": "\u10ea\u03b2\u026e\u0183",
        "c": "\u0188\u03c2\u1455\u0254",
        "d": "\u2202",
        "e": "\u0454\u025b\u03b5\u03be\u01dd\ua793\u20ac",
        "f": "\u0284\u0493\u025f",
        "g": "\ufeed\ufeee\u0261",
        "h": "\u0267\u0452\u0265",
        "i": "\u1d09",
        "j": "\u05e0\u05df\u029d",
        "k": "\u049d\ua741\u04c4\u04a1\u029e",
        "l": "\u0285",
        "m": "\u043c\u0271",
        "n": "\u014b\u0438\u03c0\u043f\u144e",
        "p": "\u2118\u05e7\u0584",
        "q": "\u146b\ua757\u03d9",
        "r": "\u044f\u0f5e\u0433\u027e\u0279",
        "s": "\u0282\u0586\u1515\u01a8\u00a7",
        "t": "\u026c\u0577\u0236\u01ad\u0287\u2020\u019a",
        "u": "\u0446\u028a\u03bc",
        "v": "\u05e9\u028c\u028b",
        "w": "\u03c9\u15ef\u0449\u028d\u0461",
        "x": "\u03c7\u04b3\u05d0\u04fd\u0436",
        "y": "\u05e5\u028e\u00a5",
        "z": "\u0291\u0579\u1614",
    }.items()
    for char in chars
}
# Letters in squares and circles that no normalisation opens, and the halves of flags.
_FANCY |= {
    chr(first + place): "abcdefghijklmnopqrstuvwxyz"[place]
    for first in (0x1F130, 0x1F150, 0x1F170, 0x1F1E6)
    for place in range(26)
}
# What stands for a letter where a text is turned by half; it is read from its end.
_UPSIDE_DOWN = str.maketrans(
    "\u0250q\u0254p\u01dd\u025f\u0183\u0265\u1d09\u027e\u029e\u0285\u026fuodb\u0279\u0287n\u028c\u03bb\u028d\u028e",
    "abcdefghijklmnopqrtuvvwy",
)
_TURNED = re.compile("[\u0250\u0254\u01dd\u025f\u0265\u1d09\u029e\u026f\u0279\u0287\u028d\u028e]")
# What is shown from right to left although its letters are not (Unicode UAX #9): an override, up
# to its end.
_BACKWARDS = re.compile("\u202e([^\u202c]*)\u202c?")
# Blocks of marks that go on any letter. Vowel signs and voicing marks of other scripts stay.
_MARKS = re.compile(
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\U000e0100-\U000e01ef]"
)
_INVISIBLE = ("Cc", "Cf", "Cn", "Co", "Cs", "Me")
# Letters and marks that show nothing, such as fillers (Unicode's Default_Ignorable_Code_Point).
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
_STROKES = str.maketrans({"i": "l", "|": "l"})
_DIGITS = str.maketrans("012345789$@!", "olzeastbgsal")
_BAR = str.maketrans("|\uff5c\u2223\u01c0", "    ")  # a stroke that parts two words
# Signs that stand for a letter: between two, and $ beside one. Elsewhere they part or end words.
_SIGN = re.compile(r"(?<=\w)[$@!]+(?=\w)|\$[$@!]*(?=\w)|(?<=\w)\$(?!\w)")

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
    shown, enrolled = _seen(shown), _seen(enrolled)
    kind = _handle_kind(shown, enrolled)
    return None if kind is None else _likeness(kind, handle_key(shown), handle_key(enrolled))


def name_likeness(shown: str, enrolled: str) -> Likeness | None:
    """Say how a display name resembles an enrolled person's, or None when it does not.

    The whole name must do so: "Xin Liu Official" does, "News about Xin Liu" does not. The order
    of the words does not matter.
    """
    enrolled = _seen(enrolled)
    kinds = [kind for text in _readings(shown) if (kind := _name_kind(text, enrolled))]
    if not kinds:
        return None
    plainest = min(kinds, key=_PLAINEST.index)
    tricked = plainest == "same" and _is_tricked(shown) and shown != enrolled
    kind = "confusable" if tricked else plainest
    return _likeness(kind, _seen(shown).casefold(), enrolled.casefold())


def spells_name(handle: str, name: str) -> bool:
    """Say whether a handle is nothing but a person's name, with separators, digits or a claim."""
    core = _bare(skeleton(_seen(name)))
    text = _bare(skeleton(_seen(handle)))
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


# --- reading ---------------------------------------------------------------------------------


def _is_tricked(text: str) -> bool:
    """Say whether the letters of a text are shown in another order, or parted by what is unseen."""
    parted = (
        _is_hidden(middle) and _is_word(before)
        for before, middle in itertools.pairwise(text[:MAX_READ].rstrip())
    )
    return bool(_BACKWARDS.search(text) or _TURNED.search(text)) or any(parted)


def _is_hidden(char: str) -> bool:
    return _is_unseen(char) and not _MARKS.fullmatch(char)


def _seen(text: str) -> str:
    """Return as much of a text as is compared; what can't be seen takes no room in it."""
    return "".join(char for char in text[:MAX_READ] if not _is_unseen(char))[:MAX_CHARACTERS]


def _is_unseen(char: str) -> bool:
    if char in _FILLERS or _MARKS.fullmatch(char):
        return True
    return unicodedata.category(char) in _INVISIBLE and not char.isspace()


def _readings(text: str) -> tuple[str, ...]:
    """Return how a text may be read: as shown, a stroke as a space, spaced out, upside down."""
    shown = _seen(_BACKWARDS.sub(lambda part: part[1][::-1], text[:MAX_READ]))
    readings = [shown, shown.translate(_BAR)]
    if all(len(word) == 1 for word in shown.split()):
        readings.append("".join(shown.split()))
    if _TURNED.search(shown):
        readings.append(shown.casefold()[::-1].translate(_UPSIDE_DOWN))
    return tuple(dict.fromkeys(readings))


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
    fancy = _FANCY.get(char) or _FANCY.get(char.casefold())
    for part in fancy or _decomposed(char):
        text = part if part.isascii() else _fancy_or_prototype(part)
        for piece in _decomposed(text.casefold()):
            if not _is_unseen(piece):
                folded += " " if piece.isspace() else _SMALL_CAPITALS.get(piece, piece)
    # A capital I is taken for l, and so are i and | in many fonts.
    return folded.translate(_STROKES)


def _fancy_or_prototype(char: str) -> str:
    return _FANCY.get(char.casefold()) or _prototypes().get(char, char)


def _decomposed(text: str) -> str:
    return _MARKS.sub("", unicodedata.normalize("NFKD", text))


@functools.lru_cache(maxsize=8192)
def skeleton(text: str) -> str:
    """Return what two texts share that look alike; for comparing, not for showing."""
    folded = _unmarked("".join(map(fold_character, text[:MAX_CHARACTERS])))
    folded = folded.replace("rn", "m").replace("vv", "w")
    return simplified(folded) if _is_cjk(folded) else folded


def _unmarked(text: str) -> str:
    """Return a text without marks of other scripts that are drawn over Latin letters."""
    kept = ""
    for char in text:
        if not ("a" <= kept[-1:] <= "z" and unicodedata.category(char) == "Mn"):
            kept += char
    return kept


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
    plain, plain_core = _bare(_lettered(mine)), _bare(_lettered(theirs))
    if plain == plain_core and len(core) >= MIN_SPELLING:
        return "digits"
    unnumbered = _lettered(_unnumbered(text))
    renumbered = unnumbered == plain_core and len(core) >= MIN_NUMBERED
    if renumbered or _claims(text, core) or _claims(unnumbered, plain_core):
        return "affix"
    if _letters(text) != _letters(core) and _is_typo(plain, plain_core):
        return "typo"
    return "typo" if _is_typo_in_claim((text, plain), core) else None


def _is_typo_in_claim(texts: Sequence[str], core: str) -> bool:
    """Say whether what claiming words leave of a text differs from the core by a key."""
    if len(core) < MIN_NAME_TYPO:
        return False
    lengths = range(len(core) - 1, len(core) + 2)
    return any(
        _letters(text[start:end]) != _letters(core)
        and edit_distance(_lettered(text[start:end]), _lettered(core), limit=1) == 1
        for text in texts
        for start in _claimed(text)
        for end in (len(text) - left for left in _claimed(text, from_end=True))
        if end - start in lengths and end - start < len(text)
    )


def _claimed(text: str, *, from_end: bool = False) -> list[int]:
    """Return how many characters at one end of a text may be claiming words, 0 among them."""
    parts = (text[len(text) - count :] if from_end else text[:count] for count in range(len(text)))
    return [count for count, part in enumerate(parts) if not part or _is_claim(part)]


def _is_claim(text: str) -> bool:
    return _claim_pattern().fullmatch(text) is not None


def _name_kind(shown: str, enrolled: str) -> Kind | None:
    words, core_words = _words(shown), _words(enrolled)
    text, core = "".join(words), "".join(core_words)
    if len(core) < (MIN_NAME_CJK if _is_cjk(core) else MIN_NAME):
        return None
    if text == core or sorted(words) == sorted(core_words):
        return "same" if _plain(shown) == _plain(enrolled) else "confusable"
    left = [word for word in words if not _is_claim(word) and not _is_claim(_lettered(word))]
    if sorted(left) == sorted(core_words) or (_is_cjk(core) and _claims(text, core)):
        return "affix"
    plain_core = _lettered(core)
    tried = [_lettered("".join(some)) for some in (words, left)]
    if plain_core in tried:
        return "digits"
    if _is_cjk(core) or len(core) < MIN_NAME_TYPO or _letters(text) == _letters(core):
        return None
    return "typo" if any(edit_distance(one, plain_core, limit=1) == 1 for one in tried) else None


def _lettered(text: str) -> str:
    """Return a text with letters for the digits that stand for them."""
    return text.translate(_DIGITS)


def _words(name: str) -> list[str]:
    folded = _SIGN.sub(lambda sign: _lettered(sign[0]), skeleton(name))
    return "".join(char if _is_word(char) else " " for char in folded).split()


def _plain(name: str) -> list[str]:
    """Return the sorted letters of a name as they are: equal ones need no trick.

    Accents are left out by people who can't type them, and spaces where a handle is the name.
    """
    unaccented = _MARKS.sub("", unicodedata.normalize("NFD", name))
    letters = "".join(filter(_is_word, unicodedata.normalize("NFC", unaccented).casefold()))
    return sorted(simplified(letters) if _is_cjk(letters) else letters)


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
        if added and all(map(_is_claim, added)):
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

"""Finds names of accounts that were made by one scheme, as those who make many accounts do.

Two schemes are looked for: one stem that is counted on ("harbour_voice1", "harbour_voice27"), and
one build ("two words and four digits"). Names that platforms give by themselves are built by one
scheme, too: it says that accounts may be throwaways, and no more. It is context, no evidence.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping

from media_screen.coordination.letters import MARKS

LEAST_ACCOUNTS = 3  # two names may be built alike by chance, whatever the build
# How likely so many accounts of one build are among people who have nothing to do with each
# other: 1 in 1,000 campaigns would be told wrongly, were all builds as usual as assumed.
_BY_CHANCE = 0.001
# The share of accounts that have one build, and one stem. These are cautious guesses, not measured:
# TikTok and X themselves propose names of letters and digits, so that one account in five may be
# built alike, but one stem in a thousand.
_USUAL_BUILD, _USUAL_STEM = 0.2, 0.001
_GIVEN_STEMS = frozenset(("user", "user-", "guest", "account"))  # platforms count on these
_LEAST_STEM = 4  # letters that names of one count share; "user" is the shortest of them
_MARKS = re.compile(rf"[{MARKS}]+")
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|[^\W\d_]+|[\W_]+")


def schemes(names: Mapping[str, str]) -> dict[str, str]:
    """Return the scheme of each account whose name is made by one that is rare otherwise.

    `names` are handles by the id of their account. A scheme reads "harbour_voice + 1 to 2 digits"
    or "2 words + 4 digits". Names are untrusted, and so are the stems in the schemes.
    """
    found: dict[str, str] = {}
    for scheme, ids in (*_by_build(names), *_by_stem(names)):
        found |= dict.fromkeys(ids, scheme)  # a stem tells more than a build
    return found


def _by_stem(names: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the names that differ by their number alone."""
    counted: dict[str, dict[str, int]] = defaultdict(dict)  # of each stem its accounts, with digits
    for id_, name in names.items():
        stem = name.rstrip("0123456789")
        if stem != name and sum(map(str.isalpha, stem)) >= _LEAST_STEM:
            # A stem may be longer without case (\u00df), so its digits are counted before.
            counted[stem.casefold()][id_] = len(name) - len(stem)
    for stem, digits in counted.items():
        usual = _USUAL_BUILD if stem in _GIVEN_STEMS else _USUAL_STEM
        if _is_rare(len(digits), len(names), usual):
            yield f"{stem} + {_digits(min(digits.values()), max(digits.values()))}", tuple(digits)


def _by_build(names: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the names that have the same kinds of parts in the same order."""
    built: dict[str, list[str]] = defaultdict(list)
    for id_, name in names.items():
        if scheme := build_of(name):
            built[scheme].append(id_)
    for scheme, ids in built.items():
        if _is_rare(len(ids), len(names), _USUAL_BUILD):
            yield scheme, tuple(ids)


def build_of(name: str) -> str:
    """Return how a name is built, such as "2 words + 4 digits"; "" where it has too few digits.

    A name without two digits in a row is a name like any other.
    """
    said: list[str] = []
    digits = words = 0
    # Marks on letters (vowels in Hindi, accents) neither begin a word nor end one.
    plain = _MARKS.sub("", unicodedata.normalize("NFD", name))
    for part in [*_PARTS.findall(plain), ""]:
        if part and part[0].isalpha():
            words += 1
            continue
        if part and not part.isdecimal():
            continue  # what stands between
        if words:
            said.append("letters" if words == 1 else f"{words} words")
            words = 0
        if part:
            digits = max(digits, len(part))
            said.append(_digits(len(part), len(part)))
    return " + ".join(said) if digits >= 2 and len(said) >= 2 else ""


def _digits(least: int, most: int) -> str:
    if least != most:
        return f"{least} to {most} digits"
    return f"{most} digits" if most > 1 else "1 digit"


def _is_rare(count: int, of: int, usual: float) -> bool:
    """Say whether so many of one kind are improbable, where a `usual` share of accounts is."""
    from scipy.special import bdtrc  # here, because few scans have campaigns

    return count >= LEAST_ACCOUNTS and bool(bdtrc(count - 1, of, usual) < _BY_CHANCE)

"""Finds names of accounts that were made by one scheme, as those who make many accounts do.

Two schemes are looked for: one stem that is counted on ("harbour_voice1", "harbour_voice27"), and
one build ("two words and four digits"). Names that platforms give by themselves are built by one
scheme, too: it says that accounts may be throwaways, and no more. It is context, no evidence.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

LEAST_ACCOUNTS = 3  # two names may be built alike by chance, whatever the build
# How likely so many accounts of one build are among people who have nothing to do with each
# other: 1 in 1,000 campaigns would be told wrongly, were all builds as usual as assumed.
_BY_CHANCE = 0.001
# The share of accounts that have one build, and one stem, where no others are known to compare
# with. These are cautious guesses, not measured: TikTok and X themselves propose names of letters
# and digits, so that one account in five may be built alike, but one stem in a thousand.
_USUAL_BUILD, _USUAL_STEM = 0.2, 0.001
_GIVEN_STEMS = frozenset(("user", "user-", "guest", "account"))  # platforms count on these
_LEAST_STEM = 4  # letters that names of one count share; "user" is the shortest of them
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|[^\W\d_]+|[\W_]+")


def schemes(names: Mapping[str, str], *, others: Iterable[str] = ()) -> dict[str, str]:
    """Return the scheme of each account whose name is made by one that is rare otherwise.

    `names` are handles by the id of their account; `others` are handles of accounts that have
    nothing to do with these, by which to tell what is usual. A scheme reads "harbour_voice + 1 to
    2 digits" or "2 words + 4 digits". Names are untrusted, and so are the stems in the schemes.
    """
    elsewhere = list(others)
    found: dict[str, str] = {}
    for scheme, ids in (*_by_build(names, elsewhere), *_by_stem(names, elsewhere)):
        found |= dict.fromkeys(ids, scheme)  # a stem tells more than a build
    return found


def _by_stem(
    names: Mapping[str, str], others: Iterable[str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the names that differ by their number alone."""
    counted: dict[str, list[str]] = defaultdict(list)
    for id_, name in names.items():
        stem = name.rstrip("0123456789")
        if stem != name and sum(map(str.isalpha, stem)) >= _LEAST_STEM:
            counted[stem.casefold()].append(id_)
    usual = Counter(name.rstrip("0123456789").casefold() for name in others)
    for stem, ids in counted.items():
        assumed = _USUAL_BUILD if stem in _GIVEN_STEMS else _USUAL_STEM
        if _is_rare(len(ids), len(names), usual[stem], sum(usual.values()), assumed):
            lengths = sorted(len(names[id_]) - len(stem) for id_ in ids)
            yield f"{stem} + {_digits(lengths[0], lengths[-1])}", tuple(ids)


def _by_build(
    names: Mapping[str, str], others: Iterable[str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the names that have the same kinds of parts in the same order."""
    built: dict[str, list[str]] = defaultdict(list)
    for id_, name in names.items():
        if scheme := build_of(name):
            built[scheme].append(id_)
    usual = Counter(map(build_of, others))
    for scheme, ids in built.items():
        if _is_rare(len(ids), len(names), usual[scheme], sum(usual.values()), _USUAL_BUILD):
            yield scheme, tuple(ids)


def build_of(name: str) -> str:
    """Return how a name is built, such as "2 words + 4 digits"; "" where it has too few digits.

    A name without two digits in a row is a name like any other.
    """
    said: list[str] = []
    digits = words = 0
    for part in [*_PARTS.findall(name), ""]:
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
    return f"{most} digit{'s' if most > 1 else ''}"


def _is_rare(count: int, of: int, elsewhere: int, of_others: int, assumed: float) -> bool:
    """Say whether so many of one kind are improbable, by how many there are among others.

    The assumed share stands for twenty accounts that were not seen.
    """
    from scipy.special import bdtrc  # here, because few scans have campaigns

    share = (elsewhere + 20 * assumed) / (of_others + 20)
    return count >= LEAST_ACCOUNTS and bool(bdtrc(count - 1, of, share) < _BY_CHANCE)

"""Finds an enrolled person by what a user types, and makes the name of a new person's folder."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from media_screen.people.registry import PeopleError, Person

_LONGEST_NAME = 200  # characters
_LONGEST_SLUG = 60  # characters; of four bytes each they fit into the name of a file


def find_person(people: Sequence[Person], name: str) -> Person | None:
    """Return the person of this slug, name or alias, None for nobody; raises PeopleError for two.

    Case, spaces and the width of letters do not count.
    """
    found = [one for one in people if one.slug == name]
    found = found or [one for one in people if _folded(name) in map(_folded, _called(one))]
    if len(found) > 1:
        slugs = ", ".join(one.slug for one in found)
        raise PeopleError(
            f"{len(found)} people are called {name!r}: name one of them by the folder: {slugs}"
        )
    return found[0] if found else None


def the_person(people: Sequence[Person], name: str) -> Person:
    """Return the person of this slug, name or alias; raises PeopleError for nobody, and for two."""
    found = find_person(people, name)
    if found is None:
        known = ", ".join(one.slug for one in people) or "nobody"
        raise PeopleError(f"nobody enrolled is called {name!r}: there is {known}")
    return found


def shared_names(people: Sequence[Person]) -> list[tuple[str, Person, Person]]:
    """Return each name that two people have, and the two."""
    owners: dict[str, Person] = {}
    found = []
    for person in people:
        for name in _called(person):
            first = owners.setdefault(_folded(name), person)
            if first is not person:
                found.append((name, first, person))
    return found


def checked_name(name: str) -> str:
    """Return the name for a new person; raises PeopleError for what can't be one."""
    name = unicodedata.normalize("NFC", name.strip())
    if not any(letter.isalnum() for letter in name):
        raise PeopleError(f"expected the name of a person, got {name[:60]!r}: it has no letter")
    if len(name) > _LONGEST_NAME:
        raise PeopleError(
            f"expected a name of at most {_LONGEST_NAME} characters, got {len(name)}: shorten it"
        )
    odd = [letter for letter in name if not letter.isprintable() or letter in "/\\"]
    if odd:
        raise PeopleError(
            f"expected a name of printable letters without a slash, got {name[:60]!r}: "
            f"leave out {odd[0]!r}"
        )
    return name


def slug_of(name: str) -> str:
    """Return the name of the folder for a person: "Xin Liu" is "xin-liu"."""
    letters = "".join(c if c.isalnum() else " " for c in name.casefold())
    return "-".join(letters.split())[:_LONGEST_SLUG].strip("-")


def checked_slug(slug: str) -> str:
    """Return a slug that a user chose; raises PeopleError for what can't be one."""
    allowed = all(char.isalnum() or char in "-_." for char in slug)
    if not slug or not allowed or slug[0] in "._" or len(slug) > _LONGEST_SLUG:
        raise PeopleError(
            f"expected a slug of at most {_LONGEST_SLUG} letters, digits, '-', '_' and '.', with "
            f"none of the last two first, got {slug[:80]!r}"
        )
    return slug


def _called(person: Person) -> tuple[str, ...]:
    return (person.name, *person.aliases)


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())

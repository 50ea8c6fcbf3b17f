"""Reads the watch-list of a user: names that are worth knowing of when a file speaks of them.

    [[name]]
    name = "Emmanuel Macron"
    kind = "politician"            # or party, place, other
    aliases = ["\u99ac\u514b\u5b8f", "\u9a6c\u514b\u9f99"]

A typing error here would look for nothing, so unknown keys are errors.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from media_screen.errors import SetupError
from media_screen.evidence import NameKind
from media_screen.files import read_regular
from media_screen.names.spelling import is_findable
from media_screen.people.registry import Person

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MAX_SPELLINGS = 10_000  # of one list; every text is searched for each of them
_KEYS = ("name", "kind", "aliases")
_KINDS = tuple(kind for kind in get_args(NameKind) if kind != "person")


class WatchError(SetupError, ValueError):
    """The watch-list is wrong; the message names the file, the entry and the remedy."""


@dataclass(frozen=True, slots=True)
class WatchName:
    """A name to look for, with all its spellings; `person` is the slug of an enrolled person."""

    name: str
    kind: NameKind
    spellings: tuple[str, ...]
    person: str | None = None

    @property
    def is_personal(self) -> bool:
        """Whether it is the name of a human, whose parts may stand in either order."""
        return self.kind in ("person", "politician")


def names_of_people(people: Iterable[Person]) -> tuple[WatchName, ...]:
    """Return the names and aliases of enrolled people; those too short to be found are left out."""
    found = []
    for person in people:
        texts = dict.fromkeys((person.name, *person.aliases))
        spellings = tuple(text for text in texts if is_findable(text))
        if spellings:
            found.append(WatchName(person.name, "person", spellings, person.slug))
    return tuple(found)


def read_watch_list(path: Path) -> tuple[WatchName, ...]:
    """Read a watch-list; raises WatchError on the first mistake."""
    try:
        record = tomllib.loads(read_regular(path).decode("utf-8"))
    except OSError as error:
        raise WatchError(f"{path}: can't be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise WatchError(f"{path}: not valid TOML: {error}") from error
    tables = record.get("name")
    if set(record) != {"name"} or not isinstance(tables, list):
        raise WatchError(
            f"{path}: expected [[name]] tables and nothing else, got {sorted(record)!r:.60}"
        )
    names = tuple(_name(table, f"{path}: name {n}") for n, table in enumerate(tables, start=1))
    count = sum(len(name.spellings) for name in names)
    if count > MAX_SPELLINGS:
        raise WatchError(f"{path}: expected at most {MAX_SPELLINGS} spellings, got {count}")
    return names


def _name(table: object, where: str) -> WatchName:
    if not isinstance(table, Mapping):
        raise WatchError(f"{where}: expected a table, write [[name]] (two brackets) above it")
    unknown = [key for key in table if key not in _KEYS]
    if unknown:
        raise WatchError(f"{where}: unknown key {unknown[0]!r:.60}: expected {', '.join(_KEYS)}")
    kind = table.get("kind", "other")
    if kind not in _KINDS:
        raise WatchError(
            f"{where}: expected kind to be one of {', '.join(_KINDS)}, got {kind!r:.60}"
        )
    aliases = table.get("aliases", [])
    if not isinstance(aliases, list):
        raise WatchError(f"{where}: expected aliases to be a list of texts, got {aliases!r:.60}")
    spellings = tuple(dict.fromkeys(_text(text, where) for text in (table.get("name"), *aliases)))
    return WatchName(spellings[0], kind, spellings)


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not is_findable(value):
        raise WatchError(
            f"{where}: expected names of at least two letters, got {value!r:.60}: "
            "shorter ones are found everywhere"
        )
    return value.strip()

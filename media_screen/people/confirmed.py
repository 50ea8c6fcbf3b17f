"""Makes known fakes of files that people confirmed to be fake."""

from __future__ import annotations

from pathlib import Path

from media_screen.people.additions import AddedFile, add_fake
from media_screen.people.naming import find_person
from media_screen.people.registry import PeopleError, load_people
from media_screen.results.deciding import Decidable
from media_screen.results.ledger import Ledger
from media_screen.results.rows import ResultRow
from media_screen.results.whereabouts import screened_file


def confirmed_fakes(known: Decidable) -> list[ResultRow]:
    """Return the results of files that people confirmed to be fake, each content once."""
    found = {
        row.sha256: row
        for row in reversed(known.rows)
        if known.ledger.of_content(row.sha256, row.path).answer == "confirmed_fake"
    }
    return list(reversed(found.values()))


def add_confirmed_fake(people: Path, out: Path, row: ResultRow, ledger: Ledger) -> AddedFile:
    """Copy a confirmed fake to the known fakes, of whom its result presents; raises PeopleError."""
    if ledger.of_content(row.sha256, row.path).answer != "confirmed_fake":
        raise PeopleError(f"{row.path}: expected a file that was confirmed to be fake")
    file = screened_file(out, row)
    if file is None:
        raise PeopleError(f"{row.path}: the file is gone, or is not what was screened any more")
    person = find_person(load_people(people), row.person) if row.person else None
    return add_fake(people, person, file)

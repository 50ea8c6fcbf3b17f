"""What is it worth to know the person: their own videos, their references, their manner?

    python -m benchmarks.person [TABLE ...] [--media ../shared/media] [--work DIR]

Each table has a module of its own and can be made alone; those that are not asked for stay as they
were measured. Tables say themselves which media they need. With a DIR a second run goes on where
one stopped.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.markdown import heading
from benchmarks.person import (
    groups,
    likeness,
    mouth_and_voice,
    own_likeness,
    record,
    references,
    talks,
)
from benchmarks.places import RECORDS, read_record, write_page, write_record

COMMAND = "python -m benchmarks.person"
NAME = "person"


@dataclass(frozen=True)
class PersonTable:
    """One table: how it is measured, from a folder of media and one to work in, and how shown."""

    name: str
    measure: Callable[[Path | None, Path], dict[str, Any]]
    markdown: Callable[[Mapping[str, Any]], list[str]]


TABLES = (
    PersonTable("record", record.measure, record.markdown),
    PersonTable("mouth_and_voice", mouth_and_voice.measure, mouth_and_voice.markdown),
    PersonTable("talks", talks.measure, talks.markdown),
    PersonTable("references", references.measure, references.markdown),
    PersonTable("groups", groups.measure, groups.markdown),
    PersonTable("likeness", likeness.measure, likeness.markdown),
    PersonTable("own_likeness", own_likeness.measure, own_likeness.markdown),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the tables that are asked for, write the record and the page of all, and print it."""
    parser = argparse.ArgumentParser(
        prog=COMMAND,
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = [table.name for table in TABLES]
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"of {', '.join(names)}")
    parser.add_argument("--media", type=Path, help="folder with manifest.tsv")
    parser.add_argument("--work", type=Path, help="folder to go on in; a temporary one by default")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.tables) - set(names):
        parser.error(f"expected tables of {', '.join(names)}, got {', '.join(sorted(unknown))}")
    found = read_record(NAME) if (RECORDS / f"{NAME}.json").exists() else {}
    with tempfile.TemporaryDirectory() as temporary:
        for table in TABLES:
            if table.name in (asked.tables or names):
                found[table.name] = table.measure(asked.media, asked.work or Path(temporary))
    text = page(found)
    write_record(NAME, {name: found[name] for name in names if name in found})
    write_page(NAME, text)
    print(text)
    return 0


def page(found: Mapping[str, Any]) -> str:
    """Return the page of every table that was measured."""
    lines = heading("What it is worth to know the person", COMMAND)
    for table in TABLES:
        if table.name in found:
            lines += [*table.markdown(found[table.name]), ""]
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())

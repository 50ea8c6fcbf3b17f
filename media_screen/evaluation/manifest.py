"""Reads the list of labelled media that an evaluation scores."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path

from media_screen.errors import SetupError
from media_screen.files import open_regular
from media_screen.results.plain import counted

COLUMNS = ("path", "label", "method", "collection", "identity")
SHOWN = 10  # bad rows that an error names; the rest are counted
_LABELS = {"real": False, "fake": True}


class ManifestError(SetupError, ValueError):
    """The manifest can't be used; the message names each bad row with what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Item:
    """One labelled file. `method`, `collection` and `identity` may be empty; they are free text.

    `method` is how a forged file was made, `collection` where the file comes from, `identity` whom
    it shows or voices.
    """

    path: Path
    fake: bool
    method: str = ""
    collection: str = ""
    identity: str = ""


def read_manifest(path: Path) -> tuple[Item, ...]:
    """Read a CSV with the columns `path,label,method,collection,identity`; others are passed over.

    `label` is real or fake; paths are relative to the folder of the manifest. Only `path` and
    `label` are needed. Raises ManifestError for a missing file, a label that is neither, or a file
    that is listed twice: a row that is passed over in silence would change what is measured.
    """
    try:
        with TextIOWrapper(open_regular(path), encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, skipinitialspace=True)
            missing = [name for name in COLUMNS[:2] if name not in (reader.fieldnames or ())]
            if missing:
                raise ManifestError(
                    f"{path.name}: expected a first line with the columns {','.join(COLUMNS)}, "
                    f"there is no {' and no '.join(missing)}"
                )
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ManifestError(f"{path.name} can't be read as CSV in UTF-8: {error}") from error
    items: list[Item] = []
    problems: list[str] = []
    lines: dict[Path, int] = {}
    for line, row in rows:
        fields = {name: (row.get(name) or "").strip() for name in COLUMNS}
        file = path.parent / fields["path"]
        why = _problem(fields, file, lines.get(file.resolve()))
        if why:
            problems.append(f"line {line}: {why}")
            continue
        lines[file.resolve()] = line
        items.append(
            Item(
                path=file,
                fake=_LABELS[fields["label"].lower()],
                method=fields["method"],
                collection=fields["collection"],
                identity=fields["identity"],
            )
        )
    _refuse(path.name, problems, items)
    return tuple(items)


def _problem(fields: dict[str, str], file: Path, listed: int | None) -> str:
    """Return what is wrong with a row, "" when nothing is."""
    if not fields["path"]:
        return "the path is empty"
    try:
        if not file.is_file():
            return f"there is no file {fields['path']!r}"
    except (OSError, ValueError) as error:  # a name with a NUL, or one that is too long
        return f"{fields['path'][:80]!r} is no path: {error}"
    if fields["label"].lower() not in _LABELS:
        return f"expected the label real or fake, got {fields['label']!r}"
    if listed is not None:
        return f"{fields['path']!r} is already in line {listed}"
    return ""


def _refuse(name: str, problems: list[str], items: list[Item]) -> None:
    if problems:
        more = len(problems) - SHOWN
        shown = problems[:SHOWN] + ([f"and {more} more"] if more > 0 else [])
        raise ManifestError(
            f"{name} has {counted(len(problems), 'bad row')}:\n  " + "\n  ".join(shown)
        )
    if {item.fake for item in items} != {False, True}:
        fakes = sum(item.fake for item in items)
        raise ManifestError(
            f"{name} must list both genuine and forged files, got {len(items) - fakes} real and "
            f"{fakes} fake"
        )

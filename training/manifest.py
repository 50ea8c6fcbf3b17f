"""Reads the list of labelled media, `manifest.tsv`, that trainings and benchmarks start from."""

from __future__ import annotations

import csv
from dataclasses import dataclass, fields
from pathlib import Path

FILE = "manifest.tsv"
SHIFTED = "AV offset"  # how methods of genuine clips with shifted sound begin
UNSURE = "may be source"  # in methods of converted speech that may be the recording itself


@dataclass(frozen=True)
class MediaRow:
    """One labelled file; what its list does not say is empty.

    `path` is below the folder of the list, `audio` is "ok" where somebody can be heard. `panel` is
    the part of the picture that is meant ("left,top,right,bottom" as shares), `moments` the number
    of faces that are taken from the clip, where it isn't looked over whole (`training.media`).
    """

    path: str
    kind: str = ""
    method: str = ""
    identity: str = ""
    collection: str = ""
    duration_s: str = ""
    audio: str = ""
    layout: str = ""
    note: str = ""
    sha256: str = ""
    panel: str = ""
    moments: str = ""

    @property
    def fake(self) -> bool:
        """Whether the file is listed as forged."""
        return self.kind.startswith("fake")

    @property
    def shifted(self) -> bool:
        """Whether it is a genuine clip whose sound was shifted."""
        return self.method.startswith(SHIFTED)

    @property
    def unsure(self) -> bool:
        """Whether it may belong to either class."""
        return UNSURE in self.method


_COLUMNS = tuple(field.name for field in fields(MediaRow))


def read_media_rows(media: Path) -> list[MediaRow]:
    """Return every file that the list of a folder of media names."""
    with (media / FILE).open(encoding="utf-8", newline="") as stream:
        return [
            MediaRow(**{name: row.get(name) or "" for name in _COLUMNS})
            for row in csv.DictReader(stream, delimiter="\t")
        ]

"""Lays out public clips, or public speech, from clones of repositories, with a list beside them.

    python -m training.media --clones CLONES --into FOLDER [--speech | --talks]

The clips are those of `clips.tsv`; with `--speech` the recordings of `speech.tsv`, of systems of
2018 to 2025 and of people; with `--talks` the clips of `talks.tsv`, in which not all that is heard
is said by the face that is seen: dubs, and people who listen. CLONES holds the repositories, each
as OWNER/NAME or OWNER+NAME (with or without a work tree). Every file is checked against its hash;
what is missing or differs is told, and the rest is laid out. FOLDER/manifest.tsv then says of each
file what `training.face_artifact` and `training.voice_spoof` need to know.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from training.manifest import FILE, MediaRow
from training.media.clones import MissingFileError, RepositoryFile, tell_missing

TABLE = Path(__file__).with_name("clips.tsv")
SPEECH = Path(__file__).with_name("speech.tsv")
TALKS = Path(__file__).with_name("talks.tsv")
COLUMNS = (
    "path", "kind", "method", "identity", "collection", "layout", "note", "sha256", "panel",
    "audio", "moments",
)  # fmt: skip
MOMENTS = 12  # of a clip: many short clips of one maker say little more than a few


@dataclass(frozen=True)
class PublicClip:
    """One clip: where it lies, its hash, what it shows, and in which part of the picture.

    `identity` is a number of a person, the same wherever that face was found (`training.media`
    compares all faces); `panel` is "left,top,right,bottom" as shares, or empty for all of it. Of
    speech `identity` is the speaker (of a clone whom it imitates) and `note` the language, where
    the repository tells.
    """

    repo: str
    commit: str
    path: str
    sha256: str
    kind: str
    method: str
    identity: str
    panel: str
    note: str

    @property
    def file(self) -> RepositoryFile:
        """What is laid out."""
        return RepositoryFile(self.repo, self.commit, self.path, self.sha256)

    @property
    def target(self) -> str:
        """Where it is laid out, below the folder."""
        name = self.path.replace("/", "__")
        if self.panel:  # one file may show the genuine face beside the forged one
            name = f"{self.panel.replace(',', '_')}__{name}"
        return f"public/{self.kind}/{self.repo.replace('/', '+')}/{name}"

    def media_row(self, *, audio: str) -> MediaRow:
        """Return what the list of media says of it."""
        return MediaRow(
            path=self.target,
            kind=self.kind,
            method=self.method,
            identity=self.identity,
            collection=self.repo,
            audio=audio,
            layout="multi" if self.panel else "single",
            note=self.note,
            sha256=self.sha256,
            panel=self.panel,
            moments=str(MOMENTS),
        )


def read_table(path: Path = TABLE) -> list[PublicClip]:
    """Return the clips of the table."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(stream, delimiter="\t")
        return [
            PublicClip(**{one.name: row[one.name] for one in fields(PublicClip)}) for row in rows
        ]


def lay_out(rows: list[PublicClip], clones: Path, into: Path, *, audio: str = "") -> Iterator[str]:
    """Write clips and their list; yield a sentence for each clip that can't be had.

    `audio` is what the list says of their sound, "ok" where it is speech.
    """
    laid: list[PublicClip] = []
    for row in rows:
        try:
            row.file.place(clones, into / row.target)
        except MissingFileError as error:
            yield str(error)
            continue
        laid.append(row)
    _write_list(laid, into / FILE, audio)


def _write_list(rows: list[PublicClip], path: Path, audio: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter="\t", lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in rows:
            listed = row.media_row(audio=audio)
            writer.writerow(getattr(listed, name) for name in COLUMNS)


def main() -> None:
    """Lay out, and say what is missing."""
    parser = argparse.ArgumentParser(
        prog="python -m training.media",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--clones", type=Path, required=True)
    parser.add_argument("--into", type=Path, required=True)
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--speech", action="store_true", help="recordings, not clips")
    other.add_argument("--talks", action="store_true", help="dubs, and clips of several people")
    asked = parser.parse_args()
    rows = read_table(SPEECH if asked.speech else TALKS if asked.talks else TABLE)
    told = lay_out(
        rows, asked.clones, asked.into, audio="ok" if asked.speech or asked.talks else ""
    )
    tell_missing(told, total=len(rows), what="files", into=asked.into)


if __name__ == "__main__":
    main()

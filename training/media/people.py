"""Finds who is shown by clips of several collections, by a comparison of all their faces.

    python -m training.media.people --media ../shared/media --public PUBLIC --work WORK

PUBLIC is what `training.media` laid out. Renews the identities of `clips.tsv`, and `people.tsv`, of
the files of MEDIA whose face other files show as well. Faces are kept in WORK, so that a run that
was stopped goes on.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from media_screen.arrays import Floats
from training.manifest import MediaRow, read_media_rows
from training.media.__main__ import TABLE, PublicClip, read_table

PEOPLE = Path(__file__).with_name("people.tsv")
ALIKE = 0.6  # cosine above which two faces are one person's
BLOCK = 2_000  # rows compared at once
KINDS = ("real_video", "fake_video")


@dataclass(frozen=True)
class ShownFace:
    """A file, or a panel of one, and the mean of the embeddings of its face."""

    row: MediaRow
    public: bool
    embedding: Floats


def alike(embeddings: Floats) -> npt.NDArray[np.int64]:
    """Return a number for each row of unit vectors: rows that resemble each other share one."""
    parent = np.arange(len(embeddings))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = int(parent[row])
        return row

    for start in range(0, len(embeddings), BLOCK):
        cosines = embeddings[start : start + BLOCK] @ embeddings.T
        for one, other in zip(*np.nonzero(cosines > ALIKE), strict=True):
            first, second = root(int(one) + start), root(int(other))
            if first != second:
                parent[first] = second
    return np.array([root(row) for row in range(len(embeddings))])


def shown_in(folder: Path, work: Path, *, public: bool) -> list[ShownFace]:
    """Return the clips of a folder in which a face is seen."""
    from media_screen.faces.embed import FaceEmbedder
    from training.media.clips import Panel, find_faces

    work.mkdir(parents=True, exist_ok=True)
    embedder = FaceEmbedder.load()
    found = []
    for row in read_media_rows(folder):
        if row.kind not in KINDS:
            continue
        name = hashlib.sha256(f"{row.sha256} {row.panel}".encode()).hexdigest()
        kept = work / f"{name}.npy"
        if not kept.is_file():
            faces = find_faces(folder / row.path, Panel.read(row.panel))
            np.save(kept, embedder.embed([one.crop for one in faces]))
        embeddings = np.load(kept, allow_pickle=False)
        if len(embeddings):
            mean = embeddings.mean(axis=0)
            found.append(ShownFace(row, public, mean / np.linalg.norm(mean)))
    return found


def identities(shown: Sequence[ShownFace]) -> dict[tuple[str, str], str]:
    """Return who is shown by each file and panel, by the path and the panel."""
    people = alike(np.stack([one.embedding for one in shown]))
    pairs = zip(shown, people.tolist(), strict=True)
    return {(one.row.path, one.row.panel): f"p{number}" for one, number in pairs}


def renamed(rows: Sequence[PublicClip], known: dict[tuple[str, str], str]) -> list[PublicClip]:
    """Return the clips with their identities renewed; those without a face keep theirs."""
    return [replace(row, identity=known.get((row.target, row.panel), row.identity)) for row in rows]


def shared(shown: Sequence[ShownFace], known: dict[tuple[str, str], str]) -> list[tuple[str, str]]:
    """Return name and identity of the files that aren't public whose face others show, too."""
    sizes = Counter(known.values())
    of_file = [(one, known[one.row.path, one.row.panel]) for one in shown if not one.public]
    return sorted((Path(one.row.path).stem, who) for one, who in of_file if sizes[who] > 1)


def main() -> None:
    """Compare all faces and write both tables."""
    parser = argparse.ArgumentParser(
        prog="python -m training.media.people",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--media", type=Path, required=True)
    parser.add_argument("--public", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    asked = parser.parse_args()
    shown = [
        *shown_in(asked.media, asked.work, public=False),
        *shown_in(asked.public, asked.work, public=True),
    ]
    known = identities(shown)
    rows = renamed(read_table(), known)
    names = [one.name for one in fields(PublicClip)]
    _write(TABLE, [names, *map(astuple, rows)])
    people = shared(shown, known)
    _write(PEOPLE, [["file", "identity"], *people])
    print(f"{len(shown)} files show {len(set(known.values()))} people")


def _write(path: Path, rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter="\t", lineterminator="\n").writerows(rows)


if __name__ == "__main__":
    main()

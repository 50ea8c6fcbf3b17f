"""Lays out forged videos with their originals, from clones of public repositories.

    python -m training.original.pairs --clones CLONES --into FOLDER

The pairs are those of `pairs.tsv`, as FOLDER/NUMBER/original.* and forged.*, for
`python -m benchmarks.original --public FOLDER`. CLONES holds the repositories, each as OWNER/NAME
or OWNER+NAME (with or without a work tree). Every file is checked against its hash; a pair that
can't be had whole is told and left out.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from training.media.clones import MissingFileError, RepositoryFile, tell_missing

TABLE = Path(__file__).with_name("pairs.tsv")


@dataclass(frozen=True)
class PublicPair:
    """A forged video beside its original; `identity` is who is seen, in words, over all pairs."""

    number: str
    method: str
    identity: str
    original: RepositoryFile
    forged: RepositoryFile

    def sides(self, folder: Path) -> tuple[Path, Path]:
        """Return where original and forged file lie, below the folder of all pairs."""
        return (
            _target(folder / self.number, "original", self.original),
            _target(folder / self.number, "forged", self.forged),
        )


def _target(folder: Path, side: str, file: RepositoryFile) -> Path:
    return folder / f"{side}{PurePosixPath(file.path).suffix}"


def read_pairs(path: Path = TABLE) -> list[PublicPair]:
    """Return the pairs of the table."""
    with path.open(encoding="utf-8", newline="") as stream:
        return [
            PublicPair(
                row["number"],
                row["method"],
                row["identity"],
                RepositoryFile(
                    row["repository"],
                    row["commit"],
                    row["original_path"],
                    row["original_sha256"],
                ),
                RepositoryFile(
                    row["forged_repository"],
                    row["forged_commit"],
                    row["forged_path"],
                    row["forged_sha256"],
                ),
            )
            for row in csv.DictReader(stream, delimiter="\t")
        ]


def lay_out(pairs: Sequence[PublicPair], clones: Path, into: Path) -> Iterator[str]:
    """Write the pairs; yield a sentence for each that can't be had."""
    for pair in pairs:
        original, forged = pair.sides(into)
        try:
            pair.original.place(clones, original)
            pair.forged.place(clones, forged)
        except MissingFileError as error:
            yield f"pair {pair.number}: {error}"


def main() -> None:
    """Lay out, and say what is missing."""
    parser = argparse.ArgumentParser(
        prog="python -m training.original.pairs",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--clones", type=Path, required=True)
    parser.add_argument("--into", type=Path, required=True)
    asked = parser.parse_args()
    pairs = read_pairs()
    told = lay_out(pairs, asked.clones, asked.into)
    tell_missing(told, total=len(pairs), what="pairs", into=asked.into)


if __name__ == "__main__":
    main()

"""Lays out the clips of `clips.tsv` from clones of public repositories, with a list beside them.

    python -m training.media --clones CLONES --into FOLDER

CLONES holds the repositories, each as OWNER/NAME or OWNER+NAME (with or without a work tree). Every
file is checked against its hash; what is missing or differs is told, and the rest is laid out.
FOLDER/manifest.tsv then says of each clip what `training.face_artifact` needs to know.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from training.manifest import FILE

TABLE = Path(__file__).with_name("clips.tsv")
COLUMNS = (
    "path", "kind", "method", "identity", "collection", "layout", "note", "sha256", "panel",
    "moments",
)  # fmt: skip
MOMENTS = 12  # of a clip: many short clips of one maker say little more than a few


@dataclass(frozen=True)
class PublicClip:
    """One clip: where it lies, its hash, what it shows, and in which part of the picture.

    `identity` is a number of a person, the same wherever that face was found (`training.media`
    compares all faces); `panel` is "left,top,right,bottom" as shares, or empty for all of it.
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
    def target(self) -> str:
        """Where it is laid out, below the folder."""
        name = self.path.replace("/", "__")
        if self.panel:  # one file may show the genuine face beside the forged one
            name = f"{self.panel.replace(',', '_')}__{name}"
        return f"public/{self.kind}/{self.repo.replace('/', '+')}/{name}"


def read_table(path: Path = TABLE) -> list[PublicClip]:
    """Return the clips of the table."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(stream, delimiter="\t")
        return [
            PublicClip(**{one.name: row[one.name] for one in fields(PublicClip)}) for row in rows
        ]


def git_folder(clones: Path, repo: str) -> Path | None:
    """Return the git directory of a clone, or None when there is none."""
    joined = clones / repo.replace("/", "+")
    tries = (clones / repo / ".git", clones / repo, joined / ".git", joined / "repo", joined)
    return next((one for one in tries if (one / "objects").is_dir()), None)


def lay_out(rows: list[PublicClip], clones: Path, into: Path) -> Iterator[str]:
    """Write clips and their list; yield a sentence for each clip that can't be had."""
    laid: list[PublicClip] = []
    for row in rows:
        target = into / row.target
        if not (target.is_file() and _sha256(target.read_bytes()) == row.sha256):
            folder = git_folder(clones, row.repo)
            if folder is None:
                yield f"{row.repo}: no clone of it in {clones}"
                continue
            shown = subprocess.run(
                ["git", "--git-dir", str(folder), "cat-file", "blob", f"{row.commit}:{row.path}"],
                capture_output=True,
                check=False,
            )
            if _sha256(shown.stdout) != row.sha256:
                yield f"{row.repo}: {row.path} at {row.commit[:12]} is missing or another file"
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(shown.stdout)
        laid.append(row)
    _write_list(laid, into / FILE)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _write_list(rows: list[PublicClip], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter="\t", lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in rows:
            layout = "single" if not row.panel else "multi"
            facts = (row.target, row.kind, row.method, row.identity, row.repo, layout, row.note)
            writer.writerow((*facts, row.sha256, row.panel, MOMENTS))


def main() -> None:
    """Lay out, and say what is missing."""
    parser = argparse.ArgumentParser(
        prog="python -m training.media",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--clones", type=Path, required=True)
    parser.add_argument("--into", type=Path, required=True)
    asked = parser.parse_args()
    rows = read_table()
    missing = 0
    for told in lay_out(rows, asked.clones, asked.into):
        missing += 1
        print(told, flush=True)
    print(f"{len(rows) - missing} of {len(rows)} clips lie in {asked.into}")


if __name__ == "__main__":
    main()

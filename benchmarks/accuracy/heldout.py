"""Scores of files by networks that saw nothing of their collection, their people or their method.

Training leaves them as tables of crops (`training.face_artifact ... line`); here they
are pooled as the detector pools, and kept by the hash of the file, so that the tables can be
printed again without the media.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np

from media_screen.detectors.face_artifact.forged import is_good, to_judge
from training.face_artifact.crops import CropSource

VERSIONS = ("original", "480p")


@dataclass(frozen=True)
class Held:
    """The pooled score of one file and version, by the network that held it out.

    `score` is None when no face was fit to be judged.
    """

    run: str
    version: str
    sha256: str
    kind: str
    collection: str
    method: str
    identity: str
    fold: int
    score: float | None

    @property
    def fake(self) -> bool:
        """Whether the file is forged."""
        return self.kind.startswith("fake")


def pooled(work: Path, run: str, folds: int, sources: Sequence[CropSource]) -> Iterator[Held]:
    """Pool the crops of a run's held-out tables, as the detector does.

    Files that are not among the sources are left out.
    """
    of_path = {source.path: source for source in sources}
    for fold in range(folds):
        table = work / f"{run}-{fold}.csv"
        tracks: dict[tuple[str, str], dict[int, list[float]]] = defaultdict(dict)
        with table.open(newline="") as stream:
            for row in csv.DictReader(stream):
                if is_good(float(row["size_px"]), float(row["inside"])):
                    of_file = tracks[row["path"], row["version"]]
                    of_file.setdefault(int(row["track"]), []).append(float(row["logit"]))
        for (path, version), of_file in tracks.items():
            source = of_path.get(path)
            if source is not None and version in VERSIONS:
                yield Held(
                    run,
                    version,
                    source.sha256,
                    source.kind,
                    source.collection,
                    source.method,
                    source.identity or source.path.rsplit("/", 1)[-1],
                    fold,
                    round(max(float(np.mean(logits)) for logits in to_judge(of_file).values()), 4),
                )


def with_missing(
    held: Iterable[Held], sources: Sequence[CropSource], folds: dict[str, int]
) -> Iterator[Held]:
    """Yield the scores, and None for each clip that no run could judge."""
    seen: set[tuple[str, str, str]] = set()
    runs: dict[str, None] = {}
    for one in held:
        runs.setdefault(one.run)
        seen.add((one.run, one.version, one.sha256))
        yield one
    for run in runs:
        for source in sources:
            # Clips that were taken as they are have no copy, and so no row of one.
            copied = source.kind.endswith("video") and not source.path.startswith("public/")
            for version in VERSIONS if copied else VERSIONS[:1]:
                if (run, version, source.sha256) not in seen:
                    yield Held(
                        run,
                        version,
                        source.sha256,
                        source.kind,
                        source.collection,
                        source.method,
                        source.identity or source.path.rsplit("/", 1)[-1],
                        folds[source.path],
                        None,
                    )


def write(path: Path, held: Iterable[Held]) -> None:
    """Write the scores, a line each, in an order that does not change."""
    rows = sorted(
        held, key=lambda one: (one.run, one.version, one.kind, one.collection, one.sha256)
    )
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(field.name for field in fields(Held))
        writer.writerows(astuple(row) for row in rows)


def read(path: Path) -> list[Held]:
    """Read the scores back."""
    with path.open(newline="", encoding="utf-8") as stream:
        return [
            Held(
                row["run"],
                row["version"],
                row["sha256"],
                row["kind"],
                row["collection"],
                row["method"],
                row["identity"],
                int(row["fold"]),
                float(row["score"]) if row["score"] else None,
            )
            for row in csv.DictReader(stream)
        ]

"""The common form of held-out scores: records/ratios/DETECTOR.csv, a line for a file and version.

    sha256,version,score,llr

`version` is "original" or how a copy of the file with that hash was made, `score` the detector's
own number, `llr` its calibrated natural-log likelihood ratio, by a network and a calibration that
were not fitted to the file. Both are empty where the detector abstained.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.places import RATIOS

SUFFIX = ".csv"
# A copy at 480p has its sound as AAC of 64 or 128 kbit/s; the last two are made of sound alone.
VERSIONS = ("original", "480p", "opus24k", "telephone")
_COLUMNS = ("sha256", "version", "score", "llr")


@dataclass(frozen=True)
class Ratio:
    """What a detector said of one version of a file; `llr` is None where it abstained."""

    sha256: str
    version: str
    score: float = 0.0
    llr: float | None = None


def write(path: Path, ratios: Iterable[Ratio]) -> None:
    """Write the ratios of a detector, in an order that does not change."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for one in sorted(ratios, key=lambda one: (VERSIONS.index(one.version), one.sha256)):
            judged = one.llr is not None
            score, llr = (f"{value or 0.0:.4f}" if judged else "" for value in (one.score, one.llr))
            writer.writerow((one.sha256, one.version, score, llr))


def read(path: Path) -> list[Ratio]:
    """Read the ratios of a detector; raises ValueError for a file of another form."""
    with path.open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        if tuple(reader.fieldnames or ())[:4] != _COLUMNS:
            raise ValueError(
                f"{path.name}: expected the columns {_COLUMNS}, got {reader.fieldnames}"
            )
        rows = [row for row in reader if row["version"] in VERSIONS]
    return [
        Ratio(row["sha256"], row["version"], float(row["score"] or row["llr"]), float(row["llr"]))
        if row["llr"]
        else Ratio(row["sha256"], row["version"])
        for row in rows
    ]


def path_of(detector: str, folder: Path = RATIOS) -> Path:
    """Return where the ratios of a detector stand."""
    return folder / f"{detector}{SUFFIX}"


def read_all(folder: Path = RATIOS) -> dict[str, list[Ratio]]:
    """Return the ratios of every detector that has any, by its name."""
    files = sorted(folder.glob(f"*{SUFFIX}"))
    return {file.stem: read(file) for file in files}

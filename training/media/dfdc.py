"""Splits face crops of DFDC by the actors they show: to train on, and to judge by.

    python -m training.media.dfdc FOLDER

FOLDER holds `metadata.csv` and `faces_224/` of i-Shreyansh/DeepFake-Detection (39728535acf0). Names
of actors are nowhere stated, so faces are compared: those that look alike are one actor, and nobody
of the second part resembles anyone of the first. Writes `dfdc.tsv` beside this module.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from media_screen.arrays import Floats, Image
from training.media.people import BLOCK, alike
from training.media.stills import StillTable, crop_file, dfdc_pairs, find_faces, is_changed

TABLE = Path(__file__).with_name("dfdc.tsv")
KEPT, TAUGHT = "kept", "train"
NEAR = 0.55  # cosine to anyone that is kept above which a face is not trained on
LEAST_OF_ACTOR = 5  # pictures: smaller groups are often profiles or the dark
KEPT_GENUINE = 2_000  # pictures that are kept apart
TAUGHT_GENUINE = 4_600  # pictures to train on, what travels to a GPU in minutes
FORGED = {TAUGHT: 2, KEPT: 1}  # forged pictures of a genuine one
DARK = 25.0  # mean level of 255 under which a picture says nothing
_SEED = 11


@dataclass(frozen=True)
class DfdcRow:
    """A genuine crop, its actor (a number), its part, and forged crops of the same frame."""

    name: str
    actor: int
    split: str
    forged: str

    @property
    def forgeries(self) -> list[str]:
        """The names of the forged crops."""
        return self.forged.split()


def read_table(path: Path = TABLE) -> list[DfdcRow]:
    """Return the rows of the table."""
    with path.open(encoding="utf-8", newline="") as stream:
        return [
            DfdcRow(row["name"], int(row["actor"]), row["split"], row["forged"])
            for row in csv.DictReader(stream, delimiter="\t")
        ]


def split(
    embeddings: Floats, actor: npt.NDArray[np.int64], *, kept: int, seed: int = _SEED
) -> tuple[list[int], list[int]]:
    """Return the rows to train on, in an order by chance, and those that are kept apart."""
    rng = random.Random(seed)
    order = sorted(set(actor.tolist()))
    rng.shuffle(order)
    apart: set[int] = set()
    for one in order:
        own = np.flatnonzero(actor == one).tolist()
        if len(apart) < kept and len(own) >= LEAST_OF_ACTOR:
            apart |= set(own)
    judged = embeddings[sorted(apart)]
    near = [
        (embeddings[start : start + BLOCK] @ judged.T).max(axis=1, initial=-1.0) > NEAR
        for start in range(0, len(embeddings), BLOCK)
    ]
    close = np.concatenate(near)
    taught = [row for row in range(len(embeddings)) if row not in apart and not close[row]]
    rng.shuffle(taught)
    return taught, sorted(apart)


def pick(folder: Path, table: StillTable) -> list[DfdcRow]:
    """Return the crops that are used, with forged ones in which the face was changed."""
    actor = alike(table.embeddings)
    taught, kept = split(table.embeddings, actor, kept=KEPT_GENUINE)
    pairs = dfdc_pairs(folder)
    rows: list[DfdcRow] = []
    for part, chosen, most in ((TAUGHT, taught, TAUGHT_GENUINE), (KEPT, kept, KEPT_GENUINE)):
        found: list[DfdcRow] = []
        for row in chosen:
            if len(found) == most:
                break
            name = Path(table.names[row]).stem
            forged = _forged(folder, name, pairs, FORGED[part])
            if forged:
                found.append(DfdcRow(name, int(actor[row]), part, " ".join(forged)))
        rows += found
    return rows


def _forged(folder: Path, name: str, pairs: Mapping[str, Sequence[str]], most: int) -> list[str]:
    genuine = read_crop(folder, name)
    if genuine.mean() < DARK:
        return []
    names = list(pairs[f"{name}.mp4"])
    random.Random(name).shuffle(names)
    found: list[str] = []
    for forged in names:
        if len(found) < most and is_changed(genuine, read_crop(folder, forged)):
            found.append(Path(forged).stem)
    return found


def read_crop(folder: Path, name: str) -> Image:
    """Return a crop, RGB; raises ValueError when it can't be read."""
    import cv2

    path = crop_file(folder, name)
    picture = cv2.imread(str(path))
    if picture is None:
        raise ValueError(f"{path} can't be read as a picture")
    return np.asarray(picture[..., ::-1], np.uint8)


def main() -> None:
    """Find the faces, split them, and write the table."""
    parser = argparse.ArgumentParser(
        prog="python -m training.media.dfdc",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    paths = [crop_file(asked.folder, name) for name in dfdc_pairs(asked.folder)]
    rows = pick(asked.folder, find_faces(paths))
    with TABLE.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter="\t", lineterminator="\n")
        writer.writerow(one.name for one in fields(DfdcRow))
        writer.writerows(astuple(row) for row in rows)
    print(f"{len(rows)} genuine crops, {sum(len(row.forgeries) for row in rows)} forged")


if __name__ == "__main__":
    main()

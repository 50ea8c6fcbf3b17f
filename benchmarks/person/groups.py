"""Measures how often strangers of one group and sex pass for one another, by one picture each.

Nobody's second picture is needed for that, so it can be asked of people of whom there is but one.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.markdown import table
from benchmarks.person.references import FALSE_MATCHES, embedded, kept
from media_screen.arrays import Floats
from media_screen.faces.embed import calibrated_llr
from media_screen.faces.track import evenly
from media_screen.fusion.thresholds import IDENTITY_THRESHOLD

PORTRAITS = 250  # of each group and sex: 31,125 pairs
ADULT = 18  # years; children look more alike, and nobody enrolls them
# As UTKFace codes them in the names of files: AGE_SEX_GROUP_DATE.
SEXES = ("men", "women")
GROUPS = ("White", "Black", "Asian", "Indian", "others")
SHOWN = 16  # pairs over the threshold of which the record tells the names, to be looked at
# How many of those pairs do not surely show one person, by eye, and the digest of the pairs that
# were looked at: of others nothing is known. UTKFace has many pictures of some public figures.
LOOKED_AT = "a39463e8ebc6"
NOT_SURELY_ONE = {
    "Asian men": 3,
    "Asian women": 5,
    "Black men": 2,
    "Black women": 6,
    "Indian men": 3,
    "Indian women": 5,
    "White men": 0,
    "White women": 1,
    "others men": 1,
    "others women": 1,
}


@dataclass(frozen=True)
class Strangers:
    """What pairs of portraits of different adults of one group and sex came to.

    `matched` pairs are over the threshold of a verdict, `cosine_of_one_percent`
    the cosine that 1% of pairs reach, and `passing` the names of some pairs over the threshold,
    from the most alike to the least.
    """

    group: str
    portraits: int
    pairs: int
    matched: int
    cosine_of_one_percent: float
    passing: tuple[tuple[str, str], ...]

    @property
    def share(self) -> float:
        """Share of pairs that pass for one person."""
        return self.matched / max(1, self.pairs)


def strangers(group: str, names: tuple[str, ...], portraits: Floats) -> Strangers:
    """Return how often two portraits (rows of unit length) of a group pass for one person."""
    first, second = np.triu_indices(len(portraits), 1)
    cosines = (portraits @ portraits.T)[first, second]
    over = np.array([calibrated_llr(float(one)) for one in cosines]) >= IDENTITY_THRESHOLD
    order = [int(place) for place in np.argsort(-cosines) if over[place]]
    return Strangers(
        group,
        len(portraits),
        len(cosines),
        len(order),
        float(np.quantile(cosines, 1 - FALSE_MATCHES)),
        tuple((names[first[place]], names[second[place]]) for place in evenly(order, SHOWN)),
    )


def measure(media: Path | None, work: Path) -> dict[str, Any]:
    """Return what each group came to; `media` holds UTKFace/*.jpg."""
    if media is None:
        raise ValueError("expected --media with UTKFace, got none")
    portraits = kept(work / "portraits.npz", lambda: embedded(chosen(media / "UTKFace")))
    owners = np.array([group_of(name) for name in portraits.names])
    found = []
    for group in sorted(set(owners.tolist())):
        own = owners == group
        names = tuple(np.array(portraits.names)[own].tolist())
        found.append(asdict(strangers(group, names, portraits.rows[own])))
    return {"groups": found}


def chosen(folder: Path) -> list[Path]:
    """Return portraits of adults, as many of each group and sex."""
    by: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*.jpg")):
        if group := group_of(path.name):
            by.setdefault(group, []).append(path)
    rng = random.Random(5)
    return [path for group in sorted(by) for path in rng.sample(by[group], PORTRAITS)]


def group_of(name: str) -> str:
    """Return group and sex of an adult's portrait by its name, "" of others and of odd names."""
    age, sex, group, *rest = (*name.split("_"), "", "", "")
    if not rest[0] or int(age) < ADULT:
        return ""
    return f"{GROUPS[int(group)]} {SEXES[int(sex)]}"


def markdown(found: Mapping[str, Any]) -> list[str]:
    """Return the table as lines of Markdown."""
    rows = [_strangers(one) for one in found["groups"]]
    known = digest(rows) == LOOKED_AT
    return [
        "## Strangers of one group",
        "",
        "`python -m benchmarks.person groups --media STILLS --work DIR`",
        "",
        f"Portraits of different adults (UTKFace, {PORTRAITS} of each group and sex, as it labels "
        "them), each enrolled with one picture and compared with all others of the group. Most "
        f"pairs that pass show one person: up to {SHOWN} of each group were looked at by eye, and "
        "those that do not surely show one counted as false.",
        "",
        *table(
            (
                "group",
                "portraits",
                "pairs",
                "pass for one person",
                "not surely one, of those looked at",
                "so false matches",
                "cosine that 1% of pairs reach",
            ),
            (_cells(row, known) for row in rows),
        ),
    ]


def _strangers(record: Mapping[str, Any]) -> Strangers:
    passing = tuple((one, other) for one, other in record["passing"])
    return Strangers(**{**record, "passing": passing})


def _cells(row: Strangers, known: bool) -> tuple[object, ...]:
    looked, false = len(row.passing), NOT_SURELY_ONE.get(row.group, 0)
    return (
        row.group,
        row.portraits,
        row.pairs,
        f"{row.matched} ({row.share:.3%})",
        f"{false} of {looked}" if known else "not looked at",
        f"about {row.share * false / max(1, looked):.3%}" if known else "-",
        f"{row.cosine_of_one_percent:.2f}",
    )


def digest(rows: Sequence[Strangers]) -> str:
    """Return what tells the pairs that are to be looked at from others: 12 hex digits."""
    names = [(row.group, *pair) for row in rows for pair in row.passing]
    return hashlib.sha256(repr(names).encode()).hexdigest()[:12]

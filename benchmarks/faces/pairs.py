"""Groups faces by file and pairs the files: of one person, or of different people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.faces.nets import unit
from benchmarks.faces.people import LEFT_OUT, base_name
from benchmarks.faces.sights import FaceSight
from media_screen.arrays import Array, Flags, Ints


@dataclass(frozen=True)
class Pairs:
    """Pairs of files: indices of both, whether one person, and of what kind."""

    left: Ints
    right: Ints
    same: Flags
    session: Flags  # same person, but recorded in one session (MEAD)


def group_files(sights: Sequence[FaceSight]) -> dict[str, list[int]]:
    """Return the indices of each file's faces, of files with a known identity, in time order."""
    groups: dict[str, list[int]] = defaultdict(list)
    for index, sight in enumerate(sights):
        known = sight.kind in ("real_video", "real_face") and sight.identity
        if known and base_name(sight.path) not in LEFT_OUT and "mesonet" not in sight.path.lower():
            groups[sight.path].append(index)
    return dict(sorted(groups.items()))


def make_pairs(identities: Sequence[str]) -> Pairs:
    """Return all pairs of files."""
    left, right = np.triu_indices(len(identities), 1)
    names = np.array(identities)
    same = names[left] == names[right]
    mead = np.array([name.startswith("MEAD") for name in identities])
    return Pairs(left, right, same, same & mead[left])


def mean_rows(rows: Array, groups: Mapping[str, Sequence[int]], frames: int) -> Array:
    """Return the unit mean embedding of each file over at most `frames` evenly spaced frames."""
    means = []
    for members in groups.values():
        take = np.unique(np.linspace(0, len(members) - 1, frames).round().astype(int))
        means.append(rows[[members[index] for index in take]].mean(axis=0))
    return unit(np.array(means))

"""How the benchmark of strangers of one group chooses portraits, and what it counts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from benchmarks.person.groups import (
    GROUPS,
    PORTRAITS,
    SEXES,
    chosen,
    group_of,
    markdown,
    strangers,
)
from media_screen.arrays import Floats


def portraits(spread: float) -> Floats:
    """Return portraits that are spread round one face."""
    rows = np.random.default_rng(1).normal(0.0, spread, (20, 16)).astype(np.float32)
    rows[:, 0] += 1.0
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


NAMES = tuple(f"{number}.jpg" for number in range(20))


def test_portraits_of_one_face_pass_for_one_person_and_are_told_by_name() -> None:
    alike = strangers("alike", NAMES, portraits(0.01))
    assert alike.matched == alike.pairs == 190 and alike.share == 1.0
    assert all(one != other for one, other in alike.passing)
    apart = strangers("apart", NAMES, np.eye(20, dtype=np.float32))
    assert apart.matched == 0 and apart.passing == ()


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("25_0_2_20170116.jpg.chip.jpg", "Asian men"),
        ("61_1_0_20170109.jpg.chip.jpg", "White women"),
        ("17_1_0_20170109.jpg.chip.jpg", ""),
        ("39_1_20170116174525125.jpg.chip.jpg", ""),
    ],
    ids=["man", "woman", "child", "without-group"],
)
def test_names_tell_group_and_sex(name: str, group: str) -> None:
    assert group_of(name) == group


def test_as_many_are_chosen_of_each_group_and_sex(tmp_path: Path) -> None:
    for group in range(len(GROUPS)):
        for sex in range(len(SEXES)):
            for number in range(PORTRAITS + 5):
                (tmp_path / f"30_{sex}_{group}_{number}.jpg").touch()
    (tmp_path / "9_0_0_1.jpg").touch()
    found = [group_of(path.name) for path in chosen(tmp_path)]
    assert {found.count(one) for one in set(found)} == {PORTRAITS}
    assert len(set(found)) == len(GROUPS) * len(SEXES)


def test_what_was_counted_by_eye_is_told_of_the_pairs_that_were_looked_at_alone() -> None:
    others = asdict(strangers("Asian men", NAMES, portraits(0.01)))
    row = next(line for line in markdown({"groups": [others]}) if line.startswith("| Asian men"))
    assert "not looked at" in row and "about" not in row

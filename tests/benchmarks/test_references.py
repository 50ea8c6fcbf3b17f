"""How the benchmark of references draws people, and what it counts."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.person.likeness import LikenessMeasure, result
from benchmarks.person.references import (
    ASKED_S,
    PICTURES,
    ActorSpeech,
    east_asian,
    faces,
)
from media_screen.arrays import Floats


def pictures(centre: int, count: int, spread: float) -> Floats:
    rows = np.random.default_rng(centre).normal(0.0, spread, (count, 16)).astype(np.float32)
    rows[:, centre] += 1.0
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def test_more_pictures_never_hurt_and_strangers_are_told_apart() -> None:
    own = {str(centre): pictures(centre, PICTURES[-1] + 4, 0.1) for centre in range(4)}
    found = faces(own, pictures(9, 30, 0.1))
    assert [one.references for one in found] == list(PICTURES)
    assert found[-1].recognised >= found[0].recognised
    assert all(one.people == 4 and one.false_matches == 0.0 for one in found)


def test_people_with_too_few_pictures_are_left_out() -> None:
    own = {"a": pictures(0, 40, 0.1), "b": pictures(1, 40, 0.1), "c": pictures(2, 5, 0.1)}
    assert {one.people for one in faces(own, pictures(9, 30, 0.1))} == {2}


def test_recordings_are_joined_until_they_are_long_enough() -> None:
    seconds = np.array([2.0, 2.0, 2.0, 4.0, 1.0], np.float32)
    spoken = ActorSpeech(np.eye(5, dtype=np.float32), seconds)
    joined = spoken.joined(range(5))
    assert ASKED_S == 5.0 and len(joined) == 2
    assert joined[0].tolist() == pytest.approx([3**-0.5, 3**-0.5, 3**-0.5, 0.0, 0.0])
    assert joined[1][3] > joined[1][4] > 0


def test_only_as_many_references_are_tried_as_leave_something_to_ask() -> None:
    (row,) = east_asian({"a": pictures(0, 8, 0.1)}).values()
    assert {"1", "2", "5"} <= set(row) and "10" not in row


def test_a_measure_is_told_with_its_interval_and_its_control() -> None:
    scores = np.concatenate([np.linspace(0, 1, 40), np.linspace(2, 3, 30)])
    forged = np.arange(70) >= 40
    people = tuple(str(number % 10) for number in range(70))
    row = result(LikenessMeasure("x", scores, forged, people, np.array([0.5, 5.0])))
    assert row["auc"] == pytest.approx([1.0, 1.0, 1.0]) and row["at_5"] == 1.0
    assert (row["people"], row["genuine"], row["forged"], row["elsewhere"]) == (10, 40, 30, 0.5)


def test_too_few_trials_give_no_rate() -> None:
    row = result(
        LikenessMeasure("x", np.arange(4.0), np.array([False, False, True, True]), ("a",) * 4)
    )
    assert "auc" in row and "at_5" not in row

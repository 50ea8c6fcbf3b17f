"""How the benchmark of likeness sets faces beside references, and which it asks."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.person.likeness import SAME_SESSION
from benchmarks.person.own_likeness import (
    LEAST_REFERENCES,
    KnownActors,
    LikenessTrial,
    LikenessTrials,
    alike,
    compare,
    each_beside_the_others,
    told_apart,
)
from media_screen.arrays import Floats
from training.media.dfdc import DfdcRow

ADA, BOB = np.eye(64, dtype=np.float32)[:2]


def turned(person: Floats, cosine: float, number: int) -> Floats:
    """A picture of a person with this cosine to what all of them share."""
    face = cosine * person
    face[10 + number] = np.sqrt(1 - cosine**2)
    return np.asarray(face, np.float32)


def of(person: Floats, count: int, cosine: float = 0.85) -> Floats:
    return np.stack([turned(person, cosine, number) for number in range(count)])


@pytest.mark.parametrize("cosine", [0.7, 0.95])
def test_references_are_as_like_as_a_further_one_is(cosine: float) -> None:
    trial = compare(turned(ADA, cosine, 40), of(ADA, 20, cosine), "ada")
    assert trial is not None and trial.behind == pytest.approx(0.0, abs=0.02)
    assert np.ptp(alike(of(ADA, 20, cosine))) < 1e-6


def test_who_is_not_recognised_is_not_asked() -> None:
    assert compare(BOB, of(ADA, 6), "ada") is None


def test_the_same_cosine_is_farther_behind_references_that_are_more_alike() -> None:
    face = turned(ADA, 0.7, 40)
    loose, tight = (compare(face, of(ADA, 8, cosine), "ada") for cosine in (0.75, 0.95))
    assert loose is not None and tight is not None and loose.behind < tight.behind


def actors() -> KnownActors:
    rows = [DfdcRow(f"a{number}", 1, "kept", f"x{number}") for number in range(8)]
    faces = {f"a{number}": face for number, face in enumerate(of(ADA, 8))}
    faces |= {f"x{number}": turned(ADA, 0.6, 40 + number) for number in range(8)}
    return KnownActors(rows, faces)


def test_swaps_are_asked_beside_the_references_of_what_they_were_made_of() -> None:
    known = actors()
    swapped = known.asked(known.faces, LEAST_REFERENCES, swapped=True)
    genuine = known.asked(known.faces, LEAST_REFERENCES, swapped=False)
    assert (swapped.asked, genuine.asked) == (8, 8)
    assert swapped.behind.min() > genuine.behind.max()


def test_pictures_of_one_session_are_no_references_of_one_another() -> None:
    same = {f"a{number}": face for number, face in enumerate(of(ADA, 8, 0.99))}
    assert float(same["a0"] @ same["a1"]) > SAME_SESSION
    assert KnownActors(actors().rows, same).asked(same, 5, swapped=False).asked == 0


def test_of_anybody_only_those_are_kept_who_are_recognised() -> None:
    found = actors().anybody({"like": turned(ADA, 0.7, 50), "other": BOB}, LEAST_REFERENCES)
    assert (len(found.recognised), found.asked) == (1, 2)


def test_each_picture_is_set_beside_the_others_of_its_person() -> None:
    own = {"ada": {str(number): face for number, face in enumerate(of(ADA, 7))}}
    found = each_beside_the_others(own, 13, own["ada"])
    assert found.asked == 7 and np.abs(found.behind).max() < 0.01


def test_what_falls_behind_is_told_from_what_does_not() -> None:
    def trials(person: str, *behind: float) -> LikenessTrials:
        return LikenessTrials.of([LikenessTrial(person, one, 0.8 - one) for one in behind])

    told = told_apart(trials("ada", *[0.0] * 30), trials("ada", *[0.3] * 20, *[-0.1] * 20))
    assert told["auc"][0] == told["auc_of_cosine"] == pytest.approx(0.5)
    assert told["found"]["behind"] == pytest.approx([0.5, 0.5])

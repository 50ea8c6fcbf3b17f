"""How surely a person is recognised by what is enrolled, and what is asked for first."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from media_screen.people import enough
from media_screen.people.enough import Amounts, amounts, standing
from media_screen.people.gallery import Gallery, Template, VoiceTemplate

FACES = Amounts(((1.0, 0.6, 0.98), (2.0, 0.8, 0.99), (5.0, 0.97, 1.0), (10.0, 0.98, 1.0)))
SPEECH = Amounts(((5.0, 0.6, 0.8), (20.0, 0.85, 0.95), (60.0, 0.86, 0.95)))
ONE = np.ones(2, np.float32)


@pytest.fixture(autouse=True)
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {enough.FACES: FACES, enough.VOICES: SPEECH}
    monkeypatch.setattr(enough, "amounts", known.__getitem__)


def gallery(pictures: int, videos: int, seconds: float) -> Gallery:
    return Gallery(
        (Template("ada", ONE, pictures, videos),) if pictures + videos else (),
        (VoiceTemplate("ada", ONE, 1, 0, seconds),) if seconds else (),
    )


@pytest.mark.parametrize(
    ("amount", "share", "gain"),
    [(0, 0.0, 0.97), (1, 0.6, 0.37), (4, 0.8, 0.17), (5, 0.97, 0.0), (50, 0.98, -0.01)],
)
def test_so_much_is_recognised_and_enough_would_give_so_much_more(
    amount: float, share: float, gain: float
) -> None:
    assert FACES.shares(amount)[0] == share and FACES.gain(amount) == pytest.approx(gain)


@pytest.mark.parametrize(
    ("known", "told"),
    [
        pytest.param(
            gallery(0, 0, 0.0),
            "0 pictures and videos (not recognised), 0 s of speech (not recognised); add first: "
            "pictures of other days, 5 in all",
            id="nothing",
        ),
        pytest.param(
            gallery(1, 1, 0.0),
            "2 pictures and videos (80% to 99% of other pictures recognised in tests), 0 s of "
            "speech (not recognised); add first: recordings of the voice, 20 s in all",
            id="no-voice",
        ),
        pytest.param(
            gallery(1, 0, 30.0),
            "1 picture or video (60% to 98% of other pictures recognised in tests), 30 s of speech "
            "(85% to 95% of other recordings recognised in tests); add first: pictures of "
            "other days, 5 in all",
            id="one-picture",
        ),
        pytest.param(
            gallery(5, 1, 21.0),
            "6 pictures and videos (97% to 100% of other pictures recognised in tests), 21 s of "
            "speech (85% to 95% of other recordings recognised in tests)",
            id="enough",
        ),
    ],
)
def test_where_a_person_stands_is_told_and_what_to_add_first(known: Gallery, told: str) -> None:
    assert standing("ada", known) == told


def test_nobody_else_counts() -> None:
    assert "not recognised" in standing("bob", gallery(5, 5, 60.0))


@pytest.mark.parametrize("name", [enough.FACES, enough.VOICES])
def test_more_was_never_measured_to_be_worse(name: str) -> None:
    rows = amounts(name).rows
    assert all(one[0] < other[0] and one[1] <= other[1] for one, other in pairwise(rows))
    assert all(0.0 < low <= high <= 1.0 for _, low, high in rows)

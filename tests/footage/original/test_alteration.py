"""What the measures of a compared face mean."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from media_screen.footage.original.alteration import (
    MEASURES,
    Kind,
    follows,
    is_open,
    judge,
    limits,
    measures,
    unlike,
)
from media_screen.footage.original.comparison import ComparedFace
from media_screen.footage.original.movement import PartMovement
from media_screen.footage.original.residual import REGIONS, Region, Residual

STEPS = np.arange(12.0)
WORDS = 0.06 + 0.03 * np.sin(STEPS)


def compared(
    excess: dict[Region, float] | None = None,
    *,
    likeness: float = 0.95,
    said: np.ndarray = WORDS,
    bare: float = 1.0,
    width_px: float = 90.0,
    laid: float = 0.99,
) -> ComparedFace:
    """A face of a good copy, but for what is given: excess by part, in all bands."""
    parts = dict.fromkeys(REGIONS, -1.8) | (excess or {})
    apart = 0.004 if likeness > 0.9 and said is WORDS else 0.015
    return ComparedFace(
        track=0,
        width_px=width_px,
        laid=laid,
        residuals={
            name: Residual((value,) * 3, (-5.0,) * 3, bare, (value,) * 12)
            for name, value in parts.items()
        },
        likeness=likeness,
        displaced=apart,
        lips_displaced=apart,
        times_s=tuple(STEPS / 6),
        curves={
            "mouth_open": PartMovement(said, WORDS),
            "mouth_wide": PartMovement(said, WORDS),
            "lids": PartMovement(WORDS, WORDS),
            "brows": PartMovement(WORDS, WORDS),
        },
        moments=(),
    )


OTHER = 0.06 + 0.03 * np.cos(2.3 * STEPS)
CHANGED: dict[str, tuple[ComparedFace, Kind]] = {
    "other-words": (compared({"mouth": 2.5, "face": 1.2}, said=OTHER), "mouth_changed"),
    "another-person": (
        compared(dict.fromkeys(REGIONS, 2.6), likeness=0.4, said=OTHER),
        "face_exchanged",
    ),
    "the-whole-face-anew": (
        compared(dict.fromkeys(REGIONS, 2.5), likeness=0.84, said=OTHER),
        "face_changed",
    ),
    "other-eyes": (
        compared({"eyes": 3.5, "face": 1.5, "brow": 3.0}, likeness=0.82, said=OTHER),
        "eyes_changed",
    ),
}


@pytest.mark.parametrize("name", CHANGED)
def test_a_changed_face_is_told_and_named(name: str) -> None:
    face, kind = CHANGED[name]
    found = judge(face)
    assert found.llr >= limits().changed and found.score > 0.5
    assert found.kind == kind


@pytest.mark.parametrize(
    "face",
    [
        pytest.param(compared(), id="a-good-copy"),
        pytest.param(compared(width_px=32.0), id="small"),
        pytest.param(compared({"mouth": -1.0}, likeness=0.9), id="compressed"),
    ],
)
def test_a_copied_face_is_the_same(face: ComparedFace) -> None:
    assert judge(face).llr <= limits().same < 0 < limits().changed


def test_what_lies_over_a_face_that_follows_accuses_nobody() -> None:
    written = compared({"mouth": 3.5, "face": 2.5})
    assert follows(written)
    assert limits().same < judge(written).llr < limits().changed


def test_pictures_that_lie_badly_over_one_another_vouch_for_nobody() -> None:
    # noise over the rest explains what was changed in the face, and nobody lays it there for good
    other = compared(said=OTHER, laid=0.7)
    assert judge(replace(other, laid=0.9)).llr < 0 == judge(other).llr
    assert judge(other).score >= 0.5
    assert judge(compared(laid=0.7)).llr < 0  # the same person's, and its mouth moves as it did


def test_pictures_that_lie_badly_over_one_another_accuse_nobody() -> None:
    moved = compared({"mouth": 3.5, "face": 2.5}, said=OTHER, laid=0.8)
    assert not follows(moved) and judge(moved).llr <= 0.0


STRANGER = dict.fromkeys(REGIONS, 0.3)  # a swap that is matched well differs but a little


@pytest.mark.parametrize(
    ("face", "told"),
    [
        pytest.param(compared(STRANGER, likeness=0.5, said=OTHER), True, id="wide"),
        pytest.param(
            compared(STRANGER, likeness=0.5, said=OTHER, laid=0.87), True, id="laid-badly"
        ),
        pytest.param(
            compared(STRANGER, likeness=0.5, said=OTHER, laid=0.8), False, id="laid-elsewhere"
        ),
        pytest.param(compared(STRANGER, likeness=0.5, width_px=50.0), False, id="too-narrow"),
        pytest.param(compared(STRANGER, likeness=0.5, bare=0.8), False, id="covered"),
        pytest.param(compared(STRANGER, likeness=0.75), False, id="a-bad-copy"),
    ],
)
def test_a_wide_face_of_another_person_is_changed_whatever_else_is(
    face: ComparedFace, told: bool
) -> None:
    assert (unlike(face) >= limits().unlike) is told
    if told:
        found = judge(face)
        assert found.llr >= limits().other >= limits().changed and found.score > 0.9
        assert found.kind == "face_exchanged"


@pytest.mark.parametrize(
    ("face", "wanted"),
    [
        pytest.param(compared(), True, id="same-words"),
        pytest.param(compared(said=OTHER), False, id="other-words"),
        pytest.param(compared(likeness=0.5), False, id="another-person"),
    ],
)
def test_a_face_follows_by_its_mouth_and_its_looks(face: ComparedFace, wanted: bool) -> None:
    assert follows(face) is wanted


def test_a_face_under_a_banner_is_not_judged_and_networks_are_not_believed() -> None:
    assert not is_open(compared(bare=0.3)) and is_open(compared(bare=0.8))
    told = dict(zip(MEASURES, measures(compared(bare=0.8)), strict=True))
    assert np.isnan([told["unlike"], told["silent"]]).all() and np.isfinite(told["most"])


def test_more_difference_never_says_less() -> None:
    ratios = [judge(compared({"mouth": value}, said=OTHER)).llr for value in np.arange(-2, 3, 0.5)]
    assert ratios == sorted(ratios)


@pytest.mark.parametrize("part", ["face", "mouth", "eyes"])
def test_what_differs_most_is_told_by_the_parts_that_were_measured(part: Region) -> None:
    told = dict(zip(MEASURES, measures(compared({"brow": -1.0, part: np.nan})), strict=True))
    assert told["most"] == told["fine"] == -1.8
    assert np.isfinite(told["part_apart"])


def test_a_part_without_a_measure_is_not_open() -> None:
    face = compared()
    unknown = replace(face.residuals["mouth"], excess=(np.nan,) * 3)
    assert not is_open(replace(face, residuals=face.residuals | {"mouth": unknown}))

"""Flicker and drift are measured on steps that are short, shown with their place, and weigh 0."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from media_screen.case import Case
from media_screen.detectors.face_consistency import (
    MIN_STEPS,
    FaceConsistency,
    between_tracks,
    measure,
)
from media_screen.evidence import Abstention, Evidence, MediaInfo
from media_screen.faces.track import Face, Track
from tests.fakes import stand_in


def track(
    noise: float, *, count: int = 20, step: float = 0.2, number: int = 0, seed: int = 0
) -> Track:
    """A track whose faces differ from their mean by this much at random."""
    rng = np.random.default_rng(seed)
    faces = np.eye(64)[number] + noise * rng.standard_normal((count, 64)) / 8
    faces /= np.linalg.norm(faces, axis=1, keepdims=True)
    mean = faces.mean(axis=0)
    return stand_in(
        Track,
        id=number,
        faces=[
            stand_in(Face, time_s=i * step, embedding=f, measured=True) for i, f in enumerate(faces)
        ],
        embedding=mean / np.linalg.norm(mean),
        span=(0.0, (count - 1) * step),
    )


def examine(
    *tracks: Track, kind: Literal["video", "image"] = "video"
) -> list[Evidence | Abstention]:
    case = stand_in(Case, info=MediaInfo("a", kind=kind), tracks=tracks)
    return list(FaceConsistency().examine(case))


def test_more_noise_is_more_flicker_and_drift() -> None:
    found = [measure(track(noise)) for noise in (0.0, 0.2, 0.6)]
    flicker, drift = zip(*((one.flicker, one.drift) for one in found if one), strict=True)
    assert list(flicker) == sorted(flicker) and list(drift) == sorted(drift)
    assert flicker[0] == pytest.approx(0, abs=1e-6) and flicker[2] > 0.1


@pytest.mark.parametrize(
    ("count", "step"), [(MIN_STEPS, 0.2), (40, 1.0)], ids=["few-faces", "key-frames-only"]
)
def test_too_few_short_steps_are_not_measured(count: int, step: float) -> None:
    assert measure(track(0.1, count=count, step=step)) is None
    (piece,) = examine(track(0.1, count=count, step=step))
    assert isinstance(piece, Abstention) and piece.reason == "too_short"


def test_every_track_is_shown_and_none_weighs() -> None:
    pieces = examine(track(0.1), track(0.5, number=1, count=30))
    assert [(p.track, p.llr) for p in pieces if isinstance(p, Evidence)] == [
        (0, 0.0),
        (1, 0.0),
        (None, 0.0),
    ]
    assert pieces[-1].values["steps"] == 29  # type: ignore[union-attr]


def test_a_picture_is_not_judged() -> None:
    (piece,) = examine(kind="image")
    assert isinstance(piece, Abstention) and piece.reason == "not_applicable"


def test_only_tracks_of_one_person_are_compared() -> None:
    one, same, other = np.eye(3)[0], np.array([0.8, 0.6, 0.0]), np.eye(3)[2]
    assert between_tracks([one, same, other]) == pytest.approx(0.2)
    assert between_tracks([one, other]) is None

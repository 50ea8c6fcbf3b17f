"""Tracks are compared with everyone enrolled, and many strangers weaken a match among them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from media_screen.arrays import Floats
from media_screen.case import Case
from media_screen.detectors.face_identity import FaceIdentity
from media_screen.evidence import Abstention, Evidence
from media_screen.faces.align import Quality
from media_screen.faces.track import Face, Track
from media_screen.people.gallery import Gallery, Template
from tests.fakes import stand_in

DIMENSION = 128
ADA, BOB = np.eye(DIMENSION, dtype=np.float32)[:2]


def track(number: int, embedding: Floats, size_px: float = 120.0) -> Track:
    best = stand_in(Face, quality=stand_in(Quality, size_px=size_px))
    return stand_in(
        Track,
        id=number,
        embedding=embedding,
        best=best,
        faces=(best,) * 5,
        span=(float(number), number + 2.0),
    )


def examine(
    *tracks: Track, people: Sequence[tuple[str, Floats]] = (("ada", ADA), ("bob", BOB))
) -> list[Evidence | Abstention]:
    templates = tuple(Template(name, vector, 2, 0) for name, vector in people)
    case = stand_in(Case, gallery=Gallery(templates), tracks=tracks)
    return list(FaceIdentity().examine(case))


def mixed(cosine: float) -> Floats:
    vector: Floats = cosine * ADA
    vector[9] = math.sqrt(1 - cosine**2)
    return vector


def test_each_track_is_named_after_its_nearest_and_each_person_is_pooled() -> None:
    pieces = examine(track(0, mixed(0.8)), track(1, BOB))
    tracks = [p for p in pieces if isinstance(p, Evidence) and p.track is not None]
    pooled = {p.person: p for p in pieces if isinstance(p, Evidence) and p.track is None}
    assert [(p.track, p.person) for p in tracks] == [(0, "ada"), (1, "bob")]
    assert set(pooled) == {"ada", "bob"}
    assert pooled["ada"].score == pytest.approx(0.8, abs=1e-6)
    assert pooled["ada"].llr > 0 and pooled["bob"].llr > 0


def test_a_stranger_is_unlikely_to_be_anyone() -> None:
    stranger = np.eye(DIMENSION, dtype=np.float32)[5]
    assert all(p.llr < 0 for p in examine(track(0, stranger)) if isinstance(p, Evidence))


def test_likelihood_rises_with_the_cosine() -> None:
    llrs = [
        next(
            p.llr
            for p in examine(track(0, mixed(c)))
            if isinstance(p, Evidence) and p.track is None and p.person == "ada"
        )
        for c in (0.1, 0.3, 0.5, 0.7, 0.9)
    ]
    assert llrs == sorted(llrs) and llrs[0] < 0 < llrs[-1]


def test_without_templates_it_abstains() -> None:
    (piece,) = examine(track(0, ADA), people=())
    assert isinstance(piece, Abstention) and piece.reason == "no_reference"


def test_the_most_similar_track_stands_for_the_file() -> None:
    stranger = np.eye(DIMENSION, dtype=np.float32)[5]
    alone = examine(track(0, mixed(0.8)))
    crowd = examine(track(0, mixed(0.8)), *(track(n, stranger) for n in range(1, 9)))
    llrs = [
        next(p.llr for p in pieces if isinstance(p, Evidence) and p.track is None)
        for pieces in (alone, crowd)
    ]
    assert llrs[0] == llrs[1]


def test_a_small_face_says_less() -> None:
    def llr(size_px: float, cosine: float) -> float:
        return next(
            p.llr
            for p in examine(track(0, mixed(cosine), size_px))
            if isinstance(p, Evidence) and p.track is None
        )

    assert llr(120.0, 0.05) < llr(22.0, 0.05) < 0

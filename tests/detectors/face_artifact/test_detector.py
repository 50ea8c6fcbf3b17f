"""Faces seen long are judged by their views, and what can't be judged is said."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import numpy as np
import pytest

from media_screen.arrays import Image
from media_screen.case import Case
from media_screen.detectors import face_artifact
from media_screen.detectors.face_artifact import FaceArtifact
from media_screen.detectors.face_artifact.forged import CROPS_OF_TRACK, MOST_TRACKS, Traces
from media_screen.evidence import Abstention, Evidence, MediaInfo
from media_screen.faces.align import Quality
from media_screen.faces.track import Face, Track
from media_screen.people.gallery import Gallery
from media_screen.people.own_videos import OwnScores
from media_screen.weights.calibration import Percentiles, shipped
from tests.fakes import stand_in

COLOURED = np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8)
GREY = np.repeat(COLOURED[..., :1], 3, axis=2)


def track(
    number: int,
    *,
    views: int = 20,
    size: float = 90.0,
    inside: float = 1.0,
    crop: Image = COLOURED,
) -> Track:
    """A track whose views carry its number, so that a made-up network can tell whose they are."""
    marked = np.array(crop)
    marked[0, 0] = number
    quality = stand_in(Quality, size_px=size, inside=inside)
    faces = [stand_in(Face, crop=marked, quality=quality) for _ in range(views)]
    span = (0.0, views * 0.2)
    return stand_in(Track, id=number, faces=faces, span=span, best=faces[0], embedding=number)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Replace the network by one that finds the number of the track; keep how many views it saw."""
    asked: list[int] = []

    def traces(crops: list[Image], *, device: str, own: object) -> Traces:
        asked.append(len(crops))
        number = float(crops[0][0, 0, 0])
        return Traces(np.full(len(crops), number), np.full(len(crops), 100.0 - number))

    monkeypatch.setattr(face_artifact, "traces", traces)
    return asked


def case_of(
    *tracks: Track,
    kind: Literal["video", "image"] = "video",
    own: Mapping[str, OwnScores] = MappingProxyType({}),
) -> Case:
    """A file; the people of `own` are enrolled, each with the face of the track so called."""
    return stand_in(
        Case,
        info=MediaInfo("a", kind=kind),
        tracks=tracks,
        device="cpu",
        gallery=stand_in(Gallery, templates=own, whose=lambda face, size_px: str(face)),
        own_scores=lambda detector, person: own.get(person),
    )


def examine(
    *tracks: Track,
    kind: Literal["video", "image"] = "video",
    own: Mapping[str, OwnScores] = MappingProxyType({}),
) -> list[Evidence | Abstention]:
    return list(FaceArtifact().examine(case_of(*tracks, kind=kind, own=own)))


def test_the_most_suspicious_of_the_long_tracks_speaks_for_the_file(seen: list[int]) -> None:
    pieces = examine(track(1), track(3, views=12), track(50, views=2))
    assert [piece.track for piece in pieces if isinstance(piece, Evidence)] == [1, 3, None]
    pooled = pieces[-1]
    assert isinstance(pooled, Evidence) and "of 2 faces, that of track 3" in pooled.why
    assert pooled.values["raw"] == 3.0 and pooled.llr == shipped("face_artifact").llr(3.0)


@pytest.mark.parametrize(
    ("share", "words"),
    [(1.0, "than all genuine clips"), (0.999, "than 99% of genuine"), (0.0, "than 0% of genuine")],
    ids=["all", "nearly-all", "none"],
)
def test_no_share_is_rounded_up_to_all(
    seen: list[int], monkeypatch: pytest.MonkeyPatch, share: float, words: str
) -> None:
    table = stand_in(Percentiles, below=lambda raw: share)
    monkeypatch.setattr(face_artifact, "genuine", lambda name: table)
    assert all(words in piece.why for piece in examine(track(1, views=1)))


def test_views_and_tracks_are_bounded(seen: list[int]) -> None:
    examine(*(track(number, views=100) for number in range(30)))
    assert seen == [CROPS_OF_TRACK] * MOST_TRACKS


@pytest.mark.parametrize(
    ("tracks", "kind", "reason"),
    [
        ([track(1)], "image", "not_applicable"),
        ([track(1, size=20)], "video", "face_too_small"),
        ([track(1, inside=0.3)], "video", "face_too_small"),
        ([track(1, crop=GREY)], "video", "low_quality"),
        ([track(200)], "video", "not_a_photographic_face"),
    ],
    ids=["picture", "small", "outside", "grey", "drawn"],
)
def test_what_cannot_be_judged_is_said(
    seen: list[int], tracks: list[Track], kind: Literal["video", "image"], reason: str
) -> None:
    (piece,) = examine(*tracks, kind=kind)
    assert isinstance(piece, Abstention) and piece.reason == reason


def test_a_drawn_face_beside_a_photographed_one_is_left_out(seen: list[int]) -> None:
    pieces = examine(track(1), track(200))
    assert [piece.track for piece in pieces if isinstance(piece, Evidence)] == [1, None]


def own_videos(*raw: float) -> OwnScores:
    """What own videos score whose pictures the network finds so forged."""
    known = shipped("face_artifact")
    scores, llrs = zip(*((known.probability(one), known.llr(one)) for one in raw), strict=True)
    return OwnScores("ada", "own videos", scores, llrs)


def test_a_face_is_judged_beside_the_own_videos_of_the_person(seen: list[int]) -> None:
    (alone, _), (beside, pooled) = (
        examine(track(3), own=own) for own in ({}, {"3": own_videos(2.0, 2.5, 3.1, 2.8, 2.2)})
    )
    assert isinstance(alone, Evidence) and isinstance(beside, Evidence)
    assert isinstance(pooled, Evidence) and pooled.llr == beside.llr < alone.llr
    assert (beside.score, beside.values["llr_alone"]) == (alone.score, alone.llr)
    assert "and than 4 of 5 own videos of ada, in a check" in beside.why
    assert (
        f"beside the own videos its log likelihood ratio of {alone.llr:+.1f} is {beside.llr:+.1f}"
        in beside.why
    )
    assert (beside.values["own_videos"], beside.values["own_videos_below"]) == (5, 4)
    assert (beside.person, alone.person) == ("3", None)


def test_a_stranger_beside_a_person_whose_camera_is_unusual_speaks_for_the_file(
    seen: list[int],
) -> None:
    pieces = examine(track(2), track(3), own={"3": own_videos(3.0, 3.1, 3.2, 2.9)})
    pooled = pieces[-1]
    assert isinstance(pooled, Evidence) and "that of track 2" in pooled.why


def test_beside_other_own_videos_it_says_anew_what_it_would_say(seen: list[int]) -> None:
    tracks, own = (track(2), track(3)), {"3": own_videos(2.0, 2.5, 3.1, 2.8)}
    said = [one for one in examine(*tracks) if isinstance(one, Evidence)]
    seen.clear()
    again = list(FaceArtifact().renew(case_of(*tracks, own=own), said))
    assert seen == [], "the network looks at nothing"
    assert again == examine(*tracks, own=own)
    assert list(FaceArtifact().renew(case_of(*tracks, own=own), [])) == []

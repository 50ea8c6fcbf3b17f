"""Copies of one file show the same face, and what a fake was made of another one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from media_screen.evidence import Match, Span
from media_screen.faces.align import Quality
from media_screen.faces.mesh import mesh_net
from media_screen.faces.track import Face, Track
from media_screen.footage.catalogue import MeasuredMatch
from media_screen.footage.catalogue.align import Mapping
from media_screen.footage.original.comparison import Comparer
from media_screen.footage.original.copies import CopyComparer
from media_screen.look import Look, Looker
from media_screen.media import Media
from tests.faces.making import embedder
from tests.fakes import stand_in
from tests.footage.original.making import COPIES, FACE, scene
from tests.making import write_video


def comparer(*times: float) -> CopyComparer:
    """One that sees the face of the scene at these times."""
    quality = stand_in(Quality, size_px=80.0)
    faces = [stand_in(Face, time_s=at, landmarks=FACE, quality=quality) for at in times]
    tracks = (Track(0, tuple(faces)),) if faces else ()
    looker = stand_in(Looker, look_at=lambda frames, span: stand_in(Look, tracks=tracks))
    return CopyComparer(looker, Comparer(mesh_net(), embedder()))


def match(**known: Any) -> MeasuredMatch:
    told = Match("", "fake.mp4", "copy", Span(0, 2), Span(0, 2), 1, 1)
    facts = {"match": told, "mapping": Mapping(1.0, 0.0), "mirrored": False}
    return stand_in(MeasuredMatch, **(facts | {"picture_span": Span(0, 2)} | known))


def film(path: Path, change: str = "as it was", **scenes: int) -> Path:
    frames = [np.asarray(COPIES[change](scene(step, **scenes))) for step in range(50)]
    return write_video(path, frames)


@pytest.mark.parametrize(
    ("change", "scenes", "copied"),
    [
        pytest.param("as it was", {}, True, id="encoded-again"),
        pytest.param("recoloured", {}, True, id="recoloured"),
        pytest.param("captioned", {}, True, id="captioned"),
        pytest.param("as it was", {"person": 1}, False, id="another-person"),
    ],
)
def test_a_copy_has_the_face_of_what_it_is_a_copy_of(
    tmp_path: Path, change: str, scenes: dict[str, int], copied: bool
) -> None:
    with (
        Media.open(film(tmp_path / "fake.mp4")) as fake,
        Media.open(film(tmp_path / "x.mp4", change, **scenes)) as one,
    ):
        apart = comparer(*(at / 5 for at in range(10))).compare(one, fake, [match()])
    assert apart.most is not None
    assert (apart.said() == "same") == copied


@pytest.mark.parametrize(
    ("times", "found"),
    [
        pytest.param((), [match()], id="no-face"),
        pytest.param((0.5, 1.0), [], id="nothing-that-matches"),
        pytest.param((0.5, 1.0), [match(picture_span=None)], id="only-the-sound-matches"),
    ],
)
def test_where_nothing_can_be_compared_nothing_is_said(
    tmp_path: Path, times: tuple[float, ...], found: list[MeasuredMatch]
) -> None:
    with Media.open(film(tmp_path / "fake.mp4")) as fake:
        assert comparer(*times).compare(fake, fake, found).said() == "failed"

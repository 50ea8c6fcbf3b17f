"""Looks at the pixels of faces for what swaps, lip-sync edits and generators leave behind."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from media_screen.detectors.contract import Case, Dependence, Need
from media_screen.detectors.face_artifact import texture
from media_screen.detectors.face_artifact.forged import (
    LEAST_PX,
    is_good,
    to_judge,
    traces,
)
from media_screen.evidence import Abstention, Axis, Evidence, Reason, Span
from media_screen.weights.calibration import genuine, share_of, shipped

if TYPE_CHECKING:
    from media_screen.detectors.face_artifact.forged import Traces
    from media_screen.detectors.face_artifact.own import OwnNetwork
    from media_screen.faces.track import Face, Track


@dataclass(frozen=True, eq=False)
class _Judged:
    """A track with the faces that were looked at, and what was found in each."""

    track: Track
    faces: list[Face]
    traces: Traces

    @property
    def forged(self) -> float:
        """The mean over the faces: views of one face are not independent."""
        return float(self.traces.forged.mean())

    @property
    def photographed(self) -> bool:
        """Whether the faces are photographs and no drawings."""
        return float(self.traces.photographic.mean()) >= 0


class FaceArtifact:
    """Says how much more a face looks like forged ones than like genuine ones, from its pixels.

    It was measured on videos, and is at chance on single pictures; it leaves those out, and faces
    without colour, and what is drawn. A network of the user's (`own`) can judge in place of the
    shipped one.
    """

    name = "face_artifact"
    axis: Axis = "manipulation"
    needs: tuple[Need, ...] = ("frames", "faces")
    depends: tuple[Dependence, ...] = ()

    def __init__(self, own: OwnNetwork | None = None) -> None:
        self.own = own

    def examine(self, case: Case) -> Iterator[Evidence | Abstention]:
        """Yield one piece for each face that is seen long, and one for the most suspicious."""
        judged = _judge(case, self.own)
        if isinstance(judged, tuple):
            yield Abstention(self.name, *judged)
            return
        for one in judged:
            yield self._evidence(one, "the face", of_track=True)
        # Of several people one may be forged.
        worst = max(judged, key=lambda one: one.forged)
        several = f"of {len(judged)} faces, that of track {worst.track.id}"
        yield self._evidence(worst, several if len(judged) > 1 else "the face", of_track=False)

    def _evidence(self, one: _Judged, subject: str, *, of_track: bool) -> Evidence:
        said = self._said(one, subject) if self.own is None else _said_by(self.own, one, subject)
        return Evidence(
            detector=self.name,
            axis=self.axis,
            score=said.score,
            llr=said.llr,
            why=said.why,
            span=Span(*one.track.span) if of_track else None,
            track=one.track.id if of_track else None,
            values={
                "raw": one.forged,
                "views": len(one.faces),
                "face_px": float(np.median([face.quality.size_px for face in one.faces])),
                **said.values,
            },
        )

    def _said(self, one: _Judged, subject: str) -> _Said:
        known, share = shipped(self.name), genuine(self.name).below(one.forged)
        return _Said(
            known.probability(one.forged),
            known.llr(one.forged),
            f"{subject} ({_views(one)}) scores higher than "
            f"{share_of(share, 'genuine clips measured')}, in a check for forgery by a network "
            "that learned to tell faces from forged copies of them",
            {"genuine_below": share},
        )


@dataclass(frozen=True, slots=True)
class _Said:
    """What a network says of a face, as evidence has it."""

    score: float
    llr: float
    why: str
    values: Mapping[str, float]


def _said_by(own: OwnNetwork, one: _Judged, subject: str) -> _Said:
    """Say what a network of the user's says, and that nobody here measured it."""
    known = own.description.calibration
    share = 1.0 / (1.0 + math.exp(-max(-700.0, min(700.0, one.forged))))
    counts = "as its description calibrates it" if known else "which counts nothing: not calibrated"
    why = f"{subject} ({_views(one)}) has a mean score of {share:.2f} by {own.description.name}, "
    return _Said(
        known.probability(one.forged) if known else share,
        known.llr(one.forged) if known else 0.0,
        f"{why}a network of the user's in place of the shipped one, {counts}",
        {},
    )


def _views(one: _Judged) -> str:
    return "1 view" if len(one.faces) == 1 else f"{len(one.faces)} views"


def _judge(case: Case, own: OwnNetwork | None) -> list[_Judged] | tuple[Reason, str]:
    """Return what was found in the faces seen longest, or why nothing can be said."""
    if case.info.kind == "image":
        return "not_applicable", "single pictures can't be told apart by what it measures"
    views = {
        track.id: [
            face for face in track.faces if is_good(face.quality.size_px, face.quality.inside)
        ]
        for track in case.tracks
    }
    if not any(views.values()):
        return (
            "face_too_small",
            f"no face is {LEAST_PX:.0f} px wide and in the picture by more than half",
        )
    tracks = {track.id: track for track in case.tracks}
    coloured = {
        number: faces
        for number, faces in to_judge(views).items()
        if sum(texture.is_grey(face.crop) for face in faces) * 2 < len(faces)
    }
    if not coloured:
        return "low_quality", "the pictures have no colour"
    found = [
        _Judged(
            tracks[number],
            faces,
            traces([face.crop for face in faces], device=case.device, own=own),
        )
        for number, faces in coloured.items()
    ]
    photographed = [one for one in found if one.photographed]
    if not photographed:
        return "not_a_photographic_face", "the faces look drawn, painted or rendered"
    return photographed

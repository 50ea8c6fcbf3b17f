"""Looks at the pixels of faces for what swaps, lip-sync edits and generators leave behind."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from media_screen.weights.calibration import genuine, share_of, shipped, usual

if TYPE_CHECKING:
    from media_screen.detectors.face_artifact.own import OwnNetwork
    from media_screen.faces.track import Track
    from media_screen.people.own_videos import OwnScores


@dataclass(frozen=True, eq=False)
class _Judged:
    """A track with what was found in the faces of it that were looked at, and whose face it is.

    `forged` is the mean over the faces: views of one face are not independent.
    """

    track: Track
    views: int
    face_px: float
    forged: float
    person: str | None


class FaceArtifact:
    """Says how much more a face looks like forged ones than like genuine ones, from its pixels.

    It was measured on videos, and is at chance on single pictures; it leaves those out, and faces
    without colour, and what is drawn. The face of an enrolled person is set beside the videos of
    that person's own, where there are some. A network of the user's (`own`) can judge in place of
    the shipped one.
    """

    name = "face_artifact"
    axis: Axis = "manipulation"
    needs: tuple[Need, ...] = ("frames", "faces")
    depends: tuple[Dependence, ...] = ("faces", "own_videos")

    def __init__(self, own: OwnNetwork | None = None) -> None:
        self.own = own

    def examine(self, case: Case) -> Iterator[Evidence | Abstention]:
        """Yield one piece for each face that is seen long, and one for the most suspicious."""
        judged = _judge(case, self.own)
        if isinstance(judged, tuple):
            yield Abstention(self.name, *judged)
        else:
            yield from self._say(judged, case)

    def renew(self, case: Case, said: Sequence[Evidence]) -> Iterator[Evidence]:
        """Yield what it says of a file of which it `said` so before, when people changed since.

        The network looks at nothing: what it found in each face stands in what was said.
        """
        tracks = {track.id: track for track in case.tracks}
        judged = [
            _Judged(
                tracks[one.track],
                int(one.values["views"]),
                one.values["face_px"],
                one.values["raw"],
                _whose(tracks[one.track], case),
            )
            for one in said
            if one.track is not None
        ]
        if judged:
            yield from self._say(judged, case)

    def _say(self, judged: Sequence[_Judged], case: Case) -> Iterator[Evidence]:
        said = [(one, self._said(one, case)) for one in judged]
        for one, about in said:
            yield self._evidence(one, about, "the face", of_track=True)
        # Of several people one may be forged: the most suspicious beside what is usual for each.
        worst, about = max(said, key=lambda pair: (pair[1].llr, pair[0].forged))
        several = f"of {len(judged)} faces, that of track {worst.track.id}"
        yield self._evidence(
            worst, about, several if len(judged) > 1 else "the face", of_track=False
        )

    def _evidence(self, one: _Judged, said: _Said, subject: str, *, of_track: bool) -> Evidence:
        return Evidence(
            detector=self.name,
            axis=self.axis,
            score=said.score,
            llr=said.llr,
            why=said.why(subject, _views(one)),
            span=Span(*one.track.span) if of_track else None,
            track=one.track.id if of_track else None,
            person=one.person,
            values={
                "raw": one.forged,
                "views": one.views,
                "face_px": one.face_px,
                **said.values,
            },
        )

    def _said(self, one: _Judged, case: Case) -> _Said:
        """Say what the network says of a face, beside what it says of the person's own videos."""
        beside = case.own_scores(self.name, one.person)
        if self.own is not None:
            return _said_by(self.own, one, beside)
        known, share = shipped(self.name), genuine(self.name).below(one.forged)
        score, llr = known.probability(one.forged), known.llr(one.forged)
        relative = beside.relative(llr, usual(self.name)) if beside else llr
        others = share_of(share, "genuine clips measured") + _told(beside, score)
        moved = _moved(llr, relative)

        def why(subject: str, views: str) -> str:
            return (
                f"{subject} ({views}) scores higher than {others}, in a check for forgery by a "
                f"network that learned to tell faces from forged copies of them{moved}"
            )

        alone = {"llr_alone": llr} if relative != llr else {}
        return _Said(
            score, relative, why, {"genuine_below": share, **_values(beside, score), **alone}
        )


@dataclass(frozen=True, slots=True)
class _Said:
    """What a network says of a face, as evidence has it."""

    score: float
    llr: float
    why: Callable[[str, str], str]  # the sentence, about a face in words, and how often it was seen
    values: Mapping[str, float]


def _told(beside: OwnScores | None, score: float) -> str:
    return beside.beside(score) if beside else ""


def _values(beside: OwnScores | None, score: float) -> dict[str, float]:
    if beside is None:
        return {}
    return {"own_videos": len(beside.scores), "own_videos_below": beside.below(score)}


def _moved(llr: float, relative: float) -> str:
    """Say that a ratio was taken relative to the person's own videos, "" where it stays."""
    if round(relative, 1) == round(llr, 1):
        return ""
    return f"; beside the own videos its log likelihood ratio of {llr:+.1f} is {relative:+.1f}"


def _said_by(own: OwnNetwork, one: _Judged, beside: OwnScores | None) -> _Said:
    """Say what a network of the user's says, and that nobody here measured it.

    The person's own videos are told and move nothing: what is usual with it, nobody knows.
    """
    known = own.description.calibration
    share = 1.0 / (1.0 + math.exp(-max(-700.0, min(700.0, one.forged))))
    counts = "as its description calibrates it" if known else "which counts nothing: not calibrated"
    score = known.probability(one.forged) if known else share
    higher = f", higher than {_told(beside, score).removeprefix(', and than ')}" if beside else ""

    def why(subject: str, views: str) -> str:
        return (
            f"{subject} ({views}) has a mean score of {share:.2f}{higher} by "
            f"{own.description.name}, a network of the user's in place of the shipped one, {counts}"
        )

    llr = known.llr(one.forged) if known else 0.0
    return _Said(score, llr, why, _values(beside, score))


def _views(one: _Judged) -> str:
    return "1 view" if one.views == 1 else f"{one.views} views"


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
    found = {
        number: traces([face.crop for face in faces], device=case.device, own=own)
        for number, faces in coloured.items()
    }
    photographed = [number for number, of in found.items() if float(of.photographic.mean()) >= 0]
    if not photographed:
        return "not_a_photographic_face", "the faces look drawn, painted or rendered"
    return [
        _Judged(
            tracks[number],
            len(coloured[number]),
            float(np.median([face.quality.size_px for face in coloured[number]])),
            float(found[number].forged.mean()),
            _whose(tracks[number], case),
        )
        for number in photographed
    ]


def _whose(track: Track, case: Case) -> str | None:
    """Return the enrolled person whose face a track rather shows than a stranger's, or None."""
    if not case.gallery.templates:
        return None
    return case.gallery.whose(track.embedding, size_px=track.best.quality.size_px)

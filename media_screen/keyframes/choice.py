"""Chooses the frames of a file that matter: where evidence lies, faces at their best, each shot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from media_screen.arrays import Image
from media_screen.evidence import TrackSummary, Verdict
from media_screen.look import is_cut, tiny
from media_screen.results.moments import moments
from media_screen.results.thumbs import Picture

if TYPE_CHECKING:
    from media_screen.media import Media

MOST_MOMENTS = 12  # frames where evidence lies
FACES_OF_ONE = 3  # frames with one person's face, of different tracks
MOST_SHOTS = 24  # frames of distinct shots; the longest shots come first
APART_S = 0.04  # s; moments nearer than a frame of 25 a second are one

# What these tell of is heard, or is chosen as a face.
_OTHERWISE = ("voice_spoof", "voice_identity", "face_identity")

KeyframeKind = Literal["evidence", "face", "shot"]


@dataclass(frozen=True, slots=True)
class Keyframe:
    """One frame to be written: its moment, s, what it is for, and why."""

    time_s: float
    kind: KeyframeKind
    why: str

    def joined(self, other: Keyframe) -> Keyframe:
        """Return one frame for both, which has the time and the kind of the first."""
        return replace(self, why=f"{self.why}; {other.why}")


@dataclass(slots=True)
class _Shot:
    """One shot: its first and last frame that were seen, and how its middle looks."""

    start: float
    end: float
    look: Image
    seen: list[tuple[float, Image]]


def choose(verdict: Verdict, pictures: Sequence[Picture], media: Media) -> tuple[Keyframe, ...]:
    """Return the frames of a file to write, in order of time; `media` is looked over for shots."""
    chosen: list[Keyframe] = []
    for one in (*_of_evidence(verdict, pictures), *_of_faces(verdict, pictures), *_of_shots(media)):
        near = [n for n, each in enumerate(chosen) if abs(each.time_s - one.time_s) < APART_S]
        if near:
            chosen[near[0]] = chosen[near[0]].joined(one)
        else:
            chosen.append(one)
    return tuple(sorted(chosen, key=lambda one: one.time_s))


def _of_evidence(verdict: Verdict, pictures: Sequence[Picture]) -> Iterator[Keyframe]:
    for moment in moments(verdict, pictures, most=MOST_MOMENTS):
        if moment.detector in _OTHERWISE:
            continue
        yield Keyframe(moment.time_s, "evidence", f"{moment.name}: {moment.why}")


def _of_faces(verdict: Verdict, pictures: Sequence[Picture]) -> Iterator[Keyframe]:
    """Give the best view of each track of an enrolled person, the largest faces first.

    The picture that a scan keeps of a track is its best: large, sharp and turned to the camera.
    """
    best = {one.track: one for one in pictures if one.reference_s is None and not one.part}
    count: dict[str, int] = {}
    for track in sorted(verdict.tracks, key=lambda one: -one.size_px):
        picture = best.get(track.track)
        if track.person is None or picture is None:
            continue
        count[track.person] = count.get(track.person, 0) + 1
        if count[track.person] <= FACES_OF_ONE:
            yield Keyframe(picture.time_s, "face", _said(verdict, track))


def _said(verdict: Verdict, track: TrackSummary) -> str:
    name = verdict.name_of(track.person)
    return f"face of {name} at its best in track {track.track}, about {track.size_px:.0f} px wide"


def _of_shots(media: Media) -> Iterator[Keyframe]:
    """Give a frame from the middle of each distinct shot, the longest first."""
    if media.info.kind == "image":
        yield Keyframe(0.0, "shot", "the picture")
        return
    distinct: list[_Shot] = []
    for shot in sorted(_shots(media), key=lambda one: one.start - one.end):
        time_s, look = shot.seen[len(shot.seen) // 2]
        if all(is_cut(other.look, look) for other in distinct):
            shot.look = look
            distinct.append(shot)
            yield Keyframe(time_s, "shot", f"shot from {shot.start:.1f} to {shot.end:.1f} s")
        if len(distinct) == MOST_SHOTS:
            return


def _shots(media: Media) -> list[_Shot]:
    """Split what a survey gives at its cuts."""
    found: list[_Shot] = []
    for frame in media.survey():
        if frame.view:
            continue
        look = tiny(frame.small)
        if not found or is_cut(found[-1].seen[-1][1], look):
            found.append(_Shot(frame.time_s, frame.time_s, look, []))
        found[-1].seen.append((frame.time_s, look))
        found[-1].end = frame.time_s + max(0.0, frame.shown_s)
    return found

"""Embeds faces sparingly: one that stays in its place is embedded about once a second.

Where place and picture leave no doubt, a face is followed by them from frame to frame. The first
and the last view of such a course are embedded, and some between; where two of them are of one
person, so are the views between, which get what both say. Everywhere else each view is embedded,
and so is a part of the longest course, from which it is measured how steady an identity is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from media_screen.arrays import Array, Floats, Image
from media_screen.faces.align import FACE_WINDOW
from media_screen.faces.embed import FaceEmbedder
from media_screen.faces.track import NEAR_COSINE, Face, FaceView, movement

LONGEST_STEP = 0.5  # s between two views of a course; dense windows have steps of about 0.2 s
EMBEDDED_EVERY = 1.0  # s of a course between views that are embedded
# Largest movement of a centre, in face widths, and ratio of widths in one step of a course; a
# talking head moves less than 0.3 (see `track`).
REACH, SIZE_RATIO = 0.3, 1.3
# Least correlation of two views as small grey pictures, from one step of a course to the next:
# measured, 19 of 20 steps of .2 s of one person are over it, and of 999 pairs of views of different
# people none (.73 at most).
ALIKE, ALIKE_SIDE = 0.8, 24  # the side in px
STEADY = 14  # views of the longest course that are all embedded: two seconds and a half
APART = 1.0  # face widths; with another face so near, its place does not tell whose it is

Place = tuple[int, int]  # number of the frame, number of the face in it
Frames = Sequence[Sequence[FaceView]]


def embed_sparingly(
    embedder: FaceEmbedder, frames: Frames, cuts: Sequence[bool]
) -> list[tuple[Face, ...]]:
    """Return the faces of frames in order of time; `cuts` says which frames begin a shot."""
    courses = _courses(frames, cuts)
    stretches = [part for course in courses for part in _parted(course, frames)]
    ends = (place for part in stretches for place in (part[0], part[-1]))
    own = _embedded(embedder, frames, dict.fromkeys((*ends, *_middle_of_longest(courses))))
    doubtful = [part for part in stretches if float(own[part[0]] @ own[part[-1]]) < NEAR_COSINE]
    inner = (place for part in doubtful for place in part[1:-1])
    own |= _embedded(embedder, frames, [place for place in inner if place not in own])
    shared = {
        place: _between(own[part[0]], own[part[-1]])
        for part in stretches
        for place in part[1:-1]
        if place not in own
    }
    known = shared | own

    def face(place: Place, view: FaceView) -> Face:
        return Face(**vars(view), embedding=known[place], measured=place in own)

    return [
        tuple(face((number, index), view) for index, view in enumerate(views))
        for number, views in enumerate(frames)
    ]


def _courses(frames: Frames, cuts: Sequence[bool]) -> list[list[Place]]:
    """Return the views that follow one another by their place without doubt; most are of one."""
    courses: list[list[Place]] = []
    ending: dict[int, list[Place]] = {}  # the courses that reach the last frame, by their face
    for number, (views, cut) in enumerate(zip(frames, cuts, strict=True)):
        before = frames[number - 1] if number and not cut else ()
        followed = {after: face for face, after in _pairs(before, views)}
        now: dict[int, list[Place]] = {}
        for index in range(len(views)):
            course = ending[followed[index]] if index in followed else []
            if not course:
                courses.append(course)
            course.append((number, index))
            now[index] = course
        ending = now
    return courses


def _pairs(before: Sequence[FaceView], after: Sequence[FaceView]) -> Iterator[tuple[int, int]]:
    """Give the faces of two frames that are the only ones near to each other."""
    steps = [[movement(one, other) for other in after] for one in before]
    near = [[distance <= APART for distance, _ in row] for row in steps]
    for one, other in np.argwhere(np.array(near, bool).reshape(len(before), len(after))).tolist():
        distance, ratio = steps[one][other]
        alone = sum(near[one]) == 1 and sum(row[other] for row in near) == 1
        soon = after[other].time_s - before[one].time_s <= LONGEST_STEP
        here = alone and soon and distance <= REACH and ratio <= SIZE_RATIO
        if here and _alike(before[one].crop, after[other].crop) >= ALIKE:
            yield one, other


def _alike(before: Image, after: Image) -> float:
    """Return the correlation of two aligned crops, 0 for what is of one colour."""
    one, other = (_small(crop) for crop in (before, after))
    return float(one @ other)


def _small(crop: Image) -> Floats:
    """Return the face in a crop as a few grey levels, of mean 0 and length 1."""
    import cv2

    left, top, right, bottom = FACE_WINDOW
    grey: Array = cv2.cvtColor(crop[top:bottom, left:right], cv2.COLOR_RGB2GRAY)
    side = (ALIKE_SIDE, ALIKE_SIDE)
    levels = cv2.resize(grey, side, interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
    levels -= levels.mean()
    return np.asarray(levels / max(float(np.linalg.norm(levels)), 1e-6), np.float32)


def _middle_of_longest(courses: Sequence[list[Place]]) -> list[Place]:
    longest = max(courses, key=len, default=[])
    start = max(0, len(longest) - STEADY) // 2
    return longest[start : start + STEADY]


def _parted(course: Sequence[Place], frames: Frames) -> Iterator[list[Place]]:
    """Split a course into stretches of about EMBEDDED_EVERY, each from where the last one ends."""
    part = [course[0]]
    for place in course[1:]:
        part.append(place)
        if _time(place, frames) - _time(part[0], frames) >= EMBEDDED_EVERY:
            yield part
            part = [place]
    if len(part) > 1 or len(course) == 1:
        yield part


def _time(place: Place, frames: Frames) -> float:
    return frames[place[0]][place[1]].time_s


def _embedded(
    embedder: FaceEmbedder, frames: Frames, places: Iterable[Place]
) -> dict[Place, Floats]:
    wanted = list(places)
    crops = [frames[number][index].crop for number, index in wanted]
    return dict(zip(wanted, embedder.embed(crops), strict=True))


def _between(one: Floats, other: Floats) -> Floats:
    mean = one + other
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)

"""Joins the faces of one video into tracks, each of one person.

Observations come at uneven times: a key frame every 1 to 10 s and dense windows of 5 to 12 frames a
second. Over short gaps a face is followed by its place and must still look alike; over long gaps it
must look alike first and be roughly where it was. In doubt a track ends and another begins: two
tracks of one person cost little, one track of two people spoils every later measurement.

The thresholds are measured (benchmarks/results/faces.md, "Tracking thresholds"). The assignment is
the Hungarian method (Kuhn, 1955).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np

from media_screen.arrays import Floats, Image
from media_screen.faces.align import Quality

Item = TypeVar("Item")

# Up to this gap, s, place leads; beyond it, looks do. Dense windows have 0.08 to 0.2 s.
NEAR_GAP_S = 1.0
# A track that was not seen for longer, s, is over. Key frames are at most 10 s apart.
LONGEST_GAP_S = 15.0
# Least cosine with the track's last face or its mean over a short gap. Of frames of different
# people 3 in 10,000 reach it; of frames of one person up to 0.3 s apart about 5 in 1,000 do not.
NEAR_COSINE = 0.40
# The same over a long gap: 1 in 10,000 frames of different people reach it.
FAR_COSINE = 0.45
# Below this width, px, blurred faces of different people look alike (at 16 px 1 in 100 reach 0.39).
SMALL_PX = 24.0
SMALL_COSINE = 0.55
# Least cosine with the first faces of the track, so that a cross-fade can't lead over step by step;
# 1 in 50 frames of different people reach it.
DRIFT_COSINE = 0.25
# How many first faces make up that anchor: the first alone may be a bad view.
ANCHOR_FACES = 5
# Movement of the face's centre, in face widths: at once, and for each second of the gap. Talking
# people move less than 0.3 within 0.3 s and less than 1.9 within 10 s (999 of 1,000).
NEAR_REACH = 0.6
NEAR_SPEED = 2.0
FAR_REACH = 3.0
# Largest ratio of face widths between two sightings (999 of 1,000: 1.5); zooms need more.
NEAR_SIZE_RATIO = 1.6
FAR_SIZE_RATIO = 3.0
# What a face width of distance costs, in units of cosine. Two panels that show one person differ
# in place only, so over short gaps place must outweigh small differences of looks.
NEAR_DISTANCE_COST = 0.5
FAR_DISTANCE_COST = 0.1
# Cost that stands for "not allowed"; above every allowed cost.
FORBIDDEN = 1e6


@dataclass(frozen=True, eq=False)
class FaceView:
    """One face at one time: where it is, and how well it is seen.

    `time_s` in seconds, `box` and `landmarks` in pixels of the frame (see `Detection`), `crop`
    256 x 256 RGB of `align`.
    """

    time_s: float
    box: tuple[float, float, float, float]
    landmarks: Floats
    score: float
    quality: Quality
    crop: Image

    @property
    def centre(self) -> tuple[float, float]:
        """Return the middle of the box, px."""
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2


@dataclass(frozen=True, eq=False)
class Face(FaceView):
    """A view of a face with how it looks.

    `embedding` is of unit length; `measured` unless it is what the views before and after say.
    """

    embedding: Floats
    measured: bool = True


@dataclass(frozen=True, eq=False)
class Track:
    """The faces of one person in one shot or several, in time order; never empty."""

    id: int
    faces: tuple[Face, ...]

    @property
    def span(self) -> tuple[float, float]:
        """Return the times of the first and the last face, s."""
        return self.faces[0].time_s, self.faces[-1].time_s

    @cached_property
    def embedding(self) -> Floats:
        """Return the mean embedding, weighted by quality, of unit length."""
        rows = np.array([face.quality.weight * face.embedding for face in self.faces])
        return _unit(rows.sum(axis=0))

    @cached_property
    def best(self) -> Face:
        """Return the face that is seen best; the earliest of equals."""
        return max(self.faces, key=lambda face: face.quality.weight)


class _OpenTrack:
    """A track that can still grow."""

    def __init__(self, number: int, face: Face) -> None:
        self.id = number
        self.faces = [face]
        self._sum = face.quality.weight * face.embedding
        self._anchor = self._sum

    def add(self, face: Face) -> None:
        self.faces.append(face)
        self._sum = self._sum + face.quality.weight * face.embedding
        if len(self.faces) <= ANCHOR_FACES:
            self._anchor = self._sum

    @property
    def last(self) -> Face:
        return self.faces[-1]

    def cost(self, face: Face) -> float:
        """Return what it costs to add a face, FORBIDDEN when it is too far or looks different."""
        gap = face.time_s - self.last.time_s
        near = gap <= NEAR_GAP_S
        distance, ratio = movement(self.last, face)
        reach = NEAR_REACH + NEAR_SPEED * gap if near else FAR_REACH
        if distance > reach or ratio > (NEAR_SIZE_RATIO + gap if near else FAR_SIZE_RATIO):
            return FORBIDDEN
        to_mean = float(_unit(self._sum) @ face.embedding)
        alike = max(to_mean, float(self.last.embedding @ face.embedding))
        drifted = float(_unit(self._anchor) @ face.embedding) < DRIFT_COSINE
        if drifted or alike < _least_cosine(self.last, face, near=near):
            return FORBIDDEN
        return 1.0 - alike + distance * (NEAR_DISTANCE_COST if near else FAR_DISTANCE_COST)


class Tracker:
    """Takes the faces of a video in time order and gives its tracks at the end."""

    def __init__(self) -> None:
        self._open: list[_OpenTrack] = []
        self._closed: list[_OpenTrack] = []
        self._count = 0
        self._time_s = float("-inf")

    def add(self, time_s: float, faces: Sequence[Face], *, cut: bool = False) -> None:
        """Add all faces seen at one time; `cut` says that a new shot began since the last call."""
        if time_s < self._time_s:
            raise ValueError(f"faces at {time_s} s came after those at {self._time_s} s")
        self._time_s = time_s
        self._close(time_s, everything=cut)
        # From left to right, so that numbers do not depend on the order of detection.
        ordered = sorted(faces, key=lambda face: (face.box[0], face.box[1]))
        chosen = _assign(self._open, ordered)
        for index, face in enumerate(ordered):
            if index in chosen:
                self._open[chosen[index]].add(face)
        for index, face in enumerate(ordered):
            if index not in chosen:
                self._open.append(_OpenTrack(self._count, face))
                self._count += 1

    def finish(self) -> tuple[Track, ...]:
        """Return all tracks by number, which is the order in which they began."""
        every = sorted(self._closed + self._open, key=lambda track: track.id)
        return tuple(Track(id=track.id, faces=tuple(track.faces)) for track in every)

    def _close(self, time_s: float, *, everything: bool) -> None:
        kept: list[_OpenTrack] = []
        for track in self._open:
            over = everything or time_s - track.last.time_s > LONGEST_GAP_S
            (self._closed if over else kept).append(track)
        self._open = kept


def _assign(tracks: Sequence[_OpenTrack], faces: Sequence[Face]) -> dict[int, int]:
    """Return which face (index) continues which track (index) at the least total cost."""
    from scipy.optimize import linear_sum_assignment

    if not tracks or not faces:
        return {}
    costs = np.array([[track.cost(face) for face in faces] for track in tracks])
    rows, columns = linear_sum_assignment(costs)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return {face: track for track, face in pairs if costs[track, face] < FORBIDDEN}


def movement(before: FaceView, after: FaceView) -> tuple[float, float]:
    """Return the distance of the centres in face widths, and the ratio of the widths."""
    x, y = np.subtract(after.centre, before.centre)
    widths = before.quality.size_px, after.quality.size_px
    return float(np.hypot(x, y)) / (sum(widths) / 2), max(widths) / min(widths)


def _least_cosine(before: Face, after: Face, *, near: bool) -> float:
    if min(before.quality.size_px, after.quality.size_px) < SMALL_PX:
        return SMALL_COSINE
    return NEAR_COSINE if near else FAR_COSINE


def _unit(vector: Floats) -> Floats:
    return vector / max(float(np.linalg.norm(vector)), 1e-12)


def evenly(items: Sequence[Item], most: int) -> list[Item]:
    """Return at most so many items, evenly spread, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    return [items[int(place)] for place in np.linspace(0, len(items) - 1, most).round()]

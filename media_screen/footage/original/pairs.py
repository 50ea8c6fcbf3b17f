"""Finds, in one window of a match, the frames of file and original that show the same moment.

A copy has other frames than its original: dropped, doubled, shifted by part of a frame. So each
frame of the original is given that frame of the file, of those shown at about that time, which
looks most like it, and what is compared later is laid over one another on one canvas.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from media_screen.arrays import Doubles, Flags, Floats, Image
from media_screen.evidence import Span
from media_screen.faces.align import face_px
from media_screen.faces.track import Track
from media_screen.footage.catalogue.align import Mapping as TimeMapping
from media_screen.footage.original.overlay import (
    COARSE_PX,
    FINE_PX,
    Box,
    Overlay,
    Sighted,
    band,
    canvas,
    find_overlay,
    grey,
    heads,
    refined,
    scored,
    without_bars,
)
from media_screen.media import Frame, Media

FILE_FPS = 30.0  # frames a second of the file that are tried: all that most files have
ORIGINAL_FPS = 15.0  # frames a second of the original: all that a proxy has
FILE_LINES = 400  # px of the short side: enough for a file that was cropped, or has borders
AROUND_S = 0.25  # s before and after: as far as the match may be wrong in time
MOST_PAIRS = 12  # for each window; they are compared in full
LEAST_PAIRS = 3
LATENESS_S = 0.01  # steps in which a common lateness of the file is looked for
LATES_S = np.arange(-AROUND_S, AROUND_S + LATENESS_S / 2, LATENESS_S)
STILL = 0.5  # grey levels by which a still place counts as if it moved, for coding moves it
STRANGE = 25.0  # grey levels by which what lies over a place differs from all originals near it
STRANGE_EVERY = 4  # frames of the file, of which one is asked: captions stay longer
STRANGE_GROWN = 7  # px of half the canvas by which that is widened in all
MOST_STRANGE = 0.5  # of the picture; with more it is another one
PENALTY = 0.02  # for a lateness of AROUND_S, as a share of the difference: still scenes have none
# A file may also play faster or slower than the match says, by up to DRIFT: a mouth that opens is
# half a syllable off then, while the match is right on the whole. It is believed where it takes a
# tenth of the difference away, of all frames of the original: one that leaves a changed half of a
# window out of reach explains nothing.
DRIFT, DRIFT_STEP, DRIFT_GAIN = 0.2, 0.01, 0.1
LEAST_SCORE = 0.5  # of the overlay; below it, what is laid over one another is not the same
HAND_OVER_S = 0.4  # a face is where it was seen last, for so long
GAP_S = 1.2  # between two sightings of a face it is in between; farther apart nobody knows
COARSER = 1.1  # how much larger than it is a file lies on the canvas, from where it lacks detail
MIRRORED = (1, 0, 2, 4, 3)  # the five points of a face, left and right exchanged


@dataclass(frozen=True, eq=False)
class FramePair:
    """One moment on the canvas: the file's picture, the original's, and the original's next.

    `faces` are the five points of each track on the canvas, `beside` the widths of those that lie
    off it, in its px; `time_s` and `original_s` the times of both frames, s.
    """

    time_s: float
    original_s: float
    picture: Image
    original: Image
    after: Image
    faces: Mapping[int, Floats]
    beside: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class PairedWindow:
    """The pairs of one window, how the file lies on the canvas, and by how much it comes late, s.

    `shape` is that of the file's frames as they were laid over, `box` what of it is no bar.
    """

    span: Span
    overlay: Overlay
    late_s: float
    shape: tuple[int, ...]
    box: Box
    pairs: tuple[FramePair, ...]

    @property
    def covered(self) -> Flags:
        """What of the canvas the file's picture covers."""
        return self.overlay.covered(self.shape, self.box)


@dataclass(frozen=True, eq=False)
class _FileFrame:
    """A frame of the file as it is laid over: small, unmirrored, with its faces."""

    time_s: float
    image: Image
    faces: Mapping[int, Floats]


Pictured = TypeVar("Pictured", Frame, _FileFrame)


def pair_window(
    media: Media,
    original: Media,
    span: Span,
    mapping: TimeMapping,
    tracks: Sequence[Track],
    *,
    mirrored: bool,
    least_score: float = LEAST_SCORE,
    known_place: Doubles | None = None,
    there_only: bool = False,
) -> PairedWindow | None:
    """Return the pairs of a window of the file; None where too few frames fall on one another.

    `known_place` is the matrix of the overlay of another window; with `there_only` no other place
    is looked for.
    """
    there = _there(span, mapping)
    known = [
        Frame(frame.time_s, canvas(frame.image))
        for frame in original.window(there, fps=ORIGINAL_FPS)
    ]
    wider = Span(max(0.0, span.start - AROUND_S), span.end + AROUND_S)
    seen = [_seen(frame, tracks, mirrored) for frame in media.window(wider, fps=FILE_FPS)]
    known, seen = _of_one_size(known), _of_one_size(seen)
    if len(known) < LEAST_PAIRS or len(seen) < LEAST_PAIRS:
        return None
    wanted = np.array([mapping.back(frame.time_s) for frame in known])
    first = find_overlay(
        _some(known, seen, [(row, _nearest(seen, at)) for row, at in _spread(wanted)]),
        known=known_place,
        there_only=there_only,
    )
    if first is None or first.score < least_score / 2:
        return None
    late, chosen = _paired(known, seen, wanted, first)
    if len(chosen) < LEAST_PAIRS:
        return None
    few = _some(known, seen, [chosen[row] for row in _evenly(len(chosen), LEAST_PAIRS)])
    placed = scored(first.matrix, few)
    overlay = None if placed is None else refined(placed, few)
    if overlay is None or overlay.score < least_score:
        return None
    kept = [chosen[row] for row in _evenly(len(chosen), MOST_PAIRS)]
    pairs = tuple(_pair(known, row, seen[column], overlay) for row, column in kept)
    box = without_bars([one.image for one in seen])
    return PairedWindow(span, overlay, late, seen[0].image.shape, box, pairs)


def _of_one_size(frames: Sequence[Pictured]) -> list[Pictured]:
    """Return the frames of the commonest size: a stream may change it on its way."""
    shapes = Counter(one.image.shape for one in frames)
    ((most, _),) = shapes.most_common(1) or [((), 0)]
    return [one for one in frames if one.image.shape == most]


def _there(span: Span, mapping: TimeMapping) -> Span:
    start, end = mapping(np.array([span.start, span.end]))
    return Span(max(0.0, float(start)), max(0.0, float(end)))


def _seen(frame: Frame, tracks: Sequence[Track], mirrored: bool) -> _FileFrame:
    """Return a frame of the file small, with the faces where they are at that time."""
    image = canvas(frame.image, FILE_LINES)
    scale = image.shape[1] / frame.image.shape[1]
    faces = {}
    for track in tracks:
        points = points_at(track, frame.time_s)
        if points is None:
            continue
        points = (points + 0.5) * scale - 0.5
        if mirrored:
            points = points[list(MIRRORED)] * (-1, 1) + (image.shape[1] - 1, 0)
        faces[track.id] = points.astype(np.float32)
    return _FileFrame(
        frame.time_s, np.ascontiguousarray(image[:, ::-1]) if mirrored else image, faces
    )


def points_at(track: Track, time_s: float) -> Floats | None:
    """Return the five points of a face at a time between its sightings, None where nobody knows."""
    times = np.array([face.time_s for face in track.faces])
    right = int(np.searchsorted(times, time_s))
    if right == 0 or right == len(times):
        face = track.faces[min(right, len(times) - 1)]
        return face.landmarks if abs(face.time_s - time_s) <= HAND_OVER_S else None
    before, after = track.faces[right - 1], track.faces[right]
    gap = after.time_s - before.time_s
    if gap > GAP_S:
        near = before if time_s - before.time_s <= after.time_s - time_s else after
        return near.landmarks if abs(near.time_s - time_s) <= HAND_OVER_S else None
    share = (time_s - before.time_s) / max(gap, 1e-6)
    mixed = before.landmarks * (1 - share) + after.landmarks * share
    return np.asarray(mixed, np.float32)


def _spread(wanted: Doubles) -> list[tuple[int, float]]:
    return [(row, float(wanted[row])) for row in _evenly(len(wanted), LEAST_PAIRS)]


def _evenly(count: int, most: int) -> list[int]:
    """Return up to `most` numbers below `count`, spread evenly."""
    return sorted({round(at) for at in np.linspace(0, count - 1, min(most, count)).tolist()})


def _nearest(seen: Sequence[_FileFrame], time_s: float) -> int:
    return min(range(len(seen)), key=lambda column: abs(seen[column].time_s - time_s))


def _some(
    known: Sequence[Frame], seen: Sequence[_FileFrame], rows: Iterable[tuple[int, int]]
) -> list[Sighted]:
    return [
        Sighted(seen[column].image, known[row].image, tuple(seen[column].faces.values()))
        for row, column in rows
    ]


def _paired(
    known: Sequence[Frame], seen: Sequence[_FileFrame], wanted: Doubles, overlay: Overlay
) -> tuple[float, list[tuple[int, int]]]:
    """Return how late the file is in the mean, s, and for each frame its best one around that."""
    times = np.array([one.time_s for one in seen])
    differences = _differences(known, seen, wanted, overlay)
    by_lateness = _by_lateness(differences, times, wanted)
    lates = _drifting(by_lateness, wanted, _lateness(by_lateness))
    step = float(np.median(np.diff(times))) if len(times) > 1 else 1 / FILE_FPS
    reach = max(0.75 * step, 0.02)
    chosen = []
    for row, at in enumerate(wanted + lates):
        near = np.flatnonzero(np.isfinite(differences[row]) & (np.abs(times - at) <= reach))
        if len(near):
            chosen.append((row, int(near[np.argmin(differences[row, near])])))
    return float(np.mean(lates)), chosen


def _differences(
    known: Sequence[Frame], seen: Sequence[_FileFrame], wanted: Doubles, overlay: Overlay
) -> Doubles:
    """Return how much each frame differs from each one near it in time, at half the size.

    What moves counts: of somebody who sits still, hardly more than the mouth tells the time.
    """
    import cv2

    width, height = (max(8, side // 2) for side in overlay.size)
    half = overlay.resized(width, height)
    inside = half.covered(seen[0].image.shape)
    small = [cv2.resize(one.image, (width, height), interpolation=cv2.INTER_AREA) for one in known]
    there = np.stack([_half_band(np.asarray(image, np.uint8))[inside] for image in small])
    mine = np.stack([_half_band(np.asarray(half.laid(o.image), np.uint8))[inside] for o in seen])
    times = np.array([one.time_s for one in seen])
    near = np.abs(times - wanted[:, None]) <= AROUND_S
    weight = (there.std(axis=0) + STILL) * ~_strange(seen, mine, there, near, wanted, half, inside)
    weight /= max(float(weight.sum()), 1e-6)
    result = np.full((len(known), len(seen)), np.nan)
    for row, column in np.argwhere(near).tolist():
        result[row, column] = float(np.abs(mine[column] - there[row]) @ weight)
    return result


def _strange(
    seen: Sequence[_FileFrame],
    mine: Floats,
    there: Floats,
    near: Flags,
    wanted: Doubles,
    overlay: Overlay,
    inside: Flags,
) -> Flags:
    """Return which px show in some frame of the file what no frame of the original near it has.

    Captions that come and go would tell the time of their own. Px are those `inside`; faces are
    none of them, for what they say tells the time.
    """
    import cv2

    found = np.zeros(mine.shape[1], bool)
    for column in range(0, len(mine), STRANGE_EVERY):
        rows = np.flatnonzero(near[:, column])
        # Beyond the ends of the window what moves has its original on one side only.
        if len(rows) and wanted[0] <= seen[column].time_s <= wanted[-1]:
            unlike = np.abs(there[rows] - mine[column]).min(axis=0) > STRANGE
            faces = [overlay.points(points) for points in seen[column].faces.values()]
            found |= unlike & ~heads(inside.shape, faces)[inside]
    whole = np.zeros(inside.shape, np.uint8)
    whole[inside] = found
    wider = cv2.dilate(whole, np.ones((STRANGE_GROWN, STRANGE_GROWN), np.uint8))[inside] > 0
    return np.asarray(wider if wider.mean() <= MOST_STRANGE else np.zeros_like(wider))


def _half_band(image: Image) -> Floats:
    return band(grey(image), FINE_PX, COARSE_PX / 2)


def _by_lateness(differences: Doubles, times: Doubles, wanted: Doubles) -> Doubles:
    """Return how much each frame differs at each of LATES_S, 0 for one that has nothing near it."""
    found = np.zeros((len(wanted), len(LATES_S)))
    for row, at in enumerate(wanted):
        near = np.isfinite(differences[row])
        if near.any():
            found[row] = np.interp(at + LATES_S, times[near], differences[row, near])
    return found


def _lateness(by_lateness: Doubles) -> float:
    """Return by how much the file is late at which its frames differ least, s."""
    sums = by_lateness.sum(axis=0) * (1 + PENALTY * np.abs(LATES_S) / AROUND_S)
    return float(LATES_S[int(np.argmin(sums))])


def _drifting(by_lateness: Doubles, wanted: Doubles, late: float) -> Doubles:
    """Return the lateness of each frame of the original where it grows or falls, else `late`."""
    around = wanted - wanted.mean()
    best = np.full(len(wanted), late)
    least = (1 - DRIFT_GAIN) * float(by_lateness[:, _step(late)].mean())
    rows = np.arange(len(wanted))
    for drift in np.arange(-DRIFT, DRIFT + DRIFT_STEP / 2, DRIFT_STEP):
        lates = LATES_S[:, None] + drift * around  # one row for each lateness in the middle
        lates = np.clip(lates, -AROUND_S, AROUND_S)
        steps = np.round((lates + AROUND_S) / LATENESS_S).astype(int)
        means = by_lateness[rows, steps].mean(axis=1)
        middle = int(np.argmin(means))
        if means[middle] < least:
            best, least = lates[middle], float(means[middle])
    return best


def _step(late: float) -> int:
    return round((late + AROUND_S) / LATENESS_S)


def _pair(known: Sequence[Frame], row: int, seen: _FileFrame, overlay: Overlay) -> FramePair:
    after = known[row + 1] if row + 1 < len(known) else known[row - 1]
    placed = {
        track: np.asarray(overlay.points(points), np.float32)
        for track, points in seen.faces.items()
    }
    on_canvas = {track: points for track, points in placed.items() if _is_inside(points, overlay)}
    return FramePair(
        time_s=seen.time_s,
        original_s=known[row].time_s,
        picture=np.asarray(overlay.laid(seen.image), np.uint8),
        original=_as_coarse(known[row].image, overlay),
        after=_as_coarse(after.image, overlay),
        faces=on_canvas,
        beside={
            track: face_px(points) for track, points in placed.items() if track not in on_canvas
        },
    )


def _is_inside(points: Floats, overlay: Overlay) -> bool:
    """Tell whether a face lies on the canvas: what stands beside an inset has no original."""
    return bool(np.all((points >= 0) & (points < overlay.size)))


def _as_coarse(original: Image, overlay: Overlay) -> Image:
    """Return the original with no more detail than a smaller file can have."""
    import cv2

    if overlay.scale < COARSER:
        return original
    height, width = original.shape[:2]
    size = max(8, round(width / overlay.scale)), max(8, round(height / overlay.scale))
    small = cv2.resize(original, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)

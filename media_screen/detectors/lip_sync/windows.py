"""Chooses the few windows of a file in which somebody speaks and a face is seen well enough."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from media_screen.detectors.lip_sync.sight import LONGEST_GAP, Course
from media_screen.evidence import Reason, Span

if TYPE_CHECKING:
    from media_screen.faces.track import Face, Track
    from media_screen.speech import Speech

WINDOW = 5.0  # s; in 2 s synchrony is told far less surely, and 10 s cost twice as much
STEP = 1.0  # s between the starts that are tried
# Of a file: more refine the mean of what weighs nothing, and each costs as much as decoding 20 s.
WINDOWS = 1
WINDOWS_THOROUGH = 12
LEAST = 1.5  # s of speech with a face in view that a window must have, as for voices
MIN_FACE = 40.0  # px; a narrower face has a mouth of under 15 px, in which no lip closes visibly
MAX_YAW = 40.0  # degrees; beyond, half of the mouth is hidden
MAX_TRACKS = 3  # faces watched in one window, those longest in view


@dataclass(frozen=True, eq=False)
class WatchedWindow:
    """A window to watch, and the numbers of the tracks that are in view there, longest first."""

    span: Span
    tracks: tuple[int, ...]


def choose(speech: Speech, tracks: Sequence[Track], *, count: int) -> tuple[WatchedWindow, ...]:
    """Return up to `count` windows that don't overlap, in order of time.

    The windows with the longest speech in view of a face are taken first.
    """
    seen = {track.id: list(_in_view(track)) for track in tracks}
    tried = []
    for start in _starts(seen.values()):
        span = Span(start, start + WINDOW)
        shares = {id_: _spoken(speech, spans, span) for id_, spans in seen.items()}
        ranked = sorted((id_ for id_ in shares if shares[id_] >= LEAST), key=lambda i: -shares[i])
        if ranked:
            tried.append((-round(shares[ranked[0]], 2), start, WatchedWindow(span, tuple(ranked))))
    chosen: list[WatchedWindow] = []
    for _, _, place in sorted(tried, key=lambda row: row[:2]):
        if len(chosen) < count and all(not one.span.overlap(place.span) for one in chosen):
            chosen.append(WatchedWindow(place.span, place.tracks[:MAX_TRACKS]))
    return tuple(sorted(chosen, key=lambda place: place.span.start))


def lacks_view(speech: Speech, tracks: Sequence[Track]) -> tuple[Reason, str]:
    """Return why no window could be chosen, as (reason, sentence)."""
    faces = [face for track in tracks for face in track.faces]
    if not any(face.quality.size_px >= MIN_FACE for face in faces):
        return "face_too_small", f"no face is {MIN_FACE:.0f} px wide, so no lips can be followed"
    if not any(_fit(face) for face in faces):
        return "profile", "faces are seen from the side only, so their lips can't be followed"
    if speech.seconds() >= LEAST:
        return "no_face", "nobody's face is seen long enough while somebody speaks"
    return "too_short", f"no face is seen for {LEAST:.1f} s while somebody speaks"


def course_of(track: Track) -> Course:
    """Return where the face of a track is over time."""
    times = np.array([face.time_s for face in track.faces])
    return Course(times, np.stack([face.landmarks for face in track.faces]))


def _fit(face: Face) -> bool:
    return face.quality.size_px >= MIN_FACE and abs(face.quality.yaw_deg) <= MAX_YAW


def _in_view(track: Track) -> Iterator[Span]:
    """Give the stretches over which a face that is fit can be followed."""
    for one, other in pairwise(track.faces):
        if _fit(one) and _fit(other) and other.time_s - one.time_s <= LONGEST_GAP:
            yield Span(one.time_s, other.time_s)


def _starts(seen: Iterable[list[Span]]) -> list[float]:
    """Return the starts of windows to try: where faces come into view, and steps from there."""
    starts: set[float] = set()
    for spans in seen:
        last = -1.0
        for span in spans:
            if span.start - last >= STEP:
                starts.add(round(span.start, 3))
                last = span.start
    return sorted(starts)


def _spoken(speech: Speech, spans: Sequence[Span], window: Span) -> float:
    """Return the seconds of speech in a window during which a face is in view."""
    return sum(
        speech.within(Span(max(span.start, window.start), min(span.end, window.end)))
        for span in spans
        if span.overlap(window) > 0
    )

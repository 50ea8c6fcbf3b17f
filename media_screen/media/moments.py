"""Chooses the moments at which a file is looked at, by how long its frames are shown.

A player shows a frame until the next one comes. What is looked at are therefore moments in time and
the frames that are on the screen then, never simply every so many frames: an official picture that
flashes up for 2 ms ten times a second is not what a viewer sees. Half of the answer is chance, from
a seed that is the content's own, so that no rhythm of a file stays in step with the samples and
every scan of it gives the same result.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, pairwise
from typing import TYPE_CHECKING

from media_screen.evidence import Span
from media_screen.media.index import KeyFrame, Timeline

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

# A key frame stands for what follows it only when it is shown at least this share of the time that
# a frame of its group is; otherwise a moment of the group is looked at in its place.
KEY_SHARE = 0.5
# Moments by chance that a survey adds to the key frames, spread over the file: each costs half a
# group of pictures to decode, all together as much as one dense window.
CHANCES = 16
ROUNDING = 1e-3  # s; containers round time stamps to their time base
# s without a frame, where packets promised some, after which a moment counts as not decoded: some
# codecs have packets that show nothing.
HOLE = 0.5
LEAST_APART = 1.0  # s; with less a short file would be decoded whole for them
# Where all frames are wanted, one is left out that is shown for less than this share of the usual.
# Of 55,406 frames of 246 labelled clips it leaves out 80, all of two clips of 1 ms beside others.
FLASH_SHARE = 0.2
# s; where frames are usually shown longer than one of film, as in slides, shorter ones are still no
# flashes. A fifth of it is half of what a screen of 60 Hz shows a frame for, if it does at all.
FILM = 1 / 24
PACE = 0.25  # s before a frame from which is known how long frames are usually shown
MOST_RECENT = 512  # frames that are known, where many are shown for no time at all
MOST_HELD = 32  # frames at a beginning that may be flashes and are kept until one is none


@dataclass(frozen=True, slots=True)
class Shown:
    """A decoded frame and when it is on the screen, in s; after `lost_s` another should be."""

    raw: VideoFrame
    start_s: float
    end_s: float
    lost_s: float

    @property
    def shown_s(self) -> float:
        """How long it is on the screen: players keep it there where the next one is lost."""
        return self.end_s - self.start_s

    @property
    def stands_until_s(self) -> float:
        """Until when it is taken for what is on the screen."""
        return min(self.lost_s + HOLE, self.end_s - ROUNDING)


@dataclass(frozen=True, slots=True)
class SurveyPlan:
    """What a survey looks at: key frames, and moments between them, in order of time."""

    keys: tuple[KeyFrame, ...]
    moments: tuple[float, ...]


def survey(
    timeline: Timeline, *, gap_s: float, seed: str | None, chances: bool = True
) -> SurveyPlan:
    """Plan a look over a whole stream in which nothing longer than twice `gap_s` is left out.

    Without a seed nothing is left to chance, and moments lie in the middle of their stretch;
    without `chances` those of `by_chance` are left out, for a second look.
    """
    chance = None if seed is None else random.Random(f"{seed}/survey")
    keys = tuple(key for key in timeline.keys if key.shown_s >= KEY_SHARE * key.usual_s)
    times = [timeline.start_s, *(key.time_s for key in timeline.keys), timeline.end_s]
    moments: list[float] = []
    for start, end in pairwise(times):
        if end - start > 2 * gap_s:
            moments += _spread(Span(start + gap_s / 2, end), round((end - start) / gap_s), chance)
    usual = {key.time_s for key in keys}
    for key, end in zip(timeline.keys, times[2:], strict=True):
        if key.time_s not in usual:
            moments += _spread(Span(key.time_s, max(key.time_s, end)), 1, chance)
    if chances:
        moments += by_chance(timeline, seed=seed)
    return SurveyPlan(keys, tuple(sorted(moments)))


def by_chance(
    timeline: Timeline, *, seed: str | None, without: Sequence[Span] = ()
) -> tuple[float, ...]:
    """Return the moments by chance of a stream, those `without` spans that are looked at anyway.

    Without a seed there are none.
    """
    if seed is None:
        return ()
    count = min(CHANCES, int(timeline.duration_s / LEAST_APART))
    whole, chance = Span(timeline.start_s, timeline.end_s), random.Random(f"{seed}/chance")
    found = _spread(whole, count, chance)
    return tuple(one for one in found if not any(s.start <= one < s.end for s in without))


def dense(span: Span, fps: float, *, seed: str | None) -> Iterator[float]:
    """Give `fps` moments a second of a span: one of each stretch, its beginning without a seed."""
    chance = None if seed is None else random.Random(f"{seed}/{span.start:.3f}")
    for number in range(max(1, round(span.duration * fps))):
        within = 0.0 if chance is None else chance.random()
        moment = span.start + (number + within) / fps
        if moment < span.end:
            yield moment


def without_flashes(frames: Iterable[Shown]) -> Iterator[Shown]:
    """Pass on the frames of a pass that a viewer sees, and leave out those that only flash up.

    Usual is what a look at a moment by chance finds: each frame counts by its time on the screen,
    so that no number of flashes makes them usual.
    """
    coming = iter(frames)
    first = list(_opening(coming))
    recent = deque((one.shown_s for one in first), MOST_RECENT)
    for one in chain(first, coming):
        if one.shown_s >= FLASH_SHARE * min(_usual(recent), FILM):
            yield one
        recent.append(one.shown_s)
        while sum(recent) - recent[0] >= PACE:
            recent.popleft()


def _opening(frames: Iterator[Shown]) -> Iterator[Shown]:
    """Give the first frames, until with one of them it is known how long frames are shown."""
    for one in islice(frames, MOST_HELD):
        yield one
        if one.shown_s >= FLASH_SHARE * FILM:
            return


def _usual(shown: Collection[float]) -> float:
    """Return how long the frame is shown that is on the screen at a moment by chance, s."""
    return sum(one**2 for one in shown) / (sum(shown) or 1.0)


def _spread(span: Span, count: int, chance: random.Random | None) -> list[float]:
    """Return one moment of each of `count` equal stretches."""
    step = span.duration / max(count, 1)
    return [
        span.start + (number + (0.5 if chance is None else chance.random())) * step
        for number in range(count)
    ]


def grouped(moments: Sequence[float], timeline: Timeline) -> Iterator[list[float]]:
    """Split moments where a seek to a later key frame saves decoding what lies between."""
    group: list[float] = []
    for moment in moments:
        key = timeline.key_before(moment)
        if (
            group
            and key is not None
            and group[-1] < key.time_s
            and moment - group[-1] > LEAST_APART
        ):
            yield group
            group = []
        group.append(moment)
    if group:
        yield group

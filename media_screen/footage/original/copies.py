"""Compares the faces of two files that show the same footage: is one a copy of the other?

What a fake was made of moves as the fake does and often sounds like it, so that fingerprints take
the one for a copy of the other. Laid over one another, copies differ in their faces no more than in
the rest of the picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import chain

from media_screen.footage.campaigns.faces import FacesApart
from media_screen.footage.catalogue import MeasuredMatch
from media_screen.footage.original.alteration import judge
from media_screen.footage.original.comparison import ComparedFace, Comparer, windows
from media_screen.footage.original.residual import MIDDLE
from media_screen.look import WINDOW_FPS, Looker
from media_screen.media import Media

# Windows of 2 s of a pair: a comparison costs some seconds for each, and a campaign has hundreds.
MOST_WINDOWS = 2
# Least score of the overlay: that the footage is the same is known, and a broad caption over a
# small picture leaves little more.
LEAST_SCORE = 0.35


class CopyComparer:
    """Lays two files over one another where faces are seen."""

    def __init__(self, looker: Looker, comparer: Comparer) -> None:
        self._looker, self._comparer = looker, comparer

    def compare(self, media: Media, other: Media, found: Sequence[MeasuredMatch]) -> FacesApart:
        """Return how the faces of a file differ from those of another one, where these match it.

        Raises MediaError when one of them can't be read.
        """
        ratios = [
            judge(face).llr
            for match in _longest(found)
            for face in self._faces(media, other, match)
            if _measured(face)
        ]
        return FacesApart(max(ratios, default=None))

    def _faces(self, media: Media, other: Media, match: MeasuredMatch) -> Iterator[ComparedFace]:
        assert match.picture_span is not None
        spans = windows(match.picture_span, (), most=MOST_WINDOWS)
        frames = chain.from_iterable(media.window(span, fps=WINDOW_FPS) for span in spans)
        tracks = self._looker.look_at(frames, match.picture_span).tracks
        if tracks:
            for window in self._comparer.compare_in(
                spans, media, other, match, tracks, least_score=LEAST_SCORE
            ):
                yield from window.faces


def _measured(face: ComparedFace) -> bool:
    """Tell whether some of a face was compared, though a caption may lie over the rest."""
    return any(not math.isnan(one.excess[MIDDLE]) for one in face.residuals.values())


def _longest(found: Sequence[MeasuredMatch]) -> Sequence[MeasuredMatch]:
    """Return the match of the picture that shows most of it."""

    def length(match: MeasuredMatch) -> float:
        return match.picture_span.duration if match.picture_span else 0.0

    return [one for one in sorted(found, key=length)[-1:] if one.picture_span]

"""Says what of a file no match vouches for: beginnings, ends and what lies between, by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from media_screen.evidence import Span, joined
from media_screen.footage.catalogue.match import MeasuredMatch

if TYPE_CHECKING:
    from media_screen.faces.track import Track
    from media_screen.speech import Speech

# s of a face, or of speech, outside of every match that are not vouched for. Matches end up to a
# second early, where somebody stands still or is silent; a sentence takes longer.
REST_S = 1.0


def outside(matched: Iterable[Span], duration_s: float) -> list[Span]:
    """Return the stretches of a file, longer than REST_S, that lie in none of some spans."""
    gaps, end = [], 0.0
    for span in joined(matched):
        if span.start - end > REST_S:
            gaps.append(Span(end, span.start))
        end = max(end, span.end)
    if duration_s - end > REST_S:
        gaps.append(Span(end, duration_s))
    return gaps


def faces_outside(
    found: Sequence[MeasuredMatch], tracks: Iterable[Track], duration_s: float
) -> tuple[Span, ...]:
    """Return the stretches that show a face and whose picture no match vouches for."""
    # Only a picture that matches counts; sound says nothing of who is seen. What differs inside of
    # a match is a change, and told as one.
    matched = [one.match.query_span for one in found if one.picture_span is not None]
    times = [face.time_s for track in tracks for face in track.faces]
    return tuple(
        span
        for span in outside(matched, duration_s)
        if any(span.start <= time_s < span.end for time_s in times)
    )


def speech_outside(
    found: Sequence[MeasuredMatch], speech: Speech, duration_s: float
) -> tuple[Span, ...]:
    """Return the stretches in which somebody speaks and whose sound no match vouches for."""
    matched = [one.match.query_span for one in found if one.sound_span is not None]
    return tuple(span for span in outside(matched, duration_s) if speech.within(span) > REST_S)

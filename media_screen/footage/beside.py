"""Frames of matched official footage at the times of the file's own, to be seen side by side."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

from media_screen.evidence import Match, Span, Thumbnail
from media_screen.look import thumbnail_jpeg
from media_screen.media import Media, MediaError

PAIRS = 4  # pairs of frames; each costs one seek into the reference
_REACH = 1.0  # s of the reference in which the frame is looked for: at least one at 1 frame/s

_log = logging.getLogger(__name__)


def reference_frames(
    reference: Path, match: Match, frames: Iterable[Thumbnail], *, threads: int = 0
) -> tuple[Thumbnail, ...]:
    """Return a frame of the reference for up to `PAIRS` of the file's frames within a match.

    Each has the `time_s` of the file's frame it belongs to and its own time in `reference_s`. A
    reference that can't be read, or has no picture, gives none.
    """
    within = [
        frame
        for frame in frames
        if frame.track is None and match.query_span.start <= frame.time_s <= match.query_span.end
    ]
    try:
        with Media.open(reference, threads=threads) as media:
            return tuple(_frames(media, match, _spread(within)))
    except MediaError as error:
        _log.warning("%s: no frames to compare with: %s", reference, error)
        return ()


def _frames(media: Media, match: Match, wanted: Iterable[Thumbnail]) -> Iterator[Thumbnail]:
    for frame in wanted:
        time_s = _time_in_reference(match, frame.time_s)
        found = next(iter(media.window(Span(time_s, time_s + _REACH))), None)
        if found is not None:
            jpeg = thumbnail_jpeg(found.image)
            yield Thumbnail(frame.time_s, jpeg, reference_s=found.time_s)


def _time_in_reference(match: Match, time_s: float) -> float:
    """Carry a time over from the span in the file to the span in the reference, end to end."""
    query, reference = match.query_span, match.reference_span
    share = (time_s - query.start) / query.duration if query.duration else 0.0
    return max(0.0, reference.start + share * reference.duration)


def _spread(frames: list[Thumbnail]) -> list[Thumbnail]:
    """Return at most `PAIRS` of the frames, from the middles of as many equal parts."""
    count = min(PAIRS, len(frames))
    return [frames[(2 * part + 1) * len(frames) // (2 * count)] for part in range(count)]

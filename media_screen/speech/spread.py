"""Chooses which parts of a long sound the networks listen to, so that an hour costs no hour."""

from __future__ import annotations

from collections.abc import Sequence

from media_screen.evidence import Span

LISTENED = 600.0  # s that are listened to of any file: all of most, ten parts in sixty of an hour
# s listened to at the beginning of every file, since a false length must not leave all unheard.
BEGINNING = 120.0
STRETCH = 30.0  # s listened to at a time: several sentences, with the quiet between them


class Spread:
    """Says of one block of sound after the other whether to listen to it.

    Of up to ten minutes it takes all, of more ten minutes in stretches of 30 s spread over
    `duration_s`, and whatever of `also` lies outside of them. When the length is not known, it
    takes the first ten minutes.
    """

    def __init__(self, duration_s: float, *, also: Sequence[Span] = ()) -> None:
        self._duration = duration_s
        self._also = also
        self._stretch = -1  # number of the stretch that was decided on last
        self._taken = False  # whether it is listened to
        self._listened = 0.0

    def __call__(self, block: Span) -> bool:
        """Decide on the next block; blocks come in order of time."""
        stretch = int(block.start // STRETCH)
        if stretch != self._stretch:
            end = (stretch + 1) * STRETCH
            progress = end / max(self._duration, end)
            allowed = BEGINNING + (LISTENED - BEGINNING) * progress
            self._stretch, self._taken = stretch, self._listened + STRETCH <= allowed
        if self._taken:
            self._listened += block.duration
        return self._taken or any(span.overlap(block) > 0.0 for span in self._also)

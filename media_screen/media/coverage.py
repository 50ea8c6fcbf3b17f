"""Measures which share of a stream's time was looked at; what was not is never without finding."""

from __future__ import annotations

import bisect
from collections.abc import Iterable

from media_screen.evidence import Span, joined

# s before and after a frame for which it stands: a survey leaves no gap of more than twice this
# between two pictures it decodes, unless the file cannot be decoded there.
REACH = 5.0
ROUNDING = 1e-3  # s; what is left out by less was looked at


def covered(looked: Iterable[Span], missed: Iterable[float], whole: Span) -> float:
    """Return the share of `whole`, 0 to 1, for which the frames that were looked at stand.

    Each stands for the time it was shown (`looked`) and for `REACH` seconds before and after it,
    but not beyond half the way to a moment at which a frame was asked for and none could be decoded
    (`missed`). A long file is sampled, by key frames and by chance: a stretch of less than twice
    `REACH` between two samples counts as looked at, though a part of it may differ from both.
    """
    holes = sorted(missed)
    reaching = joined(_reaching(span, holes) for span in looked)
    if whole.duration <= 0:
        return 1.0 if reaching else 0.0
    total = sum(whole.overlap(span) for span in reaching)
    return 1.0 if whole.duration - total < ROUNDING else total / whole.duration


def _reaching(span: Span, holes: list[float]) -> Span:
    """Return the time that a frame stands for, between the holes beside it."""
    before = bisect.bisect_left(holes, span.start)
    after = bisect.bisect_right(holes, span.start)
    start, end = span.start - REACH, span.end + REACH
    if before:
        start = max(start, (holes[before - 1] + span.start) / 2)
    if after < len(holes):
        known = max(span.start, min(span.end, holes[after]))
        end = min(end, (known + holes[after]) / 2)
    return Span(min(start, span.start), max(end, span.start))

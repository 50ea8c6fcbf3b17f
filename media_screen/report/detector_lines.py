"""One line a detector for a file page: what it says, or why it says nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from media_screen.evidence import Evidence, Verdict
from media_screen.results.words import detector_words, reason_words


@dataclass(frozen=True, slots=True)
class DetectorLine:
    """What one detector says of a file, or why it says nothing.

    `llr` is what it says of the whole file, None where it weighs nothing; `added` how much of that
    counts for the ratio of manipulation. `places` counts stretches and faces that it tells of.
    """

    name: str
    state: str  # "spoke", "silent" or "failed"
    said: str
    llr: float | None
    added: float | None
    places: int


def detector_lines(verdict: Verdict) -> tuple[DetectorLine, ...]:
    """Return a line for each detector: those that add most, then the others, then the silent."""
    return (*sorted(_spoke(verdict), key=_weight), *_failed(verdict), *_silent(verdict))


def _weight(line: DetectorLine) -> tuple[float, float]:
    return -abs(line.added or 0.0), -abs(line.llr or 0.0)


def _spoke(verdict: Verdict) -> Iterator[DetectorLine]:
    parts = verdict.fusion.contributions if verdict.fusion is not None else ()
    added = {part.detector: part.added for part in parts}
    for name in dict.fromkeys(piece.detector for piece in verdict.evidence):
        own = [piece for piece in verdict.evidence if piece.detector == name]
        told = max(own, key=_tells)
        yield DetectorLine(
            detector_words(name),
            "spoke",
            told.why,
            told.llr if told.llr else None,
            added.get(name) or None,
            sum(1 for piece in own if not piece.pooled),
        )


def _tells(piece: Evidence) -> tuple[bool, float]:
    # The piece for the whole file speaks for its detector; of several the weightiest.
    return piece.pooled, abs(piece.llr)


def _failed(verdict: Verdict) -> Iterator[DetectorLine]:
    for one in verdict.failures:
        yield DetectorLine(detector_words(one.detector), "failed", one.error, None, None, 0)


def _silent(verdict: Verdict) -> Iterator[DetectorLine]:
    told = {piece.detector for piece in verdict.evidence}
    told |= {failure.detector for failure in verdict.failures}
    for one in verdict.abstentions:
        # What a whole batch lacks, its page says once.
        if one.detector not in told and one.reason != "missing_package":
            told.add(one.detector)
            why = one.why or reason_words(one.reason)
            yield DetectorLine(detector_words(one.detector), "silent", why, None, None, 0)

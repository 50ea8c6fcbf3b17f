"""Two verdicts that may differ by rounding only."""

from __future__ import annotations

import pytest

from media_screen.evidence import Verdict


def assert_agree(one: Verdict, other: Verdict, *, llr: float = 0.05, score: float = 0.01) -> None:
    """Hold that both say the same of one file, with numbers as close as 32 bits bring them."""
    assert (one.label, one.person) == (other.label, other.person)
    assert other.llr == pytest.approx(one.llr, abs=llr)
    pieces = [[(piece.detector, piece.finding) for piece in both.evidence] for both in (one, other)]
    assert pieces[0] == pieces[1]
    scores = [[piece.score for piece in both.evidence] for both in (one, other)]
    assert scores[1] == pytest.approx(scores[0], abs=score)

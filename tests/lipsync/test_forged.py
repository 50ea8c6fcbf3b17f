"""The shipped line fits its measures, and a ratio of one is an even chance."""

from __future__ import annotations

import numpy as np
import pytest

from media_screen.calibration import Calibration
from media_screen.lipsync.forged import NAMES, line, probability


def test_the_shipped_line_is_over_the_measures_of_this_version() -> None:
    assert line().names == NAMES
    assert np.isfinite(line().raw(np.zeros(len(NAMES))))


def test_the_probability_is_even_where_the_ratio_is_one() -> None:
    assert probability(Calibration(2.0, -1.0, 3.0), 0.5) == pytest.approx(0.5)

"""The line is read as it was written, and one odd measure does not decide."""

from __future__ import annotations

import json

import numpy as np
import pytest

from media_screen.calibration import Calibration
from media_screen.lipsync.forged import NAMES, Line, probability

COUNT = len(NAMES)
LINE = Line((1.0,) * COUNT, (2.0,) * COUNT, (0.5,) + (0.0,) * (COUNT - 1), 0.25)


def test_a_line_survives_its_file() -> None:
    assert Line.from_dict(json.loads(json.dumps(LINE.to_dict()))) == LINE


def test_a_line_over_other_measures_is_refused() -> None:
    record = LINE.to_dict()
    record["measures"][0]["name"] = "beauty"
    with pytest.raises(ValueError, match="expected the measures"):
        Line.from_dict(record)


@pytest.mark.parametrize(
    ("value", "raw"), [(1.0, 0.25), (3.0, 0.75), (1000.0, 1.75)], ids=["mean", "over", "odd"]
)
def test_a_measure_counts_by_its_distance_from_the_mean(value: float, raw: float) -> None:
    assert LINE.raw(np.array([value] + [1.0] * (COUNT - 1))) == pytest.approx(raw)


def test_the_probability_is_even_where_the_ratio_is_one() -> None:
    assert probability(Calibration(2.0, -1.0, 3.0), 0.5) == pytest.approx(0.5)

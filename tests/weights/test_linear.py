"""A line is read as it was written, and one odd measure does not decide."""

from __future__ import annotations

import json

import numpy as np
import pytest

from media_screen.weights.linear import LinearModel

NAMES = ("detail", "light", "colour")
LINE = LinearModel(NAMES, (1.0,) * 3, (2.0,) * 3, (0.5, 0.0, 0.0), 0.25, 3.0)


def test_a_line_survives_its_file() -> None:
    record = json.loads(json.dumps(LINE.to_dict()))
    assert LinearModel.from_dict(record, names=NAMES, limit=3.0) == LINE


def test_a_line_over_other_measures_is_refused() -> None:
    record = LINE.to_dict()
    record["measures"][0]["name"] = "beauty"
    with pytest.raises(ValueError, match="expected the measures"):
        LinearModel.from_dict(record, names=NAMES, limit=3.0)


@pytest.mark.parametrize(
    ("value", "raw"), [(1.0, 0.25), (3.0, 0.75), (1000.0, 1.75)], ids=["mean", "over", "odd"]
)
def test_a_measure_counts_by_its_distance_from_the_mean(value: float, raw: float) -> None:
    assert LINE.raw([value, 1.0, 1.0]) == pytest.approx(raw)


def test_many_rows_are_scored_as_each_alone() -> None:
    rows = np.random.default_rng(0).normal(1, 3, (7, 3))
    np.testing.assert_allclose(LINE.raw(rows), [LINE.raw(row) for row in rows])

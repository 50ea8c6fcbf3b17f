"""One line turns scores into ratios, and one table says where they lie among genuine media."""

from __future__ import annotations

import math

import pytest

from media_screen.detectors.face_consistency import GENUINE
from media_screen.weights.calibration import Calibration, Percentiles, genuine, share_of

LINE = Calibration(2.0, -1.0, 3.0)


@pytest.mark.parametrize(
    ("line", "llrs"),
    [
        pytest.param(LINE, [-3.0, 0.0, 3.0], id="as-far-either-way"),
        pytest.param(Calibration(2.0, -1.0, 3.0, -1.5), [-1.5, 0.0, 3.0], id="less-far-below"),
    ],
)
def test_a_ratio_rises_with_the_score_and_is_bounded(line: Calibration, llrs: list[float]) -> None:
    assert [line.llr(score) for score in (-9.0, 0.5, 9.0)] == llrs
    assert line.limits == (llrs[0], llrs[-1])
    assert Calibration.from_dict(line.to_dict()) == line


def test_a_probability_is_even_where_the_ratio_is_and_never_overflows() -> None:
    assert LINE.probability(0.5) == 0.5
    assert [LINE.probability(score) for score in (-1e6, 1e6)] == [0.0, 1.0]


def test_a_row_of_several_lines_is_read_within_their_limits() -> None:
    row = {"least_size_px": 40.0, "slope": 2, "intercept": -1}
    assert Calibration.of_row(row, (-1.5, 3.0)) == Calibration(2.0, -1.0, 3.0, -1.5)


@pytest.mark.parametrize(
    "values",
    [(-1.0, 0.0, 1.0), (1.0, math.nan, 1.0), (1.0, 0.0, -1.0), (1.0, 0.0, 1.0, -math.inf)],
    ids=["falling", "not-a-number", "bound-below-0", "no-end-below"],
)
def test_no_other_line_is_made(values: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="expected finite values"):
        Calibration(*values)


def test_a_place_in_a_table_is_a_share() -> None:
    table = Percentiles((0.0, 1.0, 4.0))
    assert [table.below(score) for score in (-1, 0.5, 4, 9)] == [0.0, 0.25, 1.0, 1.0]


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("face_artifact", "genuine_percentiles"),
        ("voice_spoof", "genuine_percentiles"),
        ("face_consistency", GENUINE),
    ],
)
def test_a_shipped_table_rises_from_none_to_all(model: str, name: str) -> None:
    table = genuine(model, name=name)
    assert list(table.scores) == sorted(table.scores) and len(table.scores) > 20
    assert [table.below(score) for score in (-1e3, 1e3)] == [0.0, 1.0]


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0, "0% of clips"), (0.004, "under 1% of clips"), (0.999, "99% of clips"), (1, "all clips")],
)
def test_less_than_all_is_never_called_all(share: float, words: str) -> None:
    assert share_of(share, "clips") == words

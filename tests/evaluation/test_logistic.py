"""The regression finds what tells labels, and what puts one of a pair over the other."""

from __future__ import annotations

import numpy as np
import pytest

from media_screen.evaluation.logistic import balanced, regress

RNG = np.random.default_rng(0)
FACTS = RNG.normal(0, 1, (400, 3))
FAKE = FACTS[:, 0] + RNG.normal(0, 0.5, 400) > 0
SHARE = balanced(FAKE, np.ones(len(FAKE)))
LEADS = RNG.normal(0, 1, (200, 3)) + (0, 0, 1)  # the third measure is higher in one of each pair


def fit(lead_weight: float) -> np.ndarray:
    slopes, _ = regress(FACTS, FAKE, SHARE, 1e-2, leads=LEADS, lead_weight=lead_weight)
    return slopes


def test_without_weight_pairs_change_nothing() -> None:
    slopes, _ = regress(FACTS, FAKE, SHARE, 1e-2)
    np.testing.assert_allclose(fit(0.0), slopes, atol=1e-6)
    assert abs(slopes[2]) < 0.2 * slopes[0]


def test_pairs_add_what_tells_them() -> None:
    slopes = fit(1.0)
    assert slopes[0] > 0.5 and slopes[2] > 0.5
    assert (LEADS @ slopes > 0).mean() > (LEADS @ fit(0.0) > 0).mean() + 0.1


@pytest.mark.parametrize("step", [1e-2, -1e-2], ids=["up", "down"])
@pytest.mark.parametrize("measure", range(3))
def test_no_other_slope_costs_less(measure: int, step: float) -> None:
    def cost(slopes: np.ndarray, offset: float) -> float:
        margins = np.where(FAKE, 1, -1) * (FACTS @ slopes + offset)
        pairs = np.logaddexp(0, -(LEADS @ slopes)).mean()
        return float(SHARE @ np.logaddexp(0, -margins) + 5e-3 * slopes @ slopes + 0.7 * pairs)

    slopes, offset = regress(FACTS, FAKE, SHARE, 1e-2, leads=LEADS, lead_weight=0.7)
    other = slopes.copy()
    other[measure] += step
    assert cost(other, offset) > cost(slopes, offset)

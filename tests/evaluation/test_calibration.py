"""The calibration of scores, against scikit-learn and the limits that it promises."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from media_screen.evaluation.calibration import fit
from media_screen.evaluation.metrics import cllr, min_cllr
from media_screen.weights.calibration import Calibration


def draw(seed: int, *, count: int = 400, shift: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    labels = random.random(count) < 0.25
    return random.normal(size=count) + shift * labels, labels


def balanced(labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    share = np.where(labels, weights[labels].sum(), weights[~labels].sum())
    return np.asarray(weights / share / 2)


@pytest.mark.parametrize("l2", [0.1, 1.0, 30.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_it_is_the_logistic_regression_of_scikit_learn(l2: float, weighted: bool) -> None:
    scores, labels = draw(0)
    given = np.random.default_rng(1).random(len(scores)) if weighted else np.ones(len(scores))
    share = balanced(labels, given)
    mean = share @ scores
    spread = math.sqrt(share @ (scores - mean) ** 2)
    expected = LogisticRegression(C=1 / l2, tol=1e-12).fit(
        ((scores - mean) / spread)[:, None], labels, sample_weight=share * len(scores)
    )
    found = fit(scores, labels, weights=given if weighted else None, l2=l2)
    assert found.slope == pytest.approx(expected.coef_[0, 0] / spread, rel=1e-4)
    assert found.offset == pytest.approx(
        expected.intercept_[0] - expected.coef_[0, 0] * mean / spread, rel=1e-4
    )


def test_ratios_of_normal_scores_are_those_of_their_densities() -> None:
    scores, labels = draw(2, count=40_000)
    found = fit(scores, labels)
    for score in (-1.0, 0.0, 2.0):
        assert found.llr(score) == pytest.approx(1.5 * score - 1.5**2 / 2, abs=0.1)


def test_calibrated_ratios_cost_little_more_than_they_must() -> None:
    scores, labels = draw(3, count=4000)
    calibration = fit(100 * scores - 7, labels)
    llrs = [calibration.llr(100 * score - 7) for score in scores]
    assert cllr(llrs, labels) < min_cllr(scores, labels) + 0.03


def test_the_unit_of_the_scores_does_not_matter() -> None:
    scores, labels = draw(4)
    one, other = fit(scores, labels), fit(1e4 * scores + 1e5, labels)
    assert other.llr(1e4 * 0.3 + 1e5) == pytest.approx(one.llr(0.3), rel=1e-4)


@pytest.mark.parametrize(
    "scores", [[3.0, 2.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0]], ids=["wrong-way-round", "constant"]
)
def test_scores_that_say_nothing_weigh_nothing(scores: list[float]) -> None:
    found = fit(scores, [False, False, True, True])
    assert found.slope == 0.0
    assert found.llr(100.0) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(("genuine", "forged"), [(1, 1), (20, 300), (300, 20)])
def test_it_is_never_surer_than_the_smaller_class_allows(genuine: int, forged: int) -> None:
    scores = np.append(np.zeros(genuine), np.full(forged, 100.0))
    found = fit(scores, np.arange(genuine + forged) >= genuine, l2=1e-6)
    assert found.llr(1e9) == math.log(min(genuine, forged) + 1)
    assert found.llr(-1e9) == -math.log(min(genuine, forged) + 1)


def test_clips_that_weigh_little_support_little() -> None:
    scores, labels = np.arange(40.0), np.arange(40) >= 20
    weights = np.where(np.arange(40) % 20 == 0, 1.0, 1e-9)
    assert fit(scores, labels, weights=weights).bound == pytest.approx(math.log(2), abs=1e-6)


def test_a_record_is_read_back() -> None:
    found = fit(*draw(5))
    assert Calibration.from_dict(found.to_dict()) == found


@pytest.mark.parametrize(
    ("record", "message"),
    [
        pytest.param({"slope": 1, "offset": 0}, "bound", id="missing"),
        pytest.param({"slope": -1, "offset": 0, "bound": 1}, "slope", id="falling"),
        pytest.param({"slope": 1, "offset": math.nan, "bound": 1}, "finite", id="not-a-number"),
    ],
)
def test_a_record_that_is_none_is_refused(record: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Calibration.from_dict(record)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(([1, 2], [True, True]), "genuine clips", id="no-genuine"),
        pytest.param(([1, 2], [True]), "as many labels", id="lengths"),
        pytest.param(([1, math.inf], [True, False]), "finite", id="infinite"),
    ],
)
def test_what_cannot_be_calibrated_is_refused(
    arguments: tuple[list[float], list[bool]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        fit(*arguments)

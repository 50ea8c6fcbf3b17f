"""The measures, against scikit-learn, a published implementation of Cllr, and worked examples."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import log_loss, roc_auc_score, roc_curve

from media_screen.evaluation import metrics

# (name, LLRs, labels, Cllr, minimal Cllr); the costs are those that LiR 1.3.1 gives, the toolkit
# of the Netherlands Forensic Institute.
PUBLISHED = [
    ("neutral", [0, 0, 0, 0], [1, 1, 0, 0], 1.0, 1.0),
    (
        "overlapping",
        [2.5, 1.0, -0.5, 3.0, 0.2, -2.0, -1.0, 0.7, -3.5, 0.2],
        [1, 1, 1, 1, 1, 0, 0, 0, 0, 0],
        0.6325091964603209,
        0.4,
    ),
    (
        "uneven classes with ties",
        [1.5, -1.2, 0.4, 0.4, 0.9, -2.2, -0.1],
        [1, 1, 1, 0, 0, 0, 0],
        1.047263830372698,
        0.7065643036781233,
    ),
    ("the wrong way round", [-1, -2, 1, 2], [1, 1, 0, 0], 2.481572308915767, 1.0),
    ("apart", [1, 2, -1, -2], [1, 1, 0, 0], 0.31752974758232216, 0.0),
]


def draw(seed: int, *, shift: float = 1.0, count: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Scores with ties and uneven classes, in random order."""
    random = np.random.default_rng(seed)
    labels = random.random(count) < 0.3
    return np.round(random.normal(size=count) + shift * labels, 1), labels


@pytest.mark.parametrize("seed", range(5))
def test_auc_and_roc_are_those_of_scikit_learn(seed: int) -> None:
    scores, labels = draw(seed)
    assert metrics.auc(scores, labels) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
    false_alarms, detections, thresholds = roc_curve(labels, scores, drop_intermediate=False)
    curve = metrics.roc(scores, labels)
    np.testing.assert_allclose(curve.false_alarms, false_alarms)
    np.testing.assert_allclose(curve.detections, detections)
    np.testing.assert_allclose(curve.thresholds, thresholds)


@pytest.mark.parametrize(
    ("llrs", "labels", "cost", "least"), [pytest.param(*case[1:], id=case[0]) for case in PUBLISHED]
)
def test_cllr_is_that_of_a_published_implementation(
    llrs: list[float], labels: list[int], cost: float, least: float
) -> None:
    assert metrics.cllr(llrs, labels) == pytest.approx(cost, abs=1e-12)
    assert metrics.min_cllr(llrs, labels) == pytest.approx(least, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_min_cllr_is_the_cost_after_isotonic_regression(seed: int) -> None:
    scores, labels = draw(seed)
    weights = np.where(labels, 0.5 / labels.sum(), 0.5 / (~labels).sum())
    curve = IsotonicRegression().fit(scores, labels.astype(float), sample_weight=weights)
    fitted = curve.predict(scores)
    expected = log_loss(labels, fitted, sample_weight=weights) / np.log(2)
    assert metrics.min_cllr(scores, labels) == pytest.approx(expected, abs=1e-6)


def test_cllr_of_sure_and_wrong_ratios_stays_finite_and_is_large() -> None:
    assert metrics.cllr([-900.0, 900.0], [True, False]) == pytest.approx(900 / np.log(2))


@pytest.mark.parametrize(
    ("scores", "labels", "expected"),
    [
        pytest.param([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1], 0.0, id="apart"),
        pytest.param([0.1, 0.2, 0.8, 0.9], [1, 1, 0, 0], 0.5, id="wrong-way"),
        pytest.param([1, 1, 1, 1], [0, 0, 1, 1], 0.5, id="all-equal"),
        # The hull runs from (0, .75) to (.25, 1) and meets "misses = false alarms" at .125.
        pytest.param([1, 2, 3, 4, 5, 6, 7, 8], [0, 0, 0, 1, 0, 1, 1, 1], 0.125, id="one-swapped"),
    ],
)
def test_eer(scores: list[float], labels: list[int], expected: float) -> None:
    assert metrics.eer(scores, labels) == pytest.approx(expected)


def test_eer_of_normal_scores_is_near_its_formula() -> None:
    random = np.random.default_rng(1)
    labels = np.arange(40_000) % 2 == 0
    scores = random.normal(size=40_000) + 2.0 * labels
    assert metrics.eer(scores, labels) == pytest.approx(0.1587, abs=0.005)  # the normal at -1


def test_rates_at_a_threshold_count_what_reaches_it() -> None:
    scores, labels = [1, 2, 3, 2, 3, 4], [0, 0, 0, 1, 1, 1]
    assert metrics.false_alarm_rate(scores, labels, 2) == pytest.approx(2 / 3)
    assert metrics.detection_rate(scores, labels, 3) == pytest.approx(2 / 3)
    assert metrics.false_alarm_rate([1.0], [False], 2) == 0.0


@pytest.mark.parametrize(
    ("forged", "fpr", "expected"),
    [
        pytest.param([120, 110, 98.5, 50.5, 0.5], 0.0, 0.4, id="no-false-alarm"),
        pytest.param([120, 110, 98.5, 50.5, 0.5], 0.01, 0.6, id="one-of-100-is-one-percent"),
        pytest.param([120, 110, 98.5, 50.5, 0.5], 0.05, 0.6, id="room-for-five"),
        pytest.param([120, 110, 98.5, 98, 0.5], 0.02, 0.8, id="tied-with-the-last-allowed"),
        pytest.param([120, 110, 98.5, 98, 0.5], 0.015, 0.6, id="nothing-is-interpolated"),
        pytest.param([120, 110, 98.5, 50.5, 0.5], 1.0, 1.0, id="everything"),
    ],
)
def test_detections_at_a_false_alarm_rate(forged: list[float], fpr: float, expected: float) -> None:
    scores = np.append(np.arange(100.0), forged)  # the highest genuine ones are 98 and 99
    assert metrics.tpr_at_fpr(scores, np.arange(105) >= 100, fpr) == pytest.approx(expected)


def test_ece_compares_probabilities_with_what_happened() -> None:
    assert metrics.ece([0.0, 1.0, 0.25, 0.25, 0.25, 0.25], [0, 1, 1, 0, 0, 0]) == 0.0
    assert metrics.ece([0.95] * 10, [0] * 10) == pytest.approx(0.95)
    assert metrics.ece([0.1, 0.9], [0, 0]) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="from 0 to 1"):
        metrics.ece([1.5], [True])


def test_paired_share_counts_ties_half() -> None:
    assert metrics.paired_share([2, 1, 0, 5], [1, 1, 1, 1]) == pytest.approx(0.625)
    with pytest.raises(ValueError, match="2 forged and 1 genuine"):
        metrics.paired_share([1, 2], [1])


@pytest.mark.parametrize(
    ("scores", "labels", "message"),
    [
        pytest.param([1, 2], [1, 1], "genuine items, got none", id="no-genuine"),
        pytest.param([1, 2], [0, 0], "forged items, got none", id="no-forged"),
        pytest.param([1, 2, 3], [0, 1], "label for each of 3", id="lengths"),
        pytest.param([1, float("nan")], [0, 1], "NaN", id="not-a-number"),
    ],
)
def test_what_cannot_be_measured_is_refused(
    scores: list[float], labels: list[bool], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        metrics.auc(scores, labels)


@pytest.mark.parametrize(
    ("labels", "groups", "drawn"),
    [
        pytest.param([0, 0, 1, 1], "abcd", True, id="everybody-apart"),
        pytest.param([0, 0, 1, 1], "aaaa", False, id="one-person"),
        pytest.param([0, 0, 1, 1], "aabc", False, id="one-person-is-all-genuine"),
        pytest.param([0, 1, 0, 1], "aabb", True, id="two-people-in-both"),
        pytest.param([0, 1], "ab", False, id="one-file-of-each"),
    ],
)
def test_an_interval_needs_two_to_draw_from(labels: list[int], groups: str, drawn: bool) -> None:
    scores = np.arange(len(labels), dtype=np.float64)
    found = metrics.bootstrap(metrics.auc, scores, labels, groups=list(groups), rounds=20)
    assert found.drawn is drawn


def test_the_bootstrap_interval_of_a_mean_is_that_of_theory() -> None:
    scores, labels = draw(3, count=1000)
    found = metrics.bootstrap(lambda s, y: float(s[~y].mean()), scores, labels)
    genuine = scores[~labels]
    error = 1.96 * genuine.std() / np.sqrt(len(genuine))
    assert found.value == pytest.approx(genuine.mean())
    assert (found.high - found.low) / 2 == pytest.approx(error, rel=0.1)


def test_groups_are_drawn_whole_and_widen_the_interval() -> None:
    scores, labels = np.repeat(draw(4, count=60), 10, axis=1)
    groups = np.repeat(np.arange(60), 10).tolist()
    single = metrics.bootstrap(metrics.auc, scores, labels)
    grouped = metrics.bootstrap(metrics.auc, scores, labels, groups=groups)
    assert grouped.value == single.value
    assert grouped.high - grouped.low > 2 * (single.high - single.low)


def test_both_classes_are_in_every_draw() -> None:
    labels = [True] + [False] * 40
    groups = ["one", *["many"] * 39, "other"]
    found = metrics.bootstrap(metrics.auc, range(41), labels, groups=groups, rounds=200)
    assert (found.low, found.high) == (0.0, 0.0)


def test_measures_of_several_columns_get_the_drawn_rows() -> None:
    scores, labels = draw(5)
    both = np.column_stack([scores, scores])
    found = metrics.bootstrap(
        lambda s, y: metrics.auc(s[:, 0], y) - metrics.auc(s[:, 1], y), both, labels, rounds=50
    )
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


def test_the_same_seed_gives_the_same_interval() -> None:
    scores, labels = draw(6)
    first = metrics.bootstrap(metrics.auc, scores, labels, rounds=100)
    assert metrics.bootstrap(metrics.auc, scores, labels, rounds=100) == first
    assert metrics.bootstrap(metrics.auc, scores, labels, rounds=100, seed=1) != first

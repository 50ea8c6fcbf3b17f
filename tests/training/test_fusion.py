"""The fusion learns what detectors are worth together, and claims no more than clips support."""

from __future__ import annotations

import math

import numpy as np
import pytest

from media_screen.training import fusion
from media_screen.training.fusion import Examples

CLIPS = 160
GROUPS = 8
NAN = math.nan


def examples(*columns: np.ndarray, seed: int = 0) -> Examples:
    """Clips of eight groups, genuine and forged in turn, with ratios of detectors a, b, c."""
    fake = np.arange(CLIPS) % 2 == 1
    groups = tuple(f"group {row // 2 % GROUPS}" for row in range(CLIPS))
    return Examples(
        tuple("abc"[: len(columns)]), np.column_stack(columns), fake,
        tuple(f"clip {row}" for row in range(CLIPS)), groups, groups,
    )  # fmt: skip


def drawn(separation: float, seed: int) -> np.ndarray:
    """Calibrated ratios: normal scores, a distance of `separation` apart."""
    random = np.random.default_rng(seed)
    scores = random.normal(size=CLIPS) + separation * (np.arange(CLIPS) % 2)
    return separation * (scores - separation / 2)


def test_independent_detectors_nearly_keep_their_ratios_and_noise_loses_them() -> None:
    noise = 3.0 * np.random.default_rng(9).normal(size=CLIPS)
    weights, _ = fusion.fit(examples(drawn(1.5, 1), drawn(1.0, 2), noise), "abc")
    assert weights["a"] > 0.6 and weights["b"] > 0.5
    assert weights["c"] < 0.15


def test_detectors_that_say_the_same_share_a_weight() -> None:
    same = drawn(1.5, 1)
    alone, _ = fusion.fit(examples(same), "a")
    weights, _ = fusion.fit(examples(same, same), "ab")
    assert weights["a"] == pytest.approx(weights["b"], abs=1e-3)
    assert weights["a"] < 0.7 * alone["a"]


@pytest.mark.parametrize(
    ("ratios", "lowest", "highest"),
    [
        pytest.param(-drawn(1.5, 1), 0.0, 0.0, id="the-wrong-way-round"),
        pytest.param(0.1 * drawn(2.0, 1), 1.0, 1.0, id="too-modest"),
        pytest.param(5 * drawn(1.0, 1), 0.02, 0.3, id="too-sure"),
    ],
)
def test_weights_stay_between_nothing_and_what_is_claimed(
    ratios: np.ndarray, lowest: float, highest: float
) -> None:
    weights, _ = fusion.fit(examples(ratios), "a")
    assert lowest <= weights["a"] <= highest


def test_a_detector_that_does_not_count_weighs_nothing() -> None:
    weights, bound = fusion.fit(examples(drawn(1.5, 1), drawn(3.0, 2)), "a")
    assert weights["a"] > 0 and weights["b"] == 0.0
    assert fusion.fit(examples(drawn(1.5, 1)), "") == ({"a": 0.0}, 0.0)
    assert bound == pytest.approx(math.log(CLIPS / 2 + 1), abs=1e-3)


def test_a_large_collection_supports_less_than_as_many_clips_of_many() -> None:
    even = examples(drawn(1.5, 1))
    names = tuple("large" if row < 120 else name for row, name in enumerate(even.collection))
    uneven = Examples(even.detectors, even.llrs, even.fake, even.clip, names, even.group)
    assert fusion.fit(uneven, "a")[1] < fusion.fit(even, "a")[1]


def test_versions_of_a_clip_count_once() -> None:
    once = examples(drawn(1.5, 1))
    twice = Examples(
        once.detectors, np.vstack([once.llrs, once.llrs]), np.tile(once.fake, 2), once.clip * 2,
        once.collection * 2, once.group * 2,
    )  # fmt: skip
    weights, bound = fusion.fit(once, "a")
    again = fusion.fit(twice, "a")
    assert again[1] == bound and again[0]["a"] == pytest.approx(weights["a"], abs=1e-3)


def test_what_says_nothing_adds_nothing() -> None:
    first, second = drawn(1.5, 1), drawn(1.0, 2)
    first[:40], second[20:60] = NAN, NAN
    table = examples(first, second)
    totals = fusion.held_out(table, ["a", "b"])
    assert np.isnan(totals[20:40]).all() and not np.isnan(totals[60:]).any()
    assert np.isfinite(totals[:20]).all()


def test_a_group_teaches_nothing_about_itself() -> None:
    """Detector b knows one group by heart and speaks nowhere else."""
    known = np.where(np.arange(CLIPS) % 2 == 1, 9.0, -9.0)
    own = np.array([row // 2 % GROUPS == 3 for row in range(CLIPS)])
    table = examples(drawn(1.5, 1), np.where(own, known, NAN))
    alone = fusion.held_out(examples(drawn(1.5, 1)), ["a"])
    assert fusion.held_out(table, ["a", "b"])[own] == pytest.approx(alone[own])


def thresholds(genuine: np.ndarray, *, copies: np.ndarray | None = None) -> list[float]:
    rows = genuine if copies is None else np.concatenate([genuine, copies])
    names = tuple(f"clip {row % len(genuine)}" for row in range(len(rows)))
    table = Examples(("a",), rows[:, None], np.zeros(len(rows), bool), names, names, names)
    found = fusion.thresholds(table, rows)
    return [found[name].llr for name in ("low", "normal", "high")]


def test_so_many_genuine_clips_reach_a_threshold_as_is_said() -> None:
    genuine = 2.0 + np.arange(999) / 100  # 2.00 to 11.98
    low, normal, high = thresholds(genuine)
    for threshold, rate in ((low, 0.005), (normal, 0.01), (high, 0.05)):
        reached = int((genuine >= threshold).sum())
        assert (reached + 1) / (len(genuine) + 1) == pytest.approx(rate)


def test_a_rate_that_the_clips_cannot_show_lies_over_all_of_them() -> None:
    genuine = np.linspace(0.0, 1.5, 99)
    low, normal, high = thresholds(genuine)
    assert normal == pytest.approx(1.5, abs=1e-3)
    assert low == pytest.approx(1.5 + math.log(2), abs=1e-3)
    assert high < normal


def test_a_clip_counts_with_the_highest_of_its_versions() -> None:
    genuine = np.linspace(0.0, 1.5, 99)
    assert thresholds(genuine, copies=genuine + 1.0) == thresholds(genuine + 1.0)


def test_no_threshold_is_under_two_to_one() -> None:
    assert thresholds(np.full(99, -3.0))[1:] == [pytest.approx(math.log(2), abs=1e-4)] * 2


def test_without_genuine_clips_thresholds_hold_for_any_ratio_that_is_calibrated() -> None:
    assert thresholds(np.full(0, 0.0)) == [
        pytest.approx(math.log(1 / rate), abs=1e-4) for rate in (0.005, 0.01, 0.05)
    ]

"""The fusion learns what detectors are worth together, and claims no more than clips support."""

from __future__ import annotations

import math

import numpy as np
import pytest

from media_screen.fusion.combination import Subject
from training import fusion
from training.fusion import RatioTable

CLIPS = 160
GROUPS = 8
NAN = math.nan


def examples(*columns: np.ndarray, seed: int = 0) -> RatioTable:
    """Clips of eight groups, genuine and forged in turn, with ratios of detectors a, b, c."""
    fake = np.arange(CLIPS) % 2 == 1
    groups = tuple(f"group {row // 2 % GROUPS}" for row in range(CLIPS))
    return RatioTable(
        {"picture": tuple("abc"[: len(columns)]), "sound": ()},
        np.column_stack(columns),
        fake,
        tuple(f"clip {row}" for row in range(CLIPS)),
        groups,
        {"picture": groups, "sound": ("",) * CLIPS},
    )


def fit(
    table: RatioTable, counted: str, about: Subject = "picture"
) -> tuple[dict[str, float], float]:
    weights, bound = fusion.fit(table, about, counted)
    return dict(zip(table.detectors[about], weights, strict=True)), bound


def drawn(separation: float, seed: int) -> np.ndarray:
    """Calibrated ratios: normal scores, a distance of `separation` apart."""
    random = np.random.default_rng(seed)
    scores = random.normal(size=CLIPS) + separation * (np.arange(CLIPS) % 2)
    return separation * (scores - separation / 2)


def test_independent_detectors_nearly_keep_their_ratios_and_noise_loses_them() -> None:
    noise = 3.0 * np.random.default_rng(9).normal(size=CLIPS)
    weights, _ = fit(examples(drawn(1.5, 1), drawn(1.0, 2), noise), "abc")
    assert weights["a"] > 0.6 and weights["b"] > 0.5
    assert weights["c"] < 0.15


def test_detectors_that_say_the_same_share_a_weight() -> None:
    same = drawn(1.5, 1)
    alone, _ = fit(examples(same), "a")
    weights, _ = fit(examples(same, same), "ab")
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
    weights, _ = fit(examples(ratios), "a")
    assert lowest <= weights["a"] <= highest


def test_a_detector_that_does_not_count_weighs_nothing() -> None:
    weights, bound = fit(examples(drawn(1.5, 1), drawn(3.0, 2)), "a")
    assert weights["a"] > 0 and weights["b"] == 0.0
    assert fit(examples(drawn(1.5, 1)), "") == ({"a": 0.0}, 0.0)
    assert bound == pytest.approx(math.log(CLIPS / 2 + 1), abs=1e-3)


def test_a_large_collection_supports_less_than_as_many_clips_of_many() -> None:
    even = examples(drawn(1.5, 1))
    names = tuple("large" if row < 120 else name for row, name in enumerate(even.collection))
    uneven = RatioTable(even.detectors, even.llrs, even.fake, even.clip, names, even.group)
    assert fit(uneven, "a")[1] < fit(even, "a")[1]


def test_versions_of_a_clip_count_once() -> None:
    once = examples(drawn(1.5, 1))
    twice = RatioTable(
        once.detectors,
        np.vstack([once.llrs, once.llrs]),
        np.tile(once.fake, 2),
        once.clip * 2,
        once.collection * 2,
        {about: own * 2 for about, own in once.group.items()},
    )
    weights, bound = fit(once, "a")
    again = fit(twice, "a")
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


def both(pictures: np.ndarray, voices: np.ndarray) -> RatioTable:
    """Clips with a detector of pictures, and as many recordings with one of speech.

    The genuine clips have the sound of the genuine recordings, and are labelled for it, too.
    """
    clips = examples(pictures)
    genuine = ~clips.fake
    heard = np.where(genuine, voices, NAN)
    silent = np.full(CLIPS, NAN)
    voice = tuple(f"voice {row % 5}" for row in range(CLIPS))
    return RatioTable(
        {"picture": ("a",), "sound": ("v",)},
        np.vstack([np.column_stack([pictures, heard]), np.column_stack([silent, voices])]),
        np.tile(clips.fake, 2),
        (*clips.clip, *(f"speech {name}" for name in clips.clip)),
        clips.collection * 2,
        {
            "picture": (*clips.group["picture"], *[""] * CLIPS),
            "sound": (
                *(name if own else "" for name, own in zip(voice, genuine, strict=True)),
                *voice,
            ),
        },
    )


def test_a_detector_learns_from_the_files_whose_label_is_about_what_it_judges() -> None:
    table = both(drawn(1.5, 1), drawn(1.0, 2))
    alone, bound = fit(examples(drawn(1.5, 1)), "a")
    assert fit(table, "av") == (alone, bound)
    weights, _ = fit(table, "av", "sound")
    assert weights["v"] > 0.5
    assert fusion.combine(table, ["a", "v"]).bound == bound


def test_no_file_is_surer_than_the_lesser_set_allows() -> None:
    assert fusion.least_bound([4.0, 2.5]) == 2.5
    assert fusion.least_bound([4.0, 0.0]) == 4.0, "where nothing counts, nothing is bounded"
    assert fusion.least_bound([0.0, 0.0]) == 0.0


def test_a_genuine_voice_does_not_clear_a_picture_nor_the_other_way_round() -> None:
    pictures, voices = drawn(1.5, 1), drawn(1.0, 2)
    table = both(pictures, voices)
    totals = fusion.held_out(table, ["a", "v"])[:CLIPS]
    seen = fusion.held_out(table, ["a"])[:CLIPS]
    suspect = (pictures > 0) & (voices < 0) & ~table.fake[:CLIPS]
    clean = (pictures < 0) & (voices < pictures) & ~table.fake[:CLIPS]
    assert suspect.any() and clean.any()
    assert totals[suspect] == pytest.approx(seen[suspect])
    assert (totals[clean] >= seen[clean] - 1e-9).all() and (totals[clean] < 0).all()


def test_a_held_out_sum_is_what_the_program_would_say() -> None:
    table = both(drawn(1.5, 1), drawn(1.0, 2))
    shipped = fusion.combine(table, ["a", "v"])
    totals = fusion.held_out(table, ["a", "v"])
    said = [
        shipped.total(
            shipped.contributions(
                {name: llr for name, llr in zip("av", row.tolist(), strict=True) if llr == llr}
            )
        )
        for row in table.llrs
    ]
    assert totals == pytest.approx(said, abs=0.5)  # weights differ a little from group to group


def thresholds(genuine: np.ndarray, *, copies: np.ndarray | None = None) -> list[float]:
    rows = genuine if copies is None else np.concatenate([genuine, copies])
    names = tuple(f"clip {row % len(genuine)}" for row in range(len(rows)))
    table = RatioTable(
        {"picture": ("a",), "sound": ()},
        rows[:, None],
        np.zeros(len(rows), bool),
        names,
        names,
        {"picture": names, "sound": names},
    )
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

"""The controls find a leak where there is one, and none where there is none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from media_screen.evaluation import controls
from media_screen.evaluation.metrics import auc
from media_screen.evidence import MediaInfo
from tests.evaluation.labelled import info

COUNT = 120
FAKE = np.arange(COUNT) % 2 == 1
COLLECTIONS = [f"collection {row // 2 % 6}" for row in range(COUNT)]


def drawn(seed: int = 0) -> list[MediaInfo]:
    """Files whose facts say nothing of their label."""
    random = np.random.default_rng(seed)
    return [info("a", size_bytes=int(size)) for size in random.integers(1000, 9000, COUNT)]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"video_codec": "vp9"}, id="codec"),
        pytest.param({"width": 256, "height": 256}, id="size"),
        pytest.param({"duration_s": 2.0}, id="duration"),
        pytest.param({"fps": 30.0}, id="rate"),
    ],
)
def test_a_fact_that_gives_the_label_away_is_found(change: dict[str, Any]) -> None:
    media = [
        replace(one, **change) if fake else one for one, fake in zip(drawn(), FAKE, strict=True)
    ]
    assert auc(controls.metadata_scores(media, FAKE, COLLECTIONS), FAKE) > 0.95


@pytest.mark.parametrize("collections", [COLLECTIONS, [""] * COUNT], ids=["collections", "files"])
def test_facts_that_say_nothing_reach_half(collections: list[str]) -> None:
    areas = [
        auc(controls.metadata_scores(drawn(seed), FAKE, collections), FAKE) for seed in range(5)
    ]
    assert np.mean(areas) == pytest.approx(0.5, abs=0.1)


def test_a_collection_is_scored_without_what_it_alone_would_teach() -> None:
    """Scored by file, the forged collection would be known by its codec."""
    marked = np.arange(COUNT) % 4 == 3
    media = [
        replace(one, video_codec="vp9") if mark else one
        for one, mark in zip(drawn(), marked, strict=True)
    ]
    collections = ["marked" if mark else f"other {row % 5}" for row, mark in enumerate(marked)]
    by_file = controls.metadata_scores(media, FAKE, [""] * COUNT)
    by_collection = controls.metadata_scores(media, FAKE, collections)
    assert by_file[marked].mean() > 1.0
    assert abs(by_collection[marked].mean()) < 0.3


def test_shuffled_labels_give_a_range_around_half() -> None:
    scores = np.random.default_rng(0).normal(size=COUNT) + FAKE
    found = controls.shuffled_auc(scores, FAKE)
    assert found.mean == pytest.approx(0.5, abs=0.02)
    error = 1.96 * np.sqrt((COUNT + 1) / 12 / (COUNT / 2) ** 2)  # of the Mann-Whitney statistic
    assert found.high - 0.5 == pytest.approx(error, rel=0.2)
    assert found.low < 0.5 < found.high < auc(scores, FAKE)


def test_training_on_shuffled_labels_leaks_nothing() -> None:
    media = [
        replace(one, fps=30.0) if fake else one for one, fake in zip(drawn(), FAKE, strict=True)
    ]
    found = controls.shuffled_metadata(media, FAKE, COLLECTIONS)
    assert found.mean == pytest.approx(0.5, abs=0.1)

"""Scores of voices are normalised with strangers, and calibrated for length and noise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from media_screen.arrays import Floats
from media_screen.speech.embed import DIMENSION, unit
from media_screen.speech.ratio import (
    CalibrationBySpeech,
    Cohort,
    SpeechRow,
    calibration,
    cohort,
    read_calibration,
)
from media_screen.weights.calibration import Calibration

TABLE = CalibrationBySpeech(
    (
        SpeechRow(0.0, -100.0, Calibration(0.5, -2.0, 4.0, -3.0)),
        SpeechRow(0.0, 5.0, Calibration(1.0, -3.0, 4.0, -3.0)),
        SpeechRow(4.0, 5.0, Calibration(2.0, -5.0, 4.0, -3.0)),
    )
)


def mixed(cosine: float) -> Floats:
    row = np.zeros(DIMENSION, np.float32)
    row[0], row[1] = cosine, math.sqrt(1 - cosine**2)
    return row


def drawn(random: np.random.Generator) -> Floats:
    return random.standard_normal(DIMENSION).astype(np.float32)


@pytest.mark.parametrize(
    ("seconds", "snr_db", "llr"),
    [
        pytest.param(2.0, 20.0, 0.0, id="short"),
        pytest.param(9.0, 20.0, 1.0, id="long"),
        pytest.param(9.0, 0.0, -0.5, id="noisy"),
    ],
)
def test_the_last_row_that_holds_counts(seconds: float, snr_db: float, llr: float) -> None:
    assert TABLE.llr(3.0, seconds=seconds, snr_db=snr_db) == llr


@pytest.mark.parametrize(("score", "llr"), [(100.0, 4.0), (-100.0, -3.0)])
def test_ratios_are_bounded(score: float, llr: float) -> None:
    assert TABLE.llr(score, seconds=9.0, snr_db=20.0) == llr


def test_a_score_rises_with_the_cosine() -> None:
    random = np.random.default_rng(0)
    rows = np.stack([unit(drawn(random)) for _ in range(60)])
    one = mixed(1.0)
    scores = [Cohort(rows).normalised(one, mixed(cosine)) for cosine in (0.0, 0.5, 0.9)]
    assert scores == sorted(scores)


def test_a_voice_that_is_like_everybody_scores_lower() -> None:
    random = np.random.default_rng(0)
    crowd = np.stack([unit(mixed(0.8) + np.float32(0.02) * drawn(random)) for _ in range(60)])
    strangers = np.stack([unit(drawn(random)) for _ in range(60)])
    pair = mixed(1.0), mixed(0.85)
    assert Cohort(crowd).normalised(*pair) < Cohort(strangers).normalised(*pair)


def test_the_shipped_cohort_and_calibration_belong_together() -> None:
    rows, shipped = cohort().embeddings, calibration()
    assert rows.shape[1] == DIMENSION and len(rows) >= 50
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-2)
    for row in shipped.rows:
        low, high = row.line.limits
        assert low < 0.0 < high and row.line.slope > 0.0


def test_a_calibration_without_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="expected at least one row"):
        read_calibration({"rows": [], "limits": [-1, 1]})

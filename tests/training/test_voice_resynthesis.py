"""Speech that is taken apart and put together keeps its words and loses what vocoders lose."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from media_screen.detectors.voice_spoof.network import log_spectra, pulse_depths
from tests.speech.making import message
from training.voice_spoof.resynthesis import (
    periodically_filtered,
    through_mel,
    through_prediction,
    with_noise_above,
    with_other_phases,
)

WAYS = [
    through_mel,
    with_other_phases,
    with_noise_above,
    periodically_filtered,
    through_prediction,
]
SPEECH = message()[:32_000]
Way = Callable[[np.ndarray, np.random.Generator], np.ndarray]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_copy_keeps_length_place_and_loudness(way: Way) -> None:
    copy = way(SPEECH, np.random.default_rng(1))
    assert len(copy) == len(SPEECH) and copy.dtype == np.float32 and np.isfinite(copy).all()
    assert 0.3 < copy.std() / SPEECH.std() < 2.0
    levels = [log_spectra(one).mean(axis=1) for one in (SPEECH, copy)]
    assert np.corrcoef(*levels)[0, 1] > 0.8


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_copy_is_the_same_for_the_same_seed_and_differs_from_its_source(way: Way) -> None:
    one, same, other = (way(SPEECH, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert np.abs(one - SPEECH).max() > 1e-3


def test_noise_above_keeps_what_is_below() -> None:
    copy = with_noise_above(SPEECH, np.random.default_rng(1))
    before, after = log_spectra(SPEECH), log_spectra(copy)
    assert np.abs(before - after)[:, :50].mean() < 0.01 < np.abs(before - after)[:, 200:].mean()


def test_prediction_makes_pulses_of_its_own() -> None:
    copy = through_prediction(SPEECH, np.random.default_rng(1))
    assert np.abs(pulse_depths(copy) - pulse_depths(SPEECH)).mean() > 0.02

"""Frames and filters are those that the networks were trained with."""

from __future__ import annotations

import numpy as np
import pytest

from media_screen.speech.spectra import frames, htk_filters, linear_filters, power, slaney_filters


def test_frames_are_whole_and_one_step_apart() -> None:
    rows = frames(np.arange(10, dtype=np.float32), length=4, step=3)
    assert rows.tolist() == [[0, 1, 2, 3], [3, 4, 5, 6], [6, 7, 8, 9]]
    assert frames(np.zeros(3, np.float32), length=4, step=1).shape == (0, 4)


def test_frames_of_rows_keep_their_columns() -> None:
    pieces = frames(np.arange(12, dtype=np.float32).reshape(6, 2), length=2, step=2)
    assert pieces.shape == (3, 2, 2)
    assert pieces[1].tolist() == [[4, 5], [6, 7]]


def test_a_tone_has_its_power_at_its_frequency() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(512) / 16000).astype(np.float32)
    assert int(np.argmax(power(tone[None], size=512)[0])) == 32  # 1000 / 31.25


def test_slaney_filters_are_those_of_librosa() -> None:
    librosa = pytest.importorskip("librosa")
    theirs = librosa.filters.mel(sr=16000, n_fft=400, n_mels=40)
    assert np.abs(slaney_filters(40, size=400) - theirs).max() < 1e-4


@pytest.mark.parametrize(
    "filters",
    [htk_filters(64, size=512, low=125.0, high=7500.0), linear_filters(20, size=512)],
    ids=["htk", "linear"],
)
def test_every_filter_passes_something_and_none_amplifies(filters: np.ndarray) -> None:
    assert filters.min() >= 0.0 and filters.max() <= 1.0 + 1e-6
    assert (filters.sum(axis=1) > 0).all()

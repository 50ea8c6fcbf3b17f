"""The loudness over time: where it is loud, how many stretches, and sound that is not there."""

from __future__ import annotations

import numpy as np
import pytest

from media_screen.media.waveform import BARS, Waveform
from tests.making import tone


def waveform(*blocks: tuple[float, np.ndarray]) -> Waveform:
    gathered = Waveform()
    for start, samples in blocks:
        gathered.add(start, samples)
    return gathered


def test_bars_follow_the_loudness() -> None:
    loud = tone(5.0, 16_000)[0]
    bars = waveform((0.0, loud * 0.1), (5.0, np.zeros(80_000, np.float32)), (10.0, loud)).bars(20.0)
    assert len(bars) == BARS
    quiet, none, full, after = (set(bars[start : start + 50]) for start in (0, 50, 100, 150))
    assert (quiet, none, full, after) == ({10}, {0}, {100}, {0})


def test_a_block_given_twice_changes_nothing() -> None:
    block = 3.0, tone(1.0, 16_000)[0]
    assert waveform(block, block).bars(6.0) == waveform(block).bars(6.0)


@pytest.mark.parametrize(
    ("duration_s", "count"), [(0.0, 0), (0.01, 1), (1.0, 20), (10.0, BARS), (36_000.0, BARS)]
)
def test_short_files_have_fewer_bars(duration_s: float, count: int) -> None:
    assert len(waveform((0.0, tone(1.0, 16_000)[0])).bars(duration_s)) == count


def test_silence_is_flat_and_no_sound_is_nothing() -> None:
    assert set(waveform((0.0, np.zeros(16_001, np.float32))).bars(2.0)) == {0}
    assert waveform().bars(2.0) == ()
    assert waveform((0.0, np.zeros(0, np.float32))).bars(2.0) == (0,) * 40


def test_sound_outside_the_file_is_left_out() -> None:
    bars = waveform((-2.0, tone(1.0, 16_000)[0]), (9.0, tone(1.0, 16_000)[0])).bars(5.0)
    assert set(bars) == {0}

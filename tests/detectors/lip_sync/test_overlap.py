"""Two made voices at once are heard as two, one is not, and a line is read as it was written."""

from __future__ import annotations

import json

import numpy as np
import pytest

from media_screen.arrays import Floats
from media_screen.detectors.lip_sync.overlap import NAMES, Overlap, measure, overlap
from media_screen.media import SAMPLE_RATE

SECONDS = 4


def voice(pitch: float, seed: int) -> Floats:
    """Vowels of half a second with pauses between them, each with its own melody."""
    rng = np.random.default_rng(seed)
    times = np.arange(SECONDS * SAMPLE_RATE) / SAMPLE_RATE
    melody = pitch * 2 ** (
        0.1 * np.sin(2 * np.pi * rng.uniform(0.3, 0.8) * times + rng.uniform(0, 6))
    )
    phase = 2 * np.pi * np.cumsum(melody) / SAMPLE_RATE
    sound = sum(np.sin(step * phase) / step for step in range(1, 12))
    gate = ((times + rng.uniform(0, 0.8)) % 0.8) < 0.5
    return (0.1 * sound * gate + 1e-4 * rng.normal(size=len(times))).astype(np.float32)


def test_a_second_voice_fills_pauses_and_leaves_harmonics() -> None:
    one, other = voice(120, 1), voice(205, 2)
    alone, both = measure(one), measure(one + other)
    assert alone is not None and both is not None
    pauses, _, second = NAMES.index("pauses"), NAMES.index("harmonics"), NAMES.index("second")
    assert both[pauses] < 0.6 * alone[pauses]
    assert both[second] > 1.3 * alone[second]


def test_the_shipped_line_hears_two_voices_in_two_and_one_in_one() -> None:
    one, other = voice(120, 1), voice(205, 2)
    line = overlap()
    assert not line.several(one)
    both, alone = measure(one + other), measure(one)
    assert both is not None and alone is not None and line.raw(both) > line.raw(alone)


def test_loudness_says_nothing() -> None:
    loud = voice(120, 1)
    soft: Floats = 0.1 * loud
    one, other = measure(loud), measure(soft)
    assert one is not None and other is not None
    np.testing.assert_allclose(one, other, rtol=1e-3)


@pytest.mark.parametrize("samples", [0, 3000], ids=["nothing", "a-click"])
def test_too_little_sound_has_no_measures(samples: int) -> None:
    assert measure(np.ones(samples, np.float32)) is None
    assert not overlap().several(np.ones(samples, np.float32))


def test_a_line_survives_its_file_and_another_one_is_refused() -> None:
    line = Overlap((0.0,) * 3, (1.0,) * 3, (1.0,) * 3, 0.5, 2.0)
    record = json.loads(json.dumps(line.to_dict()))
    assert Overlap.from_dict(record) == line
    with pytest.raises(ValueError, match="expected the measures"):
        Overlap.from_dict(record | {"measures": ["beauty"]})

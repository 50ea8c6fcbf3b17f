"""Channels change the sound and keep its length, place and level of noise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from media_screen.media import SAMPLE_RATE
from tests.speech.making import message, noise
from training.voice_spoof.channel import (
    AAC_64,
    CODECS,
    OPUS_24,
    Codec,
    band,
    mixed,
    random_channel,
    telephone,
    through_codec,
    tones,
)

SPEECH = message()[: 2 * SAMPLE_RATE]


@pytest.mark.parametrize(
    "codec", [AAC_64, OPUS_24, CODECS[-1]], ids=lambda codec: f"{codec.name}-{codec.bits}"
)
def test_codecs_keep_length_and_place(codec: Codec) -> None:
    decoded = through_codec(SPEECH, codec)
    assert len(decoded) == len(SPEECH)
    assert np.corrcoef(decoded, SPEECH)[0, 1] > 0.9
    assert not np.array_equal(decoded, SPEECH)


@pytest.mark.parametrize("snr_db", [0.0, 10.0])
def test_another_sound_is_added_at_a_ratio(snr_db: float) -> None:
    out = mixed(SPEECH, noise(1.0), snr_db, np.random.default_rng(0))
    ratio = np.mean(SPEECH**2) / np.mean((out - SPEECH) ** 2)
    assert 10 * np.log10(ratio) == pytest.approx(snr_db, abs=0.3)


@pytest.mark.parametrize(
    "channel", [telephone, lambda s: band(s, 300.0, 3400.0)], ids=["telephone", "band"]
)
def test_a_telephone_passes_its_band_only(channel: Callable[[np.ndarray], np.ndarray]) -> None:
    spectrum = np.abs(np.fft.rfft(channel(noise(2.0)))) ** 2
    hertz = np.fft.rfftfreq(2 * SAMPLE_RATE, 1 / SAMPLE_RATE)
    inside, above = spectrum[(hertz > 500) & (hertz < 3000)], spectrum[hertz > 4500]
    assert above.mean() < 0.01 * inside.mean()


def test_a_random_chain_is_the_same_for_the_same_seed() -> None:
    bed = [tones(2.0, np.random.default_rng(0))]
    one, other = (
        random_channel(SPEECH, np.random.default_rng(seed), noises=bed) for seed in (4, 4)
    )
    assert np.array_equal(one, other)
    assert len(one) == len(SPEECH) and np.isfinite(one).all()

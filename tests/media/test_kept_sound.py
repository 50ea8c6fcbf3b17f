"""Is the sound of a short file decoded once, and is it what decoding a part of it gives?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import media_screen.media
import media_screen.media.sound
from media_screen.evidence import Span
from media_screen.media import SAMPLE_RATE, Media
from media_screen.media.reader import Reader
from media_screen.media.sound import Block, KeptSound
from tests.making import write_wave

SECONDS = 25.0
NOISE = np.random.default_rng(1).normal(0.0, 0.1, (2, round(SECONDS * SAMPLE_RATE)))

SPANS = [
    pytest.param(Span(0.0, 1.0), id="the beginning"),
    pytest.param(Span(9.5, 10.5), id="over the edge of a block"),
    pytest.param(Span(1.0, 24.0), id="several blocks"),
    pytest.param(Span(24.5, 30.0), id="up to the end"),
    pytest.param(Span(40.0, 41.0), id="after the end"),
]


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note each time that sound is decoded."""
    passes: list[str] = []
    plain = Reader.decode_from

    def counted(self: Reader, kind: Any, *arguments: Any, **options: Any) -> Iterator[Any]:
        passes.append(kind)
        return plain(self, kind, *arguments, **options)

    monkeypatch.setattr(Reader, "decode_from", counted)
    return passes


def of_a_long_file(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (media_screen.media, media_screen.media.sound):
        monkeypatch.setattr(module, "KEPT_SOUND", 5.0)


@pytest.mark.parametrize("span", SPANS)
def test_a_part_of_kept_sound_is_what_decoding_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, span: Span
) -> None:
    path = write_wave(tmp_path / "a.wav", NOISE)
    with Media.open(path) as media:
        kept = media.audio(span)
    of_a_long_file(monkeypatch)
    with Media.open(path) as media:
        found = media.audio(span)
    assert np.array_equal(kept, found)


def test_sound_of_a_short_file_is_decoded_once(tmp_path: Path, decoded: list[str]) -> None:
    path = write_wave(tmp_path / "a.wav", NOISE)
    with Media.open(path) as media:
        heard = sum(samples.size for _, samples in media.audio_blocks())
        parts = [media.audio(Span(start, start + 3.0)).size for start in (0.0, 8.0, 20.0)]
    assert heard == NOISE.shape[1] and parts == [3 * SAMPLE_RATE] * 3
    assert decoded == ["audio"]


def test_sound_of_a_long_file_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, decoded: list[str]
) -> None:
    of_a_long_file(monkeypatch)
    path = write_wave(tmp_path / "a.wav", NOISE[:1])
    with Media.open(path) as media:
        for start in (0.0, 8.0, 20.0):
            media.audio(Span(start, start + 3.0))
    assert decoded == ["audio"] * 3


def test_sound_that_lasts_longer_than_it_says_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    of_a_long_file(monkeypatch)
    second = np.zeros((1, SAMPLE_RATE), np.float32)
    given = (Block(float(start), second, 1.0) for start in range(100))
    assert KeptSound.of(given) is None
    assert next(given).start_s < 10.0  # and the rest was not waited for


def test_parts_of_one_side_and_of_two_join_as_two() -> None:
    second = np.full((1, SAMPLE_RATE), 0.5, np.float32)
    kept = KeptSound((Block(0.0, second, 1.0), Block(1.0, np.concatenate([second] * 2), 1.0)))
    assert kept.sides(0.5, 1.5).shape == (2, SAMPLE_RATE)
    assert kept.sides(0.0, 1.0).shape == (1, SAMPLE_RATE)

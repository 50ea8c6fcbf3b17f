"""A rate that no sound has makes no days of it, and no moment: it is told, whoever claims it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from media_screen.config import Config
from media_screen.media import Media, MediaError
from media_screen.screen import Screener
from tests.making import quarters, write_sound_file, write_video

SAMPLES = 48_000
WAVE = (8000 * np.sin(np.arange(SAMPLES) / 5)).astype("<i2")
POSSIBLE = (1000, 4000, 8000, 11_025, 16_000, 44_100, 48_000, 96_000, 192_000, 384_000, 768_000)
IMPOSSIBLE = (0, 1, 7, 999, 768_001, 10**9, 2**31 - 1, 2**32 - 1)


def wav(rate: int) -> bytes:
    data = WAVE.tobytes()
    form = struct.pack("<HHIIHH", 1, 1, rate, 2 * rate % 2**32, 2, 16)
    return b"".join(
        (
            b"RIFF",
            struct.pack("<I", 36 + len(data)),
            b"WAVEfmt ",
            struct.pack("<I", len(form)),
            form,
            b"data",
            struct.pack("<I", len(data)),
            data,
        )
    )


def au(rate: int) -> bytes:
    data: bytes = WAVE.byteswap().tobytes()
    return b".snd" + struct.pack(">5I", 24, len(data), 3, rate, 1) + data


@pytest.mark.parametrize("form", [wav, au])
@pytest.mark.parametrize("rate", IMPOSSIBLE)
def test_sound_of_an_impossible_rate_is_no_media(
    tmp_path: Path, form: Callable[[int], bytes], rate: int
) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(form(rate))
    with pytest.raises(MediaError, match=r"a rate of [\d,]+ Hz, which no sound has|damaged"):
        Media.open(path)


@pytest.mark.parametrize("form", [wav, au])
@pytest.mark.parametrize("rate", POSSIBLE)
def test_sound_of_every_other_rate_is_heard_in_full(
    tmp_path: Path, form: Callable[[int], bytes], rate: int
) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(form(rate))
    with Media.open(path) as media:
        given = sum(samples.size for _, samples in media.audio_blocks())
        assert given / 16_000 == pytest.approx(SAMPLES / rate, rel=0.01, abs=0.01)
        assert media.info.duration_s == pytest.approx(SAMPLES / rate, abs=0.01)
        assert not media.bad_packets


@pytest.mark.parametrize("claimed", [1.0, 7.0, 999.0])
def test_what_only_the_container_claims_is_not_believed(tmp_path: Path, claimed: float) -> None:
    """The coded sound knows its rate, and players take that."""
    path = write_sound_file(tmp_path / "a.mka", codec="aac", seconds=3.0)
    data = bytearray(path.read_bytes())
    place = data.index(b"\xb5\x88")  # SamplingFrequency, a double
    data[place + 2 : place + 10] = struct.pack(">d", claimed)
    path.write_bytes(data)
    with Media.open(path) as media:
        given = sum(samples.size for _, samples in media.audio_blocks())
    assert given / 16_000 == pytest.approx(3.0, abs=0.2)


@pytest.mark.parametrize("rate", [1, 7, 10**9])
def test_beside_pictures_it_is_told_that_nobody_listened(tmp_path: Path, rate: int) -> None:
    path = write_video(tmp_path / "a.avi", [quarters()] * 50, sounds=1)
    data = bytearray(path.read_bytes())
    place = data.index(b"strf", data.index(b"auds")) + 8
    data[place : place + 2] = struct.pack("<H", 1)  # plain samples
    data[place + 4 : place + 12] = struct.pack("<II", rate, 2 * rate)
    path.write_bytes(data)
    screener = Screener(Config(device="cpu", threads=1, detectors=("container", "voice_spoof")))
    verdict = screener.screen(path)
    assert verdict.coverage.picture == 1.0 and verdict.coverage.sound == 0.0
    assert verdict.label == "unable_to_evaluate" and "0% of the sound" in verdict.summary

"""Is the sound of a short file decoded once, and is it what decoding a part of it gives?"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import media_screen.media
import media_screen.media.sound
from media_screen.evidence import Span
from media_screen.media import SAMPLE_RATE, Media
from media_screen.media.reader import Reader
from media_screen.media.sound import Block, KeptSound
from tests.making import write_video, write_wave

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


def silence(second: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(np.zeros((1, SAMPLE_RATE), np.float32), "fltp", "mono")
    frame.rate, frame.pts, frame.time_base = SAMPLE_RATE, second, Fraction(1)
    return frame


def write_stamped(path: Path, *, late_s: float = 0.0, pace: float = 1.0) -> Path:
    """Write sound beside a picture with time stamps of its own: late by some, or too fast."""
    step = SAMPLE_RATE // 50
    samples = (NOISE[:1, : 5 * SAMPLE_RATE] * 32767).astype(np.int16)
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=25)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        sound = container.add_stream("pcm_s16le", rate=SAMPLE_RATE, layout="mono")
        for number in range(125):
            image = np.full((64, 64, 3), number, np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(video.encode(frame))
        container.mux(video.encode())
        for start in range(0, samples.shape[1], step):
            part = av.AudioFrame.from_ndarray(samples[:, start : start + step], "s16", "mono")
            part.rate, part.time_base = SAMPLE_RATE, Fraction(1, SAMPLE_RATE)
            part.pts = round(start * pace + late_s * SAMPLE_RATE)
            container.mux(sound.encode(part))
        container.mux(sound.encode())
    return path


def of_a_long_file(monkeypatch: pytest.MonkeyPatch, *, seconds: float = 5.0) -> None:
    for module in (media_screen.media, media_screen.media.sound):
        monkeypatch.setattr(module, "KEPT_SOUND", seconds)


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


@pytest.mark.parametrize(
    "stamps",
    [
        pytest.param({}, id="exact"),
        pytest.param({"late_s": 0.08}, id="late by less than a hole"),
        pytest.param({"pace": 0.92}, id="overlapping"),
        pytest.param({"pace": 1.01}, id="a little apart"),
    ],
)
def test_sound_is_heard_when_its_stamps_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stamps: dict[str, float]
) -> None:
    path = write_stamped(tmp_path / "a.mkv", **stamps)
    with Media.open(path) as media:
        kept = media.audio(Span(3.0, 4.0))
    of_a_long_file(monkeypatch, seconds=0.0)
    with Media.open(path) as media:
        decoded = media.audio(Span(3.0, 4.0))
    assert np.array_equal(kept, decoded)


def test_further_tracks_are_not_kept(tmp_path: Path, decoded: list[str]) -> None:
    path = write_video(tmp_path / "a.mkv", [np.zeros((64, 64, 3), np.uint8)] * 50, sounds=2)
    with Media.open(path) as media, media.beside(2) as other:
        for _ in range(2):
            assert other.audio(Span(0.0, 1.0)).any()
    assert decoded.count("audio") > 1


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
    given = (silence(second) for second in range(100))
    assert KeptSound.of(given) is None
    assert (next(given).time or 0.0) < 20  # and the rest was not waited for


def test_parts_of_one_side_and_of_two_are_given_as_they_are() -> None:
    second = np.full((1, SAMPLE_RATE), 0.5, np.float32)
    kept = KeptSound((Block(0.0, second, 1.0), Block(1.0, np.concatenate([second] * 2), 1.0)))
    found = [(start_s, sides.shape) for start_s, sides in kept.parts(0.5, 1.25)]
    assert found == [(0.5, (1, SAMPLE_RATE // 2)), (1.0, (2, SAMPLE_RATE // 4))]

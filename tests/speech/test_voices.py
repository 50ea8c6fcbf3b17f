"""Windows of one voice are kept together, and those of others apart."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from media_screen.evidence import Span
from media_screen.fusion.thresholds import VOICE_THRESHOLD
from media_screen.media import SAMPLE_RATE, Media
from media_screen.speech import find_speech
from media_screen.speech.embed import DIMENSION, VoiceEmbedder, unit
from media_screen.speech.ratio import cohort, compare
from media_screen.speech.voices import Voice, VoiceWindow, find_voices, same_voice
from tests.speech.making import MESSAGE, message


def near(direction: int, seed: int, spread: float = 0.3) -> np.ndarray:
    random = np.random.default_rng(seed)
    noise = random.standard_normal(DIMENSION) * spread / np.sqrt(DIMENSION)
    return unit((np.eye(DIMENSION)[direction] + noise).astype(np.float32))


@pytest.mark.parametrize(
    ("embeddings", "groups"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([near(0, 0)], [[0]], id="one"),
        pytest.param([near(0, 0), near(1, 1), near(0, 2)], [[0, 2], [1]], id="two voices"),
        pytest.param([near(0, n) for n in range(5)], [[0, 1, 2, 3, 4]], id="one voice"),
    ],
)
def test_embeddings_are_grouped_by_voice(
    embeddings: list[np.ndarray], groups: list[list[int]]
) -> None:
    assert same_voice(embeddings) == groups


def test_the_voice_of_a_message_is_one() -> None:
    with Media.open(MESSAGE) as media:
        voices = find_voices(media, find_speech(media.audio_blocks()))
    assert len(voices) == 1
    assert voices[0].number == 0 and voices[0].seconds > 5.0
    assert np.linalg.norm(voices[0].embedding) == pytest.approx(1.0, abs=1e-5)
    spans = [window.span for window in voices[0].windows]
    assert spans == sorted(spans)


def copied(samples: np.ndarray, file: Path, *, decibels: float, offset: float) -> Path:
    """Write a copy at another level and around another zero line, in 16 bits."""
    moved = samples * 10 ** (decibels / 20) + offset
    with wave.open(str(file), "wb") as target:
        target.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        target.writeframes(np.rint(np.clip(moved, -1.0, 1.0) * 32_767).astype("<i2").tobytes())
    return file


def voices_of(file: Path) -> tuple[Voice, ...]:
    with Media.open(file) as media:
        return find_voices(media, find_speech(media.audio_blocks()))


@pytest.fixture(scope="module")
def as_it_is() -> Voice:
    return voices_of(MESSAGE)[0]


@pytest.mark.parametrize("offset", [0.0, 0.05, 0.2], ids="offset {}".format)
@pytest.mark.parametrize("decibels", [-45.0, -30.0, -12.0, -3.0], ids="{:+.0f} dB".format)
def test_a_copy_at_another_level_is_the_same_person(
    as_it_is: Voice, tmp_path: Path, decibels: float, offset: float
) -> None:
    # The message peaks at 0.95 of full scale: 45 dB less leave 175 steps of 16 bits, 3 dB less room
    # for an offset of 0.2.
    copy = copied(message(), tmp_path / "copy.wav", decibels=decibels, offset=offset)
    voices = voices_of(copy)
    assert len(voices) == 1
    assert voices[0].seconds == pytest.approx(as_it_is.seconds, rel=0.05)
    cosine, llr = compare(voices[0], as_it_is.embedding)
    assert cosine > 0.995 and llr >= VOICE_THRESHOLD
    reference = VoiceEmbedder.load().embed(message()[5 * SAMPLE_RATE :])
    scores = [cohort().normalised(one.embedding, reference) for one in (as_it_is, voices[0])]
    assert scores[1] == pytest.approx(scores[0], abs=0.1)


@pytest.mark.parametrize("decibels", [-60.0, -45.0, -20.0, 6.0, 20.0], ids="{:+.0f} dB".format)
@pytest.mark.parametrize("offset", [0.0, 0.3], ids=["centred", "offset 0.3"])
def test_neither_loudness_nor_an_offset_is_part_of_a_voice(decibels: float, offset: float) -> None:
    net, speech = VoiceEmbedder.load(), message()[: 5 * SAMPLE_RATE]
    moved = speech * np.float32(10 ** (decibels / 20)) + np.float32(offset)
    assert float(net.embed(speech) @ net.embed(moved)) > 0.9999


def test_silence_has_an_embedding_of_numbers() -> None:
    assert np.isfinite(VoiceEmbedder.load().embed(np.zeros(SAMPLE_RATE, np.float32))).all()


def test_a_deeper_voice_is_less_alike_than_the_same_voice_later() -> None:
    net, speech = VoiceEmbedder.load(), message()
    first, later = speech[: 4 * SAMPLE_RATE], speech[5 * SAMPLE_RATE : 9 * SAMPLE_RATE]
    slow = np.interp(np.arange(0, len(later), 0.72), np.arange(len(later)), later)
    same = float(net.embed(first) @ net.embed(later))
    other = float(net.embed(first) @ net.embed(slow.astype(np.float32)))
    assert same > other + 0.1


def test_a_voice_weighs_its_windows_by_length() -> None:
    def window(start: float, end: float, direction: int) -> VoiceWindow:
        row = np.eye(DIMENSION, dtype=np.float32)[direction]
        return VoiceWindow(Span(start, end), np.zeros(1, np.float32), row, 20.0)

    voice = Voice(0, (window(0.0, 3.0, 0), window(8.0, 9.0, 1)))
    assert voice.span == Span(0.0, 9.0) and voice.seconds == 4.0
    assert voice.embedding[0] == pytest.approx(3 * voice.embedding[1])

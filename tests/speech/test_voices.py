"""Windows of one voice are kept together, and those of others apart."""

from __future__ import annotations

import numpy as np
import pytest

from media_screen.evidence import Span
from media_screen.media import SAMPLE_RATE, Media
from media_screen.speech import find_speech
from media_screen.speech.embed import DIMENSION, VoiceEmbedder, unit
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
def test_embeddings_are_grouped_by_voice(embeddings: list, groups: list[list[int]]) -> None:
    assert same_voice(embeddings) == groups


def test_the_voice_of_a_message_is_one() -> None:
    with Media.open(MESSAGE) as media:
        voices = find_voices(media, find_speech(media.audio_blocks()))
    assert len(voices) == 1
    assert voices[0].number == 0 and voices[0].seconds > 5.0
    assert np.linalg.norm(voices[0].embedding) == pytest.approx(1.0, abs=1e-5)
    spans = [window.span for window in voices[0].windows]
    assert spans == sorted(spans)


def test_loudness_is_no_part_of_a_voice() -> None:
    net, speech = VoiceEmbedder.load(), message()[: 5 * SAMPLE_RATE]
    assert float(net.embed(speech * 0.05) @ net.embed(speech * 0.01)) > 0.999


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

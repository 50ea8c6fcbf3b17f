"""Speech from hibari-tts (its one packaged voice, and another made from that one), and tones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from hibari import Hibari, dsp  # type: ignore
from numpy.typing import NDArray

Sound = NDArray[Any]  # mono, float32, -1 to 1

RATE = 24_000  # Hz, what the synthesiser gives
FPS = 25  # the frames that mouth movements are given for


@dataclass(frozen=True)
class Speaker:
    """A voice: factors on the packaged one's pitch and on the frequencies of its resonances."""

    pitch: float = 1.0
    resonance: float = 1.0
    speed: float = 1.0


PERSON = Speaker()
OTHER = Speaker(pitch=0.56, resonance=0.83, speed=0.95)


def _stretch(spectrum: NDArray[Any], factor: float) -> NDArray[Any]:
    """Move a spectrum (bins x frames) along frequency: below 1 is a longer throat."""
    bins = np.arange(spectrum.shape[0], dtype=np.float32)
    source = np.clip(bins / factor, 0, len(bins) - 1)
    ys = np.repeat(source[:, None], spectrum.shape[1], axis=1)
    xs = np.repeat(np.arange(spectrum.shape[1], dtype=np.float32)[None], len(bins), axis=0)
    return cv2.remap(spectrum, xs, ys.astype(np.float32), cv2.INTER_LINEAR)


class Voice:
    """Speaks through the network of hibari-tts, whose outputs are spectra and a pitch per frame."""

    def __init__(self) -> None:
        self._tts = Hibari()

    def _sentence(self, phonemes: str, speaker: Speaker, random: np.random.Generator) -> Sound:
        feed = {
            "ids": np.asarray([self._tts.ids(phonemes)], np.int64),
            "speed": np.asarray([speaker.speed], np.float32),
        }
        harmonic, phase, noise, rough, rough_phase, pitch = (
            o[0] for o in self._tts.sess.run(None, feed)
        )
        harmonic, noise, rough = (_stretch(s, speaker.resonance) for s in (harmonic, noise, rough))
        pitch = pitch * speaker.pitch
        return np.asarray(dsp.synth(harmonic, phase, noise, rough, rough_phase, pitch, random))

    def say(self, text: str, speaker: Speaker, seed: int) -> Sound:
        """Return the text as dry speech, with short pauses between its sentences."""
        random = np.random.default_rng(seed)
        pause = np.zeros(int(0.28 * RATE), np.float32)
        parts = [pause]
        for phonemes in self._tts.phonemize(text):
            parts += [self._sentence(phonemes, speaker, random), pause]
        return np.concatenate(parts).astype(np.float32)


def in_room(dry: Sound, seed: int, *, wet: float, decay_s: float, level_db: float = -20.0) -> Sound:
    """Return the speech as a room and a microphone would give it, at a level in dB RMS."""
    random = np.random.default_rng(seed)
    count = int(0.35 * RATE)
    echo = random.standard_normal(count) * np.exp(-np.arange(count) / (decay_s * RATE))
    echo[: int(0.008 * RATE)] = 0
    echo /= np.sqrt(np.sum(echo**2))
    size = 1 << (len(dry) + count).bit_length()
    reverb = np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(echo, size), size)[: len(dry)]
    sound = dry + wet * reverb
    sound *= 10 ** (level_db / 20) / np.sqrt(np.mean(sound**2))
    sound += random.standard_normal(len(sound)) * 10 ** (-58 / 20)
    return np.clip(sound, -0.98, 0.98).astype(np.float32)


def tune(seconds: float, seed: int) -> Sound:
    """Return slow plucked tones of a pentatonic scale."""
    random = np.random.default_rng(seed)
    sound = np.zeros(int(seconds * RATE), np.float64)
    steps = (0, 2, 4, 7, 9, 12, 14, 16)
    for index in range(int(seconds / 0.3)):
        start = int(index * 0.3 * RATE)
        time = np.arange(min(int(1.4 * RATE), len(sound) - start)) / RATE
        pitch = 220 * 2 ** (steps[int(random.integers(len(steps)))] / 12)
        tone = sum(np.sin(2 * np.pi * pitch * n * time) / n**2 for n in (1, 2, 3, 4))
        sound[start : start + len(time)] += tone * np.exp(-time * 4) * np.minimum(time * 200, 1)
    return np.asarray(sound * 0.3 / np.abs(sound).max(), np.float32)


def mouth(sound: Sound, frames: int) -> tuple[Sound, Sound]:
    """Return how far and how roundly the mouth opens at each frame, 0 to 1, from dry speech."""
    hop = RATE // FPS
    padded = np.pad(sound, (hop // 2, max(0, (frames + 2) * hop - len(sound))))
    windows = np.lib.stride_tricks.sliding_window_view(padded, hop * 2)[::hop][:frames]
    power = np.abs(np.fft.rfft(windows * np.hanning(hop * 2), axis=1)) ** 2
    frequency = np.fft.rfftfreq(hop * 2, 1 / RATE)
    voiced = power[:, (frequency > 100) & (frequency < 4000)].sum(axis=1)
    loud = np.sqrt(voiced)
    openness = np.clip(loud / np.percentile(loud, 92), 0, 1) ** 0.8
    low = power[:, (frequency > 100) & (frequency < 900)].sum(axis=1)
    roundness = np.clip(low / np.maximum(voiced, 1e-9), 0, 1) ** 4 * (openness > 0.1)
    smooth = np.array([0.2, 0.6, 0.2])
    return (
        np.convolve(openness, smooth, "same").astype(np.float32),
        np.convolve(roundness, smooth, "same").astype(np.float32),
    )

"""Sends speech through what happens to it on its way: rooms, noise, music, filters, codecs.

Genuine and synthetic speech pass through the same chain, so that nothing in it tells them apart.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from scipy.fft import irfft, rfft, rfftfreq
from scipy.signal import fftconvolve, resample_poly

from media_screen.arrays import Floats
from media_screen.media import SAMPLE_RATE

Random = np.random.Generator


@dataclass(frozen=True)
class Codec:
    """One lossy codec at one rate: bits a second, of sound sampled at `sample_rate` Hz."""

    name: str
    container: str
    bits: int
    sample_rate: int


# What platforms and messengers store speech as: kbit/s and, where they differ, Hz.
_AAC = ((24, 22_050), (32, 32_000), (48, 44_100), (64, 44_100), (96, 44_100), (128, 44_100))
_MP3 = ((32, 22_050), (48, 24_000), (64, 44_100), (96, 44_100), (128, 44_100))
CODECS = (
    *(Codec("aac", "adts", 1000 * kilobits, rate) for kilobits, rate in _AAC),
    *(Codec("libopus", "ogg", 1000 * kilobits, 48_000) for kilobits in (12, 16, 24, 32, 48, 64)),
    *(Codec("libmp3lame", "mp3", 1000 * kilobits, rate) for kilobits, rate in _MP3),
)
AAC_64 = Codec("aac", "adts", 64_000, 44_100)
OPUS_24 = Codec("libopus", "ogg", 24_000, 48_000)


def resample(samples: Floats, source: int, target: int) -> Floats:
    """Return the samples at another rate, Hz."""
    ratio = Fraction(target, source)
    changed = resample_poly(samples, ratio.numerator, ratio.denominator)
    return np.asarray(changed, np.float32)


def through_codec(samples: Floats, codec: Codec) -> Floats:
    """Encode and decode 16 kHz sound; the delay of the codec is cut, the length kept."""
    store = io.BytesIO()
    wide = resample(samples, SAMPLE_RATE, codec.sample_rate)
    with av.open(store, "w", format=codec.container) as container:
        stream = container.add_stream(codec.name, rate=codec.sample_rate, layout="mono")
        stream.bit_rate = codec.bits
        frame = av.AudioFrame.from_ndarray(wide[None], format="fltp", layout="mono")
        frame.sample_rate = codec.sample_rate
        fitted = av.AudioResampler(
            stream.format, "mono", codec.sample_rate, stream.frame_size or None
        )
        for part in (*fitted.resample(frame), *fitted.resample(None)):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    store.seek(0)
    taken = av.AudioResampler("flt", "mono", SAMPLE_RATE)
    with av.open(store) as container:
        parts = [
            part.to_ndarray().ravel()
            for frame in (*container.decode(audio=0), None)
            for part in taken.resample(frame)
        ]
    return _aligned(np.concatenate(parts).astype(np.float32), samples)


def _aligned(decoded: Floats, original: Floats) -> Floats:
    """Cut the codec's delay, at most 0.15 s, found by correlation, and give the old length."""
    reach = round(0.15 * SAMPLE_RATE)
    size = 1 << (len(original) + len(decoded)).bit_length()
    product = irfft(rfft(decoded, size) * np.conj(rfft(original, size)), size)
    delay = int(np.argmax(product[:reach]))
    kept = decoded[delay : delay + len(original)]
    return np.asarray(np.pad(kept, (0, len(original) - len(kept))), np.float32)


def band(samples: Floats, low: float, high: float, *, slope_hz: float = 150.0) -> Floats:
    """Keep the frequencies from `low` to `high` Hz, with edges of `slope_hz`."""
    frequency = rfftfreq(len(samples), 1 / SAMPLE_RATE)
    gain = np.clip((frequency - low) / slope_hz + 1, 0, 1) if low > 0 else 1.0
    gain = gain * np.clip((high - frequency) / slope_hz + 1, 0, 1)
    return np.asarray(irfft(rfft(samples) * gain, len(samples)), np.float32)


def telephone(samples: Floats) -> Floats:
    """Return the sound of a telephone line: 300 to 3400 Hz, sampled at 8 kHz in 8 bits, mu-law."""
    narrow = resample(band(samples, 300.0, 3400.0), SAMPLE_RATE, 8_000)
    peak = max(float(np.abs(narrow).max()), 1e-6)
    squeezed = np.sign(narrow) * np.log1p(255 * np.abs(narrow / peak)) / np.log(256)
    coarse = np.rint(squeezed * 127) / 127
    back = np.sign(coarse) * np.expm1(np.abs(coarse) * np.log(256)) / 255 * peak
    return resample(back.astype(np.float32), 8_000, SAMPLE_RATE)[: len(samples)]


def mixed(samples: Floats, other: Floats, snr_db: float, random: Random) -> Floats:
    """Add another sound, looped from a random place, at a signal-to-noise ratio in dB."""
    start = int(random.integers(len(other)))
    looped = np.take(other, np.arange(start, start + len(samples)), mode="wrap")
    level = float(np.sqrt(np.mean(samples**2) / max(float(np.mean(looped**2)), 1e-12)))
    return np.asarray(samples + looped * level * 10 ** (-snr_db / 20), np.float32)


def coloured_noise(count: int, random: Random) -> Floats:
    """Return noise whose power falls by 0 to 6 dB an octave."""
    spectrum = rfft(random.standard_normal(count))
    fall = np.maximum(rfftfreq(count, 1 / SAMPLE_RATE), 20.0) ** (-random.uniform(0.0, 1.0))
    return np.asarray(irfft(spectrum * fall, count), np.float32)


def tones(seconds: float, random: Random) -> Floats:
    """Return plain music: chords of decaying harmonic tones."""
    sound = np.zeros(round(seconds * SAMPLE_RATE))
    beat = random.uniform(0.2, 0.6)
    for start in np.arange(0.0, seconds, beat):
        first = round(start * SAMPLE_RATE)
        time = np.arange(min(len(sound) - first, 2 * SAMPLE_RATE)) / SAMPLE_RATE
        for _ in range(int(random.integers(1, 4))):
            pitch = 55.0 * 2 ** (int(random.integers(0, 48)) / 12)
            overtones = sum(np.sin(2 * np.pi * pitch * n * time) / n**1.3 for n in range(1, 7))
            sound[first : first + len(time)] += overtones * np.exp(-time * random.uniform(1, 6))
    return np.asarray(sound / max(float(np.abs(sound).max()), 1e-9), np.float32)


def in_room(samples: Floats, random: Random) -> Floats:
    """Return the sound in a made room: an exponentially decaying tail of 0.1 to 0.7 s."""
    decay = random.uniform(0.1, 0.7)
    time = np.arange(round(decay * SAMPLE_RATE)) / SAMPLE_RATE
    tail = random.standard_normal(len(time)) * np.exp(-6.9 * time / decay)
    tail[: round(random.uniform(0.001, 0.01) * SAMPLE_RATE)] = 0.0
    tail *= random.uniform(0.1, 0.9) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    return np.asarray(fftconvolve(samples, tail)[: len(samples)], np.float32)


def equalised(samples: Floats, random: Random, *, range_db: float = 8.0) -> Floats:
    """Return the sound of another microphone: a smooth random gain over frequency."""
    frequency = rfftfreq(len(samples), 1 / SAMPLE_RATE)
    knots = np.linspace(0.0, SAMPLE_RATE / 2, 9)
    gain = np.interp(frequency, knots, random.uniform(-range_db, range_db, len(knots)))
    return np.asarray(irfft(rfft(samples) * 10 ** (gain / 20), len(samples)), np.float32)


def random_channel(samples: Floats, random: Random, *, noises: Sequence[Floats]) -> Floats:
    """Send speech through a random chain, in the order in which it happens in the world.

    `noises` are sounds to lie under the speech: recordings without speech, and `tones`.
    """
    out = samples
    if random.random() < 0.3:
        out = in_room(out, random)
    if random.random() < 0.5:
        out = equalised(out, random)
    draw = random.random()
    if draw < 0.3:
        out = mixed(out, coloured_noise(len(out), random), random.uniform(8.0, 40.0), random)
    elif draw < 0.55:
        chosen = noises[int(random.integers(len(noises)))]
        out = mixed(out, chosen, random.uniform(3.0, 25.0), random)
    draw = random.random()
    if draw < 0.12:
        out = telephone(out)
    elif draw < 0.3:
        out = band(out, 0.0, random.uniform(3_500.0, 7_800.0), slope_hz=random.uniform(50, 600))
    if random.random() < 0.25:
        level = random.uniform(0.1, 0.95) / max(1e-4, float(np.abs(out).max()))
        out = through_codec(out * level, CODECS[int(random.integers(len(CODECS)))])
    return np.asarray(out, np.float32)

"""Makes sound with any channels, phases, gains, offsets, rates and numbers, as WAV says them."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass

import numpy as np

from tests.footage.making import voice

_GAINS = (0.0, 1.0, 1.0, -1.0, 0.5, -0.98, 0.01)
RATES = (8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000)
FORMATS = {"u1": 1, "<i2": 1, "<i4": 1, "<f4": 3, "<f8": 3}  # numpy's name: WAV's number
SPOKEN = voice(2.0, 1)  # at 16 kHz
BROKEN = (np.nan, np.inf, -np.inf, 1e30, -1e30, 1e-40)


@dataclass(frozen=True, slots=True)
class Sound:
    """A WAV file; `gains` are those of the voice in its channels, `clean` when all is well."""

    data: bytes
    gains: tuple[float, ...]
    clean: bool


def sound(chance: random.Random) -> Sound:
    """Make one: a voice at some gain and offset in each channel, sometimes with broken numbers."""
    rate, kind = chance.choice(RATES), chance.choice(list(FORMATS))
    most = 70 if rate <= 16_000 else 9
    count = min(most, chance.choice([1, 2, 2, 2, 3, 6, 8, 9, 70]))
    gains = tuple(chance.choice(_GAINS) for _ in range(count))
    offset = chance.choice([0.0, 0.0, 0.2, -0.4])
    spoken = np.interp(np.arange(0, 2.0, 1 / rate), np.arange(SPOKEN.size) / 16_000, SPOKEN)
    channels = np.stack([0.5 * gain * spoken + offset for gain in gains])
    broken = "f" in kind and chance.random() < 0.5
    if broken:
        for _ in range(chance.choice([1, 100, 10_000])):
            place = chance.randrange(len(gains)), chance.randrange(channels.shape[1])
            channels[place] = chance.choice(BROKEN)
    told = rate
    if lies := chance.random() < 0.2:
        count = chance.choice([0, 1, count + 1, 9, 255, 65_535])
        told = chance.choice([rate, 0, 1, 7, 4_000, 192_001, 10**9, 0xFFFFFFFF])
    return Sound(_wav(channels, kind, count, told), gains, clean=not (broken or lies))


def _wav(channels: np.ndarray, kind: str, count: int, rate: int) -> bytes:
    """Return a WAV file whose header tells a number of channels and a rate, true or not."""
    width = np.dtype(kind).itemsize
    if "f" in kind:
        with np.errstate(over="ignore"):
            samples = channels.T.astype(kind)
    else:
        samples = (np.clip(channels.T, -1, 1) * 127 * 256 ** (width - 1)).astype(f"<i{width}")
        samples = (samples.astype(np.int16) + 128).astype("u1") if kind == "u1" else samples
    body = samples.tobytes()
    frame = (count * width) & 0xFFFF
    speed = (rate * frame) & 0xFFFFFFFF
    head = struct.pack("<HHIIHH", FORMATS[kind], count, rate, speed, frame, 8 * width)
    return b"".join(
        [
            b"RIFF",
            struct.pack("<I", 36 + len(body)),
            b"WAVEfmt ",
            struct.pack("<I", 16),
            head,
            b"data",
            struct.pack("<I", len(body)),
            body,
        ]
    )

"""A voice is heard whatever the channels do: phases, offsets, layouts, clocks, broken numbers."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_screen.evidence import Span
from media_screen.media import SAMPLE_RATE, Media
from media_screen.media.balance import Balance
from media_screen.media.sound import HighPass, Mix, blocks
from tests.footage.making import voice
from tests.making import write_wave

VOICE = voice(6.0, 1)
OTHER = voice(6.0, 2)
NOISE = np.random.default_rng(3).normal(0, 0.3, VOICE.size).astype(np.float32)
HUM = 0.4 * np.sin(2 * np.pi * 4.0 * np.arange(VOICE.size) / SAMPLE_RATE).astype(np.float32)


def heard(path: Path) -> np.ndarray:
    with Media.open(path) as media:
        return np.concatenate([samples for _, samples in media.audio_blocks()])


def likeness(found: np.ndarray, wanted: np.ndarray) -> float:
    """The correlation of two sounds, 1 for the same at any level."""
    count = min(found.size, wanted.size)
    return abs(float(np.corrcoef(found[:count], wanted[:count])[0, 1]))


def balance(left: np.ndarray, right: np.ndarray) -> Balance:
    found = Balance()
    found.add(0.0, np.stack([left, right]))
    return found


@settings(max_examples=40)
@given(gain=st.floats(-1.0, 1.0), noise=st.floats(0.0, 0.0005))
def test_a_second_channel_at_any_gain_takes_nothing_away(gain: float, noise: float) -> None:
    coding = np.random.default_rng(4).normal(0, noise, (2, VOICE.size)).astype(np.float32)
    left, right = VOICE + coding[0], np.float32(gain) * VOICE + coding[1]
    found = balance(left, right)
    assert likeness(found.mix.of(np.stack([left, right])), VOICE) > 0.98
    assert found.others(found.mix) == ()  # nothing is left to be heard apart


CHANNELS = {
    "one side only": [VOICE, 0 * VOICE],
    "inverted": [VOICE, -VOICE],
    "nearly inverted": [VOICE, -0.98 * VOICE],
    "offset": [VOICE * 0.6 + 0.2],
    "offset on both": [VOICE * 0.6 + 0.2, VOICE * 0.6 - 0.3],
    "below what is heard": [VOICE * 0.5 + HUM],
    "third of three unnamed": [0 * VOICE, 0 * VOICE, VOICE],
    "centre of eight": [0 * VOICE, 0 * VOICE, VOICE, *[0 * VOICE] * 5],
    "last of nine unnamed": [*[0 * VOICE] * 8, VOICE],
    "fourth of sixteen unnamed": [*[0 * VOICE] * 3, VOICE, *[0 * VOICE] * 12],
    "last of 65 unnamed": [*[0 * VOICE] * 64, VOICE],
    "last of 255 unnamed": [*[0 * VOICE] * 254, VOICE],
}


@pytest.mark.parametrize("name", CHANNELS)
def test_the_voice_is_heard(tmp_path: Path, name: str) -> None:
    found = heard(write_wave(tmp_path / "a.wav", np.stack(CHANNELS[name])))
    assert likeness(found, VOICE) > 0.98
    assert abs(float(found.mean())) < 1e-3


@pytest.mark.parametrize("sides", [[VOICE], [VOICE, VOICE], [VOICE, 0.5 * VOICE + 0.1 * OTHER]])
def test_an_ordinary_sound_is_what_ffmpeg_makes_of_it(
    tmp_path: Path, sides: list[np.ndarray]
) -> None:
    path = write_wave(tmp_path / "a.wav", np.stack(sides))
    resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
    with av.open(str(path)) as container:
        parts = [p.to_ndarray() for f in container.decode(audio=0) for p in resampler.resample(f)]
    wanted = np.concatenate(parts, axis=1)[0]
    assert np.abs(heard(path) - wanted).max() < 1e-6


@pytest.mark.parametrize(
    ("left", "right", "mixes"),
    [
        (VOICE, VOICE, ()),
        (VOICE, 0 * VOICE, ()),
        (VOICE + 0.1 * OTHER, VOICE - 0.1 * OTHER, ()),  # 20 dB under the voice: background
        (VOICE, OTHER, (Mix.APART, Mix.LEFT, Mix.RIGHT)),
        (VOICE, NOISE, (Mix.APART, Mix.LEFT)),  # the right is in the mix
        (VOICE + OTHER, VOICE - OTHER, (Mix.APART, Mix.LEFT, Mix.RIGHT)),
    ],
    ids=["mono", "left only", "background apart", "two voices", "noise right", "opposite phase"],
)
def test_what_the_mix_leaves_out_is_known(
    left: np.ndarray, right: np.ndarray, mixes: tuple[Mix, ...]
) -> None:
    assert balance(left, right).others(Mix.BOTH) == mixes


def test_where_the_mix_leaves_something_out_is_known() -> None:
    turned = np.where(np.arange(VOICE.size) < 3 * SAMPLE_RATE, VOICE, -VOICE)
    found = balance(VOICE, turned)
    assert found.others(Mix.BOTH) == (Mix.APART,)
    (span,) = found.unheard(Mix.BOTH)
    assert (span.start, span.end) == pytest.approx((3.0, 6.0), abs=0.6)


def test_broken_numbers_cost_one_channel(tmp_path: Path) -> None:
    sides = np.stack([np.full(VOICE.size, np.nan, np.float32), VOICE]).T.astype("<f4").tobytes()
    form = struct.pack("<HHIIHH", 3, 2, SAMPLE_RATE, SAMPLE_RATE * 8, 8, 32)
    data = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(sides))
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(data) + len(sides)) + data + sides)
    found = heard(path)
    assert np.isfinite(found).all() and likeness(found, VOICE) > 0.98


def frames(*parts: tuple[float, np.ndarray], rate: int = SAMPLE_RATE) -> list[av.AudioFrame]:
    """Decoded frames: (time stamp in s, channels x samples) each."""
    made = []
    for stamp, samples in parts:
        layout = "mono" if len(samples) == 1 else "stereo"
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
        frame.rate, frame.time_base = rate, Fraction(1, 1000)
        frame.pts = round(stamp * 1000)
        made.append(frame)
    return made


SECOND = VOICE[None, :SAMPLE_RATE]


@pytest.mark.parametrize(
    ("stamps", "length", "decoded"),
    [
        ((0.0, 1.0, 2.0), 3.0, 3.0),
        ((0.02, 1.02, 2.02), 3.0, 3.0),  # a codec's delay
        ((2.0, 3.0, 4.0), 5.0, 3.0),  # begins late
        ((0.0, 3.0, 4.0), 5.0, 3.0),  # a hole
        ((5.0, 0.0, 1.0), 8.0, 3.0),  # the clock begins anew
        ((0.0, 1.0, 90_000.0), 3.0, 3.0),  # it jumps away
        ((5.0, 0.0, 3.0), 10.0, 3.0),  # a hole after it began anew
        ((0.0, 0.95, 1.9), 3.0, 3.0),  # stamps a little too dense
    ],
)
def test_clocks_of_sound(stamps: tuple[float, ...], length: float, decoded: float) -> None:
    found = list(blocks(frames(*((stamp, SECOND) for stamp in stamps))))
    assert sum(block.sides.shape[1] for block in found) / SAMPLE_RATE == pytest.approx(length)
    assert sum(block.decoded_s for block in found) == pytest.approx(decoded)


def test_rate_and_layout_may_change_in_the_middle() -> None:
    pair = np.concatenate([SECOND, SECOND])
    fast = np.repeat(SECOND, 3, axis=1)
    changing = frames((0.0, SECOND), (1.0, pair)) + frames((2.0, fast), rate=3 * SAMPLE_RATE)
    (block,) = blocks(changing)
    assert block.sides.shape == (2, pytest.approx(3 * SAMPLE_RATE, abs=100))
    for second in range(3):
        piece = block.sides[0, second * SAMPLE_RATE :][: SAMPLE_RATE - 100]
        assert likeness(piece, SECOND[0]) > 0.95


def test_an_offset_that_comes_and_goes_makes_no_click() -> None:
    still = np.zeros((1, SAMPLE_RATE), np.float32)
    high_pass = HighPass()
    pieces = [high_pass.take(piece) for piece in (still, still + 0.2, still + 0.2, still)]
    found = np.concatenate(pieces, axis=1)[0]
    assert np.abs(found[SAMPLE_RATE * 3 // 2 : SAMPLE_RATE * 3]).max() < 0.001
    assert np.abs(np.diff(found)).max() <= 0.2 + 1e-3  # the steps that were there


def test_windows_and_blocks_are_the_same_sound(tmp_path: Path) -> None:
    path = write_wave(tmp_path / "a.wav", np.stack([VOICE * 0.5 + 0.2, -0.5 * VOICE + 0.2]))
    with Media.open(path) as media:
        window = media.audio(Span(2.0, 4.0))
    whole = heard(path)[2 * SAMPLE_RATE : 4 * SAMPLE_RATE]
    assert np.abs(window - whole).max() < 0.05 and likeness(window, whole) > 0.999

"""A picture that can't be decoded counts as not looked at, however good the sound beside it is."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from media_screen import Config, Screener
from media_screen.media import SAMPLE_RATE
from tests.footage.making import Scene
from tests.making import RATE, tone, write_sound
from tests.speech.making import message

SECONDS = 12
KEYS = 3  # s between key frames
SPOKEN = np.tile(message()[: SECONDS * SAMPLE_RATE].repeat(3), (2, 1))  # at 48 kHz
TONE = tone(SECONDS, 48_000, channels=2)

Alive = Callable[[float], bool]  # whether the frame of this time can be decoded


def film(path: Path, sound: np.ndarray, alive: Alive, *, until: float = SECONDS) -> Path:
    """Write a video whose picture ends at `until` s, and overwrite the frames that aren't alive."""
    scene = Scene(5)
    options = {"g": str(KEYS * RATE), "bf": "0", "sc_threshold": "0"}
    with av.open(str(path), "w") as made:
        video = made.add_stream("libx264", rate=RATE, options=options)
        video.height, video.width = scene.at(0.0).shape[:2]
        video.pix_fmt = "yuv420p"
        track = made.add_stream("aac", rate=48_000, layout="stereo")
        for number in range(round(until * RATE)):
            frame = av.VideoFrame.from_ndarray(scene.at(number / RATE), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            made.mux(video.encode(frame))
        made.mux(video.encode())
        write_sound(made, track, sound, 48_000, "stereo")
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as read:
        for packet in read.demux(video=0):
            if packet.size and not alive(float(packet.pts * packet.time_base)):
                data[packet.pos + 4 : packet.pos + packet.size] = bytes(packet.size - 4)
    path.write_bytes(data)
    return path


@pytest.fixture(scope="module")
def screener() -> Screener:
    return Screener(Config(device="cpu", threads=1, detectors=("face_artifact", "voice_spoof")))


@pytest.mark.parametrize("sound", [TONE, SPOKEN], ids=["a-tone", "somebody-speaks"])
def test_a_dead_picture_is_never_without_finding(
    tmp_path: Path, screener: Screener, sound: np.ndarray
) -> None:
    verdict = screener.screen(film(tmp_path / "a.mp4", sound, lambda time_s: False))
    assert verdict.coverage.picture == 0.0 and verdict.coverage.sound == 1.0
    assert verdict.label != "no_finding", verdict.summary
    assert "picture" in verdict.summary
    assert any(piece.reason == "unreadable" for piece in verdict.abstentions)


@pytest.mark.parametrize(
    ("alive", "until", "share"),
    [
        pytest.param(lambda time_s: True, SECONDS, 1.0, id="whole"),
        pytest.param(lambda time_s: time_s < 6, SECONDS, 0.5, id="second-half-dead"),
        pytest.param(lambda time_s: time_s >= 6, SECONDS, 0.5, id="first-half-dead"),
        pytest.param(lambda time_s: not 3 <= time_s < 9, SECONDS, 0.5, id="middle-dead"),
        pytest.param(lambda time_s: time_s % KEYS < 1, SECONDS, 0.5, id="a-third-of-each-group"),
        pytest.param(lambda time_s: time_s % KEYS == 0, SECONDS, 0.25, id="key-frames-only"),
        pytest.param(lambda time_s: time_s == 0, SECONDS, 0.05, id="first-key-frame-only"),
        pytest.param(lambda time_s: round(time_s * RATE) % 2 == 0, SECONDS, 0.9, id="every-other"),
        pytest.param(lambda time_s: True, 1, 1.0, id="picture-of-the-first-second"),
    ],
)
def test_only_what_can_be_decoded_is_covered(
    tmp_path: Path, screener: Screener, alive: Alive, until: float, share: float
) -> None:
    verdict = screener.screen(film(tmp_path / "a.mp4", TONE, alive, until=until))
    assert verdict.coverage.picture == pytest.approx(share, abs=0.15), verdict.summary
    assert verdict.coverage.sound == 1.0

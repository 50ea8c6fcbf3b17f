"""Where all frames of a window are wanted, they are those that a viewer sees, at any frame rate."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.container import OutputContainer

from media_screen.evidence import Span
from media_screen.media import Media
from media_screen.media.moments import Shown, without_flashes

LENGTH = 3000  # ms
WHITE, BLACK = 255, 0
Frames = Sequence[tuple[int, float]]  # level, and how long it is shown, ms


def film(path: Path, frames: Frames, *, key: int = 12, junk: bool = False) -> Path:
    """Write frames, over and over until LENGTH; `junk` adds packets that can't be decoded."""
    levels, starts, now = [], [], 0.0
    for level, shown in cycle(frames):
        if now >= LENGTH:
            break
        levels.append(level)
        starts.append(round(now))
        now += shown
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25, options={"g": str(key), "bf": "0"})
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        packets = []
        for number, level in enumerate(levels):
            picture = np.full((48, 64, 3), level, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = number
            packets += video.encode(frame)
        packets += video.encode()
        for packet, start, end in zip(packets, starts, [*starts[1:], LENGTH], strict=True):
            place(container, packet, start)
            for moment in range(start + 4, end, 4) if junk else ():
                broken = av.Packet(b"\0\0\0\1\x41" + bytes(20))
                broken.stream = video
                place(container, broken, moment)
    return path


def place(container: OutputContainer, packet: av.Packet[Any], start: int) -> None:
    packet.pts = packet.dts = start
    packet.time_base = Fraction(1, 1000)
    container.mux(packet)


def seen(path: Path) -> list[float]:
    """The levels of all frames of a window."""
    with Media.open(path) as media:
        return [float(frame.image.mean()) for frame in media.window(Span(0.0, 60.0))]


FLASHES = {
    "2-of-100": [(WHITE, 2), (BLACK, 98)],
    "after-what-is-shown": [(BLACK, 98), (WHITE, 2)],
    "8-of-100": [(WHITE, 8), (BLACK, 92)],
    "ten-together": [*[(WHITE, 2)] * 10, (BLACK, 80)],
    "fifty-together": [(BLACK, 100), *[(WHITE, 2)] * 50],
    "one-in-each-frame-of-video": [(WHITE, 1), (BLACK, 32)],
    "two-in-each-frame-of-video": [(WHITE, 1), (WHITE, 2), (BLACK, 30)],
    "between-slides": [(WHITE, 8), (BLACK, 1500)],
    "between-frames-of-60": [(WHITE, 2), (BLACK, 15)],
    "now-and-then": [*[(BLACK, 40)] * 10, (WHITE, 3)],
}


@pytest.mark.parametrize("key", [2, 12, 250], ids=["all-keys", "keys", "one-key"])
@pytest.mark.parametrize("name", FLASHES)
def test_what_flashes_up_is_left_out(tmp_path: Path, name: str, key: int) -> None:
    levels = seen(film(tmp_path / "a.mkv", FLASHES[name], key=key))
    assert np.mean(levels) < 0.1 * WHITE
    shown = [level for level, _ in FLASHES[name] if level == BLACK]
    rounds = LENGTH / sum(time for _, time in FLASHES[name])
    assert levels.count(BLACK) >= int(rounds) * len(shown)  # and nothing else is


def test_packets_that_show_nothing_make_no_flash_usual(tmp_path: Path) -> None:
    levels = seen(film(tmp_path / "a.mkv", FLASHES["2-of-100"], junk=True))
    assert len(levels) >= 25 and np.mean(levels) < 0.1 * WHITE


def rates(*each: float) -> Frames:
    return [(BLACK, 1000 / rate) for rate in each]


PHONE = np.random.default_rng(7).normal(33.3, 5.0, 200).clip(18, 60)
DROPPED = [33.3, 33.3, 66.7, 33.3, 16.7, 50.0, 33.3]
GENUINE = {
    **{
        f"{rate}": rates(rate) for rate in (5, 15, 23.976, 25, 29.97, 50, 59.94, 100, 120, 144, 240)
    },
    "24-in-60": rates(20, 30),
    "24-in-30": rates(*[30] * 3, 15),
    "25-in-60": rates(20, 20, 30, 20, 30),
    "phone": [(BLACK, time) for time in PHONE],
    "phone-that-drops": [(BLACK, time) for time in DROPPED],
    "phone-of-60": [(BLACK, time) for time in (PHONE / 2).clip(12)],
    "120-that-holds": rates(*[120] * 30, 24),
    "60-and-then-15": rates(*[60] * 40, *[15] * 10),
    "30-and-then-120": rates(*[30] * 20, *[120] * 80),
    "slides-with-video": rates(1, *[30] * 20, 0.8),
    "call-of-5-to-30": rates(*[5] * 4, *[30] * 12, 8, 8),
}


@pytest.mark.parametrize("name", GENUINE)
def test_frames_of_any_genuine_rate_are_all_given(tmp_path: Path, name: str) -> None:
    frames, count, now = cycle(GENUINE[name]), 0, 0.0
    while now < LENGTH:
        now += next(frames)[1]
        count += 1
    assert len(seen(film(tmp_path / "a.mkv", GENUINE[name], key=30))) == count


def test_frames_without_a_clock_are_all_given(tmp_path: Path) -> None:
    """A raw stream has no time stamps."""
    path = tmp_path / "a.m1v"
    with av.open(str(path), "w", format="mpeg1video") as container:
        video = container.add_stream("mpeg1video", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        for level in islice(cycle([40, 200]), 50):
            picture = np.full((48, 64, 3), level, np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(video.encode())
    assert len(seen(path)) == 50


def test_frames_that_are_shown_for_no_time_are_left_out_in_one_pass() -> None:
    """With two sums over all before for each frame, so many would take minutes."""
    given = (Shown(None, 1.0, 1.0, 1.0) for _ in range(100_000))  # type: ignore[arg-type]
    assert sum(1 for _ in without_flashes(given)) == 100_000

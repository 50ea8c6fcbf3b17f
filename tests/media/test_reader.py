"""How much of a file is read, how often it is opened, and until when its last picture is seen."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from media_screen.evidence import Span
from media_screen.media import Media, source
from media_screen.media.reader import Reader
from tests.making import write_video

PICTURE = np.full((48, 64, 3), 90, np.uint8)
FRAMES = 500  # 20 s: a muxer that waits for the sound gives up after 10 s, so that it lies apart


def test_a_file_whose_sound_lies_apart_is_not_read_anew_at_each_jump(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(1)
    frames = [rng.integers(0, 255, (96, 128, 3)).astype(np.uint8) for _ in range(FRAMES)]
    path = write_video(tmp_path / "apart.mp4", frames, sounds=1)
    read = 0
    plain = source._Reader.readinto

    def counted(self: Any, buffer: Any) -> int | None:
        nonlocal read
        count = plain(self, buffer)
        read += count or 0
        return count

    monkeypatch.setattr(source._Reader, "readinto", counted)
    with Media.open(path) as media:
        assert media.info.duration_s == pytest.approx(20.0, abs=0.1)
    # 10 times its size, and 30 times in pieces of 1 MiB; the longer a file, the more
    assert path.stat().st_size < read < 15 * path.stat().st_size


def test_a_pass_from_the_beginning_opens_the_file_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_video(tmp_path / "a.mkv", [PICTURE] * 75, sounds=1)
    opened = 0
    plain = Reader._open

    def counted(self: Reader) -> Any:
        nonlocal opened
        opened += 1
        return plain(self)

    monkeypatch.setattr(Reader, "_open", counted)
    with Media.open(path) as media:
        opened = 0
        assert list(media.window(Span(0.0, 1.0), fps=5.0))
        assert opened == 1
        assert media.audio(Span(0.0, 1.0)).size
        assert opened == 2


def test_a_picture_that_is_held_to_the_end_is_seen_until_then(tmp_path: Path) -> None:
    """Several times, for whether it was depended on what lay in memory that was given back."""
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        packets = []
        for number in range(50):
            frame = av.VideoFrame.from_ndarray(PICTURE + np.uint8(number), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            packets += video.encode(frame)
        packets += video.encode()
        packets[-1].duration = 7 * 25
        container.mux(packets)
    for _ in range(20):
        with Media.open(path) as media:
            *_, last = media.window(Span(0.0, 8.0), fps=5.0)
            assert last.time_s == pytest.approx(1.96) and last.shown_s == pytest.approx(7.0)
            assert not media.missed

"""How much of a file is read to know what is in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from media_screen.media import Media, source
from tests.making import write_video

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

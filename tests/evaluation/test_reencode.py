"""Copies as platforms make them: smaller, alike for every input, and found again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from media_screen.evaluation.reencode import RECIPES, make_copies
from media_screen.evidence import Span
from media_screen.media import Media
from tests.making import GREEN, RED, quarters, write_picture, write_sound_file, write_video


@pytest.mark.parametrize(
    ("recipe", "size"), [("480p", (854, 480)), ("240p", (426, 240)), ("tiktok", (1024, 576))]
)
def test_a_video_becomes_smaller_and_keeps_its_course(
    tmp_path: Path, recipe: str, size: tuple[int, int]
) -> None:
    original = write_video(
        tmp_path / "a.mp4", [quarters(1280, 720)] * 50, sounds=1, tags={"comment": "Wav2Lip"}
    )
    (copy,) = make_copies([original], recipe, tmp_path / "copies").paths.values()
    with Media.open(copy) as media:
        info = media.info
        assert (info.width, info.height) == size
        assert (info.video_codec, info.audio_codec) == ("h264", "aac")
        assert info.duration_s == pytest.approx(2.0, abs=0.1)
        assert info.fps == pytest.approx(25.0, abs=0.1)
        assert "Wav2Lip" not in str(media.tags)
        frames = list(media.window(Span(0.0, 9.0)))
        sound = media.audio(Span(0.5, 1.5))
    assert len(frames) == 50
    assert np.abs(frames[25].image[5, 5].astype(int) - RED).max() < 40
    assert np.abs(frames[25].image[5, -5].astype(int) - GREEN).max() < 40
    spectrum = np.abs(np.fft.rfft(sound))
    assert np.argmax(spectrum) / (len(sound) / 16_000) == pytest.approx(440, abs=2)


def test_fast_video_is_slowed_to_the_rate_of_the_recipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.making.RATE", 50)
    original = write_video(tmp_path / "a.mp4", [quarters()] * 40)
    (copy,) = make_copies([original], "240p", tmp_path / "copies").paths.values()
    with Media.open(copy) as media:
        times = [frame.time_s for frame in media.window(Span(0.0, 9.0))]
    assert len(times) <= 0.8 * 30 + 1
    assert max(np.diff(times)) < 0.05


def test_nothing_is_enlarged_and_odd_sizes_are_made_even(tmp_path: Path) -> None:
    original = write_video(tmp_path / "a.mp4", [quarters(161, 121)] * 5, pixels="yuv444p")
    (copy,) = make_copies([original], "480p", tmp_path / "copies").paths.values()
    with Media.open(copy) as media:
        assert (media.info.width, media.info.height) == (160, 120)


def test_pictures_and_sound_stay_what_they_are(tmp_path: Path) -> None:
    picture = write_picture(tmp_path / "a.png", quarters(640, 480), codec="png", pixels="rgb24")
    sound = write_sound_file(tmp_path / "b.flac", codec="flac")
    copies = make_copies([picture, sound], "240p", tmp_path / "copies").paths
    with Media.open(copies[picture]) as media:
        assert (media.info.kind, media.info.width, media.info.height) == ("image", 320, 240)
    with Media.open(copies[sound]) as media:
        assert (media.info.kind, media.info.audio_codec) == ("audio", "aac")
        assert media.info.duration_s == pytest.approx(2.0, abs=0.1)


def pictures(path: Path) -> list[bytes]:
    """Sound is left out: FFmpeg's AAC encoder has given different bytes in two runs."""
    with Media.open(path) as media:
        return [frame.image.tobytes() for frame in media.window(Span(0.0, 60.0))]


def test_a_copy_is_made_once_and_its_pictures_are_the_same_each_time(tmp_path: Path) -> None:
    original = write_video(tmp_path / "a.mp4", [quarters()] * 5, sounds=1)
    (first,) = make_copies([original], "240p", tmp_path / "one").paths.values()
    before = first.stat().st_mtime_ns
    (again,) = make_copies([original], "240p", tmp_path / "one").paths.values()
    assert (again, again.stat().st_mtime_ns) == (first, before)
    (other,) = make_copies([original], "240p", tmp_path / "two").paths.values()
    assert pictures(other) == pictures(first)
    assert [path.name for path in first.parent.iterdir()] == [first.name]


def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"not a video")
    copies = make_copies([broken, tmp_path / "gone.mp4"], "480p", tmp_path / "copies")
    assert copies.paths == {}
    assert "not a media file" in copies.failed[broken]
    assert list(copies.failed) == [broken, tmp_path / "gone.mp4"]


def test_every_recipe_is_a_loss_that_can_be_told_from_another() -> None:
    assert set(RECIPES) == {"480p", "240p", "tiktok"}
    assert len({recipe.short_side for recipe in RECIPES.values()}) == 3

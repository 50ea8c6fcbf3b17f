"""Pictures of more than one part: animations, transparency beside the colours, what is appended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from media_screen.evidence import Span
from media_screen.media import Media, MediaError
from media_screen.media.stills import Still
from tests.making import GREEN, RED, corners, quarters, write_sound_file, write_video

SHADES = [Image.new("RGB", (64, 48), (value, value, value)) for value in (0, 60, 120, 180, 240)]


def animated(path: Path, *, milliseconds: int = 400) -> Path:
    SHADES[0].save(path, save_all=True, append_images=SHADES[1:], duration=milliseconds, quality=95)
    return path


@pytest.mark.parametrize("suffix", ["webp", "gif", "png", "avif"])
def test_an_animation_is_a_video(tmp_path: Path, suffix: str) -> None:
    path = animated(tmp_path / f"a.{suffix}")
    with Media.open(path) as media:
        assert media.info.kind == "video"
        if suffix != "png":  # which does not tell its length
            assert media.info.duration_s == pytest.approx(2.0, abs=0.05)
        assert (media.info.width, media.info.height) == (64, 48)
        frames = list(media.window(Span(0.0, 9.0)))
    assert [frame.time_s for frame in frames] == pytest.approx([0.0, 0.4, 0.8, 1.2, 1.6], abs=0.02)
    assert [frame.image.mean() for frame in frames] == pytest.approx([0, 60, 120, 180, 240], abs=4)


def test_an_animated_webp_is_surveyed_and_sampled(tmp_path: Path) -> None:
    path = animated(tmp_path / "a.webp", milliseconds=100)
    with Media.open(path) as media:
        survey = list(media.survey())
        assert survey and survey[-1].time_s < media.info.duration_s
        assert len(list(media.window(Span(0.0, 1.0), fps=5))) == pytest.approx(3, abs=1)


def test_an_animation_without_delays_lasts_as_browsers_show_it(tmp_path: Path) -> None:
    with Media.open(animated(tmp_path / "a.webp", milliseconds=0)) as media:
        assert media.info.duration_s == pytest.approx(0.5)


def test_a_broken_animation_gives_what_can_be_read_or_says_so(tmp_path: Path) -> None:
    path = animated(tmp_path / "a.webp")
    whole = path.read_bytes()
    for length in range(20, len(whole), 37):
        path.write_bytes(whole[:length])
        try:
            with Media.open(path) as media:
                assert list(media.survey())
        except MediaError as error:
            assert str(error)


def test_the_transparency_of_avif_is_no_tile(tmp_path: Path) -> None:
    rgba = np.dstack([quarters(), np.full((240, 320), 255, np.uint8)])
    rgba[120:, :, 3] = 0
    Image.fromarray(rgba).save(tmp_path / "a.avif", quality=95)
    with Media.open(tmp_path / "a.avif") as media:
        assert media.info.kind == "image"
        over_white, over_black = (frame.image for frame in media.survey())
    assert corners(over_white) == [RED, GREEN, (255, 255, 255), (255, 255, 255)]
    assert corners(over_black) == [RED, GREEN, (0, 0, 0), (0, 0, 0)]


def test_a_layer_that_pillow_can_not_read_leaves_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rgba = np.dstack([quarters(), np.full((240, 320), 200, np.uint8)])
    Image.fromarray(rgba).save(tmp_path / "a.avif", quality=95)
    monkeypatch.setattr(Still, "read", lambda path: None)
    with Media.open(tmp_path / "a.avif") as media:
        (frame,) = media.survey()
        assert corners(frame.image)[:2] == [RED, GREEN]
        (sentence,) = media.unseen()
    assert "second layer" in sentence


def pages(path: Path) -> Path:
    SHADES[0].save(path, save_all=True, append_images=SHADES[1:3])
    return path


def motion_photo(path: Path) -> Path:
    film = write_video(path.with_suffix(".mp4"), [quarters()] * 3)
    Image.fromarray(quarters()).save(path)
    path.write_bytes(path.read_bytes() + film.read_bytes())
    return path


def with_cover(path: Path) -> Path:
    """A sound file with a picture in an ID3 tag before it."""
    plain(path.with_suffix(".jpg"))
    picture = b"\0image/jpeg\0\x03\0" + path.with_suffix(".jpg").read_bytes()
    frame = b"APIC" + len(picture).to_bytes(4, "big") + b"\0\0" + picture
    size = bytes(len(frame) >> shift & 0x7F for shift in (21, 14, 7, 0))
    write_sound_file(path, codec="libmp3lame")
    path.write_bytes(b"ID3\x03\0\0" + size + frame + path.read_bytes())
    return path


def see_through(path: Path) -> Path:
    return write_video(path, [quarters()] * 3, codec="libvpx-vp9", pixels="yuva420p")


def plain(path: Path) -> Path:
    Image.fromarray(quarters()).save(path)
    return path


@pytest.mark.parametrize(
    ("name", "write", "told"),
    [
        pytest.param("a.tif", pages, ["2 further pictures"], id="tiff-pages"),
        pytest.param("a.mpo", pages, ["2 further pictures"], id="mpo"),
        pytest.param("a.jpg", motion_photo, ["a video is appended"], id="motion-photo"),
        pytest.param("a.mp3", with_cover, ["cover picture"], id="cover"),
        pytest.param("a.webm", see_through, ["transparent in browsers"], id="vp9-alpha"),
        pytest.param("a.webp", animated, [], id="animation"),
        pytest.param("b.jpg", plain, [], id="jpeg"),
        pytest.param("b.png", plain, [], id="png"),
        pytest.param("b.tif", plain, [], id="tiff"),
    ],
)
def test_what_a_file_holds_besides_what_is_shown_is_told(
    tmp_path: Path, name: str, write: Callable[[Path], Path], told: list[str]
) -> None:
    with Media.open(write(tmp_path / name)) as media:
        sentences = list(media.unseen())
    assert len(sentences) == len(told)
    assert all(words in sentence for words, sentence in zip(told, sentences, strict=True))

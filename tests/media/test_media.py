"""Formats, rotations, time bases and damage: what comes out of `media` is the same for all."""

from __future__ import annotations

import gc
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from media_screen.evidence import Span
from media_screen.media import SAMPLE_RATE, Media, MediaError, identify, shown_path
from media_screen.media.errors import MAX_PIXELS
from tests.making import (
    BLUE,
    GREEN,
    RED,
    WHITE,
    Colour,
    corners,
    quarters,
    write_picture,
    write_sound_file,
    write_video,
)

FRAMES = [quarters()] * 50  # 2 s

VIDEOS = [
    pytest.param("a.mp4", {"codec": "libx264"}, id="mp4-h264"),
    pytest.param("a.mov", {"codec": "prores_ks", "pixels": "yuv422p10le"}, id="mov-prores-10bit"),
    pytest.param(
        "a.mkv",
        {"codec": "libx265", "pixels": "yuv420p10le", "options": {"x265-params": "log-level=none"}},
        id="mkv-hevc-10bit",
    ),
    pytest.param(
        "a.webm",
        {"codec": "libvpx-vp9", "pixels": "yuva420p", "sound_codec": "libopus"},
        id="webm-vp9-alpha",
    ),
    pytest.param("av1.mp4", {"codec": "libsvtav1"}, id="mp4-av1"),
    pytest.param("a.avi", {"codec": "mpeg4", "sound_codec": "libmp3lame"}, id="avi-mpeg4"),
    pytest.param("a.flv", {"codec": "libx264"}, id="flv"),
    pytest.param("a.ts", {"codec": "libx264"}, id="ts"),
]


@pytest.mark.parametrize(("name", "how"), VIDEOS)
def test_every_format_gives_the_same_pictures_and_sound(
    tmp_path: Path, name: str, how: dict[str, Any]
) -> None:
    path = write_video(tmp_path / name, FRAMES, sounds=1, **how)
    with Media.open(path) as media:
        assert (media.info.kind, media.info.width, media.info.height) == ("video", 320, 240)
        assert media.info.duration_s == pytest.approx(2.0, abs=0.15)
        first = next(iter(media.survey()))
        assert corners(first.image) == [RED, GREEN, BLUE, WHITE]
        dense = list(media.window(Span(0.5, 1.5)))
        assert len(dense) == pytest.approx(25, abs=1)
        assert [f.time_s for f in dense] == sorted(f.time_s for f in dense)
        sound = media.audio(Span(0.5, 1.5))
        assert sound.dtype == np.float32 and sound.size == SAMPLE_RATE
        peak = np.abs(np.fft.rfft(sound)).argmax()  # 1 s: the bin is the frequency
        assert peak == pytest.approx(440, abs=2)


@pytest.mark.parametrize(
    ("rotation", "expected"),
    [
        pytest.param(90, [GREEN, WHITE, RED, BLUE], id="counterclockwise"),
        pytest.param(180, [WHITE, BLUE, GREEN, RED], id="upside-down"),
        pytest.param(-90, [BLUE, RED, WHITE, GREEN], id="phone-portrait"),
    ],
)
def test_rotated_video_comes_out_upright(
    tmp_path: Path, rotation: int, expected: list[Colour]
) -> None:
    path = write_video(tmp_path / "a.mp4", FRAMES[:5], rotation=rotation)
    with Media.open(path) as media:
        frame = next(iter(media.survey()))
        assert corners(frame.image) == expected
        turned = rotation != 180
        assert (media.info.width, media.info.height) == ((240, 320) if turned else (320, 240))


def test_pixels_that_are_not_square_are_stretched(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", FRAMES[:5], aspect=Fraction(4, 3))
    with Media.open(path) as media:
        assert next(iter(media.survey())).image.shape == (240, 427, 3)
        assert media.info.width == 427


def test_variable_frame_rate_keeps_its_times(tmp_path: Path) -> None:
    times = [0, 1, 2, 10, 11, 40, 41, 45]
    path = write_video(tmp_path / "a.mkv", FRAMES[: len(times)], times=times)
    with Media.open(path) as media:
        found = [frame.time_s for frame in media.window(Span(0.0, 9.0))]
    assert found == pytest.approx([t / 25 for t in times], abs=0.002)


def test_a_sampled_window_keeps_its_rate(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", FRAMES * 2)
    with Media.open(path) as media:
        times = [frame.time_s for frame in media.window(Span(1.0, 3.0), fps=5)]
    assert times == pytest.approx(np.arange(1.0, 3.0, 0.2), abs=0.041)


def test_survey_fills_the_gaps_between_rare_key_frames(tmp_path: Path) -> None:
    options = {"g": "9999", "x264-params": "scenecut=0"}
    path = write_video(tmp_path / "a.mp4", [quarters(64, 48)] * 1000, options=options)  # 40 s
    with Media.open(path) as media:
        times = [frame.time_s for frame in media.survey()]
    assert max(np.diff(times)) < 10.5 and times[-1] > 30


def test_survey_leaves_out_key_frames_that_are_close(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", FRAMES * 2, options={"g": "1"})  # 100 key frames in 4 s
    with Media.open(path) as media:
        times = [frame.time_s for frame in media.survey()]
    assert len(times) == 8 and min(np.diff(times)) >= 0.5


def test_interlaced_frames_lose_their_combing(tmp_path: Path) -> None:
    combed = np.zeros((240, 320, 3), np.uint8)
    combed[::2] = 255  # the two fields of a moving edge
    options = {"flags": "+ilme+ildct", "x264-params": "interlaced=1:qp=4"}
    path = write_video(tmp_path / "a.mp4", [combed] * 5, options=options)
    with Media.open(path) as media:
        image = next(iter(media.survey())).image.astype(int)
    assert np.abs(np.diff(image[..., 0], axis=0)).mean() < 10


@pytest.mark.parametrize("layout", ["mono", "stereo", "5.1"])
def test_sound_of_any_layout_becomes_mono(tmp_path: Path, layout: str) -> None:
    path = write_video(tmp_path / "a.mkv", FRAMES, sounds=1, sound_codec="flac", layout=layout)
    with Media.open(path) as media:
        sound = media.audio(Span(0.5, 1.5))
    assert sound.shape == (SAMPLE_RATE,) and 0.1 < np.abs(sound).max() <= 2**0.5


def test_the_first_of_several_sound_tracks_is_heard(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", FRAMES, sounds=2, hertz=(440.0, 1000.0))
    with Media.open(path) as media:
        sound = media.audio(Span(0.5, 1.5))
    assert np.abs(np.fft.rfft(sound)).argmax() == pytest.approx(440, abs=2)


def test_blocks_of_sound_join_to_the_whole(tmp_path: Path) -> None:
    path = write_sound_file(tmp_path / "a.flac", codec="flac", seconds=3.0)
    with Media.open(path) as media:
        blocks = list(media.audio_blocks(block_s=0.7))
        whole = media.audio(Span(0.0, 3.0))
    assert [start for start, _ in blocks] == pytest.approx(
        np.cumsum([0, *(b.size for _, b in blocks)])[:-1] / SAMPLE_RATE
    )
    assert np.array_equal(np.concatenate([b for _, b in blocks]), whole)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.m4a", "aac"),
        ("a.mp3", "libmp3lame"),
        ("a.wav", "pcm_s16le"),
        ("a.flac", "flac"),
        ("a.ogg", "libopus"),
        ("a.opus", "libopus"),
    ],
)
def test_sound_files_open(tmp_path: Path, name: str, codec: str) -> None:
    path = write_sound_file(tmp_path / name, codec=codec)
    with Media.open(path) as media:
        assert media.info.kind == "audio" and media.info.duration_s == pytest.approx(2, abs=0.1)
        assert list(media.survey()) == []
        assert media.audio(Span(0.5, 1.5)).size == SAMPLE_RATE


@pytest.mark.parametrize(
    ("name", "codec", "pixels"),
    [("a.jpg", "mjpeg", "yuvj420p"), ("a.png", "png", "rgb24"), ("a.webp", "libwebp", "yuv420p")],
)
def test_pictures_open(tmp_path: Path, name: str, codec: str, pixels: str) -> None:
    path = write_picture(tmp_path / name, quarters(), codec=codec, pixels=pixels)
    with Media.open(path) as media:
        assert (media.info.kind, media.info.duration_s) == ("image", 0.0)
        (frame,) = media.survey()
        assert corners(frame.image) == [RED, GREEN, BLUE, WHITE]


def test_transparent_pixels_show_nothing(tmp_path: Path) -> None:
    import cv2

    rgba = np.dstack([quarters()[..., ::-1], np.full((240, 320), 255, np.uint8)])
    rgba[:, :160, 3] = 0  # the left half is transparent, whatever its colours are
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), rgba)
    with Media.open(path) as media:
        over_white, over_black = (frame.image for frame in media.survey())
    assert (tuple(over_white[20, 20]), tuple(over_black[20, 20])) == (WHITE, (0, 0, 0))
    assert tuple(over_white[20, 300]) == tuple(over_black[20, 300]) == GREEN


def test_animated_gif_is_a_video(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.gif", FRAMES[:10], codec="gif", pixels="rgb8")
    with Media.open(path) as media:
        assert media.info.kind == "video" and len(list(media.survey())) >= 1


BROKEN = [
    pytest.param(b"", "empty", id="empty"),
    pytest.param(b"this is text\n" * 100, "not a media file", id="text"),
    pytest.param(bytes(5000), "not a media file", id="zeros"),
    pytest.param(b"#EXTM3U\n#EXTINF:4,\n/etc/passwd\n#EXT-X-ENDLIST\n", "not a", id="playlist"),
    pytest.param(b"ffconcat version 1.0\nfile '/etc/passwd'\n", "not a media file", id="concat"),
]


@pytest.mark.parametrize(("content", "expected"), BROKEN)
def test_what_is_no_media_says_so(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=expected):
        Media.open(path)


def test_a_video_cut_before_its_index_is_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", FRAMES)
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b"moov") - 4])
    with pytest.raises(MediaError, match="damaged"):
        Media.open(path)


def test_a_damaged_stream_gives_what_can_be_read(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (240, 320, 3), np.uint8)
    path = write_video(tmp_path / "a.ts", [noise] * 50, options={"g": "10"}, sounds=1)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 4000] = bytes(4000)
    path.write_bytes(data)
    with Media.open(path) as media:
        assert len(list(media.window(Span(0, 2)))) > 20


def test_a_picture_over_the_limit_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    import cv2

    side = 8224
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), np.zeros((side, side), np.uint8))
    with pytest.raises(MediaError, match=f"{side} x {side} px") as caught:
        Media.open(path)
    assert caught.value.reason == "too_large" and side * side > MAX_PIXELS


@pytest.mark.parametrize("kind", ["folder", "missing"])
def test_what_is_no_file_says_so(tmp_path: Path, kind: str) -> None:
    path = tmp_path if kind == "folder" else tmp_path / "missing.mp4"
    for read in (Media.open, identify):
        with pytest.raises(MediaError, match=r"regular file|can't be opened"):
            read(path)


def test_a_file_that_is_refused_is_closed_at_once(tmp_path: Path) -> None:
    import gc
    import os

    import cv2

    path = tmp_path / "a.png"
    cv2.imwrite(str(path), np.zeros((8224, 8224), np.uint8))
    gc.disable()
    try:
        with pytest.raises(MediaError):
            Media.open(path)
        opened = [os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.exists()]
        assert str(path) not in opened
    finally:
        gc.enable()


def test_the_name_does_not_matter(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", FRAMES[:5])
    renamed = path.rename(tmp_path / "%d file:http: .jpg\n.txt")
    with Media.open(renamed) as media:
        assert media.info.kind == "video" and media.info.path == str(renamed)


def test_bytes_that_are_not_text_are_shown_escaped() -> None:
    assert shown_path(Path("a\udcff.mp4")) == "a\\xff.mp4"


def test_a_false_length_does_not_hurt(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", FRAMES)
    data = bytearray(path.read_bytes())
    at = data.index(b"mvhd") + 4 + 16  # version and flags, two times, time scale
    data[at : at + 4] = (0x7FFFFFFF).to_bytes(4, "big")
    path.write_bytes(data)
    with Media.open(path) as media:
        assert media.info.duration_s == pytest.approx(
            2, abs=0.1
        )  # by the stream: 68 years is damage
        assert len(list(media.survey())) >= 1
        assert len(list(media.window(Span(0, 10)))) == 50


def test_frames_are_given_back_as_they_are_read(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", [quarters(64, 48)] * 60, rotation=90)
    gc.collect()
    gc.disable()
    try:
        before = _decoded_frames()  # what other tests left behind
        with Media.open(path) as media:
            frames = [*media.survey(), *media.window(Span(0.0, 9.0))]
            frames += media.window(Span(0.0, 9.0), fps=25.0)
            kept = _decoded_frames() - before
    finally:
        gc.enable()
    assert len(frames) > 120
    assert kept < len(frames) // 10, f"{kept} decoded frames wait for the garbage collector"


def _decoded_frames() -> int:
    # By type, not isinstance: that asks what stands behind a weak reference, which may be gone.
    return sum(type(one) is av.VideoFrame for one in gc.get_objects())


@pytest.mark.skipif(not hasattr(os, "sched_getscheduler"), reason="of Linux")
def test_an_encoder_leaves_no_priority_behind(tmp_path: Path) -> None:
    """That of AV1 takes a real-time one as root, and browsers of later tests inherited it."""
    write_video(tmp_path / "a.mp4", FRAMES[:2], codec="libsvtav1")
    assert os.sched_getscheduler(0) == os.SCHED_OTHER

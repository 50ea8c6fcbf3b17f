"""Pictures of more than one part: animations, transparency beside the colours, what is appended."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition
from PIL import Image

from media_screen.evidence import Span
from media_screen.media import Media, MediaError
from media_screen.media.png import MOST_CHUNKS
from media_screen.media.stills import Still
from tests.making import (
    GREEN,
    RED,
    corners,
    quarters,
    tone,
    write_sound,
    write_sound_file,
    write_video,
)

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


def with_other_still(path: Path) -> Path:
    """An animated AVIF whose still, for viewers that play nothing, is none of its frames."""
    animated(path)
    data = bytearray(path.read_bytes())
    place = data.index(b"iloc") + 18  # of the still: where it lies, and how long it is
    SHADES[4].save(path.with_name("bright.avif"), quality=95)
    bright = path.with_name("bright.avif").read_bytes()
    start, length = struct.unpack_from(">II", bright, bright.index(b"iloc") + 18)
    struct.pack_into(">II", data, place, len(data), length)
    path.write_bytes(data + bright[start : start + length])
    return path


def branded(brand: bytes) -> Callable[[Path], Path]:
    """An animated AVIF that says that it is of another brand."""

    def write(path: Path) -> Path:
        data = animated(path).read_bytes()
        assert data[4:12] == b"ftypavis"
        path.write_bytes(data[:8] + brand + data[12:])
        return path

    return write


def film_behind_still(path: Path) -> Path:
    """A film whose first track, which players show, is a single picture."""
    with av.open(str(path), "w") as container:
        tracks = []
        for _ in range(2):
            track = container.add_stream("mpeg2video", rate=25)
            track.width, track.height, track.pix_fmt = 64, 48, "yuv420p"
            tracks.append(track)
        tracks[0].disposition, tracks[1].disposition = Disposition.default, 0
        for track, shades in zip(tracks, (SHADES[:1], SHADES), strict=True):
            for number, shade in enumerate(one for one in shades for _ in range(10)):
                if track is tracks[0] and number:
                    break
                frame = av.VideoFrame.from_ndarray(np.asarray(shade), format="rgb24")
                frame.pts = number
                container.mux(track.encode(frame))
            container.mux(track.encode())
    return path


def with_chunks(count: int, size: int = 2048) -> Callable[[Path], Path]:
    """An animated PNG with so many texts of so many bytes before it says that it is one."""

    def write(path: Path) -> Path:
        data = animated(path).read_bytes()
        at = data.index(b"acTL") - 4
        path.write_bytes(data[:at] + count * chunk(b"tEXt", b"C\0" + bytes(size)) + data[at:])
        return path

    return write


def chunk(name: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


def with_still_apart(path: Path) -> Path:
    SHADES[0].save(path, save_all=True, append_images=SHADES, duration=400, default_image=True)
    return path


def announced_late(path: Path) -> Path:
    """A PNG that says only behind its picture that it is animated, for which it is too late."""
    data = animated(path).read_bytes()
    at, end = data.index(b"acTL") - 4, data.index(b"acTL") + 16
    after = data.index(b"fcTL", data.index(b"IDAT")) - 4
    path.write_bytes(data[:at] + data[end:after] + data[at:end] + data[after:])
    return path


def named_chapters(path: Path) -> Path:
    """A film with sound, which says that its pictures are those of the chapters of its sound."""
    write_video(path, [np.asarray(shade) for shade in SHADES for _ in range(10)], sounds=1)
    return calling_chapters(path, track=1)


def with_chapters(path: Path) -> Path:
    """A film of 10 s with sound, and a picture of each of the two chapters of that."""
    with av.open(str(path), "w") as container:
        film, chapters = (container.add_stream("mpeg4", rate=25) for _ in range(2))
        sound = container.add_stream("aac", rate=48_000, layout="mono")
        for track in (film, chapters):
            track.width, track.height, track.pix_fmt = 64, 48, "yuv420p"
        for track, step in ((film, 1), (chapters, 125)):
            for number in range(0, 250, step):
                frame = av.VideoFrame.from_ndarray(np.asarray(SHADES[step > 1]), format="rgb24")
                frame.pts = number
                container.mux(track.encode(frame))
            container.mux(track.encode())
        write_sound(container, sound, tone(10.0, 48_000), 48_000, "mono")
    return calling_chapters(path, track=2)


def calling_chapters(path: Path, *, track: int) -> Path:
    """Let the last track of an MP4, its sound, name another one as the pictures of its chapters."""
    data = path.read_bytes()
    chapters = box(b"tref", box(b"chap", struct.pack(">I", track)))
    for name in (b"trak", b"moov"):
        at = data.rindex(name) - 4
        (size,) = struct.unpack_from(">I", data, at)
        end = at + size
        data = data[:at] + struct.pack(">I", size + len(chapters)) + data[at + 4 :]
        if name == b"trak":
            data = data[:end] + chapters + data[end:]
    path.write_bytes(data)
    return path


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + name + content


@pytest.mark.parametrize(
    ("name", "write"),
    [
        pytest.param("a.avif", animated, id="avif"),
        pytest.param("a.avif", with_other_still, id="avif-with-other-still"),
        *(pytest.param("a.avif", branded(one), id=one.decode()) for one in (b"avif", b"msf1")),
        pytest.param("a.mkv", film_behind_still, id="matroska"),
        pytest.param("a.ts", film_behind_still, id="ts"),
        pytest.param("a.mp4", named_chapters, id="chapters"),
        pytest.param("a.png", with_chunks(1), id="png-with-text"),
        pytest.param("a.png", with_chunks(40, 60_000), id="png-with-long-texts"),
        pytest.param("a.png", with_chunks(MOST_CHUNKS, 0), id="png-with-too-many-chunks"),
    ],
)
def test_a_film_is_looked_at_whatever_it_hides_behind(
    tmp_path: Path, name: str, write: Callable[[Path], Path]
) -> None:
    with Media.open(write(tmp_path / name)) as media:
        assert media.info.kind == "video"
        seen = [frame.image.mean() for frame in media.window(Span(0.0, 9.0))]
        assert media.pictures.end_s == pytest.approx(media.info.duration_s, abs=0.05)
    for shade in (0, 60, 120, 180, 240):
        assert min(abs(one - shade) for one in seen) < 5


def test_a_picture_that_says_too_late_that_it_moves_is_one(tmp_path: Path) -> None:
    with Media.open(announced_late(tmp_path / "a.png")) as media:
        assert media.info.kind == "image" and len(list(media.survey())) == 1


def test_a_png_of_too_many_chunks_is_refused(tmp_path: Path) -> None:
    path = plain(tmp_path / "a.png")
    data = path.read_bytes()
    path.write_bytes(data[:33] + MOST_CHUNKS * chunk(b"tEXt", b"C\0") + data[33:])
    with pytest.raises(MediaError, match="not a media file, or one that is damaged"):
        Media.open(path)


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


def see_through_animation(path: Path) -> Path:
    frames = [shade.convert("RGBA") for shade in SHADES]
    for frame in frames:
        frame.putalpha(100)
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=400, quality=95)
    return path


def plain(path: Path) -> Path:
    Image.fromarray(quarters()).save(path)
    return path


@pytest.mark.parametrize(
    ("name", "write", "told"),
    [
        pytest.param(
            "a.tif", pages, ["2 further pictures, which some viewers show"], id="tiff-pages"
        ),
        pytest.param("a.mpo", pages, ["2 further pictures, which viewers don't show"], id="mpo"),
        pytest.param("a.jpg", motion_photo, ["a video is appended"], id="motion-photo"),
        pytest.param("a.mp3", with_cover, ["cover picture"], id="cover"),
        pytest.param("a.mp4", with_chapters, ["cover picture"], id="chapters"),
        pytest.param("a.webm", see_through, ["transparent in browsers"], id="vp9-alpha"),
        pytest.param("a.webp", animated, [], id="animation"),
        pytest.param("a.png", with_chunks(1), [], id="png-animation"),
        pytest.param("a.png", with_still_apart, ["play no animation"], id="png-with-still-apart"),
        pytest.param("a.avif", animated, [], id="avif-animation"),
        pytest.param("a.avif", with_other_still, ["1 further track"], id="avif-with-other-still"),
        pytest.param("a.avif", see_through_animation, ["transparent in browsers"], id="avif-alpha"),
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

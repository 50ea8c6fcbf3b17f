"""A picture is given as a viewer sees it: turned, mirrored, in an ordinary screen's colours."""

from __future__ import annotations

import itertools
import struct
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.bitstream import BitStreamFilterContext
from PIL import Image, ImageCms

from media_screen.evidence import Span
from media_screen.media import Media, MediaError, convert
from media_screen.media.convert import over_backdrops
from media_screen.media.tone import HLG, PQ, tone_mapped
from tests.making import BLUE, GREEN, RED, WHITE, Colour, corners, quarters, write_video

FRAMES = [quarters()] * 5
Matrix = tuple[float, float, float, float]  # 2 x 2: a, b, c, d

# What the corners show, row by row, for each of the eight ways a display matrix or EXIF can ask.
WAYS: dict[str, tuple[Matrix, int, list[Colour]]] = {
    "upright": ((1, 0, 0, 1), 1, [RED, GREEN, BLUE, WHITE]),
    "mirrored": ((-1, 0, 0, 1), 2, [GREEN, RED, WHITE, BLUE]),
    "half-turn": ((-1, 0, 0, -1), 3, [WHITE, BLUE, GREEN, RED]),
    "flipped": ((1, 0, 0, -1), 4, [BLUE, WHITE, RED, GREEN]),
    "transposed": ((0, 1, 1, 0), 5, [RED, BLUE, GREEN, WHITE]),
    "clockwise": ((0, 1, -1, 0), 6, [BLUE, RED, WHITE, GREEN]),
    "transversed": ((0, -1, -1, 0), 7, [WHITE, GREEN, BLUE, RED]),
    "counterclockwise": ((0, -1, 1, 0), 8, [GREEN, WHITE, RED, BLUE]),
}


def with_matrix(path: Path, matrix: Matrix) -> Path:
    """Write a video whose track asks for a display matrix."""
    write_video(path, FRAMES)
    data = bytearray(path.read_bytes())
    at = data.find(b"tkhd") + 44
    a, b, c, d = (round(number * 65536) for number in matrix)
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


def first_views(path: Path) -> list[np.ndarray]:
    """The views of the first moment, whose shape is that in the record."""
    with Media.open(path) as media:
        frames = list(media.survey())
        height, width = frames[0].image.shape[:2]
        assert media.info.width / media.info.height == pytest.approx(width / height, rel=0.01)
    return [frame.image for frame in frames if frame.time_s - frames[0].time_s < 0.01]


@pytest.mark.parametrize(("matrix", "exif", "expected"), WAYS.values(), ids=WAYS)
def test_a_video_is_shown_as_its_display_matrix_says(
    tmp_path: Path, matrix: Matrix, exif: int, expected: list[Colour]
) -> None:
    (image,) = first_views(with_matrix(tmp_path / "a.mp4", matrix))
    assert corners(image) == expected


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
@pytest.mark.parametrize(("matrix", "exif", "expected"), WAYS.values(), ids=WAYS)
def test_a_picture_is_shown_as_its_exif_says(
    tmp_path: Path, matrix: Matrix, exif: int, expected: list[Colour], suffix: str
) -> None:
    tags = Image.Exif()
    tags[0x0112] = exif
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(quarters()).save(path, exif=tags)
    (image,) = first_views(path)
    assert corners(image) == expected


@pytest.mark.parametrize(
    ("matrix", "like"),
    [
        pytest.param((0, 0, 0, 0), "upright", id="zeros"),
        pytest.param((0.98, 0.17, -0.17, 0.98), "upright", id="ten-degrees"),
        pytest.param((-0.98, 0.17, 0.17, 0.98), "mirrored", id="mirrored-ten-degrees"),
        pytest.param((0.1, 1, -1, 0.1), "clockwise", id="nearly-a-quarter"),
    ],
)
def test_a_matrix_between_the_eight_ways_gives_the_nearest(
    tmp_path: Path, matrix: Matrix, like: str
) -> None:
    (image,) = first_views(with_matrix(tmp_path / "a.mp4", matrix))
    assert corners(image) == WAYS[like][2]


READ = """
import gc, sys
from media_screen.media import Media
for _ in range(3):
    with Media.open(sys.argv[1]) as media:
        assert list(media.survey())
    gc.collect()
"""


@pytest.mark.parametrize(
    ("suffix", "frames"), [("png", 1), ("png", 3), ("jpg", 1), ("webp", 1), ("webp", 3)]
)
def test_colour_profiles_and_exif_do_not_end_the_process(
    tmp_path: Path, suffix: str, frames: int
) -> None:
    tags, profile = Image.Exif(), ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    tags[0x0112] = 2
    path = tmp_path / f"a.{suffix}"
    images = [Image.fromarray(np.full((48, 64, 3), 40 * n, np.uint8)) for n in range(frames)]
    more: dict[str, Any] = {"save_all": True, "append_images": images[1:]} if frames > 1 else {}
    images[0].save(path, exif=tags, icc_profile=profile.tobytes(), **more)
    done = subprocess.run([sys.executable, "-c", READ, str(path)], timeout=60, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("aspect", [Fraction(1, 10), Fraction(10, 1), Fraction(64, 45)])
def test_any_pixel_ratio_is_applied_as_players_do(tmp_path: Path, aspect: Fraction) -> None:
    (image,) = first_views(write_video(tmp_path / "a.mp4", FRAMES, aspect=aspect))
    height, width = image.shape[:2]
    assert width / height == pytest.approx(float(aspect) * 320 / 240, rel=0.02)


COLOURS = [
    *(("matrix_coefficients", value) for value in (0, 3, 8, 9, 10, 11, 12, 13, 14, 15, 200)),
    *(("transfer_characteristics", value) for value in (0, 3, 9, 16, 17, 18, 19, 200)),
    *(("colour_primaries", value) for value in (0, 3, 10, 22, 200)),
]


def with_colours(path: Path, source: Path, name: str, value: int) -> Path:
    """Copy an H.264 video, and its sound, with one colour declaration changed."""
    with av.open(str(source)) as before, av.open(str(path), "w") as after:
        streams = {one.index: after.add_stream_from_template(one) for one in before.streams}
        picture = before.streams.video[0]
        change = BitStreamFilterContext(f"h264_metadata={name}={value}", picture, streams[0])
        for packet in before.demux():
            for one in change.filter(packet) if packet.stream is picture else [packet]:
                if one.size:
                    one.stream = streams[one.stream_index]
                    after.mux(one)
    return path


@pytest.mark.parametrize(("name", "value"), COLOURS)
def test_a_colour_declaration_stops_nothing(tmp_path: Path, name: str, value: int) -> None:
    source = write_video(tmp_path / "plain.mp4", FRAMES, sounds=1)
    path = with_colours(tmp_path / "a.mp4", source, name, value)
    with Media.open(path) as media:
        (frame, *_) = media.survey()
        assert corners(frame.image) == [RED, GREEN, BLUE, WHITE]
        assert media.audio(Span(0.0, 0.2)).size and not media.bad_packets


def test_a_frame_that_can_not_be_converted_costs_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_video(tmp_path / "a.mp4", [quarters()] * 10)
    convert_, count = convert._reformatted, itertools.count()

    def fails(*how: Any) -> Any:
        if next(count) == 4:
            raise MediaError("a frame that can't be converted")
        return convert_(*how)

    monkeypatch.setattr(convert, "_reformatted", fails)
    with Media.open(path) as media:
        assert len(list(media.window(Span(0.0, 1.0)))) == 9 and media.bad_packets == 1


def test_a_picture_that_claims_endless_pixels_is_refused() -> None:
    raw = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
    with pytest.raises(MediaError, match="px"):
        convert.shown(raw, 1e6, way=convert.Orientation(), most=None)


def code_of(light: np.ndarray, transfer: int) -> np.ndarray:
    """The 16-bit codes of light over reference white, by the formulas of BT.2100."""
    if transfer == PQ:
        power = np.power(light * 203 / 10_000, 2610 / 16384)
        signal = np.power((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power), 2523 / 32)
    else:  # grey: the screen's light is the scene's to the power of 1.2
        scene = np.power(light * 203 / 1000, 1 / 1.2)
        high = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
        signal = np.where(scene <= 1 / 12, np.sqrt(3 * scene), high)
    return np.round(signal * 65535).astype(np.uint16)


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_high_range_keeps_what_an_ordinary_screen_shows(transfer: int) -> None:
    grey = np.arange(0, 220, 5, dtype=np.uint8)
    codes = code_of(np.power(grey / 255, 2.4), transfer)
    pixels = np.repeat(codes[None, :, None], 3, axis=2)
    for primaries in (1, 9):  # grey is grey in both
        mapped = tone_mapped(pixels, transfer, primaries)
        assert np.abs(mapped[0, :, 0].astype(int) - grey).max() <= 2


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_high_range_rolls_off_what_is_brighter_than_the_screen(transfer: int) -> None:
    light = np.array([0.5, 1.0, 2.0, 4.0])
    pixels = np.repeat(code_of(light, transfer)[None, :, None], 3, axis=2)
    (row,) = tone_mapped(pixels, transfer, 9)[..., 0]
    assert np.all(np.diff(row.astype(int)) > 0) and row[1] > 230 and row[-1] <= 255


def test_wide_primaries_become_those_of_an_ordinary_screen() -> None:
    codes = np.array([[[30_000, 20_000, 20_000]]], np.uint16)
    wide, ordinary = (tone_mapped(codes, PQ, primaries).astype(int)[0, 0] for primaries in (9, 1))
    assert wide[0] > ordinary[0] and wide[1] < ordinary[1]


FACE = np.asarray(Image.fromarray(quarters()).convert("L"))


def hidden(levels: int) -> np.ndarray:
    """A picture whose pixels are all transparent, RGBA at 8 or 16 bits."""
    rgba = np.dstack([quarters(), np.zeros((240, 320), np.uint8)])
    return rgba if levels == 8 else rgba.astype(np.uint16) * 257


def write_png(path: Path, pixels: np.ndarray) -> Path:
    import cv2

    order = [2, 1, 0, 3] if pixels.shape[2] == 4 else slice(None)
    cv2.imwrite(str(path), pixels[..., order])
    return path


def palette(path: Path) -> Path:
    """A picture of one colour of a palette, which is transparent."""
    Image.new("P", (320, 240), 0).save(path, transparency=0)
    return path


def saved(path: Path, rgba: np.ndarray, *, mode: str = "RGBA", **how: Any) -> Path:
    Image.fromarray(rgba).convert(mode).save(path, **how)
    return path


HIDDEN: dict[str, Callable[[Path], Path]] = {
    "png-8": lambda path: write_png(path.with_suffix(".png"), hidden(8)),
    "png-16": lambda path: write_png(path.with_suffix(".png"), hidden(16)),
    "png-palette": lambda path: palette(path.with_suffix(".png")),
    "webp": lambda path: saved(path.with_suffix(".webp"), hidden(8), lossless=True, exact=True),
    "tiff": lambda path: saved(path.with_suffix(".tif"), hidden(8)),
    "gif": lambda path: palette(path.with_suffix(".gif")),
    "png-grey": lambda path: saved(path.with_suffix(".png"), hidden(8), mode="LA"),
}


@pytest.mark.parametrize("write", HIDDEN.values(), ids=HIDDEN)
def test_hidden_pixels_show_nothing(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    views = first_views(write(tmp_path / "a"))
    assert [view.min() for view in views] == [255, 0] and [view.max() for view in views] == [255, 0]


@pytest.mark.parametrize("levels", [8, 16])
@pytest.mark.parametrize("ground", [0, 128, 255])
def test_a_picture_drawn_in_the_transparency_is_seen(
    tmp_path: Path, levels: int, ground: int
) -> None:
    rgba = np.dstack([np.full((240, 320, 3), ground, np.uint8), 255 - FACE])
    views = first_views(
        write_png(tmp_path / "a.png", rgba if levels == 8 else rgba.astype(np.uint16) * 257)
    )
    assert len(views) == 2 and max(float(view.std()) for view in views) > 20


def test_rounded_corners_are_seen_over_white_alone() -> None:
    rgba = np.dstack([quarters(), np.full((240, 320), 255, np.uint8)])
    rgba[:4, :4, 3] = 0
    (image,) = over_backdrops(rgba, (320, 240))
    assert image[0, 0].tolist() == [255, 255, 255] and tuple(image[20, 20]) == RED


def test_a_transparent_picture_is_scaled_without_its_hidden_colours() -> None:
    rgba = np.zeros((4, 4, 4), np.uint8)
    rgba[..., 0], rgba[:, 2:, 1], rgba[:, 2:, 3] = 255, 255, 255  # hidden red beside yellow
    white, black = over_backdrops(rgba, (1, 1))
    assert white[0, 0].tolist() == pytest.approx([255, 255, 128], abs=1)
    assert black[0, 0].tolist() == pytest.approx([128, 128, 0], abs=1)


def test_both_views_of_a_transparent_video_come_in_order(tmp_path: Path) -> None:
    frames = [np.dstack([quarters(), FACE])] * 5
    path = tmp_path / "a.mov"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("png", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "rgba"
        for image in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgba")))
        container.mux(stream.encode())
    with Media.open(path) as media:
        times = [frame.time_s for frame in media.window(Span(0.0, 1.0))]
    assert len(times) == 10 and np.all(np.diff(times) > 0)


def test_added_turns_hold_for_every_pass(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", FRAMES)
    with Media.open(path) as media:
        media.turns = 1
        for frames in (media.survey(), media.window(Span(0.0, 0.1))):
            assert corners(next(iter(frames)).image) == [GREEN, WHITE, RED, BLUE]

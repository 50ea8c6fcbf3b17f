"""Text is looked for where it can be: in what has edges, and in all stills where some show any."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from media_screen.arrays import Image
from media_screen.evidence import TextLine
from media_screen.names.ocr import MARGIN, READ, TextReader, read_all, with_edges


def written(grey: int, *, opacity: float, size: int = 14) -> Image:
    """A picture of one grey with a text at (400, 300)."""
    picture = Pillow.new("RGB", (960, 540), (grey, grey, grey))
    level = round(grey + opacity * (255 - grey))
    font = ImageFont.load_default(size=size)
    ImageDraw.Draw(picture).text((400, 300), "@somebody", font=font, fill=(level,) * 3)
    return np.asarray(picture, np.uint8)


@pytest.mark.parametrize("opacity", [0.3, 0.9])
@pytest.mark.parametrize("size", [11, 40])
def test_even_faint_text_lies_in_the_part_that_is_searched(opacity: float, size: int) -> None:
    left, top, right, bottom = with_edges(written(90, opacity=opacity, size=size))
    assert 400 - 2 * MARGIN < left <= 402 and 300 - 2 * MARGIN < top <= 300 + size // 2
    assert 400 + 4 * size < right < 960 and 300 + size // 2 < bottom < 540


def test_bars_and_blurred_fillings_are_left_out() -> None:
    picture = np.zeros((540, 960, 3), np.uint8)
    picture[:, :] = np.linspace(40, 200, 960).astype(np.uint8)[None, :, None]
    picture[:, 300:660] = np.random.default_rng(1).integers(0, 255, (540, 360, 3), np.uint8)
    picture[:60], picture[480:] = 0, 0
    left, top, right, bottom = with_edges(picture)
    assert (left, right) == pytest.approx((300 - MARGIN, 660 + MARGIN), abs=2)
    assert (top, bottom) == pytest.approx((60 - MARGIN, 480 + MARGIN), abs=2)


def test_a_picture_of_one_colour_has_nothing_to_read() -> None:
    assert with_edges(np.full((540, 960, 3), 7, np.uint8)) == (0, 0, 0, 0)


class NotingReader(TextReader):
    """Reads the text that a still is said to have, and notes which were read and which glanced at.

    A still is its number; `small` and `large` are the numbers that show text of that size.
    """

    def __init__(self, *, small: set[int], large: set[int]) -> None:
        self.small, self.large = small, large
        self.read_stills: list[float] = []

    def read(self, image: Image, time_s: float) -> tuple[TextLine, ...]:
        self.read_stills.append(time_s)
        shown = int(time_s) in self.small | self.large
        return (TextLine("text", time_s, (0.1, 0.1, 0.2, 0.2)),) if shown else ()

    def shows_large_text(self, image: Image) -> bool:
        return int(image[0, 0, 0]) in self.large


@pytest.mark.parametrize(
    ("small", "large", "count"),
    [
        pytest.param(set(), set(), READ, id="no-text"),
        pytest.param(set(range(6)), set(), 6, id="a-small-mark-in-all"),
        pytest.param({0}, set(), 6, id="a-small-mark-at-the-beginning"),
        pytest.param(set(), {1}, READ + 1, id="a-caption-in-one"),
    ],
)
def test_stills_without_text_are_not_all_read(small: set[int], large: set[int], count: int) -> None:
    reader = NotingReader(small=small, large=large)
    stills = [(float(number), np.full((4, 4, 3), number, np.uint8)) for number in range(6)]
    lines = read_all(reader, stills)
    assert len(reader.read_stills) == count
    assert [line.time_s for line in lines] == sorted(float(n) for n in small | large)

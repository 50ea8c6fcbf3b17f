"""Frames that follow closely are searched whole once a second, and where something is missing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from media_screen.arrays import Image
from media_screen.faces.detect import Detection, FaceDetector
from media_screen.faces.search import NARROWER, CloseSearch
from tests.faces.making import astronaut

LEAST = 28.0


class ShownWidths(FaceDetector):
    """Finds the faces whose widths are written into a picture, and notes how it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, float]] = []  # number of the picture, least width

    def detect(self, images: Sequence[Image], *, smallest_px: float = 0.0) -> list[list[Detection]]:
        found = []
        for image in images:
            self.asked.append((int(image[0, 0, 0]), smallest_px))
            widths = [float(width) for width in image[1, :, 0] if width and width >= smallest_px]
            points = np.zeros((5, 2), np.float32)
            found.append([Detection((0, 0, px, px), points, 0.9) for px in widths])
        return found


def picture(number: int, widths: Sequence[int]) -> Image:
    image = np.zeros((2, 8, 3), np.uint8)
    image[0, 0, 0] = number
    image[1, : len(widths), 0] = widths
    return image


def run(
    shown: Sequence[Sequence[int]], *, cuts: Sequence[int] = (), batch: int = 8
) -> tuple[list[list[float]], dict[int, list[float]]]:
    """Return the widths that were found, and the least widths that each frame was searched for."""
    detector = ShownWidths()
    search = CloseSearch(detector, least_px=LEAST)
    images = [picture(number, widths) for number, widths in enumerate(shown)]
    found: list[list[Detection]] = []
    for start in range(0, len(images), batch):
        numbers = range(start, min(start + batch, len(images)))
        found += search.detect(
            [0.2 * number for number in numbers],
            [images[number] for number in numbers],
            [number in cuts for number in numbers],
        )
    asked: dict[int, list[float]] = {}
    for number, px in detector.asked:
        asked.setdefault(number, []).append(px)
    return [[one.box[2] for one in faces] for faces in found], asked


@pytest.mark.parametrize("batch", [1, 3, 8, 16])
def test_all_of_a_frame_is_searched_once_a_second(batch: int) -> None:
    found, asked = run([[100]] * 20, batch=batch)
    assert found == [[100.0]] * 20
    assert [number for number, px in asked.items() if 0.0 in px] == [0, 5, 10, 15]
    assert {px for pxs in asked.values() for px in pxs} == {0.0, 100 * NARROWER}


def test_a_face_that_is_lost_is_searched_for_everywhere() -> None:
    found, asked = run([[100, 50], [100, 50], [100, 39], [100], [100, 50]])
    assert found == [[100, 50], [100, 50], [100, 39], [100], [100, 50]]
    assert asked[1] == [pytest.approx(40)] and len(asked[2]) == len(asked[3]) == 2


def test_a_new_shot_is_searched_whole() -> None:
    found, _ = run([[100], [100], [60], [60]], cuts=[2])
    assert found == [[100], [100], [60], [60]]


def test_new_faces_are_found_at_once_when_large_and_else_within_a_second() -> None:
    found, _ = run([[100], [100, 90], [100, 40], [100, 40], [100, 40], [100, 40], [100, 40]])
    assert found[1] == [100, 90] and found[2] == [100] and found[5] == found[6] == [100, 40]


def test_without_faces_only_large_ones_are_looked_for_in_between() -> None:
    _, asked = run([[]] * 6)
    assert asked[1] == [float("inf")] and asked[5] == [0.0]


def test_faces_too_small_to_compare_make_nothing_dearer() -> None:
    _, asked = run([[100, 20], [100], [100]])
    assert asked[1] == [pytest.approx(80)]


@pytest.mark.parametrize("smallest_px", [0.0, 40.0, 80.0, float("inf")])
def test_the_scale_for_a_known_face_moves_it_little(smallest_px: float) -> None:
    detector = FaceDetector.load()
    image = np.ascontiguousarray(np.pad(astronaut(), ((100, 100), (400, 400), (0, 0))))
    (whole,) = detector.detect([image])
    (quick,) = detector.detect([image], smallest_px=smallest_px)
    assert len(whole) == len(quick) == 1
    width = whole[0].box[2] - whole[0].box[0]
    assert np.abs(whole[0].landmarks - quick[0].landmarks).max() < 0.03 * width

"""Captions, headlines and boxes are found; coding, blur and a place beside it are none."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from media_screen.arrays import Flags, Image
from media_screen.footage.original.laid_over import laid_over
from media_screen.footage.original.overlay import COARSE_PX, FINE_PX, band, grey
from tests.footage.original.making import SIZE, room, scene

Box = tuple[int, int, int, int]  # left, top, right, bottom
WHOLE = np.ones((SIZE[1], SIZE[0]), bool)


def found(file: Image, original: Image, where: Flags = WHOLE) -> Flags:
    mine, theirs = (band(grey(image), FINE_PX, COARSE_PX) for image in (file, original))
    return laid_over(mine, theirs, where)


def captioned(image: Image, place: tuple[int, int] = (60, 290), words: str = "caption") -> Image:
    drawn: Image = image.copy()
    cv2.putText(drawn, words, place, 0, 1.4, (0, 0, 0), 8, cv2.LINE_AA)
    cv2.putText(drawn, words, place, 0, 1.4, (255, 240, 80), 3, cv2.LINE_AA)
    return drawn


def boxed(image: Image) -> Image:
    drawn: Image = image.copy()
    drawn[20:120, 340:460] = room(9)[:100, :120]
    return drawn


LAID: dict[str, tuple[Callable[[Image], Image], Box]] = {
    "letters": (captioned, (62, 262, 250, 292)),
    "another-picture": (boxed, (350, 30, 450, 110)),
}


@pytest.mark.parametrize("kind", LAID)
def test_what_lies_over_a_picture_is_found_and_little_else(kind: str) -> None:
    change, (left, top, right, bottom) = LAID[kind]
    over = found(change(scene()), scene())
    assert over[top:bottom, left:right].mean() > 0.8
    beside = over.copy()
    beside[max(0, top - 25) : bottom + 25, max(0, left - 25) : right + 25] = False
    assert not beside.any()


def _coded(image: Image) -> Image:
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 15])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


HARMLESS: dict[str, Callable[[Image], Image]] = {
    "the same": lambda image: image,
    "strongly coded": _coded,
    "blurred": lambda image: np.asarray(cv2.GaussianBlur(image, (0, 0), 2.0), np.uint8),
    "darker": lambda image: np.asarray(image * 0.5 + 20, np.uint8),
    "a px beside": lambda image: np.roll(image, 1, axis=1),
}


@pytest.mark.parametrize("kind", HARMLESS)
def test_what_coding_and_filters_do_lies_over_nothing(kind: str) -> None:
    assert found(HARMLESS[kind](scene()), scene()).mean() < 0.01


def test_another_picture_everywhere_is_not_laid_over() -> None:
    assert not found(room(3), room(0)).any()


def test_only_what_is_asked_about_is_found() -> None:
    left = WHOLE.copy()
    left[:, 150:] = False
    over = found(captioned(scene()), scene(), left)
    assert over.any() and not over[:, 150:].any()
    assert not found(captioned(scene()), scene(), np.zeros_like(WHOLE)).any()


@pytest.mark.parametrize("grey_level", [0, 90, 255])
def test_letters_on_plain_ground_are_found_and_the_ground_is_not(grey_level: int) -> None:
    plain = np.full((*WHOLE.shape, 3), grey_level, np.uint8)
    assert not found(plain, plain).any()
    over = found(captioned(plain), plain)
    assert over[262:292, 62:250].mean() > 0.7 and not over[:230].any()


def dressed(moved: int) -> Image:
    """The room with somebody's patterned jacket in it, so many px to the right."""
    image = scene()
    image[215:320, 130 + moved : 350 + moved] = room(7)[:105, :220]
    return image


@pytest.mark.parametrize("moved", [6, 12, 20])
def test_what_moved_is_not_laid_over(moved: int) -> None:
    assert found(dressed(moved), dressed(0)).mean() < 0.03


def test_with_half_of_the_picture_covered_it_is_another_one() -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 255, (*WHOLE.shape, 3)).astype(np.uint8)
    for share, most in ((0.3, 0.5), (0.6, 0.0)):
        covered = scene()
        columns = round(share * SIZE[0])
        covered[:, :columns] = noise[:, :columns]
        assert (found(covered, scene()).mean() > 0) == (most > 0)

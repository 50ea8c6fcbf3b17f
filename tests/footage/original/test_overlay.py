"""Where the picture of a file lies in the original's is found by what is outside of faces."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from media_screen.arrays import Doubles, Image
from media_screen.footage.original import overlay
from media_screen.footage.original.overlay import Overlay, Sighted, canvas, find_overlay, refined
from tests.footage.original.making import FACE, SIZE, scene

# What is done to a copy: (picture, what takes its px back to the original's).
Taken = tuple[Image, Doubles]


def _by(matrix: Doubles, size: tuple[int, int]) -> Callable[[Image], Taken]:
    def move(image: Image) -> Taken:
        moved = cv2.warpAffine(image, matrix, size, borderValue=(90, 20, 160))
        return np.asarray(moved, np.uint8), np.asarray(
            cv2.invertAffineTransform(matrix), np.float64
        )

    return move


WAYS = {
    "as it was": _by(np.array([[1.0, 0, 0], [0, 1.0, 0]]), SIZE),
    "half the size": _by(np.array([[0.5, 0, -0.25], [0, 0.5, -0.25]]), (240, 160)),
    "cropped": _by(np.array([[1.0, 0, -70], [0, 1.0, -30]]), (340, 260)),
    "inset": _by(np.array([[0.7, 0, 200], [0, 0.7, 40]]), (640, 360)),
    "stretched": _by(np.array([[0.8, 0, 0], [0, 1.0, 0]]), (384, 320)),
    "bordered": _by(np.array([[0.9, 0, 60], [0, 0.9, 30]]), (560, 350)),
    "leaning": _by(np.array([[0.995, -0.05, 20], [0.05, 0.995, -8]]), SIZE),
}


CLOSE = ((FACE - (112, 70)) * (480 / 255, 320 / 170)).astype(np.float32)


def _close_up(step: int) -> Image:
    """A face in front of a plain wall, and a little of the room at the left."""
    image = cv2.resize(scene(step)[70:240, 112:367], SIZE, interpolation=cv2.INTER_CUBIC)
    outside = ~overlay.heads(image.shape, [CLOSE], 0.85)
    outside[:, :110] = False
    image[outside] = (120, 130, 140)
    return np.asarray(image, np.uint8)


@pytest.mark.parametrize("person", [0, 5], ids=["copy", "another-face"])
@pytest.mark.parametrize("way", WAYS)
def test_a_picture_is_laid_where_it_was_taken_from(way: str, person: int) -> None:
    seen = []
    for step in (0, 3, 6):
        picture, back = WAYS[way](scene(step, person=person))
        here = cv2.invertAffineTransform(back)
        seen.append(Sighted(picture, scene(step), ((FACE @ here[:, :2].T + here[:, 2]),)))
    found = find_overlay(seen)
    assert found is not None and found.score > 0.5
    exact = refined(found, seen)
    assert exact.over < 0.02
    # what stands straight is laid straight
    assert bool(exact.matrix[0, 1] == 0.0) is (way != "leaning")
    corners = np.array([[20.0, 20], [200, 30], [60, 140], [220, 150]])
    wanted = corners @ back[:, :2].T + back[:, 2]
    assert np.abs(exact.points(corners.astype(np.float32)) - wanted).max() < 1.0


def test_a_close_up_is_laid_exactly_within_the_face() -> None:
    rng = np.random.default_rng(4)
    seen = []
    for step in (0, 3, 6):
        picture, back = WAYS["half the size"](_close_up(step))
        noisy = np.clip(picture + rng.normal(0, 6, picture.shape), 0, 255).astype(np.uint8)
        here = cv2.invertAffineTransform(back)
        seen.append(Sighted(noisy, _close_up(step), ((CLOSE @ here[:, :2].T + here[:, 2]),)))
    found = find_overlay(seen)
    assert found is not None
    placed = refined(found, seen).points(seen[0].faces[0].astype(np.float32))
    # by the strip of room alone it lies .16 px beside
    assert np.abs(placed - CLOSE).max() < 0.08


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_picture_that_was_turned_is_laid_too(quarters: int) -> None:
    turned = np.ascontiguousarray(np.rot90(scene(), quarters))
    seen = [Sighted(turned, scene(), ())]
    found = find_overlay(seen)
    assert found is not None and refined(found, seen).score > 0.99


@pytest.mark.parametrize("scale", [0.0, 1e-9, 1e-3, 0.15])
def test_a_place_with_next_to_nothing_of_a_picture_is_none(scale: float) -> None:
    matrix = np.array([[scale, 0, 100.0], [0, scale, 100.0]])
    assert overlay.scored(matrix, [Sighted(scene(), scene(), ())]) is None


def test_pictures_of_two_rooms_are_laid_nowhere_well() -> None:
    rng = np.random.default_rng(3)
    other = cv2.resize(rng.integers(0, 255, (40, 60, 3), np.uint8), SIZE)
    found = find_overlay([Sighted(np.asarray(other, np.uint8), scene(0), ())])
    assert found is None or found.score < 0.2


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        ((480, 320), (480, 320)),
        ((1920, 1080), (569, 320)),
        ((1080, 1920), (320, 569)),
        ((99, 50), (99, 50)),
    ],
    ids=["as-large", "wide", "tall", "small"],
)
def test_a_canvas_is_320_px_on_its_short_side(
    size: tuple[int, int], wanted: tuple[int, int]
) -> None:
    made = canvas(np.zeros((size[1], size[0], 3), np.uint8))
    assert made.shape[1::-1] == wanted


def test_a_place_on_a_smaller_canvas_is_the_same_place() -> None:
    whole = Overlay(np.array([[0.9, 0, 12.0], [0, 0.9, 6.0]]), SIZE, 1.0)
    half = whole.resized(SIZE[0] // 2, SIZE[1] // 2)
    points = np.array([[100.0, 80.0]], np.float32)
    assert (whole.points(points) + 0.5) / 2 - 0.5 == pytest.approx(half.points(points))


def test_faces_are_left_out_where_enough_lies_outside() -> None:
    mask = overlay.heads((320, 480), [FACE])
    assert mask[150, 240] and not mask[20, 20]
    assert 0.05 < mask.mean() < 0.2


@pytest.mark.parametrize(
    ("bars", "wanted"),
    [
        pytest.param((0, 0, 0, 0), (0, 0, 480, 320), id="none"),
        pytest.param((0, 40, 0, 40), (0, 40, 480, 280), id="letterbox"),
        pytest.param((60, 0, 70, 0), (60, 0, 410, 320), id="pillars"),
        pytest.param((0, 0, 0, 320), (0, 0, 480, 320), id="plain-all-over"),
    ],
)
def test_bars_are_told_from_the_picture(
    bars: tuple[int, int, int, int], wanted: tuple[int, int, int, int]
) -> None:
    left, top, right, bottom = bars
    frames = []
    for step in range(2):
        image = scene(step)
        image[:top], image[:, :left] = 10, 10
        image[320 - bottom :], image[:, 480 - right :] = 10, 10
        frames.append(image)
    assert overlay.without_bars(frames) == wanted


def _subtitled(image: Image, step: int) -> Image:
    """A headline on a bar, and words that change from picture to picture."""
    drawn: Image = image.copy()
    high, wide = image.shape[:2]
    drawn[: high // 8] = (230, 30, 40)
    cv2.putText(drawn, "HEADLINE", (8, high // 10), 0, wide / 420, (255,) * 3, 2)
    place = (wide // 12, high - high // 12)
    cv2.putText(drawn, "words " * 2 + str(step), place, 0, wide / 300, (0, 0, 0), 8)
    cv2.putText(drawn, "words " * 2 + str(step), place, 0, wide / 300, (255, 240, 80), 3)
    return drawn


@pytest.mark.parametrize("way", ["as it was", "half the size", "cropped", "bordered"])
def test_captions_hide_nothing_of_where_a_picture_lies(way: str) -> None:
    seen = []
    for step in (0, 3, 6):
        picture, back = WAYS[way](scene(step))
        here = cv2.invertAffineTransform(back)
        drawn = _subtitled(picture, step)
        seen.append(Sighted(drawn, scene(step), ((FACE @ here[:, :2].T + here[:, 2]),)))
    found = find_overlay(seen)
    assert found is not None
    exact = refined(found, seen)
    assert exact.score > 0.9 and 0.1 < exact.over < 0.4
    corners = np.array([[20.0, 20], [200, 30], [60, 140], [220, 150]])
    wanted = corners @ back[:, :2].T + back[:, 2]
    assert np.abs(exact.points(corners.astype(np.float32)) - wanted).max() < 1.0


def test_the_edge_of_a_narrow_crop_is_no_detail_of_it() -> None:
    # a pale original, of which a strip is left: where it ends, black begins
    pale = [np.asarray(scene(step) * 0.3 + 170, np.uint8) for step in (0, 3, 6)]
    seen = [Sighted(image[:, 180:300], image, (FACE - (180, 0),)) for image in pale]
    found = overlay.scored(np.array([[1.0, 0, 180], [0, 1.0, 0]]), seen)
    assert found is not None and found.score > 0.99


def test_where_a_picture_lay_before_is_tried_first(monkeypatch: pytest.MonkeyPatch) -> None:
    picture, back = WAYS["cropped"](scene())
    here = cv2.invertAffineTransform(back)
    seen = [Sighted(picture, scene(), ((FACE @ here[:, :2].T + here[:, 2]),))]
    monkeypatch.setattr(overlay, "_candidates", lambda seen: iter(()))
    assert find_overlay(seen) is None
    found = find_overlay(seen, known=back)
    assert found is not None and found.score > 0.99

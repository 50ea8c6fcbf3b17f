"""What coding, colour and size do to a whole picture is no change of a face; another mouth is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from media_screen.arrays import Image
from media_screen.footage.original.residual import MIDDLE, REGIONS, Region, residuals
from tests.footage.original.making import COPIES, SIZE, paired


def excess(measured: object, region: Region) -> float:
    return float(measured[region].excess[MIDDLE])  # type: ignore[index]


@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_differs_no_more_in_the_face_than_elsewhere(copy: str) -> None:
    measured = residuals(paired(COPIES[copy]), 0)
    assert set(measured) == set(REGIONS)
    assert {name: one.excess for name, one in measured.items() if one.excess[MIDDLE] > 0.7} == {}


@pytest.mark.parametrize("copy", COPIES)
def test_another_mouth_differs_in_the_mouth_alone(copy: str) -> None:
    measured = residuals(paired(COPIES[copy], words=9), 0)
    assert excess(measured, "mouth") > 1.0
    assert excess(measured, "mouth") - excess(measured, "eyes") > 1.0
    assert measured["mouth"].open > 0.9


@pytest.mark.parametrize("copy", ["as it was", "coded", "small"])
def test_another_face_differs_throughout(copy: str) -> None:
    measured = residuals(paired(COPIES[copy], person=3), 0)
    assert excess(measured, "face") > 1.0 and excess(measured, "eyes") > 0.5


def banner(image: Image) -> Image:
    covered: Image = image.copy()
    cv2.rectangle(covered, (0, 165), (480, 240), (200, 30, 40), -1)
    cv2.putText(covered, "BREAKING NEWS", (20, 220), 0, 1.6, (255,) * 3, 5, cv2.LINE_AA)
    return covered


def test_what_lies_over_a_face_is_left_out_and_told() -> None:
    measured = residuals(paired(banner), 0)
    assert measured["mouth"].open < 0.6
    assert measured["brow"].open > 0.9 and excess(measured, "brow") < 0.7


def barred(image: Image) -> Image:
    """A bar from above that covers the brow, as of a copy that was cropped and letterboxed."""
    boxed: Image = image.copy()
    boxed[:128] = 3
    return boxed


def test_a_bar_of_the_file_is_no_change() -> None:
    measured = residuals(paired(barred), 0)
    assert measured["brow"].open < 0.6
    assert max(excess(measured, "mouth"), excess(measured, "face")) < 0.7


@pytest.mark.parametrize("share", [0.2, 0.35, 0.4], ids=lambda share: f"{share:.0%}")
def test_noise_over_the_rest_explains_no_other_face(share: float) -> None:
    rng = np.random.default_rng(5)
    wide = round(share * SIZE[0] / 2)

    def covered(image: Image) -> Image:
        noisy: Image = image.copy()
        for side in (slice(0, wide), slice(SIZE[0] - wide, SIZE[0])):
            noisy[:, side] = rng.integers(0, 255, noisy[:, side].shape)
        return noisy

    measured = residuals(paired(covered, person=3), 0)
    assert excess(measured, "face") > 1.0 and measured["face"].open > 0.9
    assert excess(residuals(paired(covered), 0), "face") < 0.7


def test_a_face_that_is_not_seen_has_no_measures() -> None:
    assert residuals(paired(), 7) == {}


def test_each_frame_has_its_own_measure() -> None:
    measured = residuals(paired(words=9), 0)["mouth"]
    assert len(measured.frames) == 8 and np.isfinite(measured.frames).all()
    assert max(measured.frames) > measured.excess[MIDDLE] > min(measured.frames)


@pytest.mark.parametrize(
    ("line", "least", "most"),
    [pytest.param(204, 0.3, 0.6, id="chin-and-lips"), pytest.param(213, 0.6, 0.95, id="chin")],
)
def test_letters_over_a_chin_are_no_other_mouth(line: int, least: float, most: float) -> None:
    texts = iter(["mwhkxq", "kxqmwh", "hqxwkm", "wmqkhx"] * 2)  # they come and go as speech does

    def lettered(image: Image) -> Image:
        written: Image = image.copy()
        text = next(texts)
        for colour, thick in (((0, 0, 0), 7), ((255, 255, 255), 3)):
            cv2.putText(written, text, (207, line), 0, 0.62, colour, thick, cv2.LINE_AA)
        return written

    measured = residuals(paired(lettered), 0)
    assert least < measured["mouth"].open < most
    assert excess(measured, "mouth") < 0.7 and excess(measured, "face") < 0.7


def test_a_picture_that_stands_still_explains_no_mouth_that_moves() -> None:
    def close(image: Image) -> Image:
        cut = np.zeros_like(image)
        cut[75:262, 165:315] = image[75:262, 165:315]
        cut[225:262, 165:315] = np.random.default_rng(5).integers(0, 255, (37, 150, 3))
        return cut

    # the edge of a head alone would let what moves there explain six hundred times as much
    measured = residuals(paired(close), 0)
    assert min(excess(measured, region) for region in REGIONS) > -3.0

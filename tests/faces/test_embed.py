"""Embeddings are unit vectors that tell people apart, and their cosines become bounded odds."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from media_screen.arrays import Floats, Image
from media_screen.faces import embed
from media_screen.faces.align import align
from tests.faces.making import astronaut, detector, embedder, frames, picture, strangers


def crop_of(image: Image) -> Image:
    found = max(detector().detect([image])[0], key=lambda face: face.box[2] - face.box[0])
    return align(image, found.landmarks)


def crops_of(name: str, count: int) -> list[Image]:
    """Return the crops of the frames of a video that show a face (titles show none)."""
    shown = [image for _, image in frames(name, count=count) if detector().detect([image])[0]]
    assert shown
    return [crop_of(image) for image in shown]


def changed(name: str) -> Image:
    """Return the astronaut's picture after a change that leaves the person the same."""
    image = astronaut()
    if name == "mirrored":
        return np.ascontiguousarray(image[:, ::-1])
    if name == "half size":
        return np.asarray(cv2.resize(image, (256, 256), interpolation=cv2.INTER_AREA))
    if name == "darker":
        return np.asarray(image * 0.5, dtype=np.uint8)
    if name == "grey":
        return np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[:, :, None], 3, axis=2)
    stored = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 20])[1]
    return np.asarray(cv2.imdecode(stored, cv2.IMREAD_COLOR), dtype=np.uint8)


def test_embeddings_are_unit_rows() -> None:
    rows = embedder().embed([crop_of(astronaut())] * 3)
    assert rows.shape == (3, embed.DIMENSION)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_a_list_and_an_array_and_any_batch_give_the_same() -> None:
    crop = crop_of(astronaut())
    crops = [crop, crop[:, ::-1], crop[::-1]] * 4
    together = embedder().embed(np.asarray(crops))
    alone = np.concatenate([embedder().embed([c]) for c in crops])
    np.testing.assert_allclose(together, alone, atol=1e-4)


def test_no_crops_give_no_rows() -> None:
    assert embedder().embed([]).shape == (0, embed.DIMENSION)


@pytest.mark.parametrize("change", ["mirrored", "half size", "darker", "grey", "JPEG 20"])
def test_the_same_person_stays_the_same(change: str) -> None:
    original, other = embedder().embed([crop_of(astronaut()), crop_of(changed(change))])
    assert float(original @ other) > 0.7


def test_the_order_of_colours_matters() -> None:
    """The net was trained on RGB; swapped colours would cost a little accuracy unnoticed."""
    crop = crop_of(astronaut())
    right, swapped = embedder().embed([crop, crop[:, :, ::-1]])
    assert float(right @ swapped) < 0.99


# --- calibration -------------------------------------------------------------------------------


def record(**change: object) -> dict[str, object]:
    return {
        "rows": [
            {"least_size_px": 40, "slope": 20.0, "intercept": -8.0},
            {"least_size_px": 0, "slope": 10.0, "intercept": -5.0},
        ],
        "limits": [-3.0, 5.0],
        **change,
    }


@pytest.mark.parametrize(
    ("cosine", "size_px", "expected"),
    [
        pytest.param(0.5, 100.0, 2.0, id="large face: the last row"),
        pytest.param(0.5, 40.0, 2.0, id="at the border: the row that starts there"),
        pytest.param(0.5, 39.9, 0.0, id="small face: the first row"),
        pytest.param(0.9, 100.0, 5.0, id="above the limit"),
        pytest.param(-0.2, 100.0, -3.0, id="below the limit"),
        pytest.param(0.4, math.inf, 0.0, id="no size given"),
    ],
)
def test_the_row_of_the_size_is_used_and_bounded(
    cosine: float, size_px: float, expected: float
) -> None:
    loaded = embed.read_calibration(record())
    assert loaded.llr(cosine, size_px=size_px) == pytest.approx(expected)


def test_a_calibration_without_a_row_for_small_faces_is_refused(tmp_path: Path) -> None:
    rows = [{"least_size_px": 40, "slope": 20.0, "intercept": -8.0}]
    with pytest.raises(ValueError, match="0 px"):
        embed.read_calibration(record(rows=rows))


def test_the_shipped_calibration_is_increasing_bounded_and_milder_for_small_faces() -> None:
    shipped = embed.calibration()
    for row in shipped.rows:
        low, high = row.line.limits
        assert -7 < low < 0 < high < 7 and row.line.slope > 0
    assert [row.least_size_px for row in shipped.rows] == sorted(
        {row.least_size_px for row in shipped.rows}
    )
    assert embed.calibrated_llr(1.0) > 4
    assert embed.calibrated_llr(-0.1) < -3
    # A small cosine says less against "the same person" when a face is small.
    assert embed.calibrated_llr(0.1, size_px=16) > embed.calibrated_llr(0.1)


# --- in stock pictures ------------------------------------------------------------------------

PERSON = "people/irena-valequist"


def clip(name: str) -> Floats:
    """Return the mean embedding of some frames of a video."""
    mean = embedder().embed(crops_of(name, 4)).mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean), np.float32)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (f"{PERSON}/official/harbour-update-14.mp4", f"{PERSON}/official/your-questions-june.mp4"),
        (f"{PERSON}/official/harbour-update-14.mp4", "downloads/northern-desk-interview.mp4"),
        ("downloads/my-new-channel.mp4", "downloads/northern-desk-interview.mp4"),
    ],
    ids=["two official videos", "official and not", "under glasses and another light"],
)
def test_clips_of_one_person_are_told_to_be(first: str, second: str) -> None:
    assert embed.calibrated_llr(float(clip(first) @ clip(second))) > 2


def test_a_still_and_a_video_of_one_person_agree() -> None:
    still = embedder().embed([crop_of(picture(f"{PERSON}/faces/portrait.jpg"))])[0]
    video = clip(f"{PERSON}/official/harbour-update-14.mp4")
    assert embed.calibrated_llr(float(still @ video)) > 2


def test_strangers_are_told_from_a_person_and_from_each_other() -> None:
    """Grey and blurred as they are: a few pairs of a hundred people are one for the network."""
    pictures = [one for one in strangers() if len(detector().detect([one])[0]) == 1]
    rows = embedder().embed([crop_of(one) for one in pictures])
    person = clip(f"{PERSON}/official/harbour-update-14.mp4")
    assert max(embed.calibrated_llr(float(cosine)) for cosine in rows @ person) < 1
    pairs = (rows @ rows.T)[np.triu_indices(len(rows), 1)]
    small = 25.0  # px, the size that the faces had
    llrs = [embed.calibrated_llr(float(cosine), size_px=small) for cosine in pairs]
    assert sum(llr > 2 for llr in llrs) / len(llrs) < 0.05 and np.median(llrs) < -0.5

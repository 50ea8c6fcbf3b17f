"""What a comparison of faces says of two files that show the same footage."""

from __future__ import annotations

import pytest

from media_screen.footage.campaigns import FacesApart, FacesSaid


@pytest.mark.parametrize(
    ("most", "from_original", "vouched", "said"),
    [
        pytest.param(None, None, False, "failed", id="nothing-compared"),
        pytest.param(-4.0, None, False, "same", id="a-copy"),
        pytest.param(0.0, None, False, "same", id="a-face-that-follows"),
        pytest.param(0.1, None, False, "unclear", id="rather-another-face"),
        pytest.param(4.0, None, False, "other", id="another-face"),
        pytest.param(-3.8, 1.2, False, "same", id="unlike-the-official-one"),
        pytest.param(-0.5, -3.9, False, "other", id="more-like-the-official-one"),
        pytest.param(-4.2, -4.2, False, "same", id="like-both"),
        pytest.param(-4.2, -1.8, True, "same", id="vouched-but-nearer-to-the-suspected-one"),
        pytest.param(-2.0, -1.8, True, "other", id="vouched-and-hardly-nearer-to-that"),
        pytest.param(-1.5, -4.2, True, "other", id="vouched-and-nearer-to-the-official-one"),
    ],
)
def test_what_a_comparison_says(
    most: float | None, from_original: float | None, vouched: bool, said: FacesSaid
) -> None:
    assert FacesApart(most).said(from_original=from_original, vouched=vouched) == said

"""Frames of matched footage: the right ones, at the times of the file's own, or none."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from media_screen.evidence import Match, Span, Thumbnail
from media_screen.footage.beside import PAIRS, reference_frames
from tests.making import write_sound_file, write_video


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds at 25 frames/s that grow brighter by ten levels a second."""
    frames = [np.full((48, 64, 3), 40 + number * 10 // 25, np.uint8) for number in range(250)]
    return write_video(tmp_path_factory.mktemp("reference") / "official.mp4", frames)


def match(query: Span, there: Span) -> Match:
    return Match("xin-liu", "official.mp4", "revoiced", query, there, 1.0, 0.0)


def level(picture: Thumbnail) -> float:
    data = np.frombuffer(picture.jpeg, np.uint8)
    return float(np.mean(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))))


def test_frames_stand_beside_those_of_the_file(reference: Path) -> None:
    own = [Thumbnail(float(second), b"") for second in range(8)] + [Thumbnail(3.0, b"", track=0)]
    found = reference_frames(reference, match(Span(2, 6), Span(5, 9)), own)
    assert [one.time_s for one in found] == [2.0, 3.0, 5.0, 6.0]
    for one in found:
        assert one.reference_s == pytest.approx(one.time_s + 3, abs=0.051)
        assert level(one) == pytest.approx(40 + 10 * (one.time_s + 3), abs=4)


def test_a_faster_copy_keeps_in_step(reference: Path) -> None:
    own = [Thumbnail(0.5, b""), Thumbnail(4.5, b"")]
    found = reference_frames(reference, match(Span(0, 5), Span(0, 9)), own)
    assert [one.reference_s for one in found] == pytest.approx([0.9, 8.1], abs=0.051)


def test_a_long_match_gives_a_few_pairs(reference: Path) -> None:
    own = [Thumbnail(second / 10, b"") for second in range(100)]
    found = reference_frames(reference, match(Span(0, 10), Span(0, 10)), own)
    assert len(found) == PAIRS
    assert found[0].time_s < 2.5 and found[-1].time_s > 7.5


@pytest.mark.parametrize("kind", ["missing", "sound", "damaged"])
def test_a_reference_without_pictures_gives_none(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "official.flac"
    if kind == "sound":
        write_sound_file(file, codec="flac")
    elif kind == "damaged":
        file.write_bytes(b"not media" * 100)
    own = [Thumbnail(1.0, b"")]
    assert reference_frames(file, match(Span(0, 2), Span(0, 2)), own) == ()


def test_frames_outside_the_match_have_no_counterpart(reference: Path) -> None:
    own = [Thumbnail(1.0, b""), Thumbnail(9.0, b"")]
    assert reference_frames(reference, match(Span(3, 6), Span(0, 3)), own) == ()

"""Frames of the same moment are found, whatever was done to the time of a copy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from media_screen.arrays import Flags, Image
from media_screen.evidence import Span
from media_screen.faces.track import Face, Track
from media_screen.footage.catalogue.align import Mapping
from media_screen.footage.original import pairs
from media_screen.footage.original.pairs import MOST_PAIRS, PairedWindow, pair_window, points_at
from media_screen.media import Frame, Media
from tests.fakes import stand_in
from tests.footage.original.making import FACE, SIZE, scene
from tests.making import write_video

RATE = 25
LENGTH_S = 3.0


def track(*times: float) -> Track:
    """A face that is seen at these times, moving to the right by 10 px a second."""
    faces = [
        stand_in(Face, time_s=at, landmarks=FACE + np.array([10 * at, 0], np.float32))
        for at in times
    ]
    return Track(4, tuple(faces))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    frames = [scene(step) for step in range(round(LENGTH_S * RATE))]
    return write_video(tmp_path_factory.mktemp("pairs") / "original.mp4", frames)


def paired(
    path: Path, original: Path, mapping: Mapping, *, mirrored: bool = False
) -> PairedWindow | None:
    still = Track(4, tuple(stand_in(Face, time_s=at / 5, landmarks=FACE) for at in range(20)))
    with Media.open(path) as mine, Media.open(original) as theirs:
        return pair_window(mine, theirs, Span(0.5, 2.0), mapping, [still], mirrored=mirrored)


# What was done to a copy: its frames of the original's, and how the match maps its time.
COPIES: dict[str, tuple[list[int], Mapping, float]] = {
    "as-it-was": (list(range(75)), Mapping(1.0, 0.0), 0.0),
    "begins-later": (list(range(10, 75)), Mapping(1.0, 0.4), 0.0),
    "match-is-early": (list(range(75)), Mapping(1.0, 0.12), 0.12),
    "match-is-late": (list(range(75)), Mapping(1.0, -0.16), -0.16),
    "faster": ([round(1.1 * step) for step in range(68)], Mapping(1.0, 0.3), 0.155),
    "slower": ([round(0.9 * step) for step in range(80)], Mapping(1.0, -0.3), -0.19),
    "faster-and-right-in-the-middle": (
        [round(1.1 * step) for step in range(68)],
        Mapping(1.0, 0.125),
        0.0,
    ),
    "frames-doubled": ([2 * (step // 2) for step in range(75)], Mapping(1.0, 0.0), 0.0),
}


@pytest.mark.parametrize("copy", COPIES)
def test_pairs_show_the_same_moment(tmp_path: Path, original: Path, copy: str) -> None:
    steps, mapping, late = COPIES[copy]
    path = write_video(tmp_path / "copy.mp4", [scene(step) for step in steps])
    found = paired(path, original, mapping)
    assert found is not None and 3 <= len(found.pairs) <= MOST_PAIRS
    assert found.late_s == pytest.approx(late, abs=0.05)
    shown = [steps[round(pair.time_s * RATE)] for pair in found.pairs]
    wanted = [round(pair.original_s * RATE) for pair in found.pairs]
    assert np.abs(np.subtract(shown, wanted)).max() <= 1
    assert all(set(pair.faces) == {4} for pair in found.pairs)


def test_captions_that_come_and_go_do_not_tell_the_time(tmp_path: Path) -> None:
    def moment(step: int) -> Image:
        image = scene(step)
        cv2.circle(image, (60 + 3 * step, 60), 12, (200, 190, 40), -1, cv2.LINE_AA)
        return image

    original = write_video(tmp_path / "original.mp4", [moment(step) for step in range(75)])
    frames = [moment(step) for step in range(75)]
    for image in (*frames[20:27], *frames[34:41], *frames[48:]):
        cv2.putText(image, "BREAKING", (60, 290), 0, 2.2, (255, 255, 255), 9)
    path = write_video(tmp_path / "copy.mp4", frames)
    found = paired(path, original, Mapping(1.0, 0.12))
    assert found is not None and found.late_s == pytest.approx(0.12, abs=0.02)
    assert found.overlay.score > 0.9


def lettered(step: int) -> Image:
    image = scene(step)
    cv2.putText(image, "BREAKING", (60, 290), 0, 2.2, (255, 255, 255), 9)
    return image


@pytest.mark.parametrize("before", ["the-same", "black"])
def test_what_is_strange_in_time_is_the_caption_and_no_more(
    before: str, tmp_path: Path, original: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = [lettered(step) if 20 <= step < 40 else scene(step) for step in range(75)]
    if before == "black":  # a cut to the copy, where the window begins
        frames[:12] = [np.zeros_like(frames[0])] * 12
    path = write_video(tmp_path / "copy.mp4", frames)
    seen: list[tuple[Flags, Flags]] = []
    plain = pairs._strange

    def watched(*asked: Any) -> Flags:
        found = plain(*asked)
        seen.append((found, asked[-1]))
        return found

    monkeypatch.setattr(pairs, "_strange", watched)
    assert paired(path, original, Mapping(1.0, 0.0)) is not None
    ((found, inside),) = seen
    whole = np.zeros(inside.shape, bool)  # at half the size
    whole[inside] = found
    letters = slice(120, 144), slice(34, 200)
    assert whole[letters].mean() > 0.8
    whole[110:154, 20:220] = False
    assert whole.mean() < 0.01


@pytest.mark.parametrize("changed", [24, 26, 28], ids=lambda step: f"from-{step / RATE:.2f}-s")
def test_a_changed_half_is_not_left_out_of_a_window(tmp_path: Path, changed: int) -> None:
    steps = [max(0, step - 31) for step in range(75)]  # nobody moves before 1.24 s
    original = write_video(tmp_path / "original.mp4", [scene(step) for step in steps])
    forged = [scene(step, person=5 * (row >= changed)) for row, step in enumerate(steps)]
    found = paired(write_video(tmp_path / "forged.mp4", forged), original, Mapping(1.0, 0.0))
    assert found is not None
    assert max(pair.original_s for pair in found.pairs) > 1.85


def test_frames_of_another_size_are_left_out() -> None:
    def frames(span: Span, *, fps: float) -> list[Frame]:
        found = [Frame(row / fps, scene(row)) for row in range(round(2 * fps))]
        return [*found, Frame(2.1, np.asarray(scene(0)[::2, ::2], np.uint8))]

    changing = stand_in(Media, window=frames)
    found = pair_window(
        changing, changing, Span(0.0, 2.0), Mapping(1.0, 0.0), [track(0.5, 1.0)], mirrored=False
    )
    assert found is not None and found.overlay.score > 0.9
    assert {pair.picture.shape for pair in found.pairs} == {(SIZE[1], SIZE[0], 3)}


def test_a_mirrored_copy_is_turned_back(tmp_path: Path, original: Path) -> None:
    frames = [np.ascontiguousarray(scene(step)[:, ::-1]) for step in range(75)]
    found = paired(write_video(tmp_path / "m.mp4", frames), original, Mapping(1, 0), mirrored=True)
    assert found is not None and found.overlay.score > 0.9
    eyes = found.pairs[0].faces[4][:2, 0]
    assert eyes[0] < eyes[1]  # left and right are those of the original again


def test_who_stands_beside_the_original_is_beside_it(tmp_path: Path, original: Path) -> None:
    halves = [np.hstack([scene(step), scene(step, person=3)[::-1]]) for step in range(75)]
    path = write_video(tmp_path / "split.mp4", halves)
    both = [
        Track(number, tuple(stand_in(Face, time_s=at / 5, landmarks=face) for at in range(20)))
        for number, face in ((4, FACE), (5, FACE + np.array([SIZE[0], 0], np.float32)))
    ]
    with Media.open(path) as mine, Media.open(original) as theirs:
        found = pair_window(mine, theirs, Span(0.5, 2.0), Mapping(1.0, 0.0), both, mirrored=False)
    assert found is not None
    for pair in found.pairs:
        assert set(pair.faces) == {4} and pair.beside == {5: pytest.approx(80, rel=0.1)}


def test_another_film_is_laid_over_nothing(tmp_path: Path, original: Path) -> None:
    rng = np.random.default_rng(1)
    noise = [rng.integers(0, 255, (320, 480, 3), np.uint8) for _ in range(60)]
    path = write_video(tmp_path / "other.mp4", noise)
    assert paired(path, original, Mapping(1.0, 0.0)) is None


@pytest.mark.parametrize(
    ("times", "at", "wanted"),
    [
        pytest.param((1.0, 2.0), 1.5, 15.0, id="between-two-sightings"),
        pytest.param((1.0, 2.0), 2.2, 20.0, id="just-after-the-last"),
        pytest.param((1.0, 2.0), 3.0, None, id="long-after"),
        pytest.param((1.0, 4.0), 2.5, None, id="in-a-gap"),
        pytest.param((1.0, 4.0), 1.3, 10.0, id="just-before-a-gap"),
        pytest.param((1.0, 4.0), 3.7, 40.0, id="just-after-a-gap"),
        pytest.param((1.0,), 0.8, 10.0, id="seen-once"),
    ],
)
def test_a_face_is_where_it_was_seen(
    times: tuple[float, ...], at: float, wanted: float | None
) -> None:
    points = points_at(track(*times), at)
    assert (points is None) == (wanted is None)
    if points is not None:
        assert points[0, 0] - FACE[0, 0] == pytest.approx(wanted, abs=0.01)


def test_a_file_of_two_frames_gives_nothing(tmp_path: Path, original: Path) -> None:
    path = write_video(tmp_path / "short.mp4", [scene(0), scene(1)])
    assert paired(path, original, Mapping(1.0, 0.0)) is None

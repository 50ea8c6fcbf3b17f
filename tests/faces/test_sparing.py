"""Few views of a face that stays are embedded, and what is said of the others is right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from media_screen.arrays import Floats, Image
from media_screen.faces.embed import FaceEmbedder
from media_screen.faces.sparing import STEADY, embed_sparingly
from media_screen.faces.track import Face, FaceView, Tracker
from tests.faces.making import face, look
from tests.faces.test_track import CASES, Step, people_of


class CountingEmbedder(FaceEmbedder):
    """Knows made-up people by their crops, and counts what it is given."""

    def __init__(self) -> None:
        self.count = 0

    def embed(self, crops: Sequence[Image] | Image) -> Floats:
        self.count += len(crops)
        rows = [look(int(crop[0, 0, 0]), seed=int(crop[0, 0, 1])) for crop in crops]
        return np.asarray(rows, np.float32).reshape(-1, 128)


def crop(who: int, seed: int) -> Image:
    """A pattern that is a person's own, with who and when it is in its first pixel."""
    made = np.random.default_rng(who).integers(0, 256, (16, 16, 3), np.uint8).repeat(16, 0)
    made = made.repeat(16, 1)
    made[0, 0] = who, seed, 0
    return made


def view(time_s: float, who: int, x: float) -> FaceView:
    known = vars(face(time_s, who, x)) | {"crop": crop(who, int(10 * time_s) % 256)}
    return FaceView(**{name: known[name] for name in FaceView.__dataclass_fields__})


def embedded(steps: Sequence[Step]) -> tuple[list[tuple[Face, ...]], int]:
    """Return the faces of the frames, and how many were embedded."""
    counting = CountingEmbedder()
    frames = [[view(time_s, who, x) for who, x in people] for time_s, people, _ in steps]
    return embed_sparingly(counting, frames, [cut for _, _, cut in steps]), counting.count


def talking(seconds: float, *people: tuple[int, float]) -> list[Step]:
    return [(0.2 * number, list(people), False) for number in range(round(seconds * 5))]


def test_a_face_that_stays_is_embedded_once_a_second_and_densely_for_a_while() -> None:
    faces, count = embedded(talking(20, (1, 300.0)))
    assert count == sum(one.measured for (one,) in faces)
    assert 20 <= count <= 20 + STEADY + 1
    longest = "".join("x" if one.measured else "." for (one,) in faces)
    assert "x" * STEADY in longest


def test_what_is_not_measured_is_what_the_views_around_it_say() -> None:
    faces, _ = embedded(talking(20, (1, 300.0)))
    cosines = [float(one.embedding @ look(1, likeness=1.0)) for (one,) in faces]
    assert min(cosines) > 0.85
    assert np.linalg.norm(faces[1][0].embedding) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(("steps", "expected"), CASES.values(), ids=CASES.keys())
def test_no_track_mixes_people(steps: list[Step], expected: list[set[int]]) -> None:
    faces, _ = embedded(steps)
    tracker = Tracker()
    for (time_s, _, cut), own in zip(steps, faces, strict=True):
        tracker.add(time_s, own, cut=cut)
    assert people_of(tracker.finish()) == expected


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(
            [(0.2 * n, [((1, 2)[n // 3 % 2], 300.0)], False) for n in range(30)],
            id="another-face-flashes-up",
        ),
        pytest.param(talking(6, (1, 300.0), (2, 380.0)), id="heads-beside-each-other"),
        pytest.param([(0.2 * n, [(1, 300.0 + 50 * n)], False) for n in range(20)], id="running"),
        pytest.param([(1.0 * n, [(1, 300.0)], False) for n in range(20)], id="key-frames"),
        pytest.param([(0.2 * n, [(1, 300.0)], n % 2 == 0) for n in range(20)], id="cuts"),
    ],
)
def test_where_there_is_doubt_every_view_is_embedded_or_stands_beside_its_like(
    steps: list[Step],
) -> None:
    faces, _ = embedded(steps)
    for (_, people, _), own in zip(steps, faces, strict=True):
        for (who, _), one in zip(people, own, strict=True):
            assert float(one.embedding @ look(who, likeness=1.0)) > 0.8


def test_frames_without_faces_are_no_trouble() -> None:
    assert embedded([(0.0, [], False), (0.2, [], False)]) == ([(), ()], 0)
    assert embedded([]) == ([], 0)

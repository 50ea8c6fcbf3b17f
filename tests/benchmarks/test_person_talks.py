"""What the benchmark of posted talks counts as said of the faces of a clip."""

from __future__ import annotations

import numpy as np

from benchmarks.person.mouth_and_voice import MouthHeard
from benchmarks.person.talks import KINDS, WindowHeard, by_face, of_kind, talk_clip
from media_screen.evidence import Span
from training.media.__main__ import TALKS, read_table

FIRST, SECOND = Span(0.0, 5.0), Span(5.0, 10.0)


def seen(face: int, span: Span, agreement: float, *, several: bool = False) -> WindowHeard:
    faces = np.eye(3, dtype=np.float32)
    return WindowHeard(span, faces[face], MouthHeard(agreement, agreement, 0.5, several))


def test_windows_of_one_face_are_put_together() -> None:
    windows = [seen(0, FIRST, 0.9), seen(1, FIRST, 0.1), seen(0, SECOND, 0.8)]
    assert [[one.span for one in own] for own in by_face(windows)] == [[FIRST, SECOND], [FIRST]]


def test_two_faces_of_one_window_are_two_people_however_alike() -> None:
    assert len(by_face([seen(0, FIRST, 0.9), seen(0, FIRST, 0.1)])) == 2


def test_the_face_that_fits_best_is_told_and_those_beside_it_listen() -> None:
    windows = [seen(0, FIRST, 0.1), seen(1, FIRST, 0.9), seen(2, SECOND, 0.3)]
    clip = talk_clip("a.mp4", "several", windows)
    assert clip is not None
    assert [one.agreement for one in clip.best] == [0.9]
    assert [[one.agreement for one in own] for own in clip.others] == [[0.1]]


def test_a_clip_without_a_mouth_is_not_counted() -> None:
    assert talk_clip("a.mp4", "own", []) is None


def test_windows_with_several_voices_say_nothing() -> None:
    both = [seen(0, FIRST, 0.9, several=True).heard]
    row = of_kind("several", [both])
    assert row["several_voices"] == 1 and sum(row["words"].values()) == 0


def test_the_table_of_talks_names_kinds_that_are_known() -> None:
    rows = read_table(TALKS)
    assert rows and {row.method for row in rows} <= set(KINDS)
    assert len({row.sha256 for row in rows}) == len({row.target for row in rows}) == len(rows)

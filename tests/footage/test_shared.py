"""What a file shares with an earlier one is told: how much of both, where, and in what."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_screen.evidence import SharedFootage
from media_screen.footage.fingerprint import Fingerprint
from media_screen.footage.memory import Memory
from media_screen.footage.shared import beside, nearest
from tests.footage.making import Scene, take, voice

SECONDS = 16.0
RATE = 16_000  # Hz


def shot(scene: int, seconds: float, sound: np.ndarray | None) -> Fingerprint:
    return take(Scene(scene), seconds, fps=2.0, sound=sound)


def spoken(*parts: tuple[float, int]) -> np.ndarray:
    return np.concatenate([voice(seconds, number) for seconds, number in parts])


@pytest.fixture(scope="module")
def first() -> Fingerprint:
    return shot(1, SECONDS, voice(SECONDS, 1))


def shared(tmp_path: Path, first: Fingerprint, *others: Fingerprint) -> list[SharedFootage]:
    """What the last of some files shares with those before it."""
    memory = Memory(tmp_path / "memory.sqlite")
    memory.meet("first.mp4", "a" * 64, first)
    for number, other in enumerate(others):
        found = memory.meet(f"{number}.mp4", f"{number:064}", other)
    return list(found.shared)


CASES = [
    pytest.param(shot(1, SECONDS, voice(SECONDS, 1)), "repeat", "both", id="copy"),
    pytest.param(shot(1, SECONDS, voice(SECONDS, 9)), "repeat", "picture", id="revoiced"),
    pytest.param(shot(1, SECONDS, None), "repeat", "picture", id="without-its-sound"),
    pytest.param(shot(5, SECONDS, voice(SECONDS, 1)), "repeat", "sound", id="repictured"),
    pytest.param(shot(1, 9.0, voice(SECONDS, 1)[: 9 * RATE]), "excerpt", "both", id="excerpt"),
    pytest.param(
        shot(1, 28.0, spoken((SECONDS, 1), (12.0, 7))), "contains", "both", id="goes-on-longer"
    ),
    pytest.param(
        shot(5, SECONDS, spoken((4.0, 1), (12.0, 7))), "quote", "sound", id="quotes-some-words"
    ),
]


_TURNED = {"excerpt": "contains", "contains": "excerpt"}


@pytest.mark.parametrize(("other", "kind", "part"), CASES)
def test_the_same_is_shared_whichever_file_came_first(
    tmp_path: Path, first: Fingerprint, other: Fingerprint, kind: str, part: str
) -> None:
    found = {}
    for place, prints in (("one", {"a": first, "b": other}), ("two", {"b": other, "a": first})):
        memory = Memory(tmp_path / f"{place}.sqlite")
        for name, fingerprint in prints.items():
            shared = memory.meet(f"{name}.mp4", name * 64, fingerprint).shared
        (found[place],) = shared
    one, two = found["one"], found["two"]  # seen from b, and from a
    assert (one.kind, one.part) == (_TURNED.get(two.kind, two.kind), two.part) == (kind, part)
    assert (one.share_here, one.share_there) == (two.share_there, two.share_here)
    assert (one.here, one.there) == (two.there, two.here)


@pytest.mark.parametrize(("other", "kind", "part"), CASES)
def test_what_is_shared(
    tmp_path: Path, first: Fingerprint, other: Fingerprint, kind: str, part: str
) -> None:
    (found,) = shared(tmp_path, first, other)
    assert (found.path, found.sha256) == ("first.mp4", "a" * 64)
    assert (found.kind, found.part) == (kind, part)
    assert found.here.duration == pytest.approx(found.there.duration, abs=0.5)
    assert found.share_here == pytest.approx(found.here.duration / other.duration_s, abs=0.1)
    assert found.share_there == pytest.approx(found.there.duration / SECONDS, abs=0.1)


def test_other_footage_shares_nothing(tmp_path: Path, first: Fingerprint) -> None:
    assert shared(tmp_path, first, shot(7, SECONDS, voice(SECONDS, 8))) == []


@pytest.mark.parametrize("moves", [5, 7, 9])
def test_silent_recordings_of_one_studio_share_nothing(tmp_path: Path, moves: int) -> None:
    one, other = (take(scene, 8.0, fps=4.0) for scene in (Scene(4), Scene(4, moves)))
    assert shared(tmp_path, one, other) == []


def test_two_silent_seconds_are_an_excerpt_by_how_they_look(tmp_path: Path) -> None:
    (found,) = shared(
        tmp_path, take(Scene(1), 4.4, fps=6.0), take(Scene(1), 2.0, fps=6.0, start=0.9)
    )
    assert (found.kind, found.part) == ("excerpt", "both")
    assert found.there.start == pytest.approx(0.9, abs=0.1)


def test_what_copies_share_is_not_told_again(tmp_path: Path, first: Fingerprint) -> None:
    copy = shot(1, SECONDS, voice(SECONDS, 1))
    found = shared(tmp_path, first, copy, shot(1, SECONDS, 0.9 * voice(SECONDS, 1)))
    assert [one.path for one in found] == ["first.mp4"]


def test_what_is_shared_with_several_is_told_of_each(tmp_path: Path, first: Fingerprint) -> None:
    other = shot(5, 12.0, voice(12.0, 7))
    both = shot(5, 12.0, spoken((12.0, 1)))  # the picture of one, the words of the other
    found = {one.path: one.part for one in shared(tmp_path, first, other, both)}
    assert found == {"first.mp4": "sound", "0.mp4": "picture"}


MOMENTS = st.lists(st.integers(0, 60), min_size=1, max_size=30).map(
    lambda quarters: np.unique(np.array(quarters, np.float32) / 4)
)


@given(MOMENTS, MOMENTS)
def test_frames_at_about_one_moment_are_those_of_all_pairs(
    here: np.ndarray, there: np.ndarray
) -> None:
    apart = np.abs(here[:, None] - there[None])
    left, right = beside(here, there, 1.0)
    assert np.array_equal(np.stack([left, right], axis=1), np.argwhere(apart <= 1.0))
    assert nearest(there, here.astype(np.float64)).tolist() == apart.argmin(axis=1).tolist()

"""What was screened before is found again: copies, near-duplicates, and nothing else."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from media_screen.batch.campaigns import MEMORY
from media_screen.batch.scan import scan
from media_screen.evidence import Duplicate
from media_screen.footage.catalogue import CatalogueError, index
from media_screen.footage.catalogue.index import (
    Indexed,
    ReferenceIndex,
    codes_to_index,
    pairs_to_index,
)
from media_screen.footage.fingerprint import Fingerprint
from media_screen.footage.memory import Memory
from media_screen.screen import Config, Screener
from media_screen.screen.settings import settings_digest
from tests.footage.making import Scene, take, voice
from tests.making import quarters, records, write_picture, write_video

SECONDS = 16.0


def clip(number: int, **options: object) -> Fingerprint:
    """Fingerprint a scene with its voice, as sparsely as a look over a file does."""
    sound = voice(SECONDS, number)
    return take(Scene(number), SECONDS, **({"fps": 2.0, "sound": sound} | options))  # type: ignore[arg-type]


def darker(image: np.ndarray) -> np.ndarray:
    small = cv2.resize(image, (160, 120), interpolation=cv2.INTER_AREA)
    return (small * 0.8 + 10).astype(np.uint8)


@pytest.fixture(scope="module")
def first() -> Fingerprint:
    return clip(1)


@pytest.fixture
def memory(tmp_path: Path, first: Fingerprint) -> Memory:
    made = Memory(tmp_path / MEMORY)
    assert made.meet("a.mp4", "a" * 64, first).repeats is None
    return made


def test_the_same_bytes_are_an_exact_copy_without_a_search(
    memory: Memory, first: Fingerprint
) -> None:
    found = memory.meet("copy.mp4", "a" * 64, first).repeats
    assert found == Duplicate("a.mp4", "a" * 64, exact=True, picture=1.0, sound=1.0)
    assert len(memory) == 1


def test_a_changed_copy_is_a_near_duplicate(memory: Memory) -> None:
    found = memory.meet("b.mp4", "b" * 64, clip(1, change=darker, fps=1.7)).repeats
    assert found is not None and (found.path, found.exact) == ("a.mp4", False)
    assert found.sound > 0.9 and found.picture > 0.8
    assert len(memory) == 2


def test_a_copy_without_sound_is_found_by_its_picture(memory: Memory) -> None:
    found = memory.meet("b.mp4", "b" * 64, clip(1, change=darker, sound=None)).repeats
    assert found is not None and found.picture > 0.8 and found.sound == 0.0


def test_a_sound_file_is_found_by_its_sound(memory: Memory) -> None:
    sound = voice(SECONDS, 1)
    found = memory.meet("b.m4a", "b" * 64, take(None, SECONDS, sound=sound * 0.5)).repeats
    assert found is not None and found.sound > 0.9 and found.picture == 0.0


def test_an_excerpt_and_what_holds_an_excerpt_are_none(memory: Memory) -> None:
    sound = voice(SECONDS, 1)[: 16_000 * 9]
    assert (
        memory.meet("part.mp4", "b" * 64, take(Scene(1), 9.0, fps=2.0, sound=sound)).repeats is None
    )
    whole = np.concatenate([voice(SECONDS, 1), voice(12.0, 7)])
    assert (
        memory.meet("more.mp4", "c" * 64, take(Scene(1), 28.0, fps=2.0, sound=whole)).repeats
        is None
    )


def test_few_frames_are_enough_where_there_is_no_sound(memory: Memory) -> None:
    silent = take(Scene(2), SECONDS, fps=0.5)
    assert memory.meet("b.mp4", "b" * 64, silent).repeats is None
    found = memory.meet("c.mp4", "c" * 64, take(Scene(2), SECONDS, fps=0.5, change=darker)).repeats
    assert found is not None and (found.path, found.sound) == ("b.mp4", 0.0)
    spoken = take(Scene(2), SECONDS, fps=0.5, sound=voice(SECONDS, 4))
    assert memory.meet("d.mp4", "d" * 64, spoken).repeats is not None
    # A fixed camera gives like pictures all the time: other words are another recording.
    other = take(Scene(2), SECONDS, fps=0.5, sound=voice(SECONDS, 5))
    found = memory.meet("e.mp4", "e" * 64, other).repeats
    assert found is None or found.path != "d.mp4"


def test_other_footage_of_one_studio_is_none(memory: Memory) -> None:
    other = take(Scene(1, moves=5), SECONDS, fps=2.0, sound=voice(SECONDS, 6))
    assert memory.meet("b.mp4", "b" * 64, other).repeats is None


def test_a_file_that_is_met_again_does_not_repeat_itself_or_its_copies(
    memory: Memory, first: Fingerprint
) -> None:
    assert memory.meet("b.mp4", "b" * 64, clip(1, change=darker)).repeats is not None
    assert memory.meet("a.mp4", "a" * 64, first).repeats is None
    again = memory.meet("b.mp4", "b" * 64, clip(1, change=darker)).repeats
    assert again is not None and again.path == "a.mp4"
    # The file was replaced by another version of itself: the old one goes.
    assert memory.meet("a.mp4", "d" * 64, clip(9)).repeats is None
    assert memory.meet("c.mp4", "c" * 64, clip(1)).repeats.path == "b.mp4"  # type: ignore[union-attr]
    assert len(memory) == 3


def test_copies_are_found_while_the_memory_grows(tmp_path: Path, first: Fingerprint) -> None:
    noise = np.random.default_rng(0)
    with_noise = [
        replace(
            first,
            hashes=noise.integers(0, 256, first.hashes.shape, np.uint8),
            peak_steps=noise.permutation(first.peak_steps),
        )
        for _ in range(40)
    ]
    memory = Memory(tmp_path / MEMORY)
    for number in range(40):
        if number % 10 == 0:  # one that comes back ten files later, across every rebuilding
            assert memory.meet(f"n{number}", f"{number:064}", clip(100 + number)).repeats is None
        elif number % 10 == 9:
            found = memory.meet(
                f"n{number}", f"{number:064}", clip(100 + number - 9, fps=1.9)
            ).repeats
            assert found is not None and found.path == f"n{number - 9}"
        else:
            empty = replace(with_noise[number], pictures=with_noise[number].pictures * 0)
            memory.meet(f"n{number}", f"{number:064}", empty)


def test_many_write_one_memory(tmp_path: Path, first: Fingerprint) -> None:
    errors: list[Exception] = []

    def work(worker: int) -> None:
        try:
            own = Memory(tmp_path / MEMORY)
            for number in range(5):
                own.meet(f"{worker}-{number}", f"{worker}{number}".zfill(64), first)
            own.close()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors and len(Memory(tmp_path / MEMORY)) == 20


def test_of_copies_met_at_one_moment_all_but_one_find_another(
    tmp_path: Path, first: Fingerprint
) -> None:
    Memory(tmp_path / MEMORY).close()
    together = threading.Barrier(4)
    found: list[Duplicate | None] = []

    def work(worker: int) -> None:
        own = Memory(tmp_path / MEMORY)
        together.wait()
        found.append(own.meet(f"{worker}.mp4", f"{worker:064}", first).repeats)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one is None for one in found].count(True) == 1 and len(found) == 4


def test_a_file_that_is_no_memory_is_refused(tmp_path: Path) -> None:
    (tmp_path / MEMORY).write_bytes(b"something else " * 100)
    with pytest.raises(CatalogueError, match=MEMORY):
        Memory(tmp_path / MEMORY)
    with pytest.raises(CatalogueError):
        Screener(Config(device="cpu", memory=tmp_path / MEMORY)).prepare()


def test_the_memory_is_not_part_of_the_settings(tmp_path: Path) -> None:
    assert settings_digest(Config()) == settings_digest(Config(memory=tmp_path / MEMORY))


# --- whole scans ---------------------------------------------------------------------------------


def video(path: Path, scene: Scene, *, width: int = 480, crf: int = 20) -> Path:
    size = (width, width * 3 // 4)
    frames = [cv2.resize(scene.at(index / 25), size) for index in range(25 * 12)]
    return write_video(path, frames, options={"crf": str(crf), "g": "25"})


def found_in(out: Path) -> dict[str, Any]:
    """What each file of a folder of results repeats, by name; None for what is new."""
    return {Path(one["media"]["path"]).name: one["duplicate_of"] for one in records(out)}


def test_a_scan_finds_the_copies_within_and_across_scans(tmp_path: Path) -> None:
    one, two, out = tmp_path / "one", tmp_path / "two", tmp_path / "out"
    one.mkdir()
    two.mkdir()
    video(one / "a.mp4", Scene(3))
    video(one / "b-other.mp4", Scene(4))
    video(one / "c-smaller.mp4", Scene(3), width=240, crf=32)
    shutil.copy(one / "a.mp4", two / "exact.mp4")
    video(two / "changed.mp4", Scene(3), width=320, crf=36)
    rng = np.random.default_rng(0)
    blobs = cv2.resize(rng.integers(0, 256, (9, 12, 3), np.uint8), (640, 480))
    write_picture(one / "p.png", blobs, codec="png", pixels="rgb24")
    write_picture(two / "p.jpg", cv2.resize(blobs, (400, 300)), codec="mjpeg", pixels="yuvj420p")
    write_picture(two / "q.png", quarters(400, 300), codec="png", pixels="rgb24")

    config = Config(device="cpu", threads=1)
    summary = scan([one], out, config)
    assert summary.copies == 1
    found = found_in(out)
    assert found["a.mp4"] is found["b-other.mp4"] is found["p.png"] is None
    assert found["c-smaller.mp4"]["path"].endswith("a.mp4")
    assert not found["c-smaller.mp4"]["exact"] and found["c-smaller.mp4"]["picture"] >= 0.8

    assert scan([one, two], out, config).copies == 4
    found = found_in(out)
    assert found["exact.mp4"]["exact"] and found["exact.mp4"]["path"].endswith("a.mp4")
    assert not found["changed.mp4"]["exact"] and found["changed.mp4"]["path"].endswith("a.mp4")
    assert not found["p.jpg"]["exact"] and found["p.jpg"]["path"].endswith("p.png")
    assert found["q.png"] is None


def test_votes_are_the_same_in_fewer_cells(
    first: Fingerprint, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [
        Indexed(number, one.duration_s, codes_to_index(one), pairs_to_index(one))
        for number, one in enumerate([first, clip(5), clip(6)])
    ]
    short = ReferenceIndex(lambda: items)
    monkeypatch.setattr(index, "vote_bins", lambda line: index.VOTE_BINS)
    assert short.candidates(first) == ReferenceIndex(lambda: items).candidates(first)


@pytest.mark.parametrize(
    ("line", "bins"),
    [
        pytest.param(0, 1 << 13, id="nothing"),
        pytest.param(250_000, 1 << 19, id="fifty-short-files"),
        pytest.param(90_000_000, index.VOTE_BINS, id="twenty-thousand-files"),
    ],
)
def test_a_short_time_line_needs_few_cells(line: int, bins: int) -> None:
    assert index.vote_bins(line) == bins

"""A file is whole once nothing changes it, and no download of it lies beside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from media_screen.folders.settled import Settling

MOVIE = b"\x1aE\xdf\xa3"
SETTLE = 10.0  # s


class Clock:
    """Two clocks that tests move: of the wall, and one that only goes on."""

    def __init__(self, folder: Path) -> None:
        self.wall, self.steady = 0.0, 100.0
        self.settling = Settling(
            folder, settle_s=SETTLE, now=lambda: self.wall, clock=lambda: self.steady
        )

    def at(self, folder: Path, age: float) -> set[str]:
        """Look when the newest change below the folder is so many seconds old."""
        changed = max(one.lstat().st_ctime for one in folder.rglob("*"))
        self.steady += max(0.0, changed + age - self.wall) if self.wall else 0.0
        self.wall = changed + age
        return {str(one.relative_to(folder)) for one in self.settling.look().files}

    def whys(self) -> dict[str, str]:
        return {one.path.name: one.why for one in self.settling.look().waiting}


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        is_text = name.endswith((".json", ".ytdl", ".description", ".urls"))
        (folder / name).write_bytes(b"{}" if is_text else MOVIE)


# What lies in a folder, and what of it is whole when nothing has changed for long.
FOLDERS: dict[str, tuple[tuple[str, ...], set[str]]] = {
    "whole": (("a.mp4", "a.info.json", "sub/b.mp4"), {"a.mp4", "sub/b.mp4"}),
    "part": (("a.mp4.part", "a.info.json"), set()),
    "part-that-plays-alone": (("a.webm.part", "b.mp4"), {"b.mp4"}),
    "part-of-another-format": (("a.mp4", "a.f137.mp4.part"), set()),
    "fragment": (("a.mp4", "a.mp4.part-Frag12"), set()),
    "ytdl": (("a.mp4", "a.mp4.ytdl"), set()),
    "aria2": (("a.mp4", "a.mp4.aria2"), set()),
    "browser": (("a.mp4", "a.mp4.crdownload", "b.mp4"), {"b.mp4"}),
    "part-in-another-folder": (("a.mp4", "sub/a.mp4.part"), {"a.mp4"}),
    "part-of-a-longer-name": (("a.mp4", "a b.mp4.part"), {"a.mp4"}),
    "streams-before-they-are-joined": (("a.f137.mp4", "a.f140.m4a.part"), set()),
    "dots-in-the-name": (("Mr. A.mp4", "Mr. A.mp4.part", "Mr. B.mp4"), {"Mr. B.mp4"}),
    "other-leftovers": (("a.mp4", "a.description"), {"a.mp4"}),
}


@pytest.mark.parametrize(("names", "whole"), FOLDERS.values(), ids=FOLDERS)
def test_downloads_that_go_on_are_waited_for(
    tmp_path: Path, names: tuple[str, ...], whole: set[str]
) -> None:
    write(tmp_path, *names)
    clock = Clock(tmp_path)
    assert clock.at(tmp_path, 1_000.0) == whole
    assert clock.at(tmp_path, 2_000.0) == whole
    assert all("unfinished" in why for why in clock.whys().values())


@pytest.mark.parametrize(
    ("age", "whole"), [(0.0, set()), (SETTLE - 1, set()), (SETTLE, {"a.mp4"}), (1e6, {"a.mp4"})]
)
def test_a_file_that_was_written_just_now_is_waited_for(
    tmp_path: Path, age: float, whole: set[str]
) -> None:
    write(tmp_path, "a.mp4")
    os.utime(tmp_path / "a.mp4", (0, 0))  # as downloaders do: the date of the post
    clock = Clock(tmp_path)
    assert clock.at(tmp_path, age) == whole
    assert clock.whys() == ({} if whole else {"a.mp4": "it was written just now"})


@pytest.mark.parametrize("name", ["a.mp4", "a.info.json", "a.temp.mp4"])
def test_what_belongs_to_a_file_has_to_settle_too(tmp_path: Path, name: str) -> None:
    write(tmp_path, "a.f137.mp4" if "temp" in name else "a.mp4", "a.info.json")
    clock = Clock(tmp_path)
    assert clock.at(tmp_path, 100.0)
    with (tmp_path / name).open("ab") as stream:
        stream.write(b" ")
    assert clock.at(tmp_path, 1.0) == set()
    assert clock.at(tmp_path, SETTLE)


@pytest.mark.parametrize("modified", [0, 4e9], ids=["long ago", "in the future"])
@pytest.mark.parametrize("name", ["a.mp4", "a.info.json"])
def test_what_the_time_of_a_file_was_set_to_says_nothing(
    tmp_path: Path, name: str, modified: float
) -> None:
    write(tmp_path, "a.mp4", "a.info.json")
    os.utime(tmp_path / name, (modified, modified))
    clock = Clock(tmp_path)
    assert clock.at(tmp_path, SETTLE - 1) == set()
    assert clock.at(tmp_path, SETTLE) == {"a.mp4"}
    assert Clock(tmp_path).at(tmp_path, SETTLE) == {"a.mp4"}, "at the first look, too"


def test_a_clock_that_is_wrong_is_not_waited_for(tmp_path: Path) -> None:
    write(tmp_path, "a.mp4")
    clock = Clock(tmp_path)
    assert clock.at(tmp_path, -1e6) == set()  # changed in the future, as far as the wall's knows
    clock.steady += SETTLE
    assert clock.at(tmp_path, -1e6) == {"a.mp4"}


def test_a_link_to_nothing_settles_as_well(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").symlink_to("nowhere")
    clock = Clock(tmp_path)
    assert clock.at(tmp_path, 1_000.0) == set()
    clock.steady += SETTLE
    assert clock.at(tmp_path, 1_000.0) == {"a.mp4"}


def test_a_folder_that_is_gone_is_no_empty_one(tmp_path: Path) -> None:
    assert Settling(tmp_path, settle_s=0.0).look().is_readable
    gone = Settling(tmp_path / "gone", settle_s=0.0).look()
    assert not gone.is_readable and not gone.files

"""People that can't be written into: the cache lies elsewhere, and nothing found before is lost."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from media_screen import weights
from media_screen.files import file_id, private_folder
from media_screen.folders import CACHE_FOLDER
from media_screen.people import cache
from media_screen.people.cache import CATALOGUE, GALLERY, PROXIES, cache_folder, proxies_of
from media_screen.screen import Config
from media_screen.screen.settings import settings_digest
from tests.making import touch


@pytest.fixture
def read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of people in which nothing can be made or changed, for whatever user."""
    people = tmp_path / "people"
    people.mkdir()
    make = private_folder

    def refuse(folder: Path) -> None:
        if people in folder.parents:
            raise OSError(30, "Read-only file system")
        make(folder)

    monkeypatch.setattr(cache, "private_folder", refuse)
    return people


def test_the_cache_lies_beside_the_people_where_it_can(tmp_path: Path) -> None:
    assert cache_folder(tmp_path, tmp_path / "out") == tmp_path / CACHE_FOLDER
    assert not (tmp_path / "out").exists()


def test_people_that_are_read_only_get_a_cache_elsewhere(read_only: Path, tmp_path: Path) -> None:
    touch(read_only, f"{CACHE_FOLDER}/{GALLERY}", f"{CACHE_FOLDER}/{CATALOGUE}")
    before = {path: path.stat() for path in read_only.rglob("*")}
    out = tmp_path / "out" / "references"
    assert cache_folder(read_only, out) == out
    assert [(out / name).read_bytes() for name in (GALLERY, CATALOGUE)] == [b"x", b"x"]
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    (out / GALLERY).write_bytes(b"newer")
    assert cache_folder(read_only, out) == out
    assert (out / GALLERY).read_bytes() == b"newer", "what is there is kept"
    assert {path: path.stat() for path in read_only.rglob("*")} == before


@pytest.mark.parametrize("name", [GALLERY, CATALOGUE])
def test_what_is_being_written_or_is_no_file_is_not_taken_over(
    read_only: Path, tmp_path: Path, name: str
) -> None:
    touch(read_only, f"{CACHE_FOLDER}/{name}-wal", f"{CACHE_FOLDER}/{name}")
    other = GALLERY if name == CATALOGUE else CATALOGUE
    os.mkfifo(read_only / CACHE_FOLDER / other)
    out = tmp_path / "out"
    assert list(cache_folder(read_only, out).iterdir()) == []


def test_small_copies_beside_people_that_are_read_only_are_read_there(
    read_only: Path, tmp_path: Path
) -> None:
    names = [f"{letter * 64}.mp4" for letter in "ab"]
    beside, out = read_only / CACHE_FOLDER / PROXIES, tmp_path / "out"
    touch(read_only, *(f"{CACHE_FOLDER}/{PROXIES}/{name}" for name in names))
    touch(tmp_path, f"out/{PROXIES}/{names[1]}")
    proxies = proxies_of(read_only, cache_folder(read_only, out))
    assert proxies.path("a" * 64) == beside / names[0]
    assert proxies.path("b" * 64) == out / PROXIES / names[1]
    proxies.drop_others(())
    assert proxies.path("b" * 64) == beside / names[1]


def test_without_another_place_it_is_private_and_temporary(read_only: Path) -> None:
    folder = cache_folder(read_only)
    assert folder == cache_folder(read_only), "one for the process"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700 and read_only not in folder.parents


def test_people_are_the_same_by_whichever_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "people/ada/person.toml", "people/ada/faces/a.jpg", "people/_known_fakes/b.mp4")
    (tmp_path / "way").symlink_to("people")
    monkeypatch.chdir(tmp_path)
    ways = [Path("people"), tmp_path / "people", Path("people/../people"), Path("way")]
    assert len({settings_digest(Config(people=way, device="cpu")) for way in ways}) == 1


CHANGES = {
    "reference": ("ada/faces/b.jpg", True),
    "dotted reference": ("ada/faces/.b.jpg", True),
    "fake": ("_known_fakes/ada/c.mp4", True),
    "certificate": ("_trust/c.pem", True),
    "subtitles": ("ada/official/b.en.vtt", False),
    "finder": ("ada/.DS_Store", False),
    "cache": (f"{CACHE_FOLDER}/{GALLERY}", False),
}


@pytest.mark.parametrize(("name", "matters"), CHANGES.values(), ids=CHANGES)
def test_what_screening_depends_on_asks_for_another(
    tmp_path: Path, name: str, matters: bool
) -> None:
    touch(tmp_path, "ada/person.toml", "ada/official/b.mp4")
    config = Config(people=tmp_path, device="cpu")
    before = settings_digest(config)
    touch(tmp_path, name)
    assert (settings_digest(config) != before) == matters


def test_a_user_without_a_home_has_the_shipped_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv(weights.FOLDER_VARIABLE, raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    shipped = {file.name for file in weights.recorded()}
    assert shipped <= {file.name for file in weights.installed()}
    with pytest.raises(weights.WeightsError, match=f"set {weights.FOLDER_VARIABLE}"):
        weights.fetched_dir()


def test_a_file_is_one_file_by_every_path_to_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "in/a.mp4", "in/b.mp4")
    (tmp_path / "way").symlink_to("in")
    monkeypatch.chdir(tmp_path)
    ways = ("in/a.mp4", "way/a.mp4", "in/../in/a.mp4", str(tmp_path / "in/a.mp4"))
    assert len({file_id(Path(way)) for way in ways}) == 1
    assert file_id(Path("in/b.mp4")) != file_id(Path("in/a.mp4"))

"""The catalogue: what it finds again and as what, and how its file stands up to damage."""

from __future__ import annotations

import multiprocessing
import pickle
import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from media_screen.evidence import Match
from media_screen.footage.catalogue import Catalogue, CatalogueError, MeasuredMatch
from media_screen.footage.catalogue.index import Indexed
from media_screen.footage.catalogue.store import SCHEMA_VERSION
from media_screen.footage.fingerprint import Fingerprint, FingerprintBuilder
from tests.footage.making import RATE, Picture, Scene, enrolled, take, voice

LENGTH = 10.0  # s of each official clip


def official(number: int) -> Fingerprint:
    sound = voice(LENGTH, number)
    return enrolled(Scene(number), LENGTH, sound=sound, head=number)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue of four people, one of whom has no sound, and one known fake."""
    path = tmp_path_factory.mktemp("catalogue") / "catalogue.sqlite"
    with Catalogue.open(path) as catalogue:
        for number in range(4):
            catalogue.add(f"person-{number}", f"{number}.mp4", f"{number:064d}", official(number))
        silent = enrolled(Scene(4), LENGTH)
        catalogue.add("person-4", "4.mp4", f"{4:064d}", silent)
        catalogue.add("person-0", "fake.mp4", f"{5:064d}", official(5), kind="known_fake")
    return path


@pytest.fixture
def catalogue(filled: Path, tmp_path: Path) -> Catalogue:
    """A copy of it that a test may change."""
    path = tmp_path / "catalogue.sqlite"
    shutil.copy(filled, path)
    return Catalogue.open(path)


def only(found: tuple[MeasuredMatch, ...]) -> MeasuredMatch:
    assert [item.match.reference for item in found] == [found[0].match.reference]
    return found[0]


# --- what is found -------------------------------------------------------------------------------


def border(image: np.ndarray) -> np.ndarray:
    return cv2.copyMakeBorder(image, 20, 50, 30, 30, cv2.BORDER_CONSTANT, value=(200, 30, 30))


def caption(image: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.putText(image.copy(), "BREAKING", (10, 165), 0, 1.2, (255, 255, 0), 3))


def inset(image: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(99)
    back = cv2.resize(rng.uniform(0, 255, (6, 9, 3)).astype(np.float32), (480, 270))
    back = np.clip(back, 0, 255).astype(np.uint8)
    back[20:155, 280:460] = cv2.resize(image, (180, 135), interpolation=cv2.INTER_AREA)
    return back


PICTURES: dict[str, Picture] = {
    "same": lambda image: image,
    "small": lambda image: cv2.resize(image, (96, 72), interpolation=cv2.INTER_AREA),
    "mirrored": lambda image: np.ascontiguousarray(image[:, ::-1]),
    "9:16": lambda image: image[:, 69:170],
    "crop": lambda image: image[30:170, 40:220],
    "darker": lambda image: (image * 0.6 + 10).astype(np.uint8),
    "border": border,
    "caption": caption,
    "inset": inset,
}


@pytest.mark.parametrize(
    ("change", "silent"),
    [(change, change in ("small", "mirrored", "crop", "inset")) for change in PICTURES]
    + [("inset", False)],
)
def test_a_changed_picture_is_a_copy(filled: Path, change: str, silent: bool) -> None:
    sound = None if silent else voice(LENGTH, 1)
    head = 1 if change in ("crop", "inset") else None
    query = take(Scene(1), LENGTH, change=PICTURES[change], sound=sound, head=head)
    found = only(Catalogue.open(filled).find(query))
    assert found.match.person == "person-1"
    assert found.match.relation == "copy"
    assert found.mirrored == (change == "mirrored")
    assert found.match.picture == pytest.approx(1.0, abs=0.1)
    assert found.match.sound == pytest.approx(0.0 if silent else 1.0, abs=0.1)
    assert found.mapping.offset_s == pytest.approx(0.0, abs=0.15)


@pytest.mark.parametrize("speed", [0.9, 0.95, 1.05, 1.1])
def test_another_speed_is_measured(filled: Path, speed: float) -> None:
    at = np.arange(int(LENGTH * RATE / speed)) * speed
    fast = np.interp(at, np.arange(int(LENGTH * RATE)), voice(LENGTH, 2)).astype(np.float32)
    query = take(Scene(2), LENGTH, speed=speed, sound=fast)
    found = only(Catalogue.open(filled).find(query))
    assert found.match.relation == "copy"
    assert found.mapping.speed == pytest.approx(speed, abs=0.01)


def test_an_excerpt_has_the_right_place(filled: Path) -> None:
    part = voice(LENGTH, 3)[round(3.2 * RATE) : round(8.2 * RATE)]
    found = only(Catalogue.open(filled).find(take(Scene(3), 5.0, start=3.2, sound=part)))
    assert found.match.relation == "excerpt"
    assert found.mapping.offset_s == pytest.approx(3.2, abs=0.05)
    assert found.match.reference_span.start == pytest.approx(3.2, abs=0.3)
    assert found.match.reference_span.end == pytest.approx(8.2, abs=0.3)


def test_sound_alone_is_matched(filled: Path) -> None:
    found = only(Catalogue.open(filled).find(take(None, LENGTH, sound=voice(LENGTH, 0))))
    assert (found.match.relation, found.picture_score) == ("copy", 0.0)
    assert not found.compared_picture


def test_noise_over_the_sound_is_still_the_sound(filled: Path) -> None:
    clean = voice(LENGTH, 0)
    noisy = clean + np.random.default_rng(0).normal(0, 0.5 * clean.std(), clean.size)
    query = take(Scene(0), LENGTH, sound=noisy.astype(np.float32))
    assert only(Catalogue.open(filled).find(query)).match.relation == "copy"


@pytest.mark.parametrize("decibels", [-45, -30, -12], ids="{:+} dB".format)
def test_sound_that_is_turned_down_is_still_the_sound(filled: Path, decibels: float) -> None:
    quiet = np.rint(voice(LENGTH, 0) * 10 ** (decibels / 20) * 32_767) / 32_767
    query = take(None, LENGTH, sound=quiet.astype(np.float32))
    match = only(Catalogue.open(filled).find(query)).match
    assert (match.relation, match.person) == ("copy", "person-0")


def test_another_voice_is_revoiced(filled: Path) -> None:
    query = take(Scene(1), LENGTH, sound=voice(LENGTH, 77))
    match = only(Catalogue.open(filled).find(query)).match
    assert (match.relation, match.sound) == ("revoiced", 0.0)


def test_another_picture_is_repictured(filled: Path) -> None:
    query = take(Scene(50), LENGTH, sound=voice(LENGTH, 1))
    match = only(Catalogue.open(filled).find(query)).match
    assert (match.reference, match.relation, match.picture) == ("1.mp4", "repictured", 0.0)


def test_hiss_that_nobody_hears_is_not_called_revoiced(filled: Path) -> None:
    hiss = np.random.default_rng(0).normal(0.0, 5e-5, round(LENGTH * RATE)).astype(np.float32)
    assert only(Catalogue.open(filled).find(take(Scene(1), LENGTH, sound=hiss))).match.sound == 0.0
    relation = only(Catalogue.open(filled).find(take(Scene(1), LENGTH, sound=hiss))).match.relation
    assert relation == "copy"


def test_sound_over_silent_footage_is_not_called_revoiced(filled: Path) -> None:
    query = take(Scene(4), LENGTH, sound=voice(LENGTH, 1)[: 2 * RATE] * 0)
    assert only(Catalogue.open(filled).find(query)).match.relation == "copy"


def test_a_known_fake_is_named(filled: Path) -> None:
    match = only(Catalogue.open(filled).find(take(Scene(5), LENGTH, sound=voice(LENGTH, 5)))).match
    assert (match.relation, match.person) == ("known_fake", "person-0")


def test_another_recording_in_the_same_place_is_no_match(filled: Path) -> None:
    for moves in range(20, 23):
        query = take(Scene(1, moves), 6.0, sound=voice(6.0, 100 + moves))
        assert Catalogue.open(filled).find(query) == ()


def test_strangers_are_no_match(filled: Path) -> None:
    for number in range(30, 36):
        assert (
            Catalogue.open(filled).search(take(Scene(number), 8.0, sound=voice(8.0, number))) == ()
        )


def test_clips_cut_together_are_told_apart(filled: Path) -> None:
    builder = FingerprintBuilder(duration_s=10.0)
    sounds = []
    for position, (number, start) in enumerate(((2, 4.0), (0, 1.0))):
        for index in range(25):
            image = Scene(number).at(start + index / 5)
            builder.add_frame(position * 5.0 + index / 5, image)
        sounds.append(voice(LENGTH, number)[round(start * RATE) : round((start + 5) * RATE)])
    builder.add_sound(0.0, np.concatenate(sounds))
    found = Catalogue.open(filled).search(builder.finish())
    assert [(match.reference, match.relation) for match in found] == [
        ("2.mp4", "excerpt"),
        ("0.mp4", "excerpt"),
    ]
    first, second = found
    assert first.query_span.end == pytest.approx(5.0, abs=1.3)
    assert second.query_span.start == pytest.approx(5.0, abs=1.3)
    assert second.reference_span.start == pytest.approx(1.0, abs=1.0)


# --- the file ------------------------------------------------------------------------------------


def test_an_empty_catalogue_finds_nothing(tmp_path: Path) -> None:
    with Catalogue.open(tmp_path / "new" / "catalogue.sqlite") as catalogue:
        assert len(catalogue) == 0 and catalogue.entries() == ()
        assert catalogue.search(take(Scene(1), 2.0)) == ()


def test_an_empty_fingerprint_matches_nothing(filled: Path) -> None:
    assert Catalogue.open(filled).search(FingerprintBuilder().finish()) == ()


def test_what_is_stored_comes_back(catalogue: Catalogue) -> None:
    stored = catalogue.fingerprint(f"{2:064d}")
    given = official(2)
    assert stored is not None
    for name in ("times", "hashes", "pictures", "fine", "peak_frames", "peak_steps"):
        assert np.array_equal(getattr(stored, name), getattr(given, name))


def test_adding_again_replaces(catalogue: Catalogue) -> None:
    before = len(catalogue)
    catalogue.add("other", "new name.mp4", f"{2:064d}", official(2))
    assert len(catalogue) == before
    entry = next(entry for entry in catalogue.entries() if entry.sha256 == f"{2:064d}")
    assert (entry.person, entry.reference) == ("other", "new name.mp4")
    match = catalogue.search(take(Scene(2), LENGTH, sound=voice(LENGTH, 2)))
    assert [item.reference for item in match] == ["new name.mp4"]


def test_removing_forgets(catalogue: Catalogue) -> None:
    assert catalogue.has(f"{1:064d}")
    assert catalogue.remove(sha256=f"{1:064d}") == 1
    assert not catalogue.has(f"{1:064d}")
    assert catalogue.search(take(Scene(1), LENGTH, sound=voice(LENGTH, 1))) == ()
    assert catalogue.remove(person="person-0") == 2
    rows = sqlite3.connect(catalogue.path).execute("SELECT COUNT(DISTINCT reference_id) FROM array")
    assert rows.fetchone()[0] == len(catalogue) == 3


@pytest.mark.parametrize("which", [{}, {"sha256": "a", "person": "b"}])
def test_removing_needs_one_key(catalogue: Catalogue, which: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="either"):
        catalogue.remove(**which)


@pytest.mark.parametrize(
    ("options", "said"), [({"kind": "rumour"}, "rumour"), ({"duration_s": -1.0}, "-1")]
)
def test_wrong_entries_are_refused(
    catalogue: Catalogue, options: dict[str, object], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        catalogue.add("a", "a", "a", take(Scene(1), 1.0), **options)  # type: ignore[arg-type]
    assert not catalogue.has("a")


def test_another_handle_sees_what_was_added(catalogue: Catalogue) -> None:
    other = Catalogue.open(catalogue.path)
    query = take(Scene(9), LENGTH, sound=voice(LENGTH, 9))
    assert other.search(query) == ()
    catalogue.add("new", "9.mp4", "9" * 64, official(9))
    assert [match.reference for match in other.search(query)] == ["9.mp4"]


def test_a_pickled_catalogue_is_its_path(catalogue: Catalogue) -> None:
    catalogue.search(take(Scene(1), 2.0))
    data = pickle.dumps(catalogue)
    assert len(data) < 1000
    assert pickle.loads(data).entries() == catalogue.entries()


def _searched(catalogue: Catalogue) -> tuple[Match, ...]:
    return catalogue.search(take(Scene(1), 4.0, sound=voice(4.0, 1)))


def test_many_processes_read_while_one_writes(catalogue: Catalogue) -> None:
    expected = _searched(catalogue)
    assert [match.reference for match in expected] == ["1.mp4"]
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        running = [pool.submit(_searched, catalogue) for _ in range(6)]
        for number in range(20, 24):
            catalogue.add("p", f"{number}.mp4", f"{number}", take(Scene(number), 2.0))
        results = [future.result(timeout=60) for future in running]
    assert all(result == expected for result in results)
    assert len(catalogue) == 10


def test_a_failed_replacement_leaves_the_old_entry(catalogue: Catalogue) -> None:
    with pytest.raises(CatalogueError, match="can't be written"):
        catalogue.add("a", object(), f"{1:064d}", take(Scene(1), 2.0))  # type: ignore[arg-type]
    assert [entry.reference for entry in catalogue.entries()][:2] == ["0.mp4", "1.mp4"]
    assert [match.reference for match in _searched(catalogue)] == ["1.mp4"]


# --- damage --------------------------------------------------------------------------------------


def test_another_version_is_refused_by_name(catalogue: Catalogue) -> None:
    with sqlite3.connect(catalogue.path) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    said = f"expected version {SCHEMA_VERSION} .*got version {SCHEMA_VERSION + 1}"
    with pytest.raises(CatalogueError, match=said):
        Catalogue.open(catalogue.path)


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE note (text TEXT)")
    connection.close()
    with pytest.raises(CatalogueError, match="another program"):
        Catalogue.open(path)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("note",)]
    connection.close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    path.write_bytes(b"\x00\x01 not a database " * 500)
    with pytest.raises(CatalogueError, match=r"catalogue\.sqlite"):
        Catalogue.open(path)


def test_a_cut_off_file_is_refused_not_believed(catalogue: Catalogue) -> None:
    catalogue.close()
    data = catalogue.path.read_bytes()
    catalogue.path.write_bytes(data[: len(data) // 3])
    with pytest.raises(CatalogueError):
        Catalogue.open(catalogue.path).search(take(Scene(1), 4.0))


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            "UPDATE array SET data = substr(data, 1, 7) WHERE name = 'fine'",
            "fine is not",
        ),
        ("UPDATE array SET rows = -1 WHERE name = 'hashes'", "hashes"),
        ("UPDATE array SET data = 'text' WHERE name = 'index_codes'", "index_codes"),
        ("DELETE FROM array WHERE name = 'pictures'", "lacks pictures"),
        (
            "UPDATE array SET rows = rows - 1, data = substr(data, 5) WHERE name = 'times'",
            "times is not what was made from its file",
        ),
        ("UPDATE array SET data = zeroblob(length(data)) WHERE name = 'hashes'", "hashes is not"),
        ("UPDATE reference SET duration_s = 15.0", "was changed"),
        ("UPDATE reference SET kind = 'anything'", "was changed"),
    ],
)
def test_damaged_arrays_are_named(catalogue: Catalogue, sql: str, said: str) -> None:
    with sqlite3.connect(catalogue.path) as connection:
        connection.execute(sql)
    connection.close()
    with pytest.raises(CatalogueError, match=said):
        catalogue.search(take(Scene(1), LENGTH, sound=voice(LENGTH, 1)))


def test_what_is_added_while_the_index_is_built_waits_for_the_next(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Catalogue.open(catalogue.path)
    read = catalogue._indexed

    def read_and_add() -> Iterator[Indexed]:
        yield from read()
        if not other.has("late"):
            other.add("late", "late.mp4", "late", official(9))

    monkeypatch.setattr(catalogue, "_indexed", read_and_add)
    query = take(Scene(9), LENGTH, sound=voice(LENGTH, 9))
    assert catalogue.search(query) == ()
    assert [match.reference for match in catalogue.search(query)] == ["late.mp4"]

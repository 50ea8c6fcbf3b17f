"""Results survive any kind of end: none is lost, none is doubled, nothing half is left."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from media_screen.evidence import (
    LIMIT_REASONS,
    Abstention,
    Failure,
    MediaInfo,
    Reason,
    Thumbnail,
    Verdict,
)
from media_screen.results.folder import RESULTS, BatchError, Results
from media_screen.results.written import STATE
from media_screen.sidecar import stream
from tests.making import records, touch


def verdict(path: Path, label: str = "no_finding") -> Verdict:
    size = path.stat().st_size if path.exists() else 0
    media = MediaInfo(str(path), sha256="0" * 64, size_bytes=size)
    return Verdict(label=label, media=media, versions={"settings": "s1"})  # type: ignore[arg-type]


def failed(*errors: str, sha256: str = "", why: Abstention | None = None) -> Verdict:
    """Return what came of a file that could not be evaluated."""
    media = MediaInfo("a.mp4", sha256=sha256)
    failures = tuple(Failure("media", error) for error in errors)
    whys = (why,) if why else ()
    return Verdict("unable_to_evaluate", media, abstentions=whys, failures=failures)


@pytest.mark.parametrize("reason", LIMIT_REASONS)
def test_what_passed_a_limit_holds_under_those_limits_alone(tmp_path: Path, reason: Reason) -> None:
    touch(tmp_path, "a.mp4", "b.mp4")
    ended, whole, out = tmp_path / "a.mp4", tmp_path / "b.mp4", tmp_path / "out"
    with Results(out) as results:
        media = replace(verdict(ended).media, sha256=hashlib.sha256(ended.read_bytes()).hexdigest())
        why = (Abstention("media", reason, "ended"),)
        results.add(ended, replace(verdict(ended), media=media, abstentions=why), "s1", "5 s")
        results.add(whole, verdict(whole), "s1", "5 s")
        os.utime(ended)  # other facts, the same content
        for _ in range(2):
            assert results.has(ended, "s1", "5 s") and not results.has(ended, "s1", "60 s")
            assert not results.has(ended, None, "60 s"), "not even where other settings do"
            assert results.has(whole, "s1", "60 s")


ENDED = "the process that screened it ended: killed by SIGKILL"
LOST = "the worker or node that screened it was lost 3 times"
TOO_LARGE = Abstention("media", "too_large", "the file has too many bytes")

# What came of a file that stays as it is, and whether the next scan tries it again.
AGAIN: dict[str, tuple[Callable[[Path], object], Verdict, bool]] = {
    "screened": (Path.touch, failed(sha256="1" * 64), False),
    "no media": (Path.touch, failed("MediaError: no video", sha256="1" * 64), False),
    "its worker was killed": (Path.touch, failed(ENDED, sha256="1" * 64), True),
    "its node was lost": (Path.touch, failed(LOST), True),
    "it could not be read": (Path.touch, failed("MediaError: Input/output error"), True),
    "over the limit of size": (Path.touch, failed(why=TOO_LARGE), False),
    "a pipe": (os.mkfifo, failed("MediaError: it is not a regular file"), False),
    "not there": (lambda path: None, failed("MediaError: No such file"), False),
}


@pytest.mark.parametrize(("make", "came", "again"), AGAIN.values(), ids=AGAIN.keys())
def test_what_says_nothing_of_a_file_is_tried_again_by_the_next_scan(
    tmp_path: Path, make: Callable[[Path], object], came: Verdict, again: bool
) -> None:
    path = tmp_path / "a.mp4"
    make(path)
    with Results(tmp_path / "out") as results:
        for _ in range(2):
            results.add(path, came, "s1")
            assert results.has(path, "s1") is not again
            assert results.entry(path, kept=True) is not None, "until then its result counts"


def test_nothing_equals_what_could_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    os.mkfifo(path)
    with Results(tmp_path / "out") as results:
        results.add(path, failed("MediaError: it is not a regular file"), "s1")
        path.unlink()
        os.mkfifo(path)
        assert not results.has(path, "s1")


def test_a_result_is_known_until_something_changes(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4")
    path, out = tmp_path / "a.mp4", tmp_path / "out"
    with Results(out) as results:
        results.add(path, verdict(path), "s1")
        assert results.has(path, "s1")
        assert not results.has(path, "s2"), "other settings"
        (tmp_path / "a.info.json").write_text("{}")
        assert not results.has(path, "s1"), "a sidecar appeared"
        results.add(path, verdict(path), "s1")
        path.write_bytes(b"longer")
        assert not results.has(path, "s1"), "the file changed"


@pytest.mark.parametrize(
    ("size", "place", "holds"),
    [
        pytest.param(5_000, 900, False, id="in-what-is-read"),
        pytest.param(5_000, 3_000, True, id="behind-it"),
        pytest.param(1_000, 1_000, False, id="longer-than-is-read"),
    ],
)
def test_of_a_sidecar_counts_as_much_as_is_read_of_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, place: int, holds: bool
) -> None:
    """A file without end, of which nothing takes room on the disk, is not hashed to its end."""
    monkeypatch.setattr(stream, "MAX_BYTES", 1_000)
    touch(tmp_path, "a.mp4")
    path, beside = tmp_path / "a.mp4", tmp_path / "a.info.json"
    beside.write_bytes(bytes(size))
    media = replace(verdict(path).media, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    with Results(tmp_path / "out") as results:
        results.add(path, replace(verdict(path), media=media), "s1")
        with beside.open("r+b") as file:
            file.seek(place)
            file.write(b"x")
        assert results.has(path, "s1") is holds


@pytest.mark.parametrize("cut", [1, 20, 200], ids=lambda n: f"{n}-bytes-missing")
def test_a_half_written_line_is_dropped_and_the_rest_kept(tmp_path: Path, cut: int) -> None:
    touch(tmp_path, "a.mp4", "b.mp4")
    out = tmp_path / "out"
    with Results(out) as results:
        for name in ("a.mp4", "b.mp4"):
            results.add(tmp_path / name, verdict(tmp_path / name), "s1")
    data = (out / RESULTS).read_bytes()
    (out / RESULTS).write_bytes(data[:-cut])
    with Results(out) as results:
        assert results.has(tmp_path / "a.mp4", "s1")
        assert not results.has(tmp_path / "b.mp4", "s1")
        results.add(tmp_path / "b.mp4", verdict(tmp_path / "b.mp4"), "s1")
    assert [Path(r["media"]["path"]).name for r in records(out)] == ["a.mp4", "b.mp4"]


def test_a_line_without_a_record_of_its_own_does_not_count(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", "b.mp4")
    out = tmp_path / "out"
    with Results(out) as results:
        results.add(tmp_path / "a.mp4", verdict(tmp_path / "a.mp4"), "s1")
        shutil.copy(out / STATE, tmp_path / "before")
        results.add(tmp_path / "b.mp4", verdict(tmp_path / "b.mp4"), "s1")
    shutil.copy(tmp_path / "before", out / STATE)
    with Results(out) as results:
        assert results.has(tmp_path / "a.mp4", "s1") and not results.has(tmp_path / "b.mp4", "s1")
        assert results.broken_lines == 1
    (out / STATE).unlink()  # lost altogether: anybody may have written the lines
    with Results(out) as results:
        assert not results.has(tmp_path / "a.mp4", "s1") and results.broken_lines == 2
        results.compact()
    assert records(out) == []


def test_killed_between_the_record_and_the_line_only_that_file_is_screened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "a.mp4", "b.mp4")
    out = tmp_path / "out"
    with Results(out) as results:
        results.add(tmp_path / "a.mp4", verdict(tmp_path / "a.mp4"), "s1")
        monkeypatch.setattr(Results, "_append", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            results.add(tmp_path / "b.mp4", verdict(tmp_path / "b.mp4"), "s1")
    with Results(out) as results:
        assert results.has(tmp_path / "a.mp4", "s1") and not results.has(tmp_path / "b.mp4", "s1")
        assert results.broken_lines == 0


def test_replaced_results_are_dropped_from_the_file(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", "b.mp4")
    a, b, out = tmp_path / "a.mp4", tmp_path / "b.mp4", tmp_path / "out"
    with Results(out) as results:
        results.add(a, verdict(a), "s1")
        results.add(b, verdict(b), "s1")
        results.add(a, verdict(a, "synthetic_media"), "s2")
        results.compact()
        entry = results.entry(a, kept=False)
        assert entry is not None and entry.label == "synthetic_media"
        results.add(b, verdict(b, "official"), "s2")
        results.compact()
    assert [r["label"] for r in records(out)] == ["synthetic_media", "official"]


def test_a_compaction_that_was_killed_does_no_harm(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", "b.mp4")
    a, b, out = tmp_path / "a.mp4", tmp_path / "b.mp4", tmp_path / "out"
    with Results(out) as results:
        for path in (a, a, b):
            results.add(path, verdict(path), "s1")
        shutil.copy(out / STATE, tmp_path / "before")
        results.compact()
    shutil.copy(tmp_path / "before", out / STATE)  # file replaced, index not yet
    with Results(out) as results:
        assert results.has(a, "s1") and results.has(b, "s1")
        assert len(records(out)) == 2


def test_a_damaged_line_is_passed_over(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4")
    out = tmp_path / "out"
    out.mkdir()
    (out / RESULTS).write_bytes(b'{"media": 3}\n\xff\xfe not json\n')
    with Results(out) as results:
        results.add(tmp_path / "a.mp4", verdict(tmp_path / "a.mp4"), "s1")
        assert results.has(tmp_path / "a.mp4", "s1")


def test_a_line_that_was_damaged_since_does_not_count(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", "b.mp4")
    a, b, out = tmp_path / "a.mp4", tmp_path / "b.mp4", tmp_path / "out"
    with Results(out) as results:
        results.add(a, verdict(a), "s1")
        results.add(b, verdict(b), "s1")
    data = (out / RESULTS).read_bytes()
    (out / RESULTS).write_bytes(data.replace(b"no_finding", b"official\x00\x00", 1))
    with Results(out) as results:
        assert not results.has(a, "s1") and results.has(b, "s1")
        results.add(a, verdict(a), "s1")
        results.compact()
    assert [Path(r["media"]["path"]).name for r in records(out)] == ["b.mp4", "a.mp4"]


def test_a_believable_change_of_a_line_does_not_count_either(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4")
    path, out = tmp_path / "a.mp4", tmp_path / "out"
    with Results(out) as results:
        results.add(path, verdict(path, "suspected_impersonation"), "s1")
    data = (out / RESULTS).read_bytes()
    (out / RESULTS).write_bytes(data.replace(b"suspected_impersonation", b"official"))
    with Results(out) as results:
        assert not results.has(path, "s1")


def test_a_damaged_index_is_made_anew(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4")
    path, out = tmp_path / "a.mp4", tmp_path / "out"
    with Results(out) as results:
        results.add(path, verdict(path), "s1")
    state = bytearray((out / STATE).read_bytes())
    state[4096:] = bytes(len(state) - 4096)  # all pages but the first
    (out / STATE).write_bytes(bytes(state))
    with Results(out) as results:
        assert not results.has(path, "s1") and results.broken_lines == 1
        results.add(path, verdict(path), "s1")
        results.compact()
        assert results.has(path, "s1")
    assert len(records(out)) == 1


def test_an_index_of_another_version_is_made_anew(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4")
    path, out = tmp_path / "a.mp4", tmp_path / "out"
    with Results(out) as results:
        results.add(path, verdict(path), "s1")
    with sqlite3.connect(out / STATE) as state:
        state.execute("ALTER TABLE done DROP COLUMN settings")
    state.close()
    with Results(out) as results:
        assert not results.has(path, "s1")
        results.add(path, verdict(path), "s1")
        assert results.has(path, "s1")


def test_only_one_scan_writes_into_a_folder(tmp_path: Path) -> None:
    with Results(tmp_path / "out"), pytest.raises(BatchError, match="another scan"):
        Results(tmp_path / "out")
    Results(tmp_path / "out").__exit__()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_told_and_leaves_no_half_line(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4")
    path, out = tmp_path / "a.mp4", tmp_path / "out"
    with Results(out) as results:
        results.add(path, verdict(path), "s1")
        kept, results._file = results._file, os.open("/dev/full", os.O_WRONLY)
        with pytest.raises(BatchError, match=r"No space left.*what was finished is safe"):
            results.add(path, verdict(path), "s2")
        os.close(results._file)
        results._file = kept
    assert len(records(out)) == 1


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    touch(tmp_path, "out")
    with pytest.raises(BatchError, match="can't write into"):
        Results(tmp_path / "out")


def test_thumbnails_are_written_with_the_result(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4")
    path, out = tmp_path / "a.mp4", tmp_path / "out"
    pictures = (Thumbnail(1.5, b"\xff\xd8x"),)
    with Results(out) as results:
        results.add(path, replace(verdict(path), thumbnails=pictures), "s1")
    assert [p.read_bytes() for p in (out / "thumbs").rglob("*.jpg")] == [b"\xff\xd8x"]

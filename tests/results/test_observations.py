"""What was seen and heard is kept by content, for one way of looking, and removed for good."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from media_screen.database import ForeignDatabase
from media_screen.results.observations import OBSERVED, Observations, forget

ONE, OTHER = "ab" * 32, "cd" * 32


def test_it_is_found_by_content_and_way_of_looking(tmp_path: Path) -> None:
    path = tmp_path / OBSERVED
    kept = Observations(path, made="today")
    kept.put(ONE, b"seen")
    kept.put(OTHER, b"seen, too")
    kept.close()
    for made, found in (("today", b"seen"), ("otherwise", b"")):
        kept = Observations(path, made=made)
        assert kept.get(ONE) == found
        kept.close()


def test_of_files_without_a_result_nothing_stays(tmp_path: Path) -> None:
    path = tmp_path / OBSERVED
    kept = Observations(path, made="")
    kept.put(ONE, b"a face that is told by this " * 500)
    kept.put(OTHER, b"seen")
    kept.drop_others({OTHER})
    assert (kept.get(ONE), kept.get(OTHER)) == (b"", b"seen")
    kept.close()
    assert b"a face that is told by this" not in path.read_bytes(), "it is overwritten"


def test_what_was_changed_in_the_file_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / OBSERVED
    kept = Observations(path, made="")
    kept.put(ONE, b"seen")
    kept.close()
    with sqlite3.connect(path) as rows:
        rows.execute("UPDATE observed SET data = ?", (b"another",))
    rows.close()
    kept = Observations(path, made="")
    assert kept.get(ONE) == b""
    kept.close()


def test_a_damaged_file_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / OBSERVED
    kept = Observations(path, made="")
    kept.put(ONE, b"seen" * 5000)
    kept.close()
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    kept = Observations(path, made="")
    assert kept.get(ONE) == b""
    kept.put(ONE, b"seen")
    assert kept.get(ONE) == b"seen"
    kept.close()


def test_forgetting_removes_our_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / OBSERVED
    forget(path)  # nothing there
    Observations(path, made="").close()
    forget(path)
    assert not path.exists()
    with sqlite3.connect(path) as rows:
        rows.execute("CREATE TABLE theirs (a)")
    rows.close()
    with pytest.raises(ForeignDatabase):
        forget(path)
    assert path.exists()

"""The file that a user names is the one whose result is taken, or it is said that it is unclear."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from pathlib import Path

import pytest

from media_screen.files import file_id
from media_screen.results.named import NamedFileError, row_of
from media_screen.results.rows import ResultRow, read_results
from tests.report import records

FOLDERS = ("a", "b", "c")


def screened(path: Path, shown: str, *, read: bool = True) -> str:
    """Return the line of a file that was screened by a name that leads there from its folder."""
    verdict = records.quiet("no_finding", shown, None, 0.0)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest() if read else ""
    media = replace(verdict.media, id=file_id(path), sha256=sha256)
    return replace(verdict, media=media).to_json()


@pytest.fixture
def rows(tmp_path: Path) -> list[ResultRow]:
    """Results of files of one relative name in three folders, of which the last was not read."""
    lines = []
    for name in FOLDERS:
        clip = tmp_path / name / "clip.jpg"
        clip.parent.mkdir()
        clip.write_text(f"the picture in {name}")
        lines.append(screened(clip, "clip.jpg", read=name != "c"))
    return read_results(io.BytesIO("\n".join(lines).encode())).rows


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_file_that_is_there_is_meant_whatever_others_were_called(
    rows: list[ResultRow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.chdir(tmp_path / folder)
    wanted = file_id(tmp_path / folder / "clip.jpg")
    for name in ("clip.jpg", "./clip.jpg", f"../{folder}/clip.jpg", wanted):
        assert row_of(rows, name).key == wanted


def test_a_file_of_a_name_that_another_had_is_not_taken_for_it(
    rows: list[ResultRow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clip.jpg").write_text("never screened")
    with pytest.raises(NamedFileError, match="has no result: scan it first"):
        row_of(rows, "clip.jpg")
    (tmp_path / "clip.jpg").write_text("the picture in b")
    assert row_of(rows, "clip.jpg").key == file_id(tmp_path / "b/clip.jpg")


UNCLEAR = {
    "nothing": ("", "expected the name of a file, got an empty text"),
    "a path that several had": ("clip.jpg", "3 files are called clip.jpg: name one of "),
}


@pytest.mark.parametrize(("name", "said"), UNCLEAR.values(), ids=UNCLEAR.keys())
def test_a_name_that_says_nothing_is_refused(
    rows: list[ResultRow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)  # where no file is called so
    with pytest.raises(NamedFileError, match=said) as refused:
        row_of(rows, name)
    if name:  # files that are shown alike are told apart by the keys of their pages
        assert all(row.key in str(refused.value) for row in rows)

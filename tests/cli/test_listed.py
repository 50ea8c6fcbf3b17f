"""Lists of files are read as other programs write them, and what is not there stops nothing."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from media_screen.cli.listed import listed
from media_screen.cli.main import main
from tests.making import records
from tests.places import SAMPLES

TEXT = SAMPLES / "downloads/not-a-video.mp4"


def invoke(*arguments: object, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(main, ["scan", *map(str, arguments)], input=stdin)


LISTS: dict[str, tuple[bytes, bool, list[str]]] = {
    "lines": (b"a.mp4\nb c.mp4\n", False, ["a.mp4", "b c.mp4"]),
    "no-last-end": (b"a.mp4\nb.mp4", False, ["a.mp4", "b.mp4"]),
    "empty-lines": (b"\n\na.mp4\n  \n", False, ["a.mp4"]),
    "spaces-that-belong": (b" a.mp4 \n", False, [" a.mp4 "]),
    "windows": (b"\xef\xbb\xbfa.mp4\r\nb.mp4\r\n", False, ["a.mp4", "b.mp4"]),
    "no-comments": (b"#a.mp4\n", False, ["#a.mp4"]),
    "null": (b"a\nb.mp4\0c.mp4\0", True, ["a\nb.mp4", "c.mp4"]),
    "bytes-that-are-no-text": (b"a\xff.mp4\n", False, [os.fsdecode(b"a\xff.mp4")]),
    "sidecars": (b"a.mp4\na.info.json\n", False, ["a.mp4"]),
    "nothing": (b"", False, []),
}


@pytest.mark.parametrize(("data", "null", "paths"), LISTS.values(), ids=LISTS)
def test_a_list_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, null: bool, paths: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.info.json").write_text("{}")
    Path("list.txt").write_bytes(data)
    assert listed(Path("list.txt"), null=null) == tuple(map(Path, paths))


def test_what_can_not_be_a_list_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "list"
    file.write_bytes(b"a\0b\0")
    with pytest.raises(click.UsageError, match="got null characters: give --null"):
        listed(file)
    monkeypatch.setattr("media_screen.cli.listed._MOST", 1)
    with pytest.raises(click.UsageError, match="at most 0 MiB"):
        listed(file, null=True)
    with pytest.raises(click.UsageError, match="can't be read: Is a directory"):
        listed(tmp_path)


@pytest.mark.parametrize("way", ["file", "stdin", "null"])
def test_listed_files_are_screened_and_missing_ones_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.mp4", "b c.mp4", "c.mp4"):
        shutil.copy(TEXT, name)
    end = b"\0" if way == "null" else b"\n"
    data = end.join((b"a.mp4", b"b c.mp4", b"nowhere.mp4", b"x" * 5_000, b"\x1b[31m.mp4", b""))
    Path("list").write_bytes(data)
    name = "list" if way == "file" else "-"
    options = ["--files-from", name, "--device", "cpu", "-o", "out", *["-0"] * (way == "null")]
    result = invoke("c.mp4", *options, stdin=b"" if way == "file" else data)
    assert result.exit_code == 1, result.output
    assert "not there: nowhere.mp4" in result.output and "not there: \\x1b[31m.mp4" in result.output
    named = [Path(one["media"]["path"]).name for one in records(Path("out"))]
    assert sorted(named) == ["a.mp4", "b c.mp4", "c.mp4"]


def test_missing_files_are_told_where_verdicts_are_lines(tmp_path: Path) -> None:
    shutil.copy(TEXT, tmp_path / "a.mp4")
    options = ["--files-from", "-", "--device", "cpu", "--jsonl", "-o", tmp_path / "out"]
    result = invoke(*options, stdin=f"{tmp_path}/a.mp4\n{tmp_path}/no.mp4\n".encode())
    assert result.exit_code == 1
    (line,) = result.stdout.splitlines()
    assert json.loads(line)["media"]["path"].endswith("a.mp4")
    assert f"not there: {tmp_path}/no.mp4" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--files-from", "no"], "does not exist"),
        (["--files-from", "-", "--stdin", "--jsonl"], "without PATHS or --files-from"),
        (["--null"], "Missing argument 'PATHS...'"),
    ],
)
def test_what_does_not_go_together_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = invoke(*arguments)
    assert result.exit_code == 2 and said in result.output


def test_of_many_missing_files_the_first_are_named(tmp_path: Path) -> None:
    data = b"".join(b"no-%d.mp4\n" % number for number in range(100))
    result = invoke("--files-from", "-", "-o", tmp_path / "out", "--device", "cpu", stdin=data)
    assert result.exit_code == 1
    assert result.output.count("not there: no-") == 40 and "60 more that are not" in result.output

"""The list of labelled media: what is read, and what is refused with which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from media_screen.evaluation.manifest import Item, ManifestError, read_manifest

HEAD = "path,label,method,collection,identity"


def write(folder: Path, *lines: str, encoding: str = "utf-8") -> Path:
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        (folder / name).touch()
    path = folder / "labelled.csv"
    path.write_text("\n".join(lines) + "\n", encoding)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_rows_become_items_with_paths_beside_the_manifest(tmp_path: Path, encoding: str) -> None:
    path = write(
        tmp_path,
        HEAD + ",note",
        "a.mp4, Real,,Grid,劉欣,x",
        "b.mp4,fake,swap,FF++,",
        encoding=encoding,
    )
    assert read_manifest(path) == (
        Item(tmp_path / "a.mp4", False, "", "Grid", "劉欣"),
        Item(tmp_path / "b.mp4", True, "swap", "FF++", ""),
    )


def test_path_and_label_are_enough(tmp_path: Path) -> None:
    path = write(tmp_path, "label,path", "real,a.mp4", f"fake,{tmp_path / 'b.mp4'}")
    assert [item.fake for item in read_manifest(path)] == [False, True]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        pytest.param("gone.mp4,real", "line 4: there is no file 'gone.mp4'", id="missing"),
        pytest.param(".,real", "line 4: there is no file '.'", id="a-folder"),
        pytest.param("c.mp4,maybe", "expected the label real or fake, got 'maybe'", id="label"),
        pytest.param("c.mp4", "expected the label real or fake, got ''", id="no-label"),
        pytest.param("./a.mp4,fake", "'./a.mp4' is already in line 2", id="twice"),
        pytest.param(",real", "line 4: the path is empty", id="no-path"),
        pytest.param("x" * 400 + ",real", "is no path|there is no file", id="long-name"),
    ],
)
def test_bad_rows_are_named(tmp_path: Path, row: str, message: str) -> None:
    path = write(tmp_path, HEAD, "a.mp4,real", "b.mp4,fake", row)
    with pytest.raises(ManifestError, match=message):
        read_manifest(path)


def test_many_bad_rows_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path, HEAD, *(f"{row}.mp4,real" for row in range(30)))
    with pytest.raises(ManifestError, match=r"30 bad rows(.|\n)*and 20 more"):
        read_manifest(path)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        pytest.param(["file,kind", "a.mp4,real"], "no path and no label", id="columns"),
        pytest.param([HEAD, "a.mp4,real"], "1 real and 0 fake", id="one-class"),
        pytest.param([HEAD], "0 real and 0 fake", id="empty"),
    ],
)
def test_manifests_that_measure_nothing_are_refused(
    tmp_path: Path, lines: list[str], message: str
) -> None:
    with pytest.raises(ManifestError, match=message):
        read_manifest(write(tmp_path, *lines))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labelled.csv"
    path.write_bytes(b"\xff\xfe\x00path")
    with pytest.raises(ManifestError, match="can't be read as CSV in UTF-8"):
        read_manifest(path)

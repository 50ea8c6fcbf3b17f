"""What the program writes is never screened: all of it is written, and then looked through."""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from media_screen.batch.scan import find_media, scan
from media_screen.exports import FORMATS, export
from media_screen.files import is_result, new_file, write_atomically
from media_screen.folders.names import is_output
from media_screen.package import portable, write, write_package, write_portable
from media_screen.people.cache import ORIGINALS, REFERENCES
from media_screen.report import write_report
from media_screen.results.campaigns import CAMPAIGNS, read_campaigns
from media_screen.results.changes import CHANGES
from media_screen.screen import Config
from media_screen.testing import make_sample
from tests.places import PACKAGE

OWN_VIDEO = f"{'ab' * 32}.mp4"  # as a small copy of an original is called


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of media, with all in it that scans, reports, exports and packages write."""
    folder = tmp_path_factory.mktemp("downloads")
    sample = make_sample(folder)
    for name in ("again", "once more"):
        shutil.copy(sample, folder / f"{name}.mp4")
        shutil.copy(folder / "sample.info.json", folder / f"{name}.info.json")
    out = folder / "out"
    for _ in range(2):  # the second tells what changed
        scan([folder], out, Config(device="cpu", threads=1))
    write_report(out)
    for form in FORMATS:
        export(out, form)
    (campaign,) = read_campaigns(out)
    write_package(out, campaign.id, media=True)
    write_package(out, campaign.id, output=out / "for the court.zip")
    for cache in (ORIGINALS, REFERENCES):
        place = out / cache / "proxies"
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(sample, place / OWN_VIDEO)
        write_atomically(out / cache / "gallery.sqlite", [b"\0"])
    for name in ("results.jsonl.old", "state.sqlite.old", "memory.sqlite-journal", "ledger.jsonl"):
        write_atomically(out / name, [b"\0"])
    leave_half_of_each_package(out, campaign.id)
    leave_half_a_file(out / "results.csv")
    leave_half_a_file(out / "bundle of mine.json")
    return folder


def leave_half_of_each_package(out: Path, campaign: str) -> None:
    """Leave what a program that was killed while it packed leaves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile.TemporaryDirectory, "__exit__", lambda *_: None)
        patch.setattr(tempfile.TemporaryDirectory, "_cleanup", lambda *_, **__: None)
        for module in (write, portable):
            patch.setattr(module, "write_zip", full)
        patch.setattr(Path, "rename", full)  # of a folder that is whole
        packing: list[Callable[[], object]] = [
            lambda: write_package(out, campaign),
            lambda: write_portable(out),
            lambda: write_portable(out, output=out / "handed on"),
        ]
        for pack in packing:
            with pytest.raises(OSError, match="full"):
                pack()


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "the disk is full")


def leave_half_a_file(path: Path) -> None:
    _, stream = new_file(path)
    with stream:
        stream.write(b"half")


def test_nothing_that_was_written_is_screened_again(everything: Path) -> None:
    out = everything / "out"
    found = find_media([everything], out=out)
    assert sorted(path.name for path in found.files) == ["again.mp4", "once more.mp4", "sample.mp4"]
    others = {one.path: one.kind for one in found.left_out if out in one.path.parents}
    strange = {path.name for path, kind in others.items() if kind != "own"}
    assert strange == {"for the court.zip"}, "what the user named is known by no name"
    assert len(others) == sum(1 for path in out.rglob("*") if path.is_file())
    tops = {path.relative_to(out).parts[0] for path in others}
    assert tops >= {
        *FORMATS.values(),
        ORIGINALS,
        REFERENCES,
        "report",
        "thumbs",
        CAMPAIGNS,
        CHANGES,
    }
    for form, count in (("package", 1), ("portable", 3)):  # a folder is put together in two places
        halves = [path for path in out.glob(f".results.{form}-*") if any(path.rglob("*.jpg"))]
        assert len(halves) == count
    assert all(is_result(name) for name in tops - strange)


def test_a_video_in_the_output_of_another_scan_is_screened(everything: Path) -> None:
    for elsewhere in (None, everything / "elsewhere"):
        found = find_media([everything], out=elsewhere)
        assert [path.name for path in found.files].count(OWN_VIDEO) == 2


def test_of_an_unpacked_package_only_the_copies_of_media_are_screened(
    everything: Path, tmp_path: Path
) -> None:
    (package,) = (everything / "out").glob("results.c-*.zip")
    with zipfile.ZipFile(package) as archive:
        archive.extractall(tmp_path)
    (top,) = tmp_path.iterdir()
    (top / "SHA256SUMS.tsr").write_bytes(b"\0\1\2")
    found = find_media([tmp_path])
    assert {path.parent.name for path in found.files} == {"media"}
    kinds = {one.path.name: one.kind for one in found.left_out}
    assert set(kinds.values()) == {"own"}, kinds


@pytest.mark.parametrize("name", ["results", "memory", "campaigns", "state", "report", "thumbs"])
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".mp4"])
def test_media_that_are_called_like_results_are_screened(name: str, suffix: str) -> None:
    assert not is_result(name + suffix) and not is_output(name + suffix)


# Every place in which a temporary name is made, and why what is left of it is not screened.
TEMPORARY = {
    "evaluation/plots.py: TemporaryDirectory": "in the system's folder",
    "evaluation/reencode.py: getpid": "beside copies of media, which are media themselves",
    "files.py: token_hex": "a result, wherever it lies in a folder of results",
    "batch/networks.py: mkdtemp": "in the system's folder",
    "package/archive.py: TemporaryDirectory": "a result",
    "package/portable.py: TemporaryDirectory": "a result",
    "package/write.py: TemporaryDirectory": "a result",
    "people/cache.py: TemporaryFile": "it has no name",
    "people/cache.py: mkdtemp": "in the system's folder",
    "weights/fetch.py: TemporaryDirectory": "in the folder of weights",
}
MAKING = re.compile(r"tempfile\.(\w+)\(|secrets\.(token_hex)\(|f\"[^\"]*os\.(getpid)\(")
OTHER_USES = {"results/ledger.py: token_hex"}  # the id of an entry


def test_all_temporary_names_are_known() -> None:
    made = {
        f"{path.relative_to(PACKAGE)}: {name}"
        for path in PACKAGE.rglob("*.py")
        for found in MAKING.finditer(path.read_text("utf-8"))
        if (name := next(filter(None, found.groups()))) != "gettempdir"
    }
    assert made == TEMPORARY.keys() | OTHER_USES


NAMES = {
    "usual": "results.csv",
    "longest": "x" * 255,
    "longest in Chinese": "\u4e2d" * 85,
    "a line end": "a\nb",
    "a dot": ".x",
    "no text": os.fsdecode(b"\xff\xfe"),
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_half_a_file_is_known_by_its_name(tmp_path: Path, name: str) -> None:
    half, stream = new_file(tmp_path / name)
    stream.close()
    assert is_result(half.name)
    write_atomically(tmp_path / name, [b"whole"])
    assert (tmp_path / name).read_bytes() == b"whole"

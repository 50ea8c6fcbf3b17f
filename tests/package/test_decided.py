"""What people decided goes along with what is handed on, for these files alone, or is left out."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from media_screen.evidence import DecidedFile
from media_screen.package import write_package, write_portable
from media_screen.results.ledger import campaign_files, decide, read_ledger
from tests.report import invented, records

NOTE = "she was asked on Monday"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Results with a decision on the files of a campaign and another one, and one on that alone."""
    campaign, verdicts = invented.small()
    out = tmp_path / "out"
    invented.write(out, campaign, verdicts=[*records.every_label(), *verdicts])
    media = records.suspected().media
    other = DecidedFile(media.sha256, media.path)
    files = (*campaign_files(campaign), other)
    decide(out, files, who="ada", after="", answer="confirmed_fake", note=NOTE)
    decide(out, (other,), who="eve", after="", note="of another file")
    return out


def unpacked(archive: Path, to: Path) -> Path:
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(to)
    return next(to.iterdir())


def test_a_package_has_what_was_decided_on_its_own_files(out: Path, tmp_path: Path) -> None:
    folder = unpacked(write_package(out, invented.ID), tmp_path / "packed")
    campaign, _ = invented.small()
    (entry,) = read_ledger(folder).entries
    assert entry.note == NOTE
    assert {one.subject for one in entry.files} == {one.subject for one in campaign_files(campaign)}
    pages = [page.read_text("utf-8") for page in (folder / "report").rglob("*.html")]
    assert any(NOTE in page for page in pages)
    assert "what people decided" in (folder / "README.txt").read_text("utf-8")


def test_a_package_leaves_out_what_was_decided_when_asked_to(out: Path, tmp_path: Path) -> None:
    packed = write_package(out, invented.ID, decisions=False)
    folder = unpacked(packed, tmp_path / "packed")
    for file in folder.rglob("*"):
        assert not file.is_file() or NOTE.encode() not in file.read_bytes(), file


@pytest.mark.parametrize("decisions", [True, False], ids=["with", "without"])
def test_portable_pages_show_what_was_decided_unless_asked_not_to(
    out: Path, tmp_path: Path, decisions: bool
) -> None:
    folder = write_portable(out, output=tmp_path / "portable", decisions=decisions)
    pages = [page.read_text("utf-8") for page in folder.rglob("*.html")]
    assert any(NOTE in page for page in pages) == decisions

"""The command `decide`, and what other commands make of what was decided."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from media_screen.batch.scan import FoundFiles, Summary
from media_screen.cli.main import main
from media_screen.cli.showing import show_summary
from media_screen.evidence import MediaInfo
from media_screen.people.registry import KNOWN_FAKES
from media_screen.results.folder import FinishedFile
from media_screen.results.ledger import FileRecord, read_ledger
from tests.places import SAMPLES
from tests.report import invented, records

CLIP = SAMPLES / "downloads" / "7300000000000000001.mp4"
SUSPECTED, CAT = records.suspected().media, records.every_label()[5].media


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Results of every label, and a campaign."""
    campaign, verdicts = invented.small()
    invented.write(tmp_path / "out", campaign, verdicts=[*records.every_label(), *verdicts])
    return tmp_path / "out"


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)


def decide(out: Path, *words: object) -> Result:
    return run("decide", out, *words)


def held(out: Path, media: MediaInfo = SUSPECTED) -> FileRecord:
    return read_ledger(out).on(media)


NAMES = {
    "the path as shown": SUSPECTED.path,
    "the name of the file": "clip_0001.mp4",
    "the key of its page": SUSPECTED.key,
    "its hash": SUSPECTED.sha256,
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_file_is_named_in_any_way(out: Path, name: str) -> None:
    done = decide(out, name, "--as", "confirmed_fake", "--note", "voice cloned", "--by", "ada")
    assert done.exit_code == 0, done.output
    assert 'downloads/clip_0001.mp4: confirmed_fake, "voice cloned"' in done.output
    record = held(out)
    assert (record.answer, record.note) == ("confirmed_fake", "voice cloned")
    assert record.by is not None and record.by.who == "ada"
    assert record.by.files[0].label == "suspected_impersonation"


def real(out: Path, folder: Path) -> Path:
    """Put a file with a result into a folder, and return it."""
    folder.mkdir(parents=True)
    clip = folder / "real.mp4"
    shutil.copyfile(CLIP, clip)
    verdict = records.quiet("suspected_impersonation", str(clip), "xin-liu", 3.0)
    sha256 = hashlib.sha256(clip.read_bytes()).hexdigest()
    with (out / "results.jsonl").open("a") as stream:
        told = replace(verdict, media=replace(verdict.media, sha256=sha256))
        stream.write(told.to_json() + "\n")
    return clip


def test_a_file_that_was_moved_is_known_and_one_that_changed_is_refused(
    out: Path, tmp_path: Path
) -> None:
    clip = real(out, tmp_path / "downloads")
    moved = clip.rename(tmp_path / "elsewhere.mp4")
    assert decide(out, moved, "--as", "genuine").exit_code == 0
    moved.write_bytes(b"something else")
    done = decide(out, moved, "--as", "genuine")
    assert done.exit_code == 2 and "scan it first" in done.output


def test_a_campaign_its_files_and_what_is_taken_back(out: Path) -> None:
    campaign, verdicts = invented.small()
    media = {one.media.key: one.media for one in verdicts}
    members = [media[one.key] for one in campaign.members]
    assert decide(out, "--campaign", campaign.id, "--as", "dismissed").exit_code == 0
    assert {held(out, one).answer for one in members} == {"dismissed"}
    assert decide(out, members[0].path, "--undo").exit_code == 0
    assert [held(out, one).answer for one in members[:2]] == [None, "dismissed"]
    assert decide(out, members[0].path, "--undo").exit_code == 2


def test_the_list_says_what_holds_and_for_a_file_its_history(out: Path) -> None:
    decide(out, CAT.path, "--as", "to_check", "--assignee", "Eve", "--by", "ada")
    decide(out, CAT.path, "--check", "watermark=none", "--as", "genuine", "--by", "eve")
    listed = decide(out, "--list").output
    assert "downloads/cat.mp4: genuine, for Eve, checked watermark: none" in listed
    assert "1 file decided on: 1 genuine" in listed
    history = decide(out, CAT.path, "--list").output
    assert "ada: to_check, for Eve" in history and "eve: genuine, watermark: none" in history


BAD: dict[str, tuple[list[str], str]] = {
    "nothing decided": (["cat.mp4"], "say what was decided"),
    "no file": (["--as", "genuine"], "name files"),
    "a file and a campaign": (["cat.mp4", "--campaign", invented.ID, "--undo"], "name files"),
    "undo and an answer": (["cat.mp4", "--as", "genuine", "--undo"], "say what was decided"),
    "an unknown file": (["none.mp4", "--as", "genuine"], "neither such a file"),
    "an unknown campaign": (["--campaign", "c-000000000000", "--undo"], "there is c-"),
    "an unknown answer": (["cat.mp4", "--as", "fake"], "confirmed_fake"),
    "a check without an outcome": (["cat.mp4", "--check", "watermark"], "NAME=OUTCOME"),
    "nothing to undo": (["cat.mp4", "--undo"], "nothing to undo"),
    "a note that is too long": (["cat.mp4", "--note", "x" * 10_001], "10000"),
    "one of two files": (["cat.mp4", "none.mp4", "--as", "genuine"], "neither such a file"),
}


@pytest.mark.parametrize(("words", "said"), BAD.values(), ids=BAD.keys())
def test_what_can_not_be_is_said_and_nothing_is_written(
    out: Path, words: list[str], said: str
) -> None:
    done = decide(out, *words)
    assert done.exit_code == 2 and said in done.output
    assert not (out / "ledger.jsonl").exists()


def test_two_files_of_one_name_are_told_apart(out: Path) -> None:
    records.write_results(
        out, [records.quiet("no_finding", f"{folder}/cat.mp4", None, 0.0) for folder in "ab"]
    )
    done = decide(out, "cat.mp4", "--as", "genuine")
    assert done.exit_code == 2 and "name one of a/cat.mp4, b/cat.mp4" in done.output


def test_what_terminals_obey_is_written_out(out: Path) -> None:
    decide(out, "cat.mp4", "--note", "\x1b[31m\u202e", "--by", "\x1b]0;x", "--as", "genuine")
    assert "\x1b" not in decide(out, "cat.mp4", "--list").output


# --- what other commands make of it --------------------------------------------------------------


def test_a_spreadsheet_has_what_was_decided(out: Path) -> None:
    decide(out, "cat.mp4", "--as", "genuine", "--note", "=cmd|x", "--by", "ada")
    assert run("report", out, "--format", "csv").exit_code == 0
    rows = csv.DictReader(io.StringIO((out / "results.csv").read_text("utf-8-sig")))
    row = next(one for one in rows if one["path"] == CAT.path)
    assert (row["label"], row["decided"], row["decided_by"]) == ("no_finding", "genuine", "ada")
    assert row["decision_note"] == "'=cmd|x"


def test_decided_files_are_the_labels_of_an_evaluation(out: Path, tmp_path: Path) -> None:
    words = ("evaluate", out, "--ledger", "--out", tmp_path / "evaluation", "--quiet")
    assert run(*words).exit_code == 2
    decide(out, "clip_0001.mp4", "revoiced.mp4", "--as", "confirmed_fake")
    decide(out, "cat.mp4", "news.mp4", "--as", "genuine")
    decide(out, "repost.mp4", "--as", "to_check")
    assert run(*words).exit_code == 0
    record = json.loads((tmp_path / "evaluation" / "evaluation.json").read_text("utf-8"))
    assert "what people decided" in json.dumps(record)
    assert len(record["files"]) == 4


def test_a_folder_is_no_manifest_and_a_manifest_is_no_folder(out: Path) -> None:
    assert "--ledger" in run("evaluate", out).output
    assert "--ledger" in run("evaluate", SAMPLES / "labelled.csv", "--ledger").output


def test_confirmed_fakes_become_known_fakes(out: Path, tmp_path: Path) -> None:
    people = tmp_path / "people"
    shutil.copytree(SAMPLES / "people", people, ignore=shutil.ignore_patterns(".media_screen"))
    clip = real(out, tmp_path / "downloads")
    words = ("people", "add-fake", "--confirmed", out, "--people", people)
    assert "nothing to add" in run(*words).output
    decide(out, clip, "clip_0001.mp4", "--as", "confirmed_fake")
    done = run(*words)
    assert done.exit_code == 1 and "the file is gone" in done.output  # the one that never was
    assert "added: " in done.output
    copies = list((people / KNOWN_FAKES).rglob("*.mp4"))
    assert any(one.read_bytes() == CLIP.read_bytes() for one in copies)
    assert "there already" in run(*words).output


def test_the_terminal_shows_it_below_the_label(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    decide(out, "cat.mp4", "--as", "genuine")
    entry = FinishedFile(
        CAT.path, "no_finding", None, None, "", False, False, False, True, sha256=CAT.sha256
    )
    summary = Summary((entry,), FoundFiles((), ()), 1, 0, 1.0)
    show_summary(summary, out / "report" / "index.html")
    assert "decided: genuine" in capsys.readouterr().out

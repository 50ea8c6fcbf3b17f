"""The ledger: what holds for a file, whatever else stands in it and whatever ends a writer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from media_screen.errors import MediaScreenError
from media_screen.evidence import Answer, DecidedFile, HandCheck
from media_screen.results.deciding import DecisionError, asked_checks, undo
from media_screen.results.ledger import (
    LEDGER,
    EntryError,
    FileRecord,
    LedgerError,
    campaign_files,
    decide,
    read_ledger,
)
from tests.exports import made
from tests.places import PACKAGE, ROOT

ONE = DecidedFile("1" * 64, "a/one.mp4", "no_finding")
OTHER = DecidedFile("2" * 64, "a/other.mp4")
UNREAD = DecidedFile("", "a/broken.mp4", "unable_to_evaluate")


def note(out: Path, file: DecidedFile = ONE, *, after: str | None = None, **what: Any) -> str:
    """Write an entry, by default having seen all before it; returns its id."""
    seen = read_ledger(out).head if after is None else after
    return decide(out, (file,), who=what.pop("who", "ada"), after=seen, **what).id


def record(out: Path, file: DecidedFile = ONE) -> FileRecord:
    return read_ledger(out).record(file.subject)


def test_the_newest_answer_counts_and_all_are_kept(tmp_path: Path) -> None:
    note(tmp_path, answer="confirmed_fake", note="cloned voice")
    note(tmp_path, answer="genuine", who="eve")
    held = record(tmp_path)
    assert (held.answer, held.note) == ("genuine", "cloned voice")
    assert held.by is not None and held.by.who == "eve"
    assert [one.answer for one in held.history] == ["confirmed_fake", "genuine"]
    assert held.unseen == ()
    assert record(tmp_path, OTHER) == FileRecord()


def test_a_file_is_known_by_its_content_and_one_that_was_not_read_by_its_path(
    tmp_path: Path,
) -> None:
    note(tmp_path, answer="genuine")
    note(tmp_path, UNREAD, answer="to_check")
    assert record(tmp_path, DecidedFile(ONE.sha256, "moved/elsewhere.mp4")).answer == "genuine"
    assert record(tmp_path, UNREAD).answer == "to_check"
    assert record(tmp_path, DecidedFile("", "a/other.mp4")).answer is None


def test_checks_by_hand_count_by_their_name(tmp_path: Path) -> None:
    note(tmp_path, checks=asked_checks(["watermark=none", "office_call=no answer"]))
    note(tmp_path, checks=asked_checks(["office_call=she never said it", "watermark="]))
    assert record(tmp_path).checks == (HandCheck("office_call", "she never said it"),)


@pytest.mark.parametrize("text", ["watermark", "=none", "  =none", ""])
def test_what_is_no_check_is_refused(text: str) -> None:
    with pytest.raises(DecisionError, match="NAME=OUTCOME"):
        asked_checks([text])


UNSEEN: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "another answer": ({"answer": "genuine"}, {"answer": "confirmed_fake"}, True),
    "the same answer": ({"answer": "genuine"}, {"answer": "genuine"}, False),
    "another note": ({"note": "one"}, {"note": "other"}, True),
    "another assignee": ({"assignee": "ada"}, {"assignee": "eve"}, True),
    "answer and note": ({"answer": "genuine"}, {"note": "other"}, False),
}


@pytest.mark.parametrize(("first", "second", "told"), UNSEEN.values(), ids=UNSEEN.keys())
def test_what_was_decided_meanwhile_is_kept_and_told(
    tmp_path: Path, first: dict[str, Any], second: dict[str, Any], told: bool
) -> None:
    seen = note(tmp_path, OTHER, answer="to_check")
    there = note(tmp_path, after=seen, **first)
    note(tmp_path, after=seen, **second)
    held = record(tmp_path)
    assert [one.id for one in held.unseen] == [there] * told
    for name, value in (first | second).items():
        assert getattr(held, name) == value
    note(tmp_path, **second)  # by somebody who has seen both
    assert record(tmp_path).unseen == ()


def test_undo_takes_back_the_newest_entry_and_then_the_one_before(tmp_path: Path) -> None:
    note(tmp_path, answer="genuine")
    note(tmp_path, answer="confirmed_fake", note="why")
    answers: list[Answer | None] = []
    for _ in range(2):
        undo(tmp_path, read_ledger(tmp_path), (ONE,), who="ada")
        answers.append(record(tmp_path).answer)
    assert answers == ["genuine", None]
    assert record(tmp_path).is_empty and len(record(tmp_path).history) == 4
    with pytest.raises(DecisionError, match="nothing to undo"):
        undo(tmp_path, read_ledger(tmp_path), (ONE,), who="ada")


def test_one_file_of_a_campaign_can_be_taken_back(tmp_path: Path) -> None:
    decide(
        tmp_path,
        (ONE, OTHER),
        who="ada",
        after="",
        answer="confirmed_fake",
        campaign="c-" + "0" * 12,
    )
    undo(tmp_path, read_ledger(tmp_path), (OTHER,), who="ada")
    assert record(tmp_path).answer == "confirmed_fake"
    assert record(tmp_path, OTHER).answer is None


def test_a_decision_on_a_campaign_leaves_out_the_official_post_and_quotes() -> None:
    campaign, _ = made.campaign()
    assert [one.role for one in campaign.files] == ["member", "member", "original", "quotes"]
    assert [one.path for one in campaign_files(campaign)] == ["fake.mp4", "copy.mp4"]


def entry_of(out: Path) -> dict[str, Any]:
    note(out, answer="genuine")
    found: dict[str, Any] = json.loads((out / LEDGER).read_text("utf-8"))
    return found


def test_every_entry_is_as_the_schema_says(tmp_path: Path) -> None:
    schema = json.loads((PACKAGE / "schema" / "decision.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    entry = entry_of(tmp_path)
    jsonschema.validate(entry, schema)
    assert set(entry) == schema["properties"].keys()


BAD: dict[str, Any] = {
    "not JSON": b"{",
    "no object": b"[1]",
    "not UTF-8": b"\xff\xfe{}",
    "another schema": {"schema": "media_screen.decision/2"},
    "an unknown answer": {"answer": "fake"},
    "a number for a note": {"note": 7},
    "an unknown field": {"verdict": "official"},
    "no files": {"files": []},
    "a hash that is none": {"files": [{"sha256": "../../etc", "path": "x", "label": ""}]},
    "a time that is none": {"when": "yesterday"},
    "a short id": {"id": "1"},
    "a list for a file": {"files": [[]]},
    "not a number": b'{"schema": NaN}',
    "a name twice": b'{"schema": "media_screen.decision/1", "schema": "x"}',
    "deep": b"[" * 100_000,
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_a_line_that_is_no_entry_costs_that_line_and_is_told(tmp_path: Path, bad: Any) -> None:
    entry = entry_of(tmp_path)
    line = bad if isinstance(bad, bytes) else json.dumps({**entry, "id": "a" * 32, **bad}).encode()
    with (tmp_path / LEDGER).open("ab") as stream:
        stream.write(line + b"\n")
    note(tmp_path, OTHER, answer="dismissed")
    read = read_ledger(tmp_path)
    assert [one.answer for one in read.entries] == ["genuine", "dismissed"]
    assert len(read.broken) == 1 and "the first is line 2" in "".join(read.notes())


def test_an_entry_that_stands_there_twice_counts_once(tmp_path: Path) -> None:
    entry_of(tmp_path)
    path = tmp_path / LEDGER
    path.write_bytes(path.read_bytes() * 2)
    assert len(read_ledger(tmp_path).entries) == len(read_ledger(tmp_path).broken) == 1


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_what_a_killed_writer_left_costs_no_other_entry(tmp_path: Path, share: float) -> None:
    note(tmp_path, answer="genuine")
    note(tmp_path, OTHER, answer="to_check")
    path = tmp_path / LEDGER
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1][: int(len(lines[1]) * share)])
    assert "1 line was left out" in "".join(read_ledger(tmp_path).notes())
    note(tmp_path, OTHER, answer="dismissed")
    assert [one.answer for one in read_ledger(tmp_path).entries] == ["genuine", "dismissed"]


TOO_MUCH: dict[str, dict[str, Any]] = {
    "a long note": {"note": "x" * 10_001},
    "a long name": {"who": "x" * 201},
    "many checks": {"checks": tuple(HandCheck(str(number), "x") for number in range(51))},
}


@pytest.mark.parametrize("what", TOO_MUCH.values(), ids=TOO_MUCH.keys())
def test_what_could_not_be_read_back_is_not_written(tmp_path: Path, what: dict[str, Any]) -> None:
    with pytest.raises(EntryError, match="can't be written"):
        note(tmp_path, **what)
    assert not (tmp_path / LEDGER).exists()


def test_texts_and_names_of_any_kind_come_back_as_they_were(tmp_path: Path) -> None:
    text = "line\nline\t\x1b[31m \u202e <script> \u5218 \U0001f600"
    file = DecidedFile("", "a/\udcff.mp4")
    note(tmp_path, file, note=text, who=text)
    held = record(tmp_path, file)
    assert held.note == text and held.history[0].who == text


def test_a_link_in_place_of_the_ledger_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.touch()
    out = tmp_path / "out"
    out.mkdir()
    (out / LEDGER).symlink_to(target)
    with pytest.raises(LedgerError, match="link"):
        note(out, after="", answer="genuine")
    assert target.read_bytes() == b""


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note(tmp_path, answer="genuine")
    before = (tmp_path / LEDGER).read_bytes()

    def full(file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MediaScreenError, match="No space left"):
        note(tmp_path, answer="dismissed")
    assert (tmp_path / LEDGER).read_bytes() == before


WRITER = """
import sys
from pathlib import Path
from media_screen.evidence import DecidedFile
from media_screen.results.ledger import decide
out, who, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
print("ready", flush=True)
for number in range(count):
    file = DecidedFile("%064x" % number, f"{number}.mp4")
    decide(out, (file,), who=who, after="", note=f"{who} {number} " + "x" * 2000)
    print(number, flush=True)
"""


def writer(out: Path, who: str, count: int) -> subprocess.Popen[str]:
    """Start a program that writes entries, and prints the number of each that is done."""
    command = [sys.executable, "-c", WRITER, str(out), who, str(count)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_many_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    running = [writer(tmp_path, f"writer {number}", 25) for number in range(6)]
    for one in running:
        one.communicate()
        assert one.returncode == 0
    read = read_ledger(tmp_path)
    assert read.broken == []
    found = {(one.who, one.files[0].path) for one in read.entries}
    assert len(found) == len(read.entries) == 6 * 25


def test_a_writer_killed_at_any_moment_loses_nothing_that_was_called_done(tmp_path: Path) -> None:
    done: set[tuple[str, str]] = set()
    for turn in range(4):
        who = f"writer {turn}"
        running = writer(tmp_path, who, 10_000)
        assert running.stdout is not None
        lines = [running.stdout.readline().strip() for _ in range(3 + 5 * turn)]
        running.send_signal(signal.SIGKILL)
        lines += running.stdout.read().split("\n")[:-1]  # the last may be half a number
        running.wait()
        running.stdout.close()
        done |= {(who, f"{number}.mp4") for number in lines if number.isdecimal()}
    read = read_ledger(tmp_path)
    assert {(one.who, one.files[0].path) for one in read.entries} >= done
    assert len(done) > 4

"""A watch screens what is whole, says what is new, survives what fails, and ends when told to."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from media_screen.cli.config_file import config_options
from media_screen.cli.main import main
from media_screen.cli.scan import scan
from media_screen.cli.watch import watch
from media_screen.results.folder import Results
from tests.making import records
from tests.places import SAMPLES

TEXT = SAMPLES / "downloads/not-a-video.mp4"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def put(folder: Path, name: str) -> None:
    """Lay a file there that nobody has written to for long; all have different contents."""
    shutil.copy(TEXT, folder / name)
    with (folder / name).open("ab") as stream:
        stream.write(name.encode())


def invoke(folder: Path, *arguments: object, settle: float = 0) -> Result:
    options = ["-o", folder.parent / "out", "--device", "cpu", "--settle", settle]
    typed = ["watch", folder, *options, *arguments]
    return CliRunner().invoke(main, [str(one) for one in typed])


def between_rounds(monkeypatch: pytest.MonkeyPatch, steps: Sequence[Callable[[], object]]) -> None:
    """Do a step instead of each wait, and press Ctrl-C after the last."""
    left = list(steps)

    def sleep(_: float) -> None:
        if not left:
            raise KeyboardInterrupt
        left.pop(0)()

    monkeypatch.setattr("media_screen.cli.watch.time", SimpleNamespace(sleep=sleep))


def test_each_start_tells_what_is_new_since_the_last(folder: Path) -> None:
    put(folder, "a.mp4")
    first = invoke(folder, "--once")
    assert first.exit_code == 1, first.output
    assert first.stdout.splitlines()[0] == "new since the beginning: 1 file"
    assert "  unable_to_evaluate  a.mp4: Could not be evaluated" in first.stdout
    put(folder, "\x1b[31mb.mp4")
    second = invoke(folder, "--once")
    assert "new since 20" in second.stdout and ": 1 file\n" in second.stdout
    assert "\\x1b[31mb.mp4: " in second.stdout and "a.mp4: " not in second.stdout[20:].replace(
        "b.mp4: ", ""
    )
    assert len(records(folder.parent / "out")) == 2
    assert (folder.parent / "out" / "report" / "index.html").is_file()


def test_rounds_go_on_until_ctrl_c(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[list[str]] = []
    whole = scan.callback
    assert whole is not None

    def counting(**asked: Any) -> None:
        rounds.append(sorted(path.name for path in asked["paths"]))
        if len(rounds) == 2:
            raise click.ClickException("the disk is full")
        whole(**asked)

    monkeypatch.setattr(scan, "callback", counting)
    steps: list[Callable[[], object]] = [
        lambda: put(folder, "a.mp4"),
        lambda: None,  # nothing changed: no scan
        lambda: put(folder, "b.mp4"),  # and the scan fails
        lambda: None,  # and is tried again
        lambda: (folder / "c.mp4.part").write_bytes(b"x"),
        lambda: None,
    ]
    between_rounds(monkeypatch, steps)
    result = invoke(folder)
    assert result.exit_code == 0, result.output
    assert rounds == [["a.mp4"], ["a.mp4", "b.mp4"], ["a.mp4", "b.mp4"]]
    assert result.stdout.count("new since") == 2
    assert "this round failed, and is tried again: the disk is full" in result.stderr
    assert result.stderr.count("watching ") == 1
    assert result.stderr.splitlines()[-1].startswith("stopped; what was finished is safe")


def test_a_first_round_that_fails_is_tried_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, "a.mp4")
    other_scan = Results(folder.parent / "out")
    between_rounds(monkeypatch, [lambda: other_scan.__exit__(), lambda: None])
    result = invoke(folder)
    assert result.exit_code == 0, result.output
    first, watching = result.stderr.splitlines()[:2]
    assert first.startswith("this round failed, and is tried again: another scan is writing into")
    assert watching.startswith("watching ")
    assert "new since the beginning: 1 file" in result.stdout


def test_once_a_round_that_fails_is_told_by_the_exit_code(folder: Path) -> None:
    put(folder, "a.mp4")
    with Results(folder.parent / "out"):
        result = invoke(folder, "--once")
    assert result.exit_code == 1 and "Error: another scan is writing into" in result.output


def test_files_that_are_not_whole_are_told_and_left_alone(folder: Path) -> None:
    put(folder, "a.mp4")
    put(folder, "b.mp4")
    put(folder, "b.mp4.part")
    result = invoke(folder, "--once", settle=3_600)
    assert result.exit_code == 0
    assert (
        "waiting for 2 files: a.mp4 (it was written just now); b.mp4 (b.mp4.part" in result.stderr
    )
    assert not (folder.parent / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--once", "--fail-on", "unable_to_evaluate"], 3, "new since"),
        (["--fail-on", "unable_to_evaluate"], 3, "stopped"),
        (["--fail-on", "official"], 0, "stopped"),
        (["--once", "--detector", "x"], 2, "no detector named"),
        (["--detector", "x"], 2, "no detector named"),
        (["--interval", "0"], 2, "--interval"),
        (["--files-from", "-"], 2, "No such option"),
        (["--once", "--jsonl"], 1, '"label": "unable_to_evaluate"'),
    ],
)
def test_exit_codes(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    put(folder, "a.mp4")
    between_rounds(monkeypatch, [])
    result = invoke(folder, *arguments)
    assert result.exit_code == code, result.output
    assert said in result.output.replace('":"', '": "') and "Traceback" not in result.output


def test_changed_people_are_noticed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[int] = []
    monkeypatch.setattr(scan, "callback", lambda **asked: rounds.append(len(asked["paths"])))
    people = folder.parent / "people" / "ada"
    people.mkdir(parents=True)
    (people / "person.toml").write_text('name = "Ada"')
    steps: list[Callable[[], object]] = [
        lambda: None,
        lambda: (people / "person.toml").write_text('name = "Ada L."'),
        lambda: None,
        lambda: shutil.rmtree(folder),
    ]
    put(folder, "a.mp4")
    between_rounds(monkeypatch, steps)
    result = invoke(folder, "--people", people.parent)
    assert result.exit_code == 0, result.output
    assert rounds == [1, 1]
    assert "tried again: the folder can't be looked into" in result.stderr


def test_a_watch_takes_every_option_of_a_scan_that_it_can(tmp_path: Path) -> None:
    own = {option.name for option in config_options(watch)}
    asked = {option.name for option in config_options(scan)}
    assert asked - own == {"files_from", "null", "from_stdin", "list_left_out", "table"}
    assert own - asked == {"interval", "settle_s", "once"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_watch_cleanly(folder: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "media_screen", "watch", str(folder), "-o", "out"]
    running = subprocess.Popen(
        command, cwd=folder.parent, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert running.stderr is not None
    assert running.stderr.readline().startswith("watching ")
    running.send_signal(number)
    assert running.wait(60) == 0
    assert running.stderr.read().startswith("stopped; ")


def test_ctrl_c_within_a_scan_ends_the_watch(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    put(folder, "a.mp4")
    monkeypatch.setattr("media_screen.batch.scan.scan", stop)
    result = invoke(folder)
    assert result.exit_code == 0, result.output
    assert result.stderr.splitlines()[-1].startswith("stopped; what was finished is safe")

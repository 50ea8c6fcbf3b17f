"""The commands as a user types them: what they print, and how they exit."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from media_screen.cli.main import main
from media_screen.results.folder import BatchError
from media_screen.results.plain import plain
from tests.making import touch
from tests.places import SAMPLES
from tests.report import invented

TEXT = SAMPLES / "downloads/not-a-video.mp4"


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def names_of(group: click.Group, *before: str) -> Iterator[str]:
    """Give the commands of a group as they are typed, those of inner groups among them."""
    for name, command in sorted(group.commands.items()):
        yield " ".join((*before, name))
        if isinstance(command, click.Group):
            yield from names_of(command, *before, name)


@pytest.mark.parametrize("command", list(names_of(main)))
def test_every_command_has_help_with_an_example(command: str) -> None:
    result = invoke(*command.split(), "--help")
    assert result.exit_code == 0
    assert f"media-screen {command}" in result.output.split("Examples:")[1]


PACKING = {
    "portable ZIP": (["--portable"], "media_screen.package.portable.write_zip"),
    "portable folder": (["--portable", "-o", "handed-on"], "media_screen.package.archive._checked"),
    "package": (
        ["--format", "package", "--campaign", invented.ID],
        "media_screen.package.write.write_zip",
    ),
}


@pytest.mark.parametrize(("words", "busy"), PACKING.values(), ids=PACKING.keys())
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_report_and_nothing_half_is_left(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    busy: str,
    number: signal.Signals,
) -> None:
    campaign, verdicts = invented.small()
    invented.write(tmp_path / "out", campaign, verdicts=verdicts)
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.rglob("*"))
    monkeypatch.setattr(busy, lambda *_: signal.raise_signal(number))
    heard: list[int] = []
    handler = signal.signal(signal.SIGTERM, lambda *_: heard.append(number))  # it would have ended
    # Tests that run in the background begin with Ctrl-C ignored.
    ignored = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        done = invoke("report", "out", *words)
        signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, handler)
        signal.signal(signal.SIGINT, ignored)
    assert done.exit_code == 1 and "Aborted" in done.output
    assert heard == [number], "while it packed it was not ended, and then all is as before"
    assert set(tmp_path.rglob("*")) == before


def test_a_scan_shows_the_table_and_writes_results_and_report(tmp_path: Path) -> None:
    shutil.copy(TEXT, tmp_path / "a.mp4")
    out = tmp_path / "out"
    result = invoke("scan", tmp_path / "a.mp4", "--out", out, "--device", "cpu")
    assert result.exit_code == 1, result.output
    assert "1 file: 1 unable_to_evaluate" in result.output
    assert str(out / "report" / "index.html") in result.output.replace("\n", "")
    (record,) = [json.loads(line) for line in (out / "results.jsonl").open()]
    assert record["label"] == "unable_to_evaluate"
    (out / "report" / "index.html").unlink()
    assert invoke("report", out).exit_code == 0
    assert (out / "report" / "index.html").is_file()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param(["scan"], 2, "Missing argument", id="nothing-to-scan"),
        pytest.param(["scan", "--stdin"], 2, "--stdin is used with --jsonl", id="stdin-alone"),
        pytest.param(["scan", "--stdin", "--jsonl", TEXT], 2, "without PATHS", id="stdin-paths"),
        pytest.param(["scan", TEXT, "--watch", TEXT], 2, "not valid TOML", id="watch-list"),
        pytest.param(["models", "--from", TEXT], 2, "goes with --fetch", id="from-alone"),
        pytest.param(["scan", "nowhere"], 2, "not there: nowhere", id="missing-path"),
        pytest.param(
            ["scan", "https://youtu.be/x?a=1&b=2"],
            2,
            "yt-dlp --write-info-json 'https://youtu.be/x?a=1&b=2'",
            id="address",
        ),
        pytest.param(["scan", "x.com/a/status/1"], 2, "is an address", id="address-without-scheme"),
        pytest.param(["scan", TEXT, "--fail-on", "unable_to_evaluate"], 3, "", id="fail-on"),
        pytest.param(["scan", TEXT, "--fail-on", "official"], 1, "", id="fail-on-other"),
        pytest.param(["scan", TEXT, "--fail-on", "review_official_channel"], 1, "", id="review"),
        pytest.param(["scan", TEXT, "--fail-on", "fake"], 2, "is not one of", id="unknown-label"),
        pytest.param(["scan", TEXT, "--detector", "x"], 2, "no detector named", id="detector"),
        pytest.param(["scan", TEXT, "--people", SAMPLES], 2, "person.toml", id="no-people"),
        pytest.param(["enroll", "nowhere"], 2, "does not exist", id="no-folder"),
        pytest.param(["enroll", "."], 2, "nobody is enrolled in .: create", id="nobody"),
        pytest.param(["report", SAMPLES], 2, "results.jsonl", id="no-results"),
        pytest.param(["scan", TEXT, "--time-zone", "Mars/A"], 2, "Asia/Shanghai", id="scan-zone"),
        pytest.param(["report", SAMPLES, "--time-zone", "x"], 2, "no time zone", id="report-zone"),
    ],
)
def test_exit_codes_and_messages(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str | Path],
    code: int,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    result = invoke(*arguments)
    assert result.exit_code == code, result.output
    assert message in result.output
    assert "Traceback" not in result.output
    assert code != 2 or not (tmp_path / "media-screen-out").exists(), "nothing was screened"


def test_what_was_left_aside_is_counted_and_listed_when_asked_for(tmp_path: Path) -> None:
    folder, people = tmp_path / "in", tmp_path / "people"
    people.mkdir()
    touch(folder, "notes.txt", "a.mp4.ytdl", "b.en.vtt", "sub/\x1b[31mred.pdf")
    result = invoke("scan", folder, "--people", people, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert f"nobody is enrolled in {people}" in result.stderr
    said = " ".join(result.stdout.split())
    assert "0 files: nothing to screen but files of other kinds; media-screen scan --help" in said
    assert "left aside: 2 of yt-dlp's other files, 2 files of other kinds" in said
    assert "notes.txt" not in result.stdout
    listed = invoke("scan", folder, "--out", tmp_path / "out", "--list-left-out", "--quiet")
    assert listed.stdout.splitlines() == [
        f"{folder}/a.mp4.ytdl: other file of yt-dlp",
        f"{folder}/b.en.vtt: other file of yt-dlp",
        f"{folder}/notes.txt: file of another kind",
        f"{folder}/sub/\\x1b[31mred.pdf: file of another kind",
    ]


def test_a_terminal_without_the_letters_of_a_name_shows_them_escaped(tmp_path: Path) -> None:
    touch(tmp_path, "a.txt")
    command = [sys.executable, "-m", "media_screen", "scan", str(tmp_path)]
    plainest = {"PYTHONIOENCODING": "ascii", "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "caf\u00e9")],
        env=plainest,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "caf\\xe9" in done.stdout.replace("\n", "")


def test_the_help_of_a_scan_says_which_kinds_are_read() -> None:
    said = " ".join(invoke("scan", "--help").output.split())
    assert "Read are videos (MP4" in said and "whatever their names" in said


def test_verdicts_are_printed_as_lines_and_exported(tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = invoke("scan", TEXT, "--out", out, "--device", "cpu", "--jsonl", "--quiet")
    assert result.exit_code == 1
    (line,) = result.stdout.splitlines()
    assert json.loads(line) == json.loads((out / "results.jsonl").read_text())
    for form in ("csv", "mediareview"):
        result = invoke("report", out, "--format", form)
        assert result.exit_code == 0 and str(out / f"results.{form}") in result.output
    shown = invoke("report", out, "--format", "csv", "--output", "-")
    assert shown.stdout.startswith("\ufeffpath,sha256")
    assert invoke("report", out, "--output", out / "x.html").exit_code == 2


def test_cuda_without_a_gpu_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("media_screen.weights.nets._why_no_cuda", lambda: "there is none here")
    from media_screen.weights.nets import choose_device

    choose_device.cache_clear()
    result = invoke("scan", TEXT, "--device", "cuda", "--out", tmp_path / "out")
    choose_device.cache_clear()
    assert result.exit_code == 2 and "there is none here" in result.output


def test_listing_detectors_and_models() -> None:
    from media_screen.detectors import DETECTORS

    listed = invoke("detectors").output
    assert all(detector.name in listed for detector in DETECTORS)
    models = invoke("models")
    assert models.exit_code == 0
    assert "face_embedder/sface.onnx  19.5 MB, Apache-2.0, there" in models.output
    assert "see models/face_embedder/card.md" in models.output


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\x1b[31mb", "a\\x1b[31mb"), ("x\u202ey", "x\\u202ey"), ("中文 é", "中文 é"), ("\n", "\\n")],
)
def test_untrusted_text_can_not_steer_the_terminal(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_the_sensitivity_reaches_the_screening(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def stop(*arguments: Any, **_: Any) -> None:
        asked.append(arguments[2].sensitivity)
        raise BatchError("enough")

    monkeypatch.setattr("media_screen.cli.scan.scan_with_progress", stop)
    assert invoke("scan", TEXT, "--device", "cpu", "--sensitivity", "low").exit_code == 1
    assert invoke("scan", TEXT, "--device", "cpu").exit_code == 1
    assert asked == ["low", "normal"]
    assert invoke("scan", TEXT, "--sensitivity", "most").exit_code == 2


@pytest.mark.parametrize("window", ["-1", "nan", "inf", "-inf", "1e300", "31536001", "soon"])
def test_a_window_that_means_nothing_is_refused(window: str) -> None:
    done = invoke("scan", TEXT, "--device", "cpu", "--within", window)
    assert done.exit_code == 2 and "--within" in done.output and "Traceback" not in done.output


def test_the_window_of_accounts_is_that_of_the_measures() -> None:
    from media_screen import coordination
    from media_screen.cli import setup

    assert setup.WITHIN_S == coordination.WITHIN_S

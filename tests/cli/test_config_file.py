"""Options may stand in a file: all of them, checked, and below what is typed."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from media_screen.cli.config_file import ConfigFileError, config_options, key_of, read_config
from media_screen.cli.main import main
from media_screen.cli.people import people
from media_screen.cli.scan import scan
from tests.places import SAMPLES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

OPTIONS = {key_of(option): option for option in config_options(scan)}
NO_OPTIONS_OF_A_SCAN = {"help", "config", "no_config", "show_config"}


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the samples, in which files can be named."""
    (tmp_path / "samples").symlink_to(SAMPLES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def another(option: click.Option) -> tuple[str, list[str]]:
    """A value that is not the default: as TOML, and as it is typed."""
    flags = [max(option.opts, key=len)]
    paths = {"people": "samples/people", "out": "elsewhere"}
    if option.is_flag and option.default is True:
        return "false", option.secondary_opts
    if option.is_flag:
        return "true", flags
    if isinstance(option.type, click.Choice):
        text = str(next(one for one in option.type.choices if one != option.default))
    elif isinstance(option.type, click.Path):
        text = paths.get(option.name or "", "samples/names.toml")
    elif isinstance(option.type, (click.types.IntParamType, click.types.FloatParamType)):
        return "7", [*flags, "7"]
    else:
        texts = {"weight": "x=picture:0.5", "time-zone": "Asia/Shanghai"}
        text = texts.get(key_of(option), "some")
    return (f'["{text}"]' if option.multiple else f'"{text}"'), [*flags, text]


def shown(*arguments: str) -> dict[str, tuple[Any, str]]:
    """What --show-config prints: each option with where it was said."""
    result = invoke("scan", *arguments, "--show-config")
    assert result.exit_code == 0, result.output
    found = tomllib.loads(result.stdout)
    said = dict(line.split(" = ", 1) for line in result.stdout.splitlines() if line[0] != "#")
    return {key: (value, said[key].rpartition("  # ")[2]) for key, value in found.items()}


def test_every_option_of_a_scan_may_stand_in_a_file() -> None:
    names = {one.name for one in scan.params if isinstance(one, click.Option)}
    assert {option.name for option in OPTIONS.values()} == names - NO_OPTIONS_OF_A_SCAN
    assert len(OPTIONS) > 20


@pytest.mark.parametrize("key", OPTIONS)
def test_an_option_in_a_file_does_what_it_does_when_typed(here: Path, key: str) -> None:
    written, typed = another(OPTIONS[key])
    by_default = shown()
    on_the_command_line = shown(*typed)
    Path("media-screen.toml").write_text(f"{key} = {written}\n")
    in_the_file = shown()
    assert in_the_file[key][1] == "media-screen.toml"
    assert on_the_command_line[key] == (in_the_file[key][0], "command line")
    assert in_the_file[key][0] != by_default.get(key, (None, ""))[0]
    assert {**in_the_file, key: 0} == {**by_default, key: 0}, "and nothing else changes"
    assert shown("--no-config") == by_default
    if OPTIONS[key].is_flag:
        for switch, value in ((f"--{key}", True), (f"--no-{key}", False)):
            assert shown(switch)[key] == (value, "command line")


def test_what_is_shown_is_a_file_of_options_that_says_the_same(here: Path) -> None:
    typed = [word for option in OPTIONS.values() for word in another(option)[1]]
    Path("own.toml").write_text(invoke("scan", *typed, "--show-config").stdout)
    before, after = shown(*typed), shown("--config", "own.toml")
    assert {key: value for key, (value, _) in after.items()} == {
        key: value for key, (value, _) in before.items()
    }
    assert {said for _, said in after.values()} == {"own.toml"}


def test_values_reach_the_scan_and_what_is_typed_wins(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr(scan, "callback", lambda **given: asked.update(given))
    Path("media-screen.toml").write_text(
        'people = "nowhere"\nfail-on = ["official", "no_finding"]\nweight = ["x=sound:1"]\n'
        "time-limit = 5\nthorough = true\n"
    )
    result = invoke(
        "scan", "samples/downloads", "--people", "samples/people", "--fail-on", "synthetic_media"
    )
    assert result.exit_code == 0, result.output
    assert asked["people"] == Path("samples/people")
    assert asked["fail_on"] == ("synthetic_media",)
    assert (asked["time_limit"], asked["thorough"]) == (5.0, True)
    assert [weight.detector for weight in asked["own_weights"]] == ["x"]
    assert result.stderr == "options of media-screen.toml: weight, time-limit, thorough\n"
    assert invoke("scan", "samples/downloads", "--people", "samples/people", "--quiet").stderr == ""


def test_paths_in_a_file_are_those_from_where_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    (project / "people").mkdir(parents=True)
    (project / "own.toml").write_text('people = "people"\nout = "/out"\nfiles-from = "-"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/ada")
    found = shown("--config", "project/own.toml")
    assert found["people"][0] == "project/people"
    assert (found["out"][0], found["files-from"][0]) == ("/out", "-")
    (project / "own.toml").write_text('out = "~/out"\n')
    assert shown("--config", "project/own.toml")["out"][0] == "/home/ada/out"


WRONG: dict[str, tuple[str | bytes, str]] = {
    "unknown-key": ("peple = 1", "`peple` is no option: did you mean `people`?"),
    "unlike-any": ("zzz = 1", "`zzz` is no option: expected one of files-from, null, people"),
    "table": ("[scan]\nout = 'x'", "`scan` is no option"),
    "python-name": ("time_limit = 1", "did you mean `time-limit`?"),
    "itself": ("config = 'x'", "`config` is no option"),
    "text-for-number": ('time-limit = "5"', "expected a number, got text '5'"),
    "flag-for-number": ("time-limit = true", "expected a number, got true"),
    "number-for-flag": ("thorough = 1", "expected true or false, got the number '1'"),
    "broken-number": ("workers = 1.5", "expected a whole number, got the number '1.5'"),
    "text-for-list": ('fail-on = "official"', "expected a list of texts, got text 'official'"),
    "number-in-list": ("fail-on = [1]", "expected one of official, "),
    "date": ("out = 2026-01-01", "expected text, got date '2026-01-01'"),
    "table-for-text": ("out = {a = 1}", "expected text, got a table"),
    "empty": ('out = ""', "expected text, got an empty text"),
    "choice": ('sensitivity = "most"', "'most' is not one of 'low', 'normal', 'high'"),
    "low": ("workers = -1", "`workers`: -1 is not in the range x>=0"),
    "weight": ('weight = ["x"]', "`weight`: "),
    "zone": ('time-zone = "Mars"', "`time-zone`: "),
    "not-there": ('people = "nowhere"', "'nowhere' does not exist"),
    "no-toml": ("people", "not valid TOML: "),
    "no-text": (b"\xff", "not valid TOML: "),
    "long-number": ("workers = " + "9" * 5_000, "not valid TOML: "),
    "long-key": ("x" * 500 + " = 1", "is no option"),
    "control": ('"\\u001b[31m" = 1', "`\\x1b[31m` is no option"),
    "large": ("#" * (2 << 20), "expected at most 1048576 bytes"),
}


@pytest.mark.parametrize(("text", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_in_a_file_is_said(here: Path, text: str | bytes, said: str) -> None:
    data = text.encode() if isinstance(text, str) else text
    Path("media-screen.toml").write_bytes(data)
    result = invoke("scan", "samples/downloads")
    assert result.exit_code == 2, result.output
    error = result.output.partition("Error: ")[2]
    assert error.startswith("media-screen.toml: ") and said in error
    assert len(error) < 1_000 and error.rstrip("\n").isprintable()
    assert not Path("media-screen-out").exists()
    assert invoke("scan", "--help").exit_code == 0


def test_a_file_that_a_download_may_have_left_is_not_obeyed(here: Path) -> None:
    Path("media-screen.toml").write_text('sensitivity = "low"\n')
    Path("inner").mkdir()
    for folder in (".", here, "inner/..", here.parent):
        result = invoke("scan", folder)
        assert result.exit_code == 2 and "lies in what is screened" in result.output
    assert shown("inner")["sensitivity"] == ("low", "media-screen.toml")
    assert shown(".", "--config", "media-screen.toml")["sensitivity"][0] == "low"
    assert shown(".", "--no-config")["sensitivity"] == ("normal", "default")


def test_a_file_of_another_user_is_not_obeyed(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("media-screen.toml").write_text('sensitivity = "low"\n')
    status = os.stat("media-screen.toml")
    monkeypatch.setattr("os.geteuid", lambda: status.st_uid + 1)
    owned = os.stat_result([*status[:4], status.st_uid + 2, *status[5:]])
    monkeypatch.setattr(Path, "stat", lambda *_, **__: owned)
    result = invoke("scan", "--show-config")
    assert result.exit_code == 2 and "belongs to another user" in result.output


def test_files_that_are_none_are_not_waited_for(here: Path) -> None:
    os.mkfifo("media-screen.toml")
    result = invoke("scan", "samples/downloads")
    assert result.exit_code == 2 and "got what is no regular file" in result.output
    with pytest.raises(ConfigFileError, match="no regular file"):
        read_config(Path("nowhere.toml"), [])
    both = invoke("scan", "samples/downloads", "--config", "samples/names.toml", "--no-config")
    assert both.exit_code == 2 and "not both" in both.output
    assert "does not exist" in invoke("scan", "--config", "no.toml").output


def test_other_commands_take_from_the_file_what_they_have(here: Path) -> None:
    Path("media-screen.toml").write_text('people = "samples/people"\nout = "elsewhere"\n')
    listed = invoke("people", "list")
    assert "irena-valequist" in listed.output
    assert listed.stderr == "options of media-screen.toml: people\n"
    assert "expected a folder" in invoke("people", "list", "--people", "none").output
    Path("media-screen.toml").write_text("thorough = 1\n")
    for name in people.commands:
        result = invoke("people", name, "x", "y")
        assert result.exit_code == 2 and "`thorough`: expected true or false" in result.output

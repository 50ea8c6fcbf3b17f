"""A shell completes commands, options, choices, and people, as the help tells to set it up."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from media_screen.cli.main import main

PROGRAM = (
    "import sys; from media_screen.cli.main import main; sys.argv[0] = 'media-screen'; "
    "main(prog_name='media-screen')"
)
# Which commands the help tells users of each shell to run, and what their output sets up.
SHELLS = {
    "bash": "complete -o nosort -F _media_screen_completion media-screen",
    "zsh": "#compdef media-screen",
    "fish": "complete --no-files --command media-screen",
}


def run(**variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, **variables},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


@pytest.mark.parametrize(("shell", "sets_up"), SHELLS.items())
def test_the_help_says_how_to_set_a_shell_up(shell: str, sets_up: str, tmp_path: Path) -> None:
    told = CliRunner().invoke(main, ["--help"]).output
    (variable, value) = re.findall(rf"^ +{shell} .*?(\w+_COMPLETE)=(\w+) media-screen", told, re.M)[
        0
    ]
    script = run(**{variable: value})
    assert sets_up in script
    found = shutil.which(shell)
    if found is not None:
        (tmp_path / "script").write_text(script)
        subprocess.run([found, "-n", str(tmp_path / "script")], check=True)


@pytest.mark.parametrize(
    ("typed", "begun", "offered"),
    [
        ([], "sc", ["scan"]),
        ([], "", sorted(main.commands)),
        ([], "dec", ["decide"]),
        (["people"], "add", ["add", "add-fake", "add-official"]),
        (["scan"], "--files", ["--files-from"]),
        (["scan", "--sensitivity"], "", ["low", "normal", "high"]),
        (["watch", "--device"], "c", ["cpu", "cuda"]),
        (["report", "--format"], "sti", ["stix"]),
    ],
)
def test_what_may_come_next_is_offered(typed: list[str], begun: str, offered: list[str]) -> None:
    complete = ShellComplete(main, {}, "media-screen", "_MEDIA_SCREEN_COMPLETE")
    assert [one.value for one in complete.get_completions(typed, begun)] == offered


def test_a_broken_file_of_options_stops_no_completion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("media-screen.toml").write_text("x")
    complete = ShellComplete(main, {}, "media-screen", "_MEDIA_SCREEN_COMPLETE")
    assert [one.value for one in complete.get_completions(["scan"], "--tran")] == ["--transcript"]


def test_bash_asks_as_it_was_told_to(tmp_path: Path) -> None:
    answer = run(
        _MEDIA_SCREEN_COMPLETE="bash_complete", COMP_WORDS="media-screen peo", COMP_CWORD="1"
    )
    assert answer.strip() == "plain,people"

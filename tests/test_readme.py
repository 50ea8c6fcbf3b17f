"""What the README tells a user to type works, and it names every command and detector."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from media_screen.cli.main import main
from media_screen.detectors import DETECTORS
from media_screen.evidence import LABELS
from tests.places import ROOT

README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = [
    line.removeprefix("$ ")
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("$ media-screen")
]
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the samples, as the README assumes it; commands share what they write."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("samples", "benchmarks"):
        (folder / name).symlink_to(ROOT / name)
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_run(checkout: Path, command: str) -> None:
    typed, _, remark = command.partition("#")
    expected = re.search(r"exits with (\d)", remark)
    arguments = [sys.executable, "-m", "media_screen", *shlex.split(typed)[1:]]
    done = subprocess.run(arguments, cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == (int(expected.group(1)) if expected else 0), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_examples_run(checkout: Path, example: str) -> None:
    script = checkout / "example.py"  # a file, which processes that it starts can read
    script.write_text(example, "utf-8")
    done = subprocess.run(
        [sys.executable, script.name], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("unverified_appearance irena-valequist")


def test_there_is_something_to_run() -> None:
    assert len(COMMANDS) >= 5 and EXAMPLES


@pytest.mark.parametrize("name", [*main.commands, *(d.name for d in DETECTORS), *LABELS])
def test_every_command_detector_and_label_is_documented(name: str) -> None:
    assert re.search(rf"(media-screen {name}\b|`{name}`)", README)


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_links_lead_to_files(link: str) -> None:
    assert (ROOT / link).exists()


PAGES = sorted((ROOT / "docs").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_names_is_there(page: Path) -> None:
    text = page.read_text("utf-8")
    named = re.findall(r"\]\(([^)#:]+)\)", text)
    missing = [name for name in named if not (page.parent / name).exists()]
    missing += [
        name for name in re.findall(r"`(tests/[\w/.]*)`", text) if not (ROOT / name).exists()
    ]
    assert named and not missing

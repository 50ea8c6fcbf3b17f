"""What README and pages tell a user to type works, what they name is there, and nothing is left."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from media_screen.cli.main import main
from media_screen.detectors import DETECTORS
from media_screen.evidence import LABELS
from media_screen.exports import FORMATS
from tests import pages
from tests.pages import PAGES, README
from tests.places import ROOT
from tests.wheels import project

LONGEST_README = 200  # lines; what is longer has a page that answers one question
PYTHON = shlex.quote(sys.executable)
EACH_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
TYPED = [(page, line) for page in PAGES for line in pages.typed(page)]
# A line that stands on two pages runs once.
COMMANDS = list(dict.fromkeys(line for _, line in TYPED if "media-screen" in line))
# What an example prints first; that of campaigns reads what a scan left, if one ran before.
PRINTS = {"campaigns.md": ""}
USUAL = "unverified_appearance irena-valequist"
EXAMPLES = [
    pytest.param(example, PRINTS.get(page.name, USUAL), id=f"{page.name}-{number}")
    for page in PAGES
    for number, example in enumerate(pages.blocks(page, "python"))
]
TARGETS = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the samples, as the pages assume it; commands share what they write."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("samples", "benchmarks"):
        (folder / name).symlink_to(ROOT / name)
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_run(checkout: Path, command: str) -> None:
    line, _, remark = command.partition("#")
    expected = re.search(r"exits with (\d)", remark)
    line = line.replace("media-screen ", f"{PYTHON} -m media_screen ")
    shell = ["bash", "-o", "pipefail", "-c", line]
    done = subprocess.run(shell, cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == (int(expected.group(1)) if expected else 0), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("example", "printed"), EXAMPLES)
def test_examples_run(checkout: Path, example: str, printed: str) -> None:
    script = checkout / "example.py"  # a file, which processes that it starts can read
    script.write_text(example, "utf-8")
    done = subprocess.run(
        [sys.executable, script.name], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(printed)


def test_there_is_something_to_run() -> None:
    assert len(COMMANDS) >= 10 and len(EXAMPLES) >= 3


@pytest.mark.parametrize("name", [*main.commands, *(d.name for d in DETECTORS), *LABELS])
def test_every_command_detector_and_label_is_documented(name: str) -> None:
    assert re.search(rf"(media-screen {name}\b|`{name}`)", pages.read(README))


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_of_an_export_is_documented(name: str) -> None:
    assert f"| `{name}` |" in pages.read(ROOT / "docs" / "exports.md")


@EACH_PAGE
def test_links_lead_to_files_and_headings(page: Path) -> None:
    for link in pages.links(page):
        name, _, anchor = link.partition("#")
        file = page.parent / name if name else page
        assert file.exists(), f"{page.name} leads to {link}, which is not there"
        assert not anchor or anchor in pages.headings(file), f"{link}: {pages.headings(file)}"


@EACH_PAGE
def test_what_a_page_names_is_there(page: Path) -> None:
    """Files of the project, targets of make, and modules, wherever they are set as code."""
    rooms = "media_screen|tests|training|benchmarks|models|docs|samples"
    files = pages.quoted(page, rf"(?:{rooms})/[\w./-]+")
    # NAME stands for what a reader adds: the folder must be there.
    places = [re.sub(r"/[^/]*NAME.*", "", name) for name in files]
    if page.name != "CHANGELOG.md":  # which also tells where things once were
        assert not [place for place in places if not (ROOT / place).exists()]
    targets = [name.split()[1] for name in pages.quoted(page, r"make [a-z]+")]
    targets += [line.split()[1] for line in pages.typed(page) if line.startswith("make ")]
    assert set(targets) <= set(TARGETS)
    modules = [name.split()[2] for name in pages.quoted(page, r"python -m [\w.]+")]
    assert not [name for name in modules if "NAME" not in name and find_spec(name) is None]


def test_every_extra_that_is_named_is_declared() -> None:
    extras = set(project()["optional-dependencies"])
    for page in PAGES:
        named = re.findall(r"extras? `(\w+)`", pages.read(page))
        named += ",".join(re.findall(r"'(?:\.|media_screen)\[([\w,]+)\]'", pages.read(page))).split(
            ","
        )
        assert set(filter(None, named)) <= extras, page.name


def test_the_readme_is_short_and_leads_to_every_page() -> None:
    assert len(pages.read(README).splitlines()) <= LONGEST_README
    led_to = {README, *(ROOT / link for link in pages.links(README))}
    assert set(PAGES) <= led_to


@EACH_PAGE
def test_no_page_names_a_place_of_one_machine(page: Path) -> None:
    assert not re.search(r"(?<!\w)/(work|home|root)/", pages.read(page))

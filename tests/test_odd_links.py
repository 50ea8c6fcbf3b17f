"""A link that the system can't follow is a file that can't be read, and stops nothing else."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from media_screen.batch.campaigns.comparing import PairOfFiles, compare_all
from media_screen.batch.scan import find_media
from media_screen.batch.worker import Limits
from media_screen.cli.main import main
from media_screen.config import Config
from media_screen.folders import look_through
from media_screen.people.additions import files_of
from media_screen.people.checking import check_people
from media_screen.people.enrol import known_fakes
from media_screen.people.registry import load_people
from tests.making import records
from tests.places import PACKAGE, SAMPLES

# Where a link leads, which no call of the system follows; what asks "is it a folder?" may raise.
LINKS = {"too long a name": "x" * 300, "itself": "bad.mp4"}

# What asks about paths of users: no question of pathlib, which raises for some answers of "no".
ASKING = (
    "cli",
    "folders",
    "keyframes",
    "batch/scan.py",
    "batch/campaigns",
    "people/accounts.py",
    "people/additions.py",
    "people/checking.py",
    "people/enrol.py",
    "people/registry.py",
)
QUESTIONS = {"exists", "is_dir", "is_file"}
CAREFUL = {"folders/one.py: entry.is_dir()"}  # what it raises is caught there


@pytest.fixture(params=LINKS.values(), ids=list(LINKS))
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A folder with a file that can be read, if not screened, and a link that can't be followed."""
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(SAMPLES / "downloads/not-a-video.mp4", folder / "good.mp4")
    (folder / "bad.mp4").symlink_to(request.param)
    return folder


def names(paths: Iterable[Path]) -> list[str]:
    return sorted(path.name for path in paths)


def test_a_link_in_a_folder_or_named_is_found_as_a_file(folder: Path) -> None:
    assert names(look_through(folder).media) == ["bad.mp4", "good.mp4"]
    for paths in ([folder], sorted(folder.iterdir())):
        assert names(find_media(paths).files) == ["bad.mp4", "good.mp4"]


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def watch(folder: Path, out: Path) -> Result:
    return run("watch", folder, "-o", out, "--once", "--settle", 0, "--device", "cpu")


def scan_listed(folder: Path, out: Path) -> Result:
    listed = folder.with_name("list.txt")
    listed.write_text("".join(f"{path}\n" for path in folder.iterdir()))
    return run("scan", "--files-from", listed, "-o", out, "--device", "cpu")


@pytest.mark.parametrize("command", [watch, scan_listed])
def test_a_command_screens_the_other_files(
    folder: Path, command: Callable[[Path, Path], Result]
) -> None:
    out = folder.with_name("out")
    done = command(folder, out)
    assert done.exit_code == 1, done.output
    assert names(Path(one["media"]["path"]) for one in records(out)) == ["bad.mp4", "good.mp4"]


def test_the_mark_of_another_program_may_be_a_link(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / "bad.mp4").rename(folder / ".git/HEAD")
    assert names(look_through(folder).media) == ["good.mp4"]


def test_it_is_no_person_and_no_reference(folder: Path) -> None:
    person = folder / "anna"
    person.mkdir()
    (person / "person.toml").write_text('name = "Anna"')
    link = folder / "bad.mp4"
    for name in ("known_fakes", "_known_fakes", "anna/faces", "anna/official"):
        (folder / name).symlink_to(link.readlink())
    assert [(one.slug, one.faces) for one in load_people(folder)] == [("anna", ())]
    assert [one.slug for one in check_people(folder)[0]] == ["anna"]
    assert not known_fakes(folder).media
    assert names(files_of(folder)) == ["good.mp4", "person.toml"]


def test_it_is_compared_with_nothing(folder: Path) -> None:
    memory = folder.with_name("memory.sqlite")
    memory.touch()
    pair = PairOfFiles(folder / "good.mp4", folder / "bad.mp4", ("a", "b"))
    config = Config(device="cpu", memory=memory)
    assert not list(compare_all([pair], config, workers=1, limits=Limits()))


def test_a_folder_of_results_with_such_a_link_is_refused_in_a_sentence(folder: Path) -> None:
    (folder / "bad.mp4").rename(folder / "results.jsonl")
    for words in (["report"], ["serve"], ["decide", "--list"], ["keyframes", "-o", "k"]):
        done = run(words[0], folder, *words[1:])
        assert done.exit_code == 2 and "holds no results.jsonl" in done.output


def questions(path: Path) -> Iterator[str]:
    """Give what a module asks pathlib about a file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            value = node.func.value
            of_os = isinstance(value, ast.Attribute) and ast.unparse(value) == "os.path"
            if node.func.attr in QUESTIONS and not of_os and not node.args:
                yield f"{path.relative_to(PACKAGE)}: {ast.unparse(node)}"


def test_what_asks_about_files_of_users_takes_every_answer() -> None:
    places = [PACKAGE / one for one in ASKING]
    files = [file for one in places for file in ([one] if one.suffix else one.rglob("*.py"))]
    assert len(files) > len(ASKING)
    assert {found for file in files for found in questions(file)} == CAREFUL

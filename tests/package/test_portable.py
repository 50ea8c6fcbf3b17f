"""The pages of all files in one ZIP or folder: complete, and without what is nobody else's."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from media_screen.cli.main import main
from media_screen.evidence import Abstention, Duplicate, Failure, MediaInfo, Verdict
from media_screen.package import PackageError, write_portable
from media_screen.package.pathless import MachinePaths
from media_screen.results.folder import Results
from tests.report import invented, records
from tests.report.pages import Page, check_markup


@pytest.fixture
def scanned(tmp_path: Path) -> Path:
    """Results of files that were named by absolute paths, in which such paths stand everywhere."""
    out, places = tmp_path / "out", (tmp_path / "in" / "one", tmp_path / "in" / "two")
    with Results(out) as results:
        for place, made in zip(places, (records.suspected(), records.remade()), strict=True):
            place.mkdir(parents=True)
            clip = place / "clip.mp4"
            clip.write_bytes(place.name.encode())
            info = MediaInfo(str(clip), "", "video", 3, 41.2, 640, 360, sidecar=f"{clip}.info.json")
            said = f"repeats {places[0]}/clip.mp4, see {Path.home()}/notes"
            results.add(
                clip,
                replace(
                    made,
                    media=info,
                    summary=said,
                    duplicate_of=Duplicate(str(places[0] / "clip.mp4"), "ab" * 32, True, 1.0, 1.0),
                    abstentions=(Abstention("x", "no_model", f"{tmp_path}/models/a.onnx: gone"),),
                    failures=(Failure("y", "OSError: '/opt/secret place/x/weights.bin'"),),
                ),
                "",
            )
    return out


def contents(packed: Path) -> dict[str, bytes]:
    if packed.is_dir():
        files = (path for path in packed.rglob("*") if path.is_file())
        return {path.relative_to(packed).as_posix(): path.read_bytes() for path in files}
    with zipfile.ZipFile(packed) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("name", ["handed-on.zip", "handed-on"])
def test_it_holds_the_pages_and_their_pictures_alone(tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    one = invented.small()
    invented.write(out, one[0], verdicts=[*one[1], *records.every_label()])
    (out / "memory.sqlite").write_bytes(b"fingerprints")
    packed = write_portable(out, output=tmp_path / name)
    held = contents(packed)
    assert {path.split("/")[0] for path in held} == {"README.txt", "report", "thumbs"}
    assert {Path(path).suffix for path in held} == {".txt", ".html", ".jpg"}
    assert not list(out.glob(".results*")) and not list(tmp_path.glob(".*"))
    pages = {path: data for path, data in held.items() if path.endswith(".html")}
    assert len(pages) == 1 + 1 + len(one[1]) + 8
    for path, data in pages.items():
        page = Page(data.decode())
        check_markup(page)
        for attribute in ("src", "href"):
            for _, attrs in page.having(attribute):
                target = attrs[attribute].partition("#")[0]
                if target and not target.startswith("http"):
                    at = Path("/", path).parent / target
                    assert str(at.resolve()).lstrip("/") in held, (path, target)


def test_sexual_content_stays_blurred(tmp_path: Path) -> None:
    records.write_results(tmp_path / "out", [records.picture()])
    held = contents(write_portable(tmp_path / "out"))
    page = next(data.decode() for name, data in held.items() if "/files/" in name)
    assert page.count('class="veil"') == page.count("<img ") > 0
    assert "blurred in the pages" in held["README.txt"].decode()


def test_no_path_of_the_machine_is_in_it(scanned: Path, tmp_path: Path) -> None:
    held = contents(write_portable(scanned, output=tmp_path / "x.zip"))
    own = [str(tmp_path), str(Path.home()), "/opt/secret", "secret place"]
    for name, data in held.items():
        for path in own:
            if len(path) > 1:
                assert path.encode() not in data, (name, path)
    told = b"".join(held.values()).decode("utf-8", "replace")
    assert "one/clip.mp4" in told and "two/clip.mp4" in told  # told apart without it
    assert "weights.bin" in told and "a.onnx: gone" in told
    assert 'id="media"' not in told  # nothing is linked that is not in it


def test_media_are_in_it_when_asked_for_and_are_played(scanned: Path, tmp_path: Path) -> None:
    notes: list[str] = []
    with Results(scanned) as results:
        paths = list(results.lines().values())
    assert paths
    held = contents(
        write_portable(scanned, output=tmp_path / "y.zip", media=True, tell=notes.append)
    )
    # Their hashes are not those of the results: changed, so they are left out, and that is said.
    assert not any(name.startswith("media/") for name in held)
    assert any("2 files of media left out" in note for note in notes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("see /in/one/clip.mp4 and /in/one/b.mp4", "see one/clip.mp4 and one/b.mp4"),
        ("https://x.example/in/one/clip", "https://x.example/in/one/clip"),
        ("and/or, 1/2, /r/videos", "and/or, 1/2, /r/videos"),
    ],
    ids=["paths", "address", "no-path"],
)
def test_only_paths_are_changed(text: str, said: str) -> None:
    files = [
        replace(records.suspected(f"/in/{name}/clip.mp4"), summary=text) for name in ("one", "two")
    ]
    paths = MachinePaths(files, Path("/out/of/results"))
    record = json.loads(paths.taken_out(files[0].to_json().encode()))
    assert record["summary"] == said
    assert record["media"]["path"] == "one/clip.mp4"
    assert Verdict.from_dict(record).media.key == files[0].media.key


# Where files lie, a text with paths, and what is said in place of it.
SAID: dict[str, tuple[tuple[str, ...], str, str]] = {
    "the deepest folder": (("/in/a", "/in/a/b", "/in/c"), "see /in/a/b/x.mp4", "see a/b/x.mp4"),
    "a folder above": (("/in/a/b", "/in/a"), "see /in/a/c/x.mp4", "see c/x.mp4"),
    "a name that goes on": (("/in/a", "/in/b"), "see /in/ab/x.mp4", "see /in/ab/x.mp4"),
    "one after the other": (("/in/a", "/in/b"), "/in/a/x,/in/b/y;/in/a/z", "a/x,b/y;a/z"),
    "below another path": (("/in/a", "/in/b"), "/mnt/in/a/x", "/mnt/in/a/x"),
    "a folder itself": (("/in/a", "/in/b"), "all of /in/a", "all of /in/a"),
    "letters of patterns": (
        ("/in/a.b (1)", "/in/[x]+"),
        "/in/a.b (1)/x /in/[x]+/y",
        "a.b (1)/x [x]+/y",
    ),
    "blanks and line ends": (("/in/a b", "/in/c\nd"), "/in/a b/x /in/c\nd/y", "a b/x c\nd/y"),
    "nothing in common": (("/in/a", "/mnt/b"), "/in/a/x and /mnt/b/y", "a/x and b/y"),
    "the root": (("/", "/in/a"), "/x and /in/a/y", "x and a/y"),
    "a separator twice": (("/in", "/in/b"), "/in//in/b/x", "/in/b/x"),
}


@pytest.mark.parametrize(("folders", "text", "said"), SAID.values(), ids=SAID.keys())
def test_a_path_is_told_from_the_folder_that_all_have_in_common(
    folders: tuple[str, ...], text: str, said: str
) -> None:
    files = [records.quiet("no_finding", f"{one}/x.mp4", None, 0.0) for one in folders]
    paths = MachinePaths(files, Path("/out/of/results"))
    line = replace(files[0], summary=text).to_json().encode()
    assert json.loads(paths.taken_out(line))["summary"] == said


def test_many_folders_take_no_longer_for_each_file() -> None:
    """At this size a look for each folder in each text would take many minutes."""
    one = records.suspected()
    files = [
        replace(one, media=MediaInfo(f"/data/downloads/{number}/clip.mp4"))
        for number in range(20_000)
    ]
    paths = MachinePaths(files, Path("/out/of/results"))
    for number, file in enumerate(files[:200]):
        record = json.loads(paths.taken_out(file.to_json().encode()))
        assert record["media"]["path"] == f"{number}/clip.mp4"


@pytest.mark.parametrize("name", ["full", "nowhere/x", "folder.zip", "file"])
def test_nothing_of_the_user_is_overwritten(tmp_path: Path, name: str) -> None:
    records.write_results(tmp_path / "out", [records.picture()])
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    (tmp_path / "folder.zip").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(PackageError, match="expected"):
        write_portable(tmp_path / "out", output=tmp_path / name)
    assert (tmp_path / "full" / "mine").is_file() and (tmp_path / "file").is_file()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--portable"], 0), (["--portable", "--format", "csv"], 2), (["--media"], 2)],
    ids=["portable", "no-pages", "media-alone"],
)
def test_the_command(tmp_path: Path, arguments: list[str], code: int) -> None:
    records.write_results(tmp_path, [records.picture()])
    result = CliRunner().invoke(main, ["report", str(tmp_path), *arguments])
    assert result.exit_code == code, result.output
    assert (tmp_path / "results.portable.zip").exists() == (code == 0)

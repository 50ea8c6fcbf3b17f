"""The commands of people as a user types them, on the samples."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from media_screen.cli.main import main
from media_screen.people.registry import load_people
from tests.places import SAMPLES

OFFICIAL = SAMPLES / "people/irena-valequist/official"
TALK = OFFICIAL / "harbour-update-14.mp4"
POST = OFFICIAL / "harbour-update-14.info.json"
IMPOSTOR = SAMPLES / "downloads/my-new-channel.info.json"
NAME = "Irena Valequist"


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["people", *map(str, arguments)])


def test_a_person_is_enrolled_from_nothing_by_what_was_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    added = invoke("add", NAME, "--sidecar", POST)
    assert added.exit_code == 0, added.output
    assert "irena-valequist: Irena Valequist, new: people/irena-valequist" in added.output
    assert "added: youtube UCdemoIrenaValequist0001 @irenavalequist, which calls" in added.output
    lacking = invoke("check")
    assert lacking.exit_code == 1 and "wrong: irena-valequist: no picture" in lacking.output
    faces = sorted((SAMPLES / "people/irena-valequist/faces").iterdir())
    voice = SAMPLES / "people/irena-valequist/voice/introduction.flac"
    files = invoke("add-official", NAME, TALK, voice, *faces)
    assert files.exit_code == 0, files.output
    assert "added: people/irena-valequist/official/harbour-update-14.mp4" in files.output
    fake = invoke("add-fake", IMPOSTOR.with_name("my-new-channel.mp4"), "--of", NAME)
    assert fake.exit_code == 0, fake.output
    checked = invoke("check", "--strict")
    assert (checked.exit_code, checked.output) == (0, "1 person: 0 wrong, 0 notes\n")
    listed = invoke("list").output
    assert "3 pictures, 1 recording, 1 official file" in listed
    assert "1 person, 1 known fake" in listed


def test_a_person_is_enrolled_by_pictures_alone(tmp_path: Path) -> None:
    options = ("--people", tmp_path / "people")
    added = invoke("add", NAME, *options)
    assert added.exit_code == 0, added.output
    assert "irena-valequist: Irena Valequist, new" in added.output
    assert "no account: until one is added with --sidecar" in added.output
    faces = sorted((SAMPLES / "people/irena-valequist/faces").iterdir())
    assert invoke("add-official", NAME, *faces, *options).exit_code == 0
    checked = invoke("check", *options)
    assert checked.exit_code == 0, checked.output
    assert "no account has a stable id" in checked.output
    later = invoke("add", NAME, "--sidecar", POST, *options)
    assert later.exit_code == 0 and "enrolled before" in later.output
    assert load_people(tmp_path / "people")[0].channels


def test_some_files_are_refused_and_the_others_are_added(tmp_path: Path) -> None:
    people = tmp_path / "people"
    invoke("add", NAME, "--sidecar", POST, "--people", people)
    broken = SAMPLES / "downloads/not-a-video.mp4"
    result = invoke("add-official", NAME, broken, TALK, "--people", people)
    assert result.exit_code == 1
    assert "refused: " in result.stderr and "not-a-video.mp4: not a media file" in result.stderr
    assert "added: " in result.stdout
    nothing = invoke("add-fake", broken, "--people", people)
    assert nothing.exit_code == 1 and "next:" not in nothing.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["add", NAME, "--sidecar", "no"], "does not exist", id="sidecar-not-there"),
        pytest.param(["add", "..", "--sidecar", POST], "it has no letter", id="hostile-name"),
        pytest.param(["add", "Eve", "--sidecar", IMPOSTOR], "an imitation (U+0430", id="imitation"),
        pytest.param(["add-official", "Eve", TALK], "nobody enrolled is called 'Eve'", id="nobody"),
        pytest.param(["add-fake", TALK, "--of", "Eve"], "called 'Eve': there is", id="fake"),
        pytest.param(["list"], "expected a folder with one folder per person", id="list"),
        pytest.param(["check"], "expected a folder with one folder per person", id="check"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(
    tmp_path: Path, arguments: list[str | Path], said: str
) -> None:
    people = tmp_path / "people"
    if arguments[0] in ("add-official", "add-fake"):
        invoke("add", NAME, "--sidecar", POST, "--people", people)
    before = sorted(people.rglob("*"))
    result = invoke(*arguments, "--people", people)
    assert result.exit_code == 2, result.output
    assert said in result.output and "Traceback" not in result.output
    assert sorted(people.rglob("*")) == before


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("Irena V\u0430lequist", True),  # a Cyrillic letter
        ("Jos\u00e9 Nu\u00f1ez", False),
        ("Nguy\u1ec5n Th\u1ecb", False),
        ("\u0418\u0432\u0430\u043d", False),
        ("Ada \u0418\u0432\u0430\u043d", False),
        ("Ada\u738b\u4e00", False),
        ("Ada \U0001f3ac!", False),
    ],
)
def test_only_hidden_letters_make_an_imitation(tmp_path: Path, name: str, refused: bool) -> None:
    sidecar = tmp_path / "a.info.json"
    sidecar.write_text(json.dumps({**json.loads(POST.read_text()), "channel": name}))
    options = ("--sidecar", sidecar, "--people", tmp_path / "people")
    assert invoke("add", NAME, *options).exit_code == (2 if refused else 0)
    assert invoke("add", NAME, *options, "--anyway").exit_code == 0


@pytest.mark.parametrize(
    ("shown", "handle", "told"),
    [
        pytest.param("Irena Valequist", "@ivq", False, id="by-its-name"),
        pytest.param("Harbour Office", "@irenavalequist", False, id="by-its-handle"),
        pytest.param("Irena Valequist Official", "@ivq", False, id="name-and-claim"),
        pytest.param("Harbour Office", "@harbour_office", True, id="by-neither"),
    ],
)
def test_an_account_that_is_called_otherwise_is_pointed_at(
    tmp_path: Path, shown: str, handle: str, told: bool
) -> None:
    sidecar = tmp_path / "a.info.json"
    record = {**json.loads(POST.read_text()), "channel": shown, "uploader_id": handle}
    sidecar.write_text(json.dumps(record))
    options = ("--sidecar", sidecar, "--people", tmp_path / "people")
    added = invoke("add", NAME, *options)
    assert added.exit_code == 0, added.output
    assert ("neither its name nor its handle is like Irena Valequist" in added.output) is told
    assert "look at it" not in invoke("add", NAME, *options).output  # it is known by then


@pytest.mark.parametrize(
    ("other", "told"), [("Irena Valequst", True), ("Ben Okafor", False)], ids=["slip", "another"]
)
def test_a_name_that_nearly_is_enrolled_is_pointed_at(
    tmp_path: Path, other: str, told: bool
) -> None:
    people = tmp_path / "people"
    invoke("add", NAME, "--sidecar", POST, "--people", people)
    sidecar = tmp_path / "a.info.json"
    record = {
        **json.loads(POST.read_text()),
        "channel_id": "UC" + "b" * 22,
        "uploader_id": "@other",
    }
    record |= {"channel_url": None, "uploader_url": None}
    sidecar.write_text(json.dumps(record))
    added = invoke("add", other, "--sidecar", sidecar, "--people", people)
    assert added.exit_code == 0, added.output
    assert ("irena-valequist (Irena Valequist) is enrolled, too" in added.output) is told


def test_texts_of_sidecars_do_nothing_on_the_terminal(tmp_path: Path) -> None:
    record = json.loads(POST.read_text())
    sidecar = tmp_path / "a.info.json"
    hostile = "\x1b[31mred\n\u202eevil"
    record |= {"channel": hostile, "uploader_id": f"@{hostile}"}
    sidecar.write_text(json.dumps(record))
    people = tmp_path / "people"
    output = invoke("add", NAME, "--sidecar", sidecar, "--people", people).output
    shutil.rmtree(people / "irena-valequist" / "faces")
    output += invoke("check", "--people", people).output + invoke("list", "--people", people).output
    assert "red" in output and all(line.isprintable() for line in output.splitlines())
    assert load_people(people)[0].channels[0].handle == ""


def test_people_are_offered_when_a_shell_completes(tmp_path: Path) -> None:
    from click.shell_completion import ShellComplete

    people = tmp_path / "people"
    invoke("add", NAME, "--sidecar", POST, "--people", people)
    complete = ShellComplete(main, {}, "media-screen", "_MEDIA_SCREEN_COMPLETE")
    typed = ["people", "add-fake", "--people", str(people), "--of"]
    assert [one.value for one in complete.get_completions(typed, "ir")] == ["irena-valequist"]
    assert complete.get_completions(["people", "add-fake", "--of"], "ir") == []

"""References and known fakes are copied whole, under safe names, and never over what is there."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from media_screen import sidecar as sidecars
from media_screen.people import additions
from media_screen.people.additions import Purpose, add_fake, add_official
from media_screen.people.registry import PeopleError, Person, load_people
from tests.making import quarters, write_picture, write_sound_file, write_video

UC = "UC" + "a1B2c3D4e5F6g7H8i9J0-_"


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A video, a picture and a sound file."""
    folder = tmp_path_factory.mktemp("media")
    return {
        "video": write_video(folder / "talk.mp4", [quarters()] * 5),
        "picture": write_picture(folder / "face.jpg", quarters(), codec="mjpeg", pixels="yuvj420p"),
        "sound": write_sound_file(folder / "voice.flac", codec="flac"),
    }


@pytest.fixture
def people(tmp_path: Path) -> Path:
    for slug, text in {
        "ada": f'name = "Ada"\n[[channel]]\nplatform = "youtube"\nid = "{UC}"\n',
        "bob": 'name = "Bob"\n',
    }.items():
        (tmp_path / "people" / slug).mkdir(parents=True)
        (tmp_path / "people" / slug / "person.toml").write_text(text)
    return tmp_path / "people"


def person(people: Path, slug: str = "ada") -> Person:
    return next(one for one in load_people(people) if one.slug == slug)


def post_of(file: Path, channel: str = UC, **more: Any) -> Path:
    """Write the sidecar of a post beside a file."""
    path = file.with_suffix(".info.json")
    record = {
        "id": "v1",
        "extractor_key": "Youtube",
        "webpage_url": "https://www.youtube.com/watch?v=v1",
        "ext": file.suffix[1:],
        "channel_id": channel,
    }
    path.write_text(json.dumps({**record, **more}))
    return path


def copy(source: Path, target: Path) -> Path:
    shutil.copy(source, target)
    return target


@pytest.mark.parametrize(
    ("kind", "into", "place"),
    [
        ("video", None, "official/talk.mp4"),
        ("picture", None, "faces/face.jpg"),
        ("sound", None, "voice/voice.flac"),
        ("video", "voice", "voice/talk.mp4"),
        ("sound", "official", "official/voice.flac"),
    ],
)
def test_a_file_goes_where_its_kind_belongs(
    people: Path, media: dict[str, Path], kind: str, into: Purpose | None, place: str
) -> None:
    added = add_official(people, person(people), media[kind], into=into)
    assert (added.file, added.is_new) == (people / "ada" / place, True)
    assert added.file.read_bytes() == media[kind].read_bytes()
    assert added.file.stat().st_mode & 0o077 == 0
    again = add_official(people, person(people), media[kind], into=into)
    assert (again.file, again.is_new) == (added.file, False)
    assert os.listdir(people / ".media_screen") == []


@pytest.mark.parametrize(
    ("kind", "into", "why"),
    [
        ("picture", "official", "expected a video or sound for official/, got a picture"),
        ("picture", "voice", "expected sound or a video for voice/, got a picture"),
        ("video", "faces", "expected a picture for faces/, got a video"),
    ],
)
def test_what_can_not_serve_there_is_refused(
    people: Path, media: dict[str, Path], kind: str, into: Purpose, why: str
) -> None:
    with pytest.raises(PeopleError, match=why):
        add_official(people, person(people), media[kind], into=into)


@pytest.mark.parametrize("content", [b"", b"text", b"\xff\xd8\xff\xe0broken"])
def test_what_can_not_be_decoded_is_refused(people: Path, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(content)
    with pytest.raises(PeopleError, match=r"a\.jpg: "):
        add_official(people, person(people), file)
    with pytest.raises(PeopleError, match=r"a\.jpg: "):
        add_fake(people, None, file)


def test_a_sidecar_comes_along_under_the_name_of_its_file(
    people: Path, media: dict[str, Path], tmp_path: Path
) -> None:
    for number, name in enumerate(("talk.mp4", "\x1b[31m..talk.mp4", "talk.mp4")):
        folder = tmp_path / str(number)
        folder.mkdir()
        file = copy(media["video"], folder / name)
        with file.open("ab") as stream:
            stream.write(bytes(number + 1))  # another content each
        post_of(file)
        added = add_official(people, person(people), file)
        assert added.sidecar is not None and sidecars.find(added.file) == added.sidecar
        assert not added.notes
    assert sorted(os.listdir(people / "ada" / "official")) == [
        "_[31m..talk.info.json",
        "_[31m..talk.mp4",
        "talk-2.info.json",
        "talk-2.mp4",
        "talk.info.json",
        "talk.mp4",
    ]


def test_a_sidecar_that_lies_there_is_not_taken_for_that_of_a_new_file(
    people: Path, media: dict[str, Path]
) -> None:
    official = people / "ada" / "official"
    official.mkdir()
    (official / "talk.info.json").write_text("{}")
    assert add_official(people, person(people), media["video"]).file == official / "talk-2.mp4"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        pytest.param({"channel": "UC" + "z" * 22}, "is not enrolled for ada", id="other-channel"),
        pytest.param({"channel_id": None}, "no account by a stable id", id="no-id"),
        pytest.param({"duration": 900}, "the sidecar says 900.0 s", id="other-length"),
        pytest.param({"_type": "playlist"}, "not of one video", id="playlist"),
    ],
)
def test_a_video_of_somebody_else_is_official_only_when_the_user_insists(
    people: Path, media: dict[str, Path], tmp_path: Path, changes: dict[str, Any], why: str
) -> None:
    file = copy(media["video"], tmp_path / "talk.mp4")
    post_of(file, **changes)
    with pytest.raises(PeopleError, match=why):
        add_official(people, person(people), file)
    assert not (people / "ada" / "official").exists()
    added = add_official(people, person(people), file, anyway=True)
    assert any(why in note for note in added.notes) and added.sidecar is not None


def test_a_video_without_a_sidecar_is_taken_at_the_users_word_and_told(
    people: Path, media: dict[str, Path]
) -> None:
    added = add_official(people, person(people), media["video"])
    assert added.notes == ("no sidecar beside it says who published it",)


@pytest.mark.parametrize(("slug", "folder"), [(None, "_known_fakes"), ("ada", "_known_fakes/ada")])
def test_a_known_fake_lies_with_those_of_the_person(
    people: Path, media: dict[str, Path], slug: str | None, folder: str
) -> None:
    of = None if slug is None else person(people, slug)
    assert add_fake(people, of, media["video"]).file == people / folder / "talk.mp4"
    assert not add_fake(people, of, media["video"]).is_new
    with pytest.raises(PeopleError, match="expected a video or sound for _known_fakes/"):
        add_fake(people, of, media["picture"])


def test_one_file_is_not_genuine_and_forged_or_that_of_two_people(
    people: Path, media: dict[str, Path]
) -> None:
    add_official(people, person(people), media["video"])
    with pytest.raises(PeopleError, match=r"the same file lies at .*official/talk\.mp4"):
        add_fake(people, person(people), media["video"])
    with pytest.raises(PeopleError, match="the same file lies at"):
        add_official(people, person(people, "bob"), media["video"])
    assert add_official(people, person(people), media["video"], into="voice").is_new
    add_fake(people, None, media["sound"])
    with pytest.raises(PeopleError, match=r"the same file lies at .*_known_fakes/voice\.flac"):
        add_official(people, person(people), media["sound"])


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("...hidden.mp4", "hidden.mp4"),
        ("a\nb\x07.mp4", "a_b_.mp4"),
        ("\u202egpj.mp4", "_gpj.mp4"),
        ("\udcff.mp4", "_.mp4"),
        ("\u5218" * 80 + ".mp4", "\u5218" * 50 + ".mp4"),
        ("..", "file"),
        ("a." + "b" * 200, "a." + "b" * 19),
    ],
)
def test_names_of_files_are_made_safe(tmp_path: Path, name: str, kept: str) -> None:
    assert additions._free_name(tmp_path, name) == tmp_path / kept


def test_a_name_that_is_left_out_as_a_leftover_is_refused(
    people: Path, media: dict[str, Path], tmp_path: Path
) -> None:
    add_official(people, person(people), media["video"])
    file = copy(media["video"], tmp_path / "talk.f137.mp4")
    with file.open("ab") as stream:
        stream.write(b"x")
    with pytest.raises(PeopleError, match="counts as a leftover of a download: rename it"):
        add_official(people, person(people), file)
    assert os.listdir(people / "ada" / "official") == ["talk.mp4"]


@pytest.mark.parametrize("linked", ["ada", "ada/official", "_known_fakes"])
def test_nothing_is_written_through_a_link(
    people: Path, media: dict[str, Path], tmp_path: Path, linked: str
) -> None:
    ada, outside = person(people), tmp_path / "outside"
    if linked == "ada":
        (people / "ada").rename(outside)
    else:
        outside.mkdir()
    (people / linked).symlink_to(outside)
    before = sorted(outside.rglob("*"))
    with pytest.raises(PeopleError, match="it is a link"):
        if linked == "_known_fakes":
            add_fake(people, ada, media["video"])
        else:
            add_official(people, ada, media["video"])
    assert sorted(outside.rglob("*")) == before


def test_a_copy_that_breaks_off_leaves_nothing(
    people: Path, media: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("media_screen.people.additions.os.replace", full)
    with pytest.raises(OSError, match="no space"):
        add_official(people, person(people), media["video"])
    left = [one for one in people.rglob("*") if one.is_file() and one.name != "person.toml"]
    assert not left

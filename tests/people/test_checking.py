"""Checking says what is missing or wrong among the people, all of it at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from media_screen.people.checking import check_people
from media_screen.people.registry import PeopleError
from tests.making import quarters, write_picture, write_sound_file, write_video
from tests.places import SAMPLES

UC = "UC" + "a1B2c3D4e5F6g7H8i9J0-_"
RECORD = f'name = "Ada"\n[[channel]]\nplatform = "youtube"\nid = "{UC}"\nhandle = "ada"\n'


def whole(people: Path, slug: str = "ada", text: str = RECORD) -> Path:
    """A person with whom nothing is wrong; every file has another content."""
    folder = people / slug
    for name in ("faces", "voice", "official"):
        (folder / name).mkdir(parents=True)
    (folder / "person.toml").write_text(text)
    tint = sum(slug.encode()) % 200
    for number, name in enumerate(("a.jpg", "b.jpg")):
        image = quarters() // 2 + tint // 4 + number
        write_picture(folder / "faces" / name, image, codec="mjpeg", pixels="yuvj420p")
    rate = 8_000 + tint
    write_sound_file(folder / "voice" / "a.wav", codec="pcm_s16le", rate=rate)
    write_video(folder / "official" / "a.mp4", [quarters() // 2 + tint // 4] * 5)
    return folder


def edit(name: str, text: str | bytes) -> Callable[[Path], object]:
    def change(people: Path) -> None:
        path = people / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)

    return change


def move(name: str, target: str) -> Callable[[Path], object]:
    def change(people: Path) -> None:
        (people / target).parent.mkdir(parents=True, exist_ok=True)
        (people / name).rename(people / target)

    return change


def copied(name: str, target: str) -> Callable[[Path], object]:
    def change(people: Path) -> None:
        edit(target, (people / name).read_bytes())(people)

    return change


def removed(*names: str) -> Callable[[Path], object]:
    def change(people: Path) -> None:
        for name in names:
            (people / name).unlink()

    return change


def second(text: str) -> Callable[[Path], object]:
    return lambda people: whole(people, "bob", text)


def linked(people: Path) -> None:
    (people / "ada" / "faces" / "more").symlink_to(people / "ada" / "voice")


POST = (
    '{"extractor_key": "Youtube", "webpage_url": "https://www.youtube.com/watch?v=1", '
    '"channel_id": "UC%s"}' % ("z" * 22)
)
OTHER_ID = "UC" + "b" * 22
# What is changed, whether it is wrong or a note, and what is said of it.
KINDS: dict[str, tuple[Callable[[Path], object], bool, str]] = {
    "record": (edit("ada/person.toml", "name = 1"), True, "expected `name` to be text"),
    "no-record": (removed("ada/person.toml"), True, "this file is missing"),
    "no-channel": (edit("ada/person.toml", 'name = "A"'), False, "no account has a stable id"),
    "handle-alone": (
        edit("ada/person.toml", 'name = "A"\n[[channel]]\nplatform = "x"\nhandle = "a"\n'),
        True,
        "no account has a stable id",
    ),
    "one-handle-alone": (
        edit("ada/person.toml", RECORD + '[[channel]]\nplatform = "x"\nhandle = "a"\n'),
        False,
        "has no id",
    ),
    "no-id-of-the-site": (
        edit("ada/person.toml", RECORD.replace(UC, "ada")),
        True,
        "'ada' is not written as the ids of youtube are",
    ),
    "id-twice": (
        edit("ada/person.toml", RECORD + RECORD.partition("\n")[2]),
        False,
        "stands there twice",
    ),
    "handle-of-two-ids": (
        edit("ada/person.toml", RECORD + RECORD.partition("\n")[2].replace(UC, OTHER_ID)),
        False,
        "2 ids of youtube have the handle 'ada'",
    ),
    "id-of-two-people": (
        second(RECORD.replace("Ada", "Bob").replace('"ada"', '"bob"')),
        True,
        f"the youtube id '{UC}' is already listed",
    ),
    "handle-of-two-people": (
        second(RECORD.replace("Ada", "Bob").replace(UC, OTHER_ID)),
        True,
        "the youtube handle 'ada' is already listed",
    ),
    "name-of-two-people": (
        second(RECORD.replace("Ada", "ADA").replace(UC, OTHER_ID).replace('"ada"', '"bob"')),
        False,
        "ada and bob are both called 'ADA'",
    ),
    "no-face": (removed("ada/faces/a.jpg", "ada/faces/b.jpg"), False, "by the faces in official/"),
    "one-face": (removed("ada/faces/b.jpg"), False, "only one picture"),
    "no-voice": (removed("ada/voice/a.wav"), False, "no recording of the voice"),
    "no-video": (removed("ada/official/a.mp4"), False, "nothing in official/"),
    "no-face-at-all": (
        removed("ada/faces/a.jpg", "ada/faces/b.jpg", "ada/official/a.mp4"),
        True,
        "nobody can be recognised by it",
    ),
    "broken-picture": (edit("ada/faces/a.jpg", b"\xff\xd8\xff\xe0x"), True, "a.jpg: "),
    "broken-sound": (edit("ada/voice/a.wav", b"RIFF"), True, "a.wav: "),
    "broken-video": (edit("ada/official/a.mp4", b"x" * 99), True, "a.mp4: "),
    "other-channel": (edit("ada/official/a.info.json", POST), False, "is it genuine?"),
    "broken-sidecar": (edit("ada/official/a.info.json", "[]"), False, "expected a JSON object"),
    "linked-folder": (linked, True, "a linked folder is not looked into"),
    "misspelt-folder": (move("ada/voice/a.wav", "ada/voices/a.wav"), False, "is voice/ meant?"),
    "beside-the-folders": (copied("ada/faces/a.jpg", "ada/c.jpg"), False, "nobody looks for 1"),
    "beside-the-people": (copied("ada/faces/a.jpg", "c.jpg"), False, "nobody looks for 1"),
    "fake-and-official": (
        copied("ada/official/a.mp4", "_known_fakes/a.mp4"),
        True,
        "the same file lies at",
    ),
    "twice": (copied("ada/faces/a.jpg", "ada/faces/c.jpg"), False, "the same file lies at"),
    "picture-as-fake": (
        move("ada/faces/b.jpg", "_known_fakes/ada/b.jpg"),
        True,
        "a picture is not recognised again",
    ),
    "broken-fake": (edit("_known_fakes/ada/b.mp4", b"x" * 99), True, "b.mp4: "),
    "fakes-of-nobody": (
        move("ada/voice/a.wav", "_known_fakes/eve/a.wav"),
        False,
        "nobody's slug",
    ),
    "certificate": (edit("_trust/a.pem", "-"), True, "no certificate (PEM)"),
}


@pytest.mark.parametrize(("change", "wrong", "said"), KINDS.values(), ids=KINDS)
def test_each_kind_of_fault_is_told(
    tmp_path: Path, change: Callable[[Path], object], wrong: bool, said: str
) -> None:
    whole(tmp_path)
    assert check_people(tmp_path)[1] == ()
    change(tmp_path)
    remarks = [(one.wrong, one.text) for one in check_people(tmp_path)[1]]
    assert any(one == wrong and said in text for one, text in remarks), remarks
    assert wrong or not any(one for one, _ in remarks), remarks


def test_one_broken_record_does_not_hide_what_is_wrong_with_another(tmp_path: Path) -> None:
    for slug in ("ada", "bob"):
        (tmp_path / slug).mkdir()
        (tmp_path / slug / "person.toml").write_text("name = 1")
    people, remarks = check_people(tmp_path)
    assert not people and [one.text.split(":")[0] for one in remarks] == [
        str(tmp_path / slug / "person.toml") for slug in ("ada", "bob")
    ]


def test_what_the_program_keeps_beside_people_is_not_told(tmp_path: Path) -> None:
    ada = whole(tmp_path)
    copied("ada/official/a.mp4", ".media_screen/proxies/a.mp4")(tmp_path)
    assert (ada.parent / ".media_screen/proxies/a.mp4").is_file()
    assert check_people(tmp_path)[1] == ()


def test_a_folder_without_people_is_told(tmp_path: Path) -> None:
    assert "nobody is enrolled" in check_people(tmp_path)[1][0].text
    with pytest.raises(PeopleError, match="expected a folder"):
        check_people(tmp_path / "nowhere")


def test_nothing_is_wrong_with_the_samples() -> None:
    assert check_people(SAMPLES / "people")[1] == ()

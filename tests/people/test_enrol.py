"""References are checked, told about, read once, and kept by content."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from media_screen.evidence import RecordedMoment, Span
from media_screen.faces.align import Quality
from media_screen.faces.track import Face, Track
from media_screen.footage.catalogue import Catalogue
from media_screen.footage.original import proxy
from media_screen.look import Look, Looker, OnFrame
from media_screen.media import Frame, identify
from media_screen.people.enrol import Enrolment, enrol
from media_screen.people.references import FoundVoice, FoundWindow
from media_screen.people.registry import load_people
from tests.fakes import stand_in
from tests.making import touch, write_picture, write_video

Faces = dict[int, list[Face]]  # by the width in px of the picture that shows them
ADA, BOB = np.eye(8, dtype=np.float32)[:2]


def like(person: np.ndarray, cosine: float = 0.9) -> np.ndarray:
    """A unit vector at this cosine to a person's direction."""
    vector = cosine * person
    vector[7] = np.sqrt(1 - cosine**2)
    return vector.astype(np.float32)


def face(
    embedding: np.ndarray = ADA, size: float = 120.0, sharpness: float = 0.6, yaw: float = 0.0
) -> Face:
    quality = stand_in(Quality, size_px=size, sharpness=sharpness, yaw_deg=yaw)
    crop = np.zeros((256, 256, 3), np.uint8)
    return stand_in(Face, embedding=embedding, quality=quality, crop=crop, time_s=0.0)


class FakeLooker:
    """Gives the faces that were set for a picture's width in px, so that files choose them."""

    def __init__(self, faces: Faces) -> None:
        self.faces = faces
        self.asked = 0

    def faces_in(self, image: np.ndarray) -> tuple[Face, ...]:
        self.asked += 1
        return tuple(self.faces[image.shape[1]])

    def look_at(self, frames: Iterable[Frame], span: Span, *, on_frame: OnFrame) -> Look:
        self.asked += 1
        width = 0
        for frame in frames:
            width = frame.image.shape[1]
            on_frame(frame.time_s, frame.image)
        tracks = tuple(
            stand_in(Track, embedding=one.embedding, best=one, faces=(one,))
            for one in self.faces[width]
        )
        return Look(shots=(span,), tracks=tracks, frames=1, small_faces=0)


@pytest.fixture
def people(tmp_path: Path) -> Path:
    folder = tmp_path / "people"
    for sub in ("ada/faces", "ada/official"):
        (folder / sub).mkdir(parents=True)
    (folder / "ada" / "person.toml").write_text('name = "Ada Example"\n')
    return folder


def picture(people: Path, name: str, width: int) -> None:
    rng = np.random.default_rng(width)
    image = rng.integers(0, 255, (48, width, 3), dtype=np.uint8)
    write_picture(people / "ada" / "faces" / name, image, codec="png", pixels="rgb24")


def video(people: Path, name: str, width: int) -> None:
    rng = np.random.default_rng(width)
    frames = [rng.integers(0, 255, (64, width, 3), dtype=np.uint8)] * 25
    write_video(people / "ada" / "official" / name, frames, sounds=1)


def run(people: Path, faces: Faces, *, retry: bool = True) -> tuple[Enrolment, FakeLooker]:
    looker = FakeLooker(faces)
    enrolment = enrol(people, load_people(people), lambda: cast("Looker", looker), retry=retry)
    return enrolment, looker


CHECKS = [
    pytest.param([face()], "", 1, id="good"),
    pytest.param([], "no face was found", 0, id="no-face"),
    pytest.param([face(), face(BOB, 100)], "2 people of similar size", 0, id="two-people"),
    pytest.param([face(), face(BOB, 40)], "", 1, id="someone-far-behind"),
    pytest.param([face(size=40)], "only 40 px wide", 0, id="too-small"),
    pytest.param([face(sharpness=0.05)], "blurred", 1, id="blurred"),
    pytest.param([face(yaw=-70)], "from the side", 1, id="profile"),
]


@pytest.mark.parametrize(("faces", "why", "used"), CHECKS)
def test_each_picture_is_checked(people: Path, faces: list[Face], why: str, used: int) -> None:
    picture(people, "a.png", 64)
    picture(people, "b.png", 80)
    enrolment, _ = run(people, {64: [face()], 80: faces})
    (template,) = enrolment.gallery.templates
    assert template.pictures == 1 + used
    assert [why in problem.why and problem.fix != "" for problem in enrolment.problems] == (
        [True] if why else []
    )
    assert all(problem.refused == (used == 0) for problem in enrolment.problems)


def test_a_picture_of_someone_else_is_refused_by_the_others(people: Path) -> None:
    for name, width in (("a.png", 64), ("b.png", 80), ("c.png", 96)):
        picture(people, name, width)
    enrolment, _ = run(people, {64: [face(like(ADA))], 80: [face(like(ADA))], 96: [face(BOB)]})
    (problem,) = enrolment.problems
    assert problem.file.endswith("c.png") and "does not look like the other" in problem.why
    assert enrolment.gallery.templates[0].pictures == 2


def test_two_pictures_that_disagree_are_both_kept_and_told(people: Path) -> None:
    picture(people, "a.png", 64)
    picture(people, "b.png", 80)
    enrolment, _ = run(people, {64: [face(ADA)], 80: [face(BOB)]})
    (problem,) = enrolment.problems
    assert "do not look like one person" in problem.why and not problem.refused


def test_videos_add_the_faces_that_match_and_fill_the_catalogue(people: Path) -> None:
    picture(people, "a.png", 64)
    video(people, "talk.mp4", 128)
    video(people, "other.mp4", 160)
    enrolment, _ = run(
        people, {64: [face(ADA)], 128: [face(like(ADA)), face(BOB)], 160: [face(BOB)]}
    )
    assert enrolment.gallery.templates[0].videos == 1
    assert ["nobody in it looks like" in p.why for p in enrolment.problems] == [True]
    assert enrolment.catalogue is not None
    with Catalogue.open(enrolment.catalogue) as catalogue:
        listed = [(entry.person, entry.reference, entry.kind) for entry in catalogue.entries()]
    assert listed == [("ada", "other.mp4", "official"), ("ada", "talk.mp4", "official")]


@pytest.mark.parametrize(
    ("faces", "ready"),
    [
        pytest.param({128: [face(ADA)], 160: [face(like(ADA)), face(BOB)]}, True, id="one-leads"),
        pytest.param({128: [face(ADA)], 160: [face(BOB)]}, False, id="nobody-leads"),
    ],
)
def test_videos_alone_enrol_who_is_in_most_of_them(people: Path, faces: Faces, ready: bool) -> None:
    video(people, "a.mp4", 128)
    video(people, "b.mp4", 160)
    enrolment, _ = run(people, faces)
    assert bool(enrolment.gallery.templates) == ready
    assert bool(enrolment.problems) != ready


@pytest.mark.parametrize(
    ("faces", "ready"),
    [
        pytest.param([face(ADA), face(BOB)], False, id="two-people-alike"),
        pytest.param([face(BOB), face(ADA)], False, id="in-either-order"),
        pytest.param([face(ADA), face(BOB, size=40.0)], True, id="somebody-far-away"),
        pytest.param([face(ADA), face(like(ADA))], True, id="one-person-in-two-shots"),
    ],
)
def test_one_video_of_two_people_enrols_neither(
    people: Path, faces: list[Face], ready: bool
) -> None:
    video(people, "a.mp4", 128)
    enrolment, _ = run(people, {128: faces})
    assert bool(enrolment.gallery.templates) == ready
    assert ["do not show one person" in one.why for one in enrolment.problems] == [True] * (
        not ready
    )


def test_nothing_is_read_twice(people: Path) -> None:
    picture(people, "a.png", 64)
    video(people, "talk.mp4", 128)
    faces = {64: [face(ADA)], 128: [face(like(ADA))], 80: [face(like(ADA))]}
    first, _ = run(people, faces)
    again, looker = run(people, faces)
    assert (first.read, again.read, again.kept, looker.asked) == (2, 0, 2, 0)
    assert np.array_equal(
        first.gallery.templates[0].embedding, again.gallery.templates[0].embedding
    )
    shutil.move(people / "ada/faces/a.png", people / "ada/faces/renamed.png")
    picture(people, "b.png", 80)
    more, _ = run(people, faces)
    assert (more.read, more.kept) == (1, 2)


def test_footage_that_was_taken_out_leaves_the_catalogue(people: Path) -> None:
    picture(people, "a.png", 64)
    video(people, "talk.mp4", 128)
    faces = {64: [face(ADA)], 128: [face(like(ADA))]}
    run(people, faces)
    (people / "ada/official/talk.mp4").unlink()
    enrolment, _ = run(people, faces)
    assert enrolment.catalogue is None
    with Catalogue.open(people / ".media_screen/catalogue.sqlite") as catalogue:
        assert len(catalogue) == 0


def test_known_fakes_are_catalogued_by_person(people: Path) -> None:
    picture(people, "a.png", 64)
    video(people, "talk.mp4", 128)
    for folder in ("_known_fakes/ada", "_known_fakes"):
        (people / folder).mkdir(exist_ok=True, parents=True)
    shutil.move(people / "ada/official/talk.mp4", people / "_known_fakes/ada/fake.mp4")
    video(people, "x.mp4", 160)
    shutil.move(people / "ada/official/x.mp4", people / "_known_fakes/nobody.mp4")
    enrolment, _ = run(people, {64: [face(ADA)], 128: [face(ADA)], 160: []})
    assert enrolment.catalogue is not None
    with Catalogue.open(enrolment.catalogue) as catalogue:
        listed = sorted((e.person, e.reference, e.kind) for e in catalogue.entries())
    assert listed == [("", "nobody.mp4", "known_fake"), ("ada", "fake.mp4", "known_fake")]
    assert enrolment.gallery.templates[0].videos == 0, "a fake's face enrols nobody"


HOMES = {
    "ada": ("ada/official", ("ada", "official")),
    "bob": ("bob/official", ("bob", "official")),
    "fakes of ada": ("_known_fakes/ada", ("ada", "known_fake")),
    "fakes of bob": ("_known_fakes/bob", ("bob", "known_fake")),
    "fakes of nobody": ("_known_fakes", ("", "known_fake")),
    "fakes of a stranger": ("_known_fakes/eve", ("", "known_fake")),
}


@pytest.fixture
def pair(people: Path) -> Path:
    """Two people, with a picture each, and folders for every kind of footage."""
    (people / "bob/faces").mkdir(parents=True)
    (people / "bob/person.toml").write_text('name = "Bob Example"\n')
    picture(people, "b.png", 80)
    shutil.move(people / "ada/faces/b.png", people / "bob/faces/b.png")
    picture(people, "a.png", 64)
    for folder, _ in HOMES.values():
        (people / folder).mkdir(parents=True, exist_ok=True)
    return people


LOOKS = {64: [face(ADA)], 80: [face(BOB)], 128: [face(like(ADA)), face(like(BOB))]}


def filed(enrolment: Enrolment) -> list[tuple[str, str, str]]:
    assert enrolment.catalogue is not None
    with Catalogue.open(enrolment.catalogue) as catalogue:
        return [(one.person, one.reference, one.kind) for one in catalogue.entries()]


@pytest.mark.parametrize("end", HOMES)
@pytest.mark.parametrize("start", HOMES)
def test_a_moved_file_is_what_its_new_folder_makes_of_it(pair: Path, start: str, end: str) -> None:
    source, target = pair / HOMES[start][0], pair / HOMES[end][0]
    video(pair, "talk.mp4", 128)
    if start != "ada":
        shutil.move(pair / "ada/official/talk.mp4", source / "talk.mp4")
    run(pair, LOOKS)
    shutil.move(source / "talk.mp4", target / "renamed.mp4")
    enrolment, looker = run(pair, LOOKS)
    person, kind = HOMES[end][1]
    assert filed(enrolment) == [(person, "renamed.mp4", kind)]
    assert looker.asked == 0, "it was read before"
    videos = {one.person: one.videos for one in enrolment.gallery.templates}
    assert videos == {slug: int(HOMES[end][1] == (slug, "official")) for slug in ("ada", "bob")}


def test_a_video_among_the_pictures_is_read_as_what_its_folder_holds(pair: Path) -> None:
    video(pair, "talk.mp4", 128)
    home, visit = pair / "ada/official/talk.mp4", pair / "bob/faces/talk.mp4"
    seen = []
    for source, target in ((home, home), (home, visit), (visit, home)):
        shutil.move(source, target)
        enrolment, _ = run(pair, LOOKS | {128: [face(like(ADA))] * (1 + (target == visit))})
        seen.append([(one.pictures, one.videos) for one in enrolment.gallery.templates])
        refused = [problem.why for problem in enrolment.problems if problem.refused]
        assert bool(refused) == (target == visit), refused
    assert seen == [[(1, 1), (1, 0)], [(1, 0), (1, 0)], [(1, 1), (1, 0)]]


@pytest.mark.parametrize(
    ("first", "second", "owner", "told"),
    [
        pytest.param("ada", "ada", ("ada", "official"), [], id="twice in one folder"),
        pytest.param("ada", "bob", ("ada", "official"), [False], id="official of two"),
        pytest.param("ada", "fakes of ada", ("ada", "known_fake"), [True], id="own fake"),
        pytest.param("ada", "fakes of bob", ("bob", "known_fake"), [True], id="fake of another"),
        pytest.param("bob", "fakes of nobody", ("", "known_fake"), [True], id="nobody's fake"),
        pytest.param(
            "fakes of nobody", "fakes of bob", ("bob", "known_fake"), [False], id="fake twice"
        ),
    ],
)
def test_a_file_in_two_places_counts_as_the_more_suspicious_and_is_told(
    pair: Path, first: str, second: str, owner: tuple[str, str], told: list[bool]
) -> None:
    video(pair, "talk.mp4", 128)
    made = pair / "ada/official/talk.mp4"
    for home, name in ((first, "a.mp4"), (second, "b.mp4")):
        shutil.copy(made, pair / HOMES[home][0] / name)
    made.unlink()
    for _ in range(2):
        enrolment, _ = run(pair, LOOKS)
        assert [(person, kind) for person, _, kind in filed(enrolment)] == [owner]
        assert [problem.refused for problem in enrolment.problems] == told
        if told == [True]:
            assert all(one.videos == 0 for one in enrolment.gallery.templates)


def test_a_moved_recording_is_the_voice_of_whose_folder_it_lies_in(
    pair: Path, heard: dict[str, list[FoundVoice]]
) -> None:
    recording(pair, "a.wav")
    heard["a.wav"] = [voice()]
    first, _ = run(pair, LOOKS)
    (pair / "bob/voice").mkdir()
    shutil.move(pair / "ada/voice/a.wav", pair / "bob/voice/moved.wav")
    heard.clear()
    second, _ = run(pair, LOOKS)
    owners = [[one.person for one in enrolment.gallery.voices] for enrolment in (first, second)]
    assert owners == [["ada"], ["bob"]]


def test_a_broken_reference_is_told_once_and_remembered(people: Path) -> None:
    picture(people, "a.png", 64)
    (people / "ada/faces/b.jpg").write_bytes(b"not a picture")
    for _ in range(2):
        enrolment, _ = run(people, {64: [face(ADA)]})
        (problem,) = enrolment.problems
        assert problem.file.endswith("b.jpg") and "not a media file" in problem.why


@pytest.mark.parametrize("name", ["gallery.sqlite", "catalogue.sqlite"])
def test_a_damaged_cache_is_made_anew(people: Path, name: str) -> None:
    picture(people, "a.png", 64)
    video(people, "talk.mp4", 128)
    faces = {64: [face(ADA)], 128: [face(like(ADA))]}
    run(people, faces)
    for leftover in (people / ".media_screen").glob("*-*"):  # journals that would mend it
        leftover.unlink()
    (people / ".media_screen" / name).write_bytes(b"garbage" * 1000)
    enrolment, _ = run(people, faces)
    assert enrolment.read >= 1 and enrolment.gallery.templates
    with Catalogue.open(people / ".media_screen/catalogue.sqlite") as catalogue:
        assert len(catalogue) == 1


def test_a_reference_that_is_no_file_is_told(people: Path) -> None:
    picture(people, "a.png", 64)
    (people / "ada/faces/gone.jpg").symlink_to(people / "nowhere.jpg")
    enrolment, _ = run(people, {64: [face(ADA)]})
    assert len(enrolment.gallery.templates) == 1
    assert all("gone.jpg" in problem.file for problem in enrolment.problems)


def test_what_lies_among_the_references_and_is_none_is_told(people: Path, tmp_path: Path) -> None:
    picture(people, "a.png", 64)
    (people / "_known_fakes").mkdir()
    for name in ("ada/faces/b.png", "ada/official/c.txt", "_known_fakes/d.mp4"):
        os.mkfifo(people / name)
    (tmp_path / "more").mkdir()
    (people / "ada/official/more").symlink_to(tmp_path / "more")
    touch(people, "ada/official/e.mp4.part", "ada/faces/Thumbs.db", "_known_fakes/f.en.vtt")
    enrolment, _ = run(people, {64: [face()]})
    told = {Path(problem.file).name: problem.why for problem in enrolment.problems}
    irregular = "it is not a regular file"
    assert told == {
        "b.png": irregular,
        "c.txt": irregular,
        "d.mp4": irregular,
        "more": "a linked folder is not looked into",
    }
    assert all(problem.fix for problem in enrolment.problems)
    assert sorted(one.path.name for one in enrolment.left_out if one.kind != "special") == [
        "Thumbs.db",
        "e.mp4.part",
        "f.en.vtt",
        "more",
    ]


def copies(people: Path) -> list[Path]:
    """The small copies of official videos."""
    return sorted((people / ".media_screen/proxies").glob("*"))


def test_official_videos_have_a_small_copy_and_fakes_have_none(people: Path) -> None:
    picture(people, "a.png", 64)
    video(people, "talk.mp4", 128)
    (people / "_known_fakes").mkdir()
    video(people, "fake.mp4", 160)
    shutil.move(people / "ada/official/fake.mp4", people / "_known_fakes/fake.mp4")
    enrolment, _ = run(people, {64: [face()], 128: [face()], 160: []})
    sha256, _ = identify(people / "ada/official/talk.mp4")
    assert copies(people) == [enrolment.proxies.path(sha256)]
    assert enrolment.proxies.nbytes == copies(people)[0].stat().st_size > 0


TALK = {64: [face()], 128: [face(like(ADA))]}


@pytest.fixture
def talk(people: Path) -> Path:
    """An enrolled picture and an official video."""
    picture(people, "a.png", 64)
    video(people, "talk.mp4", 128)
    return people


def test_a_copy_that_is_missing_is_made_and_no_face_is_looked_for(talk: Path) -> None:
    run(talk, TALK)
    (made,) = copies(talk)
    whole = made.read_bytes()
    shutil.rmtree(made.parent)
    enrolment, looker = run(talk, TALK)
    assert (enrolment.read, enrolment.kept, looker.asked) == (1, 1, 0)
    assert copies(talk) == [made] and made.read_bytes() == whole


def test_the_copy_of_a_video_that_was_taken_out_goes(talk: Path) -> None:
    run(talk, TALK)
    (talk / "_known_fakes").mkdir()
    shutil.move(talk / "ada/official/talk.mp4", talk / "_known_fakes/talk.mp4")
    run(talk, TALK)
    assert copies(talk) == []


def full(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_where_no_copy_can_be_kept_enrolment_goes_on_and_it_is_told(
    talk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(proxy, "new_file", full)
        first, _ = run(talk, TALK)
    assert first.gallery.templates[0].videos == 1 and filed(first) == [
        ("ada", "talk.mp4", "official")
    ]
    second, _ = run(talk, TALK, retry=False)
    for enrolment in (first, second):
        (problem,) = enrolment.problems
        assert "No space left" in problem.why and not problem.refused
    assert copies(talk) == [] and second.read == 0
    third, looker = run(talk, TALK)
    assert not third.problems and len(copies(talk)) == 1 and looker.asked == 0


def test_an_enrolment_that_is_interrupted_leaves_no_half_copy(
    talk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(proxy.ProxyWriter, "add_sound", stop)
        with pytest.raises(KeyboardInterrupt):
            run(talk, TALK)
    assert copies(talk) == []
    run(talk, TALK)
    assert len(copies(talk)) == 1


def test_nobody_usable_is_told(people: Path) -> None:
    enrolment, _ = run(people, {})
    assert [problem.why for problem in enrolment.problems] == ["no usable face reference"]
    assert not enrolment.gallery.templates


# --- voices ----------------------------------------------------------------------------------

VOICE_OF_ADA, VOICE_OF_BOB = np.eye(256, dtype=np.float32)[:2]


def voice(
    embedding: np.ndarray = VOICE_OF_ADA, seconds: float = 20.0, synthesis: float = -1.0
) -> FoundVoice:
    return FoundVoice(embedding, seconds, 25.0, synthesis)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[FoundVoice]]:
    """What is heard in each reference, by file name; others are silent."""
    voices: dict[str, list[FoundVoice]] = {}

    def read_voices(file: Path, *, device: str = "cpu") -> list[FoundVoice]:
        return voices.get(file.name, [])

    monkeypatch.setattr("media_screen.people.enrol.read_voices", read_voices)
    return voices


def recording(people: Path, name: str) -> None:
    folder = people / "ada" / "voice"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(name.encode())


@pytest.mark.parametrize(
    ("voices", "why", "used"),
    [
        pytest.param([voice()], "", 1, id="good"),
        pytest.param([], "nobody speaks", 0, id="silent"),
        pytest.param([voice(seconds=3.0)], "only 3.0 s", 0, id="short"),
        pytest.param([voice(), voice(VOICE_OF_BOB, 5.0)], "", 1, id="a question in between"),
        pytest.param(
            [voice(), voice(VOICE_OF_BOB), voice(like(VOICE_OF_BOB))],
            "3 people speak",
            0,
            id="a panel",
        ),
    ],
)
def test_each_recording_is_checked(
    people: Path, heard: dict[str, list[FoundVoice]], voices: list[FoundVoice], why: str, used: int
) -> None:
    picture(people, "a.png", 64)
    recording(people, "a.wav")
    heard["a.wav"] = voices
    enrolment, _ = run(people, {64: [face()]})
    assert [one.recordings for one in enrolment.gallery.voices] == [1] * used
    assert [why in problem.why for problem in enrolment.problems] == ([True] if why else [])


def test_official_videos_add_to_a_voice_when_they_sound_alike(
    people: Path, heard: dict[str, list[FoundVoice]]
) -> None:
    recording(people, "a.wav")
    for name, width in (("own.mp4", 64), ("other.mp4", 80)):
        video(people, name, width)
    own = [voice(synthesis=1.0), voice(seconds=60.0, synthesis=2.0)]  # of one file, by length
    heard |= {"a.wav": [voice()], "own.mp4": own, "other.mp4": [voice(VOICE_OF_BOB)]}
    enrolment, _ = run(people, {64: [face()], 80: [face()]})
    (template,) = enrolment.gallery.voices
    assert (template.recordings, template.videos, template.seconds) == (1, 1, 100.0)
    assert template.synthesis == pytest.approx((-1.0, 1.75))
    assert float(template.embedding @ VOICE_OF_ADA) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("second", "found"),
    [
        pytest.param([voice(VOICE_OF_BOB), voice()], 1, id="one voice in both"),
        pytest.param([voice(VOICE_OF_BOB)], 0, id="another voice in each"),
    ],
)
def test_without_recordings_the_voice_of_most_official_videos_counts(
    people: Path, heard: dict[str, list[FoundVoice]], second: list[FoundVoice], found: int
) -> None:
    for name, width in (("one.mp4", 64), ("two.mp4", 80)):
        video(people, name, width)
    heard |= {"one.mp4": [voice()], "two.mp4": second}
    enrolment, _ = run(people, {64: [face()], 80: [face()]})
    assert [one.videos for one in enrolment.gallery.voices] == [2] * found


def test_what_can_be_listened_to_is_known_by_where_it_lies_and_by_its_content(
    people: Path, heard: dict[str, list[FoundVoice]]
) -> None:
    picture(people, "a.png", 64)
    recording(people, "a.wav")
    window = FoundWindow(Span(3.0, 7.0), VOICE_OF_ADA)
    heard["a.wav"] = [replace(voice(), windows=(window,))]
    first, _ = run(people, {64: [face()]})
    heard.clear()
    second, _ = run(people, {64: [face()]})  # from what is kept
    sha256 = hashlib.sha256(b"a.wav").hexdigest()
    for enrolment in (first, second):
        (moment,) = enrolment.gallery.voices[0].moments
        assert moment.recorded == RecordedMoment("ada/voice/a.wav", sha256, 5, Span(3.0, 7.0))
        assert moment.embedding @ VOICE_OF_ADA == pytest.approx(1.0)


def test_voices_are_read_once(people: Path, heard: dict[str, list[FoundVoice]]) -> None:
    picture(people, "a.png", 64)
    recording(people, "a.wav")
    heard["a.wav"] = [voice()]
    first, _ = run(people, {64: [face()]})
    heard.clear()
    second, _ = run(people, {64: [face()]})
    assert (first.read, second.read, second.kept) == (2, 0, 2)
    assert second.gallery.voices[0].recordings == 1

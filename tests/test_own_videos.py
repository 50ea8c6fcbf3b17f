"""Own videos are screened once, without what is known of them, and used from then on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from media_screen import Config, Evidence, Verdict
from media_screen.equipment import Equipment
from media_screen.evidence import Thumbnail
from media_screen.look import Looker
from media_screen.people.enrol import Enrolment, enrol
from media_screen.people.registry import load_people
from media_screen.screen import own_videos
from media_screen.screen.loading import Loaded
from media_screen.screen.records import records_of, wrong_about
from media_screen.screen.settings import settings_digest
from media_screen.testing import make_verdict
from tests.fakes import stand_in
from tests.making import quarters, write_video
from tests.people.test_enrol import ADA, FakeLooker, face

LLRS = {"a.mp4": 3.5, "b.mp4": 3.2, "c.mp4": -1.0, "d.mp4": -0.5}


def said(llr: float, *, person: str | None = None, track: int | None = None) -> Evidence:
    return Evidence("face_artifact", "manipulation", 0.5, llr, "why", track=track, person=person)


class FakeScreener:
    """Screens by the name of a file; keeps which galleries it was given."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Equipment]] = []
        self.pieces: Callable[[str], tuple[Evidence, ...]] = lambda name: (said(LLRS[name]),)

    def __call__(self, config: Config, *, loaded: Loaded) -> Any:
        def screen(path: Path) -> Verdict:
            self.asked.append((path.name, loaded.equipment))
            shown = (Thumbnail(0.0, b"no picture"),)
            return make_verdict("no_finding", evidence=self.pieces(path.name), thumbnails=shown)

        return SimpleNamespace(screen=screen)


@pytest.fixture
def screened(monkeypatch: pytest.MonkeyPatch) -> FakeScreener:
    screener = FakeScreener()
    knowing_nobody = Loaded(Equipment(looker=stand_in(Looker)), (), None, None, {})  # type: ignore[arg-type]
    monkeypatch.setattr(own_videos, "load", lambda config: knowing_nobody)
    monkeypatch.setattr(own_videos, "Screener", screener)
    return screener


@pytest.fixture
def people(tmp_path: Path) -> Path:
    folder = tmp_path / "people"
    (folder / "ada" / "official").mkdir(parents=True)
    (folder / "ada" / "person.toml").write_text('name = "Ada Example"\n')
    for number, name in enumerate(LLRS):
        write_video(folder / "ada" / "official" / name, [quarters() // 2 + number] * 5)
    return folder


def record(people: Path) -> Any:
    enrolled = load_people(people)
    looker = FakeLooker({quarters().shape[1]: [face(ADA)]})
    enrolment: Enrolment = enrol(people, enrolled, lambda: looker)  # type: ignore[arg-type, return-value]
    (found,) = own_videos.screen_own_videos(enrolled, enrolment, Config(people=people))
    return found


def test_each_video_is_screened_without_what_is_known_of_it(
    people: Path, screened: FakeScreener
) -> None:
    found = record(people)
    assert [name for name, _ in screened.asked] == list(LLRS)
    for _, equipment in screened.asked:
        assert equipment.catalogue is None and equipment.proxies is None
        assert equipment.own_videos == ()
        (template,) = equipment.gallery.templates
        assert template.videos == len(LLRS) - 1
    assert {video.file: video.scores["face_artifact"].llr for video in found.videos} == LLRS


def test_it_is_made_once_for_each_content_and_extended_by_new_videos(
    people: Path, screened: FakeScreener
) -> None:
    first = record(people)
    official = people / "ada" / "official"
    (official / "a.mp4").rename(official / "renamed.mp4")
    write_video(official / "d.mp4", [quarters() // 3] * 5)
    second = record(people)
    assert [name for name, _ in screened.asked] == [*LLRS, "d.mp4"]
    assert {one.sha256 for one in second.videos} > {
        one.sha256 for one in first.videos if one.file != "d.mp4"
    }


def test_what_was_stopped_goes_on_where_it_was(people: Path, screened: FakeScreener) -> None:
    def stop_at_c(name: str) -> tuple[Evidence, ...]:
        if name == "c.mp4":
            raise KeyboardInterrupt
        return (said(0.0),)

    screened.pieces = stop_at_c
    with pytest.raises(KeyboardInterrupt):
        record(people)
    (kept,) = records_of(Config(people=people), load_people(people))
    assert (len(kept.videos), kept.lacking) == (2, 2)
    screened.pieces = lambda name: (said(LLRS[name]),)
    assert record(people).lacking == 0
    assert [name for name, _ in screened.asked] == ["a.mp4", "b.mp4", "c.mp4", "c.mp4", "d.mp4"]


@pytest.mark.parametrize(
    ("pieces", "llr"),
    [
        pytest.param((said(1.0), said(0.5, person="ada", track=1)), 0.5, id="the-person's-face"),
        pytest.param((said(1.0), said(0.5, person="ben", track=1)), 1.0, id="nobody-else's"),
        pytest.param(
            (said(3.0), said(0.5, person="ada", track=1), said(2.0, person="ada", track=2)),
            2.0,
            id="the-most-suspicious",
        ),
    ],
)
def test_what_is_said_of_the_person_counts_and_not_what_is_said_of_others(
    people: Path, screened: FakeScreener, pieces: tuple[Evidence, ...], llr: float
) -> None:
    screened.pieces = lambda name: pieces
    assert {video.scores["face_artifact"].llr for video in record(people).videos} == {llr}


def test_results_depend_on_it(people: Path, screened: FakeScreener) -> None:
    config = Config(people=people)
    before = settings_digest(config)
    record(people)
    assert settings_digest(config) != before
    assert settings_digest(config) == settings_digest(config)


def test_an_enrolment_says_how_often_detectors_are_wrong(
    people: Path, screened: FakeScreener
) -> None:
    (wrong,) = wrong_about(record(people))
    assert (wrong.detector, wrong.videos, wrong.over, wrong.video) == (
        "face_artifact",
        4,
        2,
        "a.mp4",
    )
    assert wrong.useless and wrong.over_beside < wrong.over


def test_nothing_is_kept_where_nothing_was_screened(people: Path) -> None:
    assert records_of(Config(people=people), load_people(people)) == ()
    assert records_of(Config(), ()) == ()


def test_the_mean_picture_tells_scenes_apart() -> None:
    import cv2

    def scene(image: Any) -> tuple[float, ...]:
        jpeg = cv2.imencode(".jpg", image)[1].tobytes()
        return own_videos._scene([Thumbnail(0.0, jpeg), Thumbnail(0.0, b"", track=1)])

    across = np.tile(np.linspace(0, 255, 64, dtype=np.uint8), (64, 1))
    same, other = scene(across // 2 + 60), scene(np.ascontiguousarray(across.T))
    one = scene(across)
    assert np.dot(one, same) > 0.99 and np.dot(one, other) < 0.5
    assert own_videos._scene([]) == () == scene(np.zeros((64, 64), np.uint8))

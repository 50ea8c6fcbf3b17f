"""A file that was screened before gets the verdict of a full examination when people changed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from media_screen import Config, Screener, Verdict
from media_screen.evidence import Failure
from tests.places import SAMPLES

DOWNLOADS = SAMPLES / "downloads"
FILES = {
    "video": "7300000000000000001.mp4",  # a copy of official footage
    "picture": "forwarded-picture.jpg",
    "sound": "voice-message.m4a",
}
# All whose evidence depends on people; those of the content alone would only take time.
USED = (
    "channel",
    "catalogue",
    "original",
    "credentials",
    "face_identity",
    "voice_identity",
    "voice_spoof",
)
IRENA = "irena-valequist"
# Stages that decode, or run a network over what was decoded.
DECODING = {"look", "speech", "voices", "voice_spoof_net", "turned", "sound_print"}
COMPARING = {"compared", "closely"}  # beside official footage, for which nothing is kept


@dataclass(frozen=True)
class Screened:
    """What was screened once: how, in which folder of people, and the verdicts by kind of file."""

    config: Config
    people: Path
    verdicts: dict[str, Verdict]


@pytest.fixture(scope="module")
def screened(tmp_path_factory: pytest.TempPathFactory) -> Screened:
    folder = tmp_path_factory.mktemp("screened")
    people = folder / "people"
    shutil.copytree(SAMPLES / "people", people, ignore=shutil.ignore_patterns(".media_screen"))
    config = Config(
        people=people,
        device="cpu",
        threads=1,
        detectors=USED,
        memory=folder / "memory.sqlite",
        observations=True,
    )
    screener = Screener(config)
    verdicts = {kind: saved(screener.screen(DOWNLOADS / name)) for kind, name in FILES.items()}
    assert all(verdict.observed for verdict in verdicts.values())
    return Screened(config, people, verdicts)


def saved(verdict: Verdict) -> Verdict:
    """The verdict as it is read back from its line, with what lies beside that."""
    read = Verdict.from_dict(json.loads(verdict.to_json()))
    return replace(read, thumbnails=verdict.thumbnails, observed=verdict.observed)


def record_of(verdict: Verdict) -> dict[str, Any]:
    return {name: value for name, value in verdict.to_dict().items() if name != "timing_s"}


def add_fakes(people: Path) -> None:
    fakes = people / "_known_fakes"
    fakes.mkdir()
    for name in (FILES["video"], FILES["sound"]):
        shutil.copy(DOWNLOADS / name, fakes / f"fake-{name}")


def add_person(people: Path) -> None:
    """Add a stranger whose voice speaks in one of the files, and who has one face of the others."""
    other = people / "other"
    for name in ("faces", "voice"):
        (other / name).mkdir(parents=True)
    (other / "person.toml").write_text('name = "Somebody Else"\n', "utf-8")
    shutil.copy(people / IRENA / "faces" / "portrait.jpg", other / "faces")
    shutil.copy(DOWNLOADS / FILES["sound"], other / "voice")


def add_official(people: Path) -> None:
    shutil.copy(DOWNLOADS / "my-new-channel.mp4", people / IRENA / "official")


def drop(name: str) -> Callable[[Path], None]:
    return lambda people: shutil.rmtree(people / IRENA / name)


def rewrite(before: str, after: str) -> Callable[[Path], None]:
    def change(people: Path) -> None:
        record = people / IRENA / "person.toml"
        text = record.read_text("utf-8")
        assert before in text
        record.write_text(text.replace(before, after), "utf-8")

    return change


def nothing(people: Path) -> None:
    (people / IRENA / "person.toml").touch()


def trust(people: Path) -> None:
    (people / "_trust").mkdir()
    (people / "_trust" / "own.pem").write_text("no certificate", "utf-8")


CHANGES: dict[str, Callable[[Path], None]] = {
    "nothing": nothing,
    "added-fakes": add_fakes,
    "added-person": add_person,
    "added-official-footage": add_official,
    "removed-person": lambda people: shutil.rmtree(people / IRENA),
    "removed-faces": drop("faces"),
    "removed-voice": drop("voice"),
    "removed-official-footage": drop("official"),
    "changed-channel": rewrite("UCdemoIrenaValequist0001", "UCdemoIrenaValequist0002"),
    "changed-name": rewrite("Irena Valequist", "Irma Valequist"),
    "trust": trust,
}
SETTINGS: dict[str, dict[str, Any]] = {
    "sensitivity": {"sensitivity": "high"},
    "watch-list": {"watch": SAMPLES / "names.toml"},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_when_people_change_the_verdict_is_that_of_a_full_examination(
    screened: Screened, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    people = tmp_path / "people"
    shutil.copytree(screened.people, people)  # with what was found in the references
    change(people)
    _compare(screened, replace(screened.config, people=people))


@pytest.mark.parametrize("changed", SETTINGS.values(), ids=SETTINGS)
def test_so_it_is_when_only_the_judging_changes(
    screened: Screened, changed: dict[str, Any]
) -> None:
    _compare(screened, replace(screened.config, **changed))


def _compare(screened: Screened, config: Config) -> None:
    screener = Screener(config)
    for kind, earlier in screened.verdicts.items():
        path = DOWNLOADS / FILES[kind]
        again = screener.screen(path, earlier=earlier)
        full = screener.screen(path)
        assert record_of(again) == record_of(full), kind
        assert again.renewed and not full.renewed
        assert not DECODING & set(again.timing_s), "something was decoded again"
        pictures = [
            {(one.track, one.part, one.reference_s is None) for one in verdict.thumbnails}
            for verdict in (again, full)
        ]
        assert pictures[0] == pictures[1], kind


def test_a_fake_that_is_added_decodes_nothing_though_the_file_is_a_copy(
    screened: Screened, tmp_path: Path
) -> None:
    people = tmp_path / "people"
    shutil.copytree(screened.people, people)
    fakes = people / "_known_fakes"
    fakes.mkdir()
    shutil.copy(DOWNLOADS / FILES["sound"], fakes)
    screener = Screener(replace(screened.config, people=people))
    again = screener.screen(DOWNLOADS / FILES["video"], earlier=screened.verdicts["video"])
    assert again.renewed and not (DECODING | COMPARING) & set(again.timing_s)
    found = screener.screen(DOWNLOADS / FILES["sound"], earlier=screened.verdicts["sound"])
    assert found.renewed and found.provenance.match is not None
    assert found.provenance.match.relation == "known_fake"


# --- when it will not do --------------------------------------------------------------------------

UNFIT: dict[str, Callable[[Verdict], Verdict]] = {
    "nothing-was-kept": lambda v: replace(v, observed=b""),
    "what-was-kept-is-damaged": lambda v: replace(v, observed=v.observed[:-200]),
    "other-bytes": lambda v: replace(v, media=replace(v.media, sha256="ab" * 32)),
    "other-settings": lambda v: replace(v, versions={**v.versions, "settings": "0" * 16}),
    "of-an-older-version": lambda v: replace(v, versions={**v.versions, "media_screen": "0.0.1"}),
    "a-detector-broke": lambda v: replace(v, failures=(Failure("voice_spoof", "it broke"),)),
}


@pytest.mark.parametrize("unfit", UNFIT.values(), ids=UNFIT)
def test_what_is_not_known_is_examined(
    screened: Screened, tmp_path: Path, unfit: Callable[[Verdict], Verdict]
) -> None:
    people = tmp_path / "people"
    shutil.copytree(screened.people, people)
    drop("voice")(people)
    screener = Screener(replace(screened.config, people=people))
    path, earlier = DOWNLOADS / FILES["sound"], screened.verdicts["sound"]
    assert screener.screen(path, earlier=earlier).renewed, "the control"
    found = screener.screen(path, earlier=unfit(earlier))
    assert not found.renewed and record_of(found) == record_of(screener.screen(path))


def test_without_what_was_kept_records_and_judging_are_renewed_all_the_same(
    screened: Screened, tmp_path: Path
) -> None:
    people = tmp_path / "people"
    shutil.copytree(screened.people, people)
    rewrite("Irena Valequist", "Irma Valequist")(people)
    screener = Screener(replace(screened.config, people=people, sensitivity="high"))
    for kind, earlier in screened.verdicts.items():
        path = DOWNLOADS / FILES[kind]
        again = screener.screen(path, earlier=replace(earlier, observed=b""))
        assert again.renewed and record_of(again) == record_of(screener.screen(path))

"""One file after the other: the samples get the labels that their maker intends."""

from __future__ import annotations

import csv
import json
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from media_screen import Config, Evidence, Failure, Screener, Verdict, weights
from media_screen.case import Case
from media_screen.detectors import UnknownDetector
from media_screen.detectors.channel import Channel
from media_screen.footage.original import alteration
from media_screen.people.registry import PeopleError
from media_screen.screen.settings import settings_digest
from media_screen.testing import make_sample
from media_screen.weights.nets import DeviceError, choose_device
from tests.footage.original.test_shown import face, judged, match
from tests.places import SAMPLES
from tests.test_evidence import SCHEMA

with (SAMPLES / "expected.tsv").open(encoding="utf-8") as stream:
    EXPECTED = [(row["file"], row["label"]) for row in csv.DictReader(stream, delimiter="\t")]


@pytest.fixture(scope="module")
def screener() -> Screener:
    return Screener(Config(people=SAMPLES / "people", device="cpu"))


@pytest.mark.parametrize(("file", "label"), EXPECTED, ids=[file for file, _ in EXPECTED])
def test_samples_get_the_labels_they_were_made_for(
    screener: Screener, file: str, label: str
) -> None:
    verdict = screener.screen(SAMPLES / file)
    assert verdict.label == label, verdict.summary
    assert not verdict.failures
    jsonschema.validate(verdict.to_dict(), SCHEMA)
    assert Verdict.from_dict(verdict.to_dict()).to_dict() == verdict.to_dict()


def test_a_sensitivity_is_one_of_three() -> None:
    with pytest.raises(ValueError, match=r"must be one of .*, got 'most'"):
        Config(sensitivity="most")  # type: ignore[arg-type]


def test_a_screener_pickles_as_its_config(screener: Screener) -> None:
    copy = pickle.loads(pickle.dumps(screener))
    assert copy.config == screener.config and copy is not screener


def test_batches_of_a_data_set_come_back_as_columns(screener: Screener) -> None:
    paths = [str(SAMPLES / "downloads/not-a-video.mp4"), "nowhere.mp4"]
    batch = screener({"path": paths})
    assert batch["path"] == paths and batch["label"] == ["unable_to_evaluate"] * 2
    assert [type(record) for record in batch["verdict"]] == [str, str]


def test_many_files_come_in_order(screener: Screener) -> None:
    paths = [SAMPLES / "downloads/not-a-video.mp4", SAMPLES / "downloads/broken-download.mp4"]
    assert [v.media.path for v in screener.screen_many(paths)] == [str(path) for path in paths]


@pytest.mark.parametrize(
    ("config", "error"),
    [
        pytest.param(Config(people="nowhere"), PeopleError, id="people"),
        pytest.param(Config(detectors=("nonsense",)), UnknownDetector, id="detector"),
    ],
)
def test_a_wrong_set_up_raises_rather_than_judge(config: Config, error: type) -> None:
    with pytest.raises(error):
        Screener(config).screen("a.mp4")


def test_cuda_is_never_replaced_by_the_cpu_silently() -> None:
    try:
        device = choose_device("cuda")
    except DeviceError as error:
        assert "cuda was asked for, but" in str(error)
        assert choose_device("auto") == "cpu"
    else:
        assert device == choose_device("auto") == "cuda"


def test_settings_change_with_what_a_result_depends_on(tmp_path: Path) -> None:
    (tmp_path / "ada").mkdir()
    record = tmp_path / "ada" / "person.toml"
    record.write_text('name = "Ada"\n')
    config = Config(people=tmp_path)
    before = settings_digest(config)
    assert settings_digest(Config(people=tmp_path, threads=3, device="cpu")) == before
    assert settings_digest(Config(people=tmp_path, thorough=True)) != before
    assert settings_digest(Config(people=tmp_path, sensitivity="high")) != before
    assert settings_digest(Config()) != before
    record.write_text('name = "Ada B"\n')
    assert settings_digest(config) != before


def test_settings_change_with_the_watch_list_and_what_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = tmp_path / "names.toml"
    watch.write_text('[[name]]\nname = "Ada"\n')
    before = settings_digest(Config(watch=watch))
    assert before != settings_digest(Config())
    assert settings_digest(Config(transcript=True)) != settings_digest(Config())
    watch.write_text('[[name]]\nname = "Eve"\n')
    assert settings_digest(Config(watch=watch)) != before
    monkeypatch.setattr(weights, "installed", weights.recorded)
    bare = settings_digest(Config())
    more = weights.ModelFile("mine/a.onnx", "ab" * 32, "MIT", "a test")
    monkeypatch.setattr(weights, "installed", lambda: (*weights.recorded(), more))
    assert settings_digest(Config()) != bare


POSTS: dict[str, tuple[dict[str, object] | str, str, bool]] = {
    "fits": ({}, "official", False),
    "look-alike-of-another-length": (
        {"duration": 999, "channel_id": "UCx", "uploader_id": "@adaexampel"},
        "lookalike",
        True,
    ),
    "official-of-another-length": ({"duration": 999}, "claimed", True),
    "official-of-another-kind": ({"ext": "webm"}, "claimed", True),
    "no-id": ({"channel_id": None}, "claimed", False),
    "damaged": ("{", "unknown", False),
}
OFFICIAL = {
    "extractor_key": "Youtube",
    "webpage_url": "https://www.youtube.com/watch?v=1",
    "ext": "mp4",
    "duration": 1.0,
    "channel_id": "UCada",
    "uploader_id": "@adaexample",
}


@pytest.fixture(scope="module")
def channels(tmp_path_factory: pytest.TempPathFactory) -> Screener:
    """A screener that compares channels only, with one person who has one."""
    people = tmp_path_factory.mktemp("people")
    (people / "ada").mkdir()
    (people / "ada" / "person.toml").write_text(
        'name = "Ada Example"\n[[channel]]\nplatform = "youtube"\nid = "UCada"\n'
        'handle = "@adaexample"\n'
    )
    return Screener(Config(people=people, device="cpu", detectors=("channel",)))


@pytest.mark.parametrize(("changes", "standing", "flagged"), POSTS.values(), ids=POSTS)
def test_a_sidecar_is_never_dropped(
    channels: Screener,
    tmp_path: Path,
    changes: dict[str, object] | str,
    standing: str,
    flagged: bool,
) -> None:
    """What does not fit is told, and what is said of the publisher stays."""
    path = make_sample(tmp_path, seconds=1.0)
    text = changes if isinstance(changes, str) else json.dumps({**OFFICIAL, **changes})
    path.with_suffix(".info.json").write_text(text)
    verdict = channels.screen(path)
    assert verdict.provenance.channel == standing
    assert ("sidecar_mismatch" in verdict.flags) is flagged
    assert (verdict.label == "official") is (standing == "official")
    assert "no_sidecar" not in {one.reason for one in verdict.abstentions}
    assert (verdict.post is None) is isinstance(changes, str)


# --- faces beside their original -----------------------------------------------------------------


def test_nothing_is_compared_for_the_report_alone(
    channels: Screener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Case] = []
    for name in ("comparisons", "matches"):
        monkeypatch.setattr(Case, name, property(asked.append))
    verdict = channels.screen(make_sample(tmp_path, seconds=1.0))
    assert verdict.comparisons == () and asked == []


def broken(_: object) -> alteration.Alteration:
    raise ValueError("no weights")


@pytest.mark.parametrize(
    ("judge", "count", "failures"),
    [
        pytest.param(judged, 1, (), id="compared"),
        pytest.param(broken, 0, (Failure("compared", "ValueError: no weights"),), id="broken"),
    ],
)
def test_faces_that_a_detector_compared_are_in_the_record(
    channels: Screener,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    judge: Callable[[Any], alteration.Alteration],
    count: int,
    failures: tuple[Failure, ...],
) -> None:
    def compare(_: Channel, case: Case) -> Iterator[Evidence]:
        vars(case)["comparisons"] = (match([face(2.0)]),)
        return iter(())

    monkeypatch.setattr(Channel, "examine", compare)
    monkeypatch.setattr(alteration, "judge", judge)
    path = make_sample(tmp_path, seconds=1.0)
    path.with_suffix(".info.json").write_text(json.dumps(OFFICIAL))
    verdict = channels.screen(path)
    assert len(verdict.comparisons) == count and verdict.failures == failures
    assert sum(one.part != "" for one in verdict.thumbnails) == 6 * count
    jsonschema.validate(verdict.to_dict(), SCHEMA)

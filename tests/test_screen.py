"""One file after the other: the samples get the labels that their maker intends."""

from __future__ import annotations

import csv
import pickle
from pathlib import Path

import jsonschema
import pytest

from media_screen import Config, Screener, Verdict, weights
from media_screen.detectors import UnknownDetector
from media_screen.nets import DeviceError, choose_device
from media_screen.people import PeopleError
from media_screen.screen import settings_digest
from tests.test_evidence import SCHEMA

SAMPLES = Path(__file__).parent.parent / "samples"
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

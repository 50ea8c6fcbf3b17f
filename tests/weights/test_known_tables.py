"""What decides on verdicts beside the networks is read only as this version has it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from media_screen import weights
from media_screen.cli.main import main
from media_screen.detectors.lip_sync import fit
from media_screen.faces import embed
from media_screen.fusion import combination
from media_screen.fusion.judge import judge
from media_screen.screen import Config, Screener
from media_screen.speech import ratio as identity
from media_screen.weights import WeightsError, calibration, known_tables
from training import record

# Where a table is read and kept for the process.
READERS: dict[str, Callable[[], object]] = {
    "fusion/fusion.json": combination.shipped,
    "face_artifact/calibration.json": lambda: calibration.shipped("face_artifact"),
    "face_embedder/calibration.json": embed.calibration,
    "lip_sync/calibration.json": fit.tables,
    "voice_identity/calibration.json": identity.calibration,
    "voice_spoof/calibration.json": lambda: calibration.genuine("voice_spoof"),
    "face_detector/weights.json": weights.recorded,
    "optional.toml": weights.optional,
}


def forget() -> None:
    for cached in (
        combination.shipped,
        calibration.shipped,
        embed.calibration,
        fit.tables,
        identity.calibration,
        calibration.genuine,
        weights.path,
    ):
        cached.cache_clear()


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the shipped tables, in the place of the shipped folder."""
    copy = tmp_path / "models"
    for name in known_tables.SHA256:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(weights.models_dir() / name, copy / name)
    monkeypatch.setattr(weights, "models_dir", lambda: copy)
    forget()
    yield copy
    forget()


def test_the_hashes_in_the_code_are_those_of_all_tables() -> None:
    models = weights.models_dir()
    assert list(known_tables.SHA256) == list(record.tables(models))
    assert {
        name: weights.sha256_of(models / name) for name in known_tables.SHA256
    } == known_tables.SHA256


@pytest.mark.parametrize("name", READERS)
def test_a_table_is_read_as_it_is_shipped(models: Path, name: str) -> None:
    assert READERS[name]()


@pytest.mark.parametrize("name", READERS)
def test_a_changed_table_is_refused(models: Path, name: str) -> None:
    with (models / name).open("ab") as stream:
        stream.write(b" \n")  # that it means the same does not matter
    with pytest.raises(WeightsError, match=rf"{name} was changed: .*python -m training\.record"):
        READERS[name]()


@pytest.mark.parametrize("name", known_tables.SHA256)
def test_nothing_is_screened_with_a_table_that_is_missing(models: Path, name: str) -> None:
    (models / name).unlink()
    with pytest.raises(WeightsError, match=f"{name} can't be read: .*install media_screen again"):
        Screener(Config(device="cpu")).prepare()


def test_a_weight_file_cant_vouch_for_itself(models: Path) -> None:
    folder = models / "added"
    folder.mkdir()
    (folder / "weights.json").write_text('{"files": {"a.onnx": {}}}')
    assert all(not file.name.startswith("added/") for file in weights.recorded())


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["scan", "here.mp4", "--out", "out"], id="scan"),
        pytest.param(["models", "--verify"], id="models"),
    ],
)
def test_the_command_line_names_the_table(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("here.mp4").write_bytes(b"x")
    (models / "fusion/fusion.json").write_text("{}")
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 1
    assert "fusion.json was changed" in done.output


def test_a_weighing_of_ones_own_needs_no_table(models: Path) -> None:
    own = combination.shipped()
    combination.shipped.cache_clear()
    (models / "fusion/fusion.json").unlink()
    assert judge((), (), (), weighing=own).label


def test_renewed_hashes_hold_at_once_and_are_written_down(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = tmp_path / "known_tables.py"
    code.write_text(record.CODE.read_text("utf-8"), "utf-8")
    monkeypatch.setattr(record, "CODE", code)
    before = dict(known_tables.SHA256)
    try:
        record.ship("face_artifact/calibration.json", {"slope": 1.0, "offset": 0.5, "bound": 2.0})
        assert calibration.shipped("face_artifact").offset == 0.5
        space: dict[str, dict[str, str]] = {}
        exec(code.read_text("utf-8"), space)
        assert space["SHA256"] == known_tables.SHA256 != before
    finally:
        known_tables.SHA256.clear()
        known_tables.SHA256.update(before)

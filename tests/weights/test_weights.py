"""A model file is given out only when it is the recorded one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from media_screen import weights
from media_screen.weights import WeightsError, recorded, sha256_of


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "models" / "net"
    folder.mkdir(parents=True)
    (folder / "a.onnx").write_bytes(b"weights")
    facts = {"bytes": 7, "licence": "MIT", "origin": "here", "sha256": sha256_of(folder / "a.onnx")}
    (folder / "weights.json").write_text(json.dumps({"files": {"a.onnx": facts}}))
    (folder.parent / weights.OPTIONAL).write_text("")
    monkeypatch.setattr(weights, "models_dir", lambda: tmp_path / "models")
    tables = ("net/weights.json", weights.OPTIONAL)
    monkeypatch.setattr(
        weights, "SHA256", {name: sha256_of(folder.parent / name) for name in tables}
    )
    weights.path.cache_clear()
    yield folder
    weights.path.cache_clear()


def test_the_recorded_file_is_given(models: Path) -> None:
    assert weights.path("net/a.onnx") == models / "a.onnx"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        pytest.param(lambda f: f.write_bytes(b"Weights"), "was changed", id="changed"),
        pytest.param(lambda f: f.unlink(), "is missing", id="missing"),
    ],
)
def test_another_file_is_refused(
    models: Path, damage: Callable[[Path], object], message: str
) -> None:
    damage(models / "a.onnx")
    with pytest.raises(WeightsError, match=message):
        weights.path("net/a.onnx")


def test_a_file_that_is_not_recorded_is_refused(models: Path) -> None:
    (models / "b.onnx").write_bytes(b"x")
    with pytest.raises(WeightsError, match=r"no weight file 'net/b.onnx'.*net/a.onnx"):
        weights.path("net/b.onnx")


@pytest.mark.parametrize("file", recorded(), ids=lambda file: file.name)
def test_every_shipped_file_is_whole_and_has_a_card(file: weights.ModelFile) -> None:
    path = weights.path(file.name)
    assert path.stat().st_size == file.size_bytes
    assert file.licence and file.origin
    assert (path.parent / "card.md").is_file()


def test_models_stay_small() -> None:
    total = sum(path.stat().st_size for path in weights.models_dir().rglob("*") if path.is_file())
    assert total < 150e6


def test_a_folder_of_fetched_weights_that_can_not_be_looked_into_holds_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # As in a home that is somebody else's; a name that is too long is refused to root as well.
    monkeypatch.setenv(weights.FOLDER_VARIABLE, str(tmp_path / ("x" * 300)))
    assert weights.installed()

"""A network of the user's judges faces as its description says, and what is wrong is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from media_screen.case import Case
from media_screen.detectors.face_artifact import FaceArtifact, forged
from media_screen.detectors.face_artifact.own import (
    OwnDescription,
    OwnNetwork,
    OwnNetworkError,
    prepared,
)
from media_screen.evidence import Evidence, MediaInfo
from media_screen.people.gallery import Gallery
from media_screen.screen import Config
from media_screen.screen.settings import detectors_of, settings_digest
from media_screen.weights.linear import LinearModel
from tests.detectors.face_artifact.test_detector import track
from tests.fakes import stand_in

PLAIN = """
name = "mine"
licence = "none"
[input]
side = 64
[output]
kind = "logits"
forged = 1
genuine = 0
"""


def network(folder: Path, description: str = PLAIN, *, columns: int = 2, side: int = 64) -> Path:
    """Write a network that gives the mean of each colour, as many of them as there are columns."""
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["colours"], axes=[2, 3], keepdims=0),
        helper.make_node("Slice", ["colours", "start", "end", "axis"], ["y"]),
    ]
    numbers = {"start": [0], "end": [columns], "axis": [1]}
    graph = helper.make_graph(
        nodes,
        "mean",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, side, side])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", columns])],
        [helper.make_tensor(name, TensorProto.INT64, [1], own) for name, own in numbers.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, folder / "mine.onnx")
    (folder / "mine.toml").write_text(description)
    return folder / "mine.onnx"


def face(red: int, green: int, blue: int) -> np.ndarray:
    return np.full((256, 256, 3), (red, green, blue), np.uint8)


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        pytest.param(PLAIN, 102 / 255 - 51 / 255, id="two-logits"),
        pytest.param(PLAIN.replace("genuine = 0", ""), 102 / 255, id="one-logit"),
        pytest.param(
            PLAIN.replace('"logits"', '"probabilities"').replace("genuine = 0", ""),
            np.log(0.4 / 0.6),
            id="probability",
        ),
        pytest.param(
            PLAIN.replace("side = 64", 'side = 64\norder = "BGR"'), 102 / 255 - 204 / 255, id="bgr"
        ),
        pytest.param(
            PLAIN.replace("side = 64", "side = 64\nmean = [0.2, 0.4, 0]\nstd = [0.5, 0.1, 1]"),
            0.0,
            id="standardised",
        ),
    ],
)
def test_it_is_shown_and_read_as_described(
    tmp_path: Path, description: str, expected: float
) -> None:
    own = OwnNetwork(network(tmp_path, description))
    found = own.forged([face(51, 102, 204)] * 9)
    np.testing.assert_allclose(found, [expected] * 9, atol=1e-5)
    assert own.forged([]).shape == (0,)


def test_only_the_part_that_is_described_is_shown() -> None:
    crop = face(0, 0, 0)
    crop[60:236, 40:216] = 255
    about = OwnDescription("mine", "none", side=64, part=(40, 60, 176))
    shown = prepared([crop], about)
    assert shown.shape == (1, 3, 64, 64) and shown.min() == 1.0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(('name = "mine"', ""), "name must be a text", id="no-name"),
        pytest.param(('licence = "none"', "licence = 3"), "licence must be a text", id="licence"),
        pytest.param(("side = 64", "side = 0"), "side must be 1 to 1024, got 0", id="side"),
        pytest.param(("side = 64", "side = 6.5"), "side must be whole, got 6.5", id="half-a-side"),
        pytest.param(
            ("side = 64", "side = 64\npart = [200, 0, 100]"), "must lie in a picture", id="part"
        ),
        pytest.param(("side = 64", "side = 64\nstd = [1, 0, 1]"), "must be over 0", id="std"),
        pytest.param(("side = 64", "side = 64\nmean = [1, 2]"), "three numbers", id="mean"),
        pytest.param(("side = 64", "side = 64\nmean = [nan, 0, 0]"), "numbers, got nan", id="nan"),
        pytest.param(("side = 64", 'side = 64\norder = "HSV"'), "one of RGB, BGR", id="order"),
        pytest.param(("side = 64", "sides = 64"), "unknown 'sides' in \\[input\\]", id="unknown"),
        pytest.param(("[output]", "[outputs]"), "expected a table \\[output\\]", id="no-output"),
        pytest.param(("forged = 1", "forged = -1"), "forged must be 0 to", id="column"),
        pytest.param(
            ("genuine = 0", "genuine = 0\n[calibration]\nslope = 1"), "offset", id="calibration"
        ),
        pytest.param(("name =", "name = ="), "mine.toml", id="no-toml"),
    ],
)
def test_what_is_wrong_with_a_description_is_told(
    tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    file = network(tmp_path, PLAIN.replace(*change))
    with pytest.raises(OwnNetworkError, match=told):
        OwnNetwork(file)


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(OwnNetworkError, match="no such file"):
        OwnNetwork(tmp_path / "mine.onnx")
    (tmp_path / "mine.onnx").write_bytes(b"no network")
    with pytest.raises(OwnNetworkError, match=r"mine\.toml"):
        OwnNetwork(tmp_path / "mine.onnx")
    (tmp_path / "mine.toml").write_text(PLAIN)
    with pytest.raises(OwnNetworkError, match=r"mine\.onnx"):
        OwnNetwork(tmp_path / "mine.onnx").forged([face(0, 0, 0)])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        pytest.param({"columns": 1}, r"gives \(1, 1\), expected \(1, 2 or more\)", id="columns"),
        pytest.param({"side": 32}, r"does not take \(1, 3, 64, 64\)", id="size"),
    ],
)
def test_a_network_that_is_not_as_described_is_told(
    tmp_path: Path, given: dict[str, Any], told: str
) -> None:
    own = OwnNetwork(network(tmp_path, **given))
    with pytest.raises(OwnNetworkError, match=told):
        own.forged([face(0, 0, 0)])


@pytest.mark.parametrize(
    ("calibration", "llr", "words"),
    [
        pytest.param("", 0.0, "counts nothing: not calibrated", id="uncalibrated"),
        pytest.param(
            "[calibration]\nslope = 0\noffset = 9\nbound = 2", 2.0, "calibrates it", id="bounded"
        ),
    ],
)
def test_evidence_says_whose_network_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calibration: str, llr: float, words: str
) -> None:
    photographs = stand_in(LinearModel, raw=lambda rows: np.ones(len(rows)))
    monkeypatch.setattr(forged, "lines", lambda: stand_in(forged.Lines, photographic=photographs))
    own = OwnNetwork(network(tmp_path, PLAIN + calibration))
    case = stand_in(
        Case,
        info=MediaInfo("a", kind="video"),
        tracks=(track(1),),
        device="cpu",
        gallery=Gallery(),
        own_scores=lambda detector, person: None,
    )
    pieces = list(FaceArtifact(own).examine(case))
    pooled = pieces[-1]
    assert isinstance(pooled, Evidence) and pooled.llr == llr
    assert "by mine, a network of the user's" in pooled.why and words in pooled.why
    assert "genuine_below" not in pooled.values


def test_a_config_names_it_and_its_change_screens_again(tmp_path: Path) -> None:
    config = Config(artifact_model=network(tmp_path))
    (own,) = (one.own for one in detectors_of(config) if isinstance(one, FaceArtifact))
    assert own is not None and own.description.name == "mine"
    before = settings_digest(config)
    assert before != settings_digest(Config())
    (tmp_path / "mine.toml").write_text(PLAIN + "[calibration]\nslope=1\noffset=0\nbound=1")
    assert settings_digest(config) != before

"""A network that multiplies integers tells what it told, but for rounding."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from media_screen import weights
from media_screen.detectors.face_artifact import whole
from media_screen.weights import nets

pytest.importorskip("torch", reason="training only")
pytest.importorskip("onnx", reason="training only")

import onnx
import torch
from onnx import numpy_helper

from training.face_artifact import eight_bits, vit
from training.media.clips import Panel, find_faces
from training.weight_files import bytes_of, sealed, to_onnx

SAMPLES = Path(__file__).parents[2] / "samples"

SIDE, DEPTH = 32, 2  # a picture of four patches, and two layers


@pytest.fixture(scope="module")
def pictures() -> torch.Tensor:
    torch.manual_seed(3)
    return torch.rand(6, 3, SIDE, SIDE) * 255


def network() -> vit.WholeMeasures:
    """Return a small network in which few channels are a hundred times as large as most."""
    torch.manual_seed(4)
    net = vit.VisionNet(vit.NetShape(side=SIDE, depths=(DEPTH,)))
    with torch.no_grad():
        for values in net.state_dict().values():
            if values.ndim > 1:
                values.copy_(torch.randn_like(values) * 0.03)
        for layer in net.layers:
            assert isinstance(layer, vit.Layer)
            layer.norm1.weight[:5] = 100.0
            layer.norm2.weight[-5:] = 100.0
    return vit.WholeMeasures(net, told=DEPTH, depths=(DEPTH,)).eval()


def test_smoothing_changes_nothing_that_is_told(pictures: torch.Tensor) -> None:
    model = network()
    with torch.inference_mode():
        before = model(pictures)
        eight_bits.smooth(model, [pictures])
        assert torch.allclose(model(pictures), before, rtol=1e-3, atol=1e-3)
    with pytest.raises(TypeError, match="smoothed already"):
        eight_bits.smooth(model, [pictures])


def in_both(model: vit.WholeMeasures, pictures: torch.Tensor) -> tuple[onnx.ModelProto, ...]:
    free = {"faces": {0: "n"}, "measures": {0: "n"}}
    plain = to_onnx(model, (pictures,), inputs=["faces"], outputs=["measures"], free=free)
    integers = eight_bits.in_integers(plain)
    return integers, eight_bits.in_floats(plain, integers)


def told(path: Path, pictures: torch.Tensor) -> np.ndarray:
    session = nets.session(path)
    return np.concatenate(
        [session.run(["measures"], {"faces": one[None].numpy()})[0] for one in pictures]
    )


def test_both_graphs_tell_the_same_from_one_file(tmp_path: Path, pictures: torch.Tensor) -> None:
    model = network()
    with torch.inference_mode():
        expected = model(pictures).numpy()
    errors = []
    for smoothed in (False, True):
        if smoothed:
            eight_bits.smooth(model, [pictures])
        graphs = in_both(model, pictures)
        for one in graphs:
            sealed(one)  # is a network by itself
        (tmp_path / "shared.bin").write_bytes(eight_bits.apart(graphs, "shared.bin"))
        for name, one in zip(("integers", "floats"), graphs, strict=True):
            (tmp_path / name).write_bytes(bytes_of(one))
            assert (tmp_path / name).stat().st_size < (tmp_path / "shared.bin").stat().st_size / 50
        found = [told(tmp_path / name, pictures) for name in ("integers", "floats")]
        errors.append([float(np.abs(one - expected).mean() / expected.std()) for one in found])
    rough, smooth = errors
    assert max(smooth) < 0.06
    assert smooth[0] < 0.7 * rough[0]


def test_no_matrix_takes_its_eighth_bit(pictures: torch.Tensor) -> None:
    integers, _ = in_both(network(), pictures)
    matrices = [
        numpy_helper.to_array(one)
        for one in integers.graph.initializer
        if one.name.endswith("_quantized")
    ]
    assert len(matrices) == 6 * DEPTH
    assert all(np.abs(one.astype(int)).max() <= 64 for one in matrices)


def test_one_content_lies_in_the_file_once() -> None:
    values = numpy_helper.from_array(np.arange(4096, dtype=np.float32), "a")
    small = numpy_helper.from_array(np.ones(2, np.float32), "b")
    one, other = (
        onnx.helper.make_model(onnx.helper.make_graph([], "g", [], [], [values, small]))
        for _ in range(2)
    )
    assert eight_bits.apart([one, other], "x.bin") == numpy_helper.to_array(values).tobytes()
    assert [len(tensor.external_data) for tensor in one.graph.initializer] == [3, 0]


def test_the_shipped_graphs_refer_to_the_recorded_file_alone() -> None:
    for name in whole.GRAPHS.values():
        net = onnx.load(weights.path(name), load_external_data=False)
        places = {
            entry.value
            for tensor in net.graph.initializer
            for entry in tensor.external_data
            if entry.key == "location"
        }
        assert places == {Path(whole.SHARED).name}


def test_the_shipped_graphs_agree() -> None:
    clips = sorted((SAMPLES / "downloads").glob("*.mp4"))
    crops = [face.crop for clip in clips for face in find_faces(clip, Panel(), moments=2)]
    assert len(crops) >= 4
    weights.path(whole.SHARED)
    integers, floats = (
        whole.WholeNet(nets.session(weights.path(name)), batch=1).measure(crops)
        for name in whole.GRAPHS.values()
    )
    apart = np.sqrt(((integers - floats) ** 2).mean() / floats.var(axis=0).mean())
    assert 0 < apart < 0.4


@pytest.mark.parametrize("name", [whole.SHARED, whole.GRAPHS["cpu"]], ids=["weights", "graph"])
def test_a_file_that_is_not_the_recorded_one_is_not_opened(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = tmp_path / "models"
    shutil.copytree(weights.models_dir(), models)
    with (models / name).open("r+b") as stream:
        stream.seek(-1, 2)
        last = stream.read(1)
        stream.seek(-1, 2)
        stream.write(bytes([last[0] ^ 1]))
    monkeypatch.setattr(weights, "models_dir", lambda: models)
    weights.path.cache_clear()
    try:
        with pytest.raises(weights.WeightsError, match=Path(name).name):
            whole.WholeNet.load()
    finally:
        weights.path.cache_clear()

"""The borrowed filters are YAMNet's, and the line on them puts copies above their sources."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from media_screen import weights
from media_screen.detectors.voice_spoof.network import FEATURES
from media_screen.speech.listen import YAMNET
from training.voice_spoof.borrowed import PICTURES, STATISTICS, Borrowed, yamnet_layers
from training.voice_spoof.line import LineSettings, fit_line, statistics_of
from training.voice_spoof.prepare import NO_PAIR, Prepared, WindowRow
from training.voice_spoof.sources import Sound

FRAMES = 96
SETTINGS = LineSettings(shrink=1e-3, pairs=1.0, alone=1.0, weight=1.0)


@pytest.fixture(scope="module")
def net() -> Borrowed:
    return Borrowed(yamnet_layers()).eval()


def window(seed: int) -> torch.Tensor:
    random = np.random.default_rng(seed)
    return torch.from_numpy(random.random((1, FRAMES, FEATURES)).astype(np.float32))


def data() -> Prepared:
    """Two genuine windows, each with a copy whose high bands are smooth over time."""
    genuine = [Sound(Path(name), name, False, "genuine", "genuine", name, False) for name in "ab"]
    copied = [Sound(Path(name), name, True, "v", "v", name, False, name) for name in "ab"]
    random = np.random.default_rng(0)
    rows = random.integers(60, 200, (2, FRAMES, FEATURES))
    smooth = rows.copy()
    smooth[..., 128:256] = smooth[..., 128:256].mean(axis=1, keepdims=True)
    stored = np.concatenate([rows, smooth]).astype(np.uint8)
    return Prepared(
        (*genuine, *copied),
        tuple(WindowRow(place, 0, 0, FRAMES, place % 2) for place in range(4)),
        stored,
    )


def test_its_filters_are_those_of_yamnet(net: Borrowed) -> None:
    model = onnx.load(weights.path(YAMNET))
    name = "/model/layer7/pointwise_conv/relu/Relu_output_0"
    del model.graph.output[:]
    model.graph.output.append(onnx.helper.make_tensor_value_info(name, 1, None))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    picture = net._pictures(window(0)[..., :256])[:, 0]
    (theirs,) = session.run(None, {"audio": picture[:, None].numpy()})
    ours = net.statistics(window(0)).reshape(PICTURES, -1)[0, :512]
    assert ours.numpy() == pytest.approx(theirs.mean(axis=(2, 3))[0], abs=1e-4)


def test_a_filter_in_front_of_it_is_not_seen(net: Borrowed) -> None:
    quiet = 0.4 + 0.4 * window(1)
    gain = torch.linspace(-0.05, 0.05, FEATURES)  # 5 dB down to 5 dB up
    one, other = (net.statistics(x).reshape(PICTURES, -1)[1:] for x in (quiet, quiet + gain))
    assert torch.allclose(one, other, atol=1e-3)


def test_only_the_line_is_trained(net: Borrowed) -> None:
    trained = [name for name, one in net.named_parameters() if one.requires_grad]
    assert trained == ["line.weight", "line.bias"]


def test_copies_score_higher_than_their_sources(tmp_path: Path) -> None:
    made, rows = data(), np.arange(4)
    seen = statistics_of(made, tmp_path / "statistics.npy")
    assert seen.shape == (4, STATISTICS)
    fitted = fit_line(made, rows, SETTINGS, seen, tmp_path / "line.safetensors")
    with torch.inference_mode():
        scores = fitted(torch.from_numpy(made.stored.astype(np.float32) / 255))
    assert (scores[:2] < 0).all() and (scores[2:] > 0).all()
    again = fit_line(made, rows, SETTINGS, seen, tmp_path / "line.safetensors")
    assert torch.equal(again.line.weight, fitted.line.weight)


def test_windows_without_pairs_are_enough(tmp_path: Path) -> None:
    made = data()
    alone = Prepared(
        made.sounds,
        tuple(WindowRow(place, 0, 0, FRAMES, NO_PAIR) for place in range(4)),
        made.stored,
    )
    seen = statistics_of(alone, tmp_path / "statistics.npy")
    fitted = fit_line(alone, np.arange(4), SETTINGS, seen, tmp_path / "line.safetensors")
    assert torch.isfinite(fitted.line.weight).all()

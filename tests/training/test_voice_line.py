"""Filters are borrowed from YAMNet and Whisper, and the line on them tells classes apart."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from media_screen import weights
from media_screen.speech.listen import YAMNET
from media_screen.speech.synthesis import LEVELS, MEL_BANDS
from training.voice_spoof import whisper, yamnet
from training.voice_spoof.line import fit_line, scores
from training.voice_spoof.net import STATISTICS
from training.voice_spoof.prepare import Prepared, WindowRow
from training.voice_spoof.sources import Sound

FRAMES = 96


@pytest.fixture(scope="module")
def net() -> yamnet.YamnetLayers:
    return yamnet.YamnetLayers(yamnet.yamnet_layers()).eval()


def window(seed: int) -> torch.Tensor:
    random = np.random.default_rng(seed)
    return torch.from_numpy(random.random((1, FRAMES, LEVELS)).astype(np.float32))


def test_its_filters_are_those_of_yamnet(net: yamnet.YamnetLayers) -> None:
    model = onnx.load(weights.path(YAMNET))
    name = "/model/layer7/pointwise_conv/relu/Relu_output_0"
    del model.graph.output[:]
    model.graph.output.append(onnx.helper.make_tensor_value_info(name, 1, None))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    picture = net._pictures(window(0))[:, 0]
    (theirs,) = session.run(None, {"audio": picture[:, None].numpy()})
    ours = net(window(0)).reshape(yamnet.PICTURES, -1)[0, :512]
    assert ours.numpy() == pytest.approx(theirs.mean(axis=(2, 3))[0], abs=1e-4)


def test_a_filter_in_front_of_it_is_not_seen(net: yamnet.YamnetLayers) -> None:
    quiet = 0.4 + 0.4 * window(1)
    gain = torch.linspace(-0.05, 0.05, LEVELS)  # 5 dB down to 5 dB up
    one, other = (net(x).reshape(yamnet.PICTURES, -1)[1:] for x in (quiet, quiet + gain))
    assert torch.allclose(one, other, atol=1e-3)


def stored(tensors: dict[str, np.ndarray], *, version: int = 6) -> bytes:
    """A model file as CTranslate2 writes it."""

    def text(value: str) -> bytes:
        return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"

    parts = [struct.pack("<I", version), text("WhisperSpec"), struct.pack("<II", 3, len(tensors))]
    for name, value in tensors.items():
        shape = struct.pack(f"<B{value.ndim}I", value.ndim, *value.shape)
        kind = {np.dtype("<f4"): 0, np.dtype("<f2"): 4}[value.dtype]
        parts += [text(name), shape, struct.pack("<BI", kind, value.nbytes), value.tobytes()]
    return b"".join(parts)


def random_tensors() -> dict[str, np.ndarray]:
    random, wide = np.random.default_rng(0), whisper.WIDTH
    shapes: dict[str, tuple[int, ...]] = {
        "conv1/weight": (wide, MEL_BANDS, 3),
        "conv1/bias": (wide,),
        "conv2/weight": (wide, wide, 3),
        "conv2/bias": (wide,),
        "position_encodings/encodings": (1_500, wide),
    }
    for number in range(whisper.LAYERS):
        for norm in ("self_attention", "ffn"):
            shapes[f"layer_{number}/{norm}/layer_norm/gamma"] = (wide,)
            shapes[f"layer_{number}/{norm}/layer_norm/beta"] = (wide,)
        for name, rows, columns in (
            ("self_attention/linear_0", 3 * wide, wide),
            ("self_attention/linear_1", wide, wide),
            ("ffn/linear_0", 4 * wide, wide),
            ("ffn/linear_1", wide, 4 * wide),
        ):
            shapes[f"layer_{number}/{name}/weight"] = (rows, columns)
            shapes[f"layer_{number}/{name}/bias"] = (rows,)
    return {
        f"encoder/{name}": (0.02 * random.standard_normal(shape)).astype("<f2")
        for name, shape in shapes.items()
    }


def test_a_model_file_is_read_as_it_was_stored() -> None:
    tensors = {"a": np.arange(6, dtype="<f4").reshape(2, 3), "b/c": np.ones(4, "<f2")}
    read = whisper.read_tensors(stored(tensors))
    assert list(read) == list(tensors)
    assert all(np.array_equal(read[name], value) for name, value in tensors.items())


def test_a_model_file_of_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a model file of version 6, got 7"):
        whisper.read_tensors(stored({}, version=7))


@pytest.mark.parametrize("frames", [60, 301], ids=["short", "odd"])
def test_what_whisper_says_is_of_one_size(frames: int) -> None:
    layers = whisper.WhisperLayers(random_tensors()).eval()
    found = layers(torch.rand(2, frames, MEL_BANDS))
    assert found.shape == (2, whisper.STATISTICS) and bool(torch.isfinite(found).all())


def data() -> Prepared:
    """Windows of two genuine and two synthetic sounds, whose first statistic tells them apart."""
    sounds = tuple(
        Sound(Path(name), name, fake, "v", "v" if fake else "genuine", name, False)
        for name, fake in (("a", False), ("b", False), ("c", True), ("d", True))
    )
    statistics = np.random.default_rng(0).normal(0, 0.1, (4, STATISTICS)).astype(np.float16)
    statistics[2:, 0] += 5
    rows = tuple(WindowRow(place, 0, 0, FRAMES) for place in range(4))
    return Prepared(sounds, rows, statistics, np.zeros((4, FRAMES, LEVELS), np.uint8))


def test_synthetic_windows_score_higher_and_the_line_is_kept(tmp_path: Path) -> None:
    made, rows = data(), np.arange(4)
    line = fit_line(made, rows, 1e-4, tmp_path / "line.safetensors")
    found = scores(line, made, rows)
    assert found[:2].max() < 0 < found[2:].min()
    again = fit_line(made, rows[:2], 1.0, tmp_path / "line.safetensors")  # as it was kept
    assert torch.equal(again.weight, line.weight)


def test_what_is_shrunk_tells_less(tmp_path: Path) -> None:
    made, rows = data(), np.arange(4)
    apart = []
    for shrink in (1e-4, 10.0):
        line = fit_line(made, rows, shrink, tmp_path / f"{shrink}.safetensors")
        found = scores(line, made, rows)
        apart.append(found[2:].mean() - found[:2].mean())
    assert apart[0] > 2 * apart[1] > 0

"""The device that was asked for is the one that is used, and both give the same results."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import onnxruntime
import pytest

from media_screen import Config, Screener, weights
from media_screen.weights import nets
from media_screen.weights.nets import DeviceError, choose_device, session
from tests.agreement import assert_agree
from tests.places import SAMPLES


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    choose_device.cache_clear()
    yield
    choose_device.cache_clear()


@pytest.fixture
def promised(monkeypatch: pytest.MonkeyPatch) -> None:
    """ONNX Runtime and torch promise a GPU that can't be used, as with a driver that is too old."""
    providers = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: providers)
    cuda = SimpleNamespace(is_available=lambda: True)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))


def broken(path: Path, *, device: str = "cpu") -> None:
    raise DeviceError(f"{path.name} was to run with CUDA, got the CPU")


def test_a_gpu_that_is_promised_and_fails_is_not_used(
    promised: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nets, "session", broken)
    assert choose_device("auto") == "cpu"
    with pytest.raises(DeviceError, match="cuda was asked for, but a network can't be opened"):
        choose_device("cuda")


def test_without_torch_it_is_told_what_is_missing(
    promised: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(DeviceError, match=r"torch.*is missing: pip install"):
        choose_device("cuda")


def test_without_onnx_runtime_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    for device in ("auto", "cpu", "cuda"):
        with pytest.raises(DeviceError, match=r"pip install 'media_screen\[cpu\]'"):
            choose_device(device)


def test_the_recipe_for_a_gpu_removes_both_builds_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(DeviceError, match=r"uninstall -y onnxruntime onnxruntime-gpu && .*\[gpu\]"):
        choose_device("cuda")


def test_a_network_never_falls_back_to_the_cpu() -> None:
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this ONNX Runtime has CUDA")
    with pytest.raises(DeviceError, match="was to run with CUDAExecutionProvider"):
        session(weights.path(nets.PROBE), device="cuda")


@pytest.mark.parametrize("name", ["7300000000000000001.mp4", "voice-message.m4a"])
def test_cpu_and_cuda_agree(name: str) -> None:
    try:
        choose_device("cuda")
    except DeviceError as error:
        pytest.skip(str(error))
    found = {}
    for device in ("cpu", "cuda"):
        config = Config(people=SAMPLES / "people", device=device)
        found[device] = Screener(config).screen(SAMPLES / "downloads" / name)
        assert found[device].device == device and not found[device].failures
    # The face network multiplies integers on a CPU, and floats on a GPU.
    assert_agree(found["cpu"], found["cuda"], llr=0.3, score=0.3)

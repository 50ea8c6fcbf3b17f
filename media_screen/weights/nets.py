"""Chooses the device and opens networks on it: ONNX Runtime on the CPU or on CUDA.

There is no silent fall-back: a network that was asked for on CUDA and would run on the CPU raises.
Networks compute in 32 bits on both, without the shorter mantissas (TF32) that a GPU takes for
itself: results of the two then differ by rounding only. Half precision was not measured, so it is
not used. The network of `face_artifact` alone multiplies integers of 8 bits on a CPU.
"""

from __future__ import annotations

import functools
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from media_screen import weights
from media_screen.errors import SetupError

if TYPE_CHECKING:
    import onnxruntime

Device = Literal["cpu", "cuda"]
DEVICES = ("auto", "cpu", "cuda")
TO_CPU = "pip install 'media_screen[cpu]', or 'media_screen[gpu]' for CUDA"
# Both builds write into one folder: whichever was installed last is there, in parts or whole.
TO_GPU = "pip uninstall -y onnxruntime onnxruntime-gpu && pip install 'media_screen[gpu]'"
PROBE = "voice_spoof/spoof.onnx"  # a small network, opened on a GPU to see whether that works
# What a network's pictures measure differs from file to file: trying every algorithm for each new
# size, as is the default, takes longer than the network.
_CUDA = {"use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC"}

_log = logging.getLogger(__name__)
_threads = 0  # per network; 0 leaves the choice to ONNX Runtime. Set once by a worker process.


@dataclass(frozen=True, slots=True)
class Served:
    """Another process that runs networks: its socket, and the device on which it runs them."""

    address: str
    device: Device


_served: Served | None = None  # set once by a worker process


class DeviceError(SetupError, RuntimeError):
    """The asked-for device can't be used; the message says what is missing."""


def _why_no_cuda() -> str:
    """Return "" when networks can run on CUDA, else the sentence that says what is missing."""
    if _served is not None and _served.device == "cuda":
        return ""  # seen when that process began
    if "CUDAExecutionProvider" not in _runtime().get_available_providers():
        return f"this onnxruntime has no CUDA provider: replace it by the GPU build ({TO_GPU})"
    try:
        import torch
    except ImportError:
        return "torch, which brings the CUDA libraries, is missing: pip install 'media_screen[gpu]'"
    if not torch.cuda.is_available():
        return "torch sees no CUDA device (torch.cuda.is_available() is False)"
    try:
        session(weights.path(PROBE), device="cuda")
    except Exception as error:  # ONNX Runtime has several kinds: drivers, libraries, memory
        return f"a network can't be opened there: {error}"
    return ""


@functools.cache
def choose_device(asked: str = "auto") -> Device:
    """Turn auto, cpu or cuda into the device that will really be used.

    `auto` takes CUDA when every network can run there and says in the log why not otherwise.
    Raises DeviceError when cuda was asked for and can't be had, or no network can run at all.
    """
    if asked not in DEVICES:
        raise DeviceError(f"device must be one of {', '.join(DEVICES)}, got {asked!r}")
    _runtime()
    if asked == "cpu":
        return "cpu"
    missing = _why_no_cuda()
    if not missing:
        return "cuda"
    if asked == "cuda":
        raise DeviceError(f"cuda was asked for, but {missing}")
    _log.info("using the CPU: %s", missing)
    return "cpu"


def _runtime() -> Any:
    """Import ONNX Runtime; raises DeviceError when neither of its builds is installed."""
    try:
        import onnxruntime
    except ImportError as error:
        raise DeviceError(f"no network can run without ONNX Runtime: {TO_CPU} ({error})") from error
    return onnxruntime


def limit_threads(count: int) -> None:
    """Let each network of this process use at most `count` threads, so workers share the cores.

    Linear algebra gets one: its matrices are small here, and its libraries wait by spinning, so a
    few processes with a thread for every core each bring a busy machine to a halt (measured: a
    search of the catalogue took 128 s in place of 0.6 s).
    """
    global _threads
    _threads = count
    import cv2
    import numpy  # noqa: F401 (its library must be loaded to be limited)
    from threadpoolctl import threadpool_limits

    cv2.setNumThreads(count)
    threadpool_limits(1, user_api="blas")


def run_in(served: Served) -> None:
    """Let another process run the networks of its device for this one."""
    global _served
    _served = served


def session(path: Path, *, device: str = "cpu") -> onnxruntime.InferenceSession:
    """Open an ONNX network on a device; raises DeviceError rather than run it elsewhere."""
    if _served is not None and _served.device == device:
        from media_screen.weights.served import ServedSession

        return ServedSession(_served.address, path)
    onnxruntime = _runtime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _threads
    options.inter_op_num_threads = 1
    # The arena never gives memory back: without it a worker takes 440 MB in place of 860, as fast.
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3  # errors; the graph optimiser's remarks are noise to a user
    # Spinning threads burn a core while another worker decodes on it.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    wanted = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}[device]
    if device == "cuda" and hasattr(onnxruntime, "preload_dlls"):
        onnxruntime.preload_dlls()  # takes the CUDA libraries that torch brought
    settings: dict[str, str] = _CUDA if device == "cuda" else {}
    opened = onnxruntime.InferenceSession(str(path), options, providers=[(wanted, settings)])
    if opened.get_providers()[0] != wanted:
        raise DeviceError(f"{path.name} was to run with {wanted}, got {opened.get_providers()}")
    return opened

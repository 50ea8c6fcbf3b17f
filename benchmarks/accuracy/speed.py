"""What a face costs on one CPU core, as a ratio to MobileNetV2's plain forward."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.faces.nets import import_mtcnn
from media_screen.detectors.face_artifact.forged import traces
from media_screen.weights import nets

if TYPE_CHECKING:
    import onnxruntime

BATCH = 8
SIDE = 160  # px of MobileNetV2's input
ROUNDS = 40  # alternating, so that a busy machine slows both; the fastest of each is taken


def measured() -> str:
    """Return a sentence with the time of one face and its ratio to MobileNetV2."""
    nets.limit_threads(1)
    crops = np.random.default_rng(0).integers(0, 256, (BATCH, 256, 256, 3), dtype=np.uint8)
    mobilenet = _mobilenet()
    faces = np.zeros((BATCH, 3, SIDE, SIDE), np.float32)
    runs: tuple[Callable[[], object], ...] = (
        lambda: traces(crops),
        lambda: mobilenet.run(None, {"faces": faces}),
    )
    best = [min(times) for times in zip(*(map(_seconds, runs) for _ in range(ROUNDS)), strict=True)]
    return (
        f"One face costs {best[0] / BATCH * 1e3:.1f} ms of one core in batches of {BATCH}, "
        f"{best[0] / best[1]:.2f} times MobileNetV2's plain forward at {SIDE} px."
    )


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _mobilenet() -> onnxruntime.InferenceSession:
    """Return MobileNetV2 (Sandler et al., CVPR 2018; random weights) under ONNX Runtime."""
    import torch

    import_mtcnn()  # makes torchvision importable beside a CPU-only torch
    from torchvision.models import mobilenet_v2

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mobilenet.onnx"
        example = (torch.zeros(BATCH, 3, SIDE, SIDE),)
        model = mobilenet_v2(weights=None).eval()
        torch.onnx.export(model, example, path, input_names=["faces"], dynamo=False)
        return nets.session(path)

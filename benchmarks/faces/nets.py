"""Opens the nets that are compared, and embeds crops with them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from media_screen.arrays import Array, Image
from media_screen.faces import align

# FaceNet's window of the crop, px (x, y, side); the best of 12 that were tried.
FACENET_WINDOW = (24.0, 32.0, 208.0)


def open_session(path: Path, threads: int = 2) -> Any:
    """Open an ONNX file on the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def facenet_input(crops: Image) -> Array:
    """Return FaceNet's input (n, 3, 160, 160), about -1 to 1."""
    windows = align.window(crops, FACENET_WINDOW, 160).transpose(0, 3, 1, 2)
    return np.ascontiguousarray((windows.astype(np.float32) - 127.5) / 128.0)


def embed(session: Any, prepare: Callable[[Image], Array], crops: Sequence[Image]) -> Array:
    """Return unit-length embeddings, eight crops in a call."""
    parts = []
    for start in range(0, len(crops), 8):
        batch = prepare(np.asarray(crops[start : start + 8]))
        parts.append(session.run(None, {"face": batch})[0])
    return np.concatenate(parts)


def unit(rows: Array) -> Array:
    """Scale rows to unit length."""
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True))


def import_mtcnn() -> Any:
    """Import facenet-pytorch, also where torchvision's compiled operators don't fit torch.

    Beside a CPU-only torch the registry's torchvision misses its operators: then a plain nms, which
    MTCNN uses, is put in their place before a second try.
    """
    import torch

    try:
        importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
        for name in [name for name in sys.modules if name.startswith("torchvision")]:
            del sys.modules[name]
        library: Any = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.impl("nms", plain_nms, "CPU")
        extension: Any = importlib.import_module("torchvision.extension")
        extension._has_ops = lambda: True
        globals()["_nms_library"] = library  # the definition lives as long as this object
    import facenet_pytorch

    return facenet_pytorch


def plain_nms(boxes: Any, scores: Any, iou_threshold: float) -> Any:
    """Return the indices of the kept boxes, best first (greedy non-maximum suppression)."""
    import torch

    order = scores.argsort(descending=True)
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    kept = []
    while order.numel():
        best, order = order[0], order[1:]
        kept.append(best)
        low = torch.maximum(boxes[best, :2], boxes[order, :2])
        high = torch.minimum(boxes[best, 2:], boxes[order, 2:])
        common = (high - low).clamp(min=0).prod(dim=1)
        order = order[common / (area[best] + area[order] - common) <= iou_threshold]
    return torch.stack(kept) if kept else torch.zeros(0, dtype=torch.int64)

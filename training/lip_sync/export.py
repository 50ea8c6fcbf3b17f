"""Writes the shipped network and lines, with their hashes."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch

from media_screen.detectors.lip_sync.forged import LINE
from media_screen.detectors.lip_sync.movement import FEATURES
from media_screen.detectors.lip_sync.overlap import FILE, Overlap
from media_screen.detectors.lip_sync.sound import BANDS, STEPS
from media_screen.detectors.lip_sync.synchrony import REACH, WEIGHTS
from media_screen.weights.linear import LinearModel
from training.lip_sync.network import SyncNetwork

SEED = 11
_FRAMES = 50
_ORIGIN = "trained here: python -m training.lip_sync"


def export(model: SyncNetwork, line: LinearModel, several: Overlap, models: Path) -> float:
    """Write all and their record; return the largest difference from torch's own embeddings."""
    rng = np.random.default_rng(SEED)
    movement = rng.normal(0, 0.05, (1, _FRAMES, FEATURES)).astype(np.float32)
    sound = rng.random((1, STEPS * (_FRAMES + 2 * REACH), BANDS), np.float32)
    inputs = (torch.from_numpy(movement), torch.from_numpy(sound))
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "net.onnx"
        torch.onnx.export(
            model.eval(),
            inputs,
            target,
            input_names=["movement", "sound"],
            output_names=["mouth", "voice"],
            opset_version=17,
            dynamo=False,
            dynamic_axes={
                "movement": {0: "n", 1: "frames"},
                "sound": {0: "n", 1: "spectra"},
                "mouth": {0: "n", 1: "frames"},
                "voice": {0: "n", 1: "steps"},
            },
        )
        net = onnx.load(target)
    net.producer_name = "media_screen training"
    onnx.checker.check_model(net, full_check=True)
    data = net.SerializeToString(deterministic=True)
    mouths, voices = (
        (json.dumps(one.to_dict(), indent=1) + "\n").encode() for one in (line, several)
    )
    files = {}
    for name, content in ((WEIGHTS, data), (LINE, mouths), (FILE, voices)):
        path = models / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        files[path.name] = {
            "sha256": hashlib.sha256(content).hexdigest(),
            "bytes": len(content),
            "licence": "Apache-2.0",
            "origin": _ORIGIN,
        }
    record = json.dumps({"files": files}, indent=2, sort_keys=True)
    (models / WEIGHTS).with_name("weights.json").write_text(record + "\n", "utf-8")
    import onnxruntime

    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    found = session.run(["mouth", "voice"], {"movement": movement, "sound": sound})
    with torch.inference_mode():
        expected = [part.numpy() for part in model(*inputs)]
    return max(float(np.abs(a - b).max()) for a, b in zip(found, expected, strict=True))

"""Writes the shipped network and lines, with their hashes."""

from __future__ import annotations

import json
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
from training.weight_files import WeightFile, outputs_of, sealed, to_onnx, write

SEED = 11
_FRAMES = 50
_ORIGIN = "trained here: python -m training.lip_sync"
_FREE = {  # axes of any length
    "movement": {0: "n", 1: "frames"},
    "sound": {0: "n", 1: "spectra"},
    "mouth": {0: "n", 1: "frames"},
    "voice": {0: "n", 1: "steps"},
}


def export(model: SyncNetwork, line: LinearModel, several: Overlap, models: Path) -> float:
    """Write all and their record; return the largest difference from torch's own embeddings."""
    rng = np.random.default_rng(SEED)
    movement = rng.normal(0, 0.05, (1, _FRAMES, FEATURES)).astype(np.float32)
    sound = rng.random((1, STEPS * (_FRAMES + 2 * REACH), BANDS), np.float32)
    example = (torch.from_numpy(movement), torch.from_numpy(sound))
    names = ("movement", "sound"), ("mouth", "voice")
    plain = to_onnx(model.eval(), example, inputs=names[0], outputs=names[1], free=_FREE)
    data = sealed(onnx.load_model_from_string(plain))
    content = {WEIGHTS: data, LINE: _record(line), FILE: _record(several)}
    write((WeightFile(name, own, _ORIGIN) for name, own in content.items()), models)
    found = outputs_of(data, {"movement": movement, "sound": sound})
    with torch.inference_mode():
        expected = [part.numpy() for part in model(*example)]
    return max(float(np.abs(a - b).max()) for a, b in zip(found, expected, strict=True))


def _record(model: LinearModel | Overlap) -> bytes:
    return (json.dumps(model.to_dict(), indent=1) + "\n").encode()

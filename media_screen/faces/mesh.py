"""Places 468 points on an aligned face: lips, jaw, lids and brows, in three dimensions.

The network is MediaPipe's face mesh (Kartynnik et al., "Real-time Facial Surface Geometry from
Monocular Video on Mobile GPUs", CVPR workshop 2019; Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from media_screen.arrays import Floats, Image
from media_screen.faces.align import window

if TYPE_CHECKING:
    import onnxruntime


WEIGHTS = "face_mesh/mesh.onnx"
POINTS = 468
INPUT_SIDE = 192  # px
# Square of the 256 px crop that the network sees, px: x, y, side. The face takes two thirds of its
# width, as in MediaPipe's own pipeline.
PLACE = (25.0, 37.0, 206.0)
# Crops in one call; on a CPU more change nothing (measured: 4.2 ms one by one, 4.6 by eight).
BATCH = {"cpu": 8, "cuda": 64}


@dataclass(frozen=True, eq=False)
class Mesh:
    """The points of n faces, (n, 468, 3) in px of the crop (z: away from the camera), and scores.

    A score (n,) is the probability that there is a face, 0 to 1.
    """

    points: Floats
    scores: Floats


class MeshNet:
    """Finds the points of aligned crops; open it with `load`."""

    def __init__(self, session: onnxruntime.InferenceSession, *, batch: int = 8) -> None:
        self._session = session
        self._batch = batch

    @classmethod
    def load(cls, device: str = "cpu") -> MeshNet:
        """Open the recorded weights on a device."""
        from media_screen import weights
        from media_screen.weights import nets

        return cls(nets.session(weights.path(WEIGHTS), device=device), batch=BATCH[device])

    def find(self, crops: Sequence[Image] | Image) -> Mesh:
        """Return the points of 256 x 256 RGB crops of `align`."""
        points: list[Any] = [np.zeros((0, 3 * POINTS), np.float32)]
        logits: list[Any] = [np.zeros((0, 1), np.float32)]
        for start in range(0, len(crops), self._batch):
            seen = window(np.asarray(crops[start : start + self._batch]), PLACE, INPUT_SIDE)
            planes = np.ascontiguousarray(seen.transpose(0, 3, 1, 2), np.float32) / 255
            found, logit = self._session.run(["points", "score"], {"face": planes})
            points.append(found)
            logits.append(logit)
        x, y, side = PLACE
        placed = np.concatenate(points).reshape(-1, POINTS, 3) * (side / INPUT_SIDE)
        placed += np.array([x, y, 0.0], np.float32)
        scores = 1.0 / (1.0 + np.exp(-np.concatenate(logits)[:, 0]))
        return Mesh(np.asarray(placed, np.float32), np.asarray(scores, np.float32))


@cache
def mesh_net(device: str = "cpu") -> MeshNet:
    """Return the network of this process and device, loaded once."""
    return MeshNet.load(device)

"""Describes an aligned face by filters that were learned on other pictures: ImageNet's.

EfficientNet-Lite0 (Tan and Le 2019) up to its fifteenth block, as ImageNet left it. Its outputs are
averaged over the crop and over parts of the face, so that one part can be compared with another.
What a hundred forged clips can't teach, filters from a million other pictures bring along; later
layers know what a thing is, which is the same for a face and its forgery.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from media_screen.arrays import Floats, Image

if TYPE_CHECKING:
    import onnxruntime


WEIGHTS = "face_artifact/features.onnx"
SIDE = 224  # px, what the filters were learned at; the 256 px crop is shown whole
CHANNELS = 192  # of the fifteenth block
# Parts of the 256 px crop: left, top, right, bottom, and whether the spread is taken, too.
PARTS = {
    "all": ((0, 0, 256, 256), True),
    "face": ((64, 80, 192, 220), True),
    "mouth": ((88, 158, 168, 212), False),
    "eyes": ((72, 88, 184, 136), False),
}
# Crops in one call of the net; on a CPU more change nothing, a GPU needs several to be busy.
BATCH = {"cpu": 8, "cuda": 64}


def _names() -> Iterator[str]:
    for part, (_, spread) in PARTS.items():
        for kind in ("mean", "spread") if spread else ("mean",):
            for channel in range(CHANNELS):
                yield f"{part} {kind} {channel}"


NAMES = tuple(_names())


class FeatureNet:
    """Computes the features of aligned crops."""

    def __init__(self, session: onnxruntime.InferenceSession, *, batch: int = 8) -> None:
        self._session = session
        self._batch = batch

    @classmethod
    def load(cls, device: str = "cpu") -> FeatureNet:
        """Open the recorded weights on a device."""
        from media_screen import weights
        from media_screen.weights import nets

        return cls(nets.session(weights.path(WEIGHTS), device=device), batch=BATCH[device])

    def measure(self, crops: Sequence[Image] | Image) -> Floats:
        """Return the features (n, 1152) of 256 x 256 RGB crops of `align`; see NAMES."""
        rows = [np.zeros((0, len(NAMES)), dtype=np.float32)]
        for start in range(0, len(crops), self._batch):
            faces = view(crops[start : start + self._batch])
            rows.append(self._session.run(["features"], {"faces": faces})[0])
        return np.concatenate(rows)


@cache
def feature_net(device: str = "cpu") -> FeatureNet:
    """Return the network of this process and device, loaded once."""
    return FeatureNet.load(device)


def view(crops: Sequence[Image] | Image) -> Floats:
    """Return the network's input (n, 3, 224, 224), RGB, 0 to 255."""
    import cv2

    size = (SIDE, SIDE)
    shown = [cv2.resize(crop, size, interpolation=cv2.INTER_AREA) for crop in crops]
    faces = np.asarray(shown, dtype=np.float32).reshape(-1, SIDE, SIDE, 3)
    return np.ascontiguousarray(faces.transpose(0, 3, 1, 2))

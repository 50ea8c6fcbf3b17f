"""Looks at a face whole, by a network that was taught to tell it from forged copies of itself.

The first ten layers of the image network of CLIP ViT-B/16 (Radford et al., "Learning Transferable
Visual Models From Natural Language Supervision", ICML 2021), of which training moved little (see
`training.face_artifact.vit`). It saw faces beside pseudo-fakes of the very picture, and DFDC's
forgeries beside their sources, and no clip of those that it is judged on. It gives its own opinion,
`told`, and the states of its eighth and tenth layer, over which a line is fitted.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from media_screen.arrays import Floats, Image

if TYPE_CHECKING:
    import onnxruntime


# One network in two graphs that refer to the same weights: on a CPU it multiplies integers, three
# times as fast as floats, which a GPU takes.
GRAPHS = {"cpu": "face_artifact/whole_integers.onnx", "cuda": "face_artifact/whole_floats.onnx"}
SHARED = "face_artifact/whole.bin"
# Part of the 256 px crop that is seen, px: left and upper edge and side. The face with its outline,
# where a blend shows, at the size of the crop: nothing is scaled.
LEFT, TOP, SIDE = 40, 60, 176
STATES = 2 * 768  # of a layer: values of the class token, then the means of the others
TOLD = 8  # the layer after which the opinion is formed
DEPTHS = (8, 10)  # layers whose states are given
# Crops in one call of the net. On a CPU one, for all of a call are rounded by the same step and
# would depend on each other; a GPU needs several to be busy.
BATCH = {"cpu": 1, "cuda": 64}

NAMES = (
    "told",
    *(f"layer {layer} state {number}" for layer in DEPTHS for number in range(STATES)),
)


class WholeNet:
    """Computes what the network tells of aligned crops."""

    def __init__(self, session: onnxruntime.InferenceSession, *, batch: int = 1) -> None:
        self._session = session
        self._batch = batch

    @classmethod
    def load(cls, device: str = "cpu") -> WholeNet:
        """Open the recorded weights on a device."""
        from media_screen import weights
        from media_screen.weights import nets

        weights.path(SHARED)  # has the recorded hash, too: the session opens it by itself
        return cls(nets.session(weights.path(GRAPHS[device]), device=device), batch=BATCH[device])

    def measure(self, crops: Sequence[Image] | Image) -> Floats:
        """Return (n, 3073) values of 256 x 256 RGB crops of `align`; see NAMES."""
        rows = [np.zeros((0, len(NAMES)), dtype=np.float32)]
        for start in range(0, len(crops), self._batch):
            faces = view(crops[start : start + self._batch])
            rows.append(self._session.run(["measures"], {"faces": faces})[0])
        return np.concatenate(rows)


@cache
def whole_net(device: str = "cpu") -> WholeNet:
    """Return the network of this process and device, loaded once."""
    return WholeNet.load(device)


def view(crops: Sequence[Image] | Image) -> Floats:
    """Return the network's input (n, 3, 176, 176), RGB, 0 to 255."""
    faces = [crop[TOP : TOP + SIDE, LEFT : LEFT + SIDE] for crop in crops]
    shown = np.asarray(faces, dtype=np.float32).reshape(-1, SIDE, SIDE, 3)
    return np.ascontiguousarray(shown.transpose(0, 3, 1, 2))

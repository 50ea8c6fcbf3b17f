"""Turns aligned crops into identity embeddings, and their cosines into likelihood ratios.

The net is SFace (Zhong et al., "SFace: Sigmoid-Constrained Hypersphere Loss for Robust Face
Recognition", IEEE TIP 2021), 128 values. It was chosen by measurement: benchmarks/results/faces.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from media_screen.arrays import Floats, Image
from media_screen.faces.align import embedder_input
from media_screen.weights.calibration import Calibration

if TYPE_CHECKING:
    import onnxruntime


WEIGHTS = "face_embedder/sface.onnx"
CALIBRATION = "face_embedder/calibration.json"
# Crops in one call of the net. On a CPU one is fastest (measured: 8 take 1.7 times as long a face,
# their layers no longer fit the cache); a GPU needs several to be busy.
BATCH = {"cpu": 1, "cuda": 64}
# Length of an embedding.
DIMENSION = 128


class FaceEmbedder:
    """Computes the identity embedding of aligned crops."""

    def __init__(self, session: onnxruntime.InferenceSession, *, batch: int = 1) -> None:
        self._session = session
        self._batch = batch

    @classmethod
    def load(cls, device: str = "cpu") -> FaceEmbedder:
        """Open the recorded weights on a device."""
        from media_screen import weights
        from media_screen.weights import nets

        return cls(nets.session(weights.path(WEIGHTS), device=device), batch=BATCH[device])

    def embed(self, crops: Sequence[Image] | Image) -> Floats:
        """Return one unit-length row of 128 values for each 256 x 256 RGB crop of `align`."""
        rows = [np.zeros((0, DIMENSION), dtype=np.float32)]
        for start in range(0, len(crops), self._batch):
            batch = embedder_input(crops[start : start + self._batch])
            rows.append(self._session.run(["embedding"], {"face": batch})[0])
        return np.concatenate(rows)


@dataclass(frozen=True)
class SizeRow:
    """The line from cosine to log-likelihood ratio for faces of a width and more."""

    least_size_px: float
    line: Calibration


@dataclass(frozen=True)
class CalibrationBySize:
    """Turn the cosine of two face embeddings into a natural-log likelihood ratio.

    Positive favours "the same person". `rows` are ordered by width, px, of the smaller face: small
    faces say less.
    """

    rows: tuple[SizeRow, ...]

    def llr(self, cosine: float, *, size_px: float = math.inf) -> float:
        """Return the bounded log-likelihood ratio for a cosine between -1 and 1."""
        return [row for row in self.rows if row.least_size_px <= size_px][-1].line.llr(cosine)


def read_calibration(record: Mapping[str, Any]) -> CalibrationBySize:
    """Read the record of a calibration; raises KeyError or ValueError when it is not one."""
    rows = [
        SizeRow(float(row["least_size_px"]), Calibration.of_row(row, record["limits"]))
        for row in record["rows"]
    ]
    rows.sort(key=lambda row: row.least_size_px)
    if not rows or rows[0].least_size_px != 0.0:
        raise ValueError("the first row must begin at a size of 0 px")
    return CalibrationBySize(tuple(rows))


@cache
def calibration() -> CalibrationBySize:
    """Return the calibration that belongs to the shipped embedder."""
    from media_screen import weights

    return read_calibration(weights.record(CALIBRATION))


def calibrated_llr(cosine: float, *, size_px: float = math.inf) -> float:
    """Return how much more likely a cosine is for one person than for two, as a natural logarithm.

    `size_px` is the width of the smaller of the two faces (`Quality.size_px`; of a track, that of
    its best face). The number of faces averaged into an embedding made no measurable difference
    above 32 px and is no argument.
    """
    return calibration().llr(cosine, size_px=size_px)

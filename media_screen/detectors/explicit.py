"""Looks for exposed bodies in a few stills, so that reports can hide what is sexual.

The network is NudeNet's 320n, which finds parts of bodies (github.com/notAI-tech/NudeNet); it is
not shipped, because its licence is the AGPL-3.0. Sexual content says nothing of forgery: the piece
of evidence weighs nothing, and `fusion` turns a high score into the flag `explicit`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from media_screen import weights
from media_screen.arrays import Doubles, Floats, Image
from media_screen.detectors.contract import Case, Dependence, Need
from media_screen.evidence import Abstention, Axis, Evidence, Span
from media_screen.weights import nets

if TYPE_CHECKING:
    import onnxruntime

NETWORK = "explicit/320n.onnx"
SIDE = 320  # px, what the network was trained on
# Rows of the network's output that count, after the four of the box; the other parts that it knows
# (faces, feet, bellies, armpits, what is covered, a man's chest) are seen on any beach.
PARTS = {
    2: "buttocks",
    3: "female breast",
    4: "female genitals",
    6: "anus",
    14: "male genitals",
}
_BOX_ROWS = 4
# Score, 0 to 1, below which no part of a body is named: half of the one that flags a file.
LEAST_NAMED = 0.2


@dataclass(frozen=True, slots=True)
class Exposure:
    """The highest score of each part in one still, 0 to 1, by the names in `PARTS`."""

    time_s: float
    scores: dict[str, float]

    @property
    def highest(self) -> tuple[str, float]:
        """The part with the highest score, and that score."""
        return max(self.scores.items(), key=lambda item: item[1])


class Explicit:
    """Scores exposed parts of bodies in a few stills; flags sexual content and weighs nothing."""

    name = "explicit"
    axis: Axis = "provenance"
    needs: tuple[Need, ...] = ("frames",)
    depends: tuple[Dependence, ...] = ()

    def __init__(self) -> None:
        self._session: onnxruntime.InferenceSession | None = None

    def examine(self, case: Case) -> Iterator[Evidence | Abstention]:
        """Yield one piece with the highest score of any still."""
        if not case.stills:
            yield Abstention(self.name, "unreadable", "no still of the file could be read")
            return
        try:
            session = self._open(case.device)
        except weights.WeightsError as error:
            why = (
                f"sexual content is not looked for: pip install 'media_screen[explicit]' ({error})"
            )
            yield Abstention(self.name, "missing_package", why)
            return
        yield told([exposure(session, image, time_s) for time_s, image in case.stills])

    def _open(self, device: str) -> onnxruntime.InferenceSession:
        if self._session is None:
            self._session = nets.session(weights.path(NETWORK), device=device)
        return self._session


def exposure(session: Any, image: Image, time_s: float) -> Exposure:
    """Score one RGB picture at two sizes; a part counts by the lower score, at its best place.

    Lips that fill the picture are taken for something else; at half the size they are not.
    """
    best = np.min([_scores(session, image, share) for share in (1.0, 0.5)], axis=0)
    return Exposure(time_s, {name: float(best[row]) for row, name in PARTS.items()})


def _scores(session: Any, image: Image, share: float) -> Doubles:
    (output,) = session.run(None, {session.get_inputs()[0].name: _prepared(image, share)})
    scores: Doubles = np.asarray(output, np.float64)[0, _BOX_ROWS:].max(axis=1)
    return scores


def told(exposures: Sequence[Exposure]) -> Evidence:
    """Say what the stills of a file show, by the one with the highest score."""
    most = max(exposures, key=lambda one: one.highest[1])
    part, score = most.highest
    return Evidence(
        detector=Explicit.name,
        axis=Explicit.axis,
        score=score,
        llr=0.0,
        finding="exposure",
        why=_why(part, score, most.time_s, len(exposures)),
        span=Span(most.time_s, most.time_s),
        values=most.scores,
    )


def _why(part: str, score: float, time_s: float, stills: int) -> str:
    """Name a part of a body only where it may be there: pages are handed on."""
    if score < LEAST_NAMED:
        return f"no exposed body was seen (stills looked at: {stills}; at most {score:.2f} of 1)"
    return (
        f"of exposed parts of bodies, {part} scores highest: {score:.2f} of 1 "
        f"at {time_s:.1f} s, in {stills} stills"
    )


def _prepared(image: Image, share: float) -> Floats:
    """Shrink to a share of the network's square, in its middle, with black around."""
    import cv2

    height, width = image.shape[:2]
    scale = SIDE * share / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    left, top = (SIDE - size[0]) // 2, (SIDE - size[1]) // 2
    square = np.zeros((SIDE, SIDE, 3), np.uint8)
    square[top : top + size[1], left : left + size[0]] = cv2.resize(
        image, size, interpolation=cv2.INTER_AREA
    )
    planes = np.asarray(square.transpose(2, 0, 1)[None], np.float32)
    planes /= 255.0
    return planes

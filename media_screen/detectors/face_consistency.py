"""Measures how steadily a face keeps its identity from frame to frame and between tracks.

Face swaps are said to flicker in identity space. Measured here, over 105 forged clips, they do
so no more than genuine clips (models/face_consistency/card.md: the area under the curve is that
of a coin). The measurements are therefore shown, with their place among genuine clips, and weigh
nothing: the log likelihood ratio is 0 until something better is found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from media_screen.detectors.contract import Case, Dependence, Need
from media_screen.evidence import Abstention, Axis, Evidence, Span
from media_screen.weights.calibration import genuine, share_of

if TYPE_CHECKING:
    import numpy as np

    from media_screen.faces.track import Track

GENUINE = "genuine_flicker_percentiles"  # in the record of its calibration
MAX_STEP = 0.3  # s between faces that count as neighbours; dense windows have steps of 0.2 s
MIN_STEPS = 8  # neighbouring pairs of a track, else its median says nothing
SAME_PERSON = 0.45  # cosine of two tracks that are taken for one person (faces.track.FAR_COSINE)


@dataclass(frozen=True, slots=True)
class Consistency:
    """How steady the identity of a track is; all values are cosine distances, 0 to 2.

    `flicker` is the median between neighbouring faces, `drift` the 90th percentile from the mean
    of the track; `steps` is the number of neighbouring pairs.
    """

    flicker: float
    drift: float
    steps: int


class FaceConsistency:
    """Measures flicker and drift of identity in face tracks; at chance, so it weighs nothing."""

    name = "face_consistency"
    axis: Axis = "manipulation"
    needs: tuple[Need, ...] = ("frames", "faces")
    depends: tuple[Dependence, ...] = ()

    def examine(self, case: Case) -> Iterator[Evidence | Abstention]:
        """Yield one piece for each track that is long enough, and one for the longest of them."""
        if case.info.kind == "image":
            yield Abstention(self.name, "not_applicable", "a picture has no course of time")
            return
        measured = [
            (track, found) for track in case.tracks if (found := measure(track)) is not None
        ]
        if not measured:
            yield Abstention(
                self.name,
                "too_short",
                f"no face is seen in {MIN_STEPS} steps of at most {MAX_STEP} s",
            )
            return
        for track, found in measured:
            yield self._evidence(found, track=track)
        longest = max(measured, key=lambda pair: pair[1].steps)
        spread = between_tracks([track.embedding for track, _ in measured])
        yield self._evidence(longest[1], spread=spread)

    def _evidence(
        self, found: Consistency, *, track: Track | None = None, spread: float | None = None
    ) -> Evidence:
        share = genuine(self.name, name=GENUINE).below(found.flicker)
        values = {
            "flicker": found.flicker,
            "drift": found.drift,
            "steps": found.steps,
            "genuine_below": share,
        }
        if spread is not None:
            values["between_tracks"] = spread
        return Evidence(
            detector=self.name,
            axis=self.axis,
            score=share,
            llr=0.0,
            why=f"the identity flickers more than in {share_of(share, 'genuine clips')}; "
            "this measure does not tell forged from genuine and weighs nothing",
            span=None if track is None else Span(*track.span),
            track=None if track is None else track.id,
            finding="measured",
            values=values,
        )


def measure(track: Track) -> Consistency | None:
    """Measure a track, or return None when it has too few neighbouring faces.

    A look embeds some of its views, and of the longest a part without a gap (`faces.sparing`).
    """
    import numpy as np

    own = [face for face in track.faces if face.measured]
    if len(own) <= MIN_STEPS:
        return None
    faces = np.stack([face.embedding for face in own])
    times = np.array([face.time_s for face in own])
    near = np.diff(times) <= MAX_STEP
    if near.sum() < MIN_STEPS:
        return None
    steps = 1.0 - (faces[1:] * faces[:-1]).sum(axis=1)[near]
    from_mean = 1.0 - faces @ track.embedding
    return Consistency(
        flicker=float(np.median(steps)),
        drift=float(np.percentile(from_mean, 90)),
        steps=int(near.sum()),
    )


def between_tracks(embeddings: Sequence[np.ndarray]) -> float | None:
    """Return the largest cosine distance between tracks of one person, None without two such."""
    distances = [
        1.0 - cosine
        for index, one in enumerate(embeddings)
        for other in embeddings[:index]
        if (cosine := float(one @ other)) >= SAME_PERSON
    ]
    return max(distances, default=None)

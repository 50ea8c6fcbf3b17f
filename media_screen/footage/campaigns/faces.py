"""Says what a comparison of the faces of two files means for a label that would be passed along."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

# What it comes to: "other" faces, or perhaps other ones ("unclear"); nothing could be compared
# ("failed"), or nothing need be ("none").
FacesSaid = Literal["same", "other", "unclear", "failed", "none"]

# Natural log by which a file must be more like a suspected one than like official footage, to be a
# copy of the suspected one though its faces count as the official ones: a face that was changed
# little passes as either, and copies of it are nearer to it (benchmarks.campaign).
NEARER = 1.0


@dataclass(frozen=True, slots=True)
class FacesApart:
    """How the faces of two files differ that show the same footage.

    `most` is the natural log likelihood ratio that the face that differs most was changed, against
    that it was only copied; None where none was compared.
    """

    most: float | None = None

    def said(self, *, from_original: float | None = None, vouched: bool = False) -> FacesSaid:
        """Return whether a file shows the faces of the suspected one, or rather others.

        `from_original` is how the same faces differ from official footage that the file matches,
        `vouched` whether they count as those: then it takes more to be called a copy of another.
        """
        if self.most is None:
            return "failed"
        if self.most >= _changed():
            return "other"
        if self.most > 0.0:  # rather changed than copied
            return "unclear"
        margin = NEARER if vouched else 0.0
        if from_original is not None and self.most > from_original - margin:
            return "other"
        return "same"


@cache
def _changed() -> float:
    from media_screen.footage.original.alteration import limits

    return limits().changed

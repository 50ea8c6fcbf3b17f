"""Says what a user reads of each measured file, by what was learned from other people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from benchmarks.original.measuring import MeasuredFile
from media_screen.footage.original.alteration import (
    excused,
    follows,
    is_open,
    measures,
    unlike,
    vouched,
)
from training.original.fit import Example, Fitted, held_out

# What a user reads: that a face was changed; neither; that it is the original's; why it could not
# be compared; that no original was found.
Outcome = Literal["changed", "unclear", "same", "not compared", "not found"]


# Eyes that look elsewhere for a moment: in most clips they hardly do. They are counted by
# themselves, and don't decide up to where a face counts as the same.
SLIGHT = ("eyes of another moment",)


@dataclass(frozen=True)
class Judged:
    """A file with its outcome, and its ratio where its faces were compared."""

    answer: MeasuredFile
    outcome: Outcome
    llr: float | None = None
    follows: bool = False  # all faces that were compared do


def example(answer: MeasuredFile) -> Example | None:
    """Return what can be learned from a file; None where no face was compared."""
    faces = [face for face in answer.compared if is_open(face)]
    if not faces:
        return None
    return Example(
        faces=np.stack([measures(face) for face in faces]),
        excused=np.array([excused(face) for face in faces], bool),
        vouched=np.array([vouched(face) for face in faces], bool),
        unlike=np.array([unlike(face) for face in faces]),
        forged=answer.forged,
        group=answer.group,
        kind=answer.kind,
        slight=answer.kind in SLIGHT,
    )


def judge(answers: Sequence[MeasuredFile], left_out: Sequence[str] = ()) -> list[Judged]:
    """Judge all by what was learned without their people; `left_out` kinds teach nothing."""
    found = [(answer, example(answer)) for answer in answers]
    taught = [one for answer, one in found if one is not None and answer.kind not in left_out]
    by_person: dict[str, Fitted] = {}
    for fitted, number in held_out(taught):
        by_person[taught[number].group] = fitted
    last = next(reversed(by_person.values()))
    return [judged(answer, one, by_person.get(answer.group, last)) for answer, one in found]


def judged(answer: MeasuredFile, one: Example | None, fitted: Fitted) -> Judged:
    """Return the outcome of one file."""
    if not answer.relation:
        return Judged(answer, "not found")
    if one is None:
        return Judged(answer, "not compared")
    llr = fitted.llr(one)
    outcome: Outcome = "same" if llr <= fitted.same else "unclear"
    if llr >= fitted.changed:
        outcome = "changed"
    return Judged(answer, outcome, llr, all(map(follows, filter(is_open, answer.compared))))

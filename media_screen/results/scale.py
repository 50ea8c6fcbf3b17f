"""Likelihood ratios in words, and the propositions they compare.

The verbal scale is that of the ENFSI Guideline for Evaluative Reporting in Forensic Science
(European Network of Forensic Science Institutes, version 3.0, 2015). It names the strength of the
support that findings give one proposition against a stated alternative, never a conclusion.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from media_screen.evidence import PRIOR_RANGE, Contribution, Fusion, Verdict
from media_screen.results.text import percent
from media_screen.results.words import detector_words

CITATION = (
    "ENFSI Guideline for Evaluative Reporting in Forensic Science, version 3.0, 2015 "
    "(European Network of Forensic Science Institutes)"
)

# Lower end of each step (likelihood ratio) and its name.
STEPS: tuple[tuple[float, str], ...] = (
    (2, "weak support"),
    (10, "moderate support"),
    (100, "moderately strong support"),
    (1_000, "strong support"),
    (10_000, "very strong support"),
    (1_000_000, "extremely strong support"),
)

_LARGEST_DECADE = 6.0  # the drawn scale runs from a million for H2 to a million for H1


@dataclass(frozen=True, slots=True)
class Weighing:
    """Two propositions and what the findings say between them; `llr` is None when nothing did."""

    title: str
    h1: str
    h2: str
    llr: float | None
    words: str
    sentence: str
    position: float = 50.0  # percent along the drawn scale, 50 is even


def verbal(llr: float) -> tuple[str, str]:
    """Return the verbal strength of a log likelihood ratio and the proposition it supports."""
    name = ""
    for lower, step in STEPS:
        # The small slack keeps log(10) from falling below ten by rounding.
        if abs(llr) >= math.log(lower) - 1e-9:
            name = step
    if not name:
        return "no support for either", ""
    return name, "H1" if llr > 0 else "H2"


def ratio(llr: float) -> str:
    """Return how many times more probable the findings are, to two digits: `30`, `1,400`."""
    if abs(llr) > math.log(1_000_000):
        return "more than 1,000,000"
    value = math.exp(abs(llr))
    if value < 10:
        return f"{value:.1f}"
    digits = len(str(int(value))) - 2
    return f"{round(value, -digits):,.0f}"


def weigh(title: str, h1: str, h2: str, llr: float | None) -> Weighing:
    """State what a log likelihood ratio says between two propositions."""
    if llr is None:
        sentence = "Nothing calibrated speaks to this question, so nothing is said about it."
        return Weighing(title, h1, h2, None, "Not assessed", sentence)
    words, side = verbal(llr)
    if not side:
        sentence = "The findings are about equally probable under both propositions."
    else:
        first, second = ("H1", "H2") if side == "H1" else ("H2", "H1")
        sentence = (
            f"The findings are about {ratio(llr)} times more probable if {first} is true "
            f"than if {second} is."
        ).replace("about more", "more")
        words = f"{words} for {side}"
    decades = max(-_LARGEST_DECADE, min(_LARGEST_DECADE, llr / math.log(10)))
    words = words[0].upper() + words[1:]
    return Weighing(
        title, h1, h2, llr, words, sentence, round(50 + 50 * decades / _LARGEST_DECADE, 2)
    )


def weighings(verdict: Verdict) -> list[Weighing]:
    """Return the questions of a verdict: was it manipulated, and is it this person."""
    questions = [
        weigh(
            "Manipulation",
            "the media was manipulated or fabricated",
            "it is a genuine recording",
            verdict.llr.get("manipulation"),
        )
    ]
    person = verdict.person or _named_in_evidence(verdict)
    if person:
        questions.append(
            weigh(
                "Identity",
                f"the person shown or heard is {verdict.name_of(person)}",
                "it is somebody else",
                verdict.llr.get("identity"),
            )
        )
    return questions


def _named_in_evidence(verdict: Verdict) -> str | None:
    named = [piece for piece in verdict.evidence if piece.axis == "identity" and piece.person]
    return max(named, key=lambda piece: piece.llr).person if named else None


def fusion_sentence(fusion: Fusion | None) -> str:
    """Say what each detector adds to the ratio of manipulation, "" for results that don't tell."""
    if fusion is None:
        return ""
    counted = [_added(part) for part in fusion.contributions if part.added]
    said = f"What adds up: {', '.join(counted)}." if counted else "Nothing that counts was found."
    other = _aside(part for part in fusion.contributions if part.weight and not part.added)
    if other and counted:
        said += (
            " Set aside, because a picture that seems genuine does not clear the sound, nor the "
            f"sound the picture: {other}."
        )
    unproven = _aside(part for part in fusion.contributions if not (part.weight or part.added))
    if unproven:
        said += f" Not counted, because it was not shown to help: {unproven}."
    return (
        f"{said} Manipulation is suspected from {fusion.threshold:+.2f} on "
        f"({fusion.sensitivity} sensitivity); detectors add up to {fusion.bound:.2f} at most."
    )


def _aside(parts: Iterable[Contribution]) -> str:
    return ", ".join(f"{detector_words(part.detector)} ({part.llr:+.2f})" for part in parts)


def _added(part: Contribution) -> str:
    own = "" if part.llr == part.added else f" of its {part.llr:+.2f}"
    return f"{detector_words(part.detector)} {part.added:+.2f}{own}"


def bounds_sentence(bounds: tuple[float, float] | None) -> str:
    """Say what the findings make of the two ends of the prior range."""
    low, high = (_prior(prior) for prior in PRIOR_RANGE)
    if bounds is None:
        return (
            "No probability is given: nothing calibrated spoke, and a number would only be the "
            "prior dressed up."
        )
    return (
        f"The probability of manipulation depends on how common it is among such files. If {low} "
        f"is manipulated to begin with, it is {percent(bounds[0])} for this one; if {high} is, "
        f"it is {percent(bounds[1])}."
    )


def _prior(probability: float) -> str:
    odds = 1 / probability
    if abs(odds - round(odds)) < 1e-6:
        return f"1 file in {round(odds)}"
    return f"{percent(probability)} of the files"

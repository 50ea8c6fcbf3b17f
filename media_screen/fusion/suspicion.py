"""Adds up what speaks for manipulation of one file, and says whether and why it is suspicious."""

from __future__ import annotations

import math
from collections.abc import Sequence

from media_screen.evidence import DECLARED, Contribution, Evidence, Fusion, Sensitivity
from media_screen.fusion.combination import Combination
from media_screen.fusion.thresholds import DECLARED_THRESHOLD

# A file, its platform or a mark in its picture says that it was generated. The same label is often
# seen in several of these places, so the strongest counts, once.
DECLARATIONS = (
    "declared_ai",
    "generator_tag",
    "ai_generated",
    "ai_composite",
    "platform_ai_label",
    "generator_mark",
)
BESIDE = "original"  # the detector that compares what matches official footage, and nothing else


def fuse_manipulation(
    evidence: Sequence[Evidence],
    weighing: Combination,
    sensitivity: Sensitivity = "normal",
    *,
    copied: bool,
) -> Fusion:
    """Return what each detector adds to the ratio of manipulation, from its pooled evidence.

    Declarations are rules and not learned: the strongest counts, in full and once. What was found
    to be as in the original takes something away only where that makes up the file (`copied`):
    whoever puts official footage in front of a fabrication clears nothing.
    """
    llrs: dict[str, list[float]] = {}
    for piece in evidence:
        # A ratio of 0 is no news, unless its detector counts: nothing for, nothing against.
        news = piece.llr != 0.0 or weighing.weight(piece.detector) > 0
        counts = piece.axis == "manipulation" and piece.pooled and news
        if counts and piece.finding not in DECLARATIONS:
            llrs.setdefault(piece.detector, []).append(piece.llr)
    sums = {name: math.fsum(found) for name, found in llrs.items()}
    if not copied and sums.get(BESIDE, 0.0) < 0:
        del sums[BESIDE]
    parts = weighing.contributions(sums)
    declared = [piece.llr for piece in evidence if piece.finding in DECLARATIONS]
    if declared:
        parts = (Contribution(DECLARED, max(declared), max(declared), 1.0), *parts)
    return Fusion(sensitivity, weighing.thresholds[sensitivity].llr, weighing.bound, parts)


def manipulated(fusion: Fusion, llr: float | None) -> bool:
    """Say whether manipulation is suspected: by the fused ratio, or by what the file declares.

    `llr` is `fusion.total`, or of a record the ratio that stands in it: its parts are rounded.
    """
    over = llr is not None and llr >= fusion.threshold
    return over or fusion.declared >= DECLARED_THRESHOLD


def why_suspicious(evidence: Sequence[Evidence], fusion: Fusion) -> str:
    """Say what is strongest of the evidence and what adds up, "" when nothing is suspected."""
    total = fusion.total
    if total is None or not manipulated(fusion, total):
        return ""
    strongest = max(_weighty(evidence, fusion), key=lambda piece: piece.llr)
    sums = ", ".join(
        f"{part.detector} {part.added:+.1f}" for part in fusion.contributions if part.added
    )
    return f"{strongest.why.rstrip('.')} (log likelihood ratio {total:+.1f}: {sums})"


def _weighty(evidence: Sequence[Evidence], fusion: Fusion) -> list[Evidence]:
    """Return the evidence for manipulation that adds to the sum."""
    added = {part.detector for part in fusion.contributions if part.added > 0}
    return [
        piece
        for piece in evidence
        if piece.llr > 0
        and (
            piece.finding in DECLARATIONS
            or (piece.axis == "manipulation" and piece.detector in added)
        )
    ]

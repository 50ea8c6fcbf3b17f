"""Says what a label rests on where that is not the ratio of manipulation.

The ratio is about traces of manipulation in the file by itself. A match with official footage or
with a known fake, the channel and what a file declares decide without it, and it may then point the
other way.
"""

from __future__ import annotations

from dataclasses import dataclass

from media_screen.evidence import ACCUSING, Verdict


@dataclass(frozen=True, slots=True)
class Ground:
    """What decided in place of the ratio: in a word or two, and in a sentence."""

    short: str
    sentence: str


_OFFICIAL = Ground(
    "channel decides",
    "The label rests on the official channel that published the file, by its stable id. The ratio "
    "is about traces in the file alone, and takes that from no official post.",
)
_DOUBTED = Ground(
    "channel decides",
    "The label rests on the official channel that published the file, by its stable id. What "
    "speaks against the file is a reason to check whether the channel was taken over.",
)
_COPY = Ground(
    "footage decides",
    "The label rests on the comparison with official footage, which the file follows. The ratio is "
    "about traces in the file alone, and knows nothing of the original.",
)
_ALTERED = Ground(
    "footage decides",
    "The label rests on the comparison with official footage, which the file changes. The ratio is "
    "about traces in the file alone: it can be low where the original shows the change.",
)
_KNOWN_FAKE = Ground(
    "known fake",
    "The label rests on a match with a fake that is known. The ratio is about traces in the file "
    "alone: a good fake leaves few, and copies lose them.",
)
_LOOKALIKE = Ground(
    "channel decides",
    "The label rests on the channel, which imitates an official one. The ratio is about traces in "
    "the file alone, and is below what is suspicious.",
)
_DECLARED = Ground(
    "declared",
    "The label rests on what the file or its post declares of itself. That is not refuted by a "
    "picture or a voice that seems genuine.",
)
_PASSED = Ground(
    "copy decides",
    "The label comes from another file, which this one repeats. The ratio is that of this file "
    "alone: a copy can lose the traces that the other one shows.",
)


def ground(verdict: Verdict) -> Ground | None:
    """Return what a label rests on in place of the ratio of manipulation, None for that itself."""
    if verdict.passed is not None:
        return _PASSED
    if verdict.label == "official":
        return _DOUBTED if "review_official_channel" in verdict.flags else _OFFICIAL
    if verdict.label == "official_copy":
        return _COPY
    if verdict.label not in ACCUSING:
        return None
    match = verdict.provenance.match
    if match is not None and match.relation == "known_fake":
        return _KNOWN_FAKE
    if verdict.label == "altered_official" or (match is not None and not _is_over(verdict)):
        return _ALTERED
    if _is_over(verdict):
        return None
    if verdict.provenance.channel == "lookalike":
        return _LOOKALIKE
    return _DECLARED if verdict.fusion is not None and verdict.fusion.declared > 0 else None


def _is_over(verdict: Verdict) -> bool:
    """Tell whether the ratio is as high as the label; of older results the sign has to do."""
    llr = verdict.llr.get("manipulation")
    threshold = verdict.fusion.threshold if verdict.fusion is not None else 0.0
    return llr is not None and llr >= threshold

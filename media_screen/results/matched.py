"""Says of a match what of it is the reference's, so that no sentence contradicts what was found.

That a file goes along with official footage, over all of its time and in picture and sound, says
nothing of a face or of a second in it. So nothing is called the original's unless its faces were
laid beside it, and then but for what was found to be another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from media_screen.evidence import ACCUSING, Evidence, Match, Span, Verdict
from media_screen.results.text import clock
from media_screen.results.words import reason_words

DETECTOR = "original"
MOST_SPANS = 3  # stretches of one kind that are named
JOINED_S = 0.1  # s between two of them that are told as one: what a clock shows

# What of a face was changed, by finding.
_FACES = {
    "mouth_changed": "the mouth",
    "eyes_changed": "the eyes",
    "face_exchanged": "the face, which is another one",
    "face_changed": "the face",
}
_REMADE, _AS_ORIGINAL, _UNCLEAR = "remade", "as_original", ("unclear", "incomplete")
_STRETCH = "altered_official"
_OTHER = {"revoiced": "the sound", "repictured": "the picture"}


@dataclass(frozen=True, slots=True)
class Matched:
    """What of a match is the reference's: a sentence, what is not, and why faces may not be.

    `but_for` continues the sentence where anything is another one; `doubt` is "" where somebody
    vouches for the faces, or there are none.
    """

    sentence: str
    but_for: tuple[str, ...] = ()
    doubt: str = ""


def matched(verdict: Verdict) -> Matched | None:
    """Say what of the match is the original's; None without a match, or with a known fake."""
    match = verdict.provenance.match
    if match is None or match.relation == "known_fake":
        return None
    changed, doubt = tuple(_changed(verdict, match)), _doubt(verdict, match)
    other = _OTHER.get(match.relation, "")
    subject, several = _subject(match)
    follow = f"{subject} follow the original" if several else f"{subject} follows the original"
    own = f"{subject} are the original's" if several else f"{subject} is the original's"
    if changed:
        return Matched(_beside(other, f"{own} but for"), changed, doubt)
    if doubt:
        return Matched(_beside(other, follow), (), doubt)
    if verdict.label in ACCUSING and not other:
        return Matched(
            f"{follow} here; what speaks against the file stands at the top of this page"
        )
    return Matched(_beside(other, own))


def _beside(other: str, said: str) -> str:
    """Say first that another part is another one, where there is such."""
    return f"{other} is another one, and {said}" if other else said


def _subject(match: Match) -> tuple[str, bool]:
    """Return what of the match goes along with the original, and whether it is several things."""
    shares = {"the picture": match.picture, "the sound": match.sound}
    told = [
        part
        for part, share in shares.items()
        if share > 0 and part != _OTHER.get(match.relation, "")
    ]
    if len(told) == 2:
        return "picture and sound", True
    return (told[0] if told else "the file"), False


def _changed(verdict: Verdict, match: Match) -> list[str]:
    """Return what is not the original's, with its times."""
    pieces = [piece for piece in verdict.evidence if _is_about(piece, match)]
    found = [*_faces(pieces), *(_stretch(one) for one in pieces if one.finding == _STRETCH)]
    others = {piece.finding for piece in pieces} & set(_OTHER) - {match.relation}
    return found + [f"{_OTHER[finding]}, which is another one" for finding in sorted(others)]


def _faces(pieces: Sequence[Evidence]) -> Iterator[str]:
    """Give what of faces was changed, and when; at least that some face was."""
    told = False
    for kind, part in _FACES.items():
        spans = [piece.span for piece in pieces if piece.finding == kind]
        if spans:
            told = True
            yield f"{part} at {_clocks(spans)}"
    if not told and any(piece.finding == _REMADE for piece in pieces):
        yield "a face"


def _stretch(piece: Evidence) -> str:
    return f"a stretch of it: {piece.why}"


def _is_about(piece: Evidence, match: Match) -> bool:
    """Tell whether evidence may be about a match, and not about another one of the file."""
    if piece.match is not None and piece.match.reference != match.reference:
        return False
    return piece.span is None or piece.span.overlap(match.query_span) > 0


def _clocks(spans: Iterable[Span | None]) -> str:
    known: list[Span] = []
    for span in sorted({span for span in spans if span is not None}):
        if known and span.start <= known[-1].end + JOINED_S:
            span = Span(known[-1].start, max(known.pop().end, span.end))
        known.append(span)
    if not known:
        return "times that the record lacks"
    few = ", ".join(f"{clock(one.start)} to {clock(one.end)}" for one in known[:MOST_SPANS])
    more = len(known) - MOST_SPANS
    return f"{few} and {more} more" if more > 0 else few


def _doubt(verdict: Verdict, match: Match) -> str:
    """Return why nothing vouches for the faces, "" where something does or there are none."""
    if match.picture <= 0 or match.relation == "repictured":
        return ""
    broken = next((one for one in verdict.failures if one.detector == DETECTOR), None)
    if broken is not None:
        return "comparing them with the original failed"
    pieces = [piece for piece in verdict.evidence if piece.detector == DETECTOR and piece.pooled]
    unclear = next((piece.why for piece in pieces if piece.finding in _UNCLEAR), "")
    if unclear:
        return unclear
    silent = [one for one in verdict.abstentions if one.detector == DETECTOR]
    seen = [one for one in silent if one.reason != "no_face"]
    if seen:
        return seen[0].why or reason_words(seen[0].reason)
    spoke = any(piece.finding in (_AS_ORIGINAL, _REMADE) for piece in pieces)
    return "" if spoke or silent else "they were not compared with the original"

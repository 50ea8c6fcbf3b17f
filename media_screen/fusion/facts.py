"""Draws from the evidence of one file the facts that the verdict table reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from media_screen.evidence import Abstention, Coverage, Evidence, Failure, Span, covered_s
from media_screen.fusion.thresholds import (
    COPY_COVERAGE,
    IDENTITY_THRESHOLD,
    LEAST_COVERED,
    VOICE_THRESHOLD,
)
from media_screen.weights.calibration import percent

_COPY = ("copy", "excerpt")  # findings of the catalogue: official footage, unchanged
# Findings that official footage was changed: of the catalogue, and of who compared the two.
ALTERED = ("revoiced", "repictured", "altered_official")
_COMPARES = "original"  # the detector that does; that it has nothing to compare says nothing else
_REMADE = "remade"  # a face differs from that of the original
_AS_ORIGINAL = "as_original"  # every face that was compared is that of the original

# Abstentions that mean "looked, and there was nothing of this kind to judge". Every other reason
# means that something was there, or may have been, and could not be judged.
_NOTHING_THERE = ("no_face", "no_speech")
_NO_FACES = ("no_face", "no_video")  # what has none shows no other face than the original


@dataclass(frozen=True, slots=True)
class Facts:
    """What the table reads, drawn from the evidence of one file."""

    presented: tuple[str, ...]  # enrolled people on the picture or in the sound, the clearest first
    official: Evidence | None  # of the official channel that published the file
    lookalike: Evidence | None  # of a presented person's channel if there is one, else of anybody's
    claimed: Evidence | None  # that the post carries an official handle or name, without an id
    copy: Evidence | None  # of official footage that makes up the file
    excerpt: Evidence | None  # of official footage that is only a part of it
    unconfirmed: Evidence | None  # it makes up the file, and something of it was not compared
    rest: Evidence | None  # a face or speech beside official footage, which nothing vouches for
    altered: Evidence | None
    known_fake: Evidence | None
    suspicion: str  # the strongest manipulation evidence and what adds up to how much, "" for none
    compared: bool  # with enrolled people, if anybody is there to compare
    blind: str  # why nothing could be evaluated, "" when something was
    coverage: Coverage

    @property
    def shown(self) -> str | None:
        """The enrolled person who is recognised most clearly."""
        return self.presented[0] if self.presented else None

    @property
    def remade(self) -> Evidence | None:
        """What says that a face of official footage was changed."""
        return self.altered if self.altered and self.altered.finding == _REMADE else None

    @property
    def imitated(self) -> str | None:
        """The presented person whose channel the publisher imitates."""
        found = self.lookalike
        return found.person if found and found.person in self.presented else None

    @property
    def faked(self) -> str | None:
        """The person whom the known fake is of, if that was recorded."""
        return self.known_fake.person if self.known_fake else None

    @property
    def matched(self) -> str | None:
        """The person whose footage the file uses, recognised in it or not."""
        pieces = (self.altered, self.copy, self.unconfirmed, self.excerpt)
        return next((piece.person for piece in pieces if piece and piece.person), None)

    @property
    def concerned(self) -> str | None:
        """The person who is recognised, else the one whose footage the file uses."""
        return self.shown or self.matched

    @property
    def excused(self) -> bool:
        """Whether the file is official footage, unchanged as far as could be compared."""
        return self.copy is not None and self.altered is None

    @property
    def doubt(self) -> str:
        """What speaks against an official post, as the end of a sentence, "" for nothing."""
        if self.suspicion:
            return f"it looks manipulated: {self.suspicion}"
        if self.known_fake:
            return f"it matches a known fake: {self.known_fake.why}"
        return f"it changes official footage: {self.altered.why}" if self.altered else ""

    @property
    def unevaluated(self) -> str:
        """Why nothing found would mean nothing, "" when it means something."""
        return self.blind or _unseen(self.coverage)


def gather(
    evidence: Sequence[Evidence],
    abstentions: Sequence[Abstention],
    failures: Sequence[Failure],
    *,
    suspicion: str,
    duration_s: float,
    coverage: Coverage,
) -> Facts:
    """Return the facts of a file of `duration_s` seconds, 0 for a picture."""
    presented = _presented(evidence)
    copied = first(evidence, *_COPY)
    filling = _filling(evidence, duration_s)
    vouched = filling is not None and _clears(evidence, abstentions)
    remade = next((piece for piece in evidence if piece.finding == _REMADE and piece.pooled), None)
    return Facts(
        presented=presented,
        official=first(evidence, "official"),
        lookalike=_lookalike(evidence, presented),
        claimed=first(evidence, "claimed_official"),
        copy=filling if vouched else None,
        excerpt=None if filling else copied,
        unconfirmed=None if vouched else filling,
        rest=first(evidence, "unmatched_rest"),
        altered=remade or first(evidence, *ALTERED),
        known_fake=first(evidence, "known_fake"),
        suspicion=suspicion,
        compared=_compared(evidence, abstentions),
        blind=_blind(evidence, abstentions, failures, is_picture=duration_s == 0),
        coverage=coverage,
    )


def is_copy(
    evidence: Sequence[Evidence], abstentions: Sequence[Abstention], duration_s: float
) -> bool:
    """Tell whether official footage makes up a file, and nothing else is seen or heard in it.

    The faces of a shorter stretch, though they are the original's, say nothing of the rest.
    """
    return _filling(evidence, duration_s) is not None and _clears(evidence, abstentions)


def first(evidence: Sequence[Evidence], *findings: str) -> Evidence | None:
    """Return the provenance evidence with the first of these findings that was made."""
    return next(iter(_found(evidence, findings)), None)


def told(coverage: Coverage) -> str:
    """Say how much of the file was looked at, "" when it was all of it."""
    parts = []
    if coverage.picture is not None and coverage.picture < 1:
        parts.append(f"{percent(coverage.picture)} of the picture's time was looked at")
    if coverage.sound is not None and coverage.sound < 1:
        parts.append(f"{percent(coverage.sound)} of the sound's time was listened to")
    return f"Only {' and '.join(parts)}." if parts else ""


def _unseen(coverage: Coverage) -> str:
    """Say of which stream nearly nothing was looked at, "" when enough was."""
    for share, what in ((coverage.picture, "picture"), (coverage.sound, "sound")):
        if share is not None and share < LEAST_COVERED:
            return f"only {percent(share)} of the {what} could be looked at"
    return ""


def _found(evidence: Sequence[Evidence], findings: Sequence[str]) -> list[Evidence]:
    """Return the provenance evidence with these findings, in the order of the findings."""
    found = [piece for piece in evidence if piece.axis == "provenance"]
    return [piece for finding in findings for piece in found if piece.finding == finding]


def _presented(evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """Return the people whose face or voice passes its threshold, by how clearly it does."""
    over: dict[str, float] = {}
    for piece in evidence:
        if piece.axis == "identity" and piece.person is not None and piece.pooled:
            voice = piece.detector == "voice_identity"
            margin = piece.llr - (VOICE_THRESHOLD if voice else IDENTITY_THRESHOLD)
            if margin >= 0:
                over[piece.person] = max(over.get(piece.person, 0.0), margin)
    return tuple(sorted(over, key=lambda person: (-over[person], person)))


def _lookalike(evidence: Sequence[Evidence], presented: tuple[str, ...]) -> Evidence | None:
    """Return that the channel imitates one of the presented people, else that it does anybody."""
    found = _found(evidence, ("lookalike_handle", "lookalike_name"))
    theirs = [piece for person in presented for piece in found if piece.person == person]
    return next(iter(theirs + found), None)


def _compared(evidence: Sequence[Evidence], abstentions: Sequence[Abstention]) -> bool:
    """Tell whether what the file shows was compared with enrolled people, had it shown any."""
    compared = any(
        piece.axis == "identity" and piece.person is not None and piece.pooled for piece in evidence
    )
    return compared or not any(
        piece.reason == "no_reference" and piece.detector.endswith("_identity")
        for piece in abstentions
    )


def _filling(evidence: Sequence[Evidence], duration_s: float) -> Evidence | None:
    """Return the official video that makes up a file, as good as from end to end.

    A film made of several is a copy of none of them.
    """
    shares = _copied_shares(evidence, duration_s)
    share, piece = max(shares, key=lambda one: one[0], default=(0.0, None))
    return piece if share >= COPY_COVERAGE else None


def _clears(evidence: Sequence[Evidence], abstentions: Sequence[Abstention]) -> bool:
    """Tell whether what fills a file is vouched for, and no face or speech stands beside it."""
    return first(evidence, "unmatched_rest") is None and _is_vouched(evidence, abstentions)


def _is_vouched(evidence: Sequence[Evidence], abstentions: Sequence[Abstention]) -> bool:
    """Tell whether faces were compared with the original's and are the same, or there are none.

    What only looks like official footage as a whole may show another face, and so may a part that
    could not be compared.
    """
    silent = [piece for piece in abstentions if piece.detector == _COMPARES]
    spoke = [piece for piece in evidence if piece.detector == _COMPARES and piece.pooled]
    same = any(piece.finding == _AS_ORIGINAL for piece in spoke)
    # That one of two matches shows no face says nothing of the faces of the other.
    looked = same if spoke else bool(silent)
    return looked and all(piece.reason in _NO_FACES for piece in silent)


def _copied_shares(evidence: Sequence[Evidence], duration_s: float) -> list[tuple[float, Evidence]]:
    """Return of each official video that is seen its share of the file, 0 to 1, and the piece."""
    firsts: dict[tuple[str | None, str], Evidence] = {}
    spans: dict[tuple[str | None, str], list[Span]] = {}
    for piece in _found(evidence, _COPY):
        if piece.match is not None:
            video = (piece.person, piece.match.reference)
            firsts.setdefault(video, piece)
            spans.setdefault(video, []).append(piece.match.query_span)
    return [
        (min(1.0, covered_s(spans[video]) / duration_s) if duration_s > 0 else 1.0, piece)
        for video, piece in firsts.items()
    ]


def _blind(
    evidence: Sequence[Evidence],
    abstentions: Sequence[Abstention],
    failures: Sequence[Failure],
    *,
    is_picture: bool,
) -> str:
    """Return why the content could not be evaluated, "" when it was.

    The content counts as evaluated when a detector of identity or manipulation that looks at
    pictures or sound spoke about it, or said that nothing of its kind is there.
    """
    if failures:
        return f"{failures[0].detector} failed: {failures[0].error}"
    spoke = any(piece.axis != "provenance" and piece.detector != "container" for piece in evidence)
    content = [
        piece
        for piece in abstentions
        if piece.reason != "no_sidecar" and piece.detector != _COMPARES
    ]
    if spoke or any(piece.reason in _NOTHING_THERE for piece in content):
        return ""
    # What the file itself lacks says more to a reader than that nobody is enrolled; but of a
    # picture hardly more can be asked than whom it shows.
    content.sort(key=lambda piece: piece.reason in ("no_reference", "missing_package"))
    if is_picture:
        content.sort(key=lambda piece: piece.reason != "no_reference")
    return content[0].why if content else "no detector could look at its content"

"""The verdict table: which facts of a file give which label, read from the top.

The first row that holds gives the label and the sentence. The rows stand in an order that keeps one
promise: a further suspicious fact (signs of manipulation, a look-alike channel, a known fake,
changed footage, an enrolled person on the picture) never leads to a label of less concern, and a
person who was recognised is named and never denied. Only two things excuse: the official channel
that published the file, and a match that shows it to be official footage.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from media_screen.evidence import Coverage, Evidence, Label
from media_screen.weights.calibration import percent

# From least to most concern. Of the third pair one says that nothing was found and the other that
# nothing could be looked for: neither is more concern than the other.
CONCERN: dict[Label, int] = {
    "official": 0,
    "official_copy": 1,
    "no_finding": 2,
    "unable_to_evaluate": 2,
    "unverified_appearance": 3,
    "synthetic_media": 4,
    "altered_official": 5,
    "suspected_impersonation": 6,
}

# Share of the time of picture or sound under which nothing found means nothing: nine tenths of the
# file went unseen. Long files are sampled, and what was sampled stands in the sentence.
LEAST_COVERED = 0.1


@dataclass(frozen=True, slots=True)
class Facts:
    """What the table reads, drawn from the evidence of one file."""

    presented: tuple[str, ...]  # enrolled people on the picture or in the sound, the clearest first
    official: Evidence | None  # of the official channel that published the file
    lookalike: Evidence | None  # of a presented person's channel if there is one, else of anybody's
    claimed: Evidence | None  # that the post carries an official handle or name, without an id
    copy: Evidence | None  # of official footage that makes up the file
    excerpt: Evidence | None  # of official footage that is only a part of it
    unconfirmed: Evidence | None  # official footage whose face may be another one
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
    def imitated(self) -> str | None:
        """The presented person whose channel the publisher imitates."""
        found = self.lookalike
        return found.person if found and found.person in self.presented else None

    @property
    def matched(self) -> str | None:
        """The person whose footage the file uses, recognised in it or not."""
        pieces = (self.altered, self.copy, self.unconfirmed, self.excerpt)
        return next((piece.person for piece in pieces if piece and piece.person), None)

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
            return f"it matches a known fake: {_why(self.known_fake)}"
        return f"it changes official footage: {_why(self.altered)}" if self.altered else ""

    @property
    def unseen(self) -> str:
        """Say of which stream nearly nothing was looked at, "" when enough was."""
        for share, what in ((self.coverage.picture, "picture"), (self.coverage.sound, "sound")):
            if share is not None and share < LEAST_COVERED:
                return f"only {percent(share)} of the {what} could be looked at"
        return ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: when it holds, the label, whom it concerns, and the sentence with that name."""

    label: Label
    when: Callable[[Facts], object]
    who: Callable[[Facts], str | None]
    say: Callable[[Facts, str], str]


TABLE: tuple[Row, ...] = (
    Row(
        "official",
        when=lambda it: it.official and it.doubt,
        who=lambda it: _person(it.official),
        say=lambda it, name: (
            f"Published on the official channel of {name}, yet {it.doubt}. "
            "Check whether the channel was taken over."
        ),
    ),
    Row(
        "official",
        when=lambda it: it.official,
        who=lambda it: _person(it.official),
        say=lambda it, name: (
            f"Published on the official channel of {name}; nothing suspicious was found."
        ),
    ),
    Row(
        "suspected_impersonation",
        when=lambda it: _person(it.known_fake) and not it.shown,
        who=lambda it: _person(it.known_fake),
        say=lambda it, name: f"Matches a known fake of {name}: {_why(it.known_fake)}.",
    ),
    Row(
        "suspected_impersonation",
        when=lambda it: it.known_fake and (it.shown or it.matched),
        who=lambda it: it.shown or it.matched,
        say=lambda it, name: f"Presents {name} and matches a known fake: {_why(it.known_fake)}.",
    ),
    Row(
        "synthetic_media",
        when=lambda it: it.known_fake,
        who=lambda it: None,
        say=lambda it, name: f"Matches a known fake: {_why(it.known_fake)}.",
    ),
    Row(
        "suspected_impersonation",
        when=lambda it: it.shown and it.suspicion and not it.excused,
        who=lambda it: it.shown,
        say=lambda it, name: (
            f"Presents {name}, not on an official channel, and looks fabricated: {it.suspicion}."
            + (f" It changes official footage: {_why(it.altered)}." if it.altered else "")
        ),
    ),
    Row(
        "suspected_impersonation",
        when=lambda it: it.imitated and not it.excused,
        who=lambda it: it.imitated,
        say=lambda it, name: (
            f"Presents {name} on a channel that imitates an official one: {_why(it.lookalike)}."
            + (f" It changes official footage: {_why(it.altered)}." if it.altered else "")
        ),
    ),
    Row(
        "altered_official",
        when=lambda it: it.altered,
        who=lambda it: _person(it.altered),
        say=lambda it, name: f"Uses official footage of {name} and changes it: {_why(it.altered)}.",
    ),
    Row(
        "official_copy",
        when=lambda it: it.copy,
        who=lambda it: _person(it.copy),
        say=lambda it, name: f"A copy of official footage of {name}: {_why(it.copy)}.",
    ),
    Row(
        "altered_official",
        when=lambda it: it.unconfirmed and it.suspicion,
        who=lambda it: it.matched,
        say=lambda it, name: f"Uses official footage, and looks fabricated: {it.suspicion}.",
    ),
    Row(
        "synthetic_media",
        when=lambda it: it.suspicion,
        who=lambda it: None,
        say=lambda it, name: f"Looks fabricated and shows nobody who is enrolled: {it.suspicion}.",
    ),
    Row(
        "unverified_appearance",
        when=lambda it: it.unconfirmed,
        who=lambda it: it.shown or it.matched,
        say=lambda it, name: (
            "Matches official footage, but nothing vouches for the face in it: "
            f"{_why(it.unconfirmed)}."
        ),
    ),
    Row(
        "unverified_appearance",
        when=lambda it: it.shown and it.claimed,
        who=lambda it: it.shown,
        say=lambda it, name: (
            f"Presents {name}; that an official channel published it is only claimed: "
            f"{_why(it.claimed)}. No sign of manipulation found."
        ),
    ),
    Row(
        "unverified_appearance",
        when=lambda it: it.shown,
        who=lambda it: it.shown,
        say=lambda it, name: (
            f"Presents {name}, not on a known official channel; no sign of manipulation found."
        ),
    ),
    Row(
        "unable_to_evaluate",
        when=lambda it: it.blind or it.unseen,
        who=lambda it: None,
        say=lambda it, name: f"Could not be evaluated: {(it.blind or it.unseen).rstrip('.')}.",
    ),
    Row(
        "no_finding",
        when=lambda it: it.compared,
        who=lambda it: None,
        say=lambda it, name: "Shows nobody who is enrolled, and nothing suspicious was found.",
    ),
    Row(
        "no_finding",
        when=lambda it: True,
        who=lambda it: None,
        say=lambda it, name: "Nothing suspicious was found; nobody is enrolled to compare with.",
    ),
)


def look_up(facts: Facts) -> Row:
    """Return the first row of the table that holds."""
    return next(row for row in TABLE if row.when(facts))


def told(coverage: Coverage) -> str:
    """Say how much of the file was looked at, "" when it was all of it."""
    parts = []
    if coverage.picture is not None and coverage.picture < 1:
        parts.append(f"{percent(coverage.picture)} of the picture's time was looked at")
    if coverage.sound is not None and coverage.sound < 1:
        parts.append(f"{percent(coverage.sound)} of the sound's time was listened to")
    return f"Only {' and '.join(parts)}." if parts else ""


def _person(piece: Evidence | None) -> str | None:
    return piece.person if piece else None


def _why(piece: Evidence | None) -> str:
    return piece.why.rstrip(".") if piece else ""

"""The verdict table: which facts of a file give which label, read from the top.

The first row that holds gives the label and the sentence. The rows stand in an order that keeps one
promise: a further suspicious fact (signs of manipulation, a look-alike channel, a known fake,
changed footage, an enrolled person on the picture) never leads to a label of less concern, and a
person who was recognised is named and never denied. Only two things excuse: the official channel
that published the file, and a match that shows it to be official footage.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from string import Formatter

from media_screen.evidence import Evidence, Label
from media_screen.fusion.facts import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictRow:
    """One row: which facts it takes, the label, whom it concerns, and the sentence.

    All facts of `when` hold, and none of `unless`. `who` is a fact that is a person or is about
    one. In `say` a fact stands in braces, and so does the name of that person.
    """

    when: tuple[str, ...]
    unless: tuple[str, ...] = ()
    label: Label
    who: str | None = None
    say: str

    def __post_init__(self) -> None:
        named = {*self.when, *self.unless, *_in_braces(self.say)} - {"name"}
        named |= {self.who} if self.who else set()
        unknown = {fact for fact in named if not hasattr(Facts, fact)}
        if unknown:
            raise ValueError(f"the verdict table reads facts that there are not: {unknown}")

    def holds(self, facts: Facts) -> bool:
        """Tell whether this row is about a file with these facts."""
        return all(getattr(facts, fact) for fact in self.when) and not any(
            getattr(facts, fact) for fact in self.unless
        )

    def person(self, facts: Facts) -> str | None:
        """Return the slug of the person whom the label concerns, None for nobody."""
        about = getattr(facts, self.who) if self.who else None
        return about.person if isinstance(about, Evidence) else about

    def sentence(self, facts: Facts, name: str) -> str:
        """Return the sentence, in which the person is called by this name."""
        told = {fact: _told(getattr(facts, fact, "")) for fact in _in_braces(self.say)}
        return self.say.format_map(told | {"name": name})


def _in_braces(say: str) -> Iterator[str]:
    """Give what a sentence names in braces."""
    return (name for _, name, _, _ in Formatter().parse(say) if name)


def _told(fact: object) -> str:
    """Return a fact as a part of a sentence; of evidence, what it says."""
    return (fact.why if isinstance(fact, Evidence) else str(fact)).rstrip(".")


TABLE = (
    VerdictRow(
        when=("official", "doubt"),
        label="official",
        who="official",
        say="Published on the official channel of {name}, yet {doubt}. "
        "Check whether the channel was taken over.",
    ),
    VerdictRow(
        when=("official",),
        label="official",
        who="official",
        say="Published on the official channel of {name}; nothing suspicious was found.",
    ),
    VerdictRow(
        when=("known_fake", "faked"),
        unless=("shown",),
        label="suspected_impersonation",
        who="faked",
        say="Matches a known fake of {name}: {known_fake}.",
    ),
    VerdictRow(
        when=("known_fake", "concerned"),
        label="suspected_impersonation",
        who="concerned",
        say="Presents {name} and matches a known fake: {known_fake}.",
    ),
    VerdictRow(
        when=("known_fake",),
        label="synthetic_media",
        say="Matches a known fake: {known_fake}.",
    ),
    VerdictRow(
        when=("shown", "suspicion", "remade"),
        label="suspected_impersonation",
        who="shown",
        say="Presents {name}, not on an official channel, in official footage that was changed: "
        "{remade}.",
    ),
    VerdictRow(
        when=("shown", "suspicion", "altered"),
        label="suspected_impersonation",
        who="shown",
        say="Presents {name}, not on an official channel, and looks fabricated: {suspicion}. "
        "It changes official footage: {altered}.",
    ),
    VerdictRow(
        when=("imitated", "suspicion"),
        unless=("excused",),
        label="suspected_impersonation",
        who="imitated",
        say="Presents {name} on a channel that imitates an official one: {lookalike}. "
        "It looks fabricated, too: {suspicion}.",
    ),
    VerdictRow(
        when=("shown", "suspicion"),
        unless=("excused",),
        label="suspected_impersonation",
        who="shown",
        say="Presents {name}, not on an official channel, and looks fabricated: {suspicion}.",
    ),
    VerdictRow(
        when=("imitated", "altered"),
        label="suspected_impersonation",
        who="imitated",
        say="Presents {name} on a channel that imitates an official one: {lookalike}. "
        "It changes official footage: {altered}.",
    ),
    VerdictRow(
        when=("imitated",),
        unless=("excused",),
        label="suspected_impersonation",
        who="imitated",
        say="Presents {name} on a channel that imitates an official one: {lookalike}.",
    ),
    VerdictRow(
        when=("altered",),
        label="altered_official",
        who="altered",
        say="Uses official footage of {name} and changes it: {altered}.",
    ),
    VerdictRow(
        when=("copy",),
        label="official_copy",
        who="copy",
        say="A copy of official footage of {name}: {copy}.",
    ),
    VerdictRow(
        when=("unconfirmed", "suspicion"),
        label="altered_official",
        who="matched",
        say="Uses official footage, and looks fabricated: {suspicion}.",
    ),
    VerdictRow(
        when=("suspicion",),
        label="synthetic_media",
        say="Looks fabricated and shows nobody who is enrolled: {suspicion}.",
    ),
    VerdictRow(
        when=("unconfirmed", "rest"),
        label="unverified_appearance",
        who="concerned",
        say="Matches official footage, but for a part that nothing vouches for: {rest}.",
    ),
    VerdictRow(
        when=("unconfirmed",),
        label="unverified_appearance",
        who="concerned",
        say="Matches official footage, but its faces could not be compared with it: {unconfirmed}.",
    ),
    VerdictRow(
        when=("shown", "claimed"),
        label="unverified_appearance",
        who="shown",
        say="Presents {name}; that an official channel published it is only claimed: {claimed}. "
        "No sign of manipulation found.",
    ),
    VerdictRow(
        when=("shown",),
        label="unverified_appearance",
        who="shown",
        say="Presents {name}, not on a known official channel; no sign of manipulation found.",
    ),
    VerdictRow(
        when=("unevaluated",),
        label="unable_to_evaluate",
        say="Could not be evaluated: {unevaluated}.",
    ),
    VerdictRow(
        when=("compared",),
        label="no_finding",
        say="Shows nobody who is enrolled, and nothing suspicious was found.",
    ),
    VerdictRow(
        when=(),
        label="no_finding",
        say="Nothing suspicious was found; nobody is enrolled to compare with.",
    ),
)


def look_up(facts: Facts) -> VerdictRow:
    """Return the first row of the table that holds."""
    return next(row for row in TABLE if row.holds(facts))

"""Groups files by what they share: who repeats whom, and who only quotes.

Files are in one group when each repeats another one of it or lies in it as good as whole, in the
picture or, where somebody speaks, in the sound. A file that shows a part of another beside footage
of its own, or all of a suspected one beside more of its own, quotes it: it stands beside the group
and joins nothing, or a news programme would make one campaign of all that it reports on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from media_screen.evidence import Label, SharedFootage, SharedKind, SharedPart, Span
from media_screen.footage.campaigns.joined import Joined

# Least share of a file that suspected footage makes up, for the file to belong to it: a programme
# that shows a fake beside footage of its own reports on it.
LEAST_SHARE = 0.5
_TURNED: Mapping[str, SharedKind] = {"excerpt": "contains", "contains": "excerpt"}


@dataclass(frozen=True, slots=True)
class Suspicion:
    """That the media of a file is suspected, whoever posted it.

    `alone` are the parts of which each suffices for that: the picture, the sound, both, or none
    where it takes the two together.
    `spans` are where it looks or sounds so, s; none when that can't be told.
    """

    label: Label
    person: str | None
    summary: str
    alone: frozenset[Literal["picture", "sound"]]
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class ScreenedFile:
    """What grouping needs of a verdict, as the file got it for itself.

    `vouched` is set for official posts and copies of official footage whose faces were compared.
    `original` is the official footage that the file matches, "" for none, and `from_original` the
    natural log likelihood ratio that a face is not the one in that, if faces were compared.
    `speaks` says whether a voice was judged in it, `faces_seen` whether a face was followed, and
    `faces` how alike the face that is seen longest as each enrolled person is to that person
    (cosine). `published` is ISO 8601 or "".
    """

    key: str
    path: str
    sha256: str
    label: Label
    person: str | None
    summary: str
    faces: Mapping[str, float] = field(default_factory=dict)
    faces_seen: bool = False
    official: bool = False
    vouched: bool = False
    original: str = ""
    from_original: float | None = None
    speaks: bool = False
    account: str = ""
    published: str = ""
    suspicion: Suspicion | None = None
    shared: tuple[SharedFootage, ...] = ()

    @property
    def order(self) -> tuple[str, str]:
        """What comes first: the earliest post, those without a time last."""
        return self.published or "~", self.key


@dataclass(frozen=True, slots=True)
class FootageTie:
    """What a file shares with another one, seen from the first: `here` and `share` are of `file`.

    `kind` and `part` are those of `SharedFootage`; of two files with the same bytes the kind is
    "same_file", and there are no spans.
    """

    file: str
    other: str
    kind: SharedKind | Literal["same_file"]
    part: SharedPart = "both"
    here: Span | None = None
    there: Span | None = None
    share: float = 1.0
    share_other: float = 1.0

    @property
    def turned(self) -> FootageTie:
        """The same, seen from the other file."""
        return FootageTie(
            self.other,
            self.file,
            _TURNED.get(self.kind, self.kind),
            self.part,
            self.there,
            self.here,
            self.share_other,
            self.share,
        )

    @property
    def whole(self) -> bool:
        """Whether each is the other from end to end, in picture and sound."""
        return self.kind in ("same_file", "repeat") and self.part == "both"

    @property
    def still(self) -> bool:
        """Whether both are pictures, of which there are no moments to compare."""
        return self.here is not None and not self.here.duration

    @property
    def rank(self) -> tuple[bool, bool, float, str]:
        """Sorts ties of one file: the one that says most comes first."""
        return not self.whole, self.kind == "quote", -self.share, self.other


@dataclass(frozen=True, slots=True)
class FootageGroup:
    """Keys of files that belong together, those that quote them, and the ties between all."""

    files: tuple[str, ...]
    quoting: tuple[str, ...]
    ties: tuple[FootageTie, ...]


def find_ties(files: Iterable[ScreenedFile]) -> list[FootageTie]:
    """Return what files share with each other, once for each pair of contents.

    Of several files with the same bytes the first in the order of keys stands for all of them.
    """
    by_content: dict[str, list[str]] = defaultdict(list)
    known = list(files)
    for one in known:
        if one.sha256:
            by_content[one.sha256].append(one.key)
    ties = []
    for keys in by_content.values():
        first, *others = sorted(keys)
        ties += [FootageTie(one, first, "same_file") for one in others]
    for one in known:
        for shared in one.shared:
            there = by_content.get(shared.sha256)
            if there and shared.sha256 != one.sha256:
                ties.append(_tie(one.key, min(there), shared))
    return ties


def _tie(key: str, other: str, shared: SharedFootage) -> FootageTie:
    return FootageTie(
        key,
        other,
        shared.kind,
        shared.part,
        shared.here,
        shared.there,
        shared.share_here,
        shared.share_there,
    )


def find_groups(
    files: Mapping[str, ScreenedFile], ties: Sequence[FootageTie]
) -> list[FootageGroup]:
    """Return the groups of two files and more, quoting ones included, in the order of keys.

    A single file that others quote is a group only when its media is suspected: that two news
    programmes show the same scene is nothing.
    """
    joined = Joined()
    joining = [tie for tie in ties if joins(tie, files)]
    for tie in joining:
        if not _held_beside_more(tie):
            joined.join(tie.file, tie.other)
    suspected: dict[str, set[str]] = defaultdict(set)
    for key, file in files.items():
        if file.suspicion is not None:
            suspected[joined.first(key)].add(key)

    def reported(tie: FootageTie) -> bool:
        """Say whether the file of a tie shows all of a suspected one beside more of its own.

        A longer fake does, too: that is suspected for more than what it shares.
        """
        if tie.kind != "contains" or not _held_beside_more(tie):
            return False
        own = suspected[joined.first(tie.file)]
        by_what_it_shows = not own or (own == {tie.file} and _suspected_there(tie, files))
        return by_what_it_shows and bool(suspected[joined.first(tie.other)])

    # Decided by who belongs together so far, all at once: the order of ties changes nothing.
    reports = {seen for tie in joining for seen in (tie, tie.turned) if reported(seen)}
    for tie in joining:
        if not {tie, tie.turned} & reports:
            joined.join(tie.file, tie.other)
    members: dict[str, list[str]] = defaultdict(list)
    for key in sorted(files):
        members[joined.first(key)].append(key)
    inner: dict[str, list[FootageTie]] = defaultdict(list)
    quoting: dict[str, set[str]] = defaultdict(set)
    for tie in ties:
        here, there = joined.first(tie.file), joined.first(tie.other)
        if here == there:
            inner[here].append(tie)
            continue
        for seen in (tie, tie.turned):
            if seen in reports or _quotes(seen, files):
                home = joined.first(seen.other)
                quoting[home].add(seen.file)
                inner[home].append(seen)
    groups = []
    for home, keys in members.items():
        beside = tuple(sorted(quoting[home]))
        known = len(keys) > 1 or any(files[key].suspicion for key in keys)
        if known and len(keys) + len(beside) > 1:
            groups.append(FootageGroup(tuple(keys), beside, tuple(inner[home])))
    return groups


def joins(tie: FootageTie, files: Mapping[str, ScreenedFile]) -> bool:
    """Say whether two files belong together for what they share.

    Sound alone counts where both speak: music is under everything.
    """
    if tie.kind == "quote":
        return False
    return tie.part != "sound" or (files[tie.file].speaks and files[tie.other].speaks)


def _held_beside_more(tie: FootageTie) -> bool:
    """Say whether one file is in another one as good as whole, and most of that is other footage.

    Either is the fake: a programme holds one that it reports on, a long one is passed on in pieces.
    """
    held = {"contains": tie.share, "excerpt": tie.share_other}
    return tie.kind in held and held[tie.kind] < LEAST_SHARE


def _suspected_there(tie: FootageTie, files: Mapping[str, ScreenedFile]) -> bool:
    """Say whether the file of a tie is suspected mostly for where it shows the other one."""
    found = files[tie.file].suspicion
    here = tie.here
    return (
        found is not None
        and here is not None
        and bool(found.spans)
        and all(span.overlap(here) > LEAST_SHARE * span.duration for span in found.spans)
    )


def _quotes(tie: FootageTie, files: Mapping[str, ScreenedFile]) -> bool:
    """Say whether the file of a tie quotes the other: that is suspected, or one of several.

    Who was quoted, if both have footage of their own, is the one whose media is suspected.
    """
    return (
        tie.kind == "quote"
        and tie.part in ("both", "picture")
        and files[tie.other].suspicion is not None
        and files[tie.file].suspicion is None
    )

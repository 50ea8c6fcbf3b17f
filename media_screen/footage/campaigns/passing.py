"""Passes a label along from a file that is suspected in itself to those that hold what is suspect.

What is known of one copy is known of all, whichever was screened first. So the labels are found
anew from what each file got for itself, and no file is accused through one that was itself only
accused through another. What a fake was made of shares its footage, and often its sound: whose
faces are not those of the suspected file is no copy of it.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from media_screen.evidence import Label, Span
from media_screen.footage.campaigns.faces import FacesApart, FacesSaid
from media_screen.footage.campaigns.grouping import (
    LEAST_SHARE,
    FootageTie,
    ScreenedFile,
    Suspicion,
)
from media_screen.footage.campaigns.joined import Joined
from media_screen.results.words import RANK

# Least stretch of what is suspect that an excerpt must hold, s: less can be a neighbouring word.
LEAST_HELD_S = 1.0

# Cosine by which the likeness of one face to a person differs between copies of one file at most:
# fingerprints follow what moves and do not see whose face it is, so that the original of a face
# swap repeats it from end to end. Of 131 copies none differs by more than 0.09, of five swaps none
# by less than 0.38 from its original (benchmarks.campaign).
SAME_FACE = 0.2
# Cosine from which a face may be a person's at all: that of strangers says nothing of a copy.
RECOGNISED = 0.4
# Suspected files with whose faces those of a copy are compared, and of all that repeat one another
# those through which labels go beyond their neighbours: the most urgent ones. Copies of one fake
# are alike, and all against all would take hours in a campaign of hundreds.
MOST_COMPARED, MOST_SOURCES = 3, 4

Pair = tuple[str, str]  # contents of a file and of the suspected one that it is compared with


@dataclass(frozen=True, slots=True)
class Passed:
    """The label that a file gets through another one, which is suspected in itself."""

    label: Label
    person: str | None
    through: ScreenedFile
    here: Span | None  # stretch of the file that is in the other, too; None for all of it
    share: float  # of the file


@dataclass(frozen=True, slots=True)
class Passing:
    """Who gets a label, who gets none for its faces, and whose faces have to be compared first.

    `refused` says of a file that shows the footage of a suspected one what its faces are, that it
    gets no label; `lacking` are the comparisons that have to be made before more can be said.
    """

    passed: Mapping[str, Passed] = field(default_factory=dict)
    refused: Mapping[str, FacesSaid] = field(default_factory=dict)
    lacking: frozenset[Pair] = frozenset()


@dataclass(frozen=True, slots=True)
class _Reach:
    """How much of a suspected file a copy of it is, and where in it is what is suspect."""

    source: ScreenedFile
    suspicion: Suspicion
    spans: tuple[Span, ...]
    share: float
    here: Span | None


@dataclass(frozen=True, slots=True)
class _Offer:
    """What a file would get through a suspected one, and the tie by which it holds that."""

    reach: _Reach
    tie: FootageTie
    label: Label
    person: str | None

    @property
    def strength(self) -> tuple[int, float, tuple[str, str]]:
        """Sorts the offers to one file: what says most comes first."""
        return RANK[self.label], -self.reach.share, self.reach.source.order


def pass_along(
    files: Mapping[str, ScreenedFile],
    ties: Sequence[FootageTie],
    beside: Mapping[Pair, FacesApart] | None = None,
) -> Passing:
    """Return the files that are suspected through another one, with what they get.

    A label goes along copies that repeat each other from end to end in picture and sound, and from
    each of them to excerpts and to files that hold it, when these hold what is suspect and it makes
    up half of them. Official posts and files that show another face get none, nor do copies of
    official footage, unless they are nearer to the suspected file than to that. `beside` is what
    comparisons of faces came to, as far as they were made.
    """
    known = beside or {}
    passed: dict[str, Passed] = {}
    refused: dict[str, FacesSaid] = {}
    lacking: set[Pair] = set()
    for key, offers in _offers(files, ties).items():
        file = files[key]
        failed: list[FacesSaid] = []
        for offer in sorted(offers, key=lambda one: one.strength):
            reach = offer.reach
            if RANK[offer.label] >= RANK[file.label] or len(failed) == MOST_COMPARED:
                break
            if file.official:
                break
            faces = _faces(file, offer, known)
            if faces is None:
                lacking.add((file.sha256, reach.source.sha256))
                break
            if faces not in ("same", "none"):
                failed.append(faces)
                continue
            passed[key] = Passed(offer.label, offer.person, reach.source, reach.here, reach.share)
            break
        if failed and key not in passed:
            refused[key] = "other" if "other" in failed else failed[0]
    return Passing(passed, refused, frozenset(lacking))


def _offers(
    files: Mapping[str, ScreenedFile], ties: Sequence[FootageTie]
) -> Mapping[str, list[_Offer]]:
    """Return what files would get through suspected ones that they repeat or hold.

    Through each suspected file its neighbours get something; beyond them a few of those that repeat
    one another speak for all, so that it takes no time that grows with the square of their number.
    """
    towards = _towards(ties)
    spreading = _spreading(files, ties)
    found: dict[str, list[_Offer]] = defaultdict(list)
    for source in files.values():
        if source.suspicion is not None:
            for offer in _from(source, files, towards, spreads=source.key in spreading):
                found[offer.tie.file].append(offer)
    return found


def _spreading(files: Mapping[str, ScreenedFile], ties: Sequence[FootageTie]) -> frozenset[str]:
    """Return of all files that repeat one another the suspected ones that speak for all."""
    joined = Joined()
    for tie in ties:
        if tie.whole:
            joined.join(tie.file, tie.other)
    suspected: dict[str, list[ScreenedFile]] = defaultdict(list)
    for file in files.values():
        if file.suspicion is not None:
            suspected[joined.first(file.key)].append(file)
    chosen: set[str] = set()
    for sources in suspected.values():
        sources.sort(key=_urgency)
        chosen |= {one.key for one in sources[:MOST_SOURCES]}
    return frozenset(chosen)


def _urgency(source: ScreenedFile) -> tuple[int, tuple[str, str]]:
    assert source.suspicion is not None
    return RANK[source.suspicion.label], source.order


def _towards(ties: Sequence[FootageTie]) -> Mapping[str, Sequence[FootageTie]]:
    """Return for each file what others share with it, seen from these, what says most first."""
    found: dict[str, list[FootageTie]] = defaultdict(list)
    for tie in ties:
        found[tie.file].append(tie.turned)
        found[tie.other].append(tie)
    return {key: sorted(seen, key=lambda one: one.rank) for key, seen in found.items()}


def holding(files: Mapping[str, ScreenedFile], ties: Sequence[FootageTie]) -> dict[str, str]:
    """Return which files share anything with a suspected one, and with which, vouched ones apart.

    It says so of those that got no label for it, too: an excerpt without what is suspect, a news
    programme that quotes it.
    """
    found: dict[str, str] = {}
    for tie in (seen for one in ties for seen in (one, one.turned)):
        file, other = files[tie.file], files[tie.other]
        if other.suspicion is not None and not file.vouched and file.suspicion is None:
            found[file.key] = min(found.get(file.key, other.key), other.key)
    return found


def _from(
    source: ScreenedFile,
    files: Mapping[str, ScreenedFile],
    towards: Mapping[str, Sequence[FootageTie]],
    *,
    spreads: bool,
) -> Iterator[_Offer]:
    """Give what one suspected file offers, to the nearest files first.

    It goes along all that repeats it, whether that may be called or not: which of two files was
    screened first, the fake or what it was made of, is by chance, and copies are tied to the first.
    """
    assert source.suspicion is not None
    start = _Reach(source, source.suspicion, source.suspicion.spans, 1.0, None)
    waiting = deque([(source.key, start)])
    met = {source.key}
    while waiting:
        key, reach = waiting.popleft()
        for seen in towards.get(key, ()):
            if seen.file in met or not _tells(reach, seen):
                continue
            further = _further(reach, seen)
            if further is None:
                continue
            met.add(seen.file)
            yield _Offer(further, seen, *_called(files[seen.file], source.suspicion))
            if seen.whole and spreads:
                waiting.append((seen.file, further))


def _called(file: ScreenedFile, suspicion: Suspicion) -> tuple[Label, str | None]:
    """Return the label of a file that holds what is suspect, and whom it concerns.

    Whoever was recognised in it is named, though nobody was in the suspected file itself.
    """
    if suspicion.person is None and file.person is not None:
        return "suspected_impersonation", file.person
    return suspicion.label, suspicion.person


def _tells(reach: _Reach, tie: FootageTie) -> bool:
    """Say whether what two files share is what the one is suspected for."""
    # A face in another surrounding is a part of the picture.
    part = "picture" if tie.part == "face" else tie.part
    return part == "both" or part in reach.suspicion.alone


def _faces(file: ScreenedFile, offer: _Offer, known: Mapping[Pair, FacesApart]) -> FacesSaid | None:
    """Say whether a file shows the faces of a suspected one; None when they have to be compared.

    Where the sound alone is suspect, the faces may be others. Where the faces can't be compared, it
    is a copy when the same enrolled person is recognised in both: captions hide what fakes were
    made of less than they hide copies.
    """
    source = offer.reach.source
    if file.sha256 == source.sha256:
        return "same"
    alike = _same_faces(file, source)
    if alike is False or (file.vouched and file.from_original is None):
        return "other"
    if "sound" in offer.reach.suspicion.alone and offer.tie.part in ("both", "sound"):
        return "other" if file.vouched else "none"
    of_one = bool(file.original) and file.original == source.original
    if offer.tie.still or not (file.faces_seen and source.faces_seen):
        # Of one official video the one may be the fake, and the other what it was made of.
        return "failed" if of_one and not alike else "none"
    apart = known.get((file.sha256, source.sha256))
    if apart is None:
        return None
    said = apart.said(from_original=file.from_original, vouched=file.vouched)
    return "same" if said == "failed" and alike and not of_one else said


def _same_faces(file: ScreenedFile, source: ScreenedFile) -> bool | None:
    """Say whether two files show the same faces, by how alike these are to enrolled people.

    None when no face of one of them was compared with anybody: then it can't be told.
    """
    if not file.faces or not source.faces:
        return None
    pairs = [
        (file.faces.get(one, 0.0), source.faces.get(one, 0.0))
        for one in {*file.faces, *source.faces}
    ]
    known = [pair for pair in pairs if max(pair) >= RECOGNISED]
    return all(abs(one - other) <= SAME_FACE for one, other in known) if known else None


def _further(reach: _Reach, tie: FootageTie) -> _Reach | None:
    """Return how a suspected file is held by the next one; None when that lacks what is suspect."""
    if tie.kind == "same_file":
        return reach
    assert tie.here is not None and tie.there is not None
    share = min(reach.share, tie.share) if tie.whole else tie.share
    if share < LEAST_SHARE:
        return None
    held = [span for span in reach.spans if span.overlap(tie.there) >= _least(span)]
    if reach.spans and not held:
        return None
    moved = tuple(_moved(span, tie.there, tie.here) for span in held)
    return replace(reach, spans=moved, share=share, here=tie.here)


def _least(span: Span) -> float:
    return min(LEAST_HELD_S, span.duration)


def _moved(span: Span, there: Span, here: Span) -> Span:
    """Lay a span of the other file over this one; what of it is not shared is cut off."""
    pace = here.duration / there.duration if there.duration else 1.0
    start, end = (
        here.start + (min(max(at, there.start), there.end) - there.start) * pace
        for at in (span.start, span.end)
    )
    return Span(start, max(start, end))

"""Passes a label along from a file that is suspected in itself to those that hold what is suspect.

What is known of one copy is known of all, whichever was screened first. So the labels are found
anew from what each file got for itself, and no file is accused through one that was itself only
accused through another.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from media_screen.evidence import Label, Span
from media_screen.footage.campaigns.grouping import (
    LEAST_SHARE,
    FootageTie,
    ScreenedFile,
    Suspicion,
)
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


@dataclass(frozen=True, slots=True)
class Passed:
    """The label that a file gets through another one, which is suspected in itself."""

    label: Label
    person: str | None
    through: ScreenedFile
    here: Span | None  # stretch of the file that is in the other, too; None for all of it
    share: float  # of the file


@dataclass(frozen=True, slots=True)
class _Reach:
    """How much of a suspected file a copy of it is, and where in it is what is suspect."""

    source: ScreenedFile
    suspicion: Suspicion
    spans: tuple[Span, ...]
    share: float
    here: Span | None


def pass_along(files: Mapping[str, ScreenedFile], ties: Sequence[FootageTie]) -> dict[str, Passed]:
    """Return the files that are suspected through another one, with what they get.

    A label goes along copies that repeat each other from end to end in picture and sound, and from
    each of them to excerpts and to files that hold it, when these hold what is suspect and it makes
    up half of them. Official posts, compared copies of official footage and files that show another
    face get none, nor do, of two that match the same official footage, those of which it can't be
    told whether their faces are the same.
    """
    towards = _towards(ties)
    found: dict[str, Passed] = {}
    sources = (one for one in files.values() if one.suspicion is not None)
    for source in sorted(sources, key=lambda one: one.order):
        for key, passed in _from(source, files, towards):
            known = found.get(key)
            if known is None or _strength(passed) < _strength(known):
                found[key] = passed
    return {
        key: passed for key, passed in found.items() if RANK[passed.label] < RANK[files[key].label]
    }


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


def _strength(passed: Passed) -> tuple[int, float, tuple[str, str]]:
    return RANK[passed.label], -passed.share, passed.through.order


def _from(
    source: ScreenedFile,
    files: Mapping[str, ScreenedFile],
    towards: Mapping[str, Sequence[FootageTie]],
) -> Iterator[tuple[str, Passed]]:
    """Give what one suspected file passes along, the nearest files first."""
    assert source.suspicion is not None
    start = _Reach(source, source.suspicion, source.suspicion.spans, 1.0, None)
    waiting = deque([(source.key, start)])
    met = {source.key}
    while waiting:
        key, reach = waiting.popleft()
        for seen in towards.get(key, ()):
            if seen.file in met:
                continue
            file = files[seen.file]
            if not _may_get(file, reach, seen):
                continue
            further = _further(reach, seen)
            if further is None:
                continue
            met.add(file.key)
            yield (
                file.key,
                Passed(*_called(file, source.suspicion), source, further.here, further.share),
            )
            if seen.whole:
                waiting.append((file.key, further))


def _called(file: ScreenedFile, suspicion: Suspicion) -> tuple[Label, str | None]:
    """Return the label of a file that holds what is suspect, and whom it concerns.

    Whoever was recognised in it is named, though nobody was in the suspected file itself.
    """
    if suspicion.person is None and file.person is not None:
        return "suspected_impersonation", file.person
    return suspicion.label, suspicion.person


def _may_get(file: ScreenedFile, reach: _Reach, tie: FootageTie) -> bool:
    """Say whether a file may be called by what another one is suspected of."""
    if tie.kind == "same_file":
        return not file.official
    if file.vouched:
        return False
    # A face in another surrounding is a part of the picture.
    part = "picture" if tie.part == "face" else tie.part
    if part != "both" and part not in reach.suspicion.alone:
        return False
    same = _same_faces(file, reach.source)
    if file.original and file.original == reach.source.original:
        return same is True  # else the one may be the fake and the other what it was made from
    return same is not False


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

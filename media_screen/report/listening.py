"""Moments of speech beside recordings of the person, for a file page: two sounds to compare by ear.

It shows what `Evidence.heard` holds, where the file and the recording can be played.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from media_screen.evidence import Evidence, HeardBeside, HeardFor, RecordedMoment, Span, Verdict
from media_screen.results.text import file_name

MOST_PEOPLE = 3  # to whom a voice is compared on one page; those it is most like

_NAMES: Mapping[HeardFor, str] = {
    "most_like": "Where it sounds most like the person",
    "least_like": "Where it sounds least like the person",
    "most_synthetic": "Where the check for synthesis scores it highest",
}


@dataclass(frozen=True, slots=True)
class PlayedSpan:
    """A stretch of a file and the link to that, "" where it can't be played from the page."""

    link: str
    span: Span


@dataclass(frozen=True, slots=True)
class HeardPair:
    """A moment of the file and one of a recording; `recording` is its name, untrusted."""

    name: str
    here: PlayedSpan
    there: PlayedSpan
    recording: str
    sha256: str
    cosine: float


@dataclass(frozen=True, slots=True)
class ListeningView:
    """The moments to be heard beside the recordings of one person."""

    person: str
    sentence: str
    pairs: tuple[HeardPair, ...]


def listening_views(
    verdict: Verdict,
    media: str,
    *,
    recording: Callable[[RecordedMoment], str],
    handed_on: bool,
) -> tuple[ListeningView, ...]:
    """Return what can be listened to, by person, the one whom a voice is most like first.

    `media` is the link to the file, `recording` gives that to a recording, "" where there is none.
    A moment of which one half is gone is left out, but not in pages that are made to be handed on:
    recordings never are in these, and the pages say which ones were compared.
    """
    people = dict.fromkeys(piece.person for piece in _voices(verdict) if piece.heard)
    views = []
    for person in list(people)[:MOST_PEOPLE]:
        own = [piece for piece in _voices(verdict) if piece.person == person]
        pairs = (_pair(one, media, recording) for piece in own for one in piece.heard)
        shown = tuple(pair for pair in pairs if handed_on or (pair.here.link and pair.there.link))
        if shown:
            views.append(ListeningView(verdict.name_of(person), _sentence(verdict, own), shown))
    return tuple(views)


def _voices(verdict: Verdict) -> Iterator[Evidence]:
    """Give what is said of the voices of the whole file, those most like a person first."""
    pooled = [piece for piece in verdict.evidence if piece.pooled and piece.person]
    yield from sorted(
        (piece for piece in pooled if piece.detector == "voice_identity"), key=lambda one: -one.llr
    )
    yield from (piece for piece in pooled if piece.detector == "voice_spoof")


def _pair(one: HeardBeside, media: str, recording: Callable[[RecordedMoment], str]) -> HeardPair:
    return HeardPair(
        _NAMES[one.heard_for],
        PlayedSpan(media, one.span),
        PlayedSpan(recording(one.recorded), one.recorded.span),
        file_name(one.recorded.path),
        one.recorded.sha256,
        one.cosine,
    )


def _sentence(verdict: Verdict, own: list[Evidence]) -> str:
    """Say what was measured of the voice, so that one knows what to listen for."""
    by_detector = {piece.detector: piece for piece in own}
    identity, spoof = by_detector.get("voice_identity"), by_detector.get("voice_spoof")
    person = verdict.name_of(own[0].person)
    if identity and identity.llr <= 0:
        return f"The voice sounds rather like a stranger's than like that of {person}."
    like = f"The voice sounds like {person}"
    if spoof is None:
        return f"{like}."
    count, lower = (spoof.values.get(name, 0.0) for name in ("own_recordings", "own_lower"))
    if count and lower >= count:
        return (
            f"{like}, and unlike the recordings of {person}: it scores higher in the check for "
            f"synthesis than all {count:.0f} of them. By chance one in {count + 1:.0f} genuine "
            "recordings does so."
        )
    if spoof.llr > 0:
        return f"{like}, and the check for synthesis takes it rather for made than for recorded."
    return f"{like}, and the check for synthesis takes it rather for recorded than for made."

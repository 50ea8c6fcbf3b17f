"""Chooses the moments of a file that a person should look at, the most telling first.

They follow from the record alone: stretches and faces that speak for manipulation, what is written
in the picture, the match with known footage, and the face that is most like an enrolled person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from media_screen.evidence import Evidence, FaceComparison, Match, Span, TrackSummary, Verdict
from media_screen.results.thumbs import Picture
from media_screen.results.words import detector_words, finding_words, relation_words

MOST = 6  # moments of a file; more are no help to see what matters
OF_ONE_DETECTOR = 2  # of them, so that one detector does not hide what others saw
APART_S = 1.0  # s between two of one detector; nearer ones show the same
NEAR_S = 1.0  # s from a moment within which a picture shows it

# What is watched for by whom; who is not listed has no place in time.
LOOK_FOR = {
    "original": "Compare the face with the original at the same moment.",
    "catalogue": "Play it beside the matched footage.",
    "lip_sync": "Play it with sound: do the lips close with p, b and m?",
    "face_artifact": "Look at the edge of the face, the teeth, glasses and hair.",
    "face_consistency": "Does it stay the same face when the head turns?",
    "face_identity": "Compare the face with pictures of the person.",
    "voice_spoof": "Listen for breath, rhythm and the room of the voice.",
    "voice_identity": "Listen to it beside a recording of the person.",
    "onscreen": "Read what is written in the picture.",
    "explicit": "Sexual content: look only if you must.",
}
_BY_MATCH = ("altered_official", "official_copy")  # labels that a match decides
_ELSE = "Look and listen here."
_NOTHING = ("no_marks", "no_match", "measured", "as_original")  # findings that are none
# Findings that weigh nothing, and are worth hearing all the same.
_POINTED_AT = ("unlike_the_rest",)


@dataclass(frozen=True, slots=True)
class MomentToSee:
    """One moment to look at: when, in which stretch, of which face, what was found, what to do.

    `why` is the sentence of the detector, which may quote untrusted texts; `picture` shows the
    moment, None where none was kept.
    """

    time_s: float
    span: Span | None
    track: int | None
    name: str
    why: str
    look_for: str
    detector: str
    picture: Picture | None = None


def moments(
    verdict: Verdict, pictures: Sequence[Picture] = (), *, most: int = MOST
) -> tuple[MomentToSee, ...]:
    """Return the moments to look at; where `pictures` show a stretch, the moment is one of them."""
    if verdict.media.kind not in ("video", "audio") and verdict.media.duration_s <= 0:
        return ()
    chosen: list[MomentToSee] = []
    for one in _candidates(verdict, pictures):
        own = [other for other in chosen if other.detector == one.detector]
        fresh = all(abs(other.time_s - one.time_s) >= APART_S for other in own)
        if fresh and len(own) < OF_ONE_DETECTOR:
            chosen.append(one)
        if len(chosen) == most:
            break
    return tuple(chosen)


def _candidates(verdict: Verdict, pictures: Sequence[Picture]) -> Iterator[MomentToSee]:
    """Give all moments, the most telling first."""
    match = verdict.provenance.match
    decided = match is not None and (verdict.label in _BY_MATCH or match.relation == "known_fake")
    if match is not None and decided:
        yield _matched(match, pictures)
    for compared in sorted(verdict.comparisons, key=lambda one: -(one.llr or 0.0)):
        if compared.moments and (compared.llr or 0.0) > 0:
            yield _compared(compared, pictures)
    placed = [piece for piece in verdict.evidence if not piece.pooled and _tells(verdict, piece)]
    strongest = {one.detector: one.llr for one in sorted(placed, key=lambda one: one.llr)}
    placed.sort(key=lambda piece: _rank(piece, strongest))
    for piece in placed:
        if (piece.llr > 0 or piece.finding in _POINTED_AT) and piece.axis == "manipulation":
            yield from _found(verdict, piece, pictures)
    for piece in placed:
        if piece.axis == "provenance" and piece.match is None:
            yield from _found(verdict, piece, pictures)
    if match is not None and not decided:
        yield _matched(match, pictures)
    for track in _likest(verdict.tracks):
        yield _seen(verdict, track, pictures)


def _rank(piece: Evidence, strongest: Mapping[str, float]) -> tuple[float, bool]:
    """Sort by weight; what is pointed at comes before all else that its detector says."""
    pointed = piece.finding in _POINTED_AT
    return -(strongest[piece.detector] if pointed else piece.llr), not pointed


def _tells(verdict: Verdict, piece: Evidence) -> bool:
    if piece.detector == "explicit":
        return "explicit" in verdict.flags
    return piece.finding not in _NOTHING


def _compared(one: FaceComparison, pictures: Sequence[Picture]) -> MomentToSee:
    time_s = one.moments[0].time_s
    here = [each for each in pictures if each.part == "file"]
    picture = next((each for each in here if abs(each.time_s - time_s) < 0.001), None)
    return MomentToSee(
        time_s,
        one.span,
        one.track,
        "Beside the original",
        f"the face differs most from {one.reference} here",
        LOOK_FOR["original"],
        "original",
        picture or _nearest(pictures, time_s, one.track),
    )


def _found(verdict: Verdict, piece: Evidence, pictures: Sequence[Picture]) -> Iterator[MomentToSee]:
    """Give the moment of a piece of evidence, unless nothing tells when its track is seen."""
    spans = {track.track: track.span for track in verdict.tracks}
    span = piece.span or (spans.get(piece.track) if piece.track is not None else None)
    if span is None:
        return
    time_s, picture = _shown(pictures, span, piece.track)
    finding = f": {finding_words(piece.finding)}" if piece.finding else ""
    yield MomentToSee(
        time_s,
        span,
        piece.track,
        f"{detector_words(piece.detector)}{finding}",
        piece.why,
        LOOK_FOR.get(piece.detector, _ELSE),
        piece.detector,
        picture,
    )


def _matched(match: Match, pictures: Sequence[Picture]) -> MomentToSee:
    time_s, picture = _shown(pictures, match.query_span, None)
    return MomentToSee(
        time_s,
        match.query_span,
        None,
        "Known footage",
        f"{match.reference}: {relation_words(match.relation)}",
        LOOK_FOR["catalogue"],
        "catalogue",
        picture,
    )


def _likest(tracks: Iterable[TrackSummary]) -> list[TrackSummary]:
    """Return the track that is most like each enrolled person, the largest where none is told."""
    best: dict[str, TrackSummary] = {}
    for track in tracks:
        held = best.get(track.person) if track.person else None
        if track.person and (held is None or _likeness(track) > _likeness(held)):
            best[track.person] = track
    return sorted(best.values(), key=_likeness, reverse=True)


def _likeness(track: TrackSummary) -> tuple[float, float]:
    return track.cosine or 0.0, track.size_px


def _seen(verdict: Verdict, track: TrackSummary, pictures: Sequence[Picture]) -> MomentToSee:
    time_s, picture = _shown(pictures, track.span, track.track)
    return MomentToSee(
        time_s,
        track.span,
        track.track,
        f"Face of {verdict.name_of(track.person)}",
        "the face of the file that is most like this person",
        LOOK_FOR["face_identity"],
        "face_identity",
        picture,
    )


def _shown(
    pictures: Sequence[Picture], span: Span, track: int | None
) -> tuple[float, Picture | None]:
    """Return the time within a span that a picture shows, nearest its middle, and that picture."""
    middle = (span.start + span.end) / 2
    own = _of_file(pictures, track)
    inside = [one for one in own if span.start <= one.time_s <= span.end]
    inside = inside or [
        one for one in _of_file(pictures, None) if span.start <= one.time_s <= span.end
    ]
    if not inside:
        return middle, _nearest(pictures, middle, track)
    picture = min(inside, key=lambda one: abs(one.time_s - middle))
    return picture.time_s, picture


def _nearest(pictures: Sequence[Picture], time_s: float, track: int | None) -> Picture | None:
    own = [*_of_file(pictures, track), *_of_file(pictures, None)]
    near = [one for one in own if abs(one.time_s - time_s) <= NEAR_S]
    return min(near, key=lambda one: abs(one.time_s - time_s), default=None)


def _of_file(pictures: Sequence[Picture], track: int | None) -> list[Picture]:
    """Return the pictures of a face track of the file, or with None its whole frames."""
    return [one for one in pictures if one.reference_s is None and one.track == track]

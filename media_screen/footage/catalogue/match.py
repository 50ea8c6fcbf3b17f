"""Decides what a file has in common with one reference: which spans, and what was exchanged.

Candidates come from the index and `catalogue.parts` verifies picture and sound; here the two are
put together, the span is measured, and the relation follows from a table: what matches, what does
not, and what was there to be compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from media_screen.arrays import Flags
from media_screen.evidence import Match, Relation, Span, joined
from media_screen.footage.catalogue import align, locate
from media_screen.footage.catalogue.align import Mapping
from media_screen.footage.catalogue.changes import (
    JOINED_S,
    LOOK_CHANGE,
    MOVEMENT_CHANGE,
    SOUND_CHANGE,
    Change,
    Votes,
    compared_series,
    look_votes,
    movement_votes,
    sound_votes,
)
from media_screen.footage.catalogue.index import Candidate
from media_screen.footage.catalogue.parts import (
    CLEAR_SCORE,
    MOST_FOUND,
    PICTURE_SCORE,
    SAME_SPAN,
    SOUND_SCORE,
    Part,
    Query,
    explained,
    find_located,
    find_pictures,
    find_sounds,
    find_still,
    is_clear,
    picture_given,
    shift,
    sound_for,
)
from media_screen.footage.fingerprint import Fingerprint
from media_screen.footage.fingerprint.sound import FRAMES_PER_S, Peaks

# A copy lacks at most this much of the reference: seconds or share, whichever is more.
COPY_LACK_S, COPY_LACK = 0.6, 0.1
# A match reaches the end of what can match when it comes this close to it, s: ends are often still.
END_REACH_S = 0.8
UNSEEN_S = 5.0  # the same where no frame was decoded in between
END_ALIKE = 0.6  # cosine of single frames that continue a match
LEAST_SHARE = 0.5  # of the span; with less, sound or picture counts as exchanged
LEAST_JUMP_S = 0.3  # s; a word cut out or said twice; maps of calm pictures differ by less
LEAST_PEAKS_PER_S = 3.0  # with fewer there is no sound to compare,
LEAST_PEAKS_SAID = 10  # unless one second has these many: a few words between long pauses


@dataclass(frozen=True, slots=True)
class Known:
    """A reference as the catalogue holds it."""

    number: int
    person: str
    reference: str
    sha256: str
    kind: str
    duration_s: float
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class MeasuredMatch:
    """A match with what was measured on the way.

    `picture_score` and `sound_score` are 0 where that part does not match; `shift_s` is how much
    later the sound comes than the picture, against the reference. `compared_picture` and
    `compared_sound` say whether both files had that part at all; `pictures` and `sounds` are the
    stretches of the match that were compared. `changes` are those in it that are not the
    reference's, where the rest of that part is. `sha256` is the content of the reference.
    """

    match: Match
    number: int
    sha256: str
    mapping: Mapping
    mirrored: bool
    channel: str
    picture_score: float
    sound_score: float
    picture_span: Span | None
    sound_span: Span | None
    frames: int
    shift_s: float
    compared_picture: bool
    compared_sound: bool
    pictures: tuple[Span, ...] = ()
    sounds: tuple[Span, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def unchanged(self) -> bool:
        """Whether it is official footage of which nothing was found to be changed so far."""
        return self.match.relation in ("copy", "excerpt") and not self.changes

    @property
    def clear(self) -> bool:
        """Whether the picture matches as a whole and clearly."""
        return self.picture_score >= CLEAR_SCORE and not self.channel.startswith(align.FACE)


def compare(
    query: Query, known: Known, candidate: Candidate, *, thorough: bool = False
) -> list[MeasuredMatch]:
    """Return the verified matches of a query with one reference.

    With `thorough` the picture is also looked for in parts of the picture (insets, crops).
    """
    series = align.picture_series(known.fingerprint)
    peaks = Peaks(known.fingerprint.peak_frames, known.fingerprint.peak_steps)
    sounds = find_sounds(query, peaks, candidate)
    pictures = find_pictures(query, series)
    for sound in sounds:
        if explained(sound.span, pictures):
            continue
        given = picture_given(query, series, sound.mapping) or find_still(
            query.series, series, sound
        )
        if given is not None and not explained(given.span, pictures):
            pictures.append(given)
    if thorough and not any(is_clear(part) for part in pictures):
        parts = find_located(query, known.fingerprint, sounds, [part.mapping for part in pictures])
        if parts and parts[0].score > max([0.0, *(part.score for part in pictures)]):
            pictures = parts
    found: list[MeasuredMatch] = []
    used: set[int] = set()
    for picture in pictures:
        beside = sound_for(query, peaks, picture, sounds)
        used |= {index for index, other in enumerate(sounds) if other is beside}
        found.append(_found(query, known, picture, beside))
    for index, sound in enumerate(sounds):
        if index not in used and not explained(sound.span, pictures):
            found.append(_found(query, known, None, sound))
    return found[: 2 * MOST_FOUND]


# --- spans and relation --------------------------------------------------------------------------


def _found(query: Query, known: Known, picture: Part | None, sound: Part | None) -> MeasuredMatch:
    """Put picture and sound together into a match."""
    lead = picture or sound
    assert lead is not None
    # Sound is exact to a hundredth of a second; pictures of a calm scene are not.
    mapping = lead.mapping
    if picture and sound and abs(shift(picture, sound)) < 0.3:
        mapping = sound.mapping
    room = _room(mapping, query.fingerprint.duration_s, known.duration_s)
    picture_span = _grown(query, known, picture, room) if picture else None
    sound_span = _grown(query, known, sound, room) if sound else None
    spans = [span for span in (picture_span, sound_span) if span]
    whole = Span(min(s.start for s in spans), max(s.end for s in spans))
    length = max(whole.duration, 1e-6)
    picture_share = picture_span.duration / length if picture_span else 0.0
    sound_share = sound_span.duration / length if sound_span else 0.0
    looked = _has_picture(query.fingerprint, whole) and len(known.fingerprint.times) > 0
    heard = _has_sound(query.fingerprint, whole)
    start, end = mapping(np.array([whole.start, whole.end]))
    there = Span(max(0.0, float(start)), max(0.0, min(float(end), known.duration_s), float(start)))
    heard = heard and _has_sound(known.fingerprint, there)
    relation = _relation(known, there, (picture_share, sound_share), (looked, heard))
    alignment = picture.alignment if picture else None
    seen = _seen(query, known, picture, whole) if picture else _NOTHING
    said = _said(query, known, sound, whole) if sound else _NOTHING
    return MeasuredMatch(
        match=Match(
            person=known.person,
            reference=known.reference,
            relation=relation,
            query_span=whole,
            reference_span=there,
            picture=round(min(1.0, picture_share), 3),
            sound=round(min(1.0, sound_share), 3),
        ),
        number=known.number,
        sha256=known.sha256,
        mapping=mapping,
        mirrored=bool(alignment and alignment.mirrored),
        channel=alignment.query_channel if alignment else "",
        picture_score=picture.score if picture else 0.0,
        sound_score=sound.score if sound else 0.0,
        picture_span=picture_span,
        sound_span=sound_span,
        frames=picture.count if picture else 0,
        shift_s=shift(picture, sound) if picture and sound else 0.0,
        compared_picture=looked,
        compared_sound=heard,
        pictures=seen.compared,
        sounds=said.compared,
        changes=tuple(sorted((*seen.changes, *said.changes), key=lambda one: one.span)),
    )


@dataclass(frozen=True, slots=True)
class _Compared:
    """How picture or sound of a match goes: where it was compared, and where it is another one."""

    compared: tuple[Span, ...] = ()
    changes: tuple[Change, ...] = ()


_NOTHING = _Compared()


def _seen(query: Query, known: Known, picture: Part, whole: Span) -> _Compared:
    """Look at a matched picture again: where it looks or moves otherwise it was exchanged."""
    mine, theirs = compared_series(query, known.fingerprint, picture)
    looks = look_votes(mine, theirs, picture.mapping, whole)
    framed = _reframed(query, known, picture, looks)
    looks = looks.supported(framed)
    other = looks.against(LOOK_CHANGE)
    moves = movement_votes(mine, theirs, picture.mapping, whole)
    for span in moves.against(MOVEMENT_CHANGE):
        # In another frame the same movement is another change of the descriptor.
        inside = looks.within(span).times
        if 2 * np.isin(inside, looks.times[framed]).sum() < max(1, len(inside)):
            other.append(span)
    compared = (_cut(span, whole) for span in looks.compared())
    changes = joined(other, gap_s=JOINED_S)
    return _Compared(tuple(compared), tuple(Change("picture", span) for span in changes))


def _reframed(query: Query, known: Known, picture: Part, looks: Votes) -> Flags:
    """Tell which frames only look otherwise because they show the same in another frame."""
    assert picture.alignment is not None
    suspect = np.zeros(len(looks.times), bool)
    for span in looks.against(LOOK_CHANGE):
        suspect |= (looks.times >= span.start) & (looks.times <= span.end)
    suspect[suspect] = locate.reframed(
        query.fingerprint,
        known.fingerprint,
        picture.mapping,
        looks.times[suspect],
        mirrored=picture.alignment.mirrored,
    )
    return suspect


def _said(query: Query, known: Known, sound: Part, whole: Span) -> _Compared:
    """Listen to a matched sound again: where its peaks are not the reference's it was exchanged."""
    peaks = Peaks(known.fingerprint.peak_frames, known.fingerprint.peak_steps)
    votes = sound_votes(query.peaks, peaks, sound.mapping, pitch=sound.pitch, room=whole)
    other = joined(votes.against(SOUND_CHANGE), gap_s=JOINED_S)
    compared = (_cut(span, whole) for span in votes.compared())
    return _Compared(tuple(compared), tuple(Change("sound", span) for span in other))


def _cut(span: Span, whole: Span) -> Span:
    start = min(max(span.start, whole.start), whole.end)
    end = min(span.end, whole.end)
    return Span(start, end if end > start else start)


def _room(mapping: Mapping, query_s: float, reference_s: float) -> Span:
    """Return the part of the query that lies inside the reference under a mapping."""
    start = max(0.0, mapping.back(0.0))
    end = min(query_s, mapping.back(reference_s))
    return Span(start, max(start, end))


def _grown(query: Query, known: Known, part: Part, room: Span) -> Span:
    """Extend a span to the ends of the room over what is alike or was not looked at."""
    reach_start = reach_end = END_REACH_S
    start, end = part.span.start, part.span.end
    if part.alignment is not None:
        start, end = _alike_ends(query, known, part, room)
        times = query.fingerprint.times
        if not np.any((times < start - 0.1) & (times >= room.start)):
            reach_start = UNSEEN_S
        if not np.any((times > end + 0.1) & (times <= room.end)):
            reach_end = UNSEEN_S
    else:
        if _both_silent(query, known, part.mapping, Span(room.start, max(room.start, start))):
            reach_start = np.inf
        if _both_silent(query, known, part.mapping, Span(min(end, room.end), room.end)):
            reach_end = np.inf
    start = room.start if start - room.start <= reach_start else start
    end = room.end if room.end - end <= reach_end else end
    start, end = max(start, room.start), min(end, room.end)
    return Span(start, max(start, end))


def _alike_ends(query: Query, known: Known, part: Part, room: Span) -> tuple[float, float]:
    """Walk outwards over single frames (a survey gives few) while they look like the reference."""
    alignment = part.alignment
    start, end = part.span.start, part.span.end
    if alignment is None or alignment.query_channel == locate.LOCATED:
        return start, end
    series = align.picture_series(known.fingerprint)[alignment.reference_channel]
    mine = (query.mirrored if alignment.mirrored else query.series)[alignment.query_channel]
    values, there = series.at(part.mapping(mine.times))
    alike = there & (align.cosines(mine.values, values) >= END_ALIKE)
    inside = (mine.times >= room.start) & (mine.times <= room.end)
    for row in np.flatnonzero(inside & (mine.times < start))[::-1]:
        if not alike[row]:
            break
        start = float(mine.times[row])
    for row in np.flatnonzero(inside & (mine.times > end)):
        if not alike[row]:
            break
        end = float(mine.times[row])
    return start, end


def _both_silent(query: Query, known: Known, mapping: Mapping, span: Span) -> bool:
    """Tell whether neither file has sound in a span of the query: a pause before or after."""
    start, end = mapping(np.array([span.start, span.end]))
    there = Span(float(start), max(float(start), float(end)))
    return not (_has_sound(query.fingerprint, span) or _has_sound(known.fingerprint, there))


def _has_sound(fingerprint: Fingerprint, span: Span) -> bool:
    seconds = fingerprint.peak_frames / FRAMES_PER_S
    seconds = np.sort(seconds[(seconds >= span.start) & (seconds <= span.end)])
    if len(seconds) >= LEAST_PEAKS_PER_S * max(span.duration, 1.0):
        return True
    dense = np.searchsorted(seconds, seconds + 1.0) - np.arange(len(seconds))
    return bool(np.any(dense >= LEAST_PEAKS_SAID))


def _has_picture(fingerprint: Fingerprint, span: Span) -> bool:
    inside = (fingerprint.times >= span.start) & (fingerprint.times <= span.end)
    return bool(np.count_nonzero(inside) >= 3)


def _relation(
    known: Known, there: Span, shares: tuple[float, float], compared: tuple[bool, bool]
) -> Relation:
    """Tell the relation: what both sides have and what does not match was exchanged."""
    picture, sound = shares
    looked, heard = compared
    if known.kind == "known_fake":
        return "known_fake"
    if heard and sound < LEAST_SHARE <= picture:
        return "revoiced"
    if looked and picture < LEAST_SHARE <= sound:
        return "repictured"
    lack = known.duration_s - there.duration
    return "copy" if lack <= max(COPY_LACK_S, COPY_LACK * known.duration_s) else "excerpt"


def strongest(found: Iterable[MeasuredMatch]) -> list[MeasuredMatch]:
    """Drop matches whose picture and sound are both explained by a stronger match."""
    kept: list[MeasuredMatch] = []
    for item in sorted(found, key=lambda item: -_strength(item)):
        pictures = [other.picture_span for other in kept if other.picture_span]
        sounds = [other.sound_span for other in kept if other.sound_span]
        if not (_taken(item.picture_span, pictures) and _taken(item.sound_span, sounds)):
            kept.append(item)
    return sorted(kept, key=lambda item: item.match.query_span.start)


def in_order(found: Sequence[MeasuredMatch]) -> list[MeasuredMatch]:
    """Note where a file goes on at another moment of one reference than it left.

    A part of it was cut out, repeated or moved: nothing of it need be forged, and yet it says what
    the original does not.
    """
    result: list[MeasuredMatch] = []
    last: dict[int, MeasuredMatch] = {}
    for item in found:
        before = last.get(item.number)
        if before is not None:
            start = before.match.query_span.end
            at = np.array([(start + item.match.query_span.start) / 2])
            if abs(float((item.mapping(at) - before.mapping(at))[0])) > LEAST_JUMP_S:
                jump = Change("order", Span(start, max(start, item.match.query_span.start)))
                item = replace(item, changes=(jump, *item.changes))
        last[item.number] = item
        result.append(item)
    return result


def _strength(found: MeasuredMatch) -> float:
    return found.picture_score / PICTURE_SCORE + found.sound_score / SOUND_SCORE


def _taken(span: Span | None, better: list[Span]) -> bool:
    """Tell whether a part does not match at all, or is covered by better matches of that part."""
    if span is None:
        return True
    return sum(span.overlap(other) for other in better) > SAME_SPAN * max(span.duration, 1e-6)

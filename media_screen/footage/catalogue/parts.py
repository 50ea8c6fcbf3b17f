"""Verifies one candidate: the stretches of a file that have the reference's picture or sound.

Picture and sound are verified separately, each under mappings in time that the other one, the
index, or a search proposes. Thresholds are those measured by `python -m benchmarks.provenance` on
the clips of half of the collections.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from media_screen.arrays import Doubles
from media_screen.evidence import Span
from media_screen.footage.catalogue import align, locate
from media_screen.footage.catalogue.align import Alignment, Changes, Mapping, Series
from media_screen.footage.catalogue.index import Candidate
from media_screen.footage.fingerprint import Fingerprint
from media_screen.footage.fingerprint.sound import FRAMES_PER_S, Peaks

# Score (see `catalogue.align`) at which a picture matches when nothing else says where to look, and
# when the sound has already said it.
PICTURE_SCORE = 3.5
PICTURE_SCORE_GIVEN = 2.0
# Cosine of pictures, and correlation of a located one, from which looks are enough given the sound.
STILL_ALIKE, STILL_CORRELATION = 0.75, 0.85
# A file of two seconds can't reach PICTURE_SCORE; it matches when nearly all of it agrees.
SHORT_SCORE, SHORT_AGREEMENT = 2.9, 0.72
# A fit that runs to the end of the range of speeds has found no speed: slow camera moves over the
# same scene agree a little better the more they are stretched. Only a clear score counts there.
SPEED_MARGIN = 0.01
# Below CLEAR_SCORE changes must agree this well on average: the best of many mappings of another
# recording adds up small agreements (false matches had 0.43 to 0.49, copies at least 0.54).
FAINT_AGREEMENT = 0.52
# ... and must look alike (cosine of what frames of both show, median): two people before one camera
# can move alike for two seconds. Copies on which it was set have .63 and more.
FAINT_ALIKE = 0.6
CLEAR_SCORE = 8.0  # above, nobody needs to look for a better place of the picture
# The same for sound, in peaks beyond chance; and the share of peaks above chance that counts.
SOUND_SCORE = 12.0
SOUND_SCORE_GIVEN = 4.0
SOUND_MARGIN = 0.15
CHANCE_S = 1.0  # to either side of a peak, over which chance is measured
# A first look at a mapping allows peaks to be this many times farther apart than in the end.
QUICK_SLACK = 2.5
# How much a stretch may lose in score at its ends and still be one: about three changes of the
# picture, or a second of sound, that don't agree.
PICTURE_SLACK, SOUND_SLACK = 1.0, 2.5
# Sound and picture of one reference that are this far apart are one copy with shifted sound.
MOST_SHIFT_S = 3.0
MOST_REFINED = 3  # pairs of channels whose mapping is refined
MOST_FOUND = 3  # stretches of one reference in one query
SAME_SPAN = 0.5  # a weaker match that overlaps more than this with a better one is dropped
_LOCATED, _GIVEN = (locate.LOCATED, locate.LOCATED), PICTURE_SCORE_GIVEN


class Query:
    """A fingerprint with what is computed of it once for all candidates."""

    def __init__(self, fingerprint: Fingerprint) -> None:
        self.fingerprint = fingerprint
        self.series = align.picture_series(fingerprint)
        self.mirrored = {name: series.mirrored() for name, series in self.series.items()}
        self.peaks = Peaks(fingerprint.peak_frames, fingerprint.peak_steps)

    def moving(self, channel: str, mirror: bool) -> Changes:
        """Return the changes of one channel, mirrored when asked."""
        return align.changes((self.mirrored if mirror else self.series)[channel])

    def without(self, spans: list[Span]) -> dict[str, Series]:
        """Return the picture series outside of spans that are explained."""
        result = {}
        for name, series in self.series.items():
            keep = np.ones(len(series.times), bool)
            for span in spans:
                keep &= (series.times < span.start) | (series.times > span.end)
            if keep.sum() > 3:
                result[name] = Series(series.times[keep], series.values[keep])
        return result


@dataclass(frozen=True, slots=True)
class Part:
    """Picture or sound under one mapping: score, spans in the query, number of samples.

    `pair` holds the series of file and reference where the picture was found in a part of one.
    """

    mapping: Mapping
    score: float
    span: Span
    count: int
    alignment: Alignment | None = None
    pitch: bool = True
    pair: tuple[Series, Series] | None = None


def explained(span: Span, parts: list[Part]) -> bool:
    """Tell whether most of a stretch is in one of these parts."""
    return any(span.overlap(part.span) > SAME_SPAN * max(span.duration, 0.1) for part in parts)


def is_clear(part: Part) -> bool:
    """Tell whether a picture matches as a whole; a face alone, or a faint match, may be a part."""
    assert part.alignment is not None
    return part.score >= CLEAR_SCORE and not part.alignment.query_channel.startswith(align.FACE)


def shift(picture: Part, sound: Part) -> float:
    """Return how much later the sound comes, in seconds of the query, in the middle of the span."""
    middle = np.array([(picture.span.start + picture.span.end) / 2])
    return float((picture.mapping(middle) - sound.mapping(middle))[0] / picture.mapping.speed)


# --- picture -------------------------------------------------------------------------------------


def find_pictures(query: Query, reference: dict[str, Series]) -> list[Part]:
    """Return the stretches of the query whose picture follows the reference, best first."""
    parts: list[Part] = []
    while len(parts) < MOST_FOUND:
        left = query.without([part.span for part in parts])
        if not left or not reference:
            break
        part = None
        for alignment in align.align_picture(left, reference)[:MOST_REFINED]:
            series = left[alignment.query_channel]
            part = _picture_part(series, reference, alignment, PICTURE_SCORE)
            if part is not None:
                parts.append(part)
                break
        if part is None:
            break
    return parts


def _picture_part(
    series: Series, reference: dict[str, Series], alignment: Alignment, least: float
) -> Part | None:
    """Refine an alignment and measure its span; None when it does not reach `least`."""
    mine = series.mirrored() if alignment.mirrored else series
    moving = align.changes(mine)
    if not len(moving.start):
        return None
    known = reference[alignment.reference_channel]
    score, mapping = align.refine(moving, known, alignment.mapping)
    slowest, fastest = align.SPEED_RANGE
    found_speed = slowest + SPEED_MARGIN < mapping.speed < fastest - SPEED_MARGIN
    if not found_speed and score < CLEAR_SCORE:
        return None
    cosine, weight = align.agreement(moving, known, mapping)
    first, last = best_run(weight * (cosine - align.AGREE), PICTURE_SLACK)
    inside = slice(first, last)
    mean = float((cosine * weight)[inside].sum() / max(weight[inside].sum(), 1e-9))
    searched = least >= PICTURE_SCORE
    if score < least and (score < SHORT_SCORE or mean < SHORT_AGREEMENT):
        return None
    faint = searched and score < CLEAR_SCORE
    if faint and mean < FAINT_AGREEMENT:
        return None
    # Where the reference has no picture nothing speaks against it either: the span ends there.
    start = max(float(moving.start[first]), mapping.back(float(known.times[0])))
    end = min(float(moving.end[last - 1]), mapping.back(float(known.times[-1])))
    span = Span(start, max(start, end))
    if faint:
        shown, alike = _likeness(mine, known, mapping, span)
        if len(shown) and alike < FAINT_ALIKE:
            return None
    count = int(np.count_nonzero(weight[inside] * (cosine[inside] - align.AGREE) > 0))
    return Part(mapping, score, span, count, replace(alignment, mapping=mapping, score=score))


def _likeness(mine: Series, known: Series, mapping: Mapping, span: Span) -> tuple[Doubles, float]:
    """Return the moments of a stretch that both show, and how alike they look there, -1 to 1."""
    values, there = known.at(mapping(mine.times))
    there &= (mine.times >= span.start) & (mine.times <= span.end)
    if not there.any():
        return mine.times[:0], -1.0
    return mine.times[there], float(np.median(align.cosines(mine.values[there], values[there])))


def picture_given(query: Query, reference: dict[str, Series], mapping: Mapping) -> Part | None:
    """Look for the picture where the sound says it is."""
    ranked: list[tuple[float, Alignment]] = []
    for left, right, mirror in align.channel_pairs(query.series, reference):
        moving = query.moving(left, mirror)
        if len(moving.start):
            score = align.stretch_score(*align.agreement(moving, reference[right], mapping))
            ranked.append((score, Alignment(mapping, left, right, mirror, score)))
    ranked.sort(key=lambda item: -item[0])
    parts = [
        _picture_part(query.series[one.query_channel], reference, one, PICTURE_SCORE_GIVEN)
        for _, one in ranked[:MOST_REFINED]
    ]
    return max((part for part in parts if part), key=lambda part: part.score, default=None)


def find_located(
    query: Query, reference: Fingerprint, sounds: list[Part], mappings: list[Mapping]
) -> list[Part]:
    """Return the picture found in a part of the query, or as a part of the reference."""
    best: list[Part] = []
    for place in locate.places(query.fingerprint, reference):
        pair = locate.located(place, query.fingerprint, reference, plain=bool(sounds))
        if pair is None:
            continue
        mine, theirs = {locate.LOCATED: pair[0]}, {locate.LOCATED: pair[1]}
        given = [*mappings, *(part.mapping for part in sounds)]
        tried = [(Alignment(m, *_LOCATED, place.mirrored, 0.0), _GIVEN) for m in given]
        for found in align.align_picture(mine, theirs):
            if found.mirrored == place.mirrored:
                tried.append((found, PICTURE_SCORE))
        parts = [_picture_part(pair[0], theirs, *one) for one in tried]
        if place.correlation >= STILL_CORRELATION:
            parts += [find_still(mine, theirs, part, place.mirrored) for part in sounds]
        best += [replace(part, pair=pair) for part in parts if part is not None]
    return sorted(best, key=lambda part: -part.score)[:1]


def find_still(
    query: dict[str, Series], reference: dict[str, Series], sound: Part, mirror: bool | None = None
) -> Part | None:
    """Find the picture by its looks alone, where the sound proves that it is the same recording.

    Someone who hardly moves leaves no movement to compare in three seconds.
    """
    best: Part | None = None
    for left, right, mirrored in align.channel_pairs(query, reference):
        if left.startswith(align.FACE) or mirror not in (None, mirrored):
            continue
        mine = query[left].mirrored() if mirrored else query[left]
        near = Span(sound.span.start - 0.5, sound.span.end + 0.5)
        times, alike = _likeness(mine, reference[right], sound.mapping, near)
        if len(times) >= 3 and alike >= STILL_ALIKE and (best is None or alike > best.score):
            alignment = Alignment(sound.mapping, left, right, mirrored, alike)
            span = Span(float(times[0]), float(times[-1]))
            best = Part(sound.mapping, alike, span, len(times), alignment)
    return best


def best_run(values: npt.NDArray[np.floating], slack: float) -> tuple[int, int]:
    """Return the run of values, [first, last), with the highest sum, and calm ends added.

    Kadane's algorithm; then the run grows as long as what is added does not speak against it by
    more than `slack`: a still picture or a pause says neither yes nor no.
    """
    total = np.concatenate([[0.0], np.cumsum(values)])
    last = int(np.argmax(total - np.minimum.accumulate(total)))
    first = int(np.argmin(total[: last + 1]))
    after = np.flatnonzero(total[last] - np.minimum.accumulate(total[last:]) > slack)
    before = np.flatnonzero(np.maximum.accumulate(total[first::-1]) - total[first] > slack)
    last = last + int(after[0]) - 1 if after.size else len(values)
    first = first - int(before[0]) + 1 if before.size else 0
    return first, max(last, first + 1)


# --- sound ---------------------------------------------------------------------------------------


def find_sounds(query: Query, reference: Peaks, candidate: Candidate) -> list[Part]:
    """Return the stretches of the query whose sound follows the reference."""
    parts: list[Part] = []
    for mapping, pitch, _ in sorted(candidate.sounds, key=lambda item: -item[2])[: 2 * MOST_FOUND]:
        part = _sound_part(query, reference, mapping, pitch, SOUND_SCORE)
        if part is not None and not explained(part.span, parts):
            parts.append(part)
    return parts


def _sound_part(
    query: Query, reference: Peaks, mapping: Mapping, pitch: bool, least: float
) -> Part | None:
    """Refine a mapping by sound and measure its span; None when it does not reach `least`."""
    if not len(query.peaks.frames) or not len(reference.frames):
        return None
    near = align.align_sound(query.peaks, reference, mapping, pitch=pitch, slack=QUICK_SLACK)
    beyond = near - _chance(query.peaks, reference, mapping, pitch, QUICK_SLACK) - SOUND_MARGIN / 2
    first, last = best_run(beyond, 0.0)
    if beyond[first:last].sum() < least / 2:
        return None
    mapping = _refined_sound(query.peaks, reference, mapping, pitch)
    hits = align.align_sound(query.peaks, reference, mapping, pitch=pitch)
    chance = _chance(query.peaks, reference, mapping, pitch)
    values = hits - (chance + SOUND_MARGIN)
    first, last = best_run(values, SOUND_SLACK)
    score = float(values[first:last].sum())
    if score < least:
        return None
    seconds = query.peaks.frames / FRAMES_PER_S
    span = Span(float(seconds[first]), float(seconds[last - 1]))
    return Part(mapping, score, span, int(hits[first:last].sum()), pitch=pitch)


def _refined_sound(query: Peaks, reference: Peaks, mapping: Mapping, pitch: bool) -> Mapping:
    """Improve a mapping by small steps until the most peaks coincide.

    A second of speech is the same under many mappings: the one that changes least is taken.
    """
    best = (-1, mapping)
    middle = float(np.median(query.frames)) / FRAMES_PER_S
    for speed_steps, offset_steps in (
        (np.arange(-2, 3) * 0.0125, np.arange(-3, 4) * 0.03),
        (np.arange(-2, 3) * 0.0025, np.arange(-2, 3) * 0.01),
    ):
        centre = best[1]
        for ds in sorted(speed_steps, key=abs):
            for do in sorted(offset_steps, key=abs):
                tried = Mapping(float(centre.speed + ds), float(centre.offset_s - ds * middle + do))
                hits = int(align.align_sound(query, reference, tried, pitch=pitch).sum())
                if hits > best[0]:
                    best = (hits, tried)
    return best[1]


def _chance(
    query: Peaks, reference: Peaks, mapping: Mapping, pitch: bool, slack: float = 1.0
) -> Doubles:
    """Return for each peak the share around it that coincides at wrong offsets, 0.4 to 1 s away.

    Inside a tone that is all of it, whatever the rest of the file is.
    """
    shares = np.zeros(len(query.frames))
    shifts = (-1.0, -0.7, -0.4, 0.4, 0.7, 1.0)
    for shift in shifts:
        wrong = Mapping(mapping.speed, mapping.offset_s + shift)
        shares += align.align_sound(query, reference, wrong, pitch=pitch, slack=slack)
    return align.smoothed(query.frames / FRAMES_PER_S, shares / len(shifts), CHANCE_S)


def sound_for(query: Query, reference: Peaks, picture: Part, sounds: list[Part]) -> Part | None:
    """Return the sound that belongs to a picture: under its mapping, or shifted a little."""
    tried = [
        _sound_part(query, reference, picture.mapping, pitch, SOUND_SCORE_GIVEN)
        for pitch in ((True, False) if abs(picture.mapping.speed - 1) > 0.02 else (True,))
    ]
    near = [part for part in sounds if abs(shift(picture, part)) <= MOST_SHIFT_S]
    parts = [part for part in [*tried, *near] if part is not None]
    parts = [part for part in parts if part.span.overlap(picture.span) > 0]
    return max(parts, key=lambda part: part.score, default=None)

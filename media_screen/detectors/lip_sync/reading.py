"""Reads windows of a file: how each face in view goes with the voice, and what marks it has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from media_screen.detectors.lip_sync.marks import Marks, measure_marks
from media_screen.detectors.lip_sync.movement import RATE, movement
from media_screen.detectors.lip_sync.overlap import overlap
from media_screen.detectors.lip_sync.sight import crops_along, measure
from media_screen.detectors.lip_sync.sound import STEPS, mel_levels
from media_screen.detectors.lip_sync.synchrony import REACH_S, Curve, opening_curve, sync_net
from media_screen.detectors.lip_sync.windows import WatchedWindow, course_of
from media_screen.evidence import Span
from media_screen.faces.mesh import mesh_net
from media_screen.media import SAMPLE_RATE

if TYPE_CHECKING:
    from media_screen.faces.track import Track
    from media_screen.media import Media, Mix
    from media_screen.speech import Speech


@dataclass(frozen=True, eq=False)
class Reading:
    """One face in one window.

    `seen_s` and `speech_s` are the seconds in which the face is seen, and those of speech in the
    window; `speed` is how fast the mouth opens and closes (see `Movement.speed`); `several` says
    that the sound is like several voices at once; `opening` is the curve of the baseline. `marks`
    is None where too little was seen.
    """

    span: Span
    track: int
    curve: Curve
    opening: Curve | None
    marks: Marks | None
    speed: float
    several: bool
    seen_s: float
    speech_s: float


def read_windows(
    media: Media,
    places: Sequence[WatchedWindow],
    tracks: Sequence[Track],
    speech: Speech,
    *,
    device: str = "cpu",
    mix: Mix | None = None,
) -> Iterator[Reading]:
    """Decode the windows, and only them, and read every face that is in view there.

    The voice is heard in `mix`, by default that of the file.
    """
    of_id = {track.id: track for track in tracks}
    net, embedder = mesh_net(device), sync_net(device)
    for place in places:
        span = place.span
        courses = [course_of(of_id[number]) for number in place.tracks]
        before = min(REACH_S, span.start)
        sound = media.audio(Span(span.start - before, span.end + REACH_S), mix=mix)
        if len(sound) < SAMPLE_RATE:
            continue
        mels = mel_levels(sound)
        first = round(before * RATE * STEPS)
        inside = sound[round(before * SAMPLE_RATE) :][: round(span.duration * SAMPLE_RATE)]
        several = overlap().several(inside)
        seen = crops_along(media.window(span), courses)
        for number, (times, crops) in zip(place.tracks, seen, strict=True):
            sight = measure(times, crops, net)
            found = movement(sight, span=(span.start, span.end))
            if found is None:
                continue
            curve = embedder.embed(found, mels, first).curve()
            if curve is None:
                continue
            yield Reading(
                span=span,
                track=number,
                curve=curve,
                opening=opening_curve(found, mels, first),
                marks=measure_marks(sight),
                speed=found.speed,
                several=several,
                seen_s=found.seconds,
                speech_s=speech.within(span),
            )

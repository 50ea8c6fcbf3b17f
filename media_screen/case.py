"""One file under examination: what the detectors may ask of it, each thing computed once.

A detector only reads a case. Pictures are decoded and searched for faces in one look, shared by all
detectors; sound is read when one asks for it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from media_screen.evidence import (
    Abstention,
    Coverage,
    MediaInfo,
    OnscreenText,
    Reason,
    Span,
    TextLine,
    Thumbnail,
)
from media_screen.evidence.pieces import LONGEST_ERROR
from media_screen.faces.upright import stand_upright
from media_screen.footage.fingerprint import FingerprintBuilder
from media_screen.hearing import Hearing, unjudged_tracks
from media_screen.look import MIN_FACE, WINDOW_FPS
from media_screen.media import MediaError
from media_screen.observation import KeptHearing, Observation
from media_screen.people.channel_ids import owns
from media_screen.people.own_videos import scores_beside
from media_screen.speech import lacks_speech

if TYPE_CHECKING:
    from pathlib import Path

    from media_screen.arrays import Floats, Image
    from media_screen.equipment import Equipment
    from media_screen.faces.track import Track
    from media_screen.footage.catalogue import MeasuredMatch
    from media_screen.footage.fingerprint import Fingerprint
    from media_screen.footage.original.comparison import ComparedMatch
    from media_screen.hearing import Ear, OtherSound
    from media_screen.look import Look
    from media_screen.media import Media
    from media_screen.people.own_videos import OwnScores
    from media_screen.sidecar import Sidecar
    from media_screen.speech import Speech
    from media_screen.speech.voices import Voice

# What a detector may ask for; see `Case.lacks`.
Need = Literal["frames", "faces", "sound", "speech", "sidecar", "people"]
NEEDS: tuple[Need, ...] = get_args(Need)

_AS_SHOWN = "the picture is shown {}: it was judged as it lies upright"
# By the quarter turns counterclockwise that put it right.
_TURNED = {
    1: _AS_SHOWN.format("lying on its right side"),
    2: _AS_SHOWN.format("upside down"),
    3: _AS_SHOWN.format("lying on its left side"),
}

# Frames a second of a matched stretch that is compared closely: a picture that is exchanged for two
# seconds is seen in four of them, as many as it takes (`footage.catalogue.changes.LOOK_CHANGE`).
CLOSELY_FPS = 2.0
MOST_CLOSELY_S = 600.0  # s of matched stretches that are compared closely, as long as is listened
LEAST_CLOSELY_S = 1.0  # s; a shorter stretch between two that were looked at holds no such change
PIECE_S = 10.0  # s; of longer matches pieces of about this length are compared, spread over them


class Case:
    """What is known of one file. Attributes are computed when first asked for, and kept.

    `media` is the opened file, `sidecar` what was read beside it (or None). `look` is the one look
    over its pictures, `hearing` the one pass over its sound. `people`, `trusted`, `gallery`,
    `own_videos`, `catalogue`, `proxies`, `trust_anchors`, `device` and `thorough` are those of the
    equipment. `itself` is the hash of the reference that the file is, as an official post that
    serves as an original, "" for others: it is no copy of that. `text` is given where it was read
    before, in the same bytes, and `observed` where these were looked at and listened to before:
    what that has is not decoded again. `timing` collects seconds by stage.
    """

    def __init__(
        self,
        media: Media,
        equipment: Equipment,
        *,
        sidecar: Sidecar | None = None,
        sha256: str = "",
        text: OnscreenText | None = None,
        observed: Observation | None = None,
    ) -> None:
        self.media = media
        if text is not None:
            self.text = text
        self.sidecar = sidecar
        self.sha256 = sha256
        self.people = equipment.people
        self.trusted = equipment.trusted
        self.gallery = equipment.gallery
        self.own_videos = equipment.own_videos
        self.catalogue = equipment.catalogue
        self.itself = sha256 if _is_post(sha256, sidecar, equipment) else ""
        proxies = equipment.proxies
        self.proxies = proxies.without(self.itself) if proxies and self.itself else proxies
        self.trust_anchors = equipment.trust_anchors
        self.device = equipment.device
        self.thorough = equipment.thorough
        self.timing: dict[str, float] = {}
        self._inner_s = 0.0  # spent in stages inside of the one that is timed
        self._looker = equipment.looker
        self._listens = equipment.listens
        self._unseen: MediaError | None = None
        self._builder: FingerprintBuilder | None = None
        if equipment.catalogue is not None or equipment.prints:
            self._print_anew()
        self.hearing: Hearing | KeptHearing = Hearing(
            media,
            device=equipment.device,
            thorough=equipment.thorough,
            listens=equipment.listens,
            windows=lambda: self.look.windows if self.has_pictures else (),
            on_sound=self._print_sound,
            timed=self.timed,
        )
        if observed is not None:
            self._take(observed)

    def _take(self, observed: Observation) -> None:
        """Take what was seen and heard before, in the same bytes."""
        self.fingerprint = observed.fingerprint
        self._builder = FingerprintBuilder.resumed(observed.fingerprint)
        if observed.look is not None:
            self.look = observed.look
            self.media.turns = observed.look.turns
        if observed.sound is not None:
            self.hearing = observed.sound

    def observation(self) -> Observation | None:
        """Return what to keep for another examination; None where that would lack something.

        That is where nothing collected the fingerprint, or pictures are there and can't be decoded.
        """
        look = self.look if self.has_pictures else None
        if self._builder is None or self._unseen is not None:
            return None
        sound = self._kept_hearing() if self.info.audio_codec else None
        if look is not None:
            look = replace(look, thumbnails=(), stills=())
        return Observation(self.fingerprint, look, sound)

    def _kept_hearing(self) -> KeptHearing | None:
        """Return what of the sound is to be kept, None where nobody asked for its voices."""
        asked = vars(self.hearing)
        if "voices" not in asked:
            return None
        return KeptHearing(
            self.ear,
            self.voices,
            self.synthesis if "synthesis" in asked else (),
            self.other_sounds,
            self.hearing.share,
            self.waveform,
        )

    @property
    def info(self) -> MediaInfo:
        """The facts of the file; the size is that of the picture as it is shown."""
        return self.media.info

    @cached_property
    def look(self) -> Look:
        """The one look over the pictures; empty when none can be decoded but there is sound.

        Raises MediaError when nothing of the file can be judged.
        """
        from media_screen.look import Look

        printed = self._builder is not None
        with self.timed("look"):
            try:
                return self._looker.look(
                    self.media,
                    thorough=self.thorough,
                    on_frame=self._print_frame if printed else None,
                    on_turn=self._print_anew if printed else None,
                )
            except MediaError as error:
                if not self.info.audio_codec:
                    raise
                self._unseen = error
                return Look(shots=(), tracks=(), frames=0, small_faces=0, covered=0.0)

    def _print_frame(self, time_s: float, image: Image) -> None:
        assert self._builder is not None
        self._builder.add_frame(time_s, image)

    def _print_sound(self, start_s: float, samples: Floats) -> None:
        if self._builder is not None:
            self._builder.add_sound(start_s, samples)

    def _print_anew(self) -> None:
        """Begin the fingerprint: what was taken before lay on its side or on its head."""
        self._builder = FingerprintBuilder(duration_s=self.info.duration_s)

    def fingerprints_turned(self) -> tuple[Fingerprint, ...]:
        """The fingerprints of the file turned by one, two and three quarters.

        For pictures without an upright face, in which nothing tells which way is up; else none.
        """
        if not self.has_pictures:
            return ()
        look = self.look
        if not look.frames or any(stand_upright(track.faces) for track in look.tracks):
            return ()
        plain = self.fingerprint
        builders = [FingerprintBuilder(duration_s=self.info.duration_s) for _ in range(3)]
        with self.timed("turned"):
            windows = (self.media.window(span, fps=WINDOW_FPS) for span in look.windows)
            for frame in chain(self.media.survey(), *windows):
                for turns, builder in enumerate(builders, 1):
                    turned = np.ascontiguousarray(np.rot90(frame.small, turns))
                    builder.add_frame(frame.time_s, turned)
        sound = {name: getattr(plain, name) for name in ("sound_s", "peak_frames", "peak_steps")}
        return tuple(replace(builder.finish(), **sound) for builder in builders)

    def fingerprint_closely(self, spans: Sequence[Span]) -> Fingerprint:
        """The fingerprint with more frames of these stretches: what it takes to compare them.

        A file is looked at in places, which is enough to find an original, and not enough to say
        that nothing in between was exchanged. Stretches that were looked at densely, and what goes
        beyond MOST_CLOSELY_S without `thorough`, add nothing.
        """
        most = math.inf if self.thorough else MOST_CLOSELY_S
        if self._builder is None or self.info.kind != "video":
            return self.fingerprint
        pieces = _pieces(_between(spans, self.look.windows), most)
        if not pieces:
            return self.fingerprint
        _ = self.fingerprint  # what it takes of faces and sound is there
        with self.timed("closely"):
            for piece in pieces:
                for frame in self.media.window(piece, fps=CLOSELY_FPS):
                    self._builder.add_frame(frame.time_s, frame.small)
            return self._builder.finish()

    @cached_property
    def matches(self) -> tuple[MeasuredMatch, ...]:
        """What of the file is official footage or a known fake, in order of time; () for none."""
        from media_screen.footage.catalogue.search import search

        if self.catalogue is None or not len(self.catalogue) or self.fingerprint.empty:
            return ()
        with self.timed("matches"):
            return search(
                self.catalogue,
                self.fingerprint,
                turned=self.fingerprints_turned,
                closely=self.fingerprint_closely,
                without=self.itself,
            )

    @cached_property
    def comparisons(self) -> tuple[ComparedMatch, ...]:
        """How the faces of the file differ from those of the official footage that it matches."""
        from media_screen.faces.mesh import mesh_net
        from media_screen.footage.original.comparison import Comparer

        found, tracks = self.matches, self.tracks
        with self.timed("compared"):
            return Comparer(mesh_net(self.device), self._looker.embedder).compare_all(
                self.media,
                found,
                tracks,
                sha256=self.sha256,
                path=self._proxy,
                thorough=self.thorough,
            )

    def _proxy(self, sha256: str) -> Path | None:
        return None if self.proxies is None else self.proxies.path(sha256)

    def own_scores(self, detector: str, person: str | None) -> OwnScores | None:
        """What a detector says of a person's own videos, without this file; None for too few."""
        return scores_beside(self.own_videos, person, detector, without=self.sha256)

    @property
    def remarks(self) -> tuple[Abstention, ...]:
        """What was not looked at or listened to, or not as it is shown, in a sentence each."""
        found = [Abstention("media", "attached", why) for why in self.media.unseen()]
        if self._listens and (count := unjudged_tracks(self.media)):
            tracks = "sound track was" if count == 1 else "sound tracks were"
            why = f"the voices of {count} further {tracks} not judged: earlier tracks were enough"
            found.append(Abstention("media", "attached", why))
        if not self.has_pictures:
            return tuple(found)
        look = self.look
        if self._unseen is not None:
            found.append(
                Abstention("media", self._unseen.reason, str(self._unseen)[:LONGEST_ERROR])
            )
        if look.turns:
            found.append(Abstention("look", "turned", _TURNED[look.turns]))
        if look.further_faces:
            many = "face was" if look.further_faces == 1 else "faces were"
            why = f"{look.further_faces} further {many} not looked at: larger ones came first"
            found.append(Abstention("look", "crowd", why))
        return tuple(found)

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """The fingerprint to search catalogue and memory with, of frames that were looked at.

        Without either nothing is collected, and asking is an error of the detector.
        """
        tracks = self.tracks  # looks at the pictures first, which may begin the fingerprint anew
        builder = self._builder
        if builder is None:
            raise LookupError("no catalogue or memory was given, so no fingerprint was collected")
        for track in tracks:
            for face in track.faces:
                size = face.quality.size_px
                builder.add_face(face.time_s, face.crop, track=track.id, size_px=size)
        self.hearing.read()
        return builder.finish()

    @property
    def other_sounds(self) -> tuple[OtherSound, ...]:
        """What is heard beside the sound that is judged: sides that differ, further tracks."""
        if not self.info.audio_codec:
            return ()
        if self._builder is not None:
            _ = self.fingerprint  # looks first: where that is done densely, more is listened to
            self.hearing.read()  # to its end, so that how its sides differ is known
        return self.hearing.other_sounds

    @property
    def ear(self) -> Ear:
        """The way of hearing the sound that is judged: as it plays, if speech is clear in that."""
        return self.hearing.ear

    @property
    def speech(self) -> Speech:
        """Where somebody speaks, and where there is music or other sound; empty without sound."""
        return self.hearing.ear.speech

    @property
    def voices(self) -> tuple[Voice, ...]:
        """The voices in windows of speech spread over the file, the longest-speaking first.

        Those that are heard only apart, or on a further track, come last.
        """
        return self.hearing.voices

    @property
    def synthesis(self) -> tuple[tuple[float, ...], ...]:
        """For each of the voices the raw scores of its windows for being synthetic."""
        return self.hearing.synthesis

    @property
    def tracks(self) -> tuple[Track, ...]:
        """The faces that were followed through the file; empty for sound."""
        return self.look.tracks if self.has_pictures else ()

    @property
    def coverage(self) -> Coverage:
        """Which share of the picture's and of the sound's time was looked at and listened to.

        A stream that there is and that nobody could or did ask for counts with nothing.
        """
        look: Look | None = vars(self).get("look")
        seen = look.covered if look is not None else 0.0
        return Coverage(seen if self.has_pictures else None, self.heard_share)

    @property
    def heard_share(self) -> float | None:
        """Which share of the sound's time was listened to, 0 to 1; None without sound."""
        return self.hearing.share if self.info.audio_codec else None

    @property
    def thumbnails(self) -> tuple[Thumbnail, ...]:
        """Small pictures for the report."""
        return self.look.thumbnails if self.has_pictures else ()

    @property
    def waveform(self) -> tuple[int, ...]:
        """Loudness over time for the report; empty when nobody asked for the sound."""
        return self.hearing.waveform

    @property
    def stills(self) -> tuple[tuple[float, Image], ...]:
        """A few frames, spread in time: (seconds, RGB picture of at most 960 px)."""
        return self.look.stills if self.has_pictures else ()

    @cached_property
    def text(self) -> OnscreenText:
        """Text in the stills, and how many those are; raises MissingOcr when nothing can read."""
        from media_screen.names import ocr

        stills = self.stills
        lines = ocr.read_all(ocr.reader(self.device), stills) if stills else ()
        return OnscreenText(len(stills), lines)

    @property
    def lines(self) -> tuple[TextLine, ...]:
        """Text in the stills, in order of time; raises MissingOcr when nothing can read it."""
        return self.text.lines

    @property
    def text_read(self) -> OnscreenText | None:
        """Text in the stills if it was asked for before; reading takes a second a still."""
        return vars(self).get("text")

    @property
    def dubbed(self) -> bool:
        """Whether the platform dubbed the voice, as the sidecar says, and it is this file's."""
        post = self.sidecar
        return post is not None and post.dubbed and post.fit.proves

    @property
    def has_pictures(self) -> bool:
        """Whether the file is a video or a picture."""
        return self.info.kind in ("video", "image")

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the seconds spent inside to `timing`, under the name of a stage.

        Those of a stage inside of another count for the inner one only.
        """
        start, others = time.perf_counter(), self._inner_s
        self._inner_s = 0.0
        try:
            yield
        finally:
            spent = time.perf_counter() - start
            self.timing[stage] = self.timing.get(stage, 0.0) + spent - self._inner_s
            self._inner_s = others + spent

    def lacks(self, need: Need) -> tuple[Reason, str] | None:
        """Return why a need can't be met, as (reason, sentence), or None when it can."""
        if need in ("frames", "faces") and not self.has_pictures:
            return "no_video", "the file has sound only"
        if need in ("frames", "faces") and self.look and self._unseen is not None:
            return self._unseen.reason, str(self._unseen)[:LONGEST_ERROR]
        if need == "faces":
            return self._lacks_faces()
        if need in ("sound", "speech") and not self.info.audio_codec:
            return "no_audio", "the file has no sound track"
        if need == "speech":
            lack = lacks_speech(self.speech)
            return None if lack is not None and self.voices else lack  # on a further track
        if need == "sidecar" and self.sidecar is None:
            return "no_sidecar", "there is no sidecar beside the file, so its channel is unknown"
        if need == "people" and not self.people:
            return "no_reference", "nobody is enrolled: name a folder of people with --people"
        return None

    def _lacks_faces(self) -> tuple[Reason, str] | None:
        look = self.look
        if look.tracks:
            return None
        if look.small_faces:
            return (
                "face_too_small",
                f"{look.small_faces} faces were found, all narrower than {MIN_FACE:.0f} px",
            )
        return "no_face", f"no face was found in {look.frames} pictures looked at"

    def abstention(self, detector: str, needs: tuple[Need, ...]) -> Abstention | None:
        """Return the abstention of a detector whose needs this file can't meet, or None."""
        for need in needs:
            lack = self.lacks(need)
            if lack is not None:
                return Abstention(detector, *lack)
        return None


def _is_post(sha256: str, sidecar: Sidecar | None, equipment: Equipment) -> bool:
    """Say whether a file is an official post that serves as an original; a repost of it is not."""
    if sidecar is None or sha256 not in equipment.posts or not sidecar.fit.proves:
        return False
    return any(owns(person, sidecar) for person in equipment.people)


def _between(spans: Sequence[Span], seen: Sequence[Span]) -> list[Span]:
    """Return what of some stretches lies in none of those that were seen, both in order of time."""
    left = []
    for span in spans:
        start = span.start
        for other in seen:
            if other.start - start >= LEAST_CLOSELY_S and span.overlap(other) > 0:
                left.append(Span(start, other.start))
            if span.overlap(other) > 0:
                start = max(start, other.end)
        if span.end - start >= LEAST_CLOSELY_S:
            left.append(Span(start, span.end))
    return left


def _pieces(spans: Sequence[Span], most_s: float) -> list[Span]:
    """Return the stretches, or pieces spread over them that are `most_s` long together."""
    total = sum(span.duration for span in spans)
    if total <= most_s:
        return list(spans)
    share, pieces = most_s / total, []
    for span in spans:
        count = max(1, round(span.duration * share / PIECE_S))
        every = span.duration / count
        starts = (span.start + number * every for number in range(count))
        pieces += [Span(start, start + every * share) for start in starts]
    return pieces

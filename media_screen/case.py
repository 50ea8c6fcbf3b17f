"""One file under examination: what the detectors may ask of it, each thing computed once.

A detector only reads a case. Pictures are decoded and searched for faces in one look, shared by all
detectors; sound is read when one asks for it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from media_screen.evidence import Abstention, MediaInfo, Reason, Thumbnail
from media_screen.fingerprint import FingerprintBuilder
from media_screen.look import MIN_FACE

if TYPE_CHECKING:
    from media_screen.catalogue import Catalogue
    from media_screen.detectors.contract import Need
    from media_screen.enrol import Gallery
    from media_screen.faces.track import Track
    from media_screen.fingerprint import Fingerprint
    from media_screen.look import Image, Look, Looker
    from media_screen.media import Media
    from media_screen.people import Person
    from media_screen.sidecar import Sidecar


class Case:
    """What is known of one file. Attributes are computed when first asked for, and kept.

    `media` is the opened file, `sidecar` what was read beside it (or None), `people` everyone
    enrolled, `gallery` their faces, `catalogue` their footage (or None), `trust_anchors` the
    certificates (PEM) whose signatures count as trusted. `timing` collects seconds by stage.
    """

    def __init__(
        self,
        media: Media,
        *,
        looker: Looker,
        sidecar: Sidecar | None = None,
        people: tuple[Person, ...] = (),
        gallery: Gallery,
        catalogue: Catalogue | None = None,
        trust_anchors: str = "",
        sha256: str = "",
        thorough: bool = False,
        fingerprinted: bool = False,
    ) -> None:
        self.media = media
        self.sidecar = sidecar
        self.people = people
        self.gallery = gallery
        self.catalogue = catalogue
        self.trust_anchors = trust_anchors
        self.sha256 = sha256
        self.thorough = thorough
        self.timing: dict[str, float] = {}
        self._looker = looker
        self._builder: FingerprintBuilder | None = None
        if catalogue is not None or fingerprinted:
            self._builder = FingerprintBuilder(duration_s=media.info.duration_s)

    @property
    def info(self) -> MediaInfo:
        """The facts of the file; the size is that of the picture as it is shown."""
        return self.media.info

    @cached_property
    def look(self) -> Look:
        """The one look over the pictures; raises MediaError when none can be decoded."""
        with self.timed("look"):
            return self._looker.look(
                self.media,
                thorough=self.thorough,
                on_frame=None if self._builder is None else self._builder.add_frame,
            )

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """The fingerprint to search catalogue and memory with, of frames that were looked at.

        Without either nothing is collected, and asking is an error of the detector.
        """
        builder = self._builder
        if builder is None:
            raise LookupError("no catalogue or memory was given, so no fingerprint was collected")
        for track in self.tracks:  # looks at the pictures first
            for face in track.faces:
                size = face.quality.size_px
                builder.add_face(face.time_s, face.crop, track=track.id, size_px=size)
        with self.timed("sound_print"):
            for start, samples in self.media.audio_blocks():
                builder.add_sound(start, samples)
        return builder.finish()

    @property
    def tracks(self) -> tuple[Track, ...]:
        """The faces that were followed through the file; empty for sound."""
        return self.look.tracks if self.has_pictures else ()

    @property
    def thumbnails(self) -> tuple[Thumbnail, ...]:
        """Small pictures for the report."""
        return self.look.thumbnails if self.has_pictures else ()

    @property
    def stills(self) -> tuple[tuple[float, Image], ...]:
        """A few frames, spread in time: (seconds, RGB picture of at most 960 px)."""
        return self.look.stills if self.has_pictures else ()

    @property
    def has_pictures(self) -> bool:
        """Whether the file is a video or a picture."""
        return self.info.kind in ("video", "image")

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the seconds spent inside to `timing`, under the name of a stage."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.timing[stage] = self.timing.get(stage, 0.0) + time.perf_counter() - start

    def lacks(self, need: Need) -> tuple[Reason, str] | None:
        """Return why a need can't be met, as (reason, sentence), or None when it can."""
        if need in ("frames", "faces") and not self.has_pictures:
            return "no_video", "the file has sound only"
        if need == "faces":
            return self._lacks_faces()
        if need == "sound" and not self.info.audio_codec:
            return "no_audio", "the file has no sound track"
        if need == "sidecar" and self.sidecar is None:
            return "no_sidecar", "there is no .info.json beside the file, so its channel is unknown"
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

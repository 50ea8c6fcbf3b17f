"""The examination of a file whose very bytes were examined before: then, or under another name.

What follows from the bytes is taken from the saved line of the earlier examination; detectors whose
evidence depends on something that changed since examine it anew (`detectors.contract.depends_of`),
from what was seen and heard then (`observation`), and everything is judged anew. So the verdict is
what a full examination would give. Decoded is only what nothing else will do for: the stretches in
which a file is compared with official footage that it was not compared with before. Nothing but
equal bytes will do: a copy that was encoded again may hide what the first one shows, or show
another mouth.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from media_screen import weights
from media_screen.detectors import DETECTORS
from media_screen.detectors.catalogue import KnownFootage
from media_screen.detectors.contract import depends_of
from media_screen.detectors.explicit import NETWORK as EXPLICIT_NETWORK
from media_screen.detectors.explicit import Explicit
from media_screen.detectors.face_artifact import FaceArtifact
from media_screen.detectors.onscreen import Onscreen
from media_screen.detectors.original import OriginalBeside
from media_screen.files import file_id
from media_screen.footage.memory import Recall
from media_screen.footage.original.shown import ShownFaces
from media_screen.names import ocr
from media_screen.observation import Observation
from media_screen.screen.examination import CONTENT_FLAGS, Content, Examination, summaries
from media_screen.screen.settings import changed_parts, is_examined_alike

if TYPE_CHECKING:
    from media_screen.config import Config
    from media_screen.detectors.contract import Dependence, Detector
    from media_screen.evidence import (
        Abstention,
        Evidence,
        Match,
        MediaInfo,
        Thumbnail,
        TrackSummary,
        Verdict,
    )
    from media_screen.media import Media
    from media_screen.screen.loading import Loaded
    from media_screen.sidecar import Sidecar

_log = logging.getLogger(__name__)

_REMARKS = ("media", "look")  # who tells what was not looked at, or not as it is shown
_ANEW = ("sidecar", "transcript")  # who is asked anew, besides detectors
# What is enrolled of which it takes what was seen and heard to examine a file anew.
_OF_MEDIA: frozenset[Dependence] = frozenset(("faces", "voices", "official", "fakes", "own_videos"))


@dataclass(frozen=True, slots=True)
class _KnownBytes:
    """What is known of the bytes of a file: an earlier verdict, and what changed since.

    `observed` is what was seen and heard, None where that is not needed. `recall` is what of them
    was met before, None where the memory is to be asked.
    """

    earlier: Verdict
    own: bool  # it is on this very file
    changed: frozenset[Dependence]
    observed: Observation | None
    recall: Recall | None


class RepeatedExamination(Examination):
    """One open file with what was found in the same bytes before.

    Detectors examine it whose evidence depends on what changed; text is not read again, but
    compared with this post.
    """

    def __init__(
        self,
        media: Media,
        loaded: Loaded,
        config: Config,
        info: MediaInfo,
        sidecar: Sidecar | None,
        abstentions: Iterable[Abstention],
        *,
        known: _KnownBytes,
    ) -> None:
        parts = media, loaded, config, info, sidecar, abstentions
        super().__init__(*parts, text=known.earlier.text, observed=known.observed)
        self._known, self._earlier = known, known.earlier
        self._compares = False  # whether faces are compared with official footage anew

    @property
    def heard_alike(self) -> bool:
        """Whether both posts are dubbed or neither: the mouth of a dubbed one is not judged."""
        before = any(one.reason == "dubbed" for one in self._earlier.abstentions)
        return self._case.dubbed == before

    def verdict(self) -> Verdict:
        """Judge anew; raises MediaError when the file changed."""
        earlier, own = self._earlier, self._known.own
        other = "" if own else earlier.media.path
        return replace(super().verdict(), examined_as=earlier.examined_as or other, renewed=own)

    def _examine(self) -> None:
        for detector in self._loaded.detectors:
            if self._holds(detector) or self._unread(detector):
                self._take(detector.name)
            elif isinstance(detector, FaceArtifact):
                self._renew(detector)
            else:
                self._compares |= isinstance(detector, OriginalBeside)
                self._consult(detector)
        for remark in _REMARKS:
            self._take(remark)

    def _renew(self, detector: FaceArtifact) -> None:
        """Keep what a detector says of the faces that it judged before: nothing is seen anew."""
        case, name = self._case, detector.name
        said = [one for one in self._earlier.evidence if one.detector == name]
        self._abstentions += [one for one in self._earlier.abstentions if one.detector == name]
        with case.timed(name):
            try:
                for piece in detector.renew(case, said):
                    self._keep(piece)
            except Exception as error:
                self._failed(name, error)

    def _holds(self, detector: Detector) -> bool:
        """Tell whether a detector would say again what it said."""
        concerned = depends_of(detector) & self._known.changed
        if isinstance(detector, OriginalBeside) and concerned == {"fakes"}:
            return self._is_matched_alike()
        return not concerned

    def _is_matched_alike(self) -> bool:
        """Tell whether the file matches the same official footage as before, and some."""
        now, before = _official(self._evidence), _official(self._earlier.evidence)
        return bool(now) and now == before

    def _unread(self, detector: Detector) -> bool:
        """Tell whether a detector reads text and nobody could: whoever posted it, it says why."""
        return isinstance(detector, Onscreen) and self._earlier.text is None

    def _take(self, name: str) -> None:
        """Take what a detector said of the same bytes."""
        self._evidence += [one for one in self._earlier.evidence if one.detector == name]
        self._abstentions += [one for one in self._earlier.abstentions if one.detector == name]

    def _lacking(self, detector: Detector) -> Abstention | None:
        return None if isinstance(detector, Onscreen) else super()._lacking(detector)

    def _content(self) -> Content:
        earlier, own = self._earlier, self._info
        compared = self._compared() if self._compares else self._compared_before()
        return Content(
            media=replace(earlier.media, path=own.path, sidecar=own.sidecar, id=""),
            coverage=earlier.coverage,
            tracks=self._tracks(),
            waveform=earlier.waveform,
            comparisons=compared.comparisons,
            thumbnails=(*_own_pictures(earlier), *compared.thumbnails),
            text=earlier.text,
        )

    def _compared_before(self) -> ShownFaces:
        pictures = tuple(one for one in self._earlier.thumbnails if one.part)
        return ShownFaces(self._earlier.comparisons, pictures)

    def _tracks(self) -> tuple[TrackSummary, ...]:
        if "faces" in self._known.changed and self._known.observed is not None:
            return summaries(self._case, self._evidence)
        return self._earlier.tracks

    def _content_flags(self) -> dict[str, bool]:
        return {flag: flag in self._earlier.flags for flag in CONTENT_FLAGS}

    def _recall(self) -> tuple[Recall, bytes]:
        if self._known.recall is None:
            return super()._recall()
        sent = self._case.fingerprint.to_bytes() if self._config.fingerprint else b""
        return self._known.recall, sent

    def _observed(self) -> bytes:
        return b""  # whoever gave the earlier verdict has it

    def _beside(self, match: Match | None) -> tuple[Thumbnail, ...]:
        if match == self._earlier.provenance.match or self._known.observed is None:
            beside = (one for one in self._earlier.thumbnails if not one.part)
            return tuple(one for one in beside if one.reference_s is not None)
        return super()._beside(match)


def examination_of(
    media: Media,
    loaded: Loaded,
    config: Config,
    info: MediaInfo,
    sidecar: Sidecar | None,
    abstentions: Iterable[Abstention],
    *,
    earlier: Verdict | None = None,
) -> Examination:
    """Return what examines an open file: with an earlier verdict on its bytes, if it will do."""
    parts = media, loaded, config, info, sidecar, abstentions
    if earlier is not None and _is_of_today(earlier, info, loaded):
        known = _known(earlier, media, info, loaded, config)
        if known is not None:
            repeated = RepeatedExamination(*parts, known=known)
            if repeated.heard_alike:
                return repeated
    return Examination(*parts)


def _is_of_today(earlier: Verdict, info: MediaInfo, loaded: Loaded) -> bool:
    """Tell whether what a verdict says of its bytes would be found in these ones today.

    What is enrolled may have changed: what depends on that is examined anew.
    """
    told = {one.detector for one in earlier.abstentions}
    known = {detector.name for detector in loaded.detectors} | {*_REMARKS, *_ANEW}
    return (
        earlier.media.sha256 == info.sha256 != ""
        and is_examined_alike(earlier.versions, loaded.versions)
        and earlier.device == loaded.equipment.device
        and not earlier.failed  # what broke, or went over a limit, is tried again
        and told <= known
        and (earlier.text is not None or not any(map(_is_read, earlier.evidence)))
        and not any(_is_mended(one, earlier.device) for one in earlier.abstentions)
    )


def _known(
    earlier: Verdict, media: Media, info: MediaInfo, loaded: Loaded, config: Config
) -> _KnownBytes | None:
    """Return what an examination can rely on; None where it would lack something."""
    changed = _changed(earlier, info, loaded)
    if any(depends_of(one) & changed and not _is_own(one) for one in loaded.detectors):
        return None  # it may ask for anything, and by that change what was looked at
    own = (earlier.media.id or file_id(media.path)) == file_id(media.path)
    own &= bool(earlier.media.id) or earlier.media.path == info.path
    recall = _recalled(earlier, own, info, media, loaded)
    concerned = frozenset[str]().union(*map(depends_of, loaded.detectors)) & changed
    if not (concerned & _OF_MEDIA or recall is None or config.fingerprint):
        return _KnownBytes(earlier, own, changed, None, recall)
    observed = _read(earlier, media)
    if observed is None or (recall is None and not own):
        return None
    return _KnownBytes(earlier, own, changed, observed, recall)


def _changed(earlier: Verdict, info: MediaInfo, loaded: Loaded) -> frozenset[Dependence]:
    """Return what changed since a verdict, or may have done so."""
    changed: set[Dependence] = {"post", *changed_parts(earlier.versions, loaded.versions)}
    if info.sha256 in loaded.equipment.posts:
        changed.add("official")  # the post itself is no copy of itself, and others are
    return frozenset(changed)


def _is_own(detector: Detector) -> bool:
    """Tell whether a detector is built in: of those it is known what they ask for."""
    return type(detector) in DETECTORS


def _recalled(
    earlier: Verdict, own: bool, info: MediaInfo, media: Media, loaded: Loaded
) -> Recall | None:
    """Return what of the bytes was met before; None where nobody knows, or the memory lacks them.

    Of two files with the same bytes one is the other's copy, whatever that one was met in.
    """
    before = Recall(earlier.duplicate_of, earlier.shared)
    if loaded.memory is None:
        return before if own else None
    try:
        if own:
            return before if loaded.memory.knows(info.sha256) else None
        first = loaded.memory.first_of(info.sha256, file=file_id(media.path))
    except Exception:  # the full examination tells what is wrong with the memory
        _log.warning("the memory of earlier files can't be asked", exc_info=True)
        return None
    return None if first is None else Recall(first)


def _read(earlier: Verdict, media: Media) -> Observation | None:
    """Return what was seen and heard, with the pictures for the report; None without."""
    if not earlier.observed:
        return None
    try:
        found = Observation.from_bytes(earlier.observed)
    except ValueError as error:
        _log.warning("what was seen and heard before is not used: %s", error)
        return None
    if found.look is None:
        return found if media.info.kind == "audio" else None
    look = replace(found.look, thumbnails=_own_pictures(earlier))
    return replace(found, look=look)


def _own_pictures(earlier: Verdict) -> tuple[Thumbnail, ...]:
    """Return the pictures of a file itself, of those that were saved for the report."""
    return tuple(one for one in earlier.thumbnails if one.reference_s is None and not one.part)


def _official(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Return the evidence for matches with official footage."""
    return [
        one
        for one in evidence
        if one.detector == KnownFootage.name
        and one.match is not None
        and one.match.relation != "known_fake"
    ]


def _is_read(piece: Evidence) -> bool:
    """Tell whether evidence is of text, which belongs to its post; older records lack the text."""
    return piece.detector == Onscreen.name


def _is_mended(abstention: Abstention, device: str) -> bool:
    """Tell whether what lacked can be used now; that its files are whole shows when it is tried."""
    if abstention.reason != "missing_package":
        return False
    try:
        if abstention.detector == Onscreen.name:
            ocr.reader(device)
        elif abstention.detector == Explicit.name:
            weights.path(EXPLICIT_NETWORK)
    except Exception as error:  # of another kind: the full examination tells it
        return not isinstance(error, (ocr.MissingOcr, weights.WeightsError))
    return abstention.detector in (Onscreen.name, Explicit.name)

"""The examination of one open file: every detector looks at it, and what they found is judged."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from media_screen.case import Case
from media_screen.evidence import (
    Abstention,
    Context,
    Coverage,
    Evidence,
    FaceComparison,
    Failure,
    Match,
    MediaInfo,
    OnscreenText,
    Span,
    Thumbnail,
    TrackSummary,
    Verdict,
)
from media_screen.evidence.pieces import LONGEST_ERROR
from media_screen.files import file_id
from media_screen.footage.beside import reference_frames
from media_screen.footage.memory import Recall
from media_screen.footage.original.shown import ShownFaces, shown
from media_screen.fusion.judge import judge
from media_screen.media import Media, MediaError, shown_path
from media_screen.names.mentions import Text, texts_of
from media_screen.names.transcript import MissingTranscriber, transcribe
from media_screen.observation import MOST_BYTES, Observation
from media_screen.people.registry import KNOWN_FAKES
from media_screen.screen.unjudged import post_of

if TYPE_CHECKING:
    from media_screen.config import Config
    from media_screen.detectors.contract import Detector
    from media_screen.footage.original.comparison import ComparedMatch
    from media_screen.screen.loading import Loaded
    from media_screen.sidecar import Sidecar

_log = logging.getLogger(__name__)


CONTENT_FLAGS = ("damaged", "several_picture_tracks", "turned")


@dataclass(frozen=True, slots=True)
class Content:
    """What of a verdict follows from the bytes of a file and not from its evidence."""

    media: MediaInfo
    coverage: Coverage
    tracks: tuple[TrackSummary, ...] = ()
    waveform: tuple[int, ...] = ()
    comparisons: tuple[FaceComparison, ...] = ()
    thumbnails: tuple[Thumbnail, ...] = ()
    text: OnscreenText | None = None


class Examination:
    """One open file with what is found in it; a part that breaks is told, and the rest goes on."""

    def __init__(
        self,
        media: Media,
        loaded: Loaded,
        config: Config,
        info: MediaInfo,
        sidecar: Sidecar | None,
        abstentions: Iterable[Abstention],
        *,
        text: OnscreenText | None = None,
        observed: Observation | None = None,
    ) -> None:
        self._media, self._loaded, self._config = media, loaded, config
        self._info, self._sidecar = info, sidecar
        self._case = Case(
            media,
            loaded.equipment,
            sidecar=sidecar,
            sha256=info.sha256,
            text=text,
            observed=observed,
        )
        self._evidence: list[Evidence] = []
        self._abstentions = list(abstentions)
        self._failures: list[Failure] = []

    def verdict(self) -> Verdict:
        """Examine and judge; raises MediaError when the file can't be judged, or changed."""
        case, loaded = self._case, self._loaded
        self._examine()
        self._media.source.refuse_change()  # or what is remembered would not be what was seen
        recall, fingerprint = self._recall()
        content = self._content()
        names = {person.slug: person.name for person in case.people}
        judgement = judge(
            self._evidence,
            self._abstentions,
            self._failures,
            names=names,
            duration_s=matched_length(self._media),
            coverage=content.coverage,
            sensitivity=self._config.sensitivity,
            weighing=loaded.weighing,
        )
        verdict = Verdict(
            label=judgement.label,
            media=content.media,
            person=judgement.person,
            llr=judgement.llr,
            probability_bounds=judgement.probability_bounds,
            fusion=judgement.fusion,
            summary=judgement.summary,
            coverage=content.coverage,
            provenance=judgement.provenance,
            post=post_of(self._sidecar),
            duplicate_of=recall.repeats,
            shared=recall.shared,
            context=self._context(),
            tracks=content.tracks,
            evidence=tuple(self._evidence),
            abstentions=tuple(self._abstentions),
            failures=tuple(self._failures),
            flags=(*judgement.flags, *self._flags()),
            device=case.device,
            versions=loaded.versions,
            timing_s=case.timing,
            waveform=content.waveform,
            comparisons=content.comparisons,
            thumbnails=(*content.thumbnails, *self._beside(judgement.provenance.match)),
            fingerprint=fingerprint,
            observed=self._observed(),
            text=content.text,
        )
        return verdict.naming(names)

    def _examine(self) -> None:
        """Let every detector examine the case, and tell what was not looked at."""
        case = self._case
        if case.has_pictures:
            _ = case.look  # an undecodable picture stream is the file's fault, not a detector's
        for detector in self._loaded.detectors:
            self._consult(detector)
        self._abstentions += case.remarks

    def _consult(self, detector: Detector) -> None:
        """Let one detector examine the case; where it breaks, the next goes on."""
        case = self._case
        with case.timed(detector.name):
            lacking = self._lacking(detector)
            if lacking is not None:
                self._abstentions.append(lacking)
                return
            try:
                for piece in detector.examine(case):
                    self._keep(piece)
            except Exception as error:
                self._failed(detector.name, error)

    def _lacking(self, detector: Detector) -> Abstention | None:
        """Return the abstention of a detector whose needs the file can't meet, or None."""
        return self._case.abstention(detector.name, detector.needs)

    def _keep(self, piece: Evidence | Abstention) -> None:
        """Keep a piece as its record has it, so that a saved line can be judged again alike."""
        if isinstance(piece, Evidence):
            self._evidence.append(piece.recorded())
        else:
            self._abstentions.append(piece)

    def _failed(self, part: str, error: Exception) -> None:
        _log.error("%s failed on %s", part, self._info.path, exc_info=error)
        self._failures.append(Failure.of(part, error))

    def _content(self) -> Content:
        """Return what the file itself is, and what of it was seen and heard."""
        case, compared = self._case, self._compared()
        return Content(
            media=replace(case.info, sha256=self._info.sha256, sidecar=self._info.sidecar),
            coverage=Coverage(**case.coverage.to_dict()),
            tracks=summaries(case, self._evidence),
            waveform=case.waveform,
            comparisons=compared.comparisons,
            thumbnails=(*case.thumbnails, *compared.thumbnails),
            text=case.text_read,
        )

    def _flags(self) -> list[str]:
        """Return what is to be known of the file as such, and of its sidecar."""
        sidecar = self._sidecar
        flags = self._content_flags() | {
            "sidecar_mismatch": sidecar is not None and bool(sidecar.fit.against)
        }
        return [flag for flag, holds in flags.items() if holds]

    def _content_flags(self) -> dict[str, bool]:
        """Return which of `CONTENT_FLAGS` hold; asked last, when all was decoded."""
        media = self._media
        holds = media.bad_packets, media.other_pictures, media.turns
        return dict(zip(CONTENT_FLAGS, map(bool, holds), strict=True))

    def _recall(self) -> tuple[Recall, bytes]:
        """Look the file up among what was screened before, and remember it.

        Returns what it repeats and shares, and the fingerprint for another process.
        """
        case, memory = self._case, self._loaded.memory
        if memory is None and not self._config.fingerprint:
            return Recall(), b""
        with case.timed("memory"):
            try:
                found = case.fingerprint
                sent = found.to_bytes() if self._config.fingerprint else b""
                if memory is None:
                    return Recall(), sent
                file = file_id(case.media.path)
                return memory.meet(self._info.path, case.sha256, found, file=file), sent
            except MediaError as error:
                self._abstain("memory", error)
            except Exception as error:
                self._failed("memory", error)
        return Recall(), b""

    def _observed(self) -> bytes:
        """Return what was seen and heard, to examine the same bytes again; b"" for nothing."""
        if not self._config.observations:
            return b""
        with self._case.timed("observation"):
            try:
                found = self._case.observation()
                data = found.to_bytes() if found is not None else b""
            except Exception:  # all was judged; the next time it is examined as if it were new
                _log.warning("what was seen in %s can't be kept", self._info.path, exc_info=True)
                return b""
        return data if len(data) <= MOST_BYTES else b""

    def _abstain(self, part: str, error: MediaError) -> None:
        self._abstentions.append(Abstention(part, error.reason, str(error)[:LONGEST_ERROR]))

    def _context(self) -> Context:
        """Look for names in the texts of the file; called after judging, which they don't touch."""
        names = self._loaded.names
        if not names:
            return Context()
        read = self._case.text_read
        with self._case.timed("context"):
            try:
                texts: list[Text] = list(texts_of(self._sidecar, read.lines if read else ()))
                if self._config.transcript:
                    texts += self._said()
                return names.find(texts)
            except Exception as error:
                self._failed("context", error)
        return Context()

    def _said(self) -> list[Text]:
        """Return what is said; without a transcriber or sound, nothing and an abstention."""
        try:
            return list(transcribe(self._media, threads=self._config.threads))
        except MissingTranscriber as error:
            self._abstentions.append(Abstention("transcript", "missing_package", str(error)))
        except MediaError as error:
            self._abstain("transcript", error)
        return []

    def _compared(self) -> ShownFaces:
        """Return what to show of faces that a detector compared; nothing is compared for it."""
        compared: tuple[ComparedMatch, ...] = vars(self._case).get("comparisons", ())
        if not compared:
            return ShownFaces()
        from media_screen.footage.original import alteration

        try:
            return shown(compared, alteration.judge)
        except Exception as error:
            self._failed("compared", error)
        return ShownFaces()

    def _beside(self, match: Match | None) -> tuple[Thumbnail, ...]:
        """Return frames of the footage that the file matches, of its file or of a proxy of it."""
        case = self._case
        if match is None or not case.has_pictures:
            return ()
        file = self._reference(match)
        if file is None:
            return ()
        with case.timed("beside"):
            return reference_frames(file, match, case.thumbnails, threads=self._config.threads)

    def _reference(self, match: Match) -> Path | None:
        """Find the file of a match among official footage and known fakes, or its small copy."""
        official = [one.official for one in self._case.people if one.slug == match.person]
        fakes = (Path(self._config.people or "") / KNOWN_FAKES).rglob("*")
        files = fakes if match.relation == "known_fake" else chain(*official)
        named = (file for file in files if shown_path(Path(file.name)) == match.reference)
        return next(named, None) or self._proxy(match)

    def _proxy(self, match: Match) -> Path | None:
        """Find the small copy that is kept of a match's official video, if there is one."""
        proxies, found = self._case.proxies, vars(self._case).get("matches", ())
        same = (
            one.sha256
            for one in found
            if (one.match.person, one.match.reference) == (match.person, match.reference)
        )
        sha256 = next(same, None)
        return None if proxies is None or sha256 is None else proxies.path(sha256)


def matched_length(media: Media) -> float:
    """Return the length by which matches are measured, infinite for what is never a whole copy.

    That is a video whose length is not known, and one with a further picture that some player may
    show and that no match of the first one vouches for.
    """
    known = media.info.kind == "image" or media.info.duration_s > 0
    return media.info.duration_s if known and not media.other_pictures else math.inf


def summaries(case: Case, evidence: Iterable[Evidence]) -> tuple[TrackSummary, ...]:
    """Return the faces that were followed, each with the nearest person of the evidence."""
    nearest = {
        piece.track: piece
        for piece in evidence
        if piece.detector == "face_identity" and piece.track is not None
    }
    summaries = []
    for track in case.tracks:
        start, end = track.span
        match = nearest.get(track.id)
        summaries.append(
            TrackSummary(
                track=track.id,
                span=Span(start, end),
                faces=len(track.faces),
                size_px=round(track.best.quality.size_px, 1),
                person=match.person if match else None,
                cosine=round(match.score, 4) if match else None,
            )
        )
    return tuple(summaries)
